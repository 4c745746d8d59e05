//! One server for all test processes of a run.
//!
//! Making and starting a server takes about a second, and nextest runs every test in a process of its own. So the
//! first process starts one and writes where it is; those that come while it lives use it:
//!
//! ```text
//! TEMP/healthbook-postgres-UID-1/lock        taken while a process looks, or starts a server; the kernel lets go
//!                                            of it when its holder dies
//! TEMP/healthbook-postgres-UID-1/current     name of the newest server's directory
//! TEMP/healthbook-postgres-UID-1/NAME/       see instance.rs; and:
//!                                  port      written once the server answers
//!                                  closed    the watchdog has decided to end it: nobody may join any more
//! ```
//!
//! Nobody counts references: a process that is killed would never give its own back. Each user leaves its process
//! id, and the server's watchdog looks every second whether any of them still lives. It closes the door first and
//! counts again then; a process joins first and looks at the door then. Whichever comes second sees the other, so
//! no process is left with a server that is about to stop.

use std::fs::{self, DirBuilder, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Durability;
use super::instance;
use super::programs::{Account, Programs};
use crate::process;
use crate::temporary_directory::unique_name;

/// How long an unused server waits for the next test process: longer than the gap between two test binaries.
const LINGER_SECONDS: u32 = 10;

/// Joins the server of this run, or starts it; gives its port.
pub(super) fn join_or_start(programs: &Programs) -> u16 {
    let base = base_directory(&std::env::temp_dir());
    let lock = File::create(base.join("lock")).expect("own directory");
    lock.lock().expect("a file of a local file system can be locked");
    let port = join(&base).unwrap_or_else(|| start(programs, &base));
    drop(lock);
    port
}

/// The directory of this user's servers. The name is known beforehand, so it must be checked to be ours.
fn base_directory(parent: &Path) -> PathBuf {
    let user = process::id(&["-u"]).expect("the program id tells who we are");
    // The number is that of the protocol above: processes of two versions of it do not meet.
    let base = parent.join(format!("healthbook-postgres-{user}-1"));
    let _ = DirBuilder::new().mode(0o711).create(&base);
    let is_ours = fs::symlink_metadata(&base).is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == user && metadata.permissions().mode() & 0o022 == 0
    });
    assert!(is_ours, "{} is not a directory that only this user can write to", base.display());
    base
}

fn join(base: &Path) -> Option<u16> {
    let name = fs::read_to_string(base.join("current")).ok()?;
    let directory = base.join(name);
    let port = fs::read_to_string(directory.join("port")).ok()?.parse().ok()?;
    // The watchdog may be removing it just now.
    instance::join(&directory).ok()?;
    if directory.join("closed").exists() || !answers(port) {
        let _ = fs::remove_file(directory.join("users").join(std::process::id().to_string()));
        return None;
    }
    Some(port)
}

fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(5)).is_ok()
}

fn start(programs: &Programs, base: &Path) -> u16 {
    let name = unique_name('-');
    let directory = base.join(&name);
    let account = Account::choose();
    DirBuilder::new().mode(0o711).create(&directory).expect("own directory");
    instance::prepare(&directory, account, LINGER_SECONDS);
    instance::initialise(programs, account, &directory);
    let (_child, port) = instance::start(programs, account, &directory, Durability::Off);
    fs::write(directory.join("port"), port.to_string()).expect("own directory");
    fs::write(base.join("current"), name).expect("own directory");
    port
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TemporaryDirectory;

    #[test]
    #[should_panic(expected = "only this user can write to")]
    fn a_directory_others_can_write_to_is_refused() {
        let parent = TemporaryDirectory::new();
        let base = base_directory(parent.path());
        fs::set_permissions(base, fs::Permissions::from_mode(0o777)).unwrap();
        base_directory(parent.path());
    }

    #[test]
    fn a_closed_server_is_not_joined() {
        let base = TemporaryDirectory::new();
        let directory = base.path().join("one");
        fs::create_dir_all(directory.join("users")).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        fs::write(base.path().join("current"), "one").unwrap();
        assert_eq!(join(base.path()), None, "not started yet");
        fs::write(directory.join("port"), port.to_string()).unwrap();
        fs::remove_dir(directory.join("users")).unwrap();
        assert_eq!(join(base.path()), None, "being removed");
        fs::create_dir(directory.join("users")).unwrap();
        fs::remove_file(directory.join("port")).unwrap();
        fs::write(directory.join("port"), port.to_string()).unwrap();
        assert_eq!(join(base.path()), Some(port));
        fs::write(directory.join("closed"), "").unwrap();
        assert_eq!(join(base.path()), None);
        assert_eq!(fs::read_dir(directory.join("users")).unwrap().count(), 0);
    }
}
