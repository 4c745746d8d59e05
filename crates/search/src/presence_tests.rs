//! `:missing`: which parameters have a value.

use super::*;
use crate::testing::{finds, registry};

fn check(kind: &str, cases: &[(&str, &str, bool)]) {
    for (member, code, present) in cases {
        let comma = if member.is_empty() { "" } else { "," };
        let text = format!("{{\"resourceType\":\"{kind}\"{comma}{member}}}");
        let name = format!("{code}:missing");
        assert_eq!(finds(&text, &name, "false"), *present, "{code} {member}");
        assert_eq!(finds(&text, &name, "true"), !*present, "{code} {member}");
    }
}

#[test]
fn a_parameter_has_a_value_where_its_element_is() {
    check(
        "Patient",
        &[
            ("", "gender", false),
            ("", "_id", true),
            ("", "_lastUpdated", true),
            ("", "_tag", false),
            (r#""meta":{"tag":[{"code":"x"}]}"#, "_tag", true),
            (r#""gender":"male""#, "gender", true),
            (r#""_gender":{"id":"x"}"#, "gender", false),
            (r#""name":[{"family":"A"}]"#, "name", true),
            (r#""name":[{"family":"A"}]"#, "family", true),
            (r#""name":[{"family":"A"}]"#, "given", false),
            (r#""name":[{"text":"A"}]"#, "name", true),
            (r#""name":[{"text":"A"}]"#, "family", false),
            (r#""address":[{"city":"Huế"}]"#, "address", true),
            (r#""address":[{"city":"Huế"}]"#, "address-country", false),
            (r#""birthDate":"2020""#, "birthdate", true),
        ],
    );
    check("Immunization", &[(r#""occurrenceDateTime":"2020""#, "date", true), ("", "date", false)]);
    check(
        "Location",
        &[(r#""position":{"longitude":1,"latitude":2}"#, "near", true), (r#""name":"x""#, "near", false)],
    );
}

#[test]
fn a_narrowed_parameter_has_only_its_own_values() {
    let phone = r#""telecom":[{"system":"phone","value":"1"}]"#;
    check("Patient", &[(phone, "telecom", true), (phone, "phone", true), (phone, "email", false)]);
    let [patient, group, away, display, logical] = [
        r#""reference":"Patient/1""#,
        r#""reference":"Group/1""#,
        r#""reference":"http://other/fhir/Patient/1""#,
        r#""display":"x""#,
        r#""identifier":{"value":"1"}"#,
    ]
    .map(|reference| format!(r#""subject":{{{reference}}}"#));
    check(
        "Observation",
        &[
            (&patient, "subject", true),
            (&patient, "patient", true),
            (&group, "subject", true),
            (&group, "patient", false),
            // `patient=http://other/fhir/Patient/1` finds it.
            (&away, "patient", true),
            (&display, "subject", false),
            (&display, "patient", false),
            (&logical, "subject", true),
        ],
    );
}

#[test]
fn a_composite_has_a_value_where_its_components_meet() {
    let code = r#""code":{"coding":[{"code":"c"}]}"#;
    let value = r#""valueQuantity":{"value":1}"#;
    let root = format!("{code},{value}");
    let together = format!(r#""component":[{{{code},{value}}}]"#);
    let apart = format!(r#""component":[{{{code}}},{{{value}}}]"#);
    check(
        "Observation",
        &[
            (code, "code-value-quantity", false),
            (&root, "code-value-quantity", true),
            (&root, "code-value-date", false),
            (&root, "component-code-value-quantity", false),
            (&root, "combo-code-value-quantity", true),
            (&together, "component-code-value-quantity", true),
            (&together, "combo-code-value-quantity", true),
            (&together, "code-value-quantity", false),
            (&apart, "component-code-value-quantity", false),
            (&apart, "combo-code-value-quantity", false),
        ],
    );
}

#[test]
fn every_parameter_but_columns_and_words_has_a_bit_of_its_own() {
    for kind in ResourceType::all() {
        let mut bits = Vec::new();
        for parameter in registry().parameters(kind) {
            let without = matches!(parameter.code.as_str(), "_id" | "_lastUpdated" | "_text" | "_content");
            assert_eq!(parameter.bit.is_none(), without, "{kind} {}", parameter.code);
            bits.extend(parameter.bit);
        }
        let number = bits.len();
        bits.sort_unstable();
        bits.dedup();
        assert!(bits.len() == number && bits.iter().all(|bit| *bit <= 62), "{kind}");
    }
}
