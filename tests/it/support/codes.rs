//! A code of the catalogue (`docs/errors.md`) in an answer: the status the document names, and words in both languages.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use test_support::Response;

use super::body;

/// The statuses of each code in the document.
pub static DOCUMENTED: LazyLock<BTreeMap<String, Vec<u16>>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/errors.md");
    let document = fs::read_to_string(path).unwrap();
    let parts = document.split("\n## `").skip(1);
    parts
        .map(|part| {
            let (code, rest) = part.split_once('`').unwrap();
            let line = rest.lines().find_map(|line| line.strip_prefix("Status ")).unwrap();
            let statuses = line.split(';').next().unwrap().split(", ").filter_map(|text| text.parse().ok());
            (code.to_owned(), statuses.collect())
        })
        .collect()
});

/// A refusal with a code of the catalogue; gives the issue that says it.
#[track_caller]
pub fn expect_code(what: &str, answer: &Response, status: u16, code: &str) -> Value {
    let shown = String::from_utf8_lossy(&answer.body[..answer.body.len().min(2_000)]).into_owned();
    assert_eq!(answer.status, status, "{what}: {shown}");
    assert!(DOCUMENTED[code].contains(&status), "{what}: the document does not name {status} for {code}");
    issue_of(what, &body(answer), code)
}

/// The issue of an OperationOutcome with this code, which must tell it in both languages.
#[track_caller]
pub fn issue_of(what: &str, outcome: &Value, code: &str) -> Value {
    let issues = outcome["issue"].as_array().unwrap_or_else(|| panic!("{what}: no issue: {outcome}"));
    let coded = |issue: &&Value| {
        let coding = &issue["details"]["coding"][0];
        coding["system"] == "urn:healthbook:fault" && coding["code"] == code
    };
    let issue = issues.iter().find(coded).unwrap_or_else(|| panic!("{what}: no {code}: {outcome}"));
    let words =
        [&issue["details"]["text"], &issue["diagnostics"]].map(|text| text.as_str().unwrap_or_default());
    assert!(words.iter().all(|text| !text.is_empty()) && words[0] != words[1], "{what}: {issue}");
    assert!(words[1].is_ascii(), "{what}: not English: {issue}");
    issue.clone()
}
