//! Profiles of profiles, and which profiles a resource is held against.

use fhir::Severity;

use super::definitions::{Definition, World, issues, observation, patient, profile, profile_of, validator};

fn family() -> Vec<Definition> {
    vec![
        profile_of(
            "middle",
            "young",
            "Patient",
            &[
                ("Patient.name", r#""max":"1""#),
                ("Patient.contact.gender", r#""min":1"#),
                ("Patient.name.text", r#""maxLength":3"#),
            ],
        ),
        profile_of(
            "old",
            "middle",
            "Patient",
            &[
                ("Patient.name", r#""max":"2""#),
                ("Patient.name.text", r#""min":1"#),
                ("Patient.gender", r#""fixedCode":"female""#),
                ("Patient.deceased[x]", r#""type":[{"code":"boolean"}]"#),
            ],
        ),
        profile(
            "old",
            "Patient",
            &[
                ("Patient.name", r#""min":1"#),
                ("Patient.gender", r#""min":1"#),
                ("Patient.contact.name", r#""min":1"#),
            ],
        ),
    ]
}

#[test]
fn what_an_ancestor_demands_is_demanded() {
    World::new(&family()).errors(&[
        (patient(r#""name":[{"text":"a"}],"gender":"female","contact":[{"name":{"text":"b"},"gender":"male"}]"#), &[]),
        (patient(""), &["Patient too-few", "Patient too-few"]),
        (
            patient(r#""name":[{"text":"abcd"}],"gender":"male","contact":[{"address":{"text":"b"}}]"#),
            &[
                "Patient.name[0].text too-long",
                "Patient.gender fixed-value",
                "Patient.contact[0] too-few",
                "Patient.contact[0] too-few",
            ],
        ),
        (
            patient(r#""name":[{"text":"a"}],"gender":"female","deceasedDateTime":"2020""#),
            &["Patient.deceased type-not-allowed"],
        ),
    ]);
    // The middle one does not know what the young one demands.
    let family = family();
    World::new(&[family[1].clone(), family[2].clone()]).errors(&[
        (patient(r#""name":[{"text":"abcd"},{"text":"b"}],"gender":"female""#), &[]),
        (patient(r#""name":[{"text":"a"},{"family":"b"}],"gender":"female""#), &["Patient.name[1] too-few"]),
        (
            patient(r#""name":[{"text":"a"},{"text":"b"},{"text":"c"}],"gender":"female""#),
            &["Patient.name too-many"],
        ),
    ]);
}

/// The younger one's limit is the narrower: that is said, at least.
#[test]
fn the_narrowest_limit_counts() {
    let texts = family().iter().map(Definition::text).collect();
    let three = patient(r#""name":[{"text":"a"},{"text":"b"}],"gender":"female""#);
    let found = issues(&validator(texts).unwrap(), &["http://example.org/young"], &three, Severity::Error);
    assert_eq!(found, ["Patient.name too-many"]);
}

fn versioned() -> Vec<String> {
    vec![
        profile("p", "Patient", &[("Patient.name", r#""min":1"#)]).with(r#""version":"1.2.0""#).text(),
        profile("o", "Observation", &[("Observation.value[x]", r#""min":1"#)]).text(),
    ]
}

fn claiming(canonical: &str) -> String {
    patient(&format!(r#""meta":{{"profile":["{canonical}"]}}"#))
}

#[test]
fn claimed_profiles() {
    let validator = validator(versioned()).unwrap();
    let errors = |instance: &str| issues(&validator, &[], instance, Severity::Error);
    let warnings = |instance: &str| issues(&validator, &[], instance, Severity::Warning);
    assert_eq!(errors(&patient("")), [] as [&str; 0], "nothing is claimed");
    assert_eq!(errors(&claiming("http://example.org/p")), ["Patient too-few"]);
    assert_eq!(errors(&claiming("http://example.org/p|1.2.0")), ["Patient too-few"]);
    for unknown in ["http://example.org/p|1.3.0", "http://example.org/unknown"] {
        assert_eq!(errors(&claiming(unknown)), [] as [&str; 0], "{unknown}");
        assert_eq!(warnings(&claiming(unknown)), ["Patient.meta.profile[0] profile-unknown"], "{unknown}");
    }
    assert_eq!(
        errors(&claiming("http://example.org/o")),
        ["Patient.meta.profile[0] profile-type"],
        "nothing else of it is judged"
    );
    // R4's own definition is what is checked anyway.
    assert_eq!(warnings(&claiming("http://hl7.org/fhir/StructureDefinition/Patient")), [] as [&str; 0]);
    assert_eq!(
        errors(&claiming("http://hl7.org/fhir/StructureDefinition/Group")),
        ["Patient.meta.profile[0] profile-type"]
    );
    let both = patient(r#""meta":{"profile":["urn:unknown","http://example.org/o","http://example.org/p"]}"#);
    assert_eq!(errors(&both), ["Patient too-few", "Patient.meta.profile[1] profile-type"]);
    // Contained resources and entries claim for themselves.
    let contained = observation(
        r##""contained":[{"resourceType":"Patient","id":"p","active":true,"meta":{"profile":["http://example.org/p"]}}],
        "subject":{"reference":"#p"}"##,
    );
    assert_eq!(errors(&contained), ["Observation.contained[0] too-few"]);
    let bundle = super::definitions::collection(&[&claiming("http://example.org/p")]);
    assert_eq!(errors(&bundle), ["Bundle.entry[0].resource too-few"]);
}

#[test]
fn demanded_profiles() {
    let validator = validator(versioned()).unwrap();
    let errors = |demanded: &[&str], instance: &str| issues(&validator, demanded, instance, Severity::Error);
    assert_eq!(errors(&["http://example.org/p"], &patient("")), ["Patient too-few"]);
    assert_eq!(errors(&["http://example.org/p|1.2.0"], &patient("")), ["Patient too-few"]);
    assert_eq!(errors(&["http://example.org/p|9"], &patient("")), ["Patient profile-unknown"]);
    assert_eq!(errors(&["urn:unknown"], &patient("")), ["Patient profile-unknown"]);
    assert_eq!(errors(&["http://example.org/o"], &patient("")), ["Patient profile-type"]);
    assert_eq!(errors(&["http://hl7.org/fhir/StructureDefinition/Patient"], &patient("")), [] as [&str; 0]);
    // Claimed and demanded: said once.
    assert_eq!(errors(&["http://example.org/p"], &claiming("http://example.org/p")), ["Patient too-few"]);
}
