//! A reindex while others write, when it is killed in the middle, and with several servers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{TestDatabase, TestServer};

use crate::reindex::{card, number, patient, put_national, reindex, wait};
use crate::support::{Fhir, body, expect_refusal, on_each, start, text, value};

/// Fills the database with Patients `n0`, `n1`, ... in few requests.
fn fill(server: &impl Fhir, count: usize) {
    let numbers: Vec<usize> = (0..count).collect();
    for part in numbers.chunks(500) {
        let entry = |number: &usize| {
            json!({"request": {"method": "PUT", "url": format!("Patient/n{number}")},
                "resource": value(&patient(&format!("n{number}"), &card("TE", *number)))})
        };
        let entries: Vec<Value> = part.iter().map(entry).collect();
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
        let _ = server.bundle(bundle.to_string()).expect_status(200);
    }
}

#[test]
fn writers_and_a_reindex_do_not_get_in_each_others_way() {
    const PATIENTS: usize = 600;
    on_each(|server| {
        fill(server, PATIENTS);
        put_national(server);
        let (over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let writers: Vec<_> = (0..16)
                .map(|writer| {
                    let (over, rounds, client) = (&over, &rounds, server.client());
                    scope.spawn(move || {
                        let mut last = vec![None; PATIENTS];
                        for round in 0.. {
                            if over.load(Ordering::SeqCst) {
                                return last;
                            }
                            // Each writer has its own resources, spread over all.
                            let number = (round * 7 * 16 + writer) % PATIENTS / 16 * 16 + writer;
                            if number >= PATIENTS {
                                continue;
                            }
                            let value = card("GD", writer * 1_000_000 + round);
                            let sent = patient(&format!("n{number}"), &value);
                            let answer = client.send_fhir("PUT", &format!("/fhir/Patient/n{number}"), sent);
                            assert_eq!(answer.status, 200, "{}", answer.text());
                            last[number] = Some(value);
                            rounds.fetch_add(1, Ordering::SeqCst);
                        }
                        unreachable!("the numbers have no end")
                    })
                })
                .collect();
            while rounds.load(Ordering::SeqCst) < 50 {
                thread::sleep(Duration::from_millis(5));
            }
            reindex(server.http());
            thread::sleep(Duration::from_millis(200));
            over.store(true, Ordering::SeqCst);
            let mut expected: Vec<String> = (0..PATIENTS).map(|number| card("TE", number)).collect();
            for writer in writers {
                let last = writer.join().unwrap().into_iter().enumerate();
                last.filter_map(|(number, value)| Some((number, value?)))
                    .for_each(|(number, value)| expected[number] = value);
            }
            expect_exactly(server, &expected);
        });
    });
}

/// Every Patient is found by its number and by no other.
#[track_caller]
fn expect_exactly(server: &TestServer, expected: &[String]) {
    for (number, value) in expected.iter().enumerate() {
        let found = server.ids(&format!("/fhir/Patient?vn-bhyt={value}"));
        assert_eq!(found, [format!("n{number}")], "{value}");
        if value.starts_with("GD") {
            let before = card("TE", number);
            assert_eq!(server.count(&format!("/fhir/Patient?vn-bhyt={before}")), 0, "{before}");
        }
    }
    // A row of a value that is no more would make one of these longer.
    let all = server.read("/fhir/Patient?vn-bhyt:missing=false&_total=accurate&_count=1");
    assert_eq!(all["total"], expected.len());
}

#[test]
fn a_killed_reindex_goes_on() {
    for database in TestDatabase::each() {
        let mut server = start(&database, &[]);
        fill(&server, 12_000);
        put_national(&server);
        let answer = server.http().request("POST", "/fhir/$reindex", &[], b"").expect_status(202);
        assert_eq!(number(&body(&answer), "total"), 12_000);
        let second = server.http().request("POST", "/fhir/$reindex", &[], b"");
        assert_eq!(text(&expect_refusal("a second one", &second, 409)["code"]), "conflict");
        let end = Instant::now() + Duration::from_secs(30);
        let stopped_at = loop {
            let now = body(&server.http().get("/fhir/$reindex"));
            if number(&now, "done") > 0 {
                break now;
            }
            assert!(Instant::now() < end, "{now}");
        };
        server.kill9();
        assert!(number(&stopped_at, "done") < 12_000, "it was too fast to be killed in the middle");
        let server = start(&database, &[]);
        let now = server.http().get("/fhir/$reindex").expect_status(202);
        assert!(number(&body(&now), "done") >= number(&stopped_at, "done"), "{}", now.text());
        assert_eq!(server.http().request("POST", "/fhir/$reindex", &[], b"").status, 409);
        let strict = [("Prefer", "handling=strict")];
        let early = server.http().request("GET", "/fhir/Patient?vn-bhyt=F-1", &strict, b"");
        expect_refusal("not ready", &early, 400);
        // Written while nobody works.
        let _ = server.put(&patient("n11999", "DN4099000000001")).expect_status(200);
        let seen = wait(server.http(), Duration::from_secs(60));
        assert_eq!(number(seen.last().unwrap(), "done"), 12_000);
        for sample in [0, 1, 127, 128, 1_500, 11_998] {
            assert_eq!(
                server.ids(&format!("/fhir/Patient?vn-bhyt={}", card("TE", sample))),
                [format!("n{sample}")]
            );
        }
        assert_eq!(server.ids("/fhir/Patient?vn-bhyt=DN4099000000001"), ["n11999"]);
        assert_eq!(server.count(&format!("/fhir/Patient?vn-bhyt={}", card("TE", 11_999))), 0);
        let all = server.read("/fhir/Patient?vn-bhyt:missing=false&_total=accurate&_count=1");
        assert_eq!(all["total"], 12_000);
    }
}

#[test]
fn all_servers_of_a_database_follow() {
    let Some(database) = TestDatabase::postgres() else { return };
    let (one, other) = (start(&database, &[]), start(&database, &[]));
    fill(&one, 300);
    put_national(&one);
    let _ = one.http().request("POST", "/fhir/$reindex", &[], b"").expect_status(202);
    // Long before it looks by itself the other one writes by the new parameters.
    let _ = other.put(&patient("n7", "DN4099000000002")).expect_status(200);
    let _ = other.put(&patient("fresh", "DN4099000000003")).expect_status(201);
    wait(one.http(), Duration::from_secs(60));
    assert_eq!(one.ids("/fhir/Patient?vn-bhyt=DN4099000000002"), ["n7"]);
    assert_eq!(one.ids("/fhir/Patient?vn-bhyt=DN4099000000003"), ["fresh"]);
    assert_eq!(one.count(&format!("/fhir/Patient?vn-bhyt={}", card("TE", 7))), 0);
    let end = Instant::now() + Duration::from_secs(10);
    while other.count(&format!("/fhir/Patient?vn-bhyt={}", card("TE", 8))) != 1 {
        assert!(Instant::now() < end, "the other server does not follow");
        thread::sleep(Duration::from_millis(100));
    }
    assert!(other.read("/fhir/metadata").to_string().contains("vn-device-group"));
}
