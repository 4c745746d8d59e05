//! Where the log of accesses cannot be written nothing is shown (docs/access-log.md, section 7).

use std::process::Command;

use test_support::{Backend, Response, TestDatabase};

use crate::access_log::{about, log_of, on_each_demo, open_and_closed};
use crate::support::{text, value};

/// The table in which entries wait that come without a write, and its name while it is away.
fn table(database: &TestDatabase) -> [&'static str; 2] {
    match database.backend() {
        Backend::Sqlite => ["log_waiting_beside", "elsewhere"],
        Backend::Postgres => ["log_waiting", "elsewhere"],
    }
}

/// What changes the file of SQLite beside the running server: Python brings SQLite along.
const RENAMES: &str = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=10).execute(sys.argv[2])";

/// Gives a table another name under the running server.
fn rename(database: &TestDatabase, [from, to]: [&str; 2]) {
    let sql = format!("ALTER TABLE {from} RENAME TO {to}");
    let Some(path) = database.url().strip_prefix("sqlite:") else {
        assert_eq!(database.postgres_value(&sql), None);
        return;
    };
    let file = format!("{path}-log-waiting");
    let done = Command::new("python3").args(["-c", RENAMES, &file, &sql]).output();
    let done = done.expect("python3 can be started");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// An answer that says that there is none for now, and nothing else.
#[track_caller]
fn tells_nothing(what: &str, answer: &Response, secrets: &[String]) {
    assert_eq!(answer.status, 503, "{what}: {}", answer.text());
    let outcome = value(answer.text());
    assert_eq!(outcome["resourceType"], "OperationOutcome", "{what}");
    assert_eq!(outcome["issue"][0]["severity"], "error", "{what}");
    assert!(answer.header("Retry-After").is_some(), "{what}");
    for secret in secrets {
        assert!(!answer.text().contains(secret.as_str()), "{what}: {secret} in {}", answer.text());
    }
    for header in ["ETag", "Last-Modified", "Location", "Content-Location"] {
        assert_eq!(answer.header(header), None, "{what}: {header}");
    }
}

#[test]
fn what_cannot_be_logged_is_not_shown() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (citizen, client) = (demo.as_citizen(open), demo.as_client());
        let (number, id) = demo.citizen(open);
        let who = &demo.description["citizens"][open];
        let patient = format!("Patient/{id}");
        let shown = citizen.read(&format!("/fhir/{patient}"));
        let tag = format!("W/\"{}\"", text(&shown["meta"]["versionId"]));
        let secrets = [number.to_owned(), id.to_owned(), text(&who["name"]), text(&who["birth_date"])];
        assert!(secrets.iter().all(|secret| !secret.is_empty()), "{shown}");
        let reads = || about(&log_of(&citizen), "read", &patient).len();
        let before = reads();
        let [there, away] = table(&demo.database);
        rename(&demo.database, [there, away]);
        for path in [
            patient.clone(),
            format!("{patient}?_summary=true"),
            format!("{patient}/_history"),
            format!("{patient}/_history/1"),
            format!("{patient}/$everything"),
            format!("{patient}/$summary"),
            format!("Patient?_id={id}"),
            format!("Observation?patient={id}&_summary=count"),
        ] {
            tells_nothing(&path, &citizen.get(&format!("/fhir/{path}")), &secrets);
        }
        let known = citizen.send_with("GET", &format!("/fhir/{patient}"), &[("If-None-Match", &tag)], "");
        tells_nothing("what is known already", &known, &secrets);
        for path in ["/access/relations", "/access/notices/preferences"] {
            tells_nothing(path, &citizen.get(path), &secrets);
        }
        // Whether there is anybody is told without an entry neither.
        for hidden in [demo.citizen(closed).1, "nobody"] {
            tells_nothing(hidden, &client.get(&format!("/fhir/Patient/{hidden}")), &[]);
        }
        rename(&demo.database, [away, there]);
        assert_eq!(citizen.read(&format!("/fhir/{patient}")), shown);
        assert_eq!(reads(), before + 1, "what was not shown is not said to be");
    });
}
