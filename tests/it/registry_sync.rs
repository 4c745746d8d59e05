//! A server with a population registry: whose a citizen number is, `$registry-lookup`, field authority
//! (`docs/registry-sync.md`, sections 2 to 4).

use std::thread;

use serde_json::{Value, json};
use test_support::{Response, TestDatabase, TestServer};

use crate::registry_simulator::Simulator;
use crate::sharing::facility;
use crate::sharing_gate::staff;
use crate::support::bodies::{bundle, entry_with};
use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, matches, start, value};

pub const SYSTEM: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
/// The name of the same system in the other guide.
const OTHER: &str = "http://fhir.ehealth.gov.vn/core/sid/national_id";

fn server(database: &TestDatabase, simulator: &Simulator) -> TestServer {
    start(database, &["--registry", &simulator.base])
}

pub fn question(system: &str, number: &str, birth_date: &str) -> String {
    json!({"resourceType": "Parameters", "parameter": [
        {"name": "identifier", "valueIdentifier": {"system": system, "value": number}},
        {"name": "birthDate", "valueDate": birth_date},
    ]})
    .to_string()
}

fn look_up(caller: &Caller<'_>, number: &str, birth_date: &str) -> Response {
    caller.send("POST", "/fhir/Patient/$registry-lookup", &question(SYSTEM, number, birth_date))
}

fn person(system: &str, number: &str) -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": system, "value": number}]})
}

fn code(issue: &Value) -> &Value {
    &issue["details"]["coding"][0]["code"]
}

pub fn tags(patient: &Value) -> Vec<&str> {
    let tags = patient["meta"]["tag"].as_array().unwrap().iter();
    tags.filter(|tag| tag["system"] == "urn:healthbook:verification")
        .map(|tag| tag["code"].as_str().unwrap())
        .collect()
}

pub fn part<'v>(patient: &'v Value, name: &str) -> Option<&'v Value> {
    let extensions = patient["extension"].as_array()?;
    let registry = extensions.iter().find(|it| it["url"] == "urn:healthbook:registry")?;
    registry["extension"].as_array()?.iter().find(|it| it["url"] == name)
}

#[test]
fn of_twenty_who_look_one_person_up_one_makes_the_patient() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(1);
    let (number, birth_date, _) = &sample[0];
    for database in TestDatabase::each() {
        let server = server(&database, &simulator);
        let ids: Vec<String> = thread::scope(|scope| {
            let asking: Vec<_> = (0..20)
                .map(|_| {
                    scope.spawn(|| {
                        let caller = Caller::unlimited(&server);
                        let answer = look_up(&caller, number.as_str(), &birth_date.to_string());
                        body(&answer.expect_status(200))["id"].as_str().unwrap().to_owned()
                    })
                })
                .collect();
            asking.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let found = Caller::unlimited(&server)
            .read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{}", number.as_str()));
        assert_eq!(matches(&found).len(), 1);
        let patient = &matches(&found)[0];
        assert_eq!(patient["birthDate"], birth_date.to_string());
        assert_eq!(patient["meta"]["versionId"], "1", "the same answer is not written again");
        assert_eq!(tags(patient), ["verified"]);
        assert_eq!(part(patient, "source").unwrap()["valueCode"], "population-registry");
        assert_eq!(part(patient, "version").unwrap()["valueUnsignedInt"], 0);
        assert!(part(patient, "verifiedAt").unwrap()["valueInstant"].is_string());
    }
}

#[test]
fn nobody_and_another_birth_date_are_answered_alike_and_an_outage_by_what_is_known() {
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&[]);
        let sample = simulator.sample(2);
        let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let known = body(&look_up(&caller, number, &birth_date).expect_status(200));
        assert!(known.get("address").is_none(), "identity only");
        let nobody = look_up(&caller, "099900000000", "1990-01-01");
        let other = look_up(&caller, number, "1901-01-01");
        assert_eq!((nobody.status, other.status), (404, 404));
        assert_eq!(nobody.text(), other.text());
        for (system, number, birth_date) in
            [("urn:x", number, "1990-01-01"), (SYSTEM, "0990", "1990-01-01"), (SYSTEM, number, "1990-13")]
        {
            let asked = question(system, number, birth_date);
            let answer = caller.send("POST", "/fhir/Patient/$registry-lookup", &asked);
            assert_eq!(answer.status, 400, "{}", answer.text());
        }
        drop(simulator);
        let stale = body(&look_up(&caller, number, &birth_date).expect_status(200));
        assert_eq!(tags(&stale), ["verified", "stale"]);
        assert!(part(&stale, "age").unwrap()["valueUnsignedInt"].is_u64());
        assert_eq!((&stale["id"], &stale["name"]), (&known["id"], &known["name"]));
        let unknown = [(number, "1901-01-01"), (sample[1].0.as_str(), "1990-01-01")];
        for (number, birth_date) in unknown {
            let answer = look_up(&caller, number, birth_date);
            assert!(answer.header("Retry-After").is_some());
            let issue = expect_refusal("down", &answer, 503);
            assert_eq!(code(&issue), "registry-unavailable");
        }
        let read = format!("/fhir/Patient/{}", known["id"].as_str().unwrap());
        let _ = caller.get(&read).expect_status(200);
    }
}

