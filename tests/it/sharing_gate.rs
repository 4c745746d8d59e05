//! What the acts open and close, seen through the gate: from the next request on. Staff tokens with roles and purposes,
//! relations as rows.

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::{act, done, facility};
use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, matches, text};

fn on_each_demo(test: impl Fn(&Demo)) {
    for database in TestDatabase::each() {
        test(&Demo::start(database));
    }
}

/// Staff of a facility.
pub fn staff<'d>(demo: &'d Demo, facility: &str, role: &str, purpose: &str) -> Caller<'d> {
    let client = text(&demo.description["clients"][0]["id"]);
    let arguments = ["--client", &client, "--facility", facility, "--role", role, "--purpose", purpose];
    Caller::new(demo.server().client(), demo.token(&arguments))
}

/// A facility and a citizen who has nothing to do with it: no visit, no home there.
pub(crate) fn strangers(demo: &Demo) -> (String, usize) {
    let facilities = demo.description["clients"].as_array().unwrap();
    for client in facilities {
        let facility = text(&client["facility"]);
        let physician = staff(demo, &facility, "physician", "TREAT");
        let sees =
            |place: &usize| physician.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200;
        if let Some(place) = (0..30).find(|place| !sees(place)) {
            return (facility, place);
        }
    }
    panic!("every facility knows everybody")
}

#[test]
fn presence_opens_at_once_and_its_end_closes_at_once() {
    on_each_demo(|demo| {
        let (facility, place) = strangers(demo);
        let (citizen, physician) = (demo.as_citizen(place), staff(demo, &facility, "physician", "TREAT"));
        let path = format!("/fhir/Patient/{}", demo.citizen(place).1);
        expect_refusal("before", &physician.get(&path), 404);
        let made = done(&citizen, "presence-codes", &json!({}), 201);
        let relation =
            done(&physician, "relations", &json!({"kind": "presence", "code": made["digits"]}), 201);
        let _ = physician.get(&path).expect_status(200);
        done(&citizen, &format!("relations/{}/end", text(&relation["id"])), &json!({}), 200);
        expect_refusal("after", &physician.get(&path), 404);
    });
}

#[test]
fn a_block_beats_presence_until_it_is_lifted() {
    on_each_demo(|demo| {
        let (facility, place) = strangers(demo);
        let (citizen, physician) = (demo.as_citizen(place), staff(demo, &facility, "physician", "TREAT"));
        let path = format!("/fhir/Patient/{}", demo.citizen(place).1);
        let made = done(&citizen, "presence-codes", &json!({}), 201);
        done(&physician, "relations", &json!({"kind": "presence", "code": made["digits"]}), 201);
        let block = done(&citizen, "blocks", &json!({"facility": facility}), 201);
        expect_refusal("blocked", &physician.get(&path), 404);
        let _ =
            citizen.send("DELETE", &format!("/access/blocks/{}", text(&block["id"])), "").expect_status(204);
        let _ = physician.get(&path).expect_status(200);
    });
}

#[test]
fn an_emergency_opens_for_its_purpose_only_and_is_told() {
    on_each_demo(|demo| {
        let (facility, place) = strangers(demo);
        let (number, patient) = demo.citizen(place);
        let path = format!("/fhir/Patient/{patient}");
        let physician = staff(demo, &facility, "physician", "TREAT");
        let request =
            json!({"citizen_number": number, "reason": "unconscious", "text": "found without consciousness"});
        let opened = done(&physician, "emergency", &request, 201);
        assert_eq!((&opened["patient"], &opened["token_purpose"]), (&json!(patient), &json!("BTG")));
        expect_refusal("purpose TREAT", &physician.get(&path), 404);
        let breaking = staff(demo, &facility, "physician", "BTG");
        let _ = breaking.get(&path).expect_status(200);
        let _ = breaking.get(&format!("/fhir/AllergyIntolerance?patient={patient}")).expect_status(200);
        // BTG sees what is vital, not all of the book.
        assert!(matches_of(&breaking, &format!("Encounter?patient={patient}")).is_empty());

        let citizen = demo.as_citizen(place);
        // That the facility was never there before may be told, too.
        let notices = matches_of(&citizen, "Communication?_sort=-sent&_count=3");
        let is_told = |notice: &Value| notice["payload"].to_string().contains("unconscious");
        assert!(notices.iter().any(is_told), "{notices:?}");
        let officer = staff(demo, &facility, "facility-officer", "HOPERAT");
        let reviews = officer.read("/access/emergency/reviews");
        assert_eq!((reviews["items"].as_array().unwrap().len(), &reviews["overdue"]), (1, &json!(0)));
        let review = format!("emergency/reviews/{}/review", text(&reviews["items"][0]["id"]));
        done(&officer, &review, &json!({"justified": true, "text": "the ward confirms it"}), 200);
        assert_eq!(officer.read("/access/emergency/reviews")["items"], json!([]));

        done(&citizen, &format!("relations/{}/end", text(&opened["id"])), &json!({}), 200);
        expect_refusal("ended by the citizen", &breaking.get(&path), 404);
        for role in ["nurse", "pharmacist", "registrar"] {
            let caller = staff(demo, &facility, role, "TREAT");
            expect_refusal(role, &act(&caller, "emergency", &request), 403);
        }
    });
}

fn matches_of(caller: &Caller<'_>, query: &str) -> Vec<Value> {
    let answer = caller.get(&format!("/fhir/{query}"));
    if answer.status == 403 { Vec::new() } else { matches(&body(&answer.expect_status(200))) }
}

