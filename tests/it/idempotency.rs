//! `Idempotency-Key` (docs/contract.md, section 5): one effect and one answer, however often a request is sent, also when
//! the server is killed in between, on both engines and over several servers.

use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::{HttpClient, Response, TestDatabase, TestServer};

use crate::support::bodies::{NUMBERS, bundle, entry, entry_if, entry_with, organization};
use crate::support::program::{Caller, Demo};
use crate::support::{FHIR_JSON, Fhir, Stored, body, encode, entries, on_each, start, text};

const PARALLEL: usize = 100;

/// An Organization that a search finds.
fn marked(mark: &str) -> String {
    json!({"resourceType": "Organization", "name": "Trạm y tế", "identifier": [{"system": NUMBERS, "value": mark}]})
        .to_string()
}

fn found(mark: &str) -> String {
    format!("/fhir/Organization?identifier={}", encode(&format!("{NUMBERS}|{mark}")))
}

fn post(client: &HttpClient, path: &str, key: &str, body: &str) -> Response {
    let headers = [("Content-Type", FHIR_JSON), ("Idempotency-Key", key)];
    client.request("POST", path, &headers, body.as_bytes())
}

/// What an answer tells of what was written. A server that was started again may have another address.
fn told(answer: &Response) -> (u16, String, u64, Option<String>, Value) {
    let stored = Stored::at(answer.header("Location").expect("it is told where it is"));
    let modified = answer.header("Last-Modified").map(str::to_owned);
    (answer.status, stored.reference(), stored.version, modified, body(answer))
}

fn code_of(answer: &Response) -> String {
    text(&body(answer)["issue"][0]["details"]["coding"][0]["code"])
}

/// Sends the same until it is answered; each thread for itself, whatever happens to the server.
fn send_until_answered(server: &RwLock<String>, path: &str, key: &str, body: &str) -> Response {
    for _ in 0..3_000 {
        let client = HttpClient::new(&server.read().unwrap());
        let headers = [("Content-Type", FHIR_JSON), ("Idempotency-Key", key)];
        match client.try_request("POST", path, &headers, body.as_bytes()) {
            Ok(answer) if answer.status == 409 => {
                assert_eq!(code_of(&answer), "request-running");
                assert!(answer.header("Retry-After").is_some(), "when to try again");
            }
            Ok(answer) if answer.status == 503 => {}
            Ok(answer) => return answer,
            Err(_) => {}
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("no answer")
}

/// The same `PARALLEL` times at once while the server is killed and started again.
fn answers_over_a_kill(
    database: &TestDatabase,
    path: &str,
    key: &str,
    body: &str,
    wait: Duration,
) -> (Vec<Response>, TestServer) {
    let mut server = start(database, &[]);
    let address = RwLock::new(server.base_url().to_owned());
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            let (address, answers) = (&address, &answers);
            scope.spawn(move || {
                let answer = send_until_answered(address, path, key, body);
                answers.lock().unwrap().push(answer);
            });
        }
        thread::sleep(wait);
        server.kill9();
        server = start(database, &[]);
        server.base_url().clone_into(&mut address.write().unwrap());
    });
    (answers.into_inner().unwrap(), server)
}

#[test]
fn a_resource_is_made_once_though_the_server_is_killed() {
    for database in TestDatabase::each() {
        // From before anything arrives to after everything is answered.
        for wait in [5, 30, 90] {
            let (key, mark) = (format!("create-{wait}"), format!("once-{wait}"));
            let wait = Duration::from_millis(wait);
            let (answers, server) =
                answers_over_a_kill(&database, "/fhir/Organization", &key, &marked(&mark), wait);
            assert_eq!(answers.len(), PARALLEL);
            let first = told(&answers[0]);
            assert_eq!((first.0, first.2), (201, 1));
            for answer in &answers {
                assert_eq!(told(answer), first);
            }
            assert_eq!(server.count(&found(&mark)), 1, "{mark}");
        }
    }
}

#[test]
fn a_transaction_is_done_once_though_the_server_is_killed() {
    for database in TestDatabase::each() {
        for wait in [10, 40] {
            let (key, mark) = (format!("transaction-{wait}"), format!("all-{wait}"));
            let sent = bundle("transaction", &vec![entry_with("POST", "Organization", &marked(&mark)); 3]);
            let (answers, server) =
                answers_over_a_kill(&database, "/fhir", &key, &sent, Duration::from_millis(wait));
            let of = |answer: &Response| -> Vec<(String, Version)> {
                assert_eq!(answer.status, 200, "{}", answer.text());
                entries(&body(answer)).iter().map(|entry| entry_told(&entry["response"])).collect()
            };
            let first = of(&answers[0]);
            assert_eq!(first.len(), 3);
            for answer in &answers {
                assert_eq!(of(answer), first);
            }
            assert_eq!(server.count(&found(&mark)), 3, "{mark}");
        }
    }
}

