//! Parameters that select, and their clauses; expectations from the text of R4.

use super::*;
use crate::testing::{moment, parse_with, registry, slot, slot_name};
use crate::{Clause, DateTest, Prefix, ReferenceTest, StringTest, TokenTest};

pub(super) fn parse(kind: &str, query: &[(&str, &str)]) -> ParsedQuery {
    parse_with(registry(), kind, query)
}

pub(super) fn clause(kind: &str, name: &str, value: &str) -> Clause {
    let mut parsed = parse(kind, &[(name, value)]);
    assert_eq!(parsed.issues().count(), 0, "{name}={value}: {:?}", parsed.issues().next());
    match parsed.plan.clauses.len() {
        1 => parsed.plan.clauses.remove(0),
        _ => Clause::All(parsed.plan.clauses),
    }
}

pub(super) fn token(code: Option<&str>, system: Option<&str>) -> TokenTest {
    let hasher = registry().hasher();
    TokenTest { code: code.map(|code| hasher.code(code)), system: system.map(|system| hasher.system(system)) }
}

pub(super) fn reference(id: &str, kind: Option<&str>) -> ReferenceTest {
    let target_type = kind.map(|kind| i16::try_from(kind.parse::<ResourceType>().unwrap().index()).unwrap());
    ReferenceTest { target: registry().hasher().reference_id(id), target_type }
}

pub(super) fn url(url: &str) -> ReferenceTest {
    ReferenceTest { target: registry().hasher().url(url), target_type: Some(-1) }
}

#[test]
fn tokens() {
    let check = |kind: &str, name: &str, value: &str, expected: &[TokenTest]| {
        let Clause::Token { slots, values } = clause(kind, name, value) else { panic!("{name}") };
        assert_eq!((slots.len(), values.as_slice()), (1, expected), "{name}={value}");
    };
    check("Observation", "code", "1-2", &[token(Some("1-2"), None)]);
    check(
        "Observation",
        "code",
        "http://l|1-2,x",
        &[token(Some("1-2"), Some("http://l")), token(Some("x"), None)],
    );
    check("Observation", "code", "|1-2", &[token(Some("1-2"), Some(""))]);
    check("Observation", "code", "http://l|", &[token(None, Some("http://l"))]);
    check("Patient", "identifier", r"s\|t|a\,b|c", &[token(Some("a,b|c"), Some("s|t"))]);
    // The system of a code is implied by its element and not checked; all are stored without one.
    check(
        "Patient",
        "gender",
        "http://hl7.org/fhir/administrative-gender|male",
        &[token(Some("male"), Some(""))],
    );
    check("Patient", "gender", "male", &[token(Some("male"), Some(""))]);
    check("Patient", "active", "true", &[token(Some("true"), Some(""))]);
    check("Patient", "deceased", "false", &[token(Some("false"), Some(""))]);
    check("Patient", "telecom", "09", &[token(Some("09"), None)]);
    check("Patient", "telecom", "|09", &[token(Some("09"), None)]);
    check("Patient", "phone", "09", &[token(Some("09"), Some("phone"))]);
    check("Patient", "email", "|a@b", &[token(Some("a@b"), Some("email"))]);
    assert_eq!(clause("Patient", "phone", "email|a@b"), Clause::NOTHING);
    check("Patient", "_tag", "s|c", &[token(Some("c"), Some("s"))]);
    check("Patient", "_profile", "http://p|1", &[token(Some("http://p|1"), Some(""))]);
    check("ValueSet", "url", "http://v", &[token(Some("http://v"), Some(""))]);
}

#[test]
fn a_parameter_over_several_elements_looks_into_all() {
    let Clause::Token { slots, .. } = clause("Observation", "combo-code", "x") else { panic!() };
    assert_eq!(slots.iter().map(|slot| slot_name(*slot)).collect::<Vec<_>>().len(), 2);
    // A Group's value is a concept with a system, or a boolean without.
    let Clause::Any(clauses) = clause("Group", "value", "s|true") else { panic!() };
    let values = clauses.iter().map(|clause| match clause {
        Clause::Token { values, .. } => values[0],
        _ => panic!(),
    });
    let values = values.collect::<Vec<_>>();
    assert!(
        values.contains(&token(Some("true"), Some("s"))) && values.contains(&token(Some("true"), Some("")))
    );
}

