//! What an operator is told of the log of accesses, and what is not done without one (docs/access-log.md, section 8, and
//! docs/guides/operating.md): a log that stands still, a key or a file that is gone, a disk that takes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use test_support::{Backend, TestDatabase};

use crate::support::program::{Demo, run, words};

const PATIENCE: Duration = Duration::from_secs(30);

/// What changes a file of SQLite beside the running server: Python brings SQLite along.
const CHANGES: &str =
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=10); c.execute(sys.argv[2]); c.commit()";

/// Changes the database, or of SQLite the file whose name ends so.
fn change(database: &TestDatabase, end: &str, sql: &str) {
    let Some(path) = database.url().strip_prefix("sqlite:") else {
        assert_eq!(database.postgres_value(sql), None);
        return;
    };
    let done = Command::new("python3").args(["-c", CHANGES, &format!("{path}{end}"), sql]).output();
    let done = done.expect("python3 can be started");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

pub fn figure(demo: &Demo, name: &str) -> f64 {
    let answer = demo.server().client().get("/metrics").expect_status(200);
    let line = answer.text().lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("{name} is missing"));
    line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(100));
    }
}

#[track_caller]
fn wait_for_line(demo: &Demo, level: &str, parts: &[&str]) {
    let is_it = |line: &String| line.contains(level) && parts.iter().all(|part| line.contains(part));
    wait_until(&format!("{level} {parts:?}"), || demo.server().log().iter().any(is_it));
}

fn ready(demo: &Demo) -> u16 {
    demo.server().client().get("/health/ready").status
}

/// Where the files of the keys lie.
pub fn folder(demo: &Demo) -> PathBuf {
    demo.file().parent().expect("a folder").to_owned()
}

/// Runs `serve`, which is to end by itself.
pub fn refused(demo: &Demo) -> Output {
    let place = folder(demo);
    let arguments = [
        "serve",
        "--database",
        demo.database.url(),
        "--data-folder",
        place.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ];
    let output = run(&place, &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    output
}

pub fn command(demo: &Demo, arguments: &[&str]) -> Output {
    let place = folder(demo);
    let end = ["--database", demo.database.url()];
    run(&place, &[arguments, &end].concat())
}

#[test]
fn a_log_that_stands_still_is_told_and_goes_on_when_it_is_mended() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let client = demo.as_client();
        client.read("/fhir/Patient?_count=5");
        wait_until("a checkpoint", || demo.server().client().get("/transparency/checkpoint").status == 200);
        for reason in ["key", "damaged", "clock", "waiting-file", "database"] {
            let name = format!("healthbook_access_log_standing_still{{reason=\"{reason}\"}}");
            assert_eq!(figure(&demo, &name), 0.0, "{reason}");
        }
        change(
            &demo.database,
            "",
            "UPDATE log_block SET number = number + 1000 WHERE number = (SELECT max(number) FROM log_block)",
        );
        client.read("/fhir/Patient?_count=5");
        let stands = "healthbook_access_log_standing_still{reason=\"damaged\"}";
        let waiting = "healthbook_access_log_waiting_entries";
        wait_until("the figures tell it", || figure(&demo, stands) == 1.0 && figure(&demo, waiting) > 0.0);
        assert!(figure(&demo, "healthbook_access_log_checkpoint_age_seconds") >= 0.0);
        wait_for_line(
            &demo,
            "ERROR",
            &["the log of accesses is not gone on with", "log_block", "verify-audit", "waiting_entries"],
        );
        assert_eq!(ready(&demo), 200, "requests go on");
        change(&demo.database, "", "UPDATE log_block SET number = number - 1000 WHERE number >= 1000");
        wait_until("the log goes on", || figure(&demo, stands) == 0.0 && figure(&demo, waiting) == 0.0);
        wait_for_line(&demo, "INFO", &["the log of accesses is gone on with", "stood_still_seconds"]);
    }
}

