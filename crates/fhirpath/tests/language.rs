//! Behaviour that the official suite does not cover: references, branches, types, strictness.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails this way")]

use fhir::TypeId;
use healthbook_fhirpath::{Context, ElementItem, EvaluateError, Expression, ParseErrorKind, Resolve};
use json::Node;

fn read(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &json::Limits::default()).unwrap()
}

/// The texts of the items.
fn evaluate(resource: &str, expression: &str) -> Vec<String> {
    let node = read(resource);
    let items =
        Expression::parse(expression).unwrap().evaluate(&Context::for_resource(&node).unwrap()).unwrap();
    items.iter().map(|item| item.text().unwrap_or_default().into_owned()).collect()
}

#[track_caller]
fn check(resource: &str, expression: &str, expected: &[&str]) {
    assert_eq!(evaluate(resource, expression), expected, "{expression}");
}

const REFERENCES: &str = r##"{"resourceType":"Provenance","contained":[{"resourceType":"Patient","id":"p","gender":"male"}],
    "target":[{"reference":"Patient/1"},{"reference":"http://example.org/fhir/Patient/2/_history/3"},
    {"reference":"#p"},{"reference":"urn:uuid:79a14950-442c-11ed-b878-0242ac120002"},{"reference":"Group/4"},
    {"type":"Patient","identifier":{"value":"5"}},{"reference":"Patient?identifier=6"},{"reference":"#"}]}"##;

#[test]
fn references_resolve_from_their_text() {
    check(REFERENCES, "Provenance.target.where(resolve() is Patient).count()", &["5"]);
    check(REFERENCES, "Provenance.target.where(resolve() is Group).reference", &["Group/4"]);
    check(REFERENCES, "Provenance.target.where(resolve().empty()).count()", &["1"]);
    check(REFERENCES, "Provenance.target.resolve().gender", &["male"]);
    check(REFERENCES, "Provenance.target.where(resolve() is Provenance).reference", &["#"]);
    check(REFERENCES, "Provenance.target.where(resolve() is DomainResource).count()", &["7"]);
}

#[test]
fn references_resolve_inside_a_bundle_and_through_the_context() {
    let bundle = r#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","active":true}},
        {"resource":{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"}}}]}"#;
    check(bundle, "Bundle.entry.resource.ofType(Observation).subject.resolve().active", &["true"]);
    check(bundle, "Bundle.entry.resource.type().name", &["Patient", "Observation"]);
    check(bundle, "Bundle.entry[0].resource as Patient", &[""]);

    struct Directory;
    impl Resolve for Directory {
        fn resolve<'a>(&'a self, reference: &str) -> Option<ElementItem<'a>> {
            (reference == "urn:uuid:9").then(|| ElementItem::of_type(TypeId::named("Device").unwrap()))
        }
    }
    let node = read(r#"{"resourceType":"Observation","subject":{"reference":"urn:uuid:9"}}"#);
    let expression = Expression::parse("Observation.subject.where(resolve() is Device)").unwrap();
    let context = Context::for_resource(&node).unwrap();
    assert!(expression.evaluate(&context).unwrap().is_empty());
    assert_eq!(expression.evaluate(&context.with_resolver(&Directory)).unwrap().len(), 1);
}

#[test]
fn branches_and_root_types() {
    let branches = |text: &str| -> Vec<(String, Option<String>)> {
        let branches = Expression::parse(text).unwrap().branches();
        branches.iter().map(|branch| (branch.to_string(), branch.root_type().map(str::to_owned))).collect()
    };
    let branch = |text: &str, root: &str| (text.to_owned(), Some(root.to_owned()));
    assert_eq!(
        branches("Patient.name | (Person.name | (Practitioner.name as HumanName))"),
        [
            branch("Patient.name", "Patient"),
            branch("Person.name", "Person"),
            branch("Practitioner.name.as(HumanName)", "Practitioner")
        ]
    );
    assert_eq!(branches("(A.b | Patient.name).given").len(), 1);
    let deceased = "Patient.deceased.exists() and Patient.deceased != false";
    assert_eq!(branches(deceased), [branch(deceased, "Patient")]);
    assert_eq!(Expression::parse("name").unwrap().root_type(), None);
    assert_eq!(Expression::parse("Patient.id | Person.id").unwrap().root_type(), None);
}

#[test]
fn a_path_starts_at_its_own_type_only() {
    let practitioner = r#"{"resourceType":"Practitioner","id":"1","name":[{"family":"Lê"}]}"#;
    check(practitioner, "Patient.name.family", &[]);
    check(practitioner, "Practitioner.name.family", &["Lê"]);
    check(practitioner, "Resource.id | DomainResource.id", &["1"]);
    check(practitioner, "name.family", &["Lê"]);
}

#[test]
fn items_tell_their_type_and_extensions() {
    let observation = r#"{"resourceType":"Observation","_status":{"id":"s","extension":[{"url":"u","valueCode":"x"}]},
        "valueQuantity":{"value":1.50},"component":[{"valueString":"a"},{"valueQuantity":{"value":2}},{"_valueString":{"id":"z"}}]}"#;
    check(observation, "Observation.value.value", &["1.50"]);
    check(observation, "Observation.status.extension('u').value", &["x"]);
    check(observation, "Observation.status.id", &["s"]);
    check(observation, "Observation.status.hasValue()", &["false"]);
    check(observation, "Observation.status.exists()", &["true"]);
    check(observation, "(Observation.component.value as string)", &["a", ""]);
    check(observation, "Observation.component.value.id", &["z"]);
    let node = read(observation);
    let items = Expression::parse("Observation.value | Observation.component.value")
        .unwrap()
        .evaluate(&Context::for_resource(&node).unwrap())
        .unwrap();
    let types: Vec<&str> = items.iter().map(|item| item.type_id().unwrap().name()).collect();
    assert_eq!(types, ["Quantity", "string", "Quantity", "string"]);
}

