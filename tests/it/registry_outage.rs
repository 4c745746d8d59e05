//! The registry is away under load: books are read and visits written as ever, look-ups answer what is known with its age,
//! and when it is back the book catches up (`docs/registry-sync.md`, sections 4 and 5).
//!
//! `HEALTHBOOK_OUTAGE_MINUTES=10` is the whole proof: it also asks that the book is what the registry says within a minute.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use population_registry::simulator::model_after;
use serde_json::{Value, json};
use test_support::{HttpClient, TestDatabase, TestServer};

use crate::registry_simulator::Simulator;
use crate::registry_sync::{SYSTEM, part, question, tags};
use crate::registry_sync_feed::{SEED, expected, find, stored, told};
use crate::support::bodies::encounter;
use crate::support::program::Caller;
use crate::support::{body, start, value};

const PEOPLE: u64 = 150;
/// Events in a second.
const RATE: u64 = 20;
/// Before the outage begins: a server on a busy machine must have started.
const BEFORE: u64 = 40;
/// Events go on for so long after its usual end.
const BEHIND: u64 = 4;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

struct Counted {
    over: AtomicBool,
    reads: AtomicU64,
    writes: AtomicU64,
    known: AtomicU64,
    unknown: AtomicU64,
}

fn is_away(simulator: &Simulator) -> bool {
    simulator.get("/events?limit=1").0 != 200
}

/// The highest version of each person that the feed tells now.
fn told_until_now(simulator: &Simulator) -> Vec<u64> {
    let mut last = vec![0; usize::try_from(PEOPLE).unwrap()];
    let mut after = String::new();
    loop {
        let (status, text) = simulator.get(&format!("/events?limit=1000{after}"));
        assert_eq!(status, 200);
        let page = value(&text);
        let items = page["events"].as_array().unwrap();
        for item in items {
            let person: usize = item["person"].as_str().unwrap().trim_start_matches("p-").parse().unwrap();
            last[person] = last[person].max(item["version"].as_u64().unwrap());
        }
        if items.is_empty() {
            return last;
        }
        after = format!("&after={}", page["next"].as_str().unwrap());
    }
}

fn look_up(http: &HttpClient, number: &str, birth_date: &str) -> test_support::Response {
    let asked = question(SYSTEM, number, birth_date);
    http.send_fhir("POST", "/fhir/Patient/$registry-lookup", asked)
}

