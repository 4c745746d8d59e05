//! Only the act makes a delegation: evidence, limits and the other's acceptance are part of it (`docs/access.md` section 3,
//! `docs/sharing.md` section 5).

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::{act, done};
use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, text};

/// A delegation as a citizen would write it by FHIR.
fn written(giver: &str, taker: &str, status: &str) -> Value {
    json!({
        "resourceType": "Consent", "status": status, "patient": {"reference": format!("Patient/{giver}")},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [
            {"coding": [{"system": "http://loinc.org", "code": "59284-0"}]},
            {"coding": [{"system": "urn:healthbook:relation", "code": "delegation"}]},
        ],
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]},
        "dateTime": "2026-01-01",
        "provision": {"type": "permit", "period": {"end": "2099-12-31"},
            "actor": [{"role": {"text": "x"}, "reference": {"reference": format!("Patient/{taker}")}}]},
    })
}

fn delegations(caller: &Caller<'_>) -> Vec<Value> {
    caller.read("/access/delegations")["items"].as_array().unwrap().clone()
}

#[test]
fn what_a_citizen_writes_by_fhir_entrusts_nothing_and_cannot_be_accepted() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (giver, taker) = (demo.as_citizen(0), demo.as_citizen(1));
        let (own, other) = (demo.citizen(0).1, demo.citizen(1).1);
        let path = format!("/fhir/Patient/{own}");
        for status in ["active", "proposed"] {
            let consent = written(own, other, status).to_string();
            let stored = body(&giver.send("POST", "/fhir/Consent", &consent).expect_status(201));
            let id = text(&stored["id"]);
            expect_refusal(status, &taker.get(&path), 404);
            expect_refusal(status, &act(&taker, &format!("delegations/{id}/accept"), &json!({})), 404);
            expect_refusal(status, &taker.get(&path), 404);
            assert!(delegations(&giver).is_empty() && delegations(&taker).is_empty(), "{status}");
            // What is the citizen's own word may be taken back by FHIR.
            let mut ended = stored.clone();
            ended["status"] = "inactive".into();
            let _ = giver.send("PUT", &format!("/fhir/Consent/{id}"), &ended.to_string()).expect_status(200);
        }
    }
}

#[test]
fn a_delegation_that_was_accepted_is_narrowed_and_ended_by_the_giver() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let citizens = demo.description["citizens"].as_array().unwrap();
        let adult = (1..citizens.len()).find(|place| text(&citizens[*place]["birth_date"]).as_str() < "2000");
        let adult = adult.expect("somebody of the demo is of age");
        let (giver, taker) = (demo.as_citizen(0), demo.as_citizen(adult));
        let (own, number, birth) = (demo.citizen(0).1, demo.citizen(adult).0, &citizens[adult]["birth_date"]);
        let path = format!("/fhir/Patient/{own}");
        let ends = in_days(100);
        let request = json!({"citizen_number": number, "birth_date": birth, "ends": ends});
        let made = done(&giver, "delegations", &request, 201);
        let id = text(&made["id"]);
        expect_refusal("not accepted", &taker.get(&path), 404);
        done(&taker, &format!("delegations/{id}/accept"), &json!({}), 200);
        let _ = taker.get(&path).expect_status(200);
        // The server's word is nobody else's to change.
        let consent = giver.read(&format!("/fhir/Consent/{id}"));
        let changed = giver.send("PUT", &format!("/fhir/Consent/{id}"), &consent.to_string());
        expect_refusal("by FHIR", &changed, 403);
        let relation = format!("relations/delegation.Consent.{id}");
        let earlier = json!({"ends": in_days(10)});
        done(&giver, &format!("{relation}/shorten"), &earlier, 200);
        let _ = taker.get(&path).expect_status(200);
        expect_refusal("longer", &act(&giver, &format!("{relation}/extend"), &json!({"ends": ends})), 422);
        done(&giver, &format!("delegations/{id}/end"), &json!({}), 200);
        expect_refusal("ended", &taker.get(&path), 404);
    }
}

/// Noon of a day that comes so many days from now: days of the Gregorian calendar, counted from 1 March of the year 0.
pub fn in_days(days: u64) -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let day = since_1970 + days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month, over) = (day - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1, month / 10);
    format!("{:04}-{month:02}-{day:02}T12:00:00Z", era * 400 + year + over)
}
