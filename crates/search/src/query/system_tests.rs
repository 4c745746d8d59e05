//! Searches over several types, and over all.

use fhir::ResourceType;

use super::tests::{clause, parse};
use crate::{Clause, SortKey};

#[test]
fn without_a_type_the_parameters_of_all_types_work() {
    for (name, value) in [
        ("_id", "x"),
        ("_lastUpdated", "2026"),
        ("_tag", "s|c"),
        ("_security", "c"),
        ("_profile", "http://p"),
        ("_profile:below", "http://p"),
        ("_source", "http://s"),
        ("_text", "x"),
        ("_content", "x"),
        ("_list", "1"),
        ("_has:Provenance:target:_id", "1"),
        ("_filter", "_id eq x"),
        ("_tag:missing", "true"),
    ] {
        let parsed = parse("", &[(name, value)]);
        assert_eq!((parsed.issues().count(), parsed.plan.types.len()), (0, 0), "{name}");
        assert!(parsed.plan.clauses.len() == 1 && !parsed.plan.clauses[0].is_nothing(), "{name}");
    }
    let Clause::Token { slots, .. } = clause("", "_tag", "c") else { panic!() };
    assert_eq!(slots.len(), ResourceType::all().len());
    let sorted = parse("", &[("_sort", "-_lastUpdated,_id")]);
    assert_eq!(
        sorted.plan.sort.iter().map(|sort| sort.key.clone()).collect::<Vec<_>>(),
        [SortKey::LastUpdated, SortKey::Id]
    );
    for name in ["gender", "name", "identifier", "subject.name"] {
        let parsed = parse("", &[(name, "x")]);
        assert_eq!((parsed.unknown.len(), parsed.plan.clauses.len()), (1, 0), "{name}");
    }
    assert_eq!(parse("", &[("_sort", "name")]).errors.len(), 1);
}

#[test]
fn the_types_of_a_query_say_which_parameters_there_are() {
    // Wherever `_type` stands.
    let parsed =
        parse("", &[("name", "x"), ("_type", "Practitioner,Patient,Patient"), ("birthdate", "1980")]);
    let names: Vec<&str> = parsed.plan.types.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names, ["Patient", "Practitioner"]);
    // A Practitioner has no date of birth to search by.
    assert_eq!((parsed.unknown.len(), parsed.errors.len()), (1, 0));
    assert_eq!(parsed.unknown[0].expression.as_deref(), Some("http.birthdate"));
    let Clause::String { slots, .. } = &parsed.plan.clauses[0] else { panic!("{parsed:?}") };
    assert_eq!(slots.len(), 8);
    assert_eq!(parsed.understood.len(), 2);
    let one = parse("", &[("_type", "Patient"), ("gender", "male")]);
    assert_eq!(one.plan.types, [ResourceType::PATIENT]);
    assert_eq!(one.plan.clauses[1], clause("Patient", "gender", "male"));
    // The same name with another type of values is no parameter of both: `value` of Group and of ValueSet.
    assert_eq!(
        parse("", &[("_type", "RelatedPerson,DocumentReference"), ("relationship", "x")]).unknown.len(),
        1
    );
    assert_eq!(parse("", &[("_type", "Patient,Thing")]).errors.len(), 1);
    // Under a type `_type` is a condition like others.
    let under = parse("Patient", &[("_type", "Observation")]);
    assert_eq!(under.plan.types, [ResourceType::PATIENT]);
    assert_eq!(under.plan.clauses, [Clause::Type(vec!["Observation".parse().unwrap()])]);
}

#[test]
fn conditions_are_grouped_by_what_they_mean() {
    let parsed =
        parse("", &[("_type", "Observation,Condition"), ("patient", "1"), ("patient:missing", "false")]);
    let Clause::Reference { slots, values } = &parsed.plan.clauses[1] else { panic!("{parsed:?}") };
    assert_eq!((slots.len(), values.len()), (2, 1));
    let Clause::Present(bits) = &parsed.plan.clauses[2] else { panic!("{parsed:?}") };
    assert_eq!(bits.len(), 2);
}

#[test]
fn text_is_of_all_types_that_have_a_narrative() {
    assert_eq!(parse("Binary", &[("_text", "x")]).unknown.len(), 1);
    assert_eq!(parse("Binary", &[("_content", "x")]).issues().count(), 0);
}
