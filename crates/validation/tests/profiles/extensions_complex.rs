//! Extensions made of extensions (defining-extensions.html), and extensions inside of datatypes.

use super::definitions::{World, extension, patient, profile, simple_extension};

const BY_URL: &str = r#""slicing":{"discriminator":[{"type":"value","path":"url"}],"rules":"RULES"}"#;

fn world(rules: &str) -> World {
    let slicing = BY_URL.replace("RULES", rules);
    let mut elements = vec![
        ("Extension.extension:from", r#""min":1,"max":"1""#),
        ("Extension.extension:from.extension", r#""max":"0""#),
        ("Extension.extension:from.url", r#""fixedUri":"from""#),
        ("Extension.extension:from.value[x]", r#""min":1,"type":[{"code":"date"}]"#),
        ("Extension.extension:note", r#""min":0,"max":"2""#),
        ("Extension.extension:note.url", r#""fixedUri":"note""#),
        (
            "Extension.extension:note.value[x]",
            r#""type":[{"code":"string"},{"code":"Annotation"}],"maxLength":3"#,
        ),
        ("Extension.value[x]", r#""max":"0""#),
    ];
    if rules != "open" {
        elements.insert(0, ("Extension.extension", &slicing));
    }
    World::new(&[profile("p", "Patient", &[]), extension("stay", &["Patient", "Address"], &elements)])
}

fn stay(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| format!("{{{part}}}")).collect();
    format!(r#"{{"url":"http://example.org/stay","extension":[{}]}}"#, parts.join(","))
}

fn on_patient(extension: &str) -> String {
    patient(&format!(r#""extension":[{extension}]"#))
}

const FROM: &str = r#""url":"from","valueDate":"2020""#;
const NOTE: &str = r#""url":"note","valueString":"abc""#;

#[test]
fn their_parts() {
    world("open").errors(&[
        (on_patient(&stay(&[FROM])), &[]),
        (on_patient(&stay(&[NOTE, FROM, r#""url":"note","valueAnnotation":{"text":"a"}"#])), &[]),
        (on_patient(&stay(&[FROM, r#""url":"more","valueString":"a""#])), &[]),
        (on_patient(&stay(&[NOTE])), &["Patient.extension[0] too-few"]),
        (on_patient(&stay(&[FROM, FROM])), &["Patient.extension[0].extension too-many"]),
        (on_patient(&stay(&[NOTE, NOTE, NOTE, FROM])), &["Patient.extension[0].extension too-many"]),
        (
            on_patient(&stay(&[NOTE, r#""url":"from","valueString":"2020""#])),
            &["Patient.extension[0].extension[1].value extension-type"],
        ),
        (
            on_patient(&stay(&[FROM, r#""url":"note","valueString":"abcd""#])),
            &["Patient.extension[0].extension[1].value too-long"],
        ),
        (
            on_patient(&stay(&[r#""url":"from","extension":[{"url":"x","valueDate":"2020"}]"#])),
            &["Patient.extension[0].extension[0] too-few", "Patient.extension[0].extension[0] too-many"],
        ),
        // A value, where the definition allows none, and therefore no parts.
        (
            on_patient(r#"{"url":"http://example.org/stay","valueString":"a"}"#),
            &["Patient.extension[0] too-few", "Patient.extension[0] too-many"],
        ),
    ]);
}

#[test]
fn they_may_be_closed() {
    world("closed").errors(&[
        (on_patient(&stay(&[FROM, NOTE])), &[]),
        (
            on_patient(&stay(&[FROM, r#""url":"more","valueString":"a""#])),
            &["Patient.extension[0].extension[1] slice-closed"],
        ),
    ]);
}

#[test]
fn inside_of_datatypes() {
    let address =
        |extension: &str| patient(&format!(r#""address":[{{"city":"a"}},{{"extension":[{extension}]}}]"#));
    let contact =
        |extension: &str| patient(&format!(r#""contact":[{{"address":{{"extension":[{extension}]}}}}]"#));
    let name = |extension: &str| patient(&format!(r#""name":[{{"extension":[{extension}]}}]"#));
    world("open").errors(&[
        (address(&stay(&[FROM])), &[]),
        (address(&stay(&[NOTE])), &["Patient.address[1].extension[0] too-few"]),
        (contact(&stay(&[NOTE])), &["Patient.contact[0].address.extension[0] too-few"]),
        (name(&stay(&[FROM])), &["Patient.name[0].extension[0] extension-context"]),
    ]);
}

/// The profile of a datatype and of an element demand an extension at the place where it stands.
#[test]
fn demanded_inside_of_datatypes_and_on_primitives() {
    let nick = r#"{"url":"http://example.org/nick","valueString":"a"}"#;
    let wanted = r#""min":1,"type":[{"code":"Extension","profile":["http://example.org/nick"]}]"#;
    World::new(&[
        profile(
            "p",
            "Patient",
            &[("Patient.name.extension:nick", wanted), ("Patient.birthDate.extension:nick", wanted)],
        ),
        simple_extension("nick", &["Element"], "string"),
    ])
    .errors(&[
        (patient(""), &[]),
        (patient(&format!(r#""name":[{{"text":"a","extension":[{nick}]}}]"#)), &[]),
        (
            patient(&format!(r#""name":[{{"text":"a","extension":[{nick}]}},{{"text":"b"}}]"#)),
            &["Patient.name[1] too-few"],
        ),
        (patient(&format!(r#""birthDate":"2000","_birthDate":{{"extension":[{nick}]}}"#)), &[]),
        (patient(r#""birthDate":"2000""#), &["Patient.birthDate too-few"]),
    ]);
}
