//! What reaches the book: once, the last correction, in the name of the facility, when the registry answers.

use audit_log::{Action, Outcome};
use serde_json::Value;
use test_support::{TestDatabase, TestServer};

use super::sending::{PASSWORD, Person, Sender, code, post, push, settled, state};
use crate::registry_simulator::Simulator;
use crate::support::access_log::{signed, whole_log};
use crate::support::program::Demo;
use crate::support::{Fhir, matches, start, text, value};

const SENDER: (&str, &str) = ("2000000990019", "99001");

/// Everything of a book without what differs from one database to the other; each in its version.
fn book(server: &TestServer, person: &Person) -> Vec<String> {
    let pages = server.pages(&format!("/fhir/Patient/{}/$everything?_count=500", person.id()));
    let mut all: Vec<String> = pages
        .iter()
        .flat_map(matches)
        // What the server tells the person of the write has its time in it.
        .filter(|resource| resource["resourceType"] != "Communication")
        .map(|mut resource: Value| {
            resource["meta"].as_object_mut().unwrap().remove("lastUpdated");
            resource.to_string()
        })
        .collect();
    all.sort();
    all
}

/// A different order in each run of the loop, the same in each run of the test.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..3 * count).map(|index| index % count).collect();
    let mut seed = 412_u64;
    for at in (1..order.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bound = u64::try_from(at + 1).unwrap();
        order.swap(at, usize::try_from((seed >> 33) % bound).unwrap());
    }
    order
}

#[test]
fn three_times_in_any_order_with_kills_in_between_is_once() {
    const COUNT: usize = 12;
    let people: Vec<Person> = (0..COUNT).map(Person::number).collect();
    for (clean, database) in TestDatabase::each().into_iter().zip(TestDatabase::each()) {
        let mut server = start(&database, &[]);
        let reference = start(&clean, &[]);
        for person in &people {
            let _ = server.put(&person.resource()).expect_status(201);
            let _ = reference.put(&person.resource()).expect_status(201);
        }
        let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
        let other = Sender::added(SENDER.0, SENDER.1, &reference, &clean);
        let message = |(index, person): (usize, &Person)| sender.check_up(person, &format!("LK{index}"), "2");
        let messages: Vec<Value> = people.iter().enumerate().map(message).collect();
        let token = other.login(&reference);
        for (index, person) in people.iter().enumerate() {
            let once = other.check_up(person, &format!("LK{index}"), "2");
            assert_eq!(code(&push(&reference, &token, &once)), "CM_SUCCESS");
            let done = settled(&reference, &token, once["header"]["msg_id"].as_str().unwrap());
            assert_eq!(code(&done), "PS_DS_SAVE_SUCCESS", "{done}");
        }
        let token = sender.login(&server);
        let mut first: Vec<Option<String>> = vec![None; COUNT];
        for (step, index) in shuffled(COUNT).into_iter().enumerate() {
            let answer = post(&server, &token, messages[index].to_string().as_bytes()).expect_status(200);
            let answer = answer.text().to_owned();
            assert_eq!(code(&value(&answer)), "CM_SUCCESS", "{answer}");
            // The same answer again, whatever happened in between.
            assert_eq!(*first[index].get_or_insert_with(|| answer.clone()), answer);
            if step % 7 == 3 {
                server.kill9();
                server = start(&database, &[]);
            }
        }
        for message in &messages {
            let id = message["header"]["msg_id"].as_str().unwrap();
            assert_eq!(code(&settled(&server, &token, id)), "PS_DS_SAVE_SUCCESS");
        }
        for person in &people {
            let (here, there) = (book(&server, person), book(&reference, person));
            assert!(here.len() > 20, "the book is not empty: {}", here.len());
            assert_eq!(here, there);
        }
    }
}

