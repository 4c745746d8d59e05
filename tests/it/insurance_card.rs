//! `CoverageEligibilityRequest/$submit`: what social insurance says of a card, in the book (`docs/insurance-card.md`).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::registry_simulator::Simulator;
use crate::registry_sync::SYSTEM;
use crate::sharing::facility;
use crate::sharing_gate::staff;
use crate::support::access_log::{signed, whole_log};
use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, start, text};

const OFFICER: [&str; 2] = ["--insurance-officer-number", "099090000009"];

fn question(patient: &str) -> Value {
    json!({
        "resourceType": "CoverageEligibilityRequest", "status": "active", "purpose": ["validation"],
        "patient": {"reference": format!("Patient/{patient}")}, "created": "2026-11-29",
        "insurer": {"display": "Bảo hiểm xã hội Việt Nam"},
    })
}

fn submit(caller: &Caller<'_>, question: &Value) -> Response {
    caller.send("POST", "/fhir/CoverageEligibilityRequest/$submit", &question.to_string())
}

fn looked_up(caller: &Caller<'_>, number: &str, birth_date: &str) -> String {
    let question = json!({"resourceType": "Parameters", "parameter": [
        {"name": "identifier", "valueIdentifier": {"system": SYSTEM, "value": number}},
        {"name": "birthDate", "valueDate": birth_date},
    ]});
    let answer = caller.send("POST", "/fhir/Patient/$registry-lookup", &question.to_string());
    text(&body(&answer.expect_status(200))["id"])
}

fn covers(caller: &Caller<'_>, answer: &Value) -> Vec<(bool, Value)> {
    let all = answer["insurance"].as_array().cloned().unwrap_or_default();
    let read = |it: &Value| caller.read(&format!("/fhir/{}", it["coverage"]["reference"].as_str().unwrap()));
    all.iter().map(|it| (it["inforce"].as_bool().unwrap(), read(it))).collect()
}

fn code(issue: &Value) -> &Value {
    &issue["details"]["coding"][0]["code"]
}

/// What the document says of the results that the simulator gives.
fn check(caller: &Caller<'_>, answer: &Value) -> String {
    let result = answer["extension"][0]["valueCoding"]["code"].as_str().unwrap().to_owned();
    assert!(answer["disposition"].as_str().unwrap().starts_with(&result), "{answer}");
    let covers = covers(caller, answer);
    let facts: Vec<_> = covers
        .iter()
        .map(|(is_in_force, it)| {
            let period = &it["period"];
            (*is_in_force, it["status"].as_str().unwrap(), period["start"].clone(), period["end"].clone())
        })
        .collect();
    let day = |text: &str| json!(text);
    match result.as_str() {
        "000" | "001" => {
            assert_eq!(facts, [(true, "active", day("2025-01-01"), day("2026-12-31"))]);
            let cover = &covers[0].1;
            let number = cover["subscriberId"].as_str().unwrap();
            assert_eq!(
                (number.len(), &cover["class"][0]["value"], &cover["class"][0]["name"]),
                (15, &json!("4"), &json!("80 %"))
            );
            assert_eq!(cover["identifier"][0]["value"], number);
            assert!(cover["extension"].to_string().contains("vn-ext-primary-care-facility"));
        }
        "003" => assert_eq!(
            facts,
            [
                (false, "cancelled", day("2025-01-01"), day("2025-12-31")),
                (true, "active", day("2026-06-01"), day("2027-12-31")),
            ]
        ),
        // Good still, and closed where the new one begins.
        "004" => assert_eq!(
            facts,
            [
                (false, "cancelled", day("2025-01-01"), day("2026-05-31")),
                (true, "active", day("2026-06-01"), day("2027-12-31")),
            ]
        ),
        "010" => assert_eq!(facts, [(false, "cancelled", day("2025-01-01"), day("2025-12-31"))]),
        "110" | "124" => assert_eq!((facts[0].0, facts[0].1), (false, "cancelled")),
        "050" => assert!(facts.is_empty()),
        other => panic!("the simulator gave {other}"),
    }
    let is_error = result == "050";
    assert_eq!(answer["outcome"], if is_error { "error" } else { "complete" });
    assert_eq!(
        answer["error"][0]["code"]["coding"][0]["code"],
        if is_error { json!("050") } else { Value::Null }
    );
    result
}

