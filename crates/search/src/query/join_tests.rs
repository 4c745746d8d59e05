//! Chains, reverse chains, lookups and `_filter` as clauses.

use std::time::{Duration, Instant};

use super::tests::{clause, parse};
use crate::testing::{registry, slot};
use crate::{ChainTarget, Check, Clause, LookupKind, StringTest};

fn chain(clause: &Clause) -> (Vec<&str>, &[ChainTarget]) {
    let Clause::Chain { slots, targets } = clause else { panic!("{clause:?}") };
    (slots.iter().map(|slot| crate::testing::slot_name(*slot)).collect(), targets)
}

fn types(targets: &[ChainTarget]) -> Vec<&str> {
    targets.iter().map(|target| target.resource_type.as_str()).collect()
}

/// The only fault, which no client may ignore.
fn fault(kind: &str, name: &str, value: &str) -> String {
    let parsed = parse(kind, &[(name, value)]);
    let [issue] = parsed.errors.as_slice() else { panic!("{name}={value}: {parsed:?}") };
    issue.fault.code().to_owned()
}

#[test]
fn a_typed_chain_leads_to_that_type() {
    let found = clause("Observation", "subject:Patient.family", "x");
    let (slots, targets) = chain(&found);
    assert_eq!(slots, ["Observation reference Observation.subject"]);
    assert_eq!(types(targets), ["Patient"]);
    assert_eq!(targets[0].clauses, [clause("Patient", "family", "x")]);
    // A parameter that is narrowed to a type says it too.
    assert_eq!(clause("Observation", "patient.family", "x"), found);
    assert!(found.has_join());
}

#[test]
fn an_untyped_chain_leads_to_all_types_that_know_the_parameter() {
    let found = clause("Observation", "subject.name", "x");
    // Of Patient, Group, Device and Location, Group has no name and Device calls it otherwise.
    assert_eq!(types(chain(&found).1), ["Location", "Patient"]);
    let found = clause("Observation", "subject.identifier", "x");
    assert_eq!(types(chain(&found).1), ["Device", "Group", "Location", "Patient"]);
    let found = clause("Basic", "subject.birthdate", "2000");
    assert_eq!(types(chain(&found).1), ["Patient", "Person", "RelatedPerson"]);
}

#[test]
fn chains_nest() {
    let found = clause("Observation", "encounter.service-provider.name:contains", "x");
    let (_, targets) = chain(&found);
    let (slots, targets) = chain(&targets[0].clauses[0]);
    assert_eq!(slots, ["Encounter reference Encounter.serviceProvider"]);
    assert_eq!(targets[0].clauses, [clause("Organization", "name:contains", "x")]);
    let behind = clause("Observation", "patient._has:Group:member:_id", "1");
    assert!(matches!(chain(&behind).1[0].clauses[0], Clause::Has { .. }));
    assert_eq!(
        chain(&clause("Observation", "patient:Patient._filter", "gender eq male")).1[0].clauses,
        [clause("Patient", "gender", "male")]
    );
}

#[test]
fn a_reverse_chain_names_who_refers() {
    let found = clause("Patient", "_has:Observation:patient:code", "x");
    let Clause::Has { slots, source, clauses } = &found else { panic!("{found:?}") };
    assert_eq!(slots, &[slot("Observation reference Observation.subject")]);
    assert_eq!(
        (source.as_str(), clauses.as_slice()),
        ("Observation", &[clause("Observation", "code", "x")][..])
    );
    let nested = clause("Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent", "Practitioner/1");
    let Clause::Has { clauses, .. } = &nested else { panic!() };
    assert!(matches!(&clauses[0], Clause::Has { source, .. } if source.as_str() == "AuditEvent"));
    let chained = clause("Patient", "_has:Observation:subject:encounter.status", "planned");
    let Clause::Has { clauses, .. } = &chained else { panic!() };
    assert!(matches!(clauses[0], Clause::Chain { .. }));
    assert!(matches!(clause("", "_has:Group:member:_id", "1"), Clause::Has { .. }));
}

#[test]
fn what_a_join_does_not_know_is_an_error() {
    for (kind, name, expected) in [
        ("Observation", "subject:Patient.colour", "search-parameter-unknown"),
        ("Observation", "subject.colour", "search-parameter-unknown"),
        ("Observation", "patient.subject.name", "search-parameter-unknown"),
        ("Observation", "subject:Thing.name", "search-modifier"),
        ("Observation", "subject:Practitioner.name", "search-modifier"),
        ("Observation", "subject:missing.name", "search-modifier"),
        ("Observation", "code.name", "search-value"),
        ("Observation", "patient.gender:exact", "search-modifier"),
        ("Patient", "_has:Observation:patient:colour", "search-parameter-unknown"),
        ("Patient", "_has:Observation:code:code", "search-value"),
        ("Patient", "_has:Observation:patient", "search-value"),
        ("Organization", "_has:Observation:patient:code", "search-value"),
    ] {
        assert_eq!(fault(kind, name, "x"), expected, "{name}");
    }
    assert_eq!(fault("Observation", "patient.birthdate", "yesterday"), "search-value");
}

