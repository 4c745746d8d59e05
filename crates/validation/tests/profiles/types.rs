//! Types (profiling.html, elementdefinition.html): choices that are restricted, their shorthand, `contentReference`.

use super::definitions::{World, collection, observation, patient, profile};

#[test]
fn a_choice_may_be_restricted() {
    World::new(&[profile(
        "o",
        "Observation",
        &[
            ("Observation.effective[x]", r#""min":1,"type":[{"code":"dateTime"},{"code":"Period"}]"#),
            ("Observation.value[x]", r#""type":[{"code":"Quantity"}]"#),
            ("Observation.value[x].unit", r#""min":1"#),
        ],
    )])
    .errors(&[
        (observation(r#""effectiveDateTime":"2026-01-01""#), &[]),
        (
            observation(r#""effectivePeriod":{"start":"2026-01-01"},"valueQuantity":{"value":1,"unit":"g"}"#),
            &[],
        ),
        (
            observation(r#""effectiveInstant":"2026-01-01T00:00:00Z""#),
            &["Observation.effective type-not-allowed"],
        ),
        (observation(r#""valueString":"a""#), &["Observation too-few", "Observation.value type-not-allowed"]),
        (
            observation(r#""effectiveDateTime":"2026","valueQuantity":{"value":1}"#),
            &["Observation.value too-few"],
        ),
    ]);
}

#[test]
fn a_restricted_choice_may_be_a_profiled_datatype_of_r4() {
    // Age is a profile of Quantity, and the name of the element in JSON.
    World::new(&[profile("c", "Condition", &[("Condition.onset[x]", r#""type":[{"code":"Age"}]"#)])]).errors(&[
        (
            r#"{"resourceType":"Condition","subject":{"reference":"Patient/1"},"onsetAge":{"value":3,"unit":"a",
            "system":"http://unitsofmeasure.org","code":"a"}}"#
                .to_owned(),
            &[],
        ),
        (
            r#"{"resourceType":"Condition","subject":{"reference":"Patient/1"},"onsetString":"3"}"#.to_owned(),
            &["Condition.onset type-not-allowed"],
        ),
    ]);
}

/// profiling.html#slicing: `valueQuantity` in a differential is a slice by type of `value[x]`, and does not exclude other
/// types.
#[test]
fn the_shorthand_speaks_of_one_type_only() {
    let elements =
        [("Observation.valueQuantity.unit", r#""min":1"#), ("Observation.valueString", r#""maxLength":3"#)];
    let cases: &[(String, &[&str])] = &[
        (observation(""), &[]),
        (observation(r#""valueBoolean":true"#), &[]),
        (observation(r#""valueQuantity":{"value":1,"unit":"g"}"#), &[]),
        (observation(r#""valueQuantity":{"value":1}"#), &["Observation.value too-few"]),
        (observation(r#""valueString":"abc""#), &[]),
        (observation(r#""valueString":"abcd""#), &["Observation.value too-long"]),
    ];
    World::new(&[profile("o", "Observation", &elements)]).errors(cases);
}

#[test]
fn the_shorthand_may_be_demanded() {
    World::new(&[profile("o", "Observation", &[("Observation.valueQuantity", r#""min":1"#)])]).errors(&[
        (observation(r#""valueQuantity":{"value":1}"#), &[]),
        (observation(""), &["Observation too-few"]),
        (observation(r#""valueString":"a""#), &["Observation too-few"]),
    ]);
}

const BY_TYPE: &str = r#""slicing":{"discriminator":[{"type":"type","path":"$this"}],"rules":"RULES"}"#;

#[test]
fn slices_of_a_choice() {
    let elements = |rules: &str| {
        let slicing = BY_TYPE.replace("RULES", rules);
        World::new(&[profile(
            "o",
            "Observation",
            &[
                ("Observation.value[x]", &slicing),
                ("Observation.value[x]:valueQuantity", r#""min":0,"max":"1","type":[{"code":"Quantity"}]"#),
                ("Observation.value[x]:valueQuantity.unit", r#""min":1"#),
                ("Observation.value[x]:valueString", r#""maxLength":3,"type":[{"code":"string"}]"#),
            ],
        )])
    };
    let quantity = observation(r#""valueQuantity":{"value":1}"#);
    let text = observation(r#""valueString":"abcd""#);
    let boolean = observation(r#""valueBoolean":true"#);
    elements("open").errors(&[
        (observation(""), &[]),
        (boolean.clone(), &[]),
        (observation(r#""valueQuantity":{"value":1,"unit":"g"}"#), &[]),
        (quantity.clone(), &["Observation.value too-few"]),
        (text.clone(), &["Observation.value too-long"]),
    ]);
    elements("closed").errors(&[
        (observation(""), &[]),
        (boolean, &["Observation.value slice-closed"]),
        (quantity, &["Observation.value too-few"]),
        (text, &["Observation.value too-long"]),
    ]);
}

#[test]
fn resources_inside_of_resources() {
    let observed = observation("");
    let wrong: &[&str] = &["Bundle.entry[1].resource type-not-allowed"];
    World::new(&[profile("b", "Bundle", &[("Bundle.entry.resource", r#""type":[{"code":"Patient"}]"#)])])
        .errors(&[
            (collection(&[&patient(r#""active":true"#)]), &[]),
            (collection(&[&patient(r#""active":true"#), &observed]), wrong),
        ]);
    let binary = r#"{"resourceType":"Binary","contentType":"text/plain"}"#;
    World::new(&[profile(
        "b",
        "Bundle",
        &[("Bundle.entry.resource", r#""type":[{"code":"DomainResource"}]"#)],
    )])
    .errors(&[(collection(&[&observed]), &[]), (collection(&[&observed, binary]), wrong)]);
    World::new(&[profile("p", "Patient", &[("Patient.contained", r#""type":[{"code":"Organization"}]"#)])])
        .errors(&[
            (
                patient(
                    r##""contained":[{"resourceType":"Organization","id":"o","name":"a"}],
                "managingOrganization":{"reference":"#o"}"##,
                ),
                &[],
            ),
            (
                patient(
                    r##""contained":[{"resourceType":"Practitioner","id":"o"}],
                "generalPractitioner":[{"reference":"#o"}]"##,
                ),
                &["Patient.contained[0] type-not-allowed"],
            ),
        ]);
}

fn questionnaire(items: &str) -> String {
    format!(r#"{{"resourceType":"Questionnaire","status":"draft","item":[{items}]}}"#)
}

/// elementdefinition.html: references to content "cannot be changed and always reference the non-constrained
/// definition": what a profile says of `item` does not bind `item.item`.
#[test]
fn content_references() {
    let only_top = [("Questionnaire.item.text", r#""min":1"#)];
    World::new(&[profile("q", "Questionnaire", &only_top)]).errors(&[
        (questionnaire(r#"{"linkId":"1","text":"a","type":"string"}"#), &[]),
        (questionnaire(r#"{"linkId":"1","type":"string"}"#), &["Questionnaire.item[0] too-few"]),
        (
            questionnaire(
                r#"{"linkId":"1","text":"a","type":"group","item":[{"linkId":"1.1","type":"string"}]}"#,
            ),
            &[],
        ),
    ]);
    let second = [
        ("Questionnaire.item.item", r#""max":"1""#),
        ("Questionnaire.item.item.text", r#""min":1"#),
        ("Questionnaire.item.item.item", r#""max":"0""#),
    ];
    let leaf = |id: &str| format!(r#"{{"linkId":"{id}","text":"a","type":"string"}}"#);
    let group = |items: &str| questionnaire(&format!(r#"{{"linkId":"1","type":"group","item":[{items}]}}"#));
    World::new(&[profile("q", "Questionnaire", &second)]).errors(&[
        (group(&leaf("2")), &[]),
        (group(r#"{"linkId":"2","type":"string"}"#), &["Questionnaire.item[0].item[0] too-few"]),
        (group(&format!("{},{}", leaf("2"), leaf("3"))), &["Questionnaire.item[0].item too-many"]),
        (
            group(&format!(r#"{{"linkId":"2","text":"a","type":"group","item":[{}]}}"#, leaf("3"))),
            &["Questionnaire.item[0].item[0] too-many"],
        ),
    ]);
}

#[test]
fn content_references_to_a_part_of_another_element() {
    // Bundle.entry.link refers to Bundle.link.
    let bundle = |links: &str| {
        format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"fullUrl":"urn:uuid:09900000-0000-4000-8000-000000000000",
            "link":[{links}],"resource":{{"resourceType":"Patient","active":true}}}}],"link":[{{"relation":"next","url":"urn:a"}}]}}"#
        )
    };
    World::new(&[profile(
        "b",
        "Bundle",
        &[("Bundle.entry.link", r#""max":"1""#), ("Bundle.entry.link.relation", r#""fixedString":"self""#)],
    )])
    .errors(&[
        (bundle(r#"{"relation":"self","url":"urn:a"}"#), &[]),
        (bundle(r#"{"relation":"next","url":"urn:a"}"#), &["Bundle.entry[0].link[0].relation fixed-value"]),
        (
            bundle(r#"{"relation":"self","url":"urn:a"},{"relation":"self","url":"urn:b"}"#),
            &["Bundle.entry[0].link too-many"],
        ),
    ]);
}
