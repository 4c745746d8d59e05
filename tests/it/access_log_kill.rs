//! Nothing that was shown or changed is missing in the log of accesses after a crash at any moment (docs/access-log.md,
//! section 7): 64 readers and 16 writers, the server killed under them, again and again. `HEALTHBOOK_ROUNDS=300` is the
//! whole measurement.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use audit_log::{Action, Entry, Outcome};
use serde_json::json;
use test_support::{Backend, Durability, HttpClient, Response, TemporaryPostgres, TestDatabase};
use uuid::Uuid;

use crate::support::access_log::{new_number, signed, verified, whole_log};
use crate::support::bodies::observation;
use crate::support::program::{Caller, Demo};
use crate::support::{FHIR_JSON, Stored, entries, matches, text, value};

const READERS: usize = 64;
const WRITERS: usize = 16;
/// Every so many rounds it is PostgreSQL that crashes.
const CRASHES_OF_POSTGRES: usize = 5;
/// A token lives ten minutes.
const BELIEVED: Duration = Duration::from_secs(240);

/// What an answer says that was received whole: the entry that it must have left.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    action: Action,
    outcome: Outcome,
    patient: String,
    resource: String,
    version: String,
    shown: u32,
}

/// People and their tokens.
struct Cast {
    /// `Patient` id and token of citizens who read and write in the own book.
    citizens: Vec<(String, String)>,
    client: String,
    /// Whom the client system reads, and whom not.
    open: String,
    closed: String,
    since: Instant,
}

impl Cast {
    fn of(demo: &Demo) -> Self {
        let client = demo.token(&["--client", demo.description["clients"][0]["id"].as_str().unwrap()]);
        let asks = Caller::new(demo.server().client(), &client);
        let status = |place: usize| asks.get(&format!("/fhir/Patient/{}", demo.citizen(place).1)).status;
        let statuses: Vec<u16> = (0..30).map(status).collect();
        let of = |status: u16| {
            let place =
                statuses.iter().position(|it| *it == status).expect("some are open and some are closed");
            demo.citizen(place).1.to_owned()
        };
        let citizen = |place: usize| {
            let (number, patient) = demo.citizen(place);
            (patient.to_owned(), demo.token(&["--citizen", number]))
        };
        let citizens = (0..4).map(citizen).collect();
        Self { citizens, open: of(200), closed: of(404), client, since: Instant::now() }
    }
}

/// One round: requests go on until the connection breaks.
struct Round<'a> {
    client: &'a HttpClient,
    cast: &'a Cast,
    is_over: &'a AtomicBool,
    /// Whether PostgreSQL goes first: then the server says that it has no database.
    loses_database: bool,
    told: &'a Mutex<BTreeMap<Uuid, Told>>,
}

