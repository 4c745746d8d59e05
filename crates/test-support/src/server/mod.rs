//! The server under test, as a child process.

mod binary;
mod log;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::database::TestDatabase;
use crate::http::HttpClient;
use crate::process;
use crate::temporary_directory::TemporaryDirectory;
use log::Log;

pub use binary::healthbook_binary;
pub use log::keep_output;

/// How a server is to be started. Made by [`TestServer::with`].
#[derive(Debug)]
pub struct ServerStart {
    program: Option<PathBuf>,
    arguments: Vec<OsString>,
    data_folder: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    limit: Duration,
}

/// A running `healthbook serve` on a free port. Killed on drop, and when the test process is killed.
#[derive(Debug)]
pub struct TestServer {
    child: Child,
    guard: Child,
    client: HttpClient,
    base_url: String,
    log: Log,
    _directory: TemporaryDirectory,
}

impl TestServer {
    /// Starts a server on a database, with further arguments of `serve`, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready; with the end of its log.
    #[track_caller]
    pub fn start(database: &TestDatabase, arguments: &[&str]) -> Self {
        Self::with(database).arguments(arguments).start()
    }

    /// Prepares to start a server on a database.
    pub fn with(database: &TestDatabase) -> ServerStart {
        let arguments = ["serve", "--database", database.url()].map(OsString::from).to_vec();
        let data_folder = database.data_folder().map(Path::to_owned);
        let (environment, limit) = (Vec::new(), Duration::from_secs(60));
        ServerStart { program: None, arguments, data_folder, environment, limit }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A client of this server.
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the server has written so far, both streams, a line each.
    pub fn log(&self) -> Vec<String> {
        self.log.lines().clone()
    }

    /// The most memory the process has had so far, in bytes, where the system tells (Linux).
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
    }

    /// Sends a signal by name: `STOP`, `CONT`, `HUP`, ...
    ///
    /// # Panics
    /// When the process is gone.
    pub fn signal(&self, name: &str) {
        assert!(process::signal(self.pid(), name), "the server has ended already\n{}", self.log.tail());
    }

    /// Kills the server as a power cut does: it gets no chance to do anything.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn kill9(&mut self) {
        self.child.kill().expect("a child may be killed");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Asks the server to end (SIGTERM) and waits for it.
    ///
    /// # Panics
    /// When it has not ended after half a minute.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait(Duration::from_secs(30))
    }

    /// Waits for the server to end by itself.
    ///
    /// # Panics
    /// When it has not ended within the limit.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(Instant::now() < end, "the server still runs after {limit:?}\n{}", self.log.tail());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        for child in [&mut self.child, &mut self.guard] {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!("the end of the server's log:\n{}", self.log.tail());
        }
    }
}

impl ServerStart {
    /// Adds arguments.
    #[must_use]
    pub fn arguments<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable. Of the test's own environment, variables named `HEALTHBOOK_...` are kept from
    /// the server.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// How long the server may take to become ready; a minute unless set.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts another program than [`healthbook_binary`].
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// Starts the server and waits until `/health/ready` says so.
    ///
    /// # Panics
    /// When that does not happen; with the end of the server's log.
    #[track_caller]
    pub fn start(self) -> TestServer {
        let directory = TemporaryDirectory::new();
        let mut child = self.spawn(&directory);
        let guard = guard(child.id());
        let log = Log::default();
        log.collect(child.stdout.take().expect("stdout is a pipe"), "out");
        log.collect(child.stderr.take().expect("stderr is a pipe"), "err");
        // From here on a panic ends the child too.
        let client = HttpClient::new("http://127.0.0.1:0");
        let mut server =
            TestServer { child, guard, client, base_url: String::new(), log, _directory: directory };
        let end = Instant::now() + self.limit;
        loop {
            if let Some(base_url) = server.log.base_urls().into_iter().find(|base_url| is_ready(base_url)) {
                server.client = HttpClient::new(&base_url);
                server.base_url = base_url;
                return server;
            }
            if let Some(status) = server.child.try_wait().expect("a child can be waited for") {
                // Let the last lines arrive.
                thread::sleep(Duration::from_millis(50));
                panic!("the server ended with {status} before it was ready\n{}", server.log.tail());
            }
            assert!(Instant::now() < end, "the server is not ready after {:?}", self.limit);
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn spawn(&self, directory: &TemporaryDirectory) -> Child {
        let program = self.program.as_deref().unwrap_or_else(|| healthbook_binary());
        let mut command = Command::new(program);
        command.args(&self.arguments);
        if !self.arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if let Some(folder) = &self.data_folder
            && !self.arguments.iter().any(|argument| argument == "--data-folder")
        {
            command.arg("--data-folder").arg(folder);
        }
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEALTHBOOK_"))
        {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // A configuration file or data folder in the test's directory must not count.
        command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()))
    }
}

fn is_ready(base_url: &str) -> bool {
    let answer =
        HttpClient::new(base_url).try_request("GET", "/health/ready", &[("Connection", "close")], b"");
    answer.is_ok_and(|response| response.status == 200)
}

/// A shell that kills the server when this process is gone without having done so.
fn guard(server: u32) -> Child {
    const SCRIPT: &str = r#"while kill -s 0 "$1" && kill -s 0 "$2"; do sleep 1; done; kill -s KILL "$2""#;
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh", &std::process::id().to_string(), &server.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().expect("sh can be started")
}