#[test]
fn care_goes_on_without_the_registry_and_the_book_catches_up() {
    let minutes = std::env::var("HEALTHBOOK_OUTAGE_MINUTES").ok().and_then(|text| text.parse::<f64>().ok());
    let away = (minutes.unwrap_or(0.15) * 60.0).ceil().max(1.0) as u64;
    let events = (BEFORE + away + BEHIND) * RATE;
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&[
            "--people",
            &PEOPLE.to_string(),
            "--events",
            &events.to_string(),
            "--events-per-second",
            &RATE.to_string(),
            "--outage-after",
            &format!("{BEFORE}s"),
            "--outage-for",
            &format!("{away}s"),
            "--outage-every",
            "24h",
        ]);
        let server = start(&database, &["--registry", &simulator.base]);
        let sample = simulator.sample(4);
        let (number, birth_date) = (sample[0].0.as_str(), sample[0].1.to_string());
        let known = body(&look_up(server.client(), number, &birth_date).expect_status(200));
        let id = known["id"].as_str().unwrap().to_owned();
        while !is_away(&simulator) {
            thread::sleep(LOOK);
        }
        let counted = Counted {
            over: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            known: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
        };
        let counted = &counted;
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    under_load(&server, counted, &counted.reads, |http| {
                        let answer = http.get(&format!("/fhir/Patient/{id}"));
                        assert_eq!(answer.status, 200, "a read: {}", answer.text());
                    })
                });
                scope.spawn(|| {
                    under_load(&server, counted, &counted.writes, |http| {
                        let answer =
                            http.send_fhir("POST", "/fhir/Encounter", encounter(&format!("Patient/{id}")));
                        // Whom the feed tells to have died has no new visits.
                        let is_dead = answer.status == 422 && answer.text().contains("book-closed");
                        assert!(answer.status == 201 || is_dead, "a visit: {}", answer.text());
                    })
                });
            }
            scope.spawn(|| {
                under_load(&server, counted, &counted.known, |http| {
                    let answer = look_up(http, number, &birth_date);
                    // What was on its way when the registry went may still be answered by it.
                    let answer = body(&answer.expect_status(200));
                    if tags(&answer).contains(&"stale") {
                        assert!(part(&answer, "age").unwrap()["valueUnsignedInt"].is_u64());
                    }
                })
            });
            scope.spawn(|| {
                under_load(&server, counted, &counted.unknown, |http| {
                    let answer = look_up(http, "099900000000", "1990-01-01");
                    assert!(matches!(answer.status, 503 | 404), "{}", answer.text());
                })
            });
            while is_away(&simulator) {
                thread::sleep(LOOK);
            }
            counted.over.store(true, Ordering::Relaxed);
        });
        let back = Instant::now();
        let caller = Caller::unlimited(&server);
        let due = told_until_now(&simulator);
        for (person, version) in due.iter().enumerate().filter(|(_, version)| **version > 0) {
            while version_of(&caller, person) < Some(*version) {
                thread::sleep(LOOK);
            }
        }
        let reconciled = back.elapsed();
        assert!(minutes.is_none() || reconciled < Duration::from_secs(60), "{reconciled:?}");
        for person in 0..PEOPLE {
            let Some((record, version)) = model_after(SEED, PEOPLE, events, person) else { continue };
            if version == 0 {
                continue;
            }
            while stored(&caller, &record) != Some(version) {
                thread::sleep(LOOK);
            }
            assert_eq!(told(&find(&caller, &record)[0]), expected(&record, version), "person {person}");
        }
        let counts = [&counted.reads, &counted.writes, &counted.known, &counted.unknown];
        let [reads, writes, known, unknown] = counts.map(|count| count.load(Ordering::Relaxed));
        assert!(reads > 0 && writes > 0 && known > 0 && unknown > 0);
        let stats = server.client().request("GET", "/stats", &[("Accept", "application/json")], b"");
        let links = value(stats.text())["registry"]["lagSeconds"]["link"].clone();
        assert!(links["population-registry-feed"]["count"].as_u64() > Some(0), "{links}");
        assert!(links["population-registry"]["count"].as_u64() > Some(0), "{links}");
        assert_eq!(links["social-insurance"], json!({"count": 0, "p50": null, "p95": null}));
        println!(
            "{:?}: away {away} s; meanwhile {reads} reads, {writes} visits, {known} look-ups of somebody known and {unknown} of \
             nobody, none failed; {} people caught up {reconciled:.1?} after its return",
            database.backend(),
            due.iter().filter(|version| **version > 0).count(),
        );
    }
}

fn under_load(server: &TestServer, counted: &Counted, count: &AtomicU64, ask: impl Fn(&HttpClient)) {
    let http = HttpClient::new(server.base_url());
    while !counted.over.load(Ordering::Relaxed) {
        ask(&http);
        count.fetch_add(1, Ordering::Relaxed);
        thread::sleep(LOOK);
    }
}

/// The version that the book has of a person, by the first number, which every later record keeps among its numbers.
fn version_of(caller: &Caller<'_>, person: usize) -> Option<u64> {
    // After so many events everybody is born, and nobody gets a further number after the second.
    let (first, _) = model_after(SEED, PEOPLE, 40 * PEOPLE, person as u64).unwrap();
    let numbers = std::iter::once(&first.number).chain(&first.former_numbers);
    let found: Vec<Value> = numbers
        .flat_map(|number| {
            let path = format!("/fhir/Patient?identifier={SYSTEM}%7C{}", number.as_str());
            crate::support::matches(&caller.read(&path))
        })
        .collect();
    told(found.first()?)["version"].as_u64()
}