impl Round<'_> {
    /// The answer, when it came whole. A server that is busy, or has lost its database, says 503: it is asked again.
    fn ask(&self, token: &str, method: &str, path: &str, body: &str) -> Option<(Uuid, Response)> {
        loop {
            let (number, authorization) = (new_number(), format!("Bearer {token}"));
            let text = number.to_string();
            let headers = [
                ("Authorization", authorization.as_str()),
                ("X-Request-Id", &text),
                ("Content-Type", FHIR_JSON),
            ];
            match self.client.try_request(method, path, &headers, body.as_bytes()) {
                Ok(answer) if answer.status < 500 => {
                    assert_eq!(answer.header("X-Request-Id"), Some(text.as_str()));
                    return Some((number, answer));
                }
                _ if self.is_over.load(Ordering::SeqCst) => return None,
                Ok(answer) if answer.status == 503 || self.loses_database => {
                    thread::sleep(Duration::from_millis(20));
                }
                Ok(answer) => panic!("before the crash: {} {}", answer.status, answer.text()),
                Err(error) => panic!("before the crash: {error}"),
            }
        }
    }

    fn tell(&self, number: Uuid, told: Told) {
        self.told.lock().unwrap().insert(number, told);
    }

    fn read(&self, reader: usize) {
        let (own, token) = &self.cast.citizens[reader % self.cast.citizens.len()];
        let told = |action, patient: &str| Told {
            action,
            outcome: Outcome::Success,
            patient: format!("Patient/{patient}"),
            resource: format!("Patient/{patient}"),
            version: String::new(),
            shown: 1,
        };
        for turn in reader.. {
            let (number, told) = match turn % 5 {
                0 | 1 => {
                    let (patient, token) =
                        if turn % 5 == 0 { (own, token) } else { (&self.cast.open, &self.cast.client) };
                    let Some((number, answer)) =
                        self.ask(token, "GET", &format!("/fhir/Patient/{patient}"), "")
                    else {
                        return;
                    };
                    let answer = answer.expect_status(200);
                    let version = answer.header("ETag").unwrap().trim_matches(['W', '/', '"']).to_owned();
                    (number, Told { version, ..told(Action::Read, patient) })
                }
                2 => {
                    let closed = &self.cast.closed;
                    let path = format!("/fhir/Patient/{closed}");
                    let Some((number, answer)) = self.ask(&self.cast.client, "GET", &path, "") else {
                        return;
                    };
                    let _ = answer.expect_status(404);
                    (number, Told { outcome: Outcome::Refused, shown: 0, ..told(Action::Read, closed) })
                }
                kind => {
                    let (action, path) = match kind {
                        3 => (Action::Search, "/fhir/Observation?_count=5".to_owned()),
                        _ => (Action::History, format!("/fhir/Patient/{own}/_history")),
                    };
                    let Some((number, answer)) = self.ask(token, "GET", &path, "") else { return };
                    let page = value(answer.expect_status(200).text());
                    let shown = if kind == 3 {
                        matches(&page)
                    } else {
                        entries(&page).iter().map(|entry| entry["resource"].clone()).collect()
                    };
                    (number, of_many(action, own, &shown))
                }
            };
            self.tell(number, told);
        }
    }

    fn write(&self, writer: usize) {
        let (own, token) = &self.cast.citizens[writer % self.cast.citizens.len()];
        let told = |action, stored: &Stored| Told {
            action,
            outcome: Outcome::Success,
            patient: format!("Patient/{own}"),
            resource: stored.reference(),
            version: stored.version.to_string(),
            shown: 0,
        };
        loop {
            let body = measurement(own);
            let Some((number, answer)) = self.ask(token, "POST", "/fhir/Observation", &body) else { return };
            let made = Stored::at(answer.expect_status(201).header("Location").unwrap());
            self.tell(number, told(Action::Create, &made));
            let mut changed = value(&body);
            changed["id"] = made.id.clone().into();
            changed["status"] = "amended".into();
            let Some((number, answer)) = self.ask(token, "PUT", &made.path(), &changed.to_string()) else {
                return;
            };
            let _ = answer.expect_status(200);
            let changed = Stored { version: made.version + 1, ..made };
            self.tell(number, told(Action::Update, &changed));
            if !new_number().as_u128().is_multiple_of(3) {
                continue;
            }
            let Some((number, answer)) = self.ask(token, "DELETE", &changed.path(), "") else { return };
            assert!(answer.status < 300, "{}", answer.status);
            let gone = Stored { version: changed.version + 1, ..changed };
            self.tell(number, told(Action::Delete, &gone));
        }
    }
}

