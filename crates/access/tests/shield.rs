//! The location shield takes out what tells a place and nothing else, and puts it back: `docs/access.md`, section 6.
#![allow(clippy::unwrap_used, missing_docs, reason = "a broken premise of a test fails the test")]

use healthbook_access::Shield;
use json::{Limits, Node, parse};

fn node(text: &str) -> Node<'_> {
    parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn redacted(text: &str) -> String {
    let mut node = node(text);
    let resource_type = node.text("resourceType").unwrap().parse().unwrap();
    Shield::redact(resource_type, &mut node);
    node.to_json()
}

fn restored(stored: &str, sent: &str) -> String {
    let (stored, mut sent) = (node(stored), node(sent));
    let resource_type = stored.text("resourceType").unwrap().parse().unwrap();
    Shield::restore(resource_type, &stored, &mut sent);
    sent.to_json()
}

#[test]
fn what_tells_where_a_patient_lives_goes_and_the_rest_stays() {
    let text = r##"{"resourceType":"Patient","id":"a","meta":{"source":"urn:his:7","profile":["p"]},
        "text":{"status":"generated","div":"<div>Street</div>"},"_telecom":[{"id":"x"}],
        "active":true,"name":[{"family":"B","_family":{"extension":[{"url":"u","valueString":"kept"}]}}],
        "telecom":[{"value":"09"}],"address":[{"text":"Street"}],"birthDate":"1990-01-01",
        "_birthDate":{"extension":[{"url":"place","valueAddress":{"text":"Street"}}]},
        "contact":[{"name":{"text":"C"}}],"managingOrganization":{"reference":"Organization/o"},
        "generalPractitioner":[{"reference":"Practitioner/d"}],
        "extension":[{"url":"k","valueString":"kept"},{"url":"n","extension":[{"url":"m","valueContactPoint":{"value":"09"}}]}]}"##;
    assert_eq!(
        redacted(text),
        r#"{"resourceType":"Patient","id":"a","meta":{"profile":["p"]},"active":true,"name":[{"family":"B","_family":{"extension":[{"url":"u","valueString":"kept"}]}}],"birthDate":"1990-01-01","extension":[{"url":"k","valueString":"kept"}]}"#
    );
}

#[test]
fn what_tells_where_somebody_is_treated_goes_and_the_rest_stays() {
    let text = r##"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},
        "contained":[{"resourceType":"Organization","id":"o","name":"N"},{"resourceType":"Practitioner","id":"d","address":[{"text":"S"}]}],
        "subject":{"reference":"Patient/a"},"participant":[{"individual":{"reference":"#d"}}],
        "location":[{"location":{"display":"Ward"}}],"hospitalization":{"origin":{"display":"Home"}},
        "serviceProvider":{"reference":"#o"},"text":{"status":"generated","div":"<div>Ward</div>"}}"##;
    assert_eq!(
        redacted(text),
        r##"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/a"},"participant":[{"individual":{"reference":"#d"}}],"contained":[{"resourceType":"Practitioner","id":"d"}]}"##
    );
}

#[test]
fn other_types_stay_as_they_are() {
    let text = r#"{"resourceType":"Location","address":{"text":"Street"},"telecom":[{"value":"09"}]}"#;
    assert_eq!(redacted(text), text);
    assert!(!Shield::is_about("Location".parse().unwrap()) && Shield::is_about("Encounter".parse().unwrap()));
}

#[test]
fn a_place_beside_a_repeated_primitive_leaves_the_others_where_they_stand() {
    let text = r#"{"resourceType":"Patient","name":[{"given":["a","b"],"_given":[{"extension":[{"url":"x","valueReference":{"reference":"Location/1"}}]},{"id":"i"}]}]}"#;
    assert_eq!(
        redacted(text),
        r#"{"resourceType":"Patient","name":[{"given":["a","b"],"_given":[null,{"id":"i"}]}]}"#
    );
}

#[test]
fn a_copy_says_that_something_was_taken_out_once() {
    let mut resource = node(r#"{"resourceType":"Patient","meta":{"security":[{"code":"R"}]}}"#);
    Shield::mark(&mut resource);
    Shield::mark(&mut resource);
    assert_eq!(
        resource.to_json(),
        r#"{"resourceType":"Patient","meta":{"security":[{"code":"R"},{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"REDACTED"}]}}"#
    );
    let mut bare = node(r#"{"resourceType":"Patient"}"#);
    Shield::mark(&mut bare);
    assert!(Shield::is_marked(&bare));
}

#[test]
fn a_copy_that_comes_back_loses_nothing() {
    let stored = r##"{"resourceType":"Encounter","id":"e","status":"in-progress","meta":{"source":"urn:his"},
        "contained":[{"resourceType":"Organization","id":"o","name":"N","partOf":{"reference":"#p"}},{"resourceType":"Organization","id":"p"},{"resourceType":"Practitioner","id":"d","active":true}],
        "participant":[{"individual":{"reference":"#d"}}],"extension":[{"url":"w","valueReference":{"reference":"Location/1"}}],
        "location":[{"location":{"display":"Ward"}}],"serviceProvider":{"reference":"#o"}}"##;
    let mut copy = node(stored);
    Shield::redact("Encounter".parse().unwrap(), &mut copy);
    Shield::mark(&mut copy);
    let sent = copy.to_json().replace("in-progress", "finished");
    let text = restored(stored, &sent);
    let (merged, mut wanted) = (node(&text), node(stored));
    wanted.get_mut("status").unwrap().value = json::Value::String("finished".into());
    for (name, value) in wanted.members() {
        let found = merged.get(name).unwrap();
        if name == "contained" {
            assert_eq!(found.items().len(), 3);
            assert!(value.items().iter().all(|item| found.items().contains(item)), "{text}");
        } else {
            assert_eq!(found, value, "{name}");
        }
    }
    assert_eq!(merged.members().len(), wanted.members().len());
}

#[test]
fn what_is_sent_wins() {
    let stored = r#"{"resourceType":"Encounter","location":[{"location":{"display":"Old"}}],"serviceProvider":{"reference":"Organization/o"}}"#;
    let sent = r#"{"resourceType":"Encounter","location":[{"location":{"display":"New"}}]}"#;
    assert_eq!(
        restored(stored, sent),
        r#"{"resourceType":"Encounter","location":[{"location":{"display":"New"}}],"serviceProvider":{"reference":"Organization/o"}}"#
    );
}
