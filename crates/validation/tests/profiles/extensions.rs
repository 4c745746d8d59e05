//! Extensions with one value (extensibility.html, defining-extensions.html): type of the value, and where they may stand.

use super::definitions::{
    World, binding, code_system, extension, extension_in, observation, patient, profile, simple_extension,
    value_set,
};

fn ext(name: &str, value: &str) -> String {
    format!(r#"{{"url":"http://example.org/{name}",{value}}}"#)
}

fn on_patient(extensions: &[String]) -> String {
    patient(&format!(r#""extension":[{}]"#, extensions.join(",")))
}

/// A profile that demands nothing, and the extensions: they are judged wherever they stand.
fn with(definitions: &[super::definitions::Definition]) -> World {
    let mut all = vec![profile("p", "Patient", &[])];
    all.extend_from_slice(definitions);
    World::new(&all)
}

#[test]
fn the_type_of_the_value() {
    with(&[
        simple_extension("nick", &["Patient"], "string"),
        simple_extension("height", &["Patient"], "Quantity"),
    ])
    .errors(&[
        (on_patient(&[ext("nick", r#""valueString":"a""#)]), &[]),
        (on_patient(&[ext("unknown", r#""valueInteger":1"#)]), &[]),
        (
            on_patient(&[ext("unknown", r#""valueInteger":1"#), ext("nick", r#""valueInteger":1"#)]),
            &["Patient.extension[1].value extension-type"],
        ),
        // A code is written like a string, but it is another type.
        (on_patient(&[ext("nick", r#""valueCode":"a""#)]), &["Patient.extension[0].value extension-type"]),
        (
            on_patient(&[
                ext("height", r#""valueQuantity":{"value":1}"#),
                ext("height", r#""valueDecimal":1"#),
            ]),
            &["Patient.extension[1].value extension-type"],
        ),
        (
            on_patient(&[ext("nick", r#""extension":[{"url":"urn:a","valueString":"a"}]"#)]),
            &["Patient.extension[0] too-few", "Patient.extension[0] too-many"],
        ),
    ]);
}

#[test]
fn where_they_may_stand() {
    let value = |name: &str| ext(name, r#""valueString":"a""#);
    with(&[
        simple_extension("of-patient", &["Patient"], "string"),
        simple_extension("of-contact", &["Patient.contact"], "string"),
        simple_extension("of-name", &["HumanName"], "string"),
        simple_extension("of-patient-name", &["Patient.name"], "string"),
        simple_extension("of-contact-name", &["Patient.contact.name"], "string"),
        simple_extension("of-resource", &["DomainResource"], "string"),
        simple_extension("of-any-resource", &["Resource"], "string"),
        simple_extension("of-anything", &["Element"], "string"),
        simple_extension("of-two", &["Observation", "Patient.name.family"], "string"),
    ])
    .errors(&{
        let contact = |name: &str| {
            patient(&format!(
                r#""contact":[{{"name":{{"text":"a"}}}},{{"name":{{"text":"a"}},"extension":[{}]}}]"#,
                value(name)
            ))
        };
        let name = |name: &str| patient(&format!(r#""name":[{{"text":"a","extension":[{}]}}]"#, value(name)));
        let contact_name = |name: &str| {
            patient(&format!(r#""contact":[{{"name":{{"extension":[{}],"text":"a"}}}}]"#, value(name)))
        };
        let family =
            |name: &str| patient(&format!(r#""name":[{{"_family":{{"extension":[{}]}}}}]"#, value(name)));
        let root: &[&str] = &["Patient.extension[0] extension-context"];
        let in_contact: &[&str] = &["Patient.contact[1].extension[0] extension-context"];
        let in_name: &[&str] = &["Patient.name[0].extension[0] extension-context"];
        let in_family: &[&str] = &["Patient.name[0].family.extension[0] extension-context"];
        [
            (on_patient(&[value("of-patient")]), &[] as &[&str]),
            (on_patient(&[value("of-resource")]), &[]),
            (on_patient(&[value("of-any-resource")]), &[]),
            (on_patient(&[value("of-anything")]), &[]),
            (on_patient(&[value("of-contact")]), root),
            (on_patient(&[value("of-name")]), root),
            (on_patient(&[value("of-two")]), root),
            (contact("of-contact"), &[]),
            (contact("of-anything"), &[]),
            (contact("of-patient"), in_contact),
            (contact("of-name"), in_contact),
            (contact("of-resource"), in_contact),
            (name("of-name"), &[]),
            (contact_name("of-name"), &[]),
            (name("of-patient-name"), &[]),
            (contact_name("of-contact-name"), &[]),
            (contact_name("of-patient-name"), &["Patient.contact[0].name.extension[0] extension-context"]),
            (name("of-contact-name"), in_name),
            (name("of-contact"), in_name),
            (name("of-patient"), in_name),
            (family("of-two"), &[]),
            (family("of-anything"), &[]),
            (family("of-name"), in_family),
        ]
    });
}

#[test]
fn on_primitives() {
    let birth = |name: &str| {
        patient(&format!(
            r#""birthDate":"2000-01-01","_birthDate":{{"extension":[{}]}}"#,
            ext(name, r#""valueString":"a""#)
        ))
    };
    with(&[
        simple_extension("of-birth-date", &["Patient.birthDate"], "string"),
        simple_extension("of-dates", &["date"], "string"),
        simple_extension("of-codes", &["code"], "string"),
        simple_extension("time", &["Patient.birthDate"], "dateTime"),
    ])
    .errors(&[
        (birth("of-birth-date"), &[]),
        (birth("of-dates"), &[]),
        (birth("of-codes"), &["Patient.birthDate.extension[0] extension-context"]),
        (birth("time"), &["Patient.birthDate.extension[0].value extension-type"]),
        (
            patient(&format!(
                r#""name":[{{"given":["a","b"],"_given":[null,{{"extension":[{}]}}]}}]"#,
                ext("of-dates", r#""valueString":"a""#)
            )),
            &["Patient.name[0].given[1].extension[0] extension-context"],
        ),
    ]);
}

/// extensibility.html#Extension: the context may be another extension, or what a FHIRPath finds.
#[test]
fn contexts_of_other_kinds() {
    let inside = |outer: &str, inner: &str| {
        on_patient(&[format!(
            r#"{{"url":"http://example.org/{outer}","extension":[{{"url":"http://example.org/{inner}","valueString":"a"}}]}}"#
        )])
    };
    let value = r#""valueString":"a""#;
    with(&[
        extension("outer", &["Patient"], &[("Extension.value[x]", r#""max":"0""#)]),
        extension_in(
            "inner",
            r#"{"type":"extension","expression":"http://example.org/outer"}"#,
            &[("Extension.value[x]", r#""type":[{"code":"string"}]"#)],
        ),
        extension_in(
            "found",
            r#"{"type":"fhirpath","expression":"Patient.contact.where(gender = 'male')"}"#,
            &[("Extension.value[x]", r#""type":[{"code":"string"}]"#)],
        ),
    ])
    .errors(&[
        (inside("outer", "inner"), &[]),
        (inside("another", "inner"), &["Patient.extension[0].extension[0] extension-context"]),
        (on_patient(&[ext("inner", value)]), &["Patient.extension[0] extension-context"]),
        (
            patient(&format!(
                r#""contact":[{{"name":{{"text":"a"}},"gender":"male","extension":[{}]}}]"#,
                ext("found", value)
            )),
            &[],
        ),
        // What a FHIRPath finds is not looked for: R4 does not say where it starts.
        (on_patient(&[ext("found", value)]), &[]),
    ]);
}

#[test]
fn rules_of_the_value() {
    with(&[extension(
        "kind",
        &["Patient"],
        &[(
            "Extension.value[x]",
            &format!(r#""min":1,"type":[{{"code":"Coding"}}],{}"#, binding("required", "vs")),
        )],
    )])
    .and(&[
        code_system("cs", &[("a", &[]), ("b", &[])]),
        value_set("vs", r#"{"system":"http://example.org/cs","concept":[{"code":"a"}]}"#),
    ])
    .errors(&{
        let coding = |code: &str| {
            on_patient(&[ext(
                "kind",
                &format!(r#""valueCoding":{{"system":"http://example.org/cs","code":"{code}"}}"#),
            )])
        };
        [(coding("a"), &[] as &[&str]), (coding("b"), &["Patient.extension[0].value code-not-in-value-set"])]
    });
}

const SLICED: &str =
    r#""slicing":{"discriminator":[{"type":"value","path":"url"}],"rules":"open","ordered":false}"#;

/// Extension elements are sliced by url without being told to (profiling.html#extensions).
#[test]
fn a_profile_may_demand_and_forbid_them() {
    let wanted = (
        "Patient.extension:nick",
        r#""min":1,"max":"1","type":[{"code":"Extension","profile":["http://example.org/nick"]}]"#,
    );
    let unwanted = (
        "Patient.extension:other",
        r#""max":"0","type":[{"code":"Extension","profile":["http://example.org/other"]}]"#,
    );
    let tightened = ("Patient.extension:nick.value[x]", r#""maxLength":3"#);
    let plain = vec![wanted, tightened, unwanted];
    let explicit = vec![("Patient.extension", SLICED), wanted, tightened, unwanted];
    for elements in [plain, explicit] {
        World::new(&[
            profile("p", "Patient", &elements),
            simple_extension("nick", &["Patient"], "string"),
            simple_extension("other", &["Patient"], "string"),
        ])
        .errors(&{
            let nick = ext("nick", r#""valueString":"abc""#);
            [
                (on_patient(&[ext("unknown", r#""valueString":"a""#), nick.clone()]), &[] as &[&str]),
                (patient(""), &["Patient too-few"]),
                (on_patient(&[ext("unknown", r#""valueString":"a""#)]), &["Patient too-few"]),
                (on_patient(&[nick.clone(), nick.clone()]), &["Patient.extension too-many"]),
                (
                    on_patient(&[ext("nick", r#""valueString":"abcd""#)]),
                    &["Patient.extension[0].value too-long"],
                ),
                (
                    on_patient(&[ext("nick", r#""valueInteger":1"#)]),
                    &["Patient.extension[0].value extension-type"],
                ),
                (on_patient(&[nick, ext("other", r#""valueString":"a""#)]), &["Patient too-many"]),
            ]
        });
    }
}

#[test]
fn a_profile_may_close_them() {
    let closed = SLICED.replace("open", "closed");
    World::new(&[
        profile(
            "p",
            "Patient",
            &[
                ("Patient.extension", &closed),
                (
                    "Patient.extension:nick",
                    r#""type":[{"code":"Extension","profile":["http://example.org/nick"]}]"#,
                ),
            ],
        ),
        simple_extension("nick", &["Patient"], "string"),
    ])
    .errors(&[
        (on_patient(&[ext("nick", r#""valueString":"a""#)]), &[]),
        (
            on_patient(&[ext("nick", r#""valueString":"a""#), ext("unknown", r#""valueString":"a""#)]),
            &["Patient.extension[1] slice-closed"],
        ),
    ]);
}

#[test]
fn extensions_that_modify_must_be_known() {
    let modifier = |name: &str| format!(r#""modifierExtension":[{}]"#, ext(name, r#""valueBoolean":true"#));
    World::new(&[
        profile("o", "Observation", &[]),
        simple_extension("negated", &["Observation", "Observation.component"], "boolean"),
    ])
    .errors(&[
        (observation(&modifier("negated")), &[]),
        (observation(&modifier("unknown")), &["Observation.modifierExtension[0] modifier-unknown"]),
        (
            observation(&format!(
                r#""component":[{{"code":{{"text":"a"}},{}}},{{"code":{{"text":"a"}},{}}}]"#,
                modifier("negated"),
                modifier("unknown")
            )),
            &["Observation.component[1].modifierExtension[0] modifier-unknown"],
        ),
        (
            observation(&format!(r#""modifierExtension":[{}]"#, ext("negated", r#""valueString":"a""#))),
            &["Observation.modifierExtension[0].value extension-type"],
        ),
    ]);
}
