//! What is not understood, and that no text makes the parser fail.

use fhir::ResourceType;
use proptest::prelude::*;

use super::tests::parse;
use crate::testing::{context, registry};

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
        ("", "", "search-parameter-empty?"),
        ("_contained", "both", "search-parameter-unsupported?"),
        ("_query", "x", "search-parameter-unsupported?"),
        ("colour.name", "x", "search-parameter-unknown?"),
        ("colour:missing", "true", "search-parameter-unknown?"),
        // A chain cannot be left out, for the rest would answer another question.
        ("subject:Patient.colour", "x", "search-parameter-unknown"),
        ("subject.colour", "x", "search-parameter-unknown"),
        ("_has:Provenance:target:colour", "1", "search-parameter-unknown"),
        ("_filter", "colour eq x", "search-parameter-unknown"),
        ("_filter", "subject.colour eq x", "search-parameter-unknown"),
        ("code:exact", "x", "search-modifier"),
        ("code:contains", "x", "search-modifier"),
        ("code:iterate", "x", "search-modifier"),
        ("value-string:text", "x", "search-modifier"),
        ("value-string:not", "x", "search-modifier"),
        ("value-quantity:not", "5", "search-modifier"),
        ("code-value-quantity:not", "x$5", "search-modifier"),
        ("date:not", "2026", "search-modifier"),
        ("subject:Organization", "1", "search-modifier"),
        ("subject:Organization.name", "x", "search-modifier"),
        ("subject:not", "1", "search-modifier"),
        ("_profile:text", "x", "search-modifier"),
        ("_id:exact", "1", "search-modifier"),
        ("_lastUpdated:not", "2026", "search-modifier"),
        ("_text:missing", "true", "search-modifier"),
        ("_content:exact", "x", "search-modifier"),
        ("_list:not", "1", "search-modifier"),
        ("_type:not", "Observation", "search-modifier"),
        ("_filter:not", "x", "search-modifier"),
        ("_count:x", "1", "search-modifier"),
        ("_elements:not", "id", "search-modifier"),
        ("code:missing", "yes", "search-value"),
        ("code.text", "x", "search-value"),
        ("code:text", "\u{301}", "search-value"),
        ("identifier:of-type", "s|1", "search-value"),
        ("identifier:of-type", "s||1", "search-value"),
        ("identifier:of-type", "s|c|", "search-value"),
        ("subject:identifier", "|", "search-value"),
        ("value-quantity", "five", "search-value"),
        ("value-quantity", "5|mg", "search-value"),
        ("value-quantity", "5|s|", "search-value"),
        ("value-quantity", "5|s|c|d", "search-value"),
        ("value-quantity", "+5", "search-value"),
        ("value-quantity", "1e99999", "search-value"),
        ("code-value-quantity", "5", "search-value"),
        ("code-value-quantity", "$5", "search-value"),
        ("code-value-quantity", "x$", "search-value"),
        ("code-value-quantity", "x$5$6", "search-value"),
        ("code-value-quantity", r"x\$5", "search-value"),
        ("_has", "x", "search-value"),
        ("_has:Group:member", "x", "search-value"),
        ("_has:Thing:member:_id", "x", "search-value"),
        ("_has:Group:colour:_id", "x", "search-value"),
        ("_has:Group:code:_id", "x", "search-value"),
        // A coverage refers to no observation.
        ("_has:Coverage:beneficiary:_id", "x", "search-value"),
        ("_filter", "x", "search-value"),
        ("_filter", "code eq", "search-value"),
        ("_filter", "code co x", "search-value"),
        ("_filter", "code pr maybe", "search-value"),
        ("_filter", "date eq ge2026", "search-value"),
        ("_filter", "value-quantity gt x", "search-value"),
        ("_filter", "code.text eq x", "search-value"),
        ("_text", "--", "search-value"),
        ("_list", "$current-allergies", "search-value"),
        ("_type", "Thing", "search-value"),
        ("_elements", "", "search-parameter-empty?"),
        ("_elements", "id,,code", "search-value"),
        ("_elements", "id code", "search-value"),
        ("date", "yesterday", "search-value"),
        ("date", "2026-11-25,", "search-value"),
        ("date", "", "search-parameter-empty?"),
        ("code", "", "search-parameter-empty?"),
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
        ("_sort", "", "search-parameter-empty?"),
        ("_sort", "date,", "search-value"),
        ("_sort", "colour", "search-parameter-unknown"),
        ("_sort", "code-value-quantity", "search-parameter-unsupported"),
        ("_sort", "_text", "search-parameter-unsupported"),
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
        pairs in prop::collection::vec(("[a-z_:.A-Z-]{0,12}|[a-z-]{1,10}:(exact|contains|Patient)|_(sort|include|count|id|revinclude|elements|summary|total|text|content|list|type|filter|has)|(subject|patient|code|date|identifier)(:(missing|not|text|in|not-in|of-type|below|above|identifier|Patient|Group))?(\\.[a-z_-]{1,10}){0,2}|(_has:(Observation|Group|Encounter):(patient|subject|member):){1,3}(_id|code|[a-z.:]{1,8})", any::<String>()), 0..6),
    ) {
        let parsed = registry().parse(&[ResourceType::from_index(kind).unwrap()], &pairs, &context());
        prop_assert_eq!(parsed.issues().count() + parsed.understood.len(), pairs.len());
    }

    #[test]
    fn no_value_of_a_known_parameter_panics(kind in 0u16..146, at in any::<prop::sample::Index>(), modifier in "|:missing|:not|:text|:in|:of-type|:below|:above|:identifier|:exact|:contains", value in r"([a-z0-9A-Z/:#?|,\\$-]|ế){0,20}|(ge|ap|ne)?[0-9.e-]{1,6}(\|[a-z:/]{0,20}\|[a-zA-Z\[\]/%]{0,8})?") {
        let kind = ResourceType::from_index(kind).unwrap();
        let parameters = registry().parameters(kind);
        let code = format!("{}{modifier}", parameters[at.index(parameters.len())].code);
        let parsed = registry().parse(&[kind], &[(code, value)], &context());
        prop_assert_eq!(parsed.issues().count() + parsed.understood.len(), 1);
    }

    #[test]
    fn no_filter_panics(kind in 0u16..146, path in "(subject|patient|code|_id|name|date)(:[A-Z][a-z]{1,8})?(\\.(subject|name|_id|value-quantity)){0,3}", operator in "eq|ne|co|sw|ew|gt|lt|ge|le|ap|sa|eb|pr|po|ss|sb|in|ni|re", value in any::<String>()) {
        let quoted = { let mut text = String::new(); json::write_string(&value, &mut text); text };
        for text in [format!("{path} {operator} {quoted}"), format!("not ({path} {operator} {value})")] {
            let parsed = registry().parse(&[ResourceType::from_index(kind).unwrap()], &[("_filter".to_owned(), text)], &context());
            prop_assert_eq!(parsed.errors.len() + parsed.understood.len(), 1);
        }
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_is_looked_at() {
    let path = vec!["axis"; 1_000].join(".");
    let members = vec!["x"; 501].join(",");
    for (name, value) in [("_elements", path), ("_list", members)] {
        assert_eq!(fault("Observation", name, &value), "search-value", "{name}");
    }
}
