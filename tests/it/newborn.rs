//! People who are registered without a number: what they must have, and how they get the one that the registry has issued
//! under the same logical id (`docs/people.md`, sections 1 to 3).

use serde_json::{Value, json};
use test_support::{Response, TestDatabase, TestServer};

use crate::registry_simulator::Simulator;
use crate::registry_sync::SYSTEM;
use crate::sharing::facility;
use crate::sharing_gate::staff;
use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, matches, start, text};

const REGISTRATION: &str = "urn:healthbook:registration";

/// Somebody without a number; `more` is laid over it.
pub fn provisional(code: &str, more: &Value) -> Value {
    let mut person = json!({
        "resourceType": "Patient",
        "extension": [{"url": REGISTRATION, "valueCode": code}],
        "identifier": [{"system": "urn:test:facility-number", "value": "99001-17"}],
        "name": [{"use": "temp", "text": "CB Nguyễn Thị Mẫu"}],
        "gender": "unknown",
    });
    for (name, value) in more.as_object().unwrap() {
        person[name] = value.clone();
    }
    person
}

fn registered(caller: &Caller<'_>, person: &Value) -> String {
    let answer = caller.send("POST", "/fhir/Patient", &person.to_string());
    text(&body(&answer.expect_status(201))["id"])
}

fn given(caller: &Caller<'_>, id: &str, number: &str, birth_date: &str) -> Response {
    let question = json!({"resourceType": "Parameters", "parameter": [
        {"name": "identifier", "valueIdentifier": {"system": SYSTEM, "value": number}},
        {"name": "birthDate", "valueDate": birth_date},
    ]});
    caller.send("POST", &format!("/fhir/Patient/{id}/$registry-lookup"), &question.to_string())
}

fn code(issue: &Value) -> &Value {
    &issue["details"]["coding"][0]["code"]
}

fn server(database: &TestDatabase, simulator: &Simulator) -> TestServer {
    start(database, &["--registry", &simulator.base])
}

#[test]
fn a_newborn_keeps_its_id_when_the_number_comes_and_a_twin_does_not_get_it() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(2);
    let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
    for database in TestDatabase::each() {
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let born = |order: u32| json!({"birthDate": birth_date, "multipleBirthInteger": order});
        let first = registered(&caller, &provisional("newborn", &born(1)));
        let second = registered(&caller, &provisional("newborn", &born(2)));
        let answer = body(&given(&caller, &first, number, &birth_date).expect_status(200));
        assert_eq!(answer["id"], json!(first));
        let patient = caller.read(&format!("/fhir/Patient/{first}"));
        assert_eq!(patient["meta"]["versionId"], "2");
        assert_eq!(patient["name"][0]["use"], "official");
        assert_eq!(patient["identifier"][0]["value"], number);
        let systems: Vec<_> =
            patient["identifier"].as_array().unwrap().iter().map(|it| &it["system"]).collect();
        assert!(
            systems.contains(&&json!("urn:test:facility-number")),
            "what else is known stays: {systems:?}"
        );
        assert_eq!(patient["multipleBirthInteger"], 1);
        assert!(!patient["extension"].to_string().contains(REGISTRATION));
        // Asked again it changes nothing, and whoever asks by number alone finds the same person.
        let _ = given(&caller, &first, number, &birth_date).expect_status(200);
        let found = caller.read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{number}"));
        assert_eq!((matches(&found).len(), &matches(&found)[0]), (1, &patient));
        let issue = expect_refusal("twin", &given(&caller, &second, number, &birth_date), 409);
        assert_eq!(code(&issue), "person-known");
        assert_eq!(caller.read(&format!("/fhir/Patient/{second}"))["meta"]["versionId"], "1");
        // Another number for who has one.
        let other = given(&caller, &first, sample[1].0.as_str(), &sample[1].1.to_string());
        assert_eq!(code(&expect_refusal("second number", &other, 422)), "person-differs");
        expect_refusal("nobody", &given(&caller, "absent", number, &birth_date), 404);
        expect_refusal("unknown number", &given(&caller, &second, "099900000000", &birth_date), 404);
    }
}

#[test]
fn of_twins_who_ask_for_one_number_at_once_one_gets_it() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(1);
    let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
    for database in TestDatabase::each() {
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let person = provisional("newborn", &json!({"birthDate": birth_date}));
        let ids: Vec<String> = (0..6).map(|_| registered(&caller, &person)).collect();
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let (server, birth_date) = (&server, &birth_date);
            let asking: Vec<_> = ids
                .iter()
                .map(|id| {
                    scope.spawn(move || given(&Caller::unlimited(server), id, number, birth_date).status)
                })
                .collect();
            asking.into_iter().map(|one| one.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
        let found = caller.read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{number}"));
        assert_eq!(matches(&found).len(), 1);
    }
}

