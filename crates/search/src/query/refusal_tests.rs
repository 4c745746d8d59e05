//! What is not understood, and that no text makes the parser fail.

use fhir::ResourceType;
use proptest::prelude::*;

use super::tests::{context, parse};
use crate::testing::registry;

/// The catalogue code of the only issue, with `?` for one that a lenient client may ignore.
fn fault(kind: &str, name: &str, value: &str) -> String {
    let parsed = parse(kind, &[(name, value)]);
    assert!(parsed.plan.clauses.is_empty() && parsed.understood.is_empty(), "{name}={value}");
    match (parsed.errors.as_slice(), parsed.unknown.as_slice()) {
        ([issue], []) => issue.fault.code().to_owned(),
        ([], [issue]) => format!("{}?", issue.fault.code()),
        other => panic!("{name}={value}: {other:?}"),
    }
}

#[test]
fn what_is_not_understood_says_so() {
    for (name, value, expected) in [
        ("colour", "x", "search-parameter-unknown?"),
        ("_Count", "1", "search-parameter-unknown?"),
        ("", "", "search-parameter-unknown?"),
        ("value-quantity", "5", "search-parameter-unsupported?"),
        ("code-value-quantity", "5", "search-parameter-unsupported?"),
        ("_text", "x", "search-parameter-unsupported?"),
        ("_content", "x", "search-parameter-unsupported?"),
        ("_filter", "x", "search-parameter-unsupported?"),
        ("_elements", "id", "search-parameter-unsupported?"),
        ("_summary", "text", "search-parameter-unsupported?"),
        ("_has:Group:member:_id", "1", "search-parameter-unsupported"),
        ("subject.name", "x", "search-parameter-unsupported"),
        ("subject:Patient.name", "x", "search-parameter-unsupported"),
        ("colour.name", "x", "search-parameter-unknown?"),
        ("code:not", "x", "search-modifier"),
        ("code:missing", "true", "search-modifier"),
        ("code:in", "x", "search-modifier"),
        ("value-string:text", "x", "search-modifier"),
        ("subject:identifier", "x", "search-modifier"),
        ("subject:Organization", "1", "search-modifier"),
        ("date:missing", "true", "search-modifier"),
        ("_id:exact", "1", "search-modifier"),
        ("_count:x", "1", "search-modifier"),
        ("date", "yesterday", "search-value"),
        ("date", "2026-11-25,", "search-value"),
        ("date", "", "search-value"),
        ("code", "", "search-value"),
        ("code", "|", "search-value"),
        ("code", "a,,b", "search-value"),
        ("value-string", " ", "search-value"),
        ("value-string:contains", "\u{301}", "search-value"),
        ("subject", "a b", "search-value"),
        ("subject", "#x", "search-value"),
        ("subject", "Patient?identifier=1", "search-value"),
        ("subject:Patient", "Group/1", "search-value"),
        ("_id", "a_b", "search-value"),
        ("_count", "-1", "search-value"),
        ("_count", "+1", "search-value"),
        ("_count", "many", "search-value"),
        ("_total", "yes", "search-value"),
        ("_summary", "yes", "search-value"),
        ("_sort", "", "search-value"),
        ("_sort", "date,", "search-value"),
        ("_sort", "colour", "search-parameter-unknown"),
        ("_sort", "code", "search-parameter-unsupported"),
        ("_sort", "value-quantity", "search-parameter-unsupported"),
        ("_include", "Observation", "search-value"),
        ("_include", "Observation:code", "search-value"),
        ("_include", "Observation:colour", "search-value"),
        ("_include", "Thing:subject", "search-value"),
        ("_include", "Observation:subject:Thing", "search-value"),
        ("_include", "Observation:subject:Organization", "search-value"),
        ("_include", "Observation:patient:Group", "search-value"),
        ("_include:recurse", "Observation:subject", "search-modifier"),
    ] {
        assert_eq!(fault("Observation", name, value), expected, "{name}={value}");
    }
    assert_eq!(fault("Patient", "_id", &vec!["a"; 501].join(",")), "search-value");
    let many = parse("Patient", &[("gender", "male"); 100]);
    assert_eq!((many.plan.clauses.len(), many.errors.len()), (64, 36));
    let twice = parse("Patient", &[("_count", "5"), ("_count", "7")]);
    assert_eq!((twice.errors.len(), twice.plan.count), (1, 5));
    let issue = &parse("Patient", &[("colour:x", "y")]).unknown[0];
    assert_eq!(issue.expression.as_deref(), Some("http.colour"));
}

proptest! {
    #[test]
    fn no_query_panics(
        kind in 0u16..146,
        pairs in prop::collection::vec(("[a-z_:.A-Z-]{0,12}|[a-z-]{1,10}:(exact|contains|Patient)|_(sort|include|count|id|revinclude)", any::<String>()), 0..6),
    ) {
        let parsed = registry().parse(ResourceType::from_index(kind).unwrap(), &pairs, &context());
        prop_assert_eq!(parsed.issues().count() + parsed.understood.len(), pairs.len());
    }

    #[test]
    fn no_value_of_a_known_parameter_panics(kind in 0u16..146, at in any::<prop::sample::Index>(), value in r"([a-z0-9A-Z/:#?|,\\$-]|ế){0,20}") {
        let kind = ResourceType::from_index(kind).unwrap();
        let parameters = registry().parameters(kind);
        let code = parameters[at.index(parameters.len())].code;
        let parsed = registry().parse(kind, &[(code.to_owned(), value)], &context());
        prop_assert_eq!(parsed.issues().count() + parsed.plan.clauses.len(), 1);
    }
}
