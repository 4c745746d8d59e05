//! The book of somebody who has died: it takes what happened before, who sends that is warned, and a verified person is
//! never deleted (`docs/people.md`, section 4).

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::registry_simulator::Simulator;
use crate::registry_sync::SYSTEM;
use crate::support::bodies::{bundle, entry_with};
use crate::support::program::Caller;
use crate::support::{body, expect_refusal, start};

fn code(issue: &Value) -> &Value {
    &issue["details"]["coding"][0]["code"]
}

fn observation(patient: &str, time: Option<&str>) -> String {
    let mut observation = json!({
        "resourceType": "Observation", "status": "final", "code": {"text": "x"},
        "subject": {"reference": format!("Patient/{patient}")},
    });
    if let Some(time) = time {
        observation["effectiveDateTime"] = json!(time);
    }
    observation.to_string()
}

fn condition(patient: &str) -> String {
    json!({"resourceType": "Condition", "code": {"text": "x"}, "subject": {"reference": format!("Patient/{patient}")}})
        .to_string()
}

/// The code of the outcome of the first entry of an answer.
fn warned(answer: &Value) -> &Value {
    let issue = &answer["entry"][0]["response"]["outcome"]["issue"][0];
    assert!(issue.is_null() || issue["severity"] == "warning", "{issue}");
    code(issue)
}

#[test]
fn after_a_formal_death_the_book_takes_late_results_only() {
    let simulator = Simulator::start(&[]);
    for database in TestDatabase::each() {
        let server = start(&database, &["--registry", &simulator.base]);
        let caller = Caller::unlimited(&server);
        let dead =
            json!({"resourceType": "Patient", "id": "dead", "deceasedDateTime": "2026-03-05T10:00:00+07:00"});
        let _ = caller.send("PUT", "/fhir/Patient/dead", &dead.to_string()).expect_status(201);
        let post = |body: &str| {
            let kind = if body.contains("\"Observation\"") { "Observation" } else { "Condition" };
            caller.send("POST", &format!("/fhir/{kind}"), body)
        };
        for time in ["2026-03-04T23:00:00+07:00", "2026-03-05", "2026-02", "2025"] {
            let _ = post(&observation("dead", Some(time))).expect_status(201);
        }
        let late = [Some("2026-03-06"), Some("2027"), None].map(|time| observation("dead", time));
        for refused in late.iter().chain([&condition("dead")]) {
            let issue = expect_refusal(refused, &post(refused), 422);
            assert_eq!(code(&issue), "book-closed", "{refused}");
        }
        let good = observation("dead", Some("2026-03-01"));
        for kind in ["batch", "transaction"] {
            let sent = bundle(kind, &[entry_with("POST", "Observation", &good)]);
            let answer = body(&caller.send("POST", "/fhir", &sent).expect_status(200));
            assert_eq!(warned(&answer), "book-closed", "{kind}");
        }
        let sent = bundle("transaction", &[entry_with("POST", "Condition", &condition("dead"))]);
        let issue = expect_refusal("transaction", &caller.send("POST", "/fhir", &sent), 422);
        assert_eq!(code(&issue), "book-closed");
    }
}

#[test]
fn a_reported_death_closes_nothing_and_warns() {
    let simulator = Simulator::start(&[]);
    for database in TestDatabase::each() {
        let server = start(&database, &["--registry", &simulator.base]);
        let caller = Caller::unlimited(&server);
        let reported = [json!({"url": "urn:healthbook:reported-death", "valueDateTime": "2026-03-05"})];
        for (id, extension) in [("reported", &reported[..]), ("alive", &[])] {
            let mut person = json!({"resourceType": "Patient", "id": id, "active": true});
            if !extension.is_empty() {
                person["extension"] = json!(extension);
            }
            let _ =
                caller.send("PUT", &format!("/fhir/Patient/{id}"), &person.to_string()).expect_status(201);
            let sent = bundle("transaction", &[entry_with("POST", "Condition", &condition(id))]);
            let answer = body(&caller.send("POST", "/fhir", &sent).expect_status(200));
            let expected = if id == "reported" { json!("book-closed") } else { Value::Null };
            assert_eq!(warned(&answer), &expected, "{id}");
        }
    }
}

#[test]
fn a_verified_person_is_not_deleted_and_a_provisional_one_is() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(1);
    for database in TestDatabase::each() {
        let server = start(&database, &["--registry", &simulator.base]);
        let caller = Caller::unlimited(&server);
        let question = json!({"resourceType": "Parameters", "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": SYSTEM, "value": sample[0].0.as_str()}},
            {"name": "birthDate", "valueDate": sample[0].1.to_string()},
        ]});
        let answer = caller.send("POST", "/fhir/Patient/$registry-lookup", &question.to_string());
        let id = body(&answer.expect_status(200))["id"].as_str().unwrap().to_owned();
        let in_bundle = bundle(
            "transaction",
            &[json!({"request": {"method": "DELETE", "url": format!("Patient/{id}")}}).to_string()],
        );
        let by_number = format!("/fhir/Patient?identifier={SYSTEM}%7C{}", sample[0].0.as_str());
        let answers = [
            caller.send("DELETE", &format!("/fhir/Patient/{id}"), ""),
            caller.send("DELETE", &by_number, ""),
            caller.send("POST", "/fhir", &in_bundle),
        ];
        for (place, answer) in answers.iter().enumerate() {
            let issue = expect_refusal(&format!("way {place}"), answer, 403);
            assert_eq!(code(&issue), "field-owned", "way {place}");
        }
        let _ = caller.send("PUT", "/fhir/Patient/p", r#"{"resourceType":"Patient","id":"p","active":true}"#);
        let _ = caller.send("DELETE", "/fhir/Patient/p", "").expect_status(204);
    }
}
