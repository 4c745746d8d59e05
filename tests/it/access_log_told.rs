//! Whoever is told something of a person stands in that person's book, and no entry tells a person, or an officer, of somebody else
//! (docs/access-log.md, sections 7 and 9).

use audit_log::{Action, Entry, Outcome};
use serde_json::{Value, json};
use test_support::Response;
use uuid::Uuid;

use crate::access_log::{measurement, on_each_demo, open_and_closed};
use crate::sharing::{done, facility};
use crate::sharing_gate::staff;
use crate::support::access_log::{new_number, signed, whole_log};
use crate::support::browser::{Landing, forms};
use crate::support::oauth::{Asked, parameters, public_app};
use crate::support::program::{Caller, Demo};
use crate::support::sign_in::sign_in;
use crate::support::{body, text, value};

/// Nobody's id, and a number as somebody could type it in the place of one.
const NUMBER: &str = "099153539727";

/// Asks under a number of its own.
fn ask(
    caller: &Caller<'_>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    sent: &str,
) -> (Response, Uuid) {
    let number = new_number();
    let own = number.to_string();
    let headers = [&[("X-Request-Id", own.as_str())], headers].concat();
    (caller.send_with(method, path, &headers, sent), number)
}

#[track_caller]
pub(crate) fn get(caller: &Caller<'_>, path: &str, status: u16) -> Uuid {
    let (answer, number) = ask(caller, "GET", path, &[], "");
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    number
}

/// The whole log, when everything has its position.
pub(crate) struct Log(Vec<Entry<'static>>);

impl Log {
    pub(crate) fn of(demo: &Demo) -> Self {
        signed(demo);
        Self(whole_log(demo))
    }

    /// What a request has left: book, resource, path and parameters, outcome, in the order of the books.
    fn left(&self, number: Uuid) -> Vec<(&str, &str, &str, Outcome)> {
        let own = self.0.iter().filter(|entry| entry.request == number);
        let mut rows: Vec<_> = own.map(|it| (&*it.patient, &*it.resource, &*it.query, it.outcome)).collect();
        rows.sort_by_key(|(patient, resource, query, _)| (*patient, *resource, *query));
        rows
    }

    pub(crate) fn only(&self, number: Uuid) -> &Entry<'static> {
        let mut own = self.0.iter().filter(|entry| entry.request == number);
        let first = own.next().expect("an entry");
        assert_eq!(own.next(), None, "one entry");
        first
    }
}

pub(crate) fn patient(demo: &Demo, place: usize) -> String {
    format!("Patient/{}", demo.citizen(place).1)
}

/// A measurement of a citizen, written by that citizen.
fn measured(demo: &Demo, place: usize) -> String {
    let answer =
        demo.as_citizen(place).send("POST", "/fhir/Observation", &measurement(demo.citizen(place).1));
    text(&value(answer.expect_status(201).text())["id"])
}

#[test]
fn an_id_is_no_word_of_a_content() {
    on_each_demo(|demo| {
        let (open, _) = open_and_closed(demo);
        let (client, id) = (demo.as_client(), demo.citizen(open).1);
        measured(demo, open);
        let total = |query: String| client.read(&format!("/fhir/{query}&_summary=count"))["total"].as_u64();
        assert_ne!(total(format!("Observation?patient={id}")), Some(0));
        for words in [id.to_owned(), id.replace('-', "%20"), id[..18].to_owned()] {
            for kind in ["Observation", "Patient"] {
                assert_eq!(total(format!("{kind}?_content={words}")), Some(0), "{kind} {words}");
            }
        }
    });
}

