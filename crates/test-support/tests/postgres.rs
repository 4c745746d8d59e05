//! The life of PostgreSQL servers for tests, seen from outside.
#![allow(clippy::unwrap_used, reason = "test code")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use healthbook_test_support::{Durability, TemporaryPostgres, TestDatabase};

#[test]
fn what_was_written_survives_a_crash() {
    let Some(mut server) = TemporaryPostgres::start(Durability::On) else {
        return;
    };
    let database = TestDatabase::on(&server);
    assert_eq!(database.postgres_value("SHOW fsync").as_deref(), Some("on"));
    database.postgres_value("CREATE TABLE visit (id INT)");
    database.postgres_value("INSERT INTO visit VALUES (7)");
    let old = server.url().to_owned();
    server.crash();
    server.start_again();
    let url =
        database.url().replace(old.trim_end_matches("/postgres"), server.url().trim_end_matches("/postgres"));
    assert_eq!(value(&url, "SELECT id FROM visit"), "7");
}

#[test]
fn the_shared_server_does_not_wait_for_the_disk() {
    if std::env::var("HEALTHBOOK_TEST_POSTGRES").is_ok() {
        return;
    }
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    assert_eq!(database.postgres_value("SHOW fsync").as_deref(), Some("off"));
    assert_eq!(TemporaryPostgres::shared().unwrap().url(), TemporaryPostgres::shared().unwrap().url());
}

/// Plays a test process that is killed. Does nothing unless the next test starts it.
#[test]
fn child_that_is_killed() {
    if std::env::var("HEALTHBOOK_TEST_CHILD").is_err() {
        return;
    }
    let server = TemporaryPostgres::start(Durability::Off).unwrap();
    std::fs::write(std::env::var("HEALTHBOOK_TEST_CHILD").unwrap(), server.url()).unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn the_server_of_a_killed_process_ends() {
    if TemporaryPostgres::start(Durability::Off).is_none() {
        return;
    }
    let directory = healthbook_test_support::TemporaryDirectory::new();
    let note = directory.path().join("url");
    // The server's account must be able to walk through.
    std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed"])
        .env("HEALTHBOOK_TEST_CHILD", &note)
        .env("TMPDIR", directory.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let url = wait_for(|| std::fs::read_to_string(&note).ok().filter(|url| !url.is_empty()));
    child.kill().unwrap();
    child.wait().unwrap();
    let authority = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    wait_for(|| std::net::TcpStream::connect(&authority).is_err().then_some(()));
    // Only the note is left.
    wait_for(|| (std::fs::read_dir(directory.path()).unwrap().count() == 1).then_some(()));
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "nothing happened within 30 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn value(url: &str, sql: &str) -> String {
    let url = url.to_owned();
    let sql = sql.to_owned();
    let ask = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.query_one(&sql, &[]).unwrap().get::<_, i32>(0).to_string()
    };
    std::thread::spawn(ask).join().unwrap()
}
