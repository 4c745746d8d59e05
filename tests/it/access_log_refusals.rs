//! What is refused, and acts that write nothing, leave entries whichever route was taken; who asks learns nothing by it
//! (docs/access-log.md, section 7).

use audit_log::{Action, Outcome};
use serde_json::{Value, json};

use crate::access_log::{about, log_of, on_each_demo, open_and_closed, refused, resources, with_query};
use crate::sharing::facility;
use crate::sharing_gate::staff;
use crate::support::access_log::{new_number, signed, whole_log};
use crate::support::program::{Caller, Demo};
use crate::support::{text, value};

/// People whom the first client system does not see.
fn hidden(demo: &Demo) -> [usize; 2] {
    let client = demo.as_client();
    let is_hidden =
        |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status != 200;
    let all: Vec<usize> = (0..30).filter(is_hidden).take(2).collect();
    [all[0], all[1]]
}

/// What of the own book was refused to others: code and resource, the newest first.
fn refusals(citizen: &Caller<'_>) -> Vec<(String, String)> {
    let log = log_of(citizen);
    let of = |event: &&Value| (text(&event["subtype"][0]["code"]), resources(event)[0].clone());
    refused(&log).iter().map(of).collect()
}

#[test]
fn whoever_is_refused_stands_in_the_book_whichever_route_it_was() {
    on_each_demo(|demo| {
        let [one, other] = hidden(demo);
        let (victim, client, id) = (demo.as_citizen(one), demo.as_client(), demo.citizen(one).1);
        let patient = format!("Patient/{id}");
        for (method, path, code) in [
            ("GET", format!("{patient}/$summary"), "operation"),
            ("POST", format!("{patient}/$summary"), "operation"),
            ("PUT", format!("{patient}/$summary"), "update"),
            ("GET", format!("{patient}/$timeline"), "operation"),
            ("GET", format!("{patient}/$everything"), "operation"),
            ("POST", format!("{patient}/$registry-lookup"), "operation"),
            ("GET", format!("{patient}/$no-such-operation"), "operation"),
            ("GET", format!("{patient}/_history"), "history"),
            ("GET", patient.clone(), "read"),
            // Letters as their numbers.
            ("GET", format!("P%61tient/{id}"), "read"),
            ("GET", format!("{patient}/%24summary"), "operation"),
        ] {
            let before = refusals(&victim).len();
            let parameters = r#"{"resourceType":"Parameters"}"#;
            let body = if method == "GET" { "" } else { parameters };
            let status = client.send(method, &format!("/fhir/{path}"), body).status;
            assert!([403, 404, 405].contains(&status), "{method} {path}: {status}");
            let after = refusals(&victim);
            assert_eq!(after.len(), before + 1, "{method} {path}: {status}");
            assert_eq!(after[0], (code.to_owned(), patient.clone()), "{method} {path}");
        }
        // A letter as its number leads into the acts, too.
        let before = refusals(&victim).len();
        assert_eq!(demo.as_citizen(other).get(&format!("/acc%65ss/relations?patient={id}")).status, 404);
        assert_eq!(refusals(&victim).len(), before + 1);
    });
}

#[test]
fn who_is_named_in_the_body_only_is_told_too_and_once() {
    on_each_demo(|demo| {
        let [one, other] = hidden(demo);
        let registrar = demo.as_staff("registrar");
        let (first, second) = (demo.as_citizen(one), demo.as_citizen(other));
        let name = |place: usize| format!("Patient/{}", demo.citizen(place).1);
        let before = (refusals(&first).len(), refusals(&second).len());
        for (number, operation) in ["$link", "$unlink"].into_iter().enumerate() {
            let with = json!({"resourceType": "Parameters", "parameter": [
                {"name": "other", "valueReference": {"reference": name(other)}}]});
            let path = format!("/fhir/{}/{operation}", name(one));
            let status = registrar.send("POST", &path, &with.to_string()).status;
            assert!([403, 404].contains(&status), "{operation}: {status}");
            for (citizen, before, place) in [(&first, before.0, one), (&second, before.1, other)] {
                let after = refusals(citizen);
                assert_eq!(after.len(), before + number + 1, "{operation}");
                assert_eq!(after[0], ("operation".to_owned(), name(place)), "{operation}");
            }
        }
    });
}

