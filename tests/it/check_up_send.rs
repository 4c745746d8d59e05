//! `POST /check-ups` (docs/check-up.md, section 7): each record counts for itself, refusals and wrong guesses stand in the log of
//! accesses, and corrections at once leave nothing behind.

use std::collections::BTreeSet;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use population_registry::BirthDate;
use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase, TestServer};

use crate::data_axis::sending::{Person, check_up};
use crate::packages::{manifest, succeed, write_folder};
use crate::registry_simulator::Simulator;
use crate::support::access_log::{signed, whole_log};
use crate::support::program::{Caller, Demo, run};
use crate::support::{Fhir, start, text, value};

const FACILITY: &str = "99001";
const LOCATION: &str = "2000000990019";

fn send(caller: &Caller<'_>, message: &str) -> (u16, Value) {
    let answer = caller.send_with("POST", "/check-ups", &[], message);
    (answer.status, value(answer.text()))
}

/// One message of several records.
fn together(messages: &[String]) -> String {
    let mut all = value(&messages[0]);
    let records: Vec<Value> = messages
        .iter()
        .map(|message| value(message)["khamsuckhoe"]["thongtinhoso"]["danhsachhoso"]["hoso"][0].clone())
        .collect();
    all["khamsuckhoe"]["thongtinhoso"]["soluonghoso"] = json!(records.len());
    all["khamsuckhoe"]["thongtinhoso"]["danhsachhoso"]["hoso"] = json!(records);
    all.to_string()
}

/// The check-up with another text of a field.
fn changed(message: &str, part: &str, field: &str, told: &str) -> String {
    let mut message = value(message);
    let files = &mut message["khamsuckhoe"]["thongtinhoso"]["danhsachhoso"]["hoso"][0]["filehoso"];
    let file = files.as_array_mut().unwrap().iter_mut().find(|file| file["loaihoso"] == part).unwrap();
    let content = STANDARD.decode(text(&file["noidungfile"])).unwrap();
    let mut content = value(std::str::from_utf8(&content).unwrap());
    let (_, fields) = content.as_object_mut().unwrap().iter_mut().next().unwrap();
    assert!(!fields[field].is_null(), "{fields}");
    fields[field] = json!(told);
    file["noidungfile"] = json!(STANDARD.encode(content.to_string()));
    message.to_string()
}

/// The number of check-ups in a book.
fn check_ups(server: &TestServer, patient: &str) -> usize {
    server.searchset(&format!("/fhir/Composition?patient={patient}"))["entry"]
        .as_array()
        .map_or(0, |entries| entries.iter().filter(|it| it["search"]["mode"] == "match").count())
}

/// A profile of visits whose reason is one text.
fn visits_of_one_reason() -> Value {
    json!({"resourceType": "StructureDefinition", "id": "visit", "url": "http://example.org/visits/visit", "name": "N",
    "status": "active", "kind": "resource", "abstract": false, "type": "Encounter", "derivation": "constraint",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Encounter", "differential": {"element": [
        {"id": "Encounter", "path": "Encounter"},
        {"id": "Encounter.reasonCode", "path": "Encounter.reasonCode"},
        {"id": "Encounter.reasonCode.text", "path": "Encounter.reasonCode.text", "fixedString": "Routine"},
    ]}})
}

#[test]
fn a_record_that_its_book_does_not_take_stops_no_other() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        assert!(run(folder, &["migrate", "--database", database.url()]).status.success());
        write_folder(folder, "visits", &manifest("visits", "1.0.0"), &[visits_of_one_reason()]);
        succeed(&database, folder, "add visits");
        succeed(&database, folder, "use example.visits#1.0.0");
        succeed(&database, folder, "demand --type Encounter --profile http://example.org/visits/visit");
        let server = start(&database, &[]);
        let people = [20, 21, 22].map(Person::number);
        let mut messages = Vec::new();
        for (person, reason) in people.iter().zip(["Routine", "Something else", "Routine"]) {
            let _ = server.put(&person.resource()).expect_status(201);
            let message = check_up(person, FACILITY, LOCATION, &format!("LK{}", person.number), "2");
            messages.push(changed(&message, "XML1", "ly_do_vv", reason));
        }
        let (status, told) = send(&Caller::unlimited(&server), &together(&messages));
        assert_eq!((status, &told["records"]), (422, &json!(3)), "{told}");
        let faults = told["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 1, "{told}");
        assert_eq!((&faults[0]["record"], &faults[0]["code"]), (&json!(2), &json!("fixed-value")), "{told}");
        assert!(told["created"].as_u64().unwrap() > 40, "two are written: {told}");
        let kept = people.map(|person| check_ups(&server, &person.id()));
        assert_eq!(kept, [1, 0, 1]);
    }
}

