//! A second examination within twelve months is kept, and answered with the first (docs/check-up.md, section 9).

use std::thread;
use std::time::{Duration, Instant};

use audit_log::{Action, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_support::{TestDatabase, TestServer};

use super::sending::{Person, Sender, check_up, code, push, settled};
use crate::station_gate::block;
use crate::support::access_log::entries_of;
use crate::support::program::Caller;
use crate::support::{Fhir, matches, start, value};

/// A check-up on another day.
fn on(day: &str, text: &str) -> String {
    let mut message = value(text);
    let files = &mut message["khamsuckhoe"]["thongtinhoso"]["danhsachhoso"]["hoso"][0]["filehoso"];
    for file in files.as_array_mut().unwrap() {
        if file["loaihoso"] == "XML2" {
            let content = STANDARD.decode(file["noidungfile"].as_str().unwrap()).unwrap();
            let mut content = value(std::str::from_utf8(&content).unwrap());
            let (_, fields) = content.as_object_mut().unwrap().iter_mut().next().unwrap();
            fields["ngay_vao"] = json!(format!("{day}0830"));
            file["noidungfile"] = json!(STANDARD.encode(content.to_string()));
        }
    }
    message.to_string()
}

struct Facility<'s> {
    server: &'s TestServer,
    sender: Sender,
    token: String,
}

impl<'s> Facility<'s> {
    fn of(id: &'static str, code: &'static str, server: &'s TestServer, database: &TestDatabase) -> Self {
        let sender = Sender::added(id, code, server, database);
        let token = sender.login(server);
        Self { server, sender, token }
    }

    /// What `message_notify` says once it is written.
    fn sends(&self, person: &Person, visit: &str, day: &str) -> String {
        let text = on(day, &check_up(person, self.sender.facility, self.sender.id, visit, "2"));
        let message = self.sender.message(&self.sender.message_id(), "json/base64", text.as_bytes());
        assert_eq!(code(&push(self.server, &self.token, &message)), "CM_SUCCESS");
        let id = message["header"]["msg_id"].as_str().unwrap();
        let done = settled(self.server, &self.token, id);
        assert_eq!(code(&done), "PS_DS_SAVE_SUCCESS", "{done}");
        let notice: &Value = &done["data"]["message_notify"];
        notice.as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn the_first_is_named_by_its_day_and_the_second_is_kept() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let person = Person::number(3);
        let _ = server.put(&person.resource()).expect_status(201);
        let one = Facility::of("2000000990019", "99001", &server, &database);
        let other = Facility::of("2000000990774", "99077", &server, &database);
        let says = |notice: &str, day: &str, place: &str| {
            assert!(notice.contains(day) && notice.contains(place), "{notice}");
            assert!(notice.contains("urn:healthbook:rule:annual-check-up|1"), "{notice}");
            assert!(
                !notice.contains("99001") && !notice.contains("99077"),
                "which other one is not told: {notice}"
            );
        };
        assert_eq!(one.sends(&person, "LK1", "20220301"), "", "the first");
        assert_eq!(one.sends(&person, "LK1", "20220302"), "", "a correction");
        says(&one.sends(&person, "LK2", "20220901"), "02/03/2022", "chính cơ sở này");
        says(&other.sends(&person, "LK1", "20230301"), "01/09/2022", "cơ sở khác");
        assert_eq!(other.sends(&person, "LK3", "20240301"), "", "the day on which twelve months are over");
        assert_eq!(other.sends(&person, "LK4", "20210101"), "", "what came earlier repeats nothing");
        let kept =
            matches(&server.searchset(&format!("/fhir/Composition?patient={}&_count=50", person.id())));
        assert_eq!(kept.len(), 5, "each is in the book");
        // Who has closed the book to a facility tells it nothing.
        let mut closed = block(&person.id(), "org-99077", "");
        let _ = closed["provision"].as_object_mut().unwrap().remove("class");
        let _ = server.put(&closed.to_string()).expect_status(201);
        assert_eq!(other.sends(&person, "LK5", "20240401"), "");
        says(&one.sends(&person, "LK6", "20240402"), "01/04/2024", "cơ sở khác");
    }
}