#[test]
fn strings() {
    let check = |name: &str, value: &str, expected: &[StringTest]| {
        let Clause::String { values, .. } = clause("Patient", name, value) else { panic!("{name}") };
        assert_eq!(values, expected, "{name}={value}");
    };
    check(
        "family",
        r"Đặng\, ,Hoà",
        &[StringTest::StartsWith("dang,".into()), StringTest::StartsWith("hoa".into())],
    );
    check("name", "Hoà", &[StringTest::StartsWith("hoa".into())]);
    check("name", "--", &[StringTest::StartsWith("--".into())]);
    check("name:contains", "ÂN", &[StringTest::Contains("an".into())]);
    check("family:exact", "Đỗ", &[StringTest::Exact { folded: "do".into(), exact: "Đỗ".into() }]);
    let slots = |name: &str| match clause("Patient", name, "x") {
        Clause::String { slots, .. } => slots,
        other => panic!("{other:?}"),
    };
    // `:exact` and `:contains` look at single parts; without them the words of all parts count.
    assert_eq!((slots("name").len(), slots("name:contains").len(), slots("name:exact").len()), (4, 3, 3));
    assert_eq!(slots("phonetic"), slots("name"));
    assert_eq!(slots("family"), [slot("Patient string Patient.name.family")]);
    let Clause::All(words) = clause("Patient", "name", "Thị Hoà") else { panic!() };
    assert_eq!(words, [clause("Patient", "name", "thi"), clause("Patient", "name", "hoa")]);
    let Clause::Any(values) = clause("Patient", "name", "a b,c") else { panic!() };
    assert_eq!(values, [clause("Patient", "name", "a b"), clause("Patient", "name", "c")]);
}

#[test]
fn dates_join_by_or_and_by_and() {
    let day = |prefix| DateTest {
        prefix,
        low: moment("2026-11-24T17:00:00Z"),
        high: moment("2026-11-25T17:00:00Z"),
    };
    let Clause::Date { values, .. } = clause("Observation", "date", "2026-11-25,sa2026-11-25") else {
        panic!()
    };
    assert_eq!(values, [day(Prefix::Equal), day(Prefix::StartsAfter)]);
    let both = parse("Observation", &[("date", "ge2026-11-25"), ("date", "lt2026-11-25")]);
    assert_eq!(both.plan.clauses.len(), 2);
    assert_eq!(
        clause("Patient", "_lastUpdated", "le2026-11-25"),
        Clause::LastUpdated(vec![day(Prefix::LessOrEqual)])
    );
}

#[test]
fn references() {
    let check = |kind: &str, name: &str, value: &str, expected: &[ReferenceTest]| {
        let Clause::Reference { slots, values } = clause(kind, name, value) else { panic!("{name}={value}") };
        assert_eq!((slots.len(), values.as_slice()), (1, expected), "{name}={value}");
    };
    let patient = reference("1", Some("Patient"));
    check("Observation", "subject", "Patient/1", &[patient]);
    // Each type that the element may have, in the order of the types.
    let mut possible = ["Patient", "Group", "Device", "Location"].map(|kind| reference("1", Some(kind)));
    possible.sort_by_key(|test| test.target_type);
    check("Observation", "subject", "1", &possible);
    check("Basic", "subject", "1", &[reference("1", None)]);
    check("Observation", "subject:Patient", "1", &[patient]);
    check("Observation", "subject", "http://own/fhir/Patient/1", &[patient]);
    check(
        "Observation",
        "subject",
        "Patient/1/_history/2,Group/1",
        &[patient, reference("1", Some("Group"))],
    );
    check("Observation", "subject", "http://other/Patient/1", &[url("http://other/Patient/1")]);
    check("Observation", "subject", "urn:uuid:1", &[url("urn:uuid:1")]);
    // One possible target gives the type.
    check("Observation", "patient", "1", &[patient]);
    check("Observation", "encounter", "1", &[reference("1", Some("Encounter"))]);
    check("AllergyIntolerance", "patient", "1", &[patient]);
    check("Observation", "patient", "http://other/Patient/1", &[url("http://other/Patient/1")]);
    assert_eq!(clause("Observation", "patient", "Group/1"), Clause::NOTHING);
    assert_eq!(clause("Observation", "patient", "urn:uuid:1"), Clause::NOTHING);
    check("CarePlan", "instantiates-canonical", "http://x|1", &[url("http://x|1")]);
    assert_eq!(clause("Observation", "patient", "1"), clause("Observation", "subject", "Patient/1"));
}

#[test]
fn ids() {
    let id = |id: &str| fhir::LogicalId::try_from(id).unwrap();
    assert_eq!(clause("Patient", "_id", "a,b"), Clause::Id(vec![id("a"), id("b")]));
}

#[test]
fn the_book_is_bound_only_by_what_decides_it() {
    let book = |kind: &str, name: &str, value: &str| {
        parse(kind, &[(name, value)]).plan.book.map(|id| id.to_string())
    };
    let one = Some("1".to_owned());
    for name in ["subject", "patient"] {
        assert_eq!(book("Observation", name, "Patient/1"), one);
    }
    assert_eq!(book("Observation", "patient", "1"), one);
    assert_eq!(book("Observation", "subject:Patient", "1"), one);
    assert_eq!(book("Coverage", "beneficiary", "Patient/1"), one);
    for (kind, name, value) in [
        ("Observation", "subject", "1"),
        ("Observation", "subject", "Patient/1,Patient/2"),
        ("Observation", "subject", "Group/1"),
        ("Observation", "subject", "http://other/Patient/1"),
        ("Observation", "performer", "Patient/1"),
        ("Coverage", "subscriber", "Patient/1"),
        ("Account", "subject", "Patient/1"),
        ("Provenance", "patient", "Patient/1"),
    ] {
        assert_eq!(book(kind, name, value), None, "{kind} {name}={value}");
    }
}