#[test]
fn the_last_correction_stands_in_the_name_of_the_facility_and_the_message_is_found_again() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let person = Person::number(1);
        let _ = server.put(&person.resource()).expect_status(201);
        let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
        let token = sender.login(&server);
        // Made in this order, sent in another.
        let older = sender.check_up(&person, "LK1", "4");
        std::thread::sleep(std::time::Duration::from_millis(5));
        let newer = sender.check_up(&person, "LK1", "1");
        for message in [&newer, &older] {
            assert_eq!(code(&push(&server, &token, message)), "CM_SUCCESS");
            let id = message["header"]["msg_id"].as_str().unwrap();
            let done = settled(&server, &token, id);
            assert_eq!(code(&done), "PS_DS_SAVE_SUCCESS", "{done}");
            assert_eq!(done["header"]["ref_msg_id"], id);
            let transaction = done["header"]["txn_id"].as_str().unwrap();
            assert_eq!(code(&state(&server, &token, transaction)), "PS_DS_SAVE_SUCCESS");
        }
        let compositions = server.searchset(&format!("/fhir/Composition?patient={}", person.id()));
        assert_eq!(matches(&compositions).len(), 1);
        let composition = &matches(&compositions)[0];
        assert_eq!(composition["meta"]["versionId"], "1", "what was sent before is not written any more");
        let kept = matches(&server.searchset(&format!("/fhir/DocumentReference?patient={}", person.id())));
        assert_eq!(kept.len(), 1, "the message itself");
        let target = format!("Composition/{}", composition["id"].as_str().unwrap());
        let origin = server.searchset(&format!("/fhir/Provenance?target={target}")).to_string();
        assert!(origin.contains("Organization/org-99001"), "{origin}");
        assert!(origin.contains("Device/2000000990019"), "{origin}");
        let third = sender.check_up(&person, "LK1", "3");
        assert_eq!(code(&push(&server, &token, &third)), "CM_SUCCESS");
        let _ = settled(&server, &token, third["header"]["msg_id"].as_str().unwrap());
        let compositions = server.searchset(&format!("/fhir/Composition?patient={}", person.id()));
        assert_eq!(matches(&compositions).len(), 1, "a correction is a version");
    }
}

#[test]
fn the_registry_verifies_and_is_waited_for_while_it_is_away() {
    let database = TestDatabase::sqlite();
    let simulator = Simulator::start(&[]);
    let mut sample = simulator.sample(20).into_iter().filter(|(_, born, _)| born.year() < 2000);
    let (number, born, name) = sample.find(|(_, born, _)| born.to_string().len() == 10).unwrap();
    let person =
        Person { number: number.as_str().to_owned(), born: born.to_string(), name: name.to_uppercase() };
    // Nobody listens there.
    let mut server = start(&database, &["--registry", "http://127.0.0.1:9"]);
    let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
    let token = sender.login(&server);
    let message = sender.check_up(&person, "LK1", "2");
    let id = message["header"]["msg_id"].as_str().unwrap();
    assert_eq!(code(&push(&server, &token, &message)), "CM_SUCCESS");
    let waits = || sender.command(&database, &["parked"]).contains("waits  registry-unavailable");
    assert!((0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        waits()
    }));
    assert_eq!(code(&state(&server, &token, id)), "CM_SUCCESS");
    server.kill9();
    let server = start(&database, &["--registry", &simulator.base]);
    let done = settled(&server, &token, id);
    assert_eq!(code(&done), "PS_DS_SAVE_SUCCESS", "{done}");
    let other = Person { name: "NGƯỜI KHÁC HẲN".to_owned(), ..person };
    let message = sender.check_up(&other, "LK2", "2");
    assert_eq!(code(&push(&server, &token, &message)), "CM_SUCCESS");
    let done = settled(&server, &token, message["header"]["msg_id"].as_str().unwrap());
    assert_eq!(code(&done), "PS_DS_VERIFY_FAIL", "{done}");
}

