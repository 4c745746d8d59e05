//! Slicing (profiling.html#slicing): counting, closed, ordered, and discriminators by value and pattern.

use super::definitions::{World, observation, patient, profile};

fn slicing(discriminators: &[(&str, &str)], rules: &str) -> String {
    let list: Vec<_> =
        discriminators.iter().map(|(kind, path)| format!(r#"{{"type":"{kind}","path":"{path}"}}"#)).collect();
    format!(r#""slicing":{{"discriminator":[{}],{rules}}}"#, list.join(","))
}

fn identifiers(rules: &str) -> World {
    let sliced = slicing(&[("value", "system")], rules);
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.identifier", &sliced),
            ("Patient.identifier:citizen", r#""min":1,"max":"1""#),
            ("Patient.identifier:citizen.system", r#""min":1,"fixedUri":"urn:citizen""#),
            ("Patient.identifier:citizen.value", r#""min":1"#),
            ("Patient.identifier:card", r#""min":0,"max":"2""#),
            ("Patient.identifier:card.system", r#""min":1,"fixedUri":"urn:card""#),
            ("Patient.identifier:card.use", r#""fixedCode":"official""#),
        ],
    )])
}

fn with_identifiers(systems: &[&str]) -> String {
    let list: Vec<_> =
        systems.iter().map(|name| format!(r#"{{"system":"urn:{name}","value":"1"}}"#)).collect();
    patient(&format!(r#""identifier":[{}]"#, list.join(",")))
}

#[test]
fn slices_are_counted() {
    identifiers(r#""rules":"open""#).errors(&[
        (with_identifiers(&["citizen"]), &[]),
        (with_identifiers(&["other", "card", "citizen", "card", "another"]), &[]),
        (patient(""), &["Patient too-few"]),
        (with_identifiers(&["card"]), &["Patient too-few"]),
        (with_identifiers(&["citizen", "other", "citizen"]), &["Patient.identifier too-many"]),
        (with_identifiers(&["card", "citizen", "card", "card"]), &["Patient.identifier too-many"]),
        // An identifier without a system belongs to no slice.
        (patient(r#""identifier":[{"value":"1"}]"#), &["Patient too-few"]),
    ]);
}

#[test]
fn what_a_slice_demands_binds_its_values_only() {
    identifiers(r#""rules":"open""#).errors(&[
        (patient(r#""identifier":[{"use":"usual"},{"system":"urn:citizen","value":"1"}]"#), &[]),
        (
            patient(r#""identifier":[{"system":"urn:other"},{"system":"urn:citizen","use":"old"}]"#),
            &["Patient.identifier[1] too-few"],
        ),
        (
            patient(
                r#""identifier":[{"system":"urn:citizen","value":"1"},{"system":"urn:card","use":"official"},
                {"system":"urn:card","use":"usual"}]"#,
            ),
            &["Patient.identifier[2].use fixed-value"],
        ),
    ]);
}

#[test]
fn closed_slicing_allows_its_slices_only() {
    identifiers(r#""rules":"closed""#).errors(&[
        (with_identifiers(&["card", "citizen"]), &[]),
        (
            with_identifiers(&["other", "citizen", "another"]),
            &["Patient.identifier[0] slice-closed", "Patient.identifier[2] slice-closed"],
        ),
    ]);
}

#[test]
fn the_order_of_slices_may_matter() {
    identifiers(r#""rules":"open","ordered":true"#).errors(&[
        (with_identifiers(&["citizen", "card", "card"]), &[]),
        (with_identifiers(&["other", "citizen", "another", "card", "other"]), &[]),
        (with_identifiers(&["card", "citizen"]), &["Patient.identifier[1] slice-closed"]),
    ]);
    identifiers(r#""rules":"open","ordered":false"#).errors(&[(with_identifiers(&["card", "citizen"]), &[])]);
}

#[test]
fn open_at_end_wants_the_slices_first() {
    identifiers(r#""rules":"openAtEnd","ordered":true"#).errors(&[
        (with_identifiers(&["citizen", "card", "other", "another"]), &[]),
        (with_identifiers(&["citizen", "other"]), &[]),
        (with_identifiers(&["other", "citizen"]), &["Patient.identifier[1] slice-closed"]),
        (with_identifiers(&["citizen", "other", "card"]), &["Patient.identifier[2] slice-closed"]),
    ]);
}

#[test]
fn the_whole_list_has_a_cardinality_too() {
    let sliced = format!(r#""min":1,"max":"2",{}"#, slicing(&[("value", "system")], r#""rules":"open""#));
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.identifier", &sliced),
            ("Patient.identifier:a", r#""max":"1""#),
            ("Patient.identifier:a.system", r#""min":1,"fixedUri":"urn:a""#),
            ("Patient.identifier:none", r#""max":"0""#),
            ("Patient.identifier:none.system", r#""min":1,"fixedUri":"urn:none""#),
            ("Patient.identifier.value", r#""min":1"#),
        ],
    )])
    .errors(&[
        (patient(""), &["Patient too-few"]),
        (with_identifiers(&["x"]), &[]),
        (with_identifiers(&["x", "y", "z"]), &["Patient.identifier too-many"]),
        // A slice that is forbidden.
        (with_identifiers(&["none"]), &["Patient too-many"]),
        // What is said of the sliced element itself holds for each value.
        (
            patient(r#""identifier":[{"system":"urn:a"},{"system":"urn:x"}]"#),
            &["Patient.identifier[0] too-few", "Patient.identifier[1] too-few"],
        ),
    ]);
}

fn categories(coding: &[&str]) -> String {
    let list: Vec<_> = coding
        .iter()
        .map(|codes| {
            let codes: Vec<_> = codes
                .split('+')
                .map(|code| {
                    let (system, code) = code.split_once('|').unwrap();
                    format!(r#"{{"system":"urn:{system}","code":"{code}"}}"#)
                })
                .collect();
            format!(r#"{{"coding":[{}]}}"#, codes.join(","))
        })
        .collect();
    observation(&format!(r#""category":[{}]"#, list.join(",")))
}

/// Three ways to write one slice: by fixed values below it, by a pattern of it, as a pattern that is the discriminator.
#[test]
fn discriminators_may_look_deep() {
    let by_code = slicing(&[("value", "coding.code")], r#""rules":"open""#);
    let by_both = slicing(&[("value", "coding.code"), ("value", "coding.system")], r#""rules":"open""#);
    let by_pattern = slicing(&[("pattern", "$this")], r#""rules":"open""#);
    let by_value = slicing(&[("value", "$this")], r#""rules":"open""#);
    let pattern =
        r#""min":1,"max":"1","patternCodeableConcept":{"coding":[{"system":"urn:s","code":"lab"}]}"#;
    let lab = "Observation.category:lab";
    let fixed: &[(&str, &str)] = &[
        ("Observation.category", &by_code),
        (lab, r#""min":1,"max":"1""#),
        ("Observation.category:lab.coding", r#""min":1"#),
        ("Observation.category:lab.coding.code", r#""min":1,"fixedCode":"lab""#),
    ];
    let fixed_both: &[(&str, &str)] = &[
        ("Observation.category", &by_both),
        (lab, r#""min":1,"max":"1""#),
        ("Observation.category:lab.coding.system", r#""min":1,"fixedUri":"urn:s""#),
        ("Observation.category:lab.coding.code", r#""min":1,"fixedCode":"lab""#),
    ];
    for (elements, only_code) in [
        (fixed, true),
        (&[("Observation.category", by_code.as_str()), (lab, pattern)], true),
        (fixed_both, false),
        (&[("Observation.category", by_both.as_str()), (lab, pattern)], false),
        (&[("Observation.category", by_pattern.as_str()), (lab, pattern)], false),
        (&[("Observation.category", by_value.as_str()), (lab, pattern)], false),
    ] {
        let world = World::new(&[profile("o", "Observation", elements)]);
        world.errors(&[
            (categories(&["s|lab"]), &[]),
            (categories(&["t|x", "s|lab"]), &[]),
            (observation(""), &["Observation too-few"]),
            (categories(&["s|other"]), &["Observation too-few"]),
            (categories(&["s|lab", "s|other", "s|lab"]), &["Observation.category too-many"]),
        ]);
        if !only_code {
            world.errors(&[(categories(&["t|lab"]), &["Observation too-few"])]);
        }
    }
    // A pattern leaves room for other codings besides.
    World::new(&[profile("o", "Observation", &[("Observation.category", &by_pattern), (lab, pattern)])])
        .errors(&[(categories(&["t|x+s|lab"]), &[]), (categories(&["s|x+t|lab"]), &["Observation too-few"])]);
}

#[test]
fn several_discriminators_must_all_match() {
    let sliced = slicing(&[("value", "system"), ("value", "use")], r#""rules":"open""#);
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.telecom", &sliced),
            ("Patient.telecom:home-phone", r#""min":1,"max":"1""#),
            ("Patient.telecom:home-phone.system", r#""min":1,"fixedCode":"phone""#),
            ("Patient.telecom:home-phone.use", r#""min":1,"fixedCode":"home""#),
            ("Patient.telecom:work-phone", r#""max":"1""#),
            ("Patient.telecom:work-phone.system", r#""min":1,"fixedCode":"phone""#),
            ("Patient.telecom:work-phone.use", r#""min":1,"fixedCode":"work""#),
            ("Patient.telecom:work-phone.rank", r#""min":1"#),
        ],
    )])
    .errors(&[
        (patient(r#""telecom":[{"system":"phone","use":"home","value":"1"}]"#), &[]),
        (patient(r#""telecom":[{"system":"phone","use":"old","value":"1"}]"#), &["Patient too-few"]),
        (patient(r#""telecom":[{"system":"email","use":"home","value":"1"}]"#), &["Patient too-few"]),
        (
            patient(
                r#""telecom":[{"system":"email","use":"work","value":"1"},{"system":"phone","use":"work","value":"1"},
                {"system":"phone","use":"home","value":"1"}]"#,
            ),
            &["Patient.telecom[1] too-few"],
        ),
    ]);
}

#[test]
fn components_by_their_code() {
    let sliced = slicing(&[("pattern", "code")], r#""rules":"open""#);
    World::new(&[profile(
        "o",
        "Observation",
        &[
            ("Observation.component", &sliced),
            ("Observation.component:systolic", r#""min":1,"max":"1""#),
            (
                "Observation.component:systolic.code",
                r#""patternCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]}"#,
            ),
            ("Observation.component:systolic.value[x]", r#""min":1,"type":[{"code":"Quantity"}]"#),
            ("Observation.component:systolic.value[x].code", r#""min":1,"fixedCode":"mm[Hg]""#),
        ],
    )])
    .errors(&{
        let other = r#"{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueString":"a"}"#;
        let components = |value: &str| {
            observation(&format!(
                r#""component":[{other},{{"code":{{"coding":[{{"system":"http://loinc.org","code":"8480-6"}}]}}{value}}}]"#
            ))
        };
        let wrong_unit = r#","valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"kPa"}"#;
        [
            (
                components(r#","valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}"#),
                &[] as &[&str],
            ),
            (observation(&format!(r#""component":[{other}]"#)), &["Observation too-few"]),
            (components(""), &["Observation.component[1] too-few"]),
            (components(r#","valueString":"a""#), &["Observation.component[1].value type-not-allowed"]),
            (components(wrong_unit), &["Observation.component[1].value.code fixed-value"]),
        ]
    });
}

#[test]
fn primitives_by_their_own_value() {
    let sliced = slicing(&[("value", "$this")], r#""rules":"open""#);
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.meta", r#""min":1"#),
            ("Patient.meta.profile", &sliced),
            ("Patient.meta.profile:own", r#""min":1,"max":"1","fixedCanonical":"http://example.org/r""#),
            ("Patient.name.given", &sliced),
            ("Patient.name.given:a", r#""min":1,"patternString":"A""#),
        ],
    )])
    .errors(&[
        (patient(r#""meta":{"profile":["http://example.org/q","http://example.org/r"]}"#), &[]),
        (patient(r#""meta":{"profile":["http://example.org/q"]}"#), &["Patient.meta too-few"]),
        (patient(""), &["Patient too-few"]),
        (
            patient(
                r#""meta":{"profile":["http://example.org/r"]},"name":[{"given":["B","A"]},{"given":["B"]}]"#,
            ),
            &["Patient.name[1] too-few"],
        ),
    ]);
}

/// profiling.html#slicing: without a discriminator a program cannot tell the slices apart; neither can it when a slice says
/// nothing of what the discriminator asks for.
#[test]
fn what_nothing_tells_apart_is_not_judged() {
    let none = r#""slicing":{"description":"by their meaning","rules":"closed"}"#;
    let silent = slicing(&[("value", "use")], r#""rules":"closed""#);
    for sliced in [none, &silent] {
        World::new(&[profile(
            "p",
            "Patient",
            &[
                ("Patient.identifier", sliced),
                ("Patient.identifier:a", r#""min":1,"max":"1""#),
                ("Patient.identifier:a.value", r#""min":1"#),
            ],
        )])
        .errors(&[
            (patient(""), &[]),
            (patient(r#""identifier":[{"system":"urn:a"},{"system":"urn:b"}]"#), &[]),
        ]);
    }
}
