//! What the pages of a station let staff do is what the gate lets them do, and the log of accesses has it (docs/station-pages.md,
//! docs/check-up.md, section 10).

use audit_log::{Action, Outcome};
use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::{done, facility};
use crate::station_pages::{at_work, filled, page, place_of, press, recordable, reminders};
use crate::support::access_log::{signed, whole_log};
use crate::support::browser::{Browser, Form, forms};
use crate::support::program::{Caller, Demo};
use crate::support::text;

const TREATED: &str = "/station?lang=en&people=treated&status=due";

/// Each kind that a check-up makes.
const KINDS: [&str; 6] =
    ["Composition", "Encounter", "Observation", "Condition", "FamilyMemberHistory", "DocumentReference"];

/// What a check-up is in a book.
fn written(citizen: &Caller<'_>) -> usize {
    ["Composition", "Encounter", "Observation", "Condition", "DocumentReference"]
        .iter()
        .map(|kind| citizen.resources(&format!("/fhir/{kind}?_count=200")).len())
        .sum()
}

fn form_of(browser: &mut Browser<'_>, patient: &str) -> Form {
    let shown = page(browser, &format!("/station/check-up?lang=en&patient={patient}"));
    forms(&shown).into_iter().find(|form| form.action.starts_with("/station/check-up")).unwrap()
}

#[test]
fn what_the_citizen_has_closed_is_closed_to_the_form() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let mut browser = at_work(&demo, "physician");
        let patient = recordable(&page(&mut browser, TREATED));
        let place = place_of(&demo, &patient);
        let citizen = demo.as_citizen(place);
        let form = filled(&form_of(&mut browser, &patient));
        let before = written(&citizen);
        let lift = |block: &Value| {
            let path = format!("/access/blocks/{}", text(&block["id"]));
            let _ = citizen.send("DELETE", &path, "").expect_status(204);
        };
        for kind in KINDS {
            let block = done(&citizen, "blocks", &json!({"facility": facility(&demo), "types": [kind]}), 201);
            let path = format!("/station/check-up?lang=en&patient={patient}");
            // Who is on the list because of a visit is not on it without it.
            let expected = if kind == "Encounter" { 404 } else { 403 };
            assert_eq!(browser.request("GET", &path, None).status, expected, "{kind}");
            assert_eq!(press(&mut browser, &form).status, expected, "{kind}");
            lift(&block);
        }
        assert_eq!(written(&citizen), before);
        // A label closes what carries it, and nothing else.
        let block = done(&citizen, "blocks", &json!({"facility": facility(&demo), "labels": ["PSY"]}), 201);
        let closed = form.clone().set("XML12.KET_LUAN_BENH", "F32.1");
        assert_eq!(press(&mut browser, &closed).status, 403, "what was found is closed");
        assert_eq!(written(&citizen), before);
        let open = form.clone().set("XML12.KET_LUAN_BENH", "I10");
        let _ = press(&mut browser, &open).expect_status(200);
        assert!(written(&citizen) > before);
        lift(&block);
        // What was asked to be shown, and what was to be recorded: each for itself.
        signed(&demo);
        let log = whole_log(&demo);
        let refused = |action: Action| {
            let is_meant = |entry: &&audit_log::Entry<'static>| {
                entry.patient.to_string() == format!("Patient/{patient}")
                    && entry.outcome == Outcome::Refused
                    && entry.action == action
            };
            log.iter().filter(is_meant).count()
        };
        assert_eq!(refused(Action::Read), KINDS.len(), "the page, for each kind");
        assert_eq!(refused(Action::Create), KINDS.len() + 1, "the form, for each kind and for the label");
    }
}

#[test]
fn what_another_book_of_the_person_has_closed_is_closed_to_the_form() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let mut browser = at_work(&demo, "physician");
        let patient = recordable(&page(&mut browser, TREATED));
        let form = filled(&form_of(&mut browser, &patient));
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let other =
            json!({"resourceType": "Patient", "id": "other", "active": true, "name": [{"text": "x"}]});
        let _ = all.send("PUT", "/fhir/Patient/other", &other.to_string()).expect_status(201);
        let code = facility(&demo);
        let organizations = demo.description["facilities"].as_array().unwrap();
        let organization = organizations.iter().find(|it| it["code"] == code).unwrap();
        let closed = block("other", &text(&organization["organization_id"]), "Composition");
        let _ = all.send("PUT", "/fhir/Consent/closed", &closed.to_string()).expect_status(201);
        let _ = form_of(&mut browser, &patient);
        let joined = json!({"resourceType": "Parameters", "parameter": [
            {"name": "other", "valueReference": {"reference": "Patient/other"}}]});
        let _ = all
            .send("POST", &format!("/fhir/Patient/{patient}/$link"), &joined.to_string())
            .expect_status(200);
        assert_eq!(press(&mut browser, &form).status, 403, "the same person");
    }
}

/// A block of one kind for a facility.
pub fn block(patient: &str, organization: &str, kind: &str) -> Value {
    let coding = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    json!({
        "resourceType": "Consent", "id": "closed", "status": "active",
        "scope": coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [coding("urn:healthbook:relation", "block")],
        "patient": {"reference": format!("Patient/{patient}")},
        "policyRule": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTOUT"),
        "provision": {"type": "deny",
            "class": [{"system": "http://hl7.org/fhir/resource-types", "code": kind}],
            "actor": [{
                "role": coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PRCP"),
                "reference": {"reference": format!("Organization/{organization}")},
            }]},
    })
}