#[test]
fn an_entry_names_nobody_of_another_book() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (client, own, other) = (demo.as_client(), patient(demo, open), patient(demo, closed));
        let (mine, hidden) = (measured(demo, open), measured(demo, closed));
        let asked = get(&client, &format!("/fhir/{own}/Observation?_id={hidden}"), 200);
        let shown = get(&client, &format!("/fhir/{own}/Observation?_id={mine}"), 200);
        let included =
            get(&client, &format!("/fhir/{own}/Encounter?_include=Encounter:service-provider"), 200);
        let nobody = get(&client, "/fhir/Patient/nobody/Observation", 200);
        let log = Log::of(demo);

        let hidden = format!("Observation/{hidden}");
        let place = format!("{own}/Observation?_id");
        let mut both = vec![
            (own.as_str(), own.as_str(), place.as_str(), Outcome::Success),
            (&other, &hidden, "Patient/*/Observation?_id", Outcome::Success),
        ];
        both.sort_by_key(|(patient, ..)| *patient);
        assert_eq!(log.left(asked), both);
        let mine = format!("Observation/{mine}");
        assert_eq!(log.left(shown), [(own.as_str(), mine.as_str(), place.as_str(), Outcome::Success)]);
        // What is in nobody's book names nobody.
        for (book, _, query, _) in log.left(included) {
            assert_eq!(query.contains(&own), book == own, "{book:?} {query}");
        }
        let unknown = ("", "Patient/nobody", "Patient/nobody/Observation", Outcome::Success);
        assert_eq!(log.left(nobody), [unknown]);
    });
}

#[test]
fn a_number_in_the_place_of_an_id_is_not_kept() {
    on_each_demo(|demo| {
        let client = demo.as_client();
        let searched = get(&client, &format!("/fhir/Patient/{NUMBER}/Observation"), 200);
        let named = get(&client, &format!("/fhir/Observation?patient={NUMBER}"), 200);
        let read = get(&client, &format!("/fhir/Patient/{NUMBER}"), 404);
        let proof = get(&demo.as_citizen(0), &format!("/transparency/proof/{NUMBER}"), 404);
        let log = Log::of(demo);
        assert_eq!(log.left(searched), [("", "", "Patient/*/Observation", Outcome::Success)]);
        assert_eq!(log.left(named), [("", "", "Observation?patient", Outcome::Success)]);
        assert_eq!(log.left(read), [("", "", "", Outcome::Refused)]);
        assert!(log.0.iter().all(|entry| !format!("{entry:?}").contains(NUMBER)));
        assert_eq!(log.left(proof).len(), 1);
    });
}

#[test]
fn an_officer_is_not_told_by_a_path_whom_staff_asked_about() {
    on_each_demo(|demo| {
        let (_, closed) = open_and_closed(demo);
        let (physician, id) = (demo.as_staff("physician"), demo.citizen(closed).1);
        get(&physician, &format!("/fhir/Patient/{id}/Observation"), 200);
        signed(demo);
        let officer = staff(demo, facility(demo), "facility-officer", "HOPERAT");
        let log = officer.resources("/fhir/AuditEvent?_count=1000");
        let asked: Vec<&Value> =
            log.iter().filter(|event| event.to_string().contains("Patient/*/Observation")).collect();
        assert_eq!(asked.len(), 1, "{log:?}");
        let alone = officer.read(&format!("/fhir/AuditEvent/{}", text(&asked[0]["id"])));
        assert!(alone.to_string().contains("Patient/*/Observation"));
        for event in log.iter().chain([&alone]) {
            assert!(!event.to_string().contains(id), "{event}");
        }
    });
}

#[test]
fn whoever_asks_the_log_about_somebody_stands_in_that_book() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (own, other) = (patient(demo, open), patient(demo, closed));
        let officer = staff(demo, facility(demo), "facility-officer", "HOPERAT");
        let auditor = Caller::new(demo.server().client(), demo.token(&["--officer", "auditor"]));
        let shows_nothing = [
            get(&officer, &format!("/fhir/AuditEvent?patient={other}"), 200),
            get(&officer, &format!("/fhir/AuditEvent?agent={other}"), 200),
            get(&demo.as_citizen(open), &format!("/fhir/AuditEvent?patient={other}"), 200),
            get(&auditor, &format!("/fhir/AuditEvent?patient={own}&agent:Patient={}", &other[8..]), 200),
        ];
        let refused = get(&demo.as_staff("physician"), &format!("/fhir/AuditEvent?patient={other}"), 403);
        let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": format!("AuditEvent?patient={other}")}}]});
        let (answer, within) = ask(&demo.as_staff("physician"), "POST", "/fhir", &[], &batch.to_string());
        assert!(answer.text().contains("403"), "{}", answer.text());
        let log = Log::of(demo);
        for number in shows_nothing {
            let in_book = |entry: &&Entry<'_>| entry.request == number && *entry.patient == *other;
            let left: Vec<_> = log.0.iter().filter(in_book).collect();
            assert_eq!(left.len(), 1, "{:?}", log.left(number));
            assert_eq!((left[0].shown, left[0].outcome, &*left[0].authority), (0, Outcome::Success, ""));
            assert!(left[0].query.starts_with("AuditEvent?"), "{:?}", left[0]);
        }
        for number in [refused, within] {
            let left = log.only(number);
            assert_eq!(
                (&*left.patient, &*left.query, left.outcome),
                (&*other, "AuditEvent", Outcome::Refused)
            );
        }
        // The officer is not told by it whether there is somebody.
        let told = officer.resources("/fhir/AuditEvent?_count=1000");
        assert!(told.iter().all(|event| !event.to_string().contains(&other)), "{told:?}");
    });
}

