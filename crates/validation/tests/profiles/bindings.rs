//! Bindings (terminologies.html#strength): required, extensible and preferred, on each type that can hold a code.

use super::definitions::{World, binding, code_system, observation, patient, profile, value_set};

fn world(type_name: &str, elements: &[(&str, String)]) -> World {
    let elements: Vec<_> = elements.iter().map(|(id, members)| (*id, members.as_str())).collect();
    World::new(&[profile("p", type_name, &elements)]).and(&[
        code_system("cs", &[("a", &["a1", "a2"]), ("b", &["b1"])]),
        value_set("all", r#"{"system":"http://example.org/cs"}"#),
        value_set("only-a", r#"{"system":"http://example.org/cs","concept":[{"code":"a"}]}"#),
        value_set(
            "below-a",
            r#"{"system":"http://example.org/cs","filter":[{"property":"concept","op":"is-a","value":"a"}]}"#,
        ),
        value_set("languages", r#"{"system":"urn:ietf:bcp:47","concept":[{"code":"vi"},{"code":"en"}]}"#),
        value_set(
            "units",
            r#"{"system":"http://unitsofmeasure.org","concept":[{"code":"kg"},{"code":"g"}]}"#,
        ),
        value_set("systems", r#"{"system":"urn:ietf:rfc:3986","concept":[{"code":"urn:a"}]}"#),
    ])
}

#[test]
fn required_on_code_uri_and_string() {
    world(
        "Patient",
        &[
            ("Patient.language", binding("required", "languages")),
            ("Patient.identifier.system", binding("required", "systems")),
            ("Patient.address.city", binding("required", "only-a")),
        ],
    )
    .errors(&[
        (patient(r#""language":"vi""#), &[]),
        (patient(r#""language":"fr""#), &["Patient.language code-not-in-value-set"]),
        (
            patient(r#""identifier":[{"system":"urn:a"},{"system":"urn:b"}]"#),
            &["Patient.identifier[1].system code-not-in-value-set"],
        ),
        (
            patient(r#""address":[{"city":"a"},{"city":"b"}]"#),
            &["Patient.address[1].city code-not-in-value-set"],
        ),
    ]);
}

#[test]
fn required_on_coding() {
    let class =
        |coding: &str| format!(r#"{{"resourceType":"Encounter","status":"planned","class":{coding}}}"#);
    let wrong: &[&str] = &["Encounter.class code-not-in-value-set"];
    world("Encounter", &[("Encounter.class", binding("required", "below-a"))]).errors(&[
        (class(r#"{"system":"http://example.org/cs","code":"a"}"#), &[]),
        (class(r#"{"system":"http://example.org/cs","code":"a2"}"#), &[]),
        (class(r#"{"system":"http://example.org/cs","code":"b1"}"#), wrong),
        (class(r#"{"system":"http://example.org/other","code":"a"}"#), wrong),
        (class(r#"{"code":"a"}"#), wrong),
    ]);
}

#[test]
fn required_on_codeable_concept() {
    let method = |concept: &str| observation(&format!(r#""method":{concept}"#));
    world("Observation", &[("Observation.method", binding("required", "only-a|1.0"))]).errors(&[
        (method(r#"{"coding":[{"system":"http://example.org/cs","code":"a"}],"text":"t"}"#), &[]),
        // One coding of the set is enough.
        (method(r#"{"coding":[{"code":"x"},{"system":"http://example.org/cs","code":"a"}]}"#), &[]),
        (
            method(r#"{"coding":[{"system":"http://example.org/cs","code":"b"}]}"#),
            &["Observation.method code-not-in-value-set"],
        ),
        (method(r#"{"text":"a"}"#), &["Observation.method code-required"]),
    ]);
}

#[test]
fn required_on_quantity() {
    let quantity = |members: &str| observation(&format!(r#""valueQuantity":{{"value":1,{members}}}"#));
    world(
        "Observation",
        &[(
            "Observation.value[x]",
            format!(r#""type":[{{"code":"Quantity"}}],{}"#, binding("required", "units")),
        )],
    )
    .errors(&[
        (quantity(r#""system":"http://unitsofmeasure.org","code":"kg""#), &[]),
        (
            quantity(r#""system":"http://unitsofmeasure.org","code":"mg""#),
            &["Observation.value code-not-in-value-set"],
        ),
        (quantity(r#""unit":"kg""#), &["Observation.value code-required"]),
    ]);
}

#[test]
fn extensible_and_preferred_advise() {
    for strength in ["extensible", "preferred"] {
        let world = world("Observation", &[("Observation.method", binding(strength, "only-a"))]);
        let inside = observation(r#""method":{"coding":[{"system":"http://example.org/cs","code":"a"}]}"#);
        let outside = observation(r#""method":{"coding":[{"system":"http://example.org/cs","code":"b"}]}"#);
        let text = observation(r#""method":{"text":"a"}"#);
        let narrative: &[&str] = &[];
        world.errors(&[(inside.clone(), &[]), (outside.clone(), &[]), (text.clone(), &[])]);
        world.warnings(&[
            (inside, narrative),
            (outside, &["Observation.method code-not-in-value-set"]),
            (text, narrative),
        ]);
    }
}

#[test]
fn a_display_never_decides() {
    let world = world("Observation", &[("Observation.method", binding("required", "all"))]);
    let method = |display: &str| {
        observation(&format!(
            r#""method":{{"coding":[{{"system":"http://example.org/cs","code":"a","display":"{display}"}}]}}"#
        ))
    };
    world.errors(&[(method("Display of a"), &[]), (method("Something else"), &[])]);
    world.warnings(&[
        (method("Display of a"), &[]),
        (method("Something else"), &["Observation.method.coding[0] display-differs"]),
    ]);
}

#[test]
fn bindings_of_several_types_of_a_choice() {
    world(
        "Observation",
        &[(
            "Observation.value[x]",
            format!(
                r#""type":[{{"code":"CodeableConcept"}},{{"code":"string"}}],{}"#,
                binding("required", "only-a")
            ),
        )],
    )
    .errors(&[
        (
            observation(
                r#""valueCodeableConcept":{"coding":[{"system":"http://example.org/cs","code":"a"}]}"#,
            ),
            &[],
        ),
        (
            observation(
                r#""valueCodeableConcept":{"coding":[{"system":"http://example.org/cs","code":"b"}]}"#,
            ),
            &["Observation.value code-not-in-value-set"],
        ),
        (observation(r#""valueString":"a""#), &[]),
        (observation(r#""valueString":"b""#), &["Observation.value code-not-in-value-set"]),
    ]);
}