#[test]
fn a_delegate_reads_what_was_entrusted_and_passes_nothing_on() {
    on_each_demo(|demo| {
        let description = &demo.description["citizens"];
        let adult = (1..30).find(|place| text(&description[*place]["birth_date"]).as_str() < "2000").unwrap();
        let (giver, taker) = (demo.as_citizen(0), demo.as_citizen(adult));
        let own = demo.citizen(0).1;
        let path = format!("/fhir/Immunization?patient={own}");
        let request = json!({
            "citizen_number": demo.citizen(adult).0, "birth_date": description[adult]["birth_date"],
            "types": ["Immunization"], "ends": "2027-01-31T00:00:00+07:00",
        });
        let id = text(&done(&giver, "delegations", &request, 201)["id"]);
        assert!(matches(&taker.read(&path)).is_empty(), "not before it is accepted");
        done(&taker, &format!("delegations/{id}/accept"), &json!({}), 200);
        assert_eq!(matches(&taker.read(&path)).len(), matches(&giver.read(&path)).len());
        assert!(matches(&taker.read(&format!("/fhir/Observation?patient={own}"))).is_empty());
        let code = act(&taker, "presence-codes", &json!({"patient": own}));
        expect_refusal("a code for the entrusted book", &code, 404);
        expect_refusal("its relations", &taker.get(&format!("/access/relations?patient={own}")), 404);
        done(&giver, &format!("delegations/{id}/end"), &json!({}), 200);
        assert!(matches(&taker.read(&path)).is_empty());
    });
}

#[test]
fn a_preview_is_what_the_facility_then_sees() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let shown = done(&citizen, "preview", &json!({"facility": facility(demo), "role": "physician"}), 200);
        let physician = staff(demo, facility(demo), "physician", "TREAT");
        for seen in shown["seen"].as_array().unwrap() {
            let kind = text(&seen["type"]);
            let parameter = if kind == "Patient" { "_id" } else { "patient" };
            let query = format!("{kind}?{parameter}={}&_count=1000", demo.citizen(0).1);
            assert_eq!(seen["count"], matches_of(&physician, &query).len(), "{kind}");
        }
    });
}

#[test]
fn a_block_is_told_to_the_facility_only_where_it_shows_a_code() {
    on_each_demo(|demo| {
        let (citizen, client) = (demo.as_citizen(0), demo.as_client());
        let block = done(&citizen, "blocks", &json!({"facility": facility(demo)}), 201);
        let made = done(&citizen, "presence-codes", &json!({}), 201);
        let redeem = |code: &Value| act(&client, "relations", &json!({"kind": "presence", "code": code}));
        expect_refusal("blocked", &redeem(&made["code"]), 409);
        assert_eq!(citizen.read("/access/blocks")["items"].as_array().unwrap().len(), 1);
        let path = format!("/access/blocks/{}", text(&block["id"]));
        expect_refusal("another's block", &demo.as_citizen(1).send("DELETE", &path, ""), 404);
        expect_refusal("a facility", &client.send("DELETE", &path, ""), 403);
        let _ = citizen.send("DELETE", &path, "").expect_status(204);
        let made = done(&citizen, "presence-codes", &json!({}), 201);
        let _ = redeem(&made["code"]).expect_status(201);
    });
}

/// What a citizen permits to a facility, by FHIR, since long ago: it holds from its own write on.
fn permission(patient: &str, organization: &str) -> Value {
    let core = "http://fhir.hl7.org.vn/core";
    let coded = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    let method = coded(&format!("{core}/CodeSystem/vn-consent-method-cs"), "other-verifiable");
    json!({"resourceType": "Consent", "status": "active",
        "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [coded(&format!("{core}/CodeSystem/vn-consent-category-cs"), "privacy")],
        "patient": {"reference": format!("Patient/{patient}")}, "dateTime": "2024-09-01T08:00:00+07:00",
        "policyRule": coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "verification": [{"verified": true, "verificationDate": "2024-09-01T08:00:00+07:00"}],
        "provision": {"type": "permit", "period": {"start": "2024-01-01", "end": "2030-12-31"},
            "extension": [{"url": format!("{core}/StructureDefinition/vn-ext-consent-method"),
                "valueCodeableConcept": method}],
            "actor": [{"role": coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "CST"),
                "reference": {"reference": organization}}]}})
}

#[test]
fn a_permission_that_begins_with_its_own_write_holds_for_the_next_request() {
    on_each_demo(|demo| {
        let (facility, place) = strangers(demo);
        let facilities = demo.description["facilities"].as_array().unwrap();
        let known = facilities.iter().find(|one| one["code"] == facility.as_str()).unwrap();
        let organization = format!("Organization/{}", text(&known["organization_id"]));
        let (citizen, physician) = (demo.as_citizen(place), staff(demo, &facility, "physician", "TREAT"));
        let patient = demo.citizen(place).1;
        let path = format!("/fhir/Patient/{patient}");
        for _ in 0..20 {
            let mut consent = permission(patient, &organization);
            let made = citizen.send("POST", "/fhir/Consent", &consent.to_string()).expect_status(201);
            let _ = physician.get(&path).expect_status(200);
            let made = crate::support::Stored::at(made.header("Location").unwrap());
            consent["id"] = made.id.clone().into();
            consent["status"] = "inactive".into();
            let _ = citizen.send("PUT", &made.path(), &consent.to_string()).expect_status(200);
            expect_refusal("after its end", &physician.get(&path), 404);
        }
    });
}
