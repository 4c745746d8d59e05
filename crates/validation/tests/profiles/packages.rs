//! Packages whose profiles cannot be understood: they are refused, and the resource is named.

use super::definitions::{
    Definition, issues, observation, package, profile, profile_of, profile_of_core, url, validator,
};

fn refusal(definitions: &[Definition]) -> String {
    let (package, error) = validator(definitions.iter().map(Definition::text).collect()).unwrap_err();
    assert_eq!(package, "test#0");
    error.to_string()
}

#[track_caller]
fn names(definitions: &[Definition], name: &str, about: &str) {
    let said = refusal(definitions);
    assert!(said.contains(&url(name)), "{said}");
    assert!(said.contains(about), "{said}");
}

#[test]
fn good_ones_are_not() {
    assert!(validator(vec![profile("p", "Patient", &[]).text()]).is_ok());
    assert!(validator(vec![]).is_ok());
}

#[test]
fn bases() {
    names(&[profile_of("nowhere", "p", "Patient", &[])], "p", &url("nowhere"));
    names(
        &[profile_of("q", "p", "Patient", &[]), profile_of("p", "q", "Patient", &[])],
        "",
        "http://example.org/",
    );
    names(&[profile_of("p", "p", "Patient", &[])], "p", "");
    names(&[profile("p", "Person2", &[])], "p", "Person2");
    // A profile of a profile of another type.
    names(&[profile_of("q", "p", "Patient", &[]), profile("q", "Observation", &[])], "p", "");
}

#[test]
fn paths() {
    names(&[profile("p", "Patient", &[("Patient.nickname", r#""min":1"#)])], "p", "nickname");
    names(&[profile("p", "Patient", &[("Patient.name.given.first", r#""min":1"#)])], "p", "name.given.first");
    names(&[profile("p", "Patient", &[("Observation.value[x]", r#""min":1"#)])], "p", "Observation.value[x]");
    names(&[profile("p", "Observation", &[("Observation.valueBase64", r#""min":1"#)])], "p", "valueBase64");
}

#[test]
fn invariants() {
    let rule = r#""constraint":[{"key":"t-1","severity":"error","human":"h","expression":"name.exists("}]"#;
    names(&[profile("p", "Patient", &[("Patient.contact", rule)])], "p", "t-1");
}

#[test]
fn slicing() {
    let sliced = |kind: &str, path: &str| {
        let slicing =
            format!(r#""slicing":{{"discriminator":[{{"type":"{kind}","path":"{path}"}}],"rules":"open"}}"#);
        profile(
            "p",
            "Patient",
            &[
                ("Patient.identifier", slicing.as_str()),
                ("Patient.identifier:a", r#""min":1"#),
                ("Patient.identifier:a.system", r#""min":1,"fixedUri":"urn:a""#),
            ],
        )
    };
    names(&[sliced("value", "where(system = 'a')")], "p", "Patient.identifier");
    names(&[sliced("value", "nothing.like.this")], "p", "identifier");
    names(&[sliced("value", "period.begin")], "p", "identifier");
    names(&[sliced("position", "period")], "p", "Patient.identifier");
}

/// R4's own profiles are not at hand. A profile of one of them that has a snapshot needs none.
#[test]
fn profiles_of_the_core_package() {
    let vital_signs = |name: &str| profile_of_core("vitalsigns", name, "Observation");
    names(&[vital_signs("p")], "p", "vitalsigns");
    let both = vital_signs("p").text().replace(
        r#""differential":"#,
        r#""snapshot":{"element":[{"id":"Observation","path":"Observation"},
        {"id":"Observation.effective[x]","path":"Observation.effective[x]","min":1}]},"differential":"#,
    );
    let validator = validator(vec![both]).unwrap();
    let found = issues(&validator, &[&url("p")], &observation(""), fhir::Severity::Error);
    assert_eq!(found, ["Observation too-few"]);
}

#[test]
fn texts_that_are_no_structure_definitions() {
    let (named, _) = validator(vec!["{".to_owned()]).unwrap_err();
    assert_eq!(named, "test#0");
    let without_url = package(vec![r#"{"resourceType":"StructureDefinition","name":"n"}"#.to_owned()]);
    assert_eq!(without_url.check().len(), 1);
}