#[test]
fn the_person_sees_who_wrote_and_the_facility_gains_no_right() {
    let demo = Demo::start(TestDatabase::sqlite());
    let born = |index: usize| {
        let patient = demo.as_citizen(index).read(&format!("/fhir/Patient/{}", demo.citizen(index).1));
        patient["birthDate"].as_str().unwrap().to_owned()
    };
    let count = demo.description["citizens"].as_array().unwrap().len();
    let adult = (0..count).find(|index| born(*index).as_str() < "2000").unwrap();
    let (me, (number, patient)) = (demo.as_citizen(adult), demo.citizen(adult));
    let before = me.read("/access/relations");
    let mut facilities = demo.description["facilities"].as_array().unwrap().iter();
    let named = |facility: &Value, name: &str| facility[name].as_str().unwrap().to_owned();
    let is_new = |facility: &&Value| !before.to_string().contains(&named(facility, "organization_id"));
    let facility = facilities.find(is_new).expect("a facility that the citizen has not been to");
    let code_of_facility: &'static str = named(facility, "code").leak();
    let sender = Sender::new(SENDER.0, code_of_facility);
    let output = sender.add_with(&demo.database, PASSWORD, &["--facility", code_of_facility]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = demo.description["citizens"][adult]["name"].as_str().unwrap().to_uppercase();
    let person = Person { number: number.to_owned(), born: born(adult), name };
    let token = sender.login(demo.server());
    let message = sender.check_up(&person, "LK1", "2");
    let answer = push(demo.server(), &token, &message);
    assert_eq!(code(&answer), "CM_SUCCESS", "{answer}");
    let done = settled(demo.server(), &token, message["header"]["msg_id"].as_str().unwrap());
    assert_eq!(code(&done), "PS_DS_SAVE_SUCCESS", "{done}");
    let written = me.read(&format!("/fhir/Composition?patient={patient}")).to_string();
    assert!(written.contains("Composition"), "{written}");
    assert_eq!(me.read("/access/relations"), before, "nobody has another right than before");
    let log = me.read(&format!("/fhir/AuditEvent?patient={patient}&_count=200")).to_string();
    assert!(log.contains("Device/2000000990019"), "{log}");
    assert!(log.contains(&format!("Organization/{}", named(facility, "organization_id"))), "{log}");
}

#[test]
fn whom_a_message_names_in_vain_sees_who_tried() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let facility = &demo.description["facilities"][0];
        let code_of_facility: &'static str = text(&facility["code"]).leak();
        let sender = Sender::new(SENDER.0, code_of_facility);
        let output = sender.add_with(&demo.database, PASSWORD, &["--facility", code_of_facility]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut citizens = demo.description["citizens"].as_array().unwrap().iter();
        let found = citizens.find(|it| text(&it["birth_date"]).as_str() < "2000").expect("an adult");
        let person = Person {
            number: text(&found["number"]),
            born: text(&found["birth_date"]),
            name: text(&found["name"]).to_uppercase(),
        };
        let named = Person { name: "NGƯỜI KHÁC HẲN".to_owned(), ..person.clone() };
        let nobody = Person { number: "099072999999".to_owned(), ..person };
        let token = sender.login(demo.server());
        for (index, guess) in [named, nobody].iter().enumerate() {
            let message = sender.check_up(guess, &format!("LK{index}"), "2");
            assert_eq!(code(&push(demo.server(), &token, &message)), "CM_SUCCESS");
            let done = settled(demo.server(), &token, message["header"]["msg_id"].as_str().unwrap());
            assert_eq!(code(&done), "PS_DS_VERIFY_FAIL", "{done}");
        }
        signed(&demo);
        let log = whole_log(&demo);
        let refused = log.iter().filter(|it| it.action == Action::Create && it.outcome == Outcome::Refused);
        let told: Vec<[String; 3]> = refused
            .map(|it| [it.patient.to_string(), it.agent.to_string(), it.organization.to_string()])
            .collect();
        let book = format!("Patient/{}", text(&found["patient_id"]));
        let (device, organization) =
            (format!("Device/{}", SENDER.0), format!("Organization/{}", text(&facility["organization_id"])));
        let by = |patient: String| [patient, device.clone(), organization.clone()];
        assert_eq!(told, [by(book), by(String::new())]);
    }
}
