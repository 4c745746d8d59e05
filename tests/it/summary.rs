//! `Patient/$summary` (docs/book.md, section 1).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::support::checks::{Checks, check_each};
use crate::support::program::{Caller, Demo};
use crate::support::{body, encode, entries, reference_to, text, value};

const NATIONAL: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-record-summary";
const IPS: &str = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips";

fn pulse(id: &str, date: &str) -> String {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": "Patient/x"}, "effectiveDateTime": date,
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}], "text": "Mạch <b>&"},
        "valueQuantity": {"value": 72, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}})
    .to_string()
}

fn condition(id: &str, status: &str) -> String {
    json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/x"}, "code": {"text": "Tăng huyết áp"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status}]}})
    .to_string()
}

fn store(checks: &Checks) {
    let patient = json!({"resourceType": "Patient", "id": "x", "gender": "female", "birthDate": "1980-02-29",
        "identifier": [{"system": "urn:test", "value": "099-1"}, {"system": "urn:test", "value": "099-both"}]});
    let other = json!({"resourceType": "Patient", "id": "y", "identifier": [{"system": "urn:test", "value": "099-both"}]});
    checks.store([patient.to_string(), other.to_string()]);
    checks.store([
        pulse("old", "2025-01-01"),
        pulse("new", "2026-01-01"),
        condition("active", "active"),
        condition("over", "resolved"),
    ]);
}

/// Section codes, each with the ids that it refers to.
fn sections(document: &Value) -> Vec<(String, Vec<String>)> {
    let of = |section: &Value| {
        let entries = section["entry"].as_array().cloned().unwrap_or_default();
        let ids =
            entries.iter().map(|entry| text(&entry["reference"]).rsplit('/').next().unwrap().to_owned());
        (text(&section["code"]["coding"][0]["code"]), ids.collect())
    };
    document["entry"][0]["resource"]["section"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn it_tells_what_is_active_and_the_latest_of_each_measurement() {
    check_each(|checks| {
        store(checks);
        let answer = checks.get("Patient/x/$summary");
        checks.equal("status", &answer.status, &200);
        let document = value(answer.text());
        checks.equal("type", &document["type"], &"document".into());
        checks.equal("composition", &document["entry"][0]["resource"]["resourceType"], &"Composition".into());
        checks.equal("patient", &document["entry"][1]["resource"]["id"], &"x".into());
        let of =
            |code: &str, ids: &[&str]| (code.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect());
        let expected = vec![
            of("48765-2", &[]),
            of("11450-4", &["active"]),
            of("10160-0", &[]),
            of("11369-6", &[]),
            of("8716-3", &["new"]),
            of("30954-2", &[]),
            of("47519-4", &[]),
        ];
        checks.equal("national", &sections(&document), &expected);
        let narrative = text(&document["entry"][0]["resource"]["section"][4]["text"]["div"]);
        checks.that(narrative.contains("Mạch &lt;b&gt;&amp;: 72 /min (01/01/2026)"), &narrative);
        let ips = value(checks.get(&format!("Patient/x/$summary?profile={IPS}")).text());
        let expected =
            vec![expected[0].clone(), expected[1].clone(), expected[2].clone(), expected[4].clone()];
        checks.equal("ips", &sections(&ips), &expected);
        for document in [&document, &ips] {
            for section in document["entry"][0]["resource"]["section"].as_array().unwrap() {
                let reason = &section["emptyReason"]["coding"][0]["code"];
                let is_empty = section["entry"].is_null();
                checks.equal("reason", reason, &if is_empty { "unavailable".into() } else { Value::Null });
            }
        }
    });
}

#[test]
fn it_is_valid() {
    check_each(|checks| {
        store(checks);
        for query in ["", NATIONAL].map(|profile| match profile {
            "" => "Patient/x/$summary".to_owned(),
            profile => format!("Patient/x/$summary?profile={profile}"),
        }) {
            let document = value(checks.get(&query).text());
            let outcome = body(&checks.server.client().send_fhir(
                "POST",
                "/fhir/Bundle/$validate",
                document.to_string(),
            ));
            let issues = outcome["issue"].as_array().cloned().unwrap_or_default();
            let errors: Vec<_> = issues
                .iter()
                .filter(|issue| issue["severity"] == "error" || issue["severity"] == "fatal")
                .collect();
            checks.that(errors.is_empty(), format!("{query}: {errors:?}"));
        }
    });
}

#[test]
fn it_is_found_by_an_identifier_and_refuses_what_it_does_not_know() {
    check_each(|checks| {
        store(checks);
        for (query, status) in [
            ("Patient/$summary?identifier=urn:test|099-1", 200),
            ("Patient/$summary?identifier=urn:test|099-nobody", 404),
            ("Patient/$summary?identifier=urn:test|099-both", 412),
            ("Patient/$summary?identifier=urn:test|099-1,urn:test|099-2", 400),
            ("Patient/$summary?identifier=urn:test|", 400),
            ("Patient/$summary", 400),
            ("Patient/nobody/$summary", 404),
            ("Patient/x/$summary?profile=urn:other", 400),
            ("Patient/x/$summary?identifier=urn:test|099-1", 400),
            ("Patient/x/$summary?colour=red", 400),
        ] {
            checks.equal(query, &checks.get(query).status, &status);
        }
        let parameters = json!({"resourceType": "Parameters", "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": "urn:test", "value": "099-1"}}]});
        let posted =
            checks.server.client().send_fhir("POST", "/fhir/Patient/$summary", parameters.to_string());
        checks.equal("posted", &posted.status, &200);
    });
}