#[test]
fn who_is_refused_a_part_of_the_log_leaves_an_entry() {
    on_each_demo(|demo| {
        let (citizen, own) = (demo.as_citizen(0), patient(demo, 0));
        // The first entry has its position, so that it is there.
        signed(demo);
        let beyond = get(&citizen, "/transparency/proof/99999999", 404);
        let others = get(&demo.as_staff("physician"), "/transparency/proof/0", 403);
        let extract = get(&demo.as_staff("physician"), "/transparency/extract", 403);
        let scoped = demo.token(&["--citizen", demo.citizen(0).0, "--scope", "user/Patient.rs"]);
        let scoped = Caller::new(demo.server().client(), scoped);
        let beside = get(&scoped, "/transparency/extract", 403);
        let log = Log::of(demo);
        for (number, action, book, query) in [
            (beyond, Action::Read, own.as_str(), "transparency/proof"),
            (others, Action::Read, "", "transparency/proof"),
            (extract, Action::Export, "", "transparency/extract"),
            (beside, Action::Export, &own, "transparency/extract"),
        ] {
            let left = log.only(number);
            assert_eq!((left.action, &*left.patient, &*left.query), (action, book, query));
            assert_eq!((left.outcome, left.shown), (Outcome::Refused, 0));
        }
    });
}

#[test]
fn what_is_repeated_after_a_block_is_answered_as_before_and_stands_in_the_book() {
    on_each_demo(|demo| {
        let (_, closed) = open_and_closed(demo);
        let (citizen, physician) = (demo.as_citizen(closed), demo.as_staff("physician"));
        let made = done(&citizen, "presence-codes", &json!({}), 201);
        done(&physician, "relations", &json!({"kind": "presence", "code": made["digits"]}), 201);
        let post = || {
            let key = [("Idempotency-Key", "told-1"), ("Prefer", "return=minimal")];
            let answer =
                ask(&physician, "POST", "/fhir/Observation", &key, &measurement(demo.citizen(closed).1));
            let headers =
                ["Location", "ETag", "Last-Modified"].map(|name| answer.0.header(name).map(str::to_owned));
            ((answer.0.status, headers, answer.0.text().to_owned()), answer.1)
        };
        let entry = json!({"fullUrl": "urn:uuid:19a3ff2a-0a55-4c0b-8d1e-3d3f0a1c0001",
            "request": {"method": "POST", "url": "Observation"},
            "resource": value(&measurement(demo.citizen(closed).1))});
        let sent = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).to_string();
        let transaction = || {
            let (answer, number) = ask(&physician, "POST", "/fhir", &[("Idempotency-Key", "told-2")], &sent);
            (value(answer.expect_status(200).text())["entry"][0]["response"].clone(), number)
        };
        let (first, bundle) = (post().0, transaction().0);
        assert_eq!(first.0, 201);
        assert!(first.1.iter().all(Option::is_some));
        done(&citizen, "blocks", &json!({"facility": facility(demo)}), 201);
        let (again, number) = post();
        assert_eq!(again, first);
        let (of_bundle, within) = transaction();
        assert_eq!(of_bundle, bundle);
        let log = Log::of(demo);
        let own = patient(demo, closed);
        for (number, location) in [(number, first.1[0].clone().unwrap()), (within, text(&bundle["location"]))]
        {
            let left = log.only(number);
            assert_eq!((left.action, left.outcome, &*left.patient), (Action::Read, Outcome::Refused, &*own));
            assert!(location.contains(&format!("{}/_history", &*left.resource)), "{location}");
        }
    });
}

