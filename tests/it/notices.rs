//! Who looks into a book for the first time, or in an unusual way, is told to its citizen (docs/notices.md).

use std::time::Duration;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::support::expect_refusal;
use crate::support::program::{Caller, Demo};

/// The notices in a book with their codes.
fn notices(citizen: &Caller<'_>) -> Vec<(String, Value)> {
    let coded = |notice: Value| {
        (notice["topic"]["coding"][0]["code"].as_str().unwrap_or_default().to_owned(), notice)
    };
    citizen.resources("/fhir/Communication?_count=100").into_iter().map(coded).collect()
}

fn count(citizen: &Caller<'_>, code: &str) -> usize {
    notices(citizen).iter().filter(|(found, _)| found == code).count()
}

/// Waits until there are so many notices.
#[track_caller]
fn wait(citizen: &Caller<'_>, code: &str, wanted: usize) {
    for _ in 0..120 {
        if count(citizen, code) >= wanted {
            break;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    assert_eq!(count(citizen, code), wanted, "{code}");
}

/// Waits until everything that was read before is judged: a reading of a book that is new to the facility.
#[track_caller]
fn settle(demo: &Demo, place: usize) {
    let client = demo.as_client();
    let own = demo.as_citizen(place);
    client.read(&format!("/fhir/Patient/{}", demo.citizen(place).1));
    wait(&own, "new-facility", 1);
}

/// People whom the first client system reads. Asking whether somebody is one of them is an access.
fn open(demo: &Demo) -> Vec<usize> {
    let client = demo.as_client();
    (0..30)
        .filter(|place| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200)
        .collect()
}

fn metric(demo: &Demo, name: &str) -> Option<f64> {
    let text = demo.server().client().request("GET", "/metrics", &[], b"").text().to_owned();
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_first_access_is_told_and_a_second_is_not() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let citizen = demo.as_citizen(0);
        let patient = demo.citizen(0).1;
        let client = demo.as_client();
        let made = citizen.send("POST", "/access/presence-codes", "{}");
        let made: Value = serde_json::from_str(made.expect_status(201).text()).unwrap();
        let request = json!({"kind": "presence", "code": made["digits"]}).to_string();
        assert_eq!(client.send("POST", "/access/relations", &request).status, 201);
        client.read(&format!("/fhir/Patient/{patient}"));
        wait(&citizen, "new-facility", 1);
        let (_, notice) = notices(&citizen).into_iter().find(|(code, _)| code == "new-facility").unwrap();
        let about = notice["about"][0]["reference"].as_str().unwrap();
        let event = citizen.read(&format!("/fhir/{about}"));
        assert_eq!(event["resourceType"], "AuditEvent", "the citizen sees what caused it");
        for language in ["vi", "en"] {
            let has = |payload: &Value| payload["extension"][0]["valueCode"] == language;
            assert!(notice["payload"].as_array().unwrap().iter().any(has), "{language}");
        }
        client.read(&format!("/fhir/Patient/{patient}"));
        // Until what came after it is told.
        let others = open(&demo);
        let last = *others.iter().rev().find(|place| **place != 0).expect("the facility has another patient");
        settle(&demo, last);
        assert_eq!(count(&citizen, "new-facility"), 1);
        assert!(metric(&demo, "healthbook_notices_total{rule=\"new-facility\"}").unwrap() >= 2.0);
        assert!(metric(&demo, "healthbook_notice_lag_entries").is_some());
        // Nobody of a facility reads the messages of a citizen.
        let found = client.get("/fhir/Communication?_count=100");
        assert!(!found.text().contains("new-facility"));
    }
}

#[test]
fn many_books_are_told_to_the_citizens_and_to_the_officer() {
    for database in TestDatabase::each() {
        let demo = Demo::start_with(database, &["--notice-many-books", "1"]);
        let readable = open(&demo);
        assert!(readable.len() > 1, "the facility has two patients");
        let facility = demo.description["clients"][0]["facility"].as_str().unwrap();
        let client = demo.description["clients"][0]["id"].as_str().unwrap();
        let as_role = |role: &str| {
            let arguments = ["--client", client, "--facility", facility, "--role", role];
            Caller::new(demo.server().client(), demo.token(&arguments))
        };
        let physician = as_role("physician");
        for place in &readable[..2] {
            physician.read(&format!("/fhir/Patient/{}", demo.citizen(*place).1));
        }
        for place in &readable[..2] {
            wait(&demo.as_citizen(*place), "many-books", 1);
        }
        let officer = as_role("facility-officer");
        let listed = officer.read("/access/notices/patterns");
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "the system reads as many as it likes: {listed}");
        assert_eq!(items[0]["rule"], "many-books");
        assert!(items[0]["entries"][0].as_str().unwrap().starts_with("AuditEvent/log-"));
        expect_refusal("a physician", &physician.get("/access/notices/patterns"), 403);
    }
}

#[test]
fn a_citizen_says_how_notices_come() {
    let demo = Demo::start(TestDatabase::sqlite());
    let citizen = demo.as_citizen(0);
    let path = "/access/notices/preferences";
    let own = citizen.read(path);
    assert_eq!((&own["email"], &own["webhook"], &own["off"]), (&Value::Null, &Value::Null, &json!([])));
    let answer = citizen.send("PUT", path, &json!({"off": ["night"]}).to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(citizen.read(path)["off"], json!(["night"]));
    for (name, request, status) in [
        ("emergencies stay", json!({"off": ["emergency-access"]}), 422),
        ("no gateway", json!({"email": "me@example.vn"}), 422),
        ("an address inside", json!({"webhook": "https://10.0.0.1/hook"}), 422),
        ("a member that is not known", json!({"sms": "0"}), 400),
    ] {
        expect_refusal(name, &citizen.send("PUT", path, &request.to_string()), status);
    }
    expect_refusal("a system", &demo.as_client().get(path), 403);
    expect_refusal("nobody", &demo.server().client().request("GET", path, &[], b""), 401);
}