#[test]
fn depth_and_width_are_limited() {
    let deep = |links: usize| format!("{}_id", "partof:Organization.".repeat(links));
    assert!(parse("Organization", &[(&deep(3), "x")]).errors.is_empty());
    assert_eq!(fault("Organization", &deep(4), "x"), "search-too-costly");
    assert_eq!(fault("Organization", &deep(4_000), "x"), "search-too-costly");
    let has = |links: usize| format!("{}_id", "_has:Organization:partof:".repeat(links));
    assert!(parse("Organization", &[(&has(2), "x")]).errors.is_empty());
    assert_eq!(fault("Organization", &has(3), "x"), "search-too-costly");
    let behind = "encounter:Encounter._has:Observation:encounter:";
    assert!(parse("Observation", &[(&format!("{behind}status"), "x")]).errors.is_empty());
    assert_eq!(
        fault("Observation", &format!("{behind}encounter:Encounter.status"), "x"),
        "search-too-costly"
    );
    assert_eq!(fault("Organization", &has(4_000), "x"), "search-too-costly");
    let filter = |links: usize| format!("{}_id eq x", "partof:Organization.".repeat(links));
    assert!(parse("Organization", &[("_filter", &filter(3))]).errors.is_empty());
    assert_eq!(fault("Organization", "_filter", &filter(4)), "search-too-costly");
    // A subject may be anything, and so may its subject.
    assert!(parse("Basic", &[("subject.subject._id", "x")]).errors.is_empty());
    let start = Instant::now();
    assert_eq!(fault("Basic", &format!("{}_id", "subject.".repeat(12)), "x"), "search-too-costly");
    assert_eq!(fault("Basic", "_filter", &format!("{}_id eq x", "subject.".repeat(12))), "search-too-costly");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_query_has_so_many_links_wherever_they_stand() {
    let has = ("_has:Observation:patient:code", "x");
    let chain = ("general-practitioner:Practitioner.name", "x");
    let untyped = ("general-practitioner.identifier", "x");
    let filter = ("_filter", "organization.name eq x or organization.name eq y");
    let codes = |pairs: &[(&str, &str)]| {
        let errors = parse("Patient", pairs).errors;
        errors.iter().map(|issue| issue.fault.code()).collect::<Vec<_>>()
    };
    for fits in [
        [has; 5],
        [chain; 5],
        [untyped; 5],
        [has, chain, has, untyped, chain],
        [has, filter, chain, has, ("gender", "male")],
    ] {
        assert!(codes(&fits).is_empty(), "{fits:?}");
        for more in [has, chain, untyped, filter] {
            assert_eq!(codes(&[&fits[..], &[more]].concat()), ["search-too-costly"], "{fits:?} {more:?}");
        }
    }
    assert_eq!(codes(&[filter, filter, chain, has]), ["search-too-costly"]);
    // What is inside of `_has` counts double.
    let inside = ("_has:Observation:patient:encounter:Encounter.service-provider.name", "x");
    assert!(codes(&[inside, ("gender", "male")]).is_empty());
    assert_eq!(codes(&[inside, has]), ["search-too-costly"]);
    let nested = ("_has:Observation:patient:encounter:Encounter.status", "x");
    assert!(codes(&[nested, has, has]).is_empty());
    assert_eq!(codes(&[nested, nested]), ["search-too-costly"]);
    assert_eq!(codes(&[has; 60]).len(), 55, "what is refused is told each time");
}

#[test]
fn lookups_carry_their_values() {
    let lookup = |kind: &str, name: &str, value: &str| {
        let Clause::Lookup(lookup) = clause(kind, name, value) else { panic!("{name}") };
        lookup
    };
    for (name, value, expected, values) in [
        ("code:in", r"http://v|1,http://w\,x", LookupKind::ValueSet, ["http://v|1", "http://w,x"]),
        ("code:below", "s|a,b", LookupKind::CodesBelow, ["s|a", "b"]),
        ("code:above", "s|a,b", LookupKind::CodesAbove, ["s|a", "b"]),
        ("encounter:below", "Encounter/1,2", LookupKind::ReferencesBelow, ["Encounter/1", "2"]),
        ("encounter:above", "Encounter/1,2", LookupKind::ReferencesAbove, ["Encounter/1", "2"]),
        ("_list", "1,2", LookupKind::Members, ["1", "2"]),
    ] {
        let found = lookup("Observation", name, value);
        let code = name.split(':').next().unwrap();
        assert_eq!(
            (found.kind, found.code.as_str(), found.values.as_slice()),
            (expected, code, &values.map(str::to_owned)[..]),
            "{name}"
        );
        assert_eq!(found.types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(), ["Observation"]);
    }
    let Clause::Not(inside) = clause("Observation", "code:not-in", "http://v") else { panic!() };
    assert_eq!(*inside, clause("Observation", "code:in", "http://v"));
    let found = lookup("Observation", "code:in", "http://v");
    let one = crate::FoundCode { system: Some("s".to_owned()), code: Some("c".to_owned()) };
    assert_eq!(registry().codes_clause(&found, vec![one]), clause("Observation", "code", "s|c"));
    assert_eq!(registry().codes_clause(&found, Vec::new()), Clause::NOTHING);
    let found = lookup("Observation", "encounter:below", "1");
    let target = ("Encounter".parse().unwrap(), fhir::LogicalId::try_from("1").unwrap());
    assert_eq!(
        registry().references_clause(&found, &[target]),
        clause("Observation", "encounter", "Encounter/1")
    );
    assert_eq!(registry().references_clause(&found, &[]), Clause::NOTHING);
}

#[test]
fn modifiers_of_tokens_become_checks() {
    let code = vec![slot("Observation token Observation.code")];
    let Clause::Check { superset, check } = clause("Observation", "code:text", "Đường,x y") else {
        panic!()
    };
    assert!(superset.is_everything());
    assert_eq!(*check, Check::TokenText { slots: code, values: vec!["duong".to_owned(), "x y".to_owned()] });
    let Clause::Check { superset, check } = clause("Patient", "identifier:of-type", r"s|NI|0\|1") else {
        panic!()
    };
    assert_eq!(*superset, clause("Patient", "identifier", r"0\|1"));
    let slots = vec![slot("Patient token Patient.identifier")];
    assert_eq!(*check, Check::OfType { slots, values: vec![["s", "NI", "0|1"].map(str::to_owned)] });
    let Clause::Not(inside) = clause("Patient", "gender:not", "male,female") else { panic!() };
    assert_eq!(*inside, clause("Patient", "gender", "male,female"));
    let alias = clause("Patient", "identifier", "http://fhir.ehealth.gov.vn/core/sid/insurance_number|1");
    assert_eq!(alias, clause("Patient", "identifier", "http://fhir.hl7.org.vn/core/sid/bhyt|1"));
}

#[test]
fn a_filter_is_made_of_the_same_clauses() {
    let filter = |text: &str| clause("Patient", "_filter", text);
    let [male, born, name] = [("gender", "male"), ("birthdate", "ge1980"), ("family:contains", "x")]
        .map(|(name, value)| clause("Patient", name, value));
    assert_eq!(filter("gender eq male"), male);
    assert_eq!(filter("birthdate ge 1980"), born);
    assert_eq!(filter("family co x"), name);
    assert_eq!(filter("gender eq male and birthdate ge 1980"), Clause::All(vec![male.clone(), born.clone()]));
    assert_eq!(
        filter("family co x or gender eq male and birthdate ge 1980"),
        Clause::Any(vec![name, Clause::All(vec![male.clone(), born.clone()])])
    );
    assert_eq!(filter("not (gender eq male)"), Clause::Not(Box::new(male.clone())));
    assert_eq!(filter("gender pr true"), clause("Patient", "gender:missing", "false"));
    assert_eq!(filter("gender pr false"), clause("Patient", "gender:missing", "true"));
    let family = vec![slot("Patient string Patient.name.family")];
    let text = |test: fn(String) -> StringTest| Clause::String {
        slots: family.clone(),
        values: vec![test("nguyen".to_owned())],
    };
    assert_eq!(filter("family eq Nguyễn"), text(StringTest::Folded));
    assert_eq!(filter("family sw Nguyễn"), text(StringTest::StartsWith));
    assert_eq!(filter("family ew Nguyễn"), text(StringTest::EndsWith));
    let observation = |text: &str| clause("Observation", "_filter", text);
    assert_eq!(
        observation("code eq http://loinc.org|1234-5"),
        clause("Observation", "code", "http://loinc.org|1234-5")
    );
    assert_eq!(observation("code in http://v"), clause("Observation", "code:in", "http://v"));
    assert_eq!(observation("code ni http://v"), clause("Observation", "code:not-in", "http://v"));
    assert_eq!(observation("code ss s|c"), clause("Observation", "code:below", "s|c"));
    assert_eq!(observation("code sb s|c"), clause("Observation", "code:above", "s|c"));
    assert_eq!(observation("patient re Patient/1"), clause("Observation", "patient", "Patient/1"));
    assert_eq!(observation("value-quantity le 5||mg"), clause("Observation", "value-quantity", "le5||mg"));
    assert_eq!(observation("subject:Patient.family eq x"), observation("patient.family eq x"));
    let found = observation("patient[gender eq male].birthdate ge 1980");
    assert_eq!(chain(&found).1[0].clauses, [Clause::All(vec![male, born])]);
}
