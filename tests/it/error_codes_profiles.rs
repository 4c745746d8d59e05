//! Codes of the catalogue that profiles, extensions, formats of identifiers and code systems provoke.

use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase};

use crate::packages::{manifest, succeed, write_folder};
use crate::support::checks::check_each;
use crate::support::codes::expect_code;
use crate::support::program::run;
use crate::support::{Fhir, body, on_each, start, text};
use crate::terminology::{DISEASES, store_code_systems};

/// A StructureDefinition of the package `example.codes`.
fn definition(name: &str, kind: &str, of: &str, elements: &Value) -> Value {
    json!({"resourceType": "StructureDefinition", "id": name, "url": url(name), "name": "N", "status": "active",
        "kind": kind, "abstract": false, "type": of, "derivation": "constraint",
        "baseDefinition": format!("http://hl7.org/fhir/StructureDefinition/{of}"), "differential": {"element": elements}})
}

fn url(name: &str) -> String {
    format!("http://example.org/codes/{name}")
}

/// A profile of Observation with one rule for each code, and an extension of texts on a Patient.
fn definitions() -> [Value; 2] {
    let observation = definition(
        "vital",
        "resource",
        "Observation",
        &json!([
            {"id": "Observation", "path": "Observation"},
            {"id": "Observation.category", "path": "Observation.category", "max": "1",
                "slicing": {"discriminator": [{"type": "value", "path": "text"}], "rules": "closed"}},
            {"id": "Observation.category:vital", "path": "Observation.category", "sliceName": "vital", "min": 0, "max": "1"},
            {"id": "Observation.category:vital.text", "path": "Observation.category.text", "min": 1, "fixedString": "vital"},
            {"id": "Observation.status", "path": "Observation.status", "fixedCode": "final"},
            {"id": "Observation.code", "path": "Observation.code", "patternCodeableConcept": {"text": "pulse"}},
            {"id": "Observation.performer", "path": "Observation.performer", "max": "1"},
            {"id": "Observation.value[x]", "path": "Observation.value[x]", "type": [{"code": "integer"}],
                "minValueInteger": 20, "maxValueInteger": 300},
        ]),
    );
    let mut extension = definition(
        "ward",
        "complex-type",
        "Extension",
        &json!([
            {"id": "Extension", "path": "Extension"},
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": url("ward")},
            {"id": "Extension.value[x]", "path": "Extension.value[x]", "type": [{"code": "string"}]},
        ]),
    );
    extension["context"] = json!([{"type": "element", "expression": "Patient"}]);
    [observation, extension]
}

#[test]
fn profiles_and_extensions() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        assert!(run(folder, &["migrate", "--database", database.url()]).status.success());
        write_folder(folder, "codes", &manifest("codes", "1.0.0"), &definitions());
        succeed(&database, folder, "add codes");
        succeed(&database, folder, "use example.codes#1.0.0");
        let server = start(&database, &[]);
        let good = json!({"resourceType": "Observation", "meta": {"profile": [url("vital")]}, "status": "final",
            "category": [{"text": "vital"}], "code": {"text": "pulse"}, "valueInteger": 72});
        server.create(&good.to_string());
        for (code, member, changed) in [
            ("fixed-value", "status", json!("amended")),
            ("pattern-value", "code", json!({"text": "weight"})),
            ("slice-closed", "category", json!([{"text": "other"}])),
            ("too-many", "performer", json!([{"display": "A"}, {"display": "B"}])),
            ("value-range", "valueInteger", json!(400)),
        ] {
            let mut sent = good.clone();
            sent[member] = changed;
            let answer = server.client().send_fhir("POST", "/fhir/Observation", sent.to_string());
            expect_code(code, &answer, 422, code);
        }
        let ward = json!([{"url": url("ward"), "valueString": "3"}]);
        server.create(&json!({"resourceType": "Patient", "extension": ward}).to_string());
        let basic = json!({"resourceType": "Basic", "code": {"text": "x"}, "extension": ward});
        let answer = server.client().send_fhir("POST", "/fhir/Basic", basic.to_string());
        expect_code("a place", &answer, 422, "extension-context");
        let wrong =
            json!({"resourceType": "Patient", "extension": [{"url": url("ward"), "valueInteger": 3}]});
        let answer = server.client().send_fhir("POST", "/fhir/Patient", wrong.to_string());
        expect_code("a type", &answer, 422, "extension-type");
    }
}

/// docs/validation.md, Identifiers: a social insurance number has 10 digits.
#[test]
fn identifiers_and_what_costs_too_much() {
    on_each(|server| {
        let system = "http://fhir.hl7.org.vn/core/sid/bhxh";
        let person = |number: &str| {
            json!({"resourceType": "Patient", "identifier": [{"system": system, "value": number}]})
                .to_string()
        };
        server.create(&person("0990000001"));
        let answer = server.client().send_fhir("POST", "/fhir/Patient", person("0990001"));
        expect_code("seven digits", &answer, 422, "identifier-format");

        // Each of many codings is compared with each of many others (R4, Observation, obs-7).
        let codings = |name: &str| -> Vec<Value> {
            (0..5_000)
                .map(|index| json!({"system": format!("http://{name}"), "code": format!("c{index}")}))
                .collect()
        };
        let observation = json!({"resourceType": "Observation", "status": "final", "code": {"coding": codings("one")},
            "valueInteger": 1, "component": [{"code": {"coding": codings("other")}, "valueInteger": 1}]});
        let answer = server.client().send_fhir("POST", "/fhir/Observation", observation.to_string());
        expect_code("entangled", &answer, 422, "validation-too-costly");
    });
}

/// R4, codesystem-operation-validate-code.html: what is wrong is told in `message`, in the language of the caller.
#[test]
fn codes_that_only_group_and_systems_that_are_here_in_part() {
    let told = [
        (
            "code-abstract",
            format!("url={DISEASES}&code=E10-E14"),
            false,
            format!("the code of {DISEASES} only groups others and is not to be chosen"),
            format!("mã của {DISEASES} chỉ để gom nhóm, không được chọn"),
        ),
        (
            "code-uncertain",
            "url=urn:example:part&code=other".to_owned(),
            true,
            "urn:example:part is not complete here: it cannot be told whether it has this code".to_owned(),
            "urn:example:part không đầy đủ ở đây: không thể biết có mã này hay không".to_owned(),
        ),
    ];
    check_each(|checks| {
        store_code_systems(checks);
        for (code, asked, result, english, vietnamese) in &told {
            for (language, words) in [("en", english), ("vi", vietnamese)] {
                let path = format!("/fhir/CodeSystem/$validate-code?{asked}");
                let headers = [("Accept-Language", language)];
                let answer = checks.server.client().request("GET", &path, &headers, b"").expect_status(200);
                let answer = body(&answer);
                let member = |name: &str| {
                    let all = answer["parameter"].as_array().unwrap();
                    all.iter()
                        .find(|one| one["name"] == name)
                        .unwrap_or_else(|| panic!("{code}: {answer}"))
                        .clone()
                };
                assert_eq!(member("result")["valueBoolean"], *result, "{code}");
                assert_eq!(text(&member("message")["valueString"]), *words, "{code}");
            }
        }
    });
}
