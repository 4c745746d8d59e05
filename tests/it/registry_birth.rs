//! A birth that the feed of the population registry tells: the child is in the book, and the mother is the guardian, whichever
//! of the two the book learns of first (`docs/registry-sync.md`, section 5).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::TestDatabase;

use crate::registry_simulator::Simulator;
use crate::registry_sync::SYSTEM;
use crate::support::program::Caller;
use crate::support::{matches, start, value};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Until what must come has come.
const PATIENCE: Duration = Duration::from_secs(120);
/// Each has one event: births are about one of a hundred.
const PEOPLE: &str = "2400";
/// Events of a page, as the server asks for them: who are in one page find each other without waiting.
const PAGE: usize = 1_000;

/// The events with their places in the feed, by number of the person.
fn feed(simulator: &Simulator) -> BTreeMap<String, (usize, Value)> {
    let mut all = BTreeMap::new();
    let mut after = String::new();
    let mut place = 0;
    loop {
        let (_, text) = simulator.get(&format!("/events?limit={PAGE}{after}"));
        let page = value(&text);
        let items = page["events"].as_array().unwrap();
        if items.is_empty() {
            return all;
        }
        for item in items {
            let former = item["record"]["formerNumbers"].as_array().cloned().unwrap_or_default();
            for number in [&item["record"]["number"]].into_iter().chain(&former) {
                all.insert(number.as_str().unwrap().to_owned(), (place, item.clone()));
            }
            place += 1;
        }
        after = format!("&after={}", page["next"].as_str().unwrap());
    }
}

fn of_number(caller: &Caller<'_>, number: &str) -> Vec<Value> {
    matches(&caller.read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{number}")))
}

fn guardians(caller: &Caller<'_>, child: &str) -> Vec<String> {
    let found = matches(&caller.read(&format!("/fhir/Consent?patient={child}&status=active")));
    let actor = |consent: &Value| {
        consent["provision"]["actor"][0]["reference"]["reference"].as_str().unwrap().to_owned()
    };
    found.iter().map(actor).collect()
}

fn wait_for<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} does not come");
        thread::sleep(LOOK);
    }
}

#[test]
fn a_child_is_born_and_the_mother_is_its_guardian_whoever_comes_first() {
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&["--people", PEOPLE, "--events", PEOPLE]);
        let feed = feed(&simulator);
        let server = start(&database, &["--registry", &simulator.base]);
        let caller = Caller::unlimited(&server);
        let (mut earlier, mut later) = (0, 0);
        for (number, (place, event)) in feed.iter().filter(|(_, (_, event))| event["kind"] == "birth") {
            let record = &event["record"];
            let child = wait_for("the child", || of_number(&caller, number).pop());
            assert_eq!(of_number(&caller, number).len(), 1, "one Patient for a number");
            assert_eq!(child["birthDate"], record["birthDate"]);
            assert_eq!(child["gender"], record["sex"]);
            assert_eq!(child["active"], true);
            assert_eq!(child["name"][0]["given"].as_array().unwrap().last(), Some(&record["name"]["given"]));
            let source = format!("urn:healthbook:population-registry-feed#{}", event["id"].as_str().unwrap());
            assert_eq!(child["meta"]["source"], source);
            let mother = record["relationships"]["mother"]["number"].as_str().unwrap();
            assert_eq!(record["relationships"]["representative"]["number"], mother, "as the registry has it");
            let (of_mother, told) = &feed[mother];
            if told["record"]["status"]["state"] == "dead" {
                continue;
            }
            match (of_mother / PAGE).cmp(&(place / PAGE)) {
                Ordering::Less => earlier += 1,
                Ordering::Equal => {}
                Ordering::Greater => later += 1,
            }
            let mother = wait_for("the mother", || of_number(&caller, mother).pop());
            let mother = format!("Patient/{}", mother["id"].as_str().unwrap());
            let id = child["id"].as_str().unwrap();
            let known = wait_for("the guardian", || {
                Some(guardians(&caller, id)).filter(|guardians| !guardians.is_empty())
            });
            assert_eq!(known, [mother], "she, and she once");
        }
        assert!(earlier > 0 && later > 0, "in pages apart, both orders are met: {earlier} {later}");
        println!("{:?}: {earlier} after the page of the mother, {later} before it", database.backend());
    }
}