#[test]
fn who_may_not_send_and_who_guesses_stands_in_the_log() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let code = text(&demo.description["clients"][0]["facility"]);
        let client = demo.as_client();
        let citizens = demo.description["citizens"].as_array().unwrap();
        let found = citizens.iter().find(|it| text(&it["birth_date"]).as_str() < "2000").unwrap();
        let person = Person {
            number: text(&found["number"]),
            born: text(&found["birth_date"]),
            name: text(&found["name"]).to_uppercase(),
        };
        let book = format!("Patient/{}", text(&found["patient_id"]));
        // Another name, another day of birth: each is a guess about whoever has the number.
        let named = Person { name: "NGƯỜI KHÁC HẲN".to_owned(), ..person.clone() };
        let born = Person { born: "1970-01-01".to_owned(), ..person.clone() };
        let guesses = [&named, &born];
        for guess in guesses {
            let (status, told) = send(&client, &check_up(guess, &code, LOCATION, "LK-1", "2"));
            assert_eq!(
                (status, text(&told["faults"][0]["code"])),
                (422, "check-up-person-differs".to_owned())
            );
        }
        // A number that nobody has is a guess about nobody.
        let nobody = Person { number: "099072999999".to_owned(), ..person.clone() };
        let (status, told) = send(&client, &check_up(&nobody, &code, LOCATION, "LK-3", "2"));
        assert_eq!((status, text(&told["faults"][0]["code"])), (422, "check-up-person-unknown".to_owned()));
        // Who may not send at all.
        let message = check_up(&person, &code, LOCATION, "LK-4", "2");
        let reader =
            demo.token(&["--client", &text(&demo.description["clients"][0]["id"]), "--scope", "system/*.rs"]);
        let reader = Caller::new(demo.server().client(), reader);
        assert_eq!(reader.send_with("POST", "/check-ups", &[], &message).status, 403);
        // What a correction deletes counts, too, and so does each kind that is made.
        for scope in [
            "system/*.cru",
            "system/Composition.cruds system/Encounter.cruds system/Observation.cruds system/Condition.cruds \
             system/DocumentReference.cruds",
        ] {
            let token =
                demo.token(&["--client", &text(&demo.description["clients"][0]["id"]), "--scope", scope]);
            let narrow = Caller::new(demo.server().client(), token);
            assert_eq!(narrow.send_with("POST", "/check-ups", &[], &message).status, 403, "{scope}");
        }
        assert_eq!(send(&client, &message).0, 200, "and who may");
        // Whoever sends the same again is told that all of it is there, and nothing is written that would say so.
        let (status, again) = send(&client, &message);
        assert_eq!((status, &again["created"], &again["updated"]), (200, &json!(0), &json!(0)), "{again}");

        signed(&demo);
        let log = whole_log(&demo);
        let told = log.iter().filter(|entry| *entry.query == *"check-ups" && *entry.patient == *book);
        assert_eq!(told.count(), 1, "once, for the second message");
        let refused = |of: &str, query: &str| {
            let is_meant = |entry: &&audit_log::Entry<'static>| {
                entry.outcome == audit_log::Outcome::Refused
                    && entry.action == audit_log::Action::Create
                    && (entry.patient.to_string(), entry.query.to_string())
                        == (of.to_owned(), query.to_owned())
            };
            log.iter().filter(is_meant).map(|entry| entry.organization.to_string()).collect::<Vec<_>>()
        };
        let by = refused(&book, "");
        assert_eq!(by.len(), guesses.len());
        assert!(by.iter().all(|by| by.starts_with("Organization/")), "who tried: {by:?}");
        assert_eq!(refused("", "Patient").len(), 1, "the number that nobody has");
        assert_eq!(refused("", "Composition").len(), 3, "who may not send");
    }
}

