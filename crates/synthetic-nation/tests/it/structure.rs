//! Every resource has the structure of FHIR R4, as the server itself checks it.

use fhir::check_resource;
use json::{Limits, Node, Value, parse};

use crate::survey::nation;

fn member<'a, 'text>(node: &'a Node<'text>, name: &str) -> Option<&'a Node<'text>> {
    match &node.value {
        Value::Object(members) => members.iter().find(|member| member.0 == name).map(|member| &member.1),
        _ => None,
    }
}

#[test]
fn every_resource_passes_the_structure_check() {
    let mut checked = 0;
    for bundle in nation(400, 5).bundles() {
        let document = parse(bundle.json.as_bytes(), &Limits::default()).expect("a bundle is JSON");
        let Some(Value::Array(entries)) = member(&document, "entry").map(|entry| &entry.value) else {
            continue;
        };
        for entry in entries {
            let resource = member(entry, "resource").expect("an entry has a resource");
            let (kind, issues) = check_resource(resource);
            assert!(
                kind.is_some() && issues.is_empty(),
                "{}: {issues:?} in {}",
                bundle.name,
                resource.to_json()
            );
            checked += 1;
        }
    }
    assert!(checked > 10_000);
}

/// The check would notice: a visit without its required class does not pass.
#[test]
fn the_structure_check_can_fail() {
    let broken = br#"{"resourceType":"Encounter","id":"a","status":"finished"}"#;
    let document = parse(broken, &Limits::default()).expect("JSON");
    assert!(!check_resource(&document).1.is_empty());
}