/// One entry for each person; the resource is named where one is shown.
fn of_many(action: Action, patient: &str, shown: &[serde_json::Value]) -> Told {
    let named = |resource: &serde_json::Value| {
        let name = format!("{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
        (name, text(&resource["meta"]["versionId"]))
    };
    let (resource, version) = if let [only] = shown { named(only) } else { Default::default() };
    let patient = if shown.is_empty() { String::new() } else { format!("Patient/{patient}") };
    Told { action, outcome: Outcome::Success, patient, resource, version, shown: shown.len() as u32 }
}

/// What a citizen may write.
fn measurement(patient: &str) -> String {
    let mut body = value(&observation(&format!("Patient/{patient}")));
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    body["category"] = json!([{"coding": [{"system": category, "code": "vital-signs"}]}]);
    body.to_string()
}

fn rounds(database: TestDatabase, mut postgres: Option<TemporaryPostgres>) {
    let whole = std::env::var("HEALTHBOOK_ROUNDS").ok().map(|text| text.parse().unwrap());
    let (rounds, backend): (usize, Backend) = (whole.unwrap_or(4), database.backend());
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let mut demo = Demo::start(database);
    let mut cast = Cast::of(&demo);
    let told = Mutex::new(BTreeMap::new());
    let mut chance = seed | 1;
    for round in 0..rounds {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let moment = Duration::from_millis(u64::from(chance >> 16) % 600 + 20);
        let loses_database = postgres.is_some() && round % CRASHES_OF_POSTGRES == CRASHES_OF_POSTGRES - 1;
        if cast.since.elapsed() > BELIEVED {
            cast = Cast::of(&demo);
        }
        let is_over = AtomicBool::new(false);
        let client = HttpClient::new(demo.server().base_url());
        let one = Round { client: &client, cast: &cast, is_over: &is_over, loses_database, told: &told };
        thread::scope(|scope| {
            let one = &one;
            for reader in 0..READERS {
                scope.spawn(move || one.read(reader));
            }
            for writer in 0..WRITERS {
                scope.spawn(move || one.write(writer));
            }
            // Mostly in the midst of it, at times while the server has only just begun.
            let (begun, end) = (told.lock().unwrap().len(), Instant::now() + Duration::from_secs(10));
            while round % 4 != 3 && told.lock().unwrap().len() < begun + 64 && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
            thread::sleep(moment);
            if let Some(postgres) = postgres.as_mut().filter(|_| loses_database) {
                postgres.crash();
            }
            is_over.store(true, Ordering::SeqCst);
            demo.kill9();
        });
        if let Some(postgres) = postgres.as_mut().filter(|_| loses_database) {
            postgres.start_again();
            demo.database.follow(postgres);
        }
        demo.serve();
        if round % 50 == 49 {
            let said = verified(&demo);
            eprintln!(
                "{backend:?}, after round {}: {} answers; {}",
                round + 1,
                told.lock().unwrap().len(),
                said.replace('\n', "; ")
            );
        }
    }
    let said = signed(&demo);
    let told = told.into_inner().unwrap();
    let log = whole_log(&demo);
    let written = written(&demo);
    let mut faults = missing(&told, &log);
    faults.extend(unequal(&written, &log));
    eprintln!(
        "{backend:?}: {rounds} rounds (seed {seed}), {} answers, {} entries, {} versions, {} faults; {}",
        told.len(),
        log.len(),
        written.len(),
        faults.len(),
        said.replace('\n', "; ")
    );
    assert!(faults.is_empty(), "{} faults, the first: {:#?}", faults.len(), &faults[..faults.len().min(5)]);
    assert!(told.len() > rounds * 20, "only {} answers", told.len());
}

/// Answers without their entry.
fn missing(told: &BTreeMap<Uuid, Told>, log: &[Entry<'_>]) -> Vec<String> {
    let mut by_request: BTreeMap<Uuid, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in log {
        by_request.entry(entry.request).or_default().push(entry);
    }
    let is_told = |(number, told): &(&Uuid, &Told)| {
        let found = by_request.get(number).map_or(&[][..], Vec::as_slice);
        let [entry] = found else { return false };
        let has = Told {
            action: entry.action,
            outcome: entry.outcome,
            patient: entry.patient.to_string(),
            resource: entry.resource.to_string(),
            version: entry.version.to_string(),
            shown: entry.shown,
        };
        has == **told
    };
    let wrong = told.iter().filter(|one| !is_told(one));
    wrong.map(|(number, told)| format!("{told:?} left {:?}", by_request.get(number))).collect()
}

/// Resource and version of everything that was ever committed, as the history of everything tells.
fn written(demo: &Demo) -> BTreeSet<(String, String)> {
    let stored = demo.stored();
    let pages = Caller::unlimited(&stored).pages("/fhir/_history?_count=1000");
    let versions = pages.iter().flat_map(entries).map(|entry| {
        let place = text(&entry["response"]["etag"]);
        let url = text(&entry["request"]["url"]);
        let resource = &entry["resource"];
        let name = match resource["id"].as_str() {
            Some(id) => format!("{}/{id}", text(&resource["resourceType"])),
            None => url,
        };
        (name, place.trim_matches(['W', '/', '"']).to_owned())
    });
    versions.collect()
}

/// Committed versions without an entry of a write, and entries of writes that were never committed.
fn unequal(written: &BTreeSet<(String, String)>, log: &[Entry<'_>]) -> Vec<String> {
    // The import of the demo is work of the server itself.
    let writes = [Action::Create, Action::Update, Action::Patch, Action::Delete, Action::Background];
    let is_write = |entry: &&Entry<'_>| {
        entry.outcome == Outcome::Success && writes.contains(&entry.action) && !entry.version.is_empty()
    };
    let logged: BTreeSet<(String, String)> = log
        .iter()
        .filter(is_write)
        .map(|entry| (entry.resource.to_string(), entry.version.to_string()))
        .collect();
    let without = written.difference(&logged).map(|it| format!("committed without an entry: {it:?}"));
    without.chain(logged.difference(written).map(|it| format!("an entry of nothing: {it:?}"))).collect()
}

#[test]
fn every_answer_and_every_write_has_its_entry_after_a_kill_on_sqlite() {
    rounds(TestDatabase::sqlite(), None);
}

#[test]
fn every_answer_and_every_write_has_its_entry_after_a_kill_on_postgresql() {
    let Some(postgres) = TemporaryPostgres::start(Durability::On) else { return };
    let database = TestDatabase::on(&postgres);
    rounds(database, Some(postgres));
}
