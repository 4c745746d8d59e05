//! The FHIR document: valid by the national profiles, and the same check-up again.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use fhir::{Severity, check_resource};
use healthbook_exchange::check_up::{self, Format, Places, Raw};
use json::{Limits, Node};
use validation::{Level, Package, Validator};

use super::samples::{SAMPLES, sample, text};

fn validator() -> Validator {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../national/pack/package");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let resources = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let package = Package {
        id: "national".to_owned(),
        version: "0".to_owned(),
        canonical: "urn:healthbook:national".to_owned(),
        sha256: [0; 32],
        resources: resources.map(|path| std::fs::read_to_string(path).unwrap()).collect(),
    };
    Validator::new(&[Arc::new(package)]).unwrap()
}

/// What is wrong with a resource, warnings of best practice apart.
fn wrong(validator: &Validator, resource: &Node<'_>) -> Vec<String> {
    let (_, broken) = check_resource(resource);
    let issues = if broken.is_empty() { validator.validate(resource, &[], Level::All) } else { broken };
    let errors = issues.iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| format!("{:?} {}", issue.expression, issue.fault.english())).collect()
}

/// As a client would get it: written and parsed.
fn parsed(text: &str) -> Node<'static> {
    json::parse(text.as_bytes(), &Limits::default()).unwrap().to_static()
}

#[test]
fn documents_are_valid_by_the_national_profiles() {
    let validator = validator();
    for name in SAMPLES {
        let bundle = parsed(&sample(name).to_bundle(&Places::default()).to_json());
        assert_eq!(wrong(&validator, &bundle), Vec::<String>::new(), "{name}");
        let profile =
            bundle.get("meta").and_then(|meta| meta.get("profile")).unwrap().items()[0].as_str().unwrap();
        assert!(validator.has_profile(profile));
        for entry in bundle.get("entry").unwrap().items() {
            let resource = entry.get("resource").unwrap();
            assert_eq!(wrong(&validator, resource), Vec::<String>::new(), "{name}");
            let claims = resource
                .get("meta")
                .and_then(|meta| meta.get("profile"))
                .map(Node::items)
                .unwrap_or_default();
            assert!(claims.iter().all(|claim| validator.has_profile(claim.as_str().unwrap())), "{name}");
        }
    }
}

#[test]
fn a_document_is_the_check_up_again() {
    for name in SAMPLES {
        let before = sample(name);
        let bundle = parsed(&before.to_bundle(&Places::default()).to_json());
        let after = check_up::from_bundle(&bundle).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        assert_eq!(after.to_xml(), before.to_xml(), "{name}");
        assert_eq!(after, before, "{name}");
    }
}

#[test]
fn links_lead_somewhere_and_are_the_same_again() {
    let first = sample("adult.xml").to_bundle(&Places::default()).to_json();
    assert_eq!(first, sample("adult.json").to_bundle(&Places::default()).to_json());
    let bundle = parsed(&first);
    let entries = bundle.get("entry").unwrap().items();
    let urls: HashSet<&str> = entries.iter().map(|entry| entry.text("fullUrl").unwrap()).collect();
    assert_eq!(urls.len(), entries.len());
    for link in first.split("\"reference\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(urls.contains(link) || link.starts_with('#'), "{link}");
    }
    let first = entries[0].get("resource").unwrap();
    assert_eq!(first.text("resourceType"), Some("Composition"));
    assert_eq!(first.text("id").unwrap(), sample("adult.xml").composition_id());
}

