//! Slicing (profiling.html#discriminator): by existence, type, profile, and through `resolve()`, `ofType()`, `extension()`.

use super::definitions::{
    World, binding, code_system, collection, observation, patient, profile, simple_extension, value_set,
};

fn by(kind: &str, path: &str, rules: &str) -> String {
    format!(r#""slicing":{{"discriminator":[{{"type":"{kind}","path":"{path}"}}],"rules":"{rules}"}}"#)
}

#[test]
fn by_existence() {
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.telecom", &by("exists", "period", "open")),
            ("Patient.telecom:dated", r#""max":"1""#),
            ("Patient.telecom:dated.period", r#""min":1"#),
            ("Patient.telecom:dated.use", r#""fixedCode":"old""#),
            ("Patient.telecom:undated", r#""min":1"#),
            ("Patient.telecom:undated.period", r#""max":"0""#),
            ("Patient.telecom:undated.value", r#""min":1"#),
        ],
    )])
    .errors(&[
        (
            patient(r#""telecom":[{"system":"phone","value":"1"},{"use":"old","period":{"start":"2020"}}]"#),
            &[],
        ),
        (patient(r#""telecom":[{"use":"old","period":{"start":"2020"}}]"#), &["Patient too-few"]),
        (
            patient(r#""telecom":[{"system":"phone","value":"1"},{"use":"home"}]"#),
            &["Patient.telecom[1] too-few"],
        ),
        (
            patient(r#""telecom":[{"system":"phone","value":"1"},{"use":"home","period":{"start":"2020"}}]"#),
            &["Patient.telecom[1].use fixed-value"],
        ),
        (
            patient(
                r#""telecom":[{"system":"phone","value":"1"},{"use":"old","period":{"start":"2020"}},
                {"use":"old","period":{"start":"2021"}}]"#,
            ),
            &["Patient.telecom too-many"],
        ),
    ]);
}

#[test]
fn by_type_of_the_resource_of_an_entry() {
    let world = |rules: &str| {
        World::new(&[profile(
            "b",
            "Bundle",
            &[
                ("Bundle.entry", &by("type", "resource", rules)),
                ("Bundle.entry:person", r#""min":1,"max":"1""#),
                ("Bundle.entry:person.resource", r#""min":1,"type":[{"code":"Patient"}]"#),
                ("Bundle.entry:result", r#""min":0"#),
                ("Bundle.entry:result.resource", r#""min":1,"type":[{"code":"Observation"}]"#),
                ("Bundle.entry:result.resource.subject", r#""min":1"#),
            ],
        )])
    };
    let person = patient(r#""active":true"#);
    let result = observation(r#""subject":{"reference":"Patient/1"}"#);
    let practitioner = r#"{"resourceType":"Practitioner","active":true}"#;
    world("open").errors(&[
        (collection(&[&person]), &[]),
        (collection(&[practitioner, &result, &person]), &[]),
        (collection(&[&result]), &["Bundle too-few"]),
        (collection(&[&person, &person]), &["Bundle.entry too-many"]),
        (collection(&[&person, &observation("")]), &["Bundle.entry[1].resource too-few"]),
    ]);
    world("closed").errors(&[(collection(&[&person, practitioner]), &["Bundle.entry[1] slice-closed"])]);
}

#[test]
fn contained_by_type() {
    let organization = r#"{"resourceType":"Organization","id":"o","name":"a"}"#;
    let contained = |resource: &str| {
        patient(&format!(
            r##""contained":[{{"resourceType":"Practitioner","id":"d"}},{resource}],
            "generalPractitioner":[{{"reference":"#d"}}],"managingOrganization":{{"reference":"#o"}}"##
        ))
    };
    World::new(&[profile(
        "p",
        "Patient",
        &[
            ("Patient.contained", &by("type", "$this", "open")),
            ("Patient.contained:org", r#""min":1,"max":"1","type":[{"code":"Organization"}]"#),
            ("Patient.contained:org.name", r#""min":1"#),
        ],
    )])
    .errors(&[
        (contained(organization), &[]),
        (
            contained(r#"{"resourceType":"Organization","id":"o","identifier":[{"value":"1"}]}"#),
            &["Patient.contained[1] too-few"],
        ),
        (
            patient(
                r##""contained":[{"resourceType":"Practitioner","id":"d"}],"generalPractitioner":[{"reference":"#d"}]"##,
            ),
            &["Patient too-few"],
        ),
    ]);
}

#[test]
fn by_type_of_what_is_referred_to() {
    World::new(&[profile(
        "o",
        "Observation",
        &[
            ("Observation.performer", &by("type", "resolve()", "open")),
            (
                "Observation.performer:doctor",
                r#""min":1,"type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Practitioner"]}]"#,
            ),
            ("Observation.performer:doctor.display", r#""min":1"#),
        ],
    )])
    .errors(&[
        (observation(r#""performer":[{"reference":"Organization/1"},{"reference":"Practitioner/1","display":"a"}]"#), &[]),
        (observation(r#""performer":[{"reference":"Organization/1"}]"#), &["Observation too-few"]),
        (
            observation(r#""performer":[{"reference":"Organization/1"},{"reference":"Practitioner/1"}]"#),
            &["Observation.performer[1] too-few"],
        ),
        (
            observation(
                r##""contained":[{"resourceType":"Practitioner","id":"d"}],
                "performer":[{"reference":"#d","display":"a"}]"##,
            ),
            &[],
        ),
        (
            observation(
                r##""contained":[{"resourceType":"Organization","id":"d","name":"a"}],
                "performer":[{"reference":"#d","display":"a"}]"##,
            ),
            &["Observation too-few"],
        ),
    ]);
}

#[test]
fn by_profile_of_the_resource_of_an_entry() {
    World::new(&[
        profile(
            "b",
            "Bundle",
            &[
                ("Bundle.entry", &by("profile", "resource", "closed")),
                ("Bundle.entry:named", r#""min":1,"max":"1""#),
                (
                    "Bundle.entry:named.resource",
                    r#""min":1,"type":[{"code":"Patient","profile":["http://example.org/named"]}]"#,
                ),
                ("Bundle.entry:result", ""),
                (
                    "Bundle.entry:result.resource",
                    r#""min":1,"type":[{"code":"Observation","profile":["http://example.org/result"]}]"#,
                ),
            ],
        ),
        profile("named", "Patient", &[("Patient.name", r#""min":1"#)]),
        profile("result", "Observation", &[("Observation.value[x]", r#""min":1"#)]),
    ])
    .errors(&{
        let named = patient(r#""name":[{"text":"a"}]"#);
        let nameless = patient(r#""active":true"#);
        [
            (collection(&[&named]), &[] as &[&str]),
            (collection(&[&observation(r#""valueBoolean":true"#), &named]), &[]),
            (collection(&[&nameless]), &["Bundle too-few", "Bundle.entry[0] slice-closed"]),
            (collection(&[&named, &observation("")]), &["Bundle.entry[1] slice-closed"]),
            (collection(&[&named, &named]), &["Bundle.entry too-many"]),
        ]
    });
}

#[test]
fn by_profile_of_what_is_referred_to() {
    let subject = |members: &str| {
        observation(&format!(
            r##""contained":[{{"resourceType":"Organization","id":"o"{members}}}],"performer":[{{"reference":"#o"}}]"##
        ))
    };
    World::new(&[
        profile(
            "o",
            "Observation",
            &[
                ("Observation.performer", &by("profile", "resolve()", "open")),
                (
                    "Observation.performer:hospital",
                    r#""min":1,"type":[{"code":"Reference","targetProfile":["http://example.org/hospital"]}]"#,
                ),
            ],
        ),
        profile(
            "hospital",
            "Organization",
            &[("Organization.active", r#""min":1,"fixedBoolean":true"#)],
        ),
    ])
    .errors(&[
        (subject(r#","name":"a","active":true"#), &[]),
        (subject(r#","name":"a","active":false"#), &["Observation too-few"]),
        (subject(r#","name":"a""#), &["Observation too-few"]),
    ]);
}

/// R4 elementdefinition.html names `as(type)`, R4 profiling.html `ofType(type)`.
#[test]
fn by_a_choice_of_one_type() {
    for function in ["ofType", "as"] {
        let sliced = by("value", &format!("value.{function}(CodeableConcept)"), "open");
        World::new(&[profile(
            "o",
            "Observation",
            &[
                ("Observation.component", &sliced),
                ("Observation.component:positive", r#""min":1"#),
                (
                    "Observation.component:positive.value[x]",
                    r#""min":1,"type":[{"code":"CodeableConcept"}],"patternCodeableConcept":{"coding":[{"code":"pos"}]}"#,
                ),
                ("Observation.component:positive.interpretation", r#""min":1"#),
            ],
        )])
        .errors(&[
            (
                observation(
                    r#""component":[{"code":{"text":"x"},"valueString":"pos"},{"code":{"text":"x"},
                    "valueCodeableConcept":{"coding":[{"code":"pos"}]},"interpretation":[{"text":"a"}]}]"#,
                ),
                &[],
            ),
            (observation(r#""component":[{"code":{"text":"x"},"valueString":"pos"}]"#), &["Observation too-few"]),
            (
                observation(
                    r#""component":[{"code":{"text":"x"},"valueCodeableConcept":{"coding":[{"code":"pos"}]}}]"#,
                ),
                &["Observation.component[0] too-few"],
            ),
        ]);
    }
}

#[test]
fn by_the_value_of_an_extension() {
    let address = |kind: &str, more: &str| {
        format!(r#"{{"extension":[{{"url":"http://example.org/kind","valueCode":"{kind}"}}]{more}}}"#)
    };
    let with = |addresses: &[String]| patient(&format!(r#""address":[{}]"#, addresses.join(",")));
    World::new(&[
        profile(
            "p",
            "Patient",
            &[
                ("Patient.address", &by("value", "extension('http://example.org/kind').value", "open")),
                ("Patient.address:birth", r#""min":1"#),
                (
                    "Patient.address:birth.extension:kind",
                    r#""min":1,"type":[{"code":"Extension","profile":["http://example.org/kind"]}]"#,
                ),
                ("Patient.address:birth.extension:kind.value[x]", r#""min":1,"fixedCode":"birth""#),
                ("Patient.address:birth.city", r#""min":1"#),
            ],
        ),
        simple_extension("kind", &["Address"], "code"),
    ])
    .errors(&[
        (with(&[address("other", ""), address("birth", r#","city":"a""#)]), &[]),
        (with(&[address("other", "")]), &["Patient too-few"]),
        (patient(r#""address":[{"city":"a"}]"#), &["Patient too-few"]),
        (with(&[address("other", ""), address("birth", "")]), &["Patient.address[1] too-few"]),
    ]);
}

/// profiling.html: a required binding may tell slices apart.
#[test]
fn by_a_required_binding() {
    let category = |code: &str| {
        observation(&format!(
            r#""category":[{{"text":"x"}},{{"coding":[{{"system":"http://example.org/cs","code":"{code}"}}]}}]"#
        ))
    };
    World::new(&[profile(
        "o",
        "Observation",
        &[
            ("Observation.category", &by("value", "$this", "open")),
            (
                "Observation.category:letter",
                &format!(r#""min":1,"max":"1",{}"#, binding("required", "letters")),
            ),
            ("Observation.category:letter.text", r#""max":"0""#),
        ],
    )])
    .and(&[
        code_system("cs", &[("a", &[]), ("b", &[]), ("1", &[])]),
        value_set("letters", r#"{"system":"http://example.org/cs","concept":[{"code":"a"},{"code":"b"}]}"#),
    ])
    .errors(&[
        (category("a"), &[]),
        (category("b"), &[]),
        (category("1"), &["Observation too-few"]),
        (
            observation(
                r#""category":[{"coding":[{"system":"http://example.org/cs","code":"a"}]},
                {"coding":[{"system":"http://example.org/cs","code":"b"}],"text":"x"}]"#,
            ),
            &["Observation.category too-many", "Observation.category[1] too-many"],
        ),
    ]);
}
