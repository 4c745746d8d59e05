//! The catalogue of errors (`docs/errors.md`): requests that provoke codes are answered with a status that the document
//! names; every code is provoked here or named by another test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::codes::DOCUMENTED;
use crate::support::{FHIR_JSON, on_each, value};

/// Code, status, method, path, media type and body (`-` for none).
const REQUESTS: &str = include_str!("error_catalogue.tsv");

/// What a header provokes: code, status, method, path, header and its value. The body is a Patient `absent`.
const BY_HEADER: [(&str, u16, &str, &str, &str, &str); 4] = [
    ("header-format", 400, "PUT", "/fhir/Patient/absent", "If-Match", "x"),
    ("version-conflict-none", 412, "PUT", "/fhir/Patient/absent", "If-Match", "W/\"1\""),
    ("content-encoding", 415, "POST", "/fhir/Patient", "Content-Encoding", "br"),
    ("compression-broken", 400, "POST", "/fhir/Patient", "Content-Encoding", "gzip"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn requests() -> impl Iterator<Item = [&'static str; 6]> {
    let lines = REQUESTS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
}

#[test]
fn codes_are_provoked_and_answered_as_documented() {
    on_each(|server| {
        let client = server.client();
        let named =
            |family: &str| format!(r#"{{"resourceType":"Patient","name":[{{"family":"{family}"}}]}}"#);
        let known = r#"{"resourceType":"Patient","id":"p","active":true,"name":[{"family":"A"}]}"#;
        let _ = client.send_fhir("PUT", "/fhir/Patient/p", known).expect_status(201);
        let gone = r#"{"resourceType":"Patient","id":"gone"}"#;
        let _ = client.send_fhir("PUT", "/fhir/Patient/gone", gone).expect_status(201);
        let _ = client.request("DELETE", "/fhir/Patient/gone", &[], b"");
        for _ in 0..2 {
            let _ = client.send_fhir("POST", "/fhir/Patient", named("Twin")).expect_status(201);
        }
        let statuses = &*DOCUMENTED;
        let mut wrong = Vec::new();
        for [code, status, method, path, media, body] in requests() {
            let headers: Vec<(&str, &str)> =
                if media == "-" { Vec::new() } else { vec![("Content-Type", media)] };
            let body = if body == "-" { "" } else { body };
            let answer = client.request(method, path, &headers, body.as_bytes());
            let outcome = answer.text();
            if answer.status.to_string() != status || !outcome.contains(&format!("\"code\":\"{code}\"")) {
                wrong.push(format!("{code}: {method} {path}: {} {outcome}", answer.status));
                continue;
            }
            if answer.status >= 400 && !statuses[code].contains(&answer.status) {
                wrong.push(format!("{code}: the document does not name the status {}", answer.status));
            }
            // Both languages, whatever the caller prefers.
            let issue = &value(outcome)["issue"][0];
            let (vietnamese, english) = (&issue["details"]["text"], &issue["diagnostics"]);
            if answer.status >= 400
                && (!vietnamese.is_string() || !english.is_string() || vietnamese == english)
            {
                wrong.push(format!("{code}: {issue}"));
            }
        }
        let absent = br#"{"resourceType":"Patient","id":"absent"}"#;
        for (code, status, method, path, name, value) in BY_HEADER {
            let headers = [("Content-Type", FHIR_JSON), (name, value)];
            let answer = client.request(method, path, &headers, absent);
            let is_right = answer.status == status && answer.text().contains(&format!("\"code\":\"{code}\""));
            if !is_right || !statuses[code].contains(&status) {
                wrong.push(format!("{code}: {} {}", answer.status, answer.text()));
            }
        }
        let long = vec!["name=a"; 2_000].join("&");
        let answer = client.get(&format!("/fhir/Patient?{long}")).expect_status(400);
        assert!(answer.text().contains("query-too-long"));
        let many: String = (0..300).map(|number| format!(",\"x{number}\":1")).collect();
        let body = format!("{{\"resourceType\":\"Patient\"{many}}}");
        let answer = client.request("POST", "/fhir/Patient", &[("Content-Type", FHIR_JSON)], body.as_bytes());
        assert!(answer.expect_status(400).text().contains("\"more-issues\""));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn each_code_is_provoked() {
    let mut sources = String::new();
    let mut waiting = vec![root().join("tests/it")];
    while let Some(folder) = waiting.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("error_catalogue.rs")
            {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let codes = &*DOCUMENTED;
    assert!(codes.len() > 100);
    let here: BTreeSet<&str> = requests()
        .map(|[code, ..]| code)
        .chain(["query-too-long", "more-issues"])
        .chain(BY_HEADER.map(|(code, ..)| code))
        .collect();
    let is_named = |code: &&str| here.contains(code) || sources.contains(&format!("\"{code}\""));
    let missing: Vec<&str> = codes.keys().map(String::as_str).filter(|code| !is_named(code)).collect();
    assert!(missing.is_empty(), "codes that no test names: {missing:?}");
}