/// Where the registry says that somebody else has the number, the book of that number tells who tried.
#[test]
fn a_guess_that_the_registry_refuses_stands_in_the_book_of_the_number() {
    let simulator = Simulator::start(&[]);
    let whole =
        |(_, born, _): &(_, BirthDate, _)| born.to_string().len() == 10 && born.to_string().as_str() < "2000";
    let (number, born, name) = simulator.sample(60).into_iter().find(whole).expect("an adult");
    for database in TestDatabase::each() {
        let demo = Demo::start_with(database, &["--registry", &simulator.base]);
        let code = text(&demo.description["clients"][0]["facility"]);
        let client = demo.as_client();
        let person =
            Person { number: number.as_str().to_owned(), born: born.to_string(), name: name.to_uppercase() };
        assert_eq!(send(&client, &check_up(&person, &code, LOCATION, "LK-1", "2")).0, 200);
        let guess = Person { name: "NGƯỜI KHÁC HẲN".to_owned(), ..person };
        let (status, told) = send(&client, &check_up(&guess, &code, LOCATION, "LK-2", "2"));
        // The registry answers as if nobody had the number.
        assert_eq!((status, text(&told["faults"][0]["code"])), (422, "check-up-person-unknown".to_owned()));
        signed(&demo);
        let log = whole_log(&demo);
        let creates = || log.iter().filter(|entry| entry.action == audit_log::Action::Create);
        let is_refused = |entry: &&audit_log::Entry<'static>| entry.outcome == audit_log::Outcome::Refused;
        let refused: Vec<String> =
            creates().filter(is_refused).map(|entry| entry.patient.to_string()).collect();
        assert_eq!(refused.len(), 1);
        let written = creates().filter(|entry| entry.resource.to_string().starts_with("Composition/"));
        let written: BTreeSet<String> = written.map(|entry| entry.patient.to_string()).collect();
        assert!(refused[0].starts_with("Patient/") && written.contains(&refused[0]), "{refused:?}");
    }
}

/// Of corrections at once the last one stands, and nothing that only another one told.
#[test]
fn corrections_of_one_visit_at_once_leave_nothing_behind() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let person = Person::number(7);
        let _ = server.put(&person.resource()).expect_status(201);
        let caller = Caller::unlimited(&server);
        assert_eq!(send(&caller, &check_up(&person, FACILITY, LOCATION, "LK-RACE", "1")).0, 200);
        let diagnoses = ["I10", "E11", "J45", "K29", "E78.2", "N18"];
        for round in 0..6 {
            thread::scope(|scope| {
                for (index, diagnosis) in diagnoses.iter().enumerate() {
                    let (server, person) = (&server, &person);
                    scope.spawn(move || {
                        let told = format!("{diagnosis};Z{:02}", 10 + (round * 6 + index) % 80);
                        let message = check_up(person, FACILITY, LOCATION, "LK-RACE", "2");
                        let message = changed(&message, "XML12", "ket_luan_benh", &told);
                        assert_eq!(send(&Caller::unlimited(server), &message).0, 200);
                    });
                }
            });
            let documents = caller.resources(&format!("/fhir/Composition?patient={}", person.id()));
            assert_eq!(documents.len(), 1);
            let listed: BTreeSet<String> = documents[0]["section"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|section| section["entry"].as_array().cloned().unwrap_or_default())
                .map(|entry| text(&entry["reference"]).replace("Condition/", ""))
                .collect();
            let found = caller.resources(&format!("/fhir/Condition?patient={}&_count=200", person.id()));
            assert!(!found.is_empty());
            for condition in found {
                let id = text(&condition["id"]);
                assert!(listed.contains(&id), "round {round}: {} is left behind", condition["code"]);
            }
        }
    }
}