#[test]
fn what_a_page_tells_of_a_book_stands_in_its_log() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let mut browser = at_work(&demo, "physician");
        let list = page(&mut browser, "/station?lang=en&people=treated");
        let (patient, form) = reminders(&list).into_iter().next().expect("somebody is due");
        let book = format!("Patient/{patient}");
        let logged = || {
            signed(&demo);
            whole_log(&demo)
        };
        let of_book = |log: &[audit_log::Entry<'static>], query: &str| {
            let is_meant = |entry: &&audit_log::Entry<'static>| {
                entry.patient.to_string() == book
                    && entry.action.number() == 6
                    && entry.query.to_string() == query
            };
            log.iter().filter(is_meant).count()
        };
        // The list itself, before anything else is done.
        let organizations = demo.description["facilities"].as_array().unwrap();
        let own = organizations.iter().find(|it| it["code"] == facility(&demo)).unwrap();
        let place = format!("Organization/{}/$check-up-due?people", text(&own["organization_id"]));
        assert!(of_book(&logged(), &place) >= 1, "as over FHIR");
        let sent = press(&mut browser, &form).expect_status(200);
        assert!(sent.text().contains("The reminder is in the book"), "{}", sent.text());
        let again = press(&mut browser, &form).expect_status(200);
        assert!(again.text().contains("within the last thirty days"), "{}", again.text());
        // Who was examined this year is not reminded, whatever is sent.
        let due = page(&mut browser, TREATED);
        let mut adults = due.split("/station/check-up?lang=en&amp;patient=").skip(1);
        let of_another = adults.find(|rest| !rest.starts_with(&patient)).expect("another adult");
        let done = of_another.split('"').next().unwrap().to_owned();
        let recorded = filled(&form_of(&mut browser, &done));
        let _ = press(&mut browser, &recorded).expect_status(200);
        let none = press(&mut browser, &form.clone().set("patient", &done)).expect_status(200);
        assert!(none.text().contains("This cannot be done for this person."), "{}", none.text());
        let log = logged();
        assert_eq!(
            of_book(&log, "station/remind"),
            1,
            "what is not sent tells something, what is sent is a write"
        );
        let of_done = |entry: &&audit_log::Entry<'static>| {
            entry.patient.to_string() == format!("Patient/{done}")
                && entry.query.to_string() == "station/remind"
        };
        assert_eq!(log.iter().filter(of_done).count(), 1);
    }
}

/// Full of letters that take the most room on their way.
#[test]
fn a_form_that_is_full_in_vietnamese_is_taken() {
    let demo = Demo::start(TestDatabase::sqlite());
    let mut browser = at_work(&demo, "physician");
    let patient = recordable(&page(&mut browser, TREATED));
    let shown = page(&mut browser, &format!("/station/check-up?lang=en&patient={patient}"));
    for (name, most) in [("XML10-CHIEU_CAO", 10), ("XML1-DIA_CHI", 1_024), ("XML1-LY_DO_VV", 4_000)] {
        let (_, input) = shown.split_once(&format!(" id=\"{name}\"")).expect(name);
        let input = input.split('>').next().unwrap();
        assert!(input.contains(&format!("maxlength=\"{most}\"")), "{most}: {input}");
    }
    let form = filled(&form_of(&mut browser, &patient))
        .set("XML1.LY_DO_VV", &"ệ".repeat(4_000))
        .set("XML9.TSBT_TEN_THUOC_LIEU_LUONG", &"ữ".repeat(4_000));
    let _ = press(&mut browser, &form).expect_status(200);
}

#[test]
fn a_form_without_its_token_is_refused_like_a_forged_one() {
    let demo = Demo::start(TestDatabase::sqlite());
    let mut browser = at_work(&demo, "nurse");
    for path in ["remind", "check-up", "sign-out"] {
        for body in ["patient=x", "form=&patient=x", "form=0&patient=x"] {
            let answer = browser.request("POST", &format!("/station/{path}"), Some(body));
            assert_eq!(answer.status, 403, "{path} {body}");
        }
    }
    assert_eq!(browser.request("GET", "/station", None).status, 200, "still signed in");
}

#[test]
fn who_works_for_a_facility_that_cannot_be_read_still_signs_out() {
    let demo = Demo::start(TestDatabase::sqlite());
    let mut browser = at_work(&demo, "nurse");
    let list = page(&mut browser, "/station?lang=en");
    let form = forms(&list).into_iter().find(|form| form.action.starts_with("/station/sign-out")).unwrap();
    let organizations = demo.description["facilities"].as_array().unwrap();
    let own = organizations.iter().find(|it| it["code"] == facility(&demo)).unwrap();
    let stored = demo.stored();
    let path = format!("/fhir/Organization/{}", text(&own["organization_id"]));
    let _ = Caller::unlimited(&stored).send("DELETE", &path, "").expect_status(204);
    assert_ne!(browser.request("GET", "/station?lang=en", None).status, 200);
    assert!(press(&mut browser, &form).text().contains("Sign in"));
    assert_eq!(browser.request("GET", "/station", None).status, 303);
}
