//! One server in one directory: made, started, waited for, stopped.
//!
//! ```text
//! DIRECTORY/data      the cluster, owned by the account that runs it
//! DIRECTORY/users/    one empty file per test process that uses the server, named by its process id
//! DIRECTORY/log       what the server said
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Durability;
use super::programs::{Account, Programs};

/// Role and first database of every server started here.
const ADMINISTRATOR: &str = "postgres";
const START_LIMIT: Duration = Duration::from_secs(60);

/// Linguistic order first, so that a text column whose order must be that of its bytes has to say so; then what
/// every build has.
const LOCALES: [&[&str]; 2] =
    [&["--locale-provider=icu", "--icu-locale=vi-VN", "--locale=C"], &["--no-locale"]];

/// Prepares the directory, the list of its users with this process on it, and the watchdog that ends the server
/// `linger` seconds after the last of them.
pub(super) fn prepare(directory: &Path, account: Account, linger: u32) {
    let data = directory.join("data");
    // The other account must be able to walk through, not to look around.
    fs::set_permissions(directory, Permissions::from_mode(0o711)).expect("own directory");
    for path in [&data, &directory.join("users")] {
        DirBuilder::new().mode(0o700).create(path).expect("own directory");
    }
    if let Account::Other { user, group } = account {
        chown(&data, Some(user), Some(group)).expect("root may give a directory away");
    }
    join(directory).expect("own directory");
    #[expect(clippy::zombie_processes, reason = "it outlives this process")]
    let _watchdog = Command::new("sh")
        .args(["-c", include_str!("watchdog.sh"), "sh"])
        .arg(directory)
        .arg(linger.to_string())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A signal to the group of the tests (Ctrl-C, a runner's timeout) must not reach it.
        .process_group(0)
        .spawn()
        .expect("sh can be started");
}

/// Puts this process on the list of users.
pub(super) fn join(directory: &Path) -> std::io::Result<()> {
    File::create(directory.join("users").join(std::process::id().to_string())).map(drop)
}

/// Makes the cluster with `initdb`.
pub(super) fn initialise(programs: &Programs, account: Account, directory: &Path) {
    let mut complaint = String::new();
    for locale in LOCALES {
        let mut command = programs.command("initdb", account, directory);
        command.args(["-U", ADMINISTRATOR, "-A", "trust", "-E", "UTF8", "--no-sync"]).args(locale);
        let output = command.arg("-D").arg(directory.join("data")).output().expect("initdb can be started");
        if output.status.success() {
            return;
        }
        complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    panic!("initdb failed in {}: {complaint}", directory.display());
}

/// Starts the server on a free loopback port and waits until it answers.
pub(super) fn start(
    programs: &Programs,
    account: Account,
    directory: &Path,
    durability: Durability,
) -> (Child, u16) {
    let mut last = String::new();
    // Another process may take the port between our look and the server's.
    for _ in 0..5 {
        let port = free_port();
        let child = spawn(programs, account, directory, durability, port);
        match wait_until_ready(child, port) {
            Ok(child) => return (child, port),
            Err(problem) => last = problem,
        }
    }
    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    let tail: Vec<&str> = log.lines().rev().take(10).collect();
    panic!("PostgreSQL does not start: {last}; the end of its log, newest first:\n{}", tail.join("\n"));
}

fn spawn(
    programs: &Programs,
    account: Account,
    directory: &Path,
    durability: Durability,
    port: u16,
) -> Child {
    let log =
        OpenOptions::new().create(true).append(true).open(directory.join("log")).expect("own directory");
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        // A path below a temporary directory can be too long for a socket, and nobody needs one.
        "unix_socket_directories=".to_owned(),
        // Every server under test brings a pool, and a test run has as many tests at once as cores.
        "max_connections=400".to_owned(),
        "shared_buffers=128MB".to_owned(),
        "max_wal_size=2GB".to_owned(),
        "checkpoint_timeout=30min".to_owned(),
    ];
    if durability == Durability::Off {
        settings.extend(["fsync=off", "full_page_writes=off"].map(str::to_owned));
    }
    let mut command = programs.command("postgres", account, directory);
    command.arg("-D").arg(directory.join("data"));
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    let errors = log.try_clone().expect("a file handle can be copied");
    command.stdout(log).stderr(errors).spawn().expect("postgres can be started")
}

fn wait_until_ready(mut child: Child, port: u16) -> Result<Child, String> {
    let end = Instant::now() + START_LIMIT;
    let url = url(port);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended with {status}"));
        }
        let Err(error) = super::execute(&url, "SELECT 1") else {
            return Ok(child);
        };
        if Instant::now() > end {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("no answer within {} s: {error}", START_LIMIT.as_secs()));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The URL of the administrator's database on a server of this machine.
pub(super) fn url(port: u16) -> String {
    format!("postgres://{ADMINISTRATOR}@127.0.0.1:{port}/postgres")
}

fn free_port() -> u16 {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback interface has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
