//! Packages change while servers run: each server on the database follows without a restart, and after one.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{Backend, TemporaryDirectory, TestDatabase, TestServer};

use crate::packages::{fail, manifest, succeed, value_set, write_folder};
use crate::reindex::reindex;
use crate::support::{Fhir, start};

/// Waits for a line of the log with these words behind the line `from`; gives the place behind it.
#[track_caller]
fn wait_for(server: &TestServer, from: usize, words: &[&str]) -> usize {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let log = server.log();
        let found = log.iter().skip(from).position(|line| words.iter().all(|word| line.contains(word)));
        if let Some(place) = found {
            return from + place + 1;
        }
        assert!(Instant::now() < end, "{words:?} is not in the log: {:?}", log.get(from..));
        thread::sleep(Duration::from_millis(20));
    }
}

/// The packages that the last line about them names.
#[track_caller]
fn in_use(server: &TestServer) -> String {
    let log = server.log();
    let line = log.iter().rfind(|line| line.contains("packages in use"));
    line.cloned().unwrap_or_default()
}

fn search_parameter(code: &str) -> Value {
    json!({"resourceType": "SearchParameter", "id": code, "url": format!("http://example.org/one/sp/{code}"),
        "name": "Own", "status": "draft", "description": "one of a package", "code": code, "base": ["Patient"],
        "type": "token", "expression": "Patient.language"})
}

#[test]
fn servers_follow_at_once_and_after_a_restart() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        for version in ["1.0.0", "2.0.0"] {
            write_folder(folder, version, &manifest("one", version), &[value_set("one", "a")]);
        }
        // Several servers share a database on PostgreSQL only.
        let count = if database.backend() == Backend::Postgres { 2 } else { 1 };
        let mut servers: Vec<TestServer> = (0..count).map(|_| start(&database, &[])).collect();
        let mut places = vec![0; count];
        succeed(&database, folder, "add 1.0.0");
        succeed(&database, folder, "add 2.0.0");
        for (command, has, has_not) in [
            ("use example.one#1.0.0", "example.one#1.0.0", "example.one#2.0.0"),
            ("use example.one#2.0.0", "example.one#1.0.0 example.one#2.0.0", "nothing else"),
            ("stop example.one#1.0.0", "example.one#2.0.0", "example.one#1.0.0"),
        ] {
            succeed(&database, folder, command);
            for (server, place) in servers.iter().zip(&mut places) {
                *place = wait_for(server, *place, &["packages in use", has]);
                assert!(!in_use(server).contains(has_not), "{command}: {}", in_use(server));
            }
        }
        for server in &mut servers {
            assert!(server.terminate().success());
        }
        let server = start(&database, &[]);
        assert!(
            in_use(&server).contains("example.one#2.0.0"),
            "known before it is ready: {:?}",
            server.log()
        );
        assert!(!in_use(&server).contains("example.one#1.0.0"));
        assert!(succeed(&database, folder, "list").contains("example.one#2.0.0"));
    }
}

#[test]
fn search_parameters_of_packages_in_use_are_in_force_after_a_reindex() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        write_folder(folder, "one", &manifest("one", "1.0.0"), &[search_parameter("tongue")]);
        let server = start(&database, &[]);
        let patient = json!({"resourceType": "Patient", "id": "p", "language": "vi"}).to_string();
        let _ = server.put(&patient).expect_status(201);
        succeed(&database, folder, "add one");
        let strict = [("Prefer", "handling=strict")];
        let status = || server.http().request("GET", "/fhir/Patient?tongue=vi", &strict, b"").status;
        reindex(server.http());
        assert_eq!(status(), 400, "a package that is not in use has no say");
        let said = succeed(&database, folder, "use example.one#1.0.0");
        assert!(said.contains("1 search parameters") && said.contains("healthbook reindex"), "{said}");
        // No wait for the server to notice: it looks when it is asked.
        reindex(server.http());
        assert_eq!(status(), 200);
        assert_eq!(server.ids("/fhir/Patient?tongue=vi"), ["p"]);
        assert_eq!(server.ids("/fhir/Patient?tongue=en"), [] as [&str; 0]);
        succeed(&database, folder, "stop example.one#1.0.0");
        reindex(server.http());
        assert_eq!(status(), 400, "it went with its package");
    }
}

#[test]
fn a_package_that_cannot_be_used_leaves_the_others_in_force() {
    // The program refuses to take such a package into use, so the test breaks one in the database.
    let Some(database) = TestDatabase::postgres() else { return };
    let folder = TemporaryDirectory::new();
    let folder = folder.path();
    for id in ["good", "bad"] {
        write_folder(folder, id, &manifest(id, "1.0.0"), &[value_set(id, "a")]);
        succeed(&database, folder, &format!("add {id}"));
    }
    succeed(&database, folder, "use example.good#1.0.0");
    let server = start(&database, &[]);
    assert!(in_use(&server).contains("example.good#1.0.0"));
    let changed = |sql: &str| assert!(database.postgres_value(sql).is_some(), "{sql}");
    changed("UPDATE package SET archive = '\\x00' WHERE id = 'example.bad' RETURNING id");
    fail(&database, folder, "use example.bad#1.0.0", &["example.bad#1.0.0"]);
    changed("UPDATE package SET in_use = 1 WHERE id = 'example.bad' RETURNING id");
    changed("UPDATE package_generation SET generation = generation + 1 RETURNING id");
    let place = wait_for(&server, 0, &["ERROR", "CANNOT BE USED", "example.bad#1.0.0"]);
    assert!(in_use(&server).contains("example.good#1.0.0"));
    let _ = server.http().get("/fhir/metadata").expect_status(200);
    // A server that starts anew would take what the package forbids.
    let mut refused = crate::support::program::program(folder);
    refused.args(["serve", "--auth", "off", "--listen", "127.0.0.1:0", "--database", database.url()]);
    let output = refused.output().unwrap();
    let said = crate::support::program::words(&output);
    assert!(!output.status.success() && said.contains("example.bad#1.0.0"), "{said}");
    assert!(said.contains("healthbook package stop"), "{said}");
    succeed(&database, folder, "stop example.bad#1.0.0");
    wait_for(&server, place, &["packages in use", "example.good#1.0.0"]);
    drop(start(&database, &[]));
}
