//! The life of a server under test. This test program plays the server too: see [`play_server`].
#![allow(clippy::unwrap_used, reason = "test code")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;

use healthbook_test_support::{ServerStart, TemporaryDirectory, TestDatabase, TestServer};

/// Serves when started by [`started`], else does nothing. Not ready at first; then says which variables it got.
#[test]
fn play_server() {
    let Ok(mode) = std::env::var("PLAY_SERVER") else {
        return;
    };
    if mode == "fail" {
        eprintln!("no such table: visit");
        std::process::exit(3);
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!(r#"{{"message":"registry at http://127.0.0.1:1"}}"#);
    println!(r#"{{"message":"listening","address":"http://{}"}}"#, listener.local_addr().unwrap());
    for (number, stream) in listener.incoming().enumerate() {
        let mut stream = stream.unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let status = if number == 0 { "503 Starting" } else { "200 OK" };
        let body = std::env::var("HEALTHBOOK_GIVEN").unwrap_or_default();
        let head =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
    }
}

fn started(mode: &str, use_it: impl FnOnce(ServerStart)) {
    let directory = TemporaryDirectory::new();
    let script = directory.path().join("healthbook");
    let this = std::env::current_exe().unwrap();
    let text = format!(
        "#!/bin/sh\necho \"arguments: $*\"\nPLAY_SERVER={mode} exec {} --exact play_server --nocapture\n",
        this.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let database = TestDatabase::sqlite();
    use_it(TestServer::with(&database).program(script));
}

#[test]
fn starts_answers_and_ends_when_asked() {
    started("well", |start| {
        let mut server = start.arguments(["--auth", "off"]).environment("HEALTHBOOK_GIVEN", "yes").start();
        assert_eq!(server.client().get("/fhir/metadata").expect_status(200).text(), "yes");
        assert!(server.base_url().starts_with("http://127.0.0.1:"));
        let log = server.log();
        let arguments =
            log.iter().find(|line| line.starts_with("arguments: serve --database sqlite:")).unwrap();
        assert!(arguments.ends_with("healthbook.db --auth off --listen 127.0.0.1:0"), "{arguments}");
        if cfg!(target_os = "linux") {
            assert!(server.peak_memory().unwrap() > 100_000);
        }
        assert_eq!(server.terminate().signal(), Some(15));
    });
}

#[test]
fn is_gone_after_a_kill() {
    started("well", |start| {
        let mut server = start.start();
        server.kill9();
        assert!(server.client().try_request("GET", "/", &[], b"").is_err());
    });
}

#[test]
#[should_panic(expected = "no such table: visit")]
fn a_server_that_fails_says_why() {
    started("fail", |start| drop(start.start()));
}
