//! Codes of the catalogue that need much data, others who write meanwhile, or a database that is broken.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::reindex::{own, reindex, wait};
use crate::support::bodies::{bundle, entry_if, entry_with};
use crate::support::codes::{expect_code, issue_of};
use crate::support::{Fhir, body, by_mode, link, on_each, path_of, start};

/// More than are moved, or included in one page, without a word (docs/search.md).
const MANY: usize = 1_001;

/// Observations `o0`, `o1`, ... of somebody, in few requests.
fn put_observations(server: &impl Fhir, subject: &str) {
    let numbers: Vec<usize> = (0..MANY).collect();
    for part in numbers.chunks(500) {
        let entries: Vec<String> = part
            .iter()
            .map(|number| {
                let resource = json!({"resourceType": "Observation", "id": format!("o{number}"), "status": "final",
                    "code": {"text": "x"}, "subject": {"reference": subject}});
                entry_with("PUT", &format!("Observation/o{number}"), &resource.to_string())
            })
            .collect();
        let _ = server.bundle(bundle("transaction", &entries)).expect_status(200);
    }
}

#[test]
fn a_thousand_of_one_person() {
    on_each(|server| {
        for id in ["a", "b"] {
            let _ = server.put(&json!({"resourceType": "Patient", "id": id}).to_string()).expect_status(201);
        }
        put_observations(server, "Patient/a");
        let page = server.searchset("/fhir/Patient?_id=a&_revinclude=Observation:subject");
        issue_of("a page", &by_mode(&page, "outcome")[0], "includes-cut");
        assert_eq!(by_mode(&page, "include").len(), 1_000);

        // Four at one moment: one begins, and the others learn it while it runs.
        let refused = (0..20).find_map(|round| {
            let subject = own(&format!("subject-{round}"), "Observation", "reference", "Observation.subject");
            let _ = server.put(&subject.to_string()).expect_status(201);
            let barrier = Barrier::new(4);
            let begin = || {
                barrier.wait();
                server.client().request("POST", "/fhir/$reindex", &[], b"")
            };
            let answers = thread::scope(|scope| {
                let threads = [(); 4].map(|()| scope.spawn(begin));
                threads.map(|thread| thread.join().unwrap())
            });
            wait(server.client(), Duration::from_secs(60));
            answers.into_iter().find(|answer| answer.status == 409)
        });
        expect_code("a second one", &refused.expect("each was over at once"), 409, "reindex-running");

        // A walk through pages keeps the places of the books in which its resources stood.
        let first = server.searchset("/fhir/Observation?_count=2");
        let next = path_of(&link(&first, "next").unwrap());
        let _ = server.client().get(&next).expect_status(200);
        put_observations(server, "Patient/b");
        expect_code("all moved", &server.client().get(&next), 410, "page-walk-ended");
    });
}

#[test]
fn more_parameters_than_fit_and_chains_without_end() {
    on_each(|server| {
        let entries: Vec<String> = (0..64)
            .map(|number| {
                let parameter = own(&format!("own-{number}"), "Patient", "token", "Patient.language");
                entry_with("PUT", &format!("SearchParameter/own-{number}"), &parameter.to_string())
            })
            .collect();
        let _ = server.bundle(bundle("transaction", &entries)).expect_status(200);
        let last = reindex(server.client()).pop().unwrap();
        let members = last["parameter"].as_array().unwrap();
        let issues = members.iter().find(|member| member["name"] == "issues").expect("not all fit");
        issue_of("the last ones", &issues["resource"], "own-parameter-too-many");

        let links = ["_has:Observation:patient:code=x"; 6].join("&");
        let answer = server.client().get(&format!("/fhir/Patient?{links}"));
        expect_code("links", &answer, 400, "search-too-costly");
    });
}

/// A number goes from one Patient to the next while a transaction asks whose it is.
#[test]
fn criteria_whose_answer_never_stays() {
    const SYSTEM: &str = "urn:example:moving";
    const PATIENTS: usize = 50;
    const ASKED: usize = 400;
    let put = |number: usize, has: bool| {
        let mut patient = json!({"resourceType": "Patient", "id": format!("r{number}"), "active": true});
        if has {
            patient["identifier"] = json!([{"system": SYSTEM, "value": "moving"}]);
        }
        entry_with("PUT", &format!("Patient/r{number}"), &patient.to_string())
    };
    let asked: Vec<String> = (0..ASKED)
        .map(|number| {
            let condition = format!(r#""ifNoneExist":"identifier={SYSTEM}|moving,{SYSTEM}|{number}""#);
            entry_if("POST", "Patient", &condition, r#"{"resourceType":"Patient"}"#)
        })
        .chain([entry_with("POST", "Patient", r#"{"resourceType":"Patient"}"#)])
        .collect();
    let asked = bundle("transaction", &asked);
    on_each(|server| {
        let all: Vec<String> = (0..PATIENTS).map(|number| put(number, number == 0)).collect();
        let _ = server.bundle(bundle("transaction", &all)).expect_status(200);
        let is_over = AtomicBool::new(false);
        let refused = thread::scope(|scope| {
            scope.spawn(|| {
                let mut holder = 0;
                while !is_over.load(Ordering::SeqCst) {
                    let next = (holder + 1) % PATIENTS;
                    let move_on = bundle("transaction", &[put(holder, false), put(next, true)]);
                    let _ = server.bundle(move_on).expect_status(200);
                    holder = next;
                }
            });
            let refused = (0..30).map(|_| server.bundle(&asked)).find(|answer| answer.status != 200);
            is_over.store(true, Ordering::SeqCst);
            refused
        });
        expect_code("moving", &refused.expect("it stayed each time"), 409, "condition-unstable");
        let _ = server.bundle(&asked).expect_status(200);
    });
}

/// A database that was damaged under the server: nothing of it is told, but that something failed.
#[test]
fn a_damaged_database() {
    for database in TestDatabase::each() {
        let mut server = start(&database, &[]);
        let stored: Vec<_> = (0..50)
            .map(|number| {
                server.create(
                    &json!({"resourceType": "Patient", "language": format!("x-{number}")}).to_string(),
                )
            })
            .collect();
        assert!(server.terminate().success());
        let server = start(&database, &[]);
        database.damage();
        let answer = server.client().get(&stored[20].path());
        let issue = expect_code("damaged", &answer, 500, "internal");
        let said: Value = body(&answer);
        for word in ["sqlite", "postgres", "resource_away", "SELECT", "malformed"] {
            assert!(!said.to_string().contains(word), "{issue}");
        }
        let _ = server.client().get("/health/live").expect_status(200);
    }
}