#[test]
fn who_chooses_a_book_that_is_not_entrusted_stands_in_it() {
    on_each_demo(|demo| {
        let (app, other) = (public_app(demo), patient(demo, 1));
        let mut browser = sign_in(demo, 0);
        for chosen in [&other[8..], "nobody"] {
            let landing = browser.go("GET", &Asked::by(demo, &app).path(), None);
            let Landing::Page(page) = landing else { panic!("nobody was asked") };
            let form = forms(page.text()).into_iter().next().expect("a form").press(&["allow"]);
            let form = form.set("patient", chosen);
            let Landing::Elsewhere(target) = browser.submit(&form, "/auth/consent") else { panic!("a page") };
            assert_eq!(
                parameters(&target).get("error").map(String::as_str),
                Some("access_denied"),
                "{target}"
            );
        }
        let log = Log::of(demo);
        let refused = log
            .0
            .iter()
            .filter(|it| it.action == Action::Token && it.outcome == Outcome::Refused)
            .collect::<Vec<_>>();
        assert_eq!(refused.len(), 2, "{refused:?}");
        for (entry, (book, resource)) in
            refused.iter().zip([(other.as_str(), other.as_str()), ("", "Patient/nobody")])
        {
            assert_eq!((&*entry.patient, &*entry.resource), (book, resource));
            assert_eq!((&*entry.agent, &*entry.client), (&*patient(demo, 0), &*app.id));
            assert!(!entry.agent_name.is_empty() && *entry.query == *"authorization_code");
        }
    });
}

#[test]
fn who_is_matched_reads_by_what_right() {
    on_each_demo(|demo| {
        let (_, closed) = open_and_closed(demo);
        let person = demo.as_citizen(closed).read(&format!("/fhir/{}", patient(demo, closed)));
        let wanted = json!({"resourceType": "Patient", "name": person["name"], "birthDate": person["birthDate"],
            "identifier": person["identifier"]});
        let question =
            json!({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": wanted}]});
        let registrar = staff(demo, facility(demo), "registrar", "TREAT");
        let (answer, number) = ask(&registrar, "POST", "/fhir/Patient/$match", &[], &question.to_string());
        assert_ne!(body(&answer.expect_status(200))["total"], 0);
        let log = Log::of(demo);
        let own = |it: &&Entry<'_>| it.request == number && *it.patient == *patient(demo, closed);
        let left: Vec<_> = log.0.iter().filter(own).collect();
        assert_eq!(left.len(), 1, "{:?}", log.left(number));
        assert_eq!((&*left[0].authority, left[0].shown), ("match", 1));
    });
}

#[test]
fn what_an_operation_answers_after_it_has_looked_leaves_one_entry_in_each_book() {
    on_each_demo(|demo| {
        let system = demo.as_client();
        let [one, other] = ["n-1", "n-2"].map(|number| {
            let newborn = json!({"resourceType": "Patient", "gender": "male", "birthDate": "2026-11-20",
                "extension": [{"url": "urn:healthbook:registration", "valueCode": "newborn"}],
                "identifier": [{"system": "urn:his:told", "value": number}],
                "name": [{"use": "temp", "text": format!("Con {number}")}]});
            let made = system.send("POST", "/fhir/Patient", &newborn.to_string()).expect_status(201);
            format!("Patient/{}", text(&value(made.text())["id"]))
        });
        let unlink = |with: &str| {
            let with = json!({"resourceType": "Parameters", "parameter": [
                {"name": "other", "valueReference": {"reference": with}}]});
            let (answer, number) =
                ask(&system, "POST", &format!("/fhir/{one}/$unlink"), &[], &with.to_string());
            assert!([409, 422].contains(&answer.status), "{}: {}", answer.status, answer.text());
            number
        };
        let (of_two, of_one) = (unlink(&other), unlink(&one));
        let log = Log::of(demo);
        let refused = |own: &str| (own.to_owned(), own.to_owned(), String::new(), Outcome::Refused);
        let left = |number: Uuid| {
            let rows = log.left(number).into_iter();
            rows.map(|(book, it, query, how)| (book.to_owned(), it.to_owned(), query.to_owned(), how))
                .collect::<Vec<_>>()
        };
        let mut both = [refused(&one), refused(&other)];
        both.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(left(of_two), both);
        assert_eq!(left(of_one), [refused(&one)]);
    });
}
