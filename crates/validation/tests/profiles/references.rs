//! `targetProfile` and `profile` of types (elementdefinition.html#type): what is referred to, and profiles of datatypes.

use super::definitions::{Definition, World, collection, observation, patient, profile, profile_of};

fn target(profiles: &[&str]) -> String {
    let list: Vec<_> = profiles.iter().map(|url| format!("\"{url}\"")).collect();
    format!(r#""type":[{{"code":"Reference","targetProfile":[{}]}}]"#, list.join(","))
}

fn about(profiles: &[&str]) -> Definition {
    profile("o", "Observation", &[("Observation.subject", &target(profiles))])
}

const WRONG: &[&str] = &["Observation.subject reference-target"];

fn subject(reference: &str) -> String {
    observation(&format!(r#""subject":{reference}"#))
}

#[test]
fn by_the_type_of_the_target() {
    World::new(&[about(&["http://hl7.org/fhir/StructureDefinition/Patient"])]).errors(&[
        (observation(""), &[]),
        (subject(r#"{"reference":"Patient/1"}"#), &[]),
        (subject(r#"{"reference":"https://other.example/fhir/Patient/1/_history/2"}"#), &[]),
        (subject(r#"{"type":"Patient","identifier":{"value":"1"}}"#), &[]),
        // Nothing tells the type.
        (subject(r#"{"display":"a"}"#), &[]),
        (subject(r#"{"reference":"urn:uuid:09900000-0000-4000-8000-000000000001"}"#), &[]),
        (subject(r#"{"reference":"Group/1"}"#), WRONG),
        (subject(r#"{"type":"Group","identifier":{"value":"1"}}"#), WRONG),
        (subject(r#"{"reference":"https://other.example/fhir/Group/1"}"#), WRONG),
    ]);
    World::new(&[about(&[
        "http://hl7.org/fhir/StructureDefinition/Patient",
        "http://hl7.org/fhir/StructureDefinition/Group",
    ])])
    .errors(&[(subject(r#"{"reference":"Group/1"}"#), &[]), (subject(r#"{"reference":"Device/1"}"#), WRONG)]);
}

fn named() -> Definition {
    profile("named", "Patient", &[("Patient.name", r#""min":1"#)])
}

fn contained(members: &str) -> String {
    observation(&format!(
        r##""contained":[{{"resourceType":"Patient","id":"p"{members}}}],"subject":{{"reference":"#p"}}"##
    ))
}

#[test]
fn by_the_profile_of_a_contained_target() {
    World::new(&[about(&["http://example.org/named"]), named()]).errors(&[
        (contained(r#","name":[{"text":"a"}]"#), &[]),
        (contained(r#","active":true"#), WRONG),
        // Elsewhere it cannot be seen.
        (subject(r#"{"reference":"Patient/1"}"#), &[]),
        (subject(r#"{"reference":"Group/1"}"#), WRONG),
    ]);
    // One of several profiles is enough.
    let married = profile("married", "Patient", &[("Patient.maritalStatus", r#""min":1"#)]);
    World::new(&[about(&["http://example.org/named", "http://example.org/married"]), named(), married])
        .errors(&[
            (contained(r#","name":[{"text":"a"}]"#), &[]),
            (contained(r#","maritalStatus":{"text":"M"}"#), &[]),
            (contained(r#","active":true"#), WRONG),
        ]);
}

#[test]
fn by_the_profile_of_an_entry() {
    let world = World::new(&[
        profile(
            "b",
            "Bundle",
            &[(
                "Bundle.entry.resource",
                r#""type":[{"code":"Observation","profile":["http://example.org/o"]},{"code":"Patient"}]"#,
            )],
        ),
        about(&["http://example.org/named"]),
        named(),
    ]);
    let observed = subject(r#"{"reference":"urn:uuid:09900000-0000-4000-8000-000000000001"}"#);
    world.errors(&[
        (collection(&[&observed, &patient(r#""name":[{"text":"a"}]"#)]), &[]),
        (
            collection(&[&observed, &patient(r#""active":true"#)]),
            &["Bundle.entry[0].resource.subject reference-target"],
        ),
    ]);
}

/// A resource that must follow a profile and does not has the faults of the profile where they are.
#[test]
fn the_profile_of_a_resource_inside() {
    let entry = r#""type":[{"code":"Patient","profile":["http://example.org/named"]}]"#;
    let one_of =
        r#""type":[{"code":"Patient","profile":["http://example.org/named","http://example.org/married"]}]"#;
    World::new(&[profile("b", "Bundle", &[("Bundle.entry.resource", entry)]), named()]).errors(&[
        (collection(&[&patient(r#""name":[{"text":"a"}]"#)]), &[]),
        (collection(&[&patient(r#""active":true"#)]), &["Bundle.entry[0].resource too-few"]),
    ]);
    let married = profile("married", "Patient", &[("Patient.maritalStatus", r#""min":1"#)]);
    World::new(&[profile("b", "Bundle", &[("Bundle.entry.resource", one_of)]), named(), married]).errors(&[
        (collection(&[&patient(r#""name":[{"text":"a"}]"#)]), &[]),
        (collection(&[&patient(r#""maritalStatus":{"text":"a"}"#)]), &[]),
    ]);
}

#[test]
fn profiles_of_datatypes() {
    let address =
        |name: &str| format!(r#""type":[{{"code":"Address","profile":["http://example.org/{name}"]}}]"#);
    let home = profile(
        "home",
        "Address",
        &[("Address.city", r#""min":1"#), ("Address.country", r#""fixedString":"VN""#)],
    );
    let cases: &[(String, &[&str])] = &[
        (patient(""), &[]),
        (patient(r#""address":[{"city":"a"}]"#), &[]),
        (patient(r#""address":[{"city":"a"},{"text":"b"}]"#), &["Patient.address[1] too-few"]),
        (patient(r#""address":[{"city":"a","country":"VNM"}]"#), &["Patient.address[0].country fixed-value"]),
    ];
    World::new(&[profile("p", "Patient", &[("Patient.address", &address("home"))]), home.clone()])
        .errors(cases);
    // A profile of a profile of a datatype.
    let capital = profile_of("home", "capital", "Address", &[("Address.city", r#""fixedString":"a""#)]);
    let mut world = vec![profile("p", "Patient", &[("Patient.address", &address("capital"))]), home, capital];
    World::new(&world).errors(cases);
    world[0] = profile("p", "Patient", &[("Patient.contact.address", &address("capital"))]);
    World::new(&world).errors(&[(
        patient(r#""contact":[{"address":{"city":"b"}}]"#),
        &["Patient.contact[0].address.city fixed-value"],
    )]);
}

#[test]
fn profiles_of_one_type_of_a_choice() {
    let grams = profile("grams", "Quantity", &[("Quantity.code", r#""min":1,"fixedCode":"g""#)]);
    let value = r#""type":[{"code":"Quantity","profile":["http://example.org/grams"]},{"code":"string"}]"#;
    World::new(&[profile("o", "Observation", &[("Observation.value[x]", value)]), grams]).errors(&[
        (observation(r#""valueString":"a""#), &[]),
        (observation(r#""valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"g"}"#), &[]),
        (
            observation(r#""valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}"#),
            &["Observation.value.code fixed-value"],
        ),
        (observation(r#""valueQuantity":{"value":1}"#), &["Observation.value too-few"]),
        (observation(r#""valueBoolean":true"#), &["Observation.value type-not-allowed"]),
    ]);
}