#[test]
fn strict_evaluation_finds_what_lenient_leaves_empty() {
    let node = read(r#"{"resourceType":"Patient","name":[{"family":"a"},{"family":"b"}]}"#);
    for (text, error) in [
        ("Patient.nam", EvaluateError::UnknownElement("nam".to_owned())),
        ("Observation.value", EvaluateError::UnknownElement("Observation".to_owned())),
        ("Patient.name.as(HumanName)", EvaluateError::NotSingle("as")),
        ("Patient.children().first()", EvaluateError::Unordered("first")),
    ] {
        let expression = Expression::parse(text).unwrap();
        assert!(expression.evaluate(&Context::for_resource(&node).unwrap()).is_ok(), "{text}");
        let strict = expression.evaluate(&Context::for_resource(&node).unwrap().strict());
        assert_eq!(strict.unwrap_err(), error, "{text}");
    }
}

#[test]
fn mistakes_are_found_when_parsing() {
    let kind = |text: &str| Expression::parse(text).unwrap_err().kind;
    assert_eq!(kind("name.exist()"), ParseErrorKind::UnknownFunction("exist".to_owned()));
    assert_eq!(kind("name.where()"), ParseErrorKind::ArgumentCount("where"));
    assert_eq!(kind("value as quantity"), ParseErrorKind::UnknownType("quantity".to_owned()));
    assert_eq!(kind("name."), ParseErrorKind::UnexpectedEnd);
    assert_eq!(kind("name given"), ParseErrorKind::UnexpectedToken);
    assert_eq!(kind("'a\\q'"), ParseErrorKind::InvalidEscape);
    assert_eq!(kind("@2015-13"), ParseErrorKind::InvalidTemporal);
    assert_eq!(Expression::parse("a.b c").unwrap_err().offset, 4);
}

#[test]
fn numbers_are_exact() {
    let observation = r#"{"resourceType":"Observation","valueQuantity":{"value":0.10}}"#;
    check(observation, "Observation.value.value + 0.2", &["0.30"]);
    check(observation, "Observation.value.value.toString()", &["0.10"]);
    check(observation, "2147483647 + 1", &[]);
    check(observation, "7922816251426433759354395033.5 * 100.0", &[]);
    check(observation, "(10000000000.00000001 - 10000000000) = 0.00000001", &["true"]);
    check(observation, "1.5 'kg' + 500 'g'", &["2.000 'kg'"]);
    check(observation, "2 years > 23 months", &["true"]);
    check(observation, "1 year = 1 'a'", &[]);
    check(observation, "@2024-01-31 + 1 month", &["2024-02-29"]);
    check(observation, "@2016 + 365 days", &["2017"]);
    check(observation, "@T23:30 + 1 hour", &["00:30"]);
}