#[test]
fn a_lost_key_is_asked_for_and_the_public_half_follows_the_key() {
    for database in TestDatabase::each() {
        let mut demo = Demo::start(database);
        demo.as_client().read("/fhir/Patient?_count=5");
        wait_until("a checkpoint", || demo.server().client().get("/transparency/checkpoint").status == 200);
        demo.stop();
        let (key, public) = (folder(&demo).join("access-log.key"), folder(&demo).join("access-log.vkey"));
        let away = key.with_extension("away");
        let good = fs::read_to_string(&public).unwrap();
        fs::rename(&key, &away).unwrap();
        let said = words(&refused(&demo));
        assert!(said.contains("access-log.key is missing") && said.contains("from the backup"), "{said}");
        assert!(!key.exists() && fs::read_to_string(&public).unwrap() == good, "nothing is made");
        // The key of another log, which is what a new one would be: it serves, says so, and leaves the public half alone.
        let other = Demo::start(TestDatabase::sqlite());
        fs::copy(folder(&other).join("access-log.key"), &key).unwrap();
        demo.serve();
        wait_for_line(&demo, "ERROR", &["the log is signed by another key (healthbook/", "access-log.key"]);
        wait_until("the figure", || {
            figure(&demo, "healthbook_access_log_standing_still{reason=\"key\"}") == 1.0
        });
        assert_eq!(fs::read_to_string(&public).unwrap(), good);
        demo.stop();
        fs::rename(&away, &key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(&public, "that of another log\n").unwrap();
        demo.serve();
        assert_eq!(fs::read_to_string(&public).unwrap(), good);
        wait_for_line(&demo, "WARN", &["access-log.key", "chmod 600"]);
        let said = command(&demo, &["verify-audit", "--key", good.trim()]);
        assert!(said.status.success(), "{}", words(&said));
    }
}

#[test]
fn what_cannot_be_written_makes_the_server_unready_until_it_can() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let client = demo.as_client();
        let (end, table) = match demo.database.backend() {
            Backend::Sqlite => ("-log-waiting", "log_waiting_beside"),
            Backend::Postgres => ("", "log_waiting"),
        };
        change(&demo.database, end, &format!("ALTER TABLE {table} RENAME TO elsewhere"));
        assert_eq!(client.get("/fhir/Patient?_count=5").status, 503);
        assert_eq!(ready(&demo), 503);
        assert!(figure(&demo, "healthbook_access_log_withheld_answers_total") >= 1.0);
        wait_for_line(&demo, "ERROR", &["the log of accesses cannot be written"]);
        change(&demo.database, end, &format!("ALTER TABLE elsewhere RENAME TO {table}"));
        wait_until("nobody has to ask for it to be found out", || ready(&demo) == 200);
        wait_for_line(&demo, "INFO", &["the log of accesses can be written again"]);
        client.read("/fhir/Patient?_count=5");
    }
}

#[test]
fn a_waiting_file_that_is_taken_away_withholds_answers_and_is_made_by_no_command() {
    let demo = Demo::start(TestDatabase::sqlite());
    let client = demo.as_client();
    let path = demo.database.url().strip_prefix("sqlite:").unwrap().to_owned();
    let file = format!("{path}-log-waiting");
    let away = format!("{file}.away");
    fs::rename(&file, &away).unwrap();
    assert_eq!(client.get("/fhir/Patient?_count=5").status, 503);
    for arguments in [&["token", "--client", "facility-20001"][..], &["keys", "list"], &["migrate"]] {
        let said = command(&demo, arguments);
        assert_eq!(said.status.code(), Some(1), "{arguments:?}: {}", words(&said));
        assert!(words(&said).contains("put both back"), "{arguments:?}: {}", words(&said));
        assert!(!Path::new(&file).exists(), "{arguments:?}");
    }
    // Another file in its place is not it.
    fs::copy(&away, &file).unwrap();
    assert_eq!(client.get("/fhir/Patient?_count=5").status, 503);
    assert_eq!(ready(&demo), 503);
    wait_for_line(&demo, "ERROR", &["was replaced by another file", "operating.md"]);
    wait_until("the figure", || {
        figure(&demo, "healthbook_access_log_standing_still{reason=\"waiting-file\"}") == 1.0
    });
    fs::rename(&away, &file).unwrap();
    wait_until("it is back", || ready(&demo) == 200);
    client.read("/fhir/Patient?_count=5");
}

#[test]
fn a_wrong_key_and_a_changed_checkpoint_are_told_apart() {
    let mut demo = Demo::start(TestDatabase::sqlite());
    demo.as_client().read("/fhir/Patient?_count=5");
    wait_until("a checkpoint", || demo.server().client().get("/transparency/checkpoint").status == 200);
    demo.stop();
    let other = Demo::start(TestDatabase::sqlite());
    let other = fs::read_to_string(folder(&other).join("access-log.vkey")).unwrap();
    let own = fs::read_to_string(folder(&demo).join("access-log.vkey")).unwrap();
    let out = folder(&demo).join("segments");
    let rotate = |key: &str| {
        let rest = ["--before", "2021-01-01", "--out", out.to_str().unwrap(), "--key", key.trim()];
        words(&command(&demo, &[&["log", "rotate"], &rest[..]].concat()))
    };
    let said = rotate(&other);
    assert!(said.contains("that is not the key of this log, healthbook/"), "{said}");
    assert!(!out.exists(), "nothing was begun");
    assert!(rotate(&own).contains("0 entries have left"), "{}", rotate(&own));
    change(&demo.database, "", "UPDATE log_checkpoint SET note = replace(note, 'time 2', 'time 3')");
    let said = rotate(&own);
    assert!(said.contains("log_checkpoint") && said.contains("the signature is wrong"), "{said}");
    demo.serve();
    wait_for_line(
        &demo,
        "ERROR",
        &["log_checkpoint: the last one", "the signature is wrong", "verify-audit"],
    );
    assert!(!demo.server().log().iter().any(|line| line.contains("another key")), "it is the right one");
}