#[test]
fn a_refusal_about_nobody_names_who_asked() {
    on_each_demo(|demo| {
        let pharmacist = demo.as_staff("pharmacist");
        let numbers = ["Patient/$match", "CoverageEligibilityRequest/$submit"].map(|path| {
            let number = new_number();
            let (text, question) = (number.to_string(), r#"{"resourceType":"Parameters"}"#);
            let headers = [("X-Request-Id", text.as_str())];
            let status = pharmacist.send_with("POST", &format!("/fhir/{path}"), &headers, question).status;
            assert_eq!(status, 403, "{path}");
            number
        });
        signed(demo);
        let log = whole_log(demo);
        for number in numbers {
            let left: Vec<_> = log.iter().filter(|entry| entry.request == number).collect();
            assert_eq!(left.len(), 1, "{left:?}");
            assert_eq!((left[0].action, left[0].outcome), (Action::Operation, Outcome::Refused));
            assert!(left[0].organization.starts_with("Organization/") && left[0].patient.is_empty());
        }
    });
}

/// Entries of the own book at a place: code and outcome, the newest first.
fn ways(citizen: &Caller<'_>, place: &str) -> Vec<(String, String)> {
    let own = |entity: &Value| entity["description"] == place || entity["name"] == place;
    let is_there = |event: &Value| event["entity"].as_array().unwrap().iter().any(own);
    let log = log_of(citizen).into_iter().filter(is_there);
    log.map(|event| (text(&event["subtype"][0]["code"]), text(&event["outcome"]))).collect()
}

/// A draft that closes the own book to everybody.
fn draft(patient: &str) -> Value {
    let coding = |system: &str, code: &str| json!([{"coding": [{"system": system, "code": code}]}]);
    json!({
        "resourceType": "Consent", "status": "active", "patient": {"reference": patient},
        "scope": coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")[0],
        "category": coding("http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-category-cs", "privacy"),
        "policyRule": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTOUT")[0],
        "dateTime": "2026-11-29T00:00:00+07:00",
        "provision": {"type": "deny", "period":
            {"start": "2026-11-29T00:00:00+07:00", "end": "2027-11-29T00:00:00+07:00"}},
    })
}

#[test]
fn an_act_that_writes_no_resource_leaves_an_entry() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let own = format!("Patient/{}", demo.citizen(0).1);
        let entry = |code: &str| (code.to_owned(), "0".to_owned());

        assert_eq!(citizen.send("POST", "/access/presence-codes", "{}").status, 201);
        assert_eq!(ways(&citizen, "access/presence-codes"), [entry("sharing")]);

        let path = "access/notices/preferences";
        assert_eq!(citizen.send("PUT", &format!("/{path}"), r#"{"off": ["night"]}"#).status, 200);
        assert_eq!(ways(&citizen, path), [entry("sharing")]);
        citizen.read(&format!("/{path}"));
        assert_eq!(ways(&citizen, path), [entry("operation"), entry("sharing")], "the newest first");
        // What changed nothing is no act.
        assert_eq!(citizen.send("PUT", &format!("/{path}"), r#"{"off": ["emergency-access"]}"#).status, 422);
        assert_eq!(ways(&citizen, path).len(), 2);

        let answer = citizen.send("POST", "/access/effects", &draft(&own).to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(ways(&citizen, "access/effects"), [entry("operation")]);
    });
}

#[test]
fn who_reads_the_patterns_of_a_facility_is_named() {
    on_each_demo(|demo| {
        let officer = staff(demo, facility(demo), "facility-officer", "HOPERAT");
        officer.read("/access/notices/patterns");
        let log = log_of(&officer);
        let asked = with_query(&log, "access/notices/patterns");
        assert_eq!(asked.len(), 1, "{log:?}");
        assert_eq!(asked[0]["subtype"][0]["code"], "operation");
        assert!(resources(asked[0]).is_empty(), "nobody's book: {}", asked[0]);
    });
}

#[test]
fn what_is_wrong_with_a_request_does_not_tell_what_is_there() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (client, victim) = (demo.as_client(), demo.as_citizen(closed));
        let before = refusals(&victim).len();
        let names = [demo.citizen(open).1, demo.citizen(closed).1, "nobody"];
        for (path, header) in [
            ("", Some("If-None-Match")),
            ("/_history/1", Some("If-None-Match")),
            ("?_summary=count", None),
            ("?_summary=perhaps", None),
            ("/_history/1?_summary=count", None),
            ("/$timeline?_page=broken", None),
            ("/$timeline?_count=many", None),
            ("/$everything?_count=many", None),
            ("/_history?_count=many", None),
        ] {
            let headers: Vec<(&str, &str)> = header.into_iter().map(|name| (name, "broken")).collect();
            let answers = names.map(|id| {
                let answer = client.send_with("GET", &format!("/fhir/Patient/{id}{path}"), &headers, "");
                (answer.status, value(answer.text())["issue"].clone())
            });
            assert_eq!(answers[0].0, 400, "{path} {header:?}: {}", answers[0].1);
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{path} {header:?}: {answers:?}");
        }
        assert_eq!(refusals(&victim).len(), before, "nothing was told");
    });
}