#[test]
fn what_social_insurance_says_is_in_the_book_and_stands_in_when_it_is_silent() {
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&[]);
        let sample = simulator.sample(41);
        let server = start(&database, &["--registry", &simulator.base, OFFICER[0], OFFICER[1]]);
        let caller = Caller::unlimited(&server);
        let mut seen = BTreeSet::new();
        let mut last = String::new();
        for (number, birth_date, _) in &sample[..40] {
            last = looked_up(&caller, number.as_str(), &birth_date.to_string());
            let answer = body(&submit(&caller, &question(&last)).expect_status(200));
            seen.insert(check(&caller, &answer));
            // Asked again, the answer is a new one and the cards stay as they are.
            let again = body(&submit(&caller, &question(&last)).expect_status(200));
            assert_ne!(answer["id"], again["id"]);
            for (_, cover) in covers(&caller, &again) {
                assert_eq!(cover["meta"]["versionId"], "1");
            }
        }
        assert!(["000", "001", "004"].iter().all(|code| seen.contains(*code)), "{seen:?}");
        let unasked = looked_up(&caller, sample[40].0.as_str(), &sample[40].1.to_string());
        let known = body(&submit(&caller, &question(&last)).expect_status(200));
        drop(simulator);
        let stale = body(&submit(&caller, &question(&last)).expect_status(200));
        assert_eq!(stale["id"], known["id"]);
        assert_eq!(stale["meta"]["tag"][0]["code"], "stale");
        assert!(stale["extension"][1]["valueUnsignedInt"].is_u64(), "{stale}");
        let silent = submit(&caller, &question(&unasked));
        assert!(silent.header("Retry-After").is_some());
        assert_eq!(code(&expect_refusal("silent", &silent, 503)), "registry-unavailable");
    }
}

#[test]
fn a_question_that_cannot_be_asked_is_refused() {
    let simulator = Simulator::start(&[]);
    for database in TestDatabase::each() {
        let server = start(&database, &["--registry", &simulator.base, OFFICER[0], OFFICER[1]]);
        let caller = Caller::unlimited(&server);
        let person =
            json!({"resourceType": "Patient", "id": "p", "name": [{"text": "A"}], "birthDate": "1990-01-01"});
        let _ = caller.send("PUT", "/fhir/Patient/p", &person.to_string()).expect_status(201);
        let with = |card: Value| {
            let mut question = question("p");
            question["insurance"] = json!([{"coverage": card}]);
            question
        };
        let number = |number: &str| {
            with(json!({"identifier": {"system": "http://fhir.hl7.org.vn/core/sid/bhyt", "value": number}}))
        };
        for bad in [
            json!({"resourceType": "Patient"}),
            json!({"resourceType": "Parameters"}),
            json!({"resourceType": "CoverageEligibilityRequest"}),
            question("p"),
            number("GD49909900000"),
            number("gd4990990000011"),
            with(json!({"reference": "#absent"})),
            with(json!({"reference": "Coverage/absent"})),
        ] {
            let answer = submit(&caller, &bad);
            assert_eq!(answer.status, 400, "{bad}: {}", answer.text());
        }
        expect_refusal("nobody", &submit(&caller, &question("absent")), 404);
        let answer = body(&submit(&caller, &number("GD4999900000001")).expect_status(200));
        assert_eq!(answer["outcome"], "error");
        let contained = json!({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {
            "resourceType": "CoverageEligibilityRequest", "patient": {"reference": "Patient/p"},
            "contained": [{"resourceType": "Coverage", "id": "c", "subscriberId": "9900000001"}],
            "insurance": [{"coverage": {"reference": "#c"}}],
        }}]});
        assert_eq!(body(&submit(&caller, &contained).expect_status(200))["outcome"], "error");
    }
}

#[test]
fn who_may_change_the_person_may_ask_and_it_stands_in_the_log() {
    let simulator = Simulator::start(&[]);
    let demo =
        Demo::start_with(TestDatabase::sqlite(), &["--registry", &simulator.base, OFFICER[0], OFFICER[1]]);
    let registrar = staff(&demo, facility(&demo), "registrar", "TREAT");
    let person = json!({
        "resourceType": "Patient", "name": [{"use": "temp", "text": "CB Mẫu"}], "birthDate": "2026-11-01",
        "extension": [{"url": "urn:healthbook:registration", "valueCode": "newborn"}],
        "identifier": [{"system": "urn:test:facility-number", "value": "1"}],
    });
    let own =
        text(&body(&registrar.send("POST", "/fhir/Patient", &person.to_string()).expect_status(201))["id"]);
    let mut asked = question(&own);
    asked["insurance"] = json!([{"coverage": {"identifier": {"value": "TE1990000000001"}}}]);
    let _ = submit(&registrar, &asked).expect_status(200);
    let pharmacist = staff(&demo, facility(&demo), "pharmacist", "TREAT");
    let _ = submit(&pharmacist, &asked).expect_status(403);
    let elsewhere = text(&demo.description["clients"][1]["facility"]);
    let stranger = staff(&demo, &elsewhere, "registrar", "TREAT");
    let refused = submit(&stranger, &asked).status;
    assert!(matches!(refused, 403 | 404), "{refused}");
    let anonymous = demo.server().client().send_fhir(
        "POST",
        "/fhir/CoverageEligibilityRequest/$submit",
        asked.to_string(),
    );
    expect_refusal("nobody", &anonymous, 401);
    signed(&demo);
    let entries = whole_log(&demo);
    let told = |outcome: u8, words: &str| {
        let of_outcome = entries.iter().filter(|entry| entry.outcome.number() == outcome);
        of_outcome.filter(|entry| entry.query.contains(words) && entry.patient.contains(&own)).count()
    };
    assert_eq!(told(0, "CoverageEligibilityRequest/$submit"), 1, "what was shown");
    assert_eq!(told(4, ""), 1, "what another facility's registrar was refused");
}
