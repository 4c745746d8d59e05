//! The events of the population registry in the book: delivered twice, in disorder and broken, through outages and a server
//! that is killed, they leave what the sequential model says (`docs/registry-sync.md`, section 5).
//! `registry_storm` is the large form of it.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use population_registry::simulator::model_after;
use population_registry::{Demographics, Status};
use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase, TestServer};

use crate::registry_simulator::Simulator;
use crate::registry_sync::SYSTEM;
use crate::support::program::{Caller, run, words};
use crate::support::{matches, start, value};

/// The seed of the simulators of the tests.
pub const SEED: u64 = 7;
/// Looks at whether the feed is read to its end.
const LOOKS: u32 = 20_000;
/// Between two looks.
pub const LOOK: Duration = Duration::from_millis(50);

pub fn number_of(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

pub fn outcomes(server: &TestServer) -> Value {
    let stats = server.client().request("GET", "/stats", &[("Accept", "application/json")], b"");
    value(stats.text())["registry"]["events"].clone()
}

pub fn count(events: &Value) -> u64 {
    events.as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

/// What is in the feed, read as it stands there and by nothing of the program but the simulator.
pub struct Feed {
    pub deliveries: usize,
    /// Texts that are no event.
    pub broken: BTreeSet<String>,
    /// The highest version of each person.
    pub last: BTreeMap<u64, u64>,
}

fn is_broken(item: &Value) -> bool {
    let number = item["record"]["number"].as_str().unwrap_or_default();
    number.len() != 12 || item["kind"] == "rebirth" || !item["sequence"].is_u64()
}

impl Feed {
    pub fn of(simulator: &Simulator) -> Self {
        let mut feed = Self { deliveries: 0, broken: BTreeSet::new(), last: BTreeMap::new() };
        let mut after = String::new();
        loop {
            let (status, text) = simulator.get(&format!("/events?limit=1000{after}"));
            if status != 200 {
                thread::sleep(LOOK);
                continue;
            }
            let page = value(&text);
            let items = page["events"].as_array().unwrap();
            if items.is_empty() {
                return feed;
            }
            feed.deliveries += items.len();
            for item in items {
                if is_broken(item) {
                    feed.broken.insert(item.to_string());
                    continue;
                }
                let person = item["person"].as_str().unwrap().trim_start_matches("p-").parse().unwrap();
                let last = feed.last.entry(person).or_default();
                *last = (*last).max(item["version"].as_u64().unwrap());
            }
            after = format!("&after={}", page["next"].as_str().unwrap());
        }
    }
}

/// Waits until nothing comes any more, with the registry there: its feed is empty for a while.
fn wait_for_end(server: &TestServer, done: impl Fn(&TestServer) -> bool) {
    for _ in 0..LOOKS {
        if done(server) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the feed is not read to its end: {}", outcomes(server));
}

/// The parts of a `Patient` that the registry says.
pub fn told(patient: &Value) -> Value {
    let numbers = patient["identifier"].as_array().unwrap().iter();
    let numbers: Vec<&Value> = numbers.filter(|it| it["system"] == SYSTEM).map(|it| &it["value"]).collect();
    let registry =
        patient["extension"].as_array().unwrap().iter().find(|it| it["url"] == "urn:healthbook:registry");
    let part = |name: &str| {
        let parts = registry.unwrap()["extension"].as_array().unwrap();
        parts.iter().find(|it| it["url"] == name).cloned().unwrap_or_default()
    };
    let addresses = patient["address"].as_array().cloned().unwrap_or_default();
    let lines: Vec<Value> = addresses.iter().map(|address| address["line"][0].clone()).collect();
    json!({
        "numbers": numbers, "family": patient["name"][0]["family"], "given": patient["name"][0]["given"],
        "birthDate": patient["birthDate"], "gender": patient["gender"], "active": patient["active"],
        "dead": patient["deceasedDateTime"], "version": part("version")["valueUnsignedInt"], "lines": lines,
        "replaced": patient["link"][0]["other"]["identifier"]["value"],
        "representative": part("representative")["valueIdentifier"]["value"],
    })
}

pub fn expected(record: &Demographics, version: u64) -> Value {
    let record = serde_json::to_value(record).unwrap();
    let former = record["formerNumbers"].as_array().cloned().unwrap_or_default();
    let numbers: Vec<Value> = [vec![record["number"].clone()], former].concat();
    let name = &record["name"];
    let given: Vec<&Value> =
        [&name["middle"], &name["given"]].into_iter().filter(|it| !it.is_null()).collect();
    let state = record["status"]["state"].as_str().unwrap();
    let lines: Vec<Value> = ["permanent", "current"].map(|kind| record[kind]["line"].clone()).to_vec();
    json!({
        "numbers": numbers, "family": name["family"], "given": given, "birthDate": record["birthDate"],
        "gender": record["sex"], "active": !matches!(state, "cancelled" | "replaced-by"),
        "dead": record["status"]["on"], "version": version, "lines": lines,
        "replaced": if state == "replaced-by" { record["status"]["number"].clone() } else { Value::Null },
        "representative": record["relationships"]["representative"]["number"],
    })
}

#[test]
fn whatever_happens_on_the_way_the_book_is_what_the_model_says() {
    let (people, events) = (300, 3_000);
    for database in TestDatabase::each() {
        let simulator = disorderly(people, events);
        let broken = Feed::of(&simulator).broken.len();
        let arguments = ["--registry", &simulator.base];
        for round in 1..=3 {
            let mut server = start(&database, &arguments);
            // Somewhere in the middle of a page.
            wait_for_end(&server, |server| count(&outcomes(server)) > 100 * round);
            server.kill9();
        }
        let server = start(&database, &arguments);
        let caller = Caller::unlimited(&server);
        let is_done = |_: &TestServer| {
            (0..people).all(|person| match model_after(SEED, people, events, person) {
                Some((record, version)) if version > 0 => stored(&caller, &record) == Some(version),
                _ => true,
            })
        };
        wait_for_end(&server, is_done);
        for person in 0..people {
            let Some((record, version)) = model_after(SEED, people, events, person) else { continue };
            if version == 0 {
                continue;
            }
            let found = find(&caller, &record);
            assert_eq!(found.len(), 1, "person {person}");
            assert_eq!(told(&found[0]), expected(&record, version), "person {person}");
            if !record.former_numbers.is_empty() {
                let path =
                    format!("/fhir/Patient?identifier={SYSTEM}%7C{}", record.former_numbers[0].as_str());
                assert_eq!(matches(&caller.read(&path))[0]["id"], found[0]["id"], "an old number resolves");
            }
            if matches!(record.status, Status::Cancelled | Status::ReplacedBy { .. }) {
                assert_eq!(found[0]["active"], false);
            }
        }
        let metrics = server.client().get("/metrics");
        assert!(
            metrics.text().contains("healthbook_registry_lag_by_kind_seconds_count"),
            "{}",
            metrics.text()
        );
        let page = server.client().get("/stats");
        assert!(page.text().contains("Tỉnh") && page.text().contains("Province"));
        parked(&database, broken);
        let folder = TemporaryDirectory::new();
        let listed = words(&run(folder.path(), &["registry", "parked", "--database", database.url()]));
        let id = listed.lines().find(|line| line.contains("  event ")).unwrap().split(' ').next().unwrap();
        let retried =
            run(folder.path(), &["registry", "parked", "--retry", id, "--database", database.url()]);
        assert!(!retried.status.success(), "what cannot be read still cannot: {}", words(&retried));
    }
}

/// A registry that tells events twice, broken and in disorder, and is away a tenth of the time.
pub fn disorderly(people: u64, events: u64) -> Simulator {
    let (people, events) = (people.to_string(), events.to_string());
    let of = ["--people", &people, "--events", &events];
    let disorder = ["--duplicate-rate", "0.05", "--malformed-rate", "0.01", "--reorder-window", "50"];
    let outages = ["--outage-every", "5s", "--outage-for", "500ms"];
    Simulator::start(&[&of[..], &disorder, &outages].concat())
}

/// That no record was applied twice: each version holds a higher version of the registry than the one before. Where the book
/// itself says or takes back that two are one person (docs/merging.md), what the registry told stays untouched.
pub fn nothing_twice(history: &[Value], person: u64) {
    let extension = |patient: &Value, url: &str| {
        patient["extension"].as_array().unwrap().iter().find(|it| it["url"] == url).cloned()
    };
    for pair in history.windows(2) {
        let [newer, older] = [&pair[0], &pair[1]];
        let versions = [newer, older].map(|it| told(it)["version"].as_u64().unwrap());
        let [registry, merge] = ["urn:healthbook:registry", "urn:healthbook:merge"]
            .map(|url| extension(newer, url) == extension(older, url));
        let is_about_merging = registry && (!merge || newer["link"] != older["link"]);
        assert!(
            versions[0] > versions[1] || is_about_merging,
            "person {person}: {versions:?}\n{newer}\n{older}"
        );
    }
}

pub fn find(caller: &Caller<'_>, record: &Demographics) -> Vec<Value> {
    let found = caller.read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{}", record.number.as_str()));
    matches(&found)
}

pub fn stored(caller: &Caller<'_>, record: &Demographics) -> Option<u64> {
    told(find(caller, record).first()?)["version"].as_u64()
}

/// Waits until so many are parked: the broken ones may come after the last whole one.
pub fn parked(database: &TestDatabase, expected: usize) -> usize {
    let folder = TemporaryDirectory::new();
    let mut found = 0;
    for _ in 0..600 {
        let listed = words(&run(folder.path(), &["registry", "parked", "--database", database.url()]));
        found = listed.lines().filter(|line| line.contains("  event ")).count();
        if found >= expected {
            break;
        }
        thread::sleep(LOOK);
    }
    assert_eq!(found, expected, "each broken text is parked once");
    found
}