#[test]
fn a_transaction_writes_into_one_book_and_keeps_the_message() {
    let validator = validator();
    for name in SAMPLES {
        let (check_up, message) = (sample(name), text(name));
        let gone = "Observation/5f2b0000-0000-8000-8000-000000000000";
        let places = Places {
            patient: Some("Patient/p1".to_owned()),
            organization: Some("Organization/o1".to_owned()),
            former: vec![gone.to_owned(), format!("Composition/{}", check_up.composition_id())],
        };
        let read = [check_up];
        let raw = Raw::of(&message, Format::of(&message), &read);
        let bundle = parsed(&read[0].transaction(&places, Some(&raw)).to_json());
        let entries = bundle.get("entry").unwrap().items();
        let mut deleted = Vec::new();
        for entry in entries {
            let request = entry.get("request").unwrap();
            let Some(resource) = entry.get("resource") else {
                deleted.push((request.text("method").unwrap(), request.text("url").unwrap()));
                continue;
            };
            assert_eq!(wrong(&validator, resource), Vec::<String>::new(), "{name}");
            let own = format!("{}/{}", resource.text("resourceType").unwrap(), resource.text("id").unwrap());
            assert_eq!((request.text("method"), request.text("url")), (Some("PUT"), Some(own.as_str())));
            assert!(
                !["Patient", "Organization", "RelatedPerson", "Binary"]
                    .contains(&own.split('/').next().unwrap())
            );
        }
        assert_eq!(deleted, [("DELETE", gone)]);
        let last = entries.iter().filter_map(|entry| entry.get("resource")).next_back().unwrap();
        assert_eq!(last.text("resourceType"), Some("DocumentReference"));
        let attachment = last.get("content").unwrap().items()[0].get("attachment").unwrap();
        use base64::Engine as _;
        let kept =
            base64::engine::general_purpose::STANDARD.decode(attachment.text("data").unwrap()).unwrap();
        assert!(kept == message, "{name}");
    }
}

#[test]
fn the_kinds_that_are_asked_for_are_those_that_are_made() {
    let places = Places { patient: Some("Patient/p1".to_owned()), ..Places::default() };
    let (mut made, mut entered) = (HashSet::new(), HashSet::new());
    for name in SAMPLES {
        let check_up = sample(name);
        let raw = Raw::of(b"<x/>", Format::Xml, std::slice::from_ref(&check_up));
        let bundle = check_up.transaction(&places, Some(&raw));
        for resource in bundle.get("entry").unwrap().items().iter().filter_map(|entry| entry.get("resource"))
        {
            made.insert(resource.text("resourceType").unwrap().to_owned());
            let links = check_up::entries(resource);
            entered.extend(links.iter().map(|link| link.split('/').next().unwrap().to_owned()));
        }
    }
    let owned = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect::<HashSet<String>>();
    // The server writes who signed; nobody who signs in may.
    made.remove("Provenance");
    assert_eq!(made, owned(&check_up::WRITTEN));
    assert_eq!(entered, owned(&check_up::ENTERED));
}

#[test]
fn a_book_keeps_of_a_message_with_several_people_its_own_record_only() {
    let (adult, pupil) = (sample("adult.xml"), sample("pupil.xml"));
    let read = [adult, pupil];
    let raw = Raw::of(b"<both/>", Format::Xml, &read);
    let places = Places { patient: Some("Patient/p1".to_owned()), ..Places::default() };
    let text = read[0].transaction(&places, Some(&raw)).to_json();
    use base64::Engine as _;
    let own = base64::engine::general_purpose::STANDARD.encode(read[0].to_xml());
    assert!(text.contains(&own) && text.matches("ni:///sha-256;").count() == 2);
}

#[test]
fn labels_stand_where_there_is_something_to_hide() {
    let plain = sample("adult.xml").to_bundle(&Places::default()).to_json();
    assert!(!plain.contains("\"security\""), "a normal finding hides nothing");
    let mut fields: Vec<(&str, &str, String)> = Vec::new();
    let adult = sample("adult.xml");
    for field in check_up::FIELDS.iter() {
        if let Some(text) = adult.value(field.part, field.name) {
            let text = if field.name == "TSBT_BENH_TAM_THAN" { "1" } else { text };
            fields.push((field.part, field.name, text.to_owned()));
        }
    }
    let ill = check_up::CheckUp::of_fields(Some(adult.date()), fields, []).unwrap();
    let text = ill.to_bundle(&Places::default()).to_json();
    // The finding, and what tells all of it: Composition and Bundle.
    assert_eq!(text.matches("\"security\"").count(), 3);
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "{}",
        r#"{"resourceType":"Bundle","type":"document","entry":[]}"#,
        r#"{"type":"document","entry":[{"resource":{"resourceType":"Composition"}}]}"#,
    ] {
        assert!(check_up::from_bundle(&parsed(text)).is_err(), "{text}");
    }
}
