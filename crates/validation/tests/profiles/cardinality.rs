//! Cardinality (profiling.html#cardinality): what is missing is said at the parent, what is too much at the element,
//! and what is forbidden at the parent. Elements below one that is absent are not demanded.

use super::definitions::{World, observation, patient, profile};

fn world() -> World {
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.name", r#""min":1"#),
            ("Patient.name.given", r#""max":"2""#),
            ("Patient.telecom", r#""min":2,"max":"3""#),
            ("Patient.gender", r#""min":1"#),
            ("Patient.photo", r#""max":"0""#),
            ("Patient.contact.name", r#""min":1"#),
            ("Patient.contact.name.family", r#""min":1"#),
            ("Patient.contact.name.given", r#""min":2"#),
            ("Patient.contact.telecom", r#""max":"1""#),
            ("Patient.contact.gender", r#""max":"0""#),
        ],
    )])
}

/// A patient that has all that is demanded, with `members` besides.
fn complete(members: &str) -> String {
    patient(&format!(
        r#""name":[{{"text":"a"}}],"gender":"male","telecom":[{{"rank":1}},{{"rank":2}}]{members}"#
    ))
}

#[test]
fn at_least_and_at_most() {
    let telecom = |count: usize| {
        let values: Vec<_> = (0..count).map(|at| format!(r#"{{"rank":{}}}"#, at + 1)).collect();
        patient(&format!(r#""name":[{{"text":"a"}}],"gender":"male","telecom":[{}]"#, values.join(",")))
    };
    world().errors(&[
        (complete(""), &[]),
        (patient(""), &["Patient too-few", "Patient too-few", "Patient too-few"]),
        (telecom(1), &["Patient too-few"]),
        (telecom(2), &[]),
        (telecom(3), &[]),
        (telecom(4), &["Patient.telecom too-many"]),
        (complete(r#","photo":[{"title":"a"}]"#), &["Patient too-many"]),
        (complete(r#","photo":[{"title":"a"},{"title":"b"}]"#), &["Patient too-many"]),
    ]);
}

#[test]
fn a_primitive_with_extensions_only_is_there() {
    let absent = r#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        "valueCode":"unknown"}]}"#;
    let with =
        |name: &str| format!(r#""name":[{name}],"_gender":{absent},"telecom":[{{"rank":1}},{{"rank":2}}]"#);
    world().errors(&[
        (patient(&with(r#"{"text":"a"}"#)), &[]),
        (patient(&with(&format!(r#"{{"given":["a",null],"_given":[null,{absent}]}}"#))), &[]),
        (
            patient(&with(&format!(r#"{{"given":["a",null,"c"],"_given":[null,{absent},null]}}"#))),
            &["Patient.name[0].given too-many"],
        ),
    ]);
}

#[test]
fn children_are_counted_in_each_occurrence() {
    let contacts = |contacts: &str| complete(&format!(r#","contact":[{contacts}]"#));
    let good = r#"{"name":{"family":"a","given":["b","c"]}}"#;
    world().errors(&[
        (contacts(good), &[]),
        (contacts(r#"{"telecom":[{"rank":1}]}"#), &["Patient.contact[0] too-few"]),
        (contacts(&format!(r#"{good},{{"telecom":[{{"rank":1}}]}}"#)), &["Patient.contact[1] too-few"]),
        (
            contacts(&format!(r#"{{"name":{{"given":["b"]}}}},{good},{{"name":{{"family":"a","text":"b"}}}}"#)),
            &[
                "Patient.contact[0].name too-few",
                "Patient.contact[0].name too-few",
                "Patient.contact[2].name too-few",
            ],
        ),
        (
            contacts(
                r#"{"name":{"family":"a","given":["b","c"]},"gender":"male","telecom":[{"rank":1},{"rank":2}]}"#,
            ),
            &["Patient.contact[0] too-many", "Patient.contact[0].telecom too-many"],
        ),
    ]);
}

#[test]
fn elements_of_every_resource_and_of_datatypes() {
    World::new(&[profile(
        "o",
        "Observation",
        &[
            ("Observation.id", r#""min":1"#),
            ("Observation.meta", r#""min":1"#),
            ("Observation.meta.source", r#""min":1"#),
            ("Observation.contained", r#""max":"0""#),
            ("Observation.code.coding", r#""min":1"#),
            ("Observation.code.coding.system", r#""min":1"#),
            ("Observation.code.text", r#""max":"0""#),
        ],
    )])
    .errors(&[
        (
            r#"{"resourceType":"Observation","id":"a","meta":{"source":"urn:a"},"status":"final",
            "code":{"coding":[{"system":"urn:s","code":"a"}]}}"#
                .to_owned(),
            &[],
        ),
        (
            observation(""),
            &[
                "Observation too-few",
                "Observation too-few",
                "Observation.code too-few",
                "Observation.code too-many",
            ],
        ),
        (
            r##"{"resourceType":"Observation","id":"a","meta":{"versionId":"1"},"status":"final",
            "contained":[{"resourceType":"Patient","id":"p"}],"subject":{"reference":"#p"},
            "code":{"coding":[{"system":"urn:s","code":"a"},{"code":"b"}]}}"##
                .to_owned(),
            &["Observation.meta too-few", "Observation too-many", "Observation.code.coding[1] too-few"],
        ),
    ]);
}