#[test]
fn the_answer_outlives_the_server() {
    for database in TestDatabase::each() {
        let mut server = start(&database, &[]);
        let first =
            told(&post(server.client(), "/fhir/Organization", "k", &marked("outlived")).expect_status(201));
        server.kill9();
        let server = start(&database, &[]);
        assert_eq!(told(&post(server.client(), "/fhir/Organization", "k", &marked("outlived"))), first);
        let other = post(server.client(), "/fhir/Organization", "k", &marked("other")).expect_status(422);
        assert_eq!(code_of(&other), "idempotency-key-reused");
        assert_eq!(server.count(&found("outlived")), 1);
    }
}

/// Reference and version.
type Version = (String, u64);

fn entry_told(response: &Value) -> (String, Version) {
    let stored = Stored::at(&text(&response["location"]));
    (text(&response["status"]), (stored.reference(), stored.version))
}

#[test]
fn two_servers_make_it_once() {
    let Some(database) = TestDatabase::postgres() else { return };
    let servers = [start(&database, &[]), start(&database, &[])];
    for round in 0..10 {
        let (key, mark) = (format!("race-{round}"), format!("race-{round}"));
        let (sent, addresses) =
            (marked(&mark), servers.each_ref().map(|it| RwLock::new(it.base_url().to_owned())));
        let answers: Vec<Response> = thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|index| {
                    let (key, sent, address) = (&key, &sent, &addresses[index % 2]);
                    scope.spawn(move || send_until_answered(address, "/fhir/Organization", key, sent))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let first = told(&answers[0]);
        assert!(answers.iter().all(|answer| told(answer) == first), "{round}");
        assert_eq!(servers[0].count(&found(&mark)), 1);
    }
}

#[test]
fn another_request_with_the_key_is_refused() {
    on_each(|server| {
        let client = server.client();
        let made = post(client, "/fhir/Organization", "k", &marked("one")).expect_status(201);
        for (path, sent) in [
            ("/fhir/Organization", marked("two")),
            ("/fhir/Organization?x=y", marked("one")),
            ("/fhir/Location", marked("one").replace("Organization", "Location")),
            ("/fhir", bundle("transaction", &[entry_with("POST", "Organization", &marked("two"))])),
            ("/fhir", bundle("batch", &[entry_with("POST", "Organization", &marked("two"))])),
        ] {
            let refused = post(client, path, "k", &sent).expect_status(422);
            assert_eq!(code_of(&refused), "idempotency-key-reused", "{path}");
        }
        assert_eq!(server.count(&found("two")), 0);
        // It goes by the request, not by how its answer is wanted; and what the key was is what stands between quotes.
        let headers =
            [("Content-Type", FHIR_JSON), ("Idempotency-Key", "\"k\""), ("Prefer", "return=minimal")];
        let again = client.request("POST", "/fhir/Organization", &headers, marked("one").as_bytes());
        assert_eq!((again.status, again.body.len()), (201, 0));
        assert_eq!(again.header("Location"), made.header("Location"));
        assert_eq!(again.header("ETag"), made.header("ETag"));
        // Without a key there are two.
        let _ = client.send_fhir("POST", "/fhir/Organization", marked("one")).expect_status(201);
        assert_eq!(server.count(&found("one")), 2);
    });
}

#[test]
fn a_key_is_a_short_text_and_comes_once() {
    on_each(|server| {
        let client = server.client();
        let _ = post(client, "/fhir/Organization", &"k".repeat(255), &marked("long")).expect_status(201);
        for key in ["", "\"\"", "a b", "a\"b", &"k".repeat(256)] {
            let refused = post(client, "/fhir/Organization", key, &marked("bad")).expect_status(400);
            assert_eq!(code_of(&refused), "header-format", "{key}");
        }
        let two = [("Content-Type", FHIR_JSON), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
        let refused = client.request("POST", "/fhir/Organization", &two, marked("bad").as_bytes());
        assert_eq!((refused.status, server.count(&found("bad"))), (400, 0));
    });
}

#[test]
fn the_answer_is_that_of_the_first_whatever_happened_since() {
    on_each(|server| {
        let client = server.client();
        let first = post(client, "/fhir/Organization", "k", &marked("later")).expect_status(201);
        let stored = Stored::at(first.header("Location").unwrap());
        let changed = organization("Khác").replacen('{', &format!("{{\"id\":\"{}\",", stored.id), 1);
        let _ = client.send_fhir("PUT", &stored.path(), &changed).expect_status(200);
        assert_eq!(told(&post(client, "/fhir/Organization", "k", &marked("later"))), told(&first));
        let _ = client.request("DELETE", &stored.path(), &[], b"");
        assert_eq!(told(&post(client, "/fhir/Organization", "k", &marked("later"))), told(&first));
        assert_eq!(client.get(&stored.path()).status, 410, "nothing came back");
    });
}

#[test]
fn a_refusal_is_not_kept() {
    on_each(|server| {
        let client = server.client();
        let wrong = marked("corrected").replace("name", "nome");
        assert!(post(client, "/fhir/Organization", "k", &wrong).status >= 400);
        let _ = post(client, "/fhir/Organization", "k", &marked("corrected")).expect_status(201);
    });
}

#[test]
fn a_patch_is_done_once() {
    on_each(|server| {
        let stored = server.create(&marked("patched"));
        let patch = r#"[{"op": "add", "path": "/alias", "value": ["a"]}]"#;
        let headers = [("Content-Type", "application/json-patch+json"), ("Idempotency-Key", "p")];
        for _ in 0..3 {
            let answer = server.client().request("PATCH", &stored.path(), &headers, patch.as_bytes());
            assert_eq!((answer.status, answer.header("ETag")), (200, Some("W/\"2\"")));
        }
    });
}

#[test]
fn a_batch_does_what_is_missing() {
    on_each(|server| {
        let client = server.client();
        let kept = server.create(&marked("kept"));
        let changed = organization("Khác").replacen('{', &format!("{{\"id\":\"{}\",", kept.id), 1);
        let place = kept.reference();
        let sent = bundle(
            "batch",
            &[
                entry_with("POST", "Organization", &marked("in-batch")),
                entry_if("DELETE", &place, r#""ifMatch":"W/\"9\"""#, "{}").replace(r#""resource":{},"#, ""),
                entry_with("PUT", &place, &changed),
                entry("GET", &place),
            ],
        );
        let first = body(&post(client, "/fhir", "k", &sent).expect_status(200));
        let again = body(&post(client, "/fhir", "k", &sent).expect_status(200));
        let (first, again) = (entries(&first), entries(&again));
        assert_eq!(entry_told(&first[0]["response"]), entry_told(&again[0]["response"]));
        assert_eq!(first[0]["response"]["etag"], again[0]["response"]["etag"]);
        assert!(text(&first[1]["response"]["status"]).starts_with("412"), "{first:?}");
        assert_eq!(entry_told(&first[2]["response"]), entry_told(&again[2]["response"]));
        assert_eq!(first[3]["resource"]["id"], again[3]["resource"]["id"]);
        assert_eq!(server.count(&found("in-batch")), 1);
        let other = bundle("batch", &[entry_with("POST", "Organization", &marked("not-this"))]);
        let refused = post(client, "/fhir", "k", &other).expect_status(422);
        assert_eq!(
            (code_of(&refused).as_str(), server.count(&found("not-this"))),
            ("idempotency-key-reused", 0)
        );
    });
}

#[test]
fn keys_belong_to_the_caller() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let clinic = |index: usize| {
            let id = text(&demo.description["clients"][index]["id"]);
            Caller::new(demo.server().client(), demo.token(&["--client", &id]))
        };
        let sent = json!({
            "resourceType": "Observation", "status": "final", "subject": {"reference": format!("Patient/{}", demo.citizen(0).1)},
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}, "valueString": "72",
        })
        .to_string();
        let mut made = Vec::new();
        for index in 0..2 {
            let caller = clinic(index);
            let code = demo.as_citizen(0).send("POST", "/access/presence-codes", "{}").expect_status(201);
            let shown = json!({"kind": "presence", "code": body(&code)["code"]}).to_string();
            let _ = caller.send("POST", "/access/relations", &shown).expect_status(201);
            let post = |caller: &Caller<'_>| {
                caller.send_with("POST", "/fhir/Observation", &[("Idempotency-Key", "same")], &sent)
            };
            let first = told(&post(&caller).expect_status(201));
            // Another token of the same client is the same caller.
            assert_eq!(told(&post(&clinic(index)).expect_status(201)), first);
            made.push(first.1);
        }
        assert_ne!(made[0], made[1], "each has its own keys");
        assert_eq!(
            demo.as_citizen(1)
                .send_with("POST", "/fhir/Observation", &[("Idempotency-Key", "same")], &sent)
                .status
                / 100,
            4
        );
    }
}