/// docs/access-log.md, section 7: what a sender learns of a book stands in it.
#[test]
fn that_the_first_was_told_stands_in_the_book_of_the_person() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let one = Facility::of("2000000990019", "99001", &server, &database);
        let other = Facility::of("2000000990774", "99077", &server, &database);
        let (told, closed) = (Person::number(20), Person::number(21));
        for person in [&told, &closed] {
            let _ = server.put(&person.resource()).expect_status(201);
            assert_eq!(one.sends(person, &format!("A{}", person.number), "20240301"), "", "the first");
        }
        let _ = server.put(&block(&closed.id(), "org-99077", "Condition").to_string()).expect_status(201);
        for (person, says) in [(&told, true), (&closed, false)] {
            let notice = other.sends(person, &format!("B{}", person.number), "20240401");
            assert_eq!(!notice.is_empty(), says, "{notice}");
        }
        let written = |it: &audit_log::Entry<'_>, person: &Person| {
            let by_other = *it.organization == *"Organization/org-99077" && it.action == Action::Create;
            by_other && *it.patient == *format!("Patient/{}", person.id())
        };
        // Until what was written last has its position.
        let end = Instant::now() + Duration::from_secs(60);
        let log = loop {
            let log = entries_of(database.url());
            if log.iter().any(|entry| written(entry, &closed)) {
                break log;
            }
            assert!(Instant::now() < end, "the log stands still");
            thread::sleep(Duration::from_millis(200));
        };
        let asked: Vec<_> =
            log.iter().filter(|entry| *entry.query == *"api/platform/data-sync/state").collect();
        assert_eq!(asked.len(), 1, "{asked:?}");
        let entry = asked[0];
        assert_eq!((entry.action, entry.outcome), (Action::Operation, Outcome::Success));
        assert_eq!(*entry.patient, *format!("Patient/{}", told.id()));
        assert_eq!(&*entry.agent, "Device/2000000990774");
        assert_eq!(&*entry.organization, "Organization/org-99077");
    }
}

/// What is closed to a facility, however little, or labelled, whoever gave the label and when, is told to it by no other way.
#[test]
fn nothing_is_told_of_what_is_closed_or_labelled() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let one = Facility::of("2000000990019", "99001", &server, &database);
        let other = Facility::of("2000000990774", "99077", &server, &database);
        let people = [10, 11, 12, 13, 14].map(Person::number);
        let [typed, labelled, joined, foreign, open] = &people;
        for person in &people {
            let _ = server.put(&person.resource()).expect_status(201);
            assert_eq!(one.sends(person, &format!("A{}", person.number), "20240301"), "", "the first");
        }
        let closes = |id: &str, patient: &str, organization: &str| {
            let mut consent = block(patient, organization, "Condition");
            consent["id"] = json!(id);
            let _ = server.put(&consent.to_string()).expect_status(201);
        };
        closes("typed", &typed.id(), "org-99077");
        closes("foreign", &foreign.id(), "org-99001");
        // The label comes later, and neither the visit nor the document carries it.
        let visits = matches(&server.searchset(&format!("/fhir/Encounter?patient={}", labelled.id())));
        let secret = json!({
            "resourceType": "Condition", "id": "secret",
            "subject": {"reference": format!("Patient/{}", labelled.id())},
            "encounter": {"reference": format!("Encounter/{}", visits[0]["id"].as_str().unwrap())},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1"}]},
        });
        let _ = server.put(&secret.to_string()).expect_status(201);
        // What is closed in a book that was joined counts for the person.
        let former =
            json!({"resourceType": "Patient", "id": "former", "active": true, "name": [{"text": "x"}]});
        let _ = server.put(&former.to_string()).expect_status(201);
        closes("former", "former", "org-99077");
        let with = json!({"resourceType": "Parameters", "parameter": [
            {"name": "other", "valueReference": {"reference": "Patient/former"}}]});
        let path = format!("/fhir/Patient/{}/$link", joined.id());
        let _ = Caller::unlimited(&server).send("POST", &path, &with.to_string()).expect_status(200);

        for (person, told) in
            [(typed, false), (labelled, false), (joined, false), (foreign, true), (open, true)]
        {
            let says = other.sends(person, &format!("B{}", person.number), "20240401");
            assert_eq!(says.contains("01/03/2024"), told, "{}: {says}", person.number);
            assert_eq!(says.is_empty(), !told, "{}: {says}", person.number);
        }
    }
}