fn shown(caller: &Caller<'_>, path: &str) -> BTreeSet<String> {
    entries(&caller.read(path)).iter().map(|entry| reference_to(&entry["resource"])).collect()
}

#[test]
fn it_shows_what_the_caller_reads_and_a_label_leaves_no_trace() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let ((number, own), (_, other)) = (demo.citizen(0), demo.citizen(1));
        let citizen = demo.as_citizen(0);
        let client = demo.as_client();
        for operation in ["$summary", "$timeline"] {
            let path = format!("/fhir/Patient/{own}/{operation}");
            let mut found = shown(&citizen, &path);
            assert!(found.len() > 1, "{operation} shows something");
            found.retain(|reference| !reference.starts_with("Composition/"));
            let book = citizen.resources(&format!("/fhir/Patient/{own}/$everything?_count=1000"));
            let book: BTreeSet<String> = book.iter().map(reference_to).collect();
            assert!(found.is_subset(&book), "{operation}: {found:?}");
            // Whoever may not read the book learns what they learn of nobody.
            let _ = citizen.get(&format!("/fhir/Patient/{other}/{operation}")).expect_status(404);
            let _ = citizen.get(&format!("/fhir/Patient/nobody/{operation}")).expect_status(404);
        }
        let system = "http://fhir.hl7.org.vn/core/sid/cccd";
        let by_number =
            format!("/fhir/Patient/$summary?identifier={}", encode(&format!("{system}|{number}")));
        assert!(shown(&citizen, &by_number).contains(&format!("Patient/{own}")));
        // A finding that the facility may not see changes nothing of what it is told.
        let known = (0..30)
            .map(|index| demo.citizen(index).1)
            .find(|id| client.get(&format!("/fhir/Patient/{id}/$summary")).status == 200)
            .expect("the facility knows somebody");
        let paths = ["$summary", "$timeline"].map(|operation| format!("/fhir/Patient/{known}/{operation}"));
        let told = || {
            paths.each_ref().map(|path| {
                shown(&client, path)
                    .into_iter()
                    .filter(|it| !it.starts_with("Composition/"))
                    .collect::<Vec<_>>()
            })
        };
        let before = told();
        let hidden = json!({"resourceType": "Condition", "subject": {"reference": format!("Patient/{known}")}, "recordedDate": "2026-01-01",
            "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}]}, "code": {"text": "099"},
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}});
        let written = all.send("POST", "/fhir/Condition", &hidden.to_string()).expect_status(201);
        let id = written
            .header("location")
            .unwrap()
            .split("/_history")
            .next()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        let _ = client.get(&format!("/fhir/Condition/{id}")).expect_status(404);
        assert_eq!(told(), before);
        for path in &paths {
            assert!(shown(&all, path).contains(&format!("Condition/{id}")), "{path}");
        }
    }
}
