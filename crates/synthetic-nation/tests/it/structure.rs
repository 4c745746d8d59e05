//! Every resource is valid: the structure of FHIR R4, its rules, and the national pack, as the server itself judges.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use fhir::{Issue, check_resource};
use healthbook_synthetic_nation::Nation;
use json::{Limits, Node, parse};
use validation::{Level, Package, Validator};

use crate::survey::nation;

/// The national pack, from its files.
static NATIONAL: LazyLock<Validator> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../national/pack/package");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the pack is there")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| path.file_name().is_some_and(|name| name != "package.json"))
        .collect();
    files.sort();
    let resources = files.iter().map(|path| fs::read_to_string(path).expect("text")).collect();
    let package = Package {
        id: "vn.healthbook.national".to_owned(),
        version: "0".to_owned(),
        canonical: "urn:healthbook:national".to_owned(),
        sha256: [0; 32],
        resources,
    };
    Validator::new(&[Arc::new(package)]).expect("the pack can be used")
});

/// What makes a resource invalid.
fn judge(resource: &Node<'_>) -> Vec<Issue> {
    let (kind, mut issues) = check_resource(resource);
    if kind.is_some() && issues.is_empty() {
        issues = NATIONAL.validate(resource, &[], Level::Errors);
    }
    issues
}

/// The number of resources of a nation, each of which is valid; all kinds of faults are told together.
fn judge_all(nation: &Nation) -> usize {
    let (mut judged, mut faults) = (0, std::collections::BTreeMap::new());
    for bundle in nation.bundles() {
        let document = parse(bundle.json.as_bytes(), &Limits::default()).expect("a bundle is JSON");
        for entry in document.get("entry").expect("a bundle has entries").items() {
            let resource = entry.get("resource").expect("an entry has a resource");
            for issue in judge(resource) {
                let kind = format!("{:?} at {:?}", issue.fault, issue.expression);
                faults.entry(kind).or_insert_with(|| (bundle.name.clone(), resource.to_json()));
            }
            judged += 1;
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    judged
}

#[test]
fn every_resource_is_valid() {
    let judged: Vec<usize> = [5, 11, 412].into_iter().map(|seed| judge_all(&nation(400, seed))).collect();
    assert!(judged.iter().all(|judged| *judged > 10_000), "{judged:?}");
}

fn faults(resource: &str) -> Vec<&'static str> {
    let document = parse(resource.as_bytes(), &Limits::default()).expect("JSON");
    judge(&document).iter().map(|issue| issue.fault.code()).collect()
}

/// The check would notice: a visit without its required class, an Organization that nothing names (org-1), a citizen
/// number that has too few digits, a Patient that claims the profile and says nothing.
#[test]
fn the_check_can_fail() {
    let broken = r#"{"resourceType":"Encounter","id":"a","status":"finished"}"#;
    assert_eq!(faults(broken), ["required-element"]);
    assert_eq!(faults(r#"{"resourceType":"Organization","id":"a","active":true}"#), ["invariant"]);
    let number = r#"{"resourceType":"Patient","id":"a","identifier":[{"system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"09912"}]}"#;
    assert_eq!(faults(number), ["identifier-format"]);
    let claim = r#"{"resourceType":"Patient","id":"a","meta":{"profile":["http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-patient"]}}"#;
    assert!(faults(claim).contains(&"too-few"));
}
