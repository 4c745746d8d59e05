//! Slices inside of slices, slices of slices, and slices that a derived profile adds or tightens.

use super::definitions::{World, patient, profile, profile_of};

fn by_value(path: &str, rules: &str) -> String {
    format!(r#""slicing":{{"discriminator":[{{"type":"value","path":"{path}"}}],"rules":"{rules}"}}"#)
}

#[test]
fn slices_inside_of_slices() {
    let contact = |relationship: &str, system: &str| {
        format!(
            r#"{{"relationship":[{{"text":"{relationship}"}}],"telecom":[{{"system":"{system}","value":"1"}}]}}"#
        )
    };
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.contact", &by_value("relationship.text", "open")),
            ("Patient.contact:mother", r#""min":1,"max":"1""#),
            ("Patient.contact:mother.relationship", r#""min":1,"max":"1""#),
            ("Patient.contact:mother.relationship.text", r#""min":1,"fixedString":"mother""#),
            ("Patient.contact:mother.telecom", &by_value("system", "closed")),
            ("Patient.contact:mother.telecom:phone", r#""min":1"#),
            ("Patient.contact:mother.telecom:phone.system", r#""min":1,"fixedCode":"phone""#),
            ("Patient.contact:mother.telecom:phone.value", r#""min":1"#),
        ],
    )])
    .errors(&{
        let all = |contacts: &[String]| patient(&format!(r#""contact":[{}]"#, contacts.join(",")));
        [
            (all(&[contact("father", "fax"), contact("mother", "phone")]), &[] as &[&str]),
            (all(&[contact("father", "phone")]), &["Patient too-few"]),
            (
                all(&[contact("father", "fax"), contact("mother", "fax")]),
                &["Patient.contact[1] too-few", "Patient.contact[1].telecom[0] slice-closed"],
            ),
            (
                all(&[r#"{"relationship":[{"text":"mother"}],"telecom":[{"system":"phone","value":"1"},
                    {"system":"phone","rank":1}]}"#
                    .to_owned()]),
                &["Patient.contact[0].telecom[1] too-few"],
            ),
        ]
    });
}

fn resliced() -> World {
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.identifier", &by_value("system", "open")),
            ("Patient.identifier:card", &format!(r#""min":1,{}"#, by_value("use", "open"))),
            ("Patient.identifier:card.system", r#""min":1,"fixedUri":"urn:card""#),
            ("Patient.identifier:card/official", r#""min":1,"max":"1""#),
            ("Patient.identifier:card/official.use", r#""min":1,"fixedCode":"official""#),
            ("Patient.identifier:card/official.value", r#""min":1"#),
            ("Patient.identifier:card/old", r#""max":"1""#),
            ("Patient.identifier:card/old.use", r#""min":1,"fixedCode":"old""#),
            ("Patient.identifier:card/old.period", r#""min":1"#),
        ],
    )])
}

fn identifiers(list: &[(&str, &str, &str)]) -> String {
    let list: Vec<_> = list
        .iter()
        .map(|(system, use_, more)| format!(r#"{{"system":"urn:{system}","use":"{use_}"{more}}}"#))
        .collect();
    patient(&format!(r#""identifier":[{}]"#, list.join(",")))
}

#[test]
fn slices_of_slices() {
    let value = r#","value":"1""#;
    let period = r#","period":{"start":"2020"}"#;
    resliced().errors(&[
        (identifiers(&[("card", "official", value)]), &[]),
        (
            identifiers(&[
                ("card", "old", period),
                ("card", "official", value),
                ("other", "official", ""),
                ("card", "temp", ""),
            ]),
            &[],
        ),
        (identifiers(&[("card", "temp", value)]), &["Patient too-few"]),
        // Neither the slice nor its part is there.
        (identifiers(&[("other", "official", value)]), &["Patient too-few", "Patient too-few"]),
        (identifiers(&[("card", "official", "")]), &["Patient.identifier[0] too-few"]),
        (
            identifiers(&[("card", "official", value), ("card", "old", "")]),
            &["Patient.identifier[1] too-few"],
        ),
        (
            identifiers(&[("card", "official", value), ("card", "official", value)]),
            &["Patient.identifier too-many"],
        ),
        (identifiers(&[("other", "old", ""), ("other", "old", ""), ("card", "official", value)]), &[]),
    ]);
}

fn base() -> super::definitions::Definition {
    profile(
        "base",
        "Patient",
        &[
            ("Patient.identifier", &by_value("system", "open")),
            ("Patient.identifier:card", r#""min":0,"max":"2""#),
            ("Patient.identifier:card.system", r#""min":1,"fixedUri":"urn:card""#),
        ],
    )
}

fn systems(names: &[&str]) -> String {
    identifiers(&names.iter().map(|name| (*name, "usual", "")).collect::<Vec<_>>())
}

#[test]
fn a_derived_profile_tightens_a_slice() {
    let heir = profile_of(
        "base",
        "p",
        "Patient",
        &[("Patient.identifier:card", r#""min":1"#), ("Patient.identifier:card.value", r#""min":1"#)],
    );
    World::new(&[heir, base()]).errors(&[
        (identifiers(&[("card", "usual", r#","value":"1""#)]), &[]),
        (systems(&["other"]), &["Patient too-few"]),
        (systems(&["other", "card"]), &["Patient.identifier[1] too-few"]),
    ]);
}

#[test]
fn a_derived_profile_adds_slices_and_closes() {
    let heir = profile_of(
        "base",
        "p",
        "Patient",
        &[
            ("Patient.identifier", &by_value("system", "closed")),
            ("Patient.identifier:citizen", r#""min":1"#),
            ("Patient.identifier:citizen.system", r#""min":1,"fixedUri":"urn:citizen""#),
        ],
    );
    World::new(&[heir, base()]).errors(&[
        (systems(&["citizen"]), &[]),
        (systems(&["card", "citizen", "card"]), &[]),
        (systems(&["card"]), &["Patient too-few"]),
        (systems(&["citizen", "other"]), &["Patient.identifier[1] slice-closed"]),
        (systems(&["citizen", "card", "card", "card"]), &["Patient.identifier too-many"]),
    ]);
}

#[test]
fn a_derived_profile_slices_a_slice() {
    let heir = profile_of(
        "base",
        "p",
        "Patient",
        &[
            ("Patient.identifier:card", &by_value("use", "open")),
            ("Patient.identifier:card/official", r#""min":1,"max":"1""#),
            ("Patient.identifier:card/official.use", r#""min":1,"fixedCode":"official""#),
        ],
    );
    World::new(&[heir, base()]).errors(&[
        (identifiers(&[("card", "official", ""), ("card", "usual", "")]), &[]),
        (identifiers(&[("card", "usual", "")]), &["Patient too-few"]),
        (identifiers(&[("other", "official", "")]), &["Patient too-few"]),
        (
            identifiers(&[("card", "official", ""), ("card", "usual", ""), ("card", "old", "")]),
            &["Patient.identifier too-many"],
        ),
    ]);
}
