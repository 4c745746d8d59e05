//! The national pack: it can be read, its good examples are valid, and each bad one is refused where it is wrong.

#![allow(clippy::unwrap_used, reason = "a broken premise of a test fails the test")]

use std::path::PathBuf;
use std::sync::Arc;

use fhir::{Issue, Severity, check_resource};
use healthbook_validation::{Level, Package, Validator};
use json::{Limits, Node};
use patch::{Format, Patch};

fn national(place: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../national").join(place)
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let mut found: Vec<_> = std::fs::read_dir(national(folder))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn validator() -> Validator {
    let resources = texts("pack/package").into_iter().map(|(_, text)| text).collect();
    let package = Package {
        id: "national".to_owned(),
        version: "0".to_owned(),
        canonical: "urn:healthbook:national".to_owned(),
        sha256: [0; 32],
        resources,
    };
    Validator::new(&[Arc::new(package)]).unwrap()
}

fn parse(text: &str) -> Node<'static> {
    json::parse(text.as_bytes(), &Limits::default()).unwrap().to_static()
}

/// What is wrong with a resource, as `place code`.
fn judged(validator: &Validator, resource: &Node<'_>, severity: Severity) -> Vec<String> {
    let (_, broken) = check_resource(resource);
    let issues = if broken.is_empty() { validator.validate(resource, &[], Level::All) } else { broken };
    let show =
        |issue: &Issue| format!("{} {}", issue.expression.as_deref().unwrap_or("-"), issue.fault.code());
    issues.iter().filter(|issue| issue.severity == severity).map(show).collect()
}

fn examples() -> Vec<(String, String)> {
    let is_case = |name: &str| ["bad.json", "warnings.json"].contains(&name);
    texts("examples").into_iter().filter(|(name, _)| !is_case(name)).collect()
}

#[test]
fn good_examples_are_valid() {
    let validator = validator();
    let mut wrong = Vec::new();
    for (name, text) in examples() {
        let resource = parse(&text);
        let claimed = resource.get("meta").and_then(|meta| meta.get("profile")).map(Node::items);
        for canonical in claimed.unwrap_or_default().iter().filter_map(Node::as_str) {
            assert!(validator.has_profile(canonical), "{name} claims {canonical}");
        }
        wrong.extend(
            judged(&validator, &resource, Severity::Error).iter().map(|issue| format!("{name}: {issue}")),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The cases of a file: a good example, changed.
fn cases(file: &str, severity: Severity) {
    let validator = validator();
    let examples = examples();
    let text = std::fs::read_to_string(national("examples").join(file)).unwrap();
    let table = parse(&text);
    let mut wrong = Vec::new();
    for case in table.items() {
        let text = |name: &str| case.text(name).unwrap();
        let (_, base) = examples.iter().find(|(name, _)| name == text("base")).unwrap();
        let patch = Patch::read(Format::JsonPatch, case.get("patch").unwrap().clone()).unwrap();
        let resource = patch.apply(parse(base)).unwrap();
        let expected = format!("{} {}", text("expression"), text("code"));
        let found = judged(&validator, &resource, severity);
        if !found.contains(&expected) {
            wrong.push(format!("{}: expected {expected}, found {found:?}", text("name")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), table.items().len(), wrong.join("\n"));
}

#[test]
fn bad_examples_are_refused_where_they_are_wrong() {
    cases("bad.json", Severity::Error);
}

#[test]
fn doubtful_examples_are_advised_of() {
    cases("warnings.json", Severity::Warning);
}