#[test]
fn who_asks_whether_something_can_be_deleted_is_told_whether_it_is_there() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let client = demo.as_client();
        let ask = |id: &str| client.send("POST", &format!("/fhir/Patient/{id}/$validate?mode=delete"), "");
        let name = |place: usize| format!("Patient/{}", demo.citizen(place).1);

        let (citizen, patient) = (demo.as_citizen(open), name(open));
        let before = about(&log_of(&citizen), "operation", &patient).len();
        assert_eq!(ask(demo.citizen(open).1).status, 200);
        let log = log_of(&citizen);
        let asked = about(&log, "operation", &patient);
        assert_eq!(asked.len(), before + 1, "{log:?}");
        assert_eq!(asked[0]["outcome"], "0");

        let victim = demo.as_citizen(closed);
        let before = refusals(&victim).len();
        let (there, missing) = (ask(demo.citizen(closed).1), ask("nobody"));
        assert_eq!((there.status, there.text()), (missing.status, missing.text()));
        let after = refusals(&victim);
        assert_eq!(after.len(), before + 1);
        assert_eq!(after[0], ("operation".to_owned(), name(closed)));
    });
}

#[test]
fn the_number_of_an_answer_is_that_of_its_entries() {
    on_each_demo(|demo| {
        let (citizen, path) = (demo.as_citizen(0), format!("/fhir/Patient/{}", demo.citizen(0).1));
        let own = new_number();
        let upper = own.to_string().to_uppercase();
        let numbers = [None, Some("order-17"), Some(upper.as_str())].map(|sent| {
            let headers: Vec<(&str, &str)> = sent.into_iter().map(|sent| ("X-Request-Id", sent)).collect();
            let answer = citizen.send_with("GET", &path, &headers, "").expect_status(200);
            answer.header("X-Request-Id").unwrap().parse::<uuid::Uuid>().expect("a UUID")
        });
        assert_eq!(numbers[2], own);
        signed(demo);
        let log = whole_log(demo);
        for number in numbers {
            let left: Vec<_> = log.iter().filter(|entry| entry.request == number).collect();
            assert_eq!(left.len(), 1, "{number}: {left:?}");
            assert_eq!((left[0].action, left[0].shown), (Action::Read, 1));
        }
    });
}