#[test]
fn a_citizen_number_comes_into_the_book_by_the_registry_only() {
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&[]);
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let provisional = json!({"resourceType": "Patient", "id": "p", "name": [{"text": "Hoa"}]});
        let _ = caller.send("PUT", "/fhir/Patient/p", &provisional.to_string()).expect_status(201);
        for system in [SYSTEM, OTHER] {
            let new = person(system, "099190000099");
            let text = new.to_string();
            let mut put = new.clone();
            put["id"] = json!("absent");
            let mut instead = new.clone();
            instead["id"] = json!("p");
            let in_bundle = bundle("transaction", &[entry_with("POST", "Patient", &text)]);
            let patch = json!([{"op": "add", "path": "/identifier", "value": new["identifier"]}]).to_string();
            let json_patch = [("Content-Type", "application/json-patch+json")];
            let answers = [
                caller.send("POST", "/fhir/Patient", &text),
                caller.send("PUT", "/fhir/Patient/absent", &put.to_string()),
                caller.send("PUT", "/fhir/Patient/p", &instead.to_string()),
                caller.send("PUT", "/fhir/Patient?name=Nobody", &text),
                caller.send_with("POST", "/fhir/Patient", &[("If-None-Exist", "name=Nobody")], &text),
                caller.send("POST", "/fhir", &in_bundle),
                server.client().request("PATCH", "/fhir/Patient/p", &json_patch, patch.as_bytes()),
            ];
            for (place, answer) in answers.iter().enumerate() {
                let issue = expect_refusal(&format!("way {place}"), answer, 422);
                assert_eq!(code(&issue), "registry-owned", "way {place}");
            }
        }
        assert_eq!(
            matches(&caller.read(&format!("/fhir/Patient?identifier={SYSTEM}%7C099190000099"))).len(),
            0
        );
    }
}

#[test]
fn what_the_registry_says_nobody_else_changes() {
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&[]);
        let sample = simulator.sample(1);
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let answer = look_up(&caller, sample[0].0.as_str(), &sample[0].1.to_string()).expect_status(200);
        let path = format!("/fhir/Patient/{}", body(&answer)["id"].as_str().unwrap());
        let patient = caller.read(&path);
        let issue = expect_refusal("no version", &caller.send("PUT", &path, &patient.to_string()), 428);
        assert_eq!(code(&issue), "if-match-required");
        let json_patch = [("Content-Type", "application/json-patch+json")];
        let phone =
            json!([{"op": "add", "path": "/telecom", "value": [{"system": "phone", "value": "0900"}]}]);
        let answer = server.client().request("PATCH", &path, &json_patch, phone.to_string().as_bytes());
        let issue = expect_refusal("no version", &answer, 428);
        assert_eq!(code(&issue), "if-match-required");
        let tag = format!("W/\"{}\"", patient["meta"]["versionId"].as_str().unwrap());
        let changes = [
            ("name", json!([{"text": "Ai Khác"}])),
            ("birthDate", json!("1980-01-01")),
            ("gender", json!("other")),
            ("deceasedDateTime", json!("2020-01-01")),
            ("active", json!(false)),
            ("identifier", json!([{"system": "urn:x", "value": "1"}])),
            ("extension", json!([{"url": "urn:x", "valueString": "1"}])),
            ("address", json!([{"text": "ở đâu đó"}])),
        ];
        for (name, changed) in changes {
            let mut other = patient.clone();
            other[name] = changed;
            // All or nothing: the phone does not get in either.
            other["telecom"] = json!([{"system": "phone", "value": "0911"}]);
            let answer = caller.send_with("PUT", &path, &[("If-Match", &tag)], &other.to_string());
            let issue = expect_refusal(name, &answer, 403);
            assert_eq!(code(&issue), "field-owned", "{name}");
        }
        assert_eq!(caller.read(&path), patient);
        let headers = [json_patch[0], ("If-Match", tag.as_str())];
        let answer = server.client().request("PATCH", &path, &headers, phone.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(value(answer.text())["telecom"][0]["value"], "0900");
    }
}

#[test]
fn who_registers_people_may_look_up_and_a_citizen_may_not() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(1);
    let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
    let demo = Demo::start_with(TestDatabase::sqlite(), &["--registry", &simulator.base]);
    let registrar = staff(&demo, facility(&demo), "registrar", "TREAT");
    let patient = body(&look_up(&registrar, number, &birth_date).expect_status(200));
    // The book stays closed.
    let path = format!("/fhir/Patient/{}", patient["id"].as_str().unwrap());
    expect_refusal("the book", &registrar.get(&path), 404);
    expect_refusal("citizen", &look_up(&demo.as_citizen(0), number, &birth_date), 403);
    let text = person(SYSTEM, "099190000099").to_string();
    let issue = expect_refusal("registrar", &registrar.send("POST", "/fhir/Patient", &text), 422);
    assert_eq!(code(&issue), "registry-owned");
    let anonymous = demo.server().client().send_fhir(
        "POST",
        "/fhir/Patient/$registry-lookup",
        question(SYSTEM, number, &birth_date),
    );
    expect_refusal("nobody", &anonymous, 401);
}

#[test]
fn without_a_registry_nothing_changes() {
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let caller = Caller::unlimited(&server);
    let _ =
        caller.send("POST", "/fhir/Patient", &person(SYSTEM, "099190000099").to_string()).expect_status(201);
    expect_refusal("no registry", &look_up(&caller, "099190000099", "1990-01-01"), 404);
    assert_eq!(
        value(server.client().request("GET", "/stats", &[("Accept", "application/json")], b"").text()),
        json!({"registry": null})
    );
}
