//! Resources and packages that would cost much: judged, or refused as too costly, and never passed over.

#![allow(clippy::unwrap_used, reason = "a broken premise of a test fails the test")]

use std::sync::Arc;

use fhir::Issue;
use healthbook_validation::{Level, Package, Validator};
use json::Limits;

fn faults(validator: &Validator, text: &str) -> Vec<String> {
    let node = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    let show = |issue: &Issue| {
        let key = issue.fault.english().split(':').next().unwrap_or_default().to_owned();
        let key = if issue.fault.code() == "invariant" { format!(" {key}") } else { String::new() };
        format!("{} {}{key}", issue.expression.as_deref().unwrap_or("-"), issue.fault.code())
    };
    validator.validate(&node, &[], Level::Errors).iter().map(show).collect()
}

fn joined(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

fn code_system(count: usize, last: &str) -> String {
    let concepts = joined(count, |index| format!(r#"{{"code":"c{index}"}}"#));
    format!(
        r#"{{"resourceType":"CodeSystem","status":"draft","content":"complete","concept":[{concepts},{{"code":"{last}"}}]}}"#
    )
}

fn questionnaire(count: usize, last: &str) -> String {
    let items = joined(count, |index| format!(r#"{{"linkId":"i{index}","type":"string"}}"#));
    format!(
        r#"{{"resourceType":"Questionnaire","status":"draft","item":[{items},{{"linkId":"{last}","type":"string"}}]}}"#
    )
}

#[test]
fn repetitions_are_found_among_many() {
    let validator = Validator::r4();
    for count in [5, 200, 20_000] {
        assert_eq!(faults(&validator, &code_system(count, "new")), [] as [&str; 0], "{count}");
        assert_eq!(
            faults(&validator, &code_system(count, "c3")),
            ["CodeSystem invariant rule csd-1"],
            "{count}"
        );
        assert_eq!(faults(&validator, &questionnaire(count, "new")), [] as [&str; 0], "{count}");
        assert_eq!(
            faults(&validator, &questionnaire(count, "i3")),
            ["Questionnaire invariant rule que-2"],
            "{count}"
        );
    }
}

#[test]
fn what_is_too_entangled_is_refused() {
    let validator = Validator::r4();
    let list = |count: usize| {
        let contained = joined(count, |index| {
            format!(r#"{{"resourceType":"Basic","id":"b{index}","code":{{"text":"x"}}}}"#)
        });
        let entries = joined(count, |index| format!(r##"{{"item":{{"reference":"#b{index}"}}}}"##));
        format!(
            r#"{{"resourceType":"List","status":"current","mode":"working","contained":[{contained}],"entry":[{entries}]}}"#
        )
    };
    assert_eq!(faults(&validator, &list(1_000)), [] as [&str; 0]);
    assert_eq!(faults(&validator, &list(20_000)), ["List validation-too-costly"]);
    let codings =
        |name: &str| joined(5_000, |index| format!(r#"{{"system":"http://{name}","code":"c{index}"}}"#));
    let observation = format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{}]}},"valueInteger":1,"component":[{{"code":{{"coding":[{}]}},"valueInteger":1}}]}}"#,
        codings("one"),
        codings("other")
    );
    assert_eq!(faults(&validator, &observation), ["Observation validation-too-costly"]);
}

#[test]
fn bundles_inside_of_resources_are_judged() {
    let validator = Validator::r4();
    let bundle = r#"{"resourceType":"Bundle","id":"b","type":"collection","entry":[{"fullUrl":"http://example.org/Patient/p","resource":{"resourceType":"Patient","id":"p","gender":"man"}}]}"#;
    let list = format!(
        r##"{{"resourceType":"List","status":"current","mode":"working","contained":[{bundle}],"entry":[{{"item":{{"reference":"#b"}}}}]}}"##
    );
    assert_eq!(
        faults(&validator, &list),
        ["List.contained[0].entry[0].resource.gender code-not-in-value-set"]
    );
    let parameters =
        format!(r#"{{"resourceType":"Parameters","parameter":[{{"name":"x","resource":{bundle}}}]}}"#);
    assert_eq!(
        faults(&validator, &parameters),
        ["Parameters.parameter[0].resource.entry[0].resource.gender code-not-in-value-set"]
    );
}

fn package(resources: Vec<String>) -> Result<Validator, String> {
    let package = Package {
        id: "hostile".to_owned(),
        version: "1".to_owned(),
        canonical: "http://example.org/hostile".to_owned(),
        sha256: [0; 32],
        resources,
    };
    Validator::new(&[Arc::new(package)]).map_err(|(_, error)| error.to_string())
}

fn profile(kind: &str, name: &str, element: &str) -> String {
    format!(
        r#"{{"resourceType":"StructureDefinition","url":"http://example.org/{name}","name":"N","status":"draft","kind":"complex-type","abstract":false,"type":"{kind}","baseDefinition":"http://hl7.org/fhir/StructureDefinition/{kind}","derivation":"constraint","differential":{{"element":[{element}]}}}}"#
    )
}

#[test]
fn profiles_that_name_each_other_come_to_an_end() {
    let root = |others: [&str; 2]| {
        let profiles = others.map(|name| format!(r#""http://example.org/{name}""#)).join(",");
        format!(
            r#"{{"id":"HumanName","path":"HumanName","type":[{{"code":"HumanName","profile":[{profiles}]}}]}},{{"id":"HumanName.family","path":"HumanName.family","min":1}}"#
        )
    };
    let patient = r#"{"id":"Patient","path":"Patient"},{"id":"Patient.name","path":"Patient.name","type":[{"code":"HumanName","profile":["http://example.org/a"]}]}"#;
    let resources = vec![
        profile("HumanName", "a", &root(["a", "b"])),
        profile("HumanName", "b", &root(["a", "b"])),
        profile("Patient", "patient", patient).replace("complex-type", "resource"),
    ];
    // Refused when it is loaded, or when it is used: but at once.
    if let Ok(validator) = package(resources) {
        let text = r#"{"resourceType":"Patient","meta":{"profile":["http://example.org/patient","http://example.org/patient"]},"name":[{"text":"A"}]}"#;
        let found = faults(&validator, text);
        assert!(found.contains(&"Patient validation-too-costly".to_owned()), "{found:?}");
    }
}

#[test]
fn paths_and_slices_without_end_are_refused() {
    let slashes = "a/".repeat(200_000);
    let slice =
        format!(r#"{{"id":"HumanName.given:{slashes}a","path":"HumanName.given","sliceName":"{slashes}a"}}"#);
    assert!(package(vec![profile("HumanName", "slice", &slice)]).is_err());
    let path = format!("Extension.value[x]{}", ".a".repeat(40_000));
    let deep = format!(r#"{{"id":"{path}","path":"{path}"}}"#);
    assert!(package(vec![profile("Extension", "deep", &deep)]).is_err());
}
