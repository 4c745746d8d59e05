//! The official test cases of JSON Patch and FHIRPath Patch, converted by `tools/convert_patch_cases.py`.
//!
//! Source: HL7 FHIR test cases, `r4/patch` of the repository FHIR/fhir-test-cases (HL7, Apache License 2.0). The
//! cases of XML Patch, which are there too, are left out: R4 lists that format, this server does not offer it
//! and says so in its CapabilityStatement (`patchFormat`).
//!
//! `EXCEPTIONS` lists the cases that do not pass, with the reason. A test fails when a listed one passes, and when
//! another does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails this way")]

use healthbook_patch::{Format, Patch};
use json::{Limits, Node};

const EXCEPTIONS: [(&str, &str); 0] = [];

fn read(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &Limits::default()).unwrap()
}

/// With members in one order: neither format keeps the place of what is taken away and put back.
fn sorted(node: &Node<'_>) -> String {
    use json::Value;
    let mut node = node.clone();
    fn sort(node: &mut Node<'_>) {
        match &mut node.value {
            Value::Object(members) => {
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                members.iter_mut().for_each(|(_, value)| sort(value));
            }
            Value::Array(items) => items.iter_mut().for_each(sort),
            _ => {}
        }
    }
    sort(&mut node);
    node.to_json()
}

fn run(format: Format, case: &Node<'_>) -> Result<(), String> {
    let input = case.get("input").unwrap();
    let patch = Patch::read(format, case.get("patch").unwrap().clone());
    let result = patch.and_then(|patch| patch.apply(input.clone()));
    match (result, case.get("output")) {
        (Ok(found), Some(wanted)) if sorted(&found) == sorted(wanted) => Ok(()),
        (Ok(found), Some(wanted)) => Err(format!("{} instead of {}", found.to_json(), wanted.to_json())),
        (Ok(found), None) => Err(format!("{} instead of an error", found.to_json())),
        (Err(_), None) => Ok(()),
        (Err(error), Some(_)) => Err(format!("{error} ({:?})", error.place)),
    }
}

fn all(format: Format, text: &str, count: usize) {
    let suite = read(text);
    let cases = suite.get("cases").unwrap().items();
    assert_eq!(cases.len(), count);
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.text("name").unwrap();
        let expected = EXCEPTIONS.iter().find(|(known, _)| *known == name);
        match (run(format, case), expected) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => wrong.push(format!("{name} passes: take it off the list")),
            (Err(message), None) => wrong.push(format!("{name}: {message}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn json_patch() {
    all(Format::JsonPatch, include_str!("cases/json-patch.json"), 16);
}

#[test]
fn fhirpath_patch() {
    all(Format::FhirPathPatch, include_str!("cases/fhirpath-patch.json"), 33);
}
