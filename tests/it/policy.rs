//! `healthbook policy`: what is put in force holds in every server that runs; what cannot be used is named and changes
//! nothing.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use test_support::TestDatabase;

use crate::support::program::{Demo, run, words};

/// Runs `healthbook policy` in a folder. Gives what it said and whether it succeeded.
fn policy(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let all: Vec<&str> = ["policy"].iter().chain(arguments).copied().collect();
    let output = run(folder, &all);
    let said = words(&output);
    assert!(!said.contains("panicked"), "{said}");
    (output.status.success(), said)
}

const CLOSED: &str = "
[[rule]]
id = \"test/closed\"
effect = \"forbid\"
roles = [\"citizen\"]
purposes = [\"*\"]
interactions = [\"read\"]
authorities = [\"*\"]
types = [\"Immunization\"]
";

#[test]
fn a_policy_is_followed_while_servers_run_and_taken_back() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (folder, url) = (demo.folder.path(), demo.database.url().to_owned());
        let citizen = demo.as_citizen(0);
        let status = || citizen.get("/fhir/Immunization").status;
        let wait_for = |expected: u16| {
            let end = Instant::now() + Duration::from_secs(60);
            while status() != expected {
                assert!(Instant::now() < end, "never {expected}");
                thread::sleep(Duration::from_millis(20));
            }
        };
        assert_eq!(status(), 200);
        let (_, text) = policy(folder, &["show"]);
        fs::write(
            folder.join("closed.toml"),
            text.replacen("version = \"", "version = \"closed-", 1) + CLOSED,
        )
        .unwrap();
        let (success, said) = policy(folder, &["check", "closed.toml"]);
        assert!(success && said.contains("version closed-"), "{said}");
        assert!(policy(folder, &["use", "closed.toml", "--database", &url]).0);
        wait_for(403);
        assert_eq!(citizen.get("/fhir/Encounter").status, 200);
        let (_, shown) = policy(folder, &["show", "--in-use", "--database", &url]);
        assert!(shown.contains("test/closed"));
        fs::write(folder.join("wrong.toml"), CLOSED).unwrap();
        let (success, said) = policy(folder, &["use", "wrong.toml", "--database", &url]);
        assert!(!success && said.contains("wrong.toml"), "{said}");
        assert_eq!(status(), 403, "what cannot be used changes nothing");
        assert!(policy(folder, &["use", "--built-in", "--database", &url]).0);
        wait_for(200);
    }
}

#[test]
fn a_decision_is_explained_and_the_matrix_printed() {
    let folder = test_support::TemporaryDirectory::new();
    let explain = |role: &str, purpose: &str, interaction: &str, name: &str| {
        let arguments =
            ["explain", "--role", role, "--purpose", purpose, "--interaction", interaction, "--type", name];
        policy(folder.path(), &arguments).1
    };
    let said = explain("physician", "TREAT", "search", "Observation");
    assert!(said.contains("treat/physician/read by presence"), "{said}");
    assert!(explain("auditor", "HOPERAT", "read", "Patient").starts_with("forbidden"));
    let (success, matrix) = policy(folder.path(), &["matrix"]);
    assert!(success && matrix.contains("## pharmacist"));
    assert!(!policy(folder.path(), &["explain", "--role", "king"]).0);
}
