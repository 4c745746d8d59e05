//! What criteria name, wherever it stands in them (docs/access-log.md, section 7).

use super::tests::parse;

/// Each as `Type/id`, of several types as `Type,Type/id`, of any as `*/id`.
fn named(kind: &str, name: &str, value: &str) -> Vec<String> {
    let parsed = parse(kind, &[(name, value)]);
    assert_eq!(parsed.issues().count(), 0, "{name}={value}: {:?}", parsed.issues().next());
    let text = |types: &[fhir::ResourceType]| match types {
        [] => "*".to_owned(),
        types => types.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    let mut all: Vec<String> =
        parsed.named.iter().map(|it| format!("{}/{}", text(&it.types), it.id)).collect();
    all.sort();
    all
}

#[test]
fn values_of_references_are_named_as_what_they_can_be() {
    assert_eq!(named("Observation", "patient", "x"), ["Patient/x"]);
    assert_eq!(named("Observation", "patient", "x,Patient/y"), ["Patient/x", "Patient/y"]);
    assert_eq!(named("Observation", "subject:Patient", "x"), ["Patient/x"]);
    assert_eq!(named("Observation", "subject", "http://own/fhir/Patient/x"), ["Patient/x"]);
    assert_eq!(named("Observation", "encounter", "e"), ["Encounter/e"]);
    assert_eq!(named("Observation", "encounter", "Encounter/e/_history/2"), ["Encounter/e"]);
    assert_eq!(named("Observation", "performer", "Patient/x"), ["Patient/x"]);
    assert_eq!(named("Coverage", "subscriber", "Patient/x"), ["Patient/x"]);
    // Of the four types that a subject can have one is in nobody's book.
    assert_eq!(named("Observation", "subject", "x"), ["Device,Group,Patient/x"]);
    // Any type.
    assert_eq!(named("QuestionnaireResponse", "subject", "x"), ["*/x"]);
    assert_eq!(named("Observation", "part-of:below", "Procedure/p"), ["Procedure/p"]);
}

#[test]
fn ids_are_named_with_their_types() {
    assert_eq!(named("Observation", "_id", "a,b"), ["Observation/a", "Observation/b"]);
    assert_eq!(named("Observation", "_id:not", "a"), ["Observation/a"]);
    assert_eq!(named("Patient,Observation", "_id", "a"), ["Observation,Patient/a"]);
    assert_eq!(named("", "_id", "a"), ["*/a"]);
    assert_eq!(named("Observation", "_list", "l"), ["List/l"]);
}

#[test]
fn what_stands_behind_a_chain_or_within_something_is_named_too() {
    assert_eq!(named("Observation", "subject:Patient._id", "x"), ["Patient/x"]);
    assert_eq!(named("Condition", "encounter.subject", "Patient/x"), ["Patient/x"]);
    assert_eq!(named("Patient", "_has:Condition:asserter:patient", "x"), ["Patient/x"]);
    assert_eq!(named("Patient", "_has:Observation:patient:encounter", "Encounter/e"), ["Encounter/e"]);
    assert_eq!(
        named("Observation", "_filter", "patient eq x or (not (_id eq a) and encounter re Encounter/e)"),
        ["Encounter/e", "Observation/a", "Patient/x"]
    );
    assert_eq!(
        named("DocumentReference", "relationship", "replaces$DocumentReference/d"),
        ["DocumentReference/d"]
    );
}

#[test]
fn what_is_in_nobodys_book_or_elsewhere_is_not_named() {
    for (kind, name, value) in [
        ("Organization", "_id", "o"),
        ("Observation", "performer", "Practitioner/p"),
        ("Encounter", "service-provider", "o"),
        ("Observation", "subject", "http://elsewhere/fhir/Patient/x"),
        ("Observation", "patient:identifier", "http://s|1"),
        ("Observation", "patient:missing", "false"),
        ("Observation", "patient.identifier", "http://s|1"),
        ("Observation", "code", "x"),
    ] {
        assert!(named(kind, name, value).is_empty(), "{kind}?{name}={value}");
    }
}

#[test]
fn what_is_named_twice_is_named_once_and_no_more_than_conditions() {
    let parsed = parse("Observation", &[("patient", "x"), ("subject", "Patient/x"), ("patient", "y")]);
    assert_eq!(parsed.named.len(), 2);
    let ids: Vec<String> = (0..60)
        .map(|turn| (0..500).map(|number| format!("{turn}-{number}")).collect::<Vec<_>>().join(","))
        .collect();
    let query: Vec<(&str, &str)> = ids.iter().map(|ids| ("_id", ids.as_str())).collect();
    let parsed = parse("Observation", &query);
    assert!(
        !parsed.errors.is_empty() && parsed.named.len() <= super::MOST_CONDITIONS,
        "{}",
        parsed.named.len()
    );
}
