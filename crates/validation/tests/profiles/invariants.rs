//! Invariants of profiles (conformance-rules.html#constraints): where they are said, and what they can see.

use super::definitions::{World, collection, observation, patient, profile};

fn rule(severity: &str, expression: &str) -> String {
    format!(
        r#""constraint":[{{"key":"t-1","severity":"{severity}","human":"h","expression":"{expression}"}}]"#
    )
}

fn of_patient(id: &str, expression: &str) -> World {
    World::new(&[profile("p", "Patient", &[(id, &rule("error", expression))])])
}

#[test]
fn they_are_said_at_the_element_that_has_them() {
    of_patient("Patient.name", "family.exists() or text.exists()").errors(&[
        (patient(""), &[]),
        (patient(r#""name":[{"family":"a"},{"text":"b"}]"#), &[]),
        (
            patient(r#""name":[{"family":"a"},{"given":["b"]},{"given":["c"]}]"#),
            &["Patient.name[1] invariant", "Patient.name[2] invariant"],
        ),
    ]);
    of_patient("Patient.birthDate", "toString().length() = 10").errors(&[
        (patient(r#""birthDate":"2000-01-01""#), &[]),
        (patient(r#""birthDate":"2000""#), &["Patient.birthDate invariant"]),
    ]);
    of_patient("Patient.contact.name.given", "$this != 'A'").errors(&[(
        patient(r#""contact":[{"name":{"given":["B","A"]}}]"#),
        &["Patient.contact[0].name.given[1] invariant"],
    )]);
    of_patient("Patient.deceased[x]", "$this is boolean").errors(&[
        (patient(r#""deceasedBoolean":true"#), &[]),
        (patient(r#""deceasedDateTime":"2020""#), &["Patient.deceased invariant"]),
    ]);
}

#[test]
fn on_the_resource_itself() {
    // The rule of the root, which the differential states on the type itself.
    let root = rule("error", "name.count() <= 1");
    let text = profile("p", "Patient", &[]).text().replace(
        r#"{"id":"Patient","path":"Patient"}"#,
        &format!(r#"{{"id":"Patient","path":"Patient",{root}}}"#),
    );
    let validator = super::definitions::validator(vec![text]).unwrap();
    let judged = |instance: &str| {
        super::definitions::issues(&validator, &["http://example.org/p"], instance, fhir::Severity::Error)
    };
    assert_eq!(judged(&patient(r#""name":[{"text":"a"}]"#)), [] as [&str; 0]);
    assert_eq!(judged(&patient(r#""name":[{"text":"a"},{"text":"b"}]"#)), ["Patient invariant"]);
}

#[test]
fn warnings_do_not_refuse() {
    let world =
        World::new(&[profile("p", "Patient", &[("Patient.name", &rule("warning", "text.exists()"))])]);
    let instance = patient(r#""name":[{"text":"a"},{"family":"b"}]"#);
    world.errors(&[(instance.clone(), &[])]);
    world.warnings(&[(instance, &["Patient.name[1] invariant"])]);
}

#[test]
fn an_answer_of_nothing_is_no_yes() {
    // conformance-rules.html: a constraint has to evaluate to true.
    of_patient("Patient.name", "text = 'a'").errors(&[
        (patient(r#""name":[{"text":"a"}]"#), &[]),
        (patient(r#""name":[{"family":"a"}]"#), &["Patient.name[0] invariant"]),
    ]);
}

#[test]
fn they_see_the_resource_and_the_context() {
    of_patient("Patient.contact", "%resource.active = true").errors(&[
        (patient(r#""active":true,"contact":[{"name":{"text":"a"}}]"#), &[]),
        (patient(r#""active":false,"contact":[{"name":{"text":"a"}}]"#), &["Patient.contact[0] invariant"]),
    ]);
    of_patient("Patient.contact", "name.where(text = %context.address.text).exists()").errors(&[
        (patient(r#""contact":[{"name":{"text":"a"},"address":{"text":"a"}}]"#), &[]),
        (
            patient(r#""contact":[{"name":{"text":"a"},"address":{"text":"b"}}]"#),
            &["Patient.contact[0] invariant"],
        ),
    ]);
    let world = World::new(&[
        profile(
            "b",
            "Bundle",
            &[(
                "Bundle.entry.resource",
                r#""type":[{"code":"Observation","profile":["http://example.org/o"]}]"#,
            )],
        ),
        profile(
            "o",
            "Observation",
            &[(
                "Observation.method",
                &rule("error", "%resource is Observation and %resource.method.exists()"),
            )],
        ),
    ]);
    world.errors(&[(collection(&[&observation(r#""method":{"text":"a"}"#)]), &[])]);
}

#[test]
fn they_resolve_contained_and_bundled_resources() {
    let world = World::new(&[profile(
        "o",
        "Observation",
        &[("Observation.subject", &rule("error", "resolve().ofType(Patient).active = true"))],
    )]);
    let observed = |active: bool| {
        observation(&format!(
            r##""contained":[{{"resourceType":"Patient","id":"p","active":{active}}}],"subject":{{"reference":"#p"}}"##
        ))
    };
    world.errors(&[(observed(true), &[]), (observed(false), &["Observation.subject invariant"])]);
    let claimed = |active: bool| {
        collection(&[
            r#"{"resourceType":"Observation","meta":{"profile":["http://example.org/o"]},"status":"final",
            "code":{"text":"c"},"subject":{"reference":"urn:uuid:09900000-0000-4000-8000-000000000001"}}"#,
            &patient(&format!(r#""active":{active}"#)),
        ])
    };
    let mut definitions = vec![profile("b", "Bundle", &[])];
    definitions.push(profile(
        "o",
        "Observation",
        &[("Observation.subject", &rule("error", "resolve().ofType(Patient).active = true"))],
    ));
    World::new(&definitions)
        .errors(&[(claimed(true), &[]), (claimed(false), &["Bundle.entry[0].resource.subject invariant"])]);
}

/// A profile may use a key that R4 has for a rule of its own; a snapshot repeats those of R4.
#[test]
fn keys_of_r4() {
    let rule = r#""constraint":[{"key":"pat-1","severity":"error","human":"h","expression":"name.family.exists()"}]"#;
    let text = profile("p", "Patient", &[("Patient.contact", rule)]).text();
    let validator = super::definitions::validator(vec![text]).unwrap();
    let instance = patient(r#""contact":[{"name":{"text":"a"}}]"#);
    let found =
        super::definitions::issues(&validator, &["http://example.org/p"], &instance, fhir::Severity::Error);
    assert_eq!(found, ["Patient.contact[0] invariant"]);
}

#[test]
fn those_of_a_slice_bind_the_slice() {
    World::new(&[profile(
        "p",
        "Patient",
        &[
            (
                "Patient.telecom",
                r#""slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}"#,
            ),
            ("Patient.telecom:phone", &rule("error", "value.startsWith('0')")),
            ("Patient.telecom:phone.system", r#""fixedCode":"phone""#),
        ],
    )])
    .errors(&[
        (patient(r#""telecom":[{"system":"email","value":"a"},{"system":"phone","value":"0"}]"#), &[]),
        (
            patient(r#""telecom":[{"system":"email","value":"a"},{"system":"phone","value":"1"}]"#),
            &["Patient.telecom[1] invariant"],
        ),
    ]);
}