#[test]
fn what_is_known_for_certain_must_agree() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(1);
    let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
    for database in TestDatabase::each() {
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let other_day = registered(&caller, &provisional("newborn", &json!({"birthDate": "2026-01-01"})));
        let answer = given(&caller, &other_day, number, &birth_date);
        let issue = expect_refusal("another birth date", &answer, 422);
        assert_eq!(code(&issue), "person-differs");
        let other_mother = registered(&caller, &provisional("newborn", &json!({"birthDate": birth_date})));
        let mother = json!({
            "resourceType": "RelatedPerson", "patient": {"reference": format!("Patient/{other_mother}")},
            "identifier": [{"system": SYSTEM, "value": "099199999999"}],
            "relationship": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}],
        });
        let _ = caller.send("POST", "/fhir/RelatedPerson", &mother.to_string()).expect_status(201);
        // The simulated people have no mother whose number is known, so that nothing differs.
        let _ = given(&caller, &other_mother, number, &birth_date).expect_status(200);
    }
}

#[test]
fn an_unknown_person_is_resolved_unless_the_verified_one_has_a_book() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(2);
    for database in TestDatabase::each() {
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        // Sex and birth date are estimates.
        let estimated = json!({"gender": "other", "birthDate": "1901", "name": []});
        let mut unknown = provisional("unknown", &estimated);
        unknown.as_object_mut().unwrap().remove("name");
        let (one, other) = (registered(&caller, &unknown), registered(&caller, &unknown));
        let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
        let answer = body(&given(&caller, &one, number, &birth_date).expect_status(200));
        assert_eq!((&answer["id"], &answer["birthDate"]), (&json!(one), &json!(birth_date)));
        let issue = expect_refusal("has a book", &given(&caller, &other, number, &birth_date), 409);
        assert_eq!(code(&issue), "person-known");
    }
}

#[test]
fn what_a_registration_lacks_is_told_with_its_place() {
    let simulator = Simulator::start(&[]);
    for database in TestDatabase::each() {
        let server = server(&database, &simulator);
        let caller = Caller::unlimited(&server);
        let born = json!({"birthDate": "2026-11-01"});
        let without = |code: &str, name: &str| {
            let mut person = provisional(code, &born);
            person.as_object_mut().unwrap().remove(name);
            person
        };
        let wrong = [
            ("Patient.identifier", without("newborn", "identifier")),
            ("Patient.name", without("newborn", "name")),
            ("Patient.birthDate", without("newborn", "birthDate")),
            (
                "Patient.name.use",
                provisional("newborn", &json!({"birthDate": "2026-11-01", "name": [{"text": "A"}]})),
            ),
            ("Patient.birthDate", provisional("newborn", &json!({"birthDate": "2026"}))),
            (
                "Patient.multipleBirth[x]",
                provisional("newborn", &json!({"birthDate": "2026-11-01", "multipleBirthBoolean": true})),
            ),
            ("Patient.gender", without("unknown", "gender")),
            ("Patient.deceased[x]", provisional("stillborn", &born)),
            ("Patient.extension", provisional("somebody", &born)),
        ];
        for (place, person) in wrong {
            let answer = caller.send("POST", "/fhir/Patient", &person.to_string());
            let issue = expect_refusal(place, &answer, 422);
            assert_eq!(issue["expression"][0], place, "{issue}");
        }
    }
}

#[test]
fn a_clinic_registers_a_newborn_and_a_stillborn_and_nobody_else_tells_a_death() {
    let simulator = Simulator::start(&[]);
    let sample = simulator.sample(1);
    let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
    for database in TestDatabase::each() {
        let demo = Demo::start_with(database, &["--registry", &simulator.base]);
        let registrar = staff(&demo, facility(&demo), "registrar", "TREAT");
        let newborn = registered(&registrar, &provisional("newborn", &json!({"birthDate": birth_date})));
        let stillborn =
            provisional("stillborn", &json!({"birthDate": "2026-11-01", "deceasedBoolean": true}));
        let stillborn = registered(&registrar, &stillborn);
        let dead = provisional("newborn", &json!({"birthDate": "2026-11-01", "deceasedBoolean": true}));
        let answer = registrar.send("POST", "/fhir/Patient", &dead.to_string());
        assert_eq!(code(&expect_refusal("no stillborn", &answer, 403)), "field-owned");
        expect_refusal("citizen", &given(&demo.as_citizen(0), &newborn, number, &birth_date), 403);
        let answer = body(&given(&registrar, &newborn, number, &birth_date).expect_status(200));
        assert_eq!(answer["id"], json!(newborn));
        // Nobody issues a number to who never lived.
        let answer = given(&registrar, &stillborn, number, &birth_date);
        assert_eq!(code(&expect_refusal("stillborn", &answer, 422)), "person-differs");
    }
}
