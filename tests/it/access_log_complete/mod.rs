//! The log of accesses is complete, and says nothing else: what a proxy has recorded of a mixed run of every interaction,
//! against the entries, one by one (docs/access-log.md, sections 1 and 7). `HEALTHBOOK_MINUTES=30` is the whole measurement.

mod acts;
mod glance;
mod model;
mod named;
mod page;
pub(crate) mod proxy;
mod reach;
mod run;
mod words;
mod writes;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use audit_log::{Action, Entry};
use serde_json::Value;
use test_support::{HttpClient, TestDatabase};
use uuid::Uuid;

use crate::support::access_log::{new_number, signed, whole_log};
use crate::support::program::{Caller as Asking, Demo};
use crate::support::{entries, reference_to, text};
use model::{Books, Row};
use proxy::{Exchange, Proxy};
use reach::Reach;
use run::{Caller, Chance, Pool, Run, callers};

/// Requests of a short run, counted as steps: most are a few requests.
const STEPS: usize = 250;
const THREADS: usize = 4;
/// What a server answers that shows and writes nothing for want of time. Its entries may have come too late, so they are
/// not compared; there may be few of these.
const BUSY: u16 = 503;
/// What HTTP itself answers when the head of a request does not come within its time; it has read nothing then, and counts
/// with those.
const LATE: u16 = 408;
/// Tokens live ten minutes.
const SHIFT: Duration = Duration::from_secs(240);

/// Signing in, tokens, commands and work of the server's own are no request of the run: the one place where what is
/// not compared is named.
fn is_compared(entry: &Entry<'_>) -> bool {
    use Action::{Administration, Background, Revocation, SignIn, SignOut, Token};
    !matches!(entry.action, Administration | Background | Revocation | SignIn | SignOut | Token)
        // Who looked at what is stored, for the model.
        && *entry.agent != *"unrestricted"
}

/// What a failed transaction read before it failed, and whether criteria were asked before a write was refused, does not
/// follow from the answer: tests/it/access_log.rs looks at those.
fn is_judged(exchange: &Exchange, row: &Row) -> bool {
    let status = exchange.answer.status;
    let is_bundle = exchange.method == "POST" && exchange.target == "/fhir";
    if is_bundle && status != 200 {
        return row.outcome == 0 && row.action != Action::Read.number();
    }
    let by_criteria = exchange.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("if-none-exist"))
        || (["PUT", "PATCH", "DELETE"].contains(&exchange.method.as_str()) && exchange.target.contains('?'));
    !by_criteria || status < 400 || row.action != Action::Search.number()
}

/// The same of an entry.
fn row_of(entry: &Entry<'_>) -> Row {
    let refused = entry.outcome.number() == 4;
    let text = |text: &str| text.to_owned();
    // Of what was refused the model tells whose it was, not in which words it was asked for.
    let told = |it: &str| if refused { String::new() } else { text(it) };
    let notice = entry.resource.starts_with("Communication/") && entry.action == Action::Create;
    Row {
        action: entry.action.number(),
        outcome: entry.outcome.number(),
        patient: text(&entry.patient),
        resource: if notice { text("Communication/*") } else { text(&entry.resource) },
        version: told(&entry.version),
        shown: entry.shown,
        query: told(&entry.query),
    }
}

/// What everything that was ever stored says of whose it is: R4's compartment of a patient, as far as the run needs it.
fn books(pages: &[Value]) -> Books {
    let mut books = Books::default();
    let mut gone = Vec::new();
    for entry in pages.iter().flat_map(entries) {
        let tag = text(&entry["response"]["etag"]);
        let version: u64 = tag.trim_matches(['W', '/', '"']).parse().unwrap();
        let resource = &entry["resource"];
        if resource.is_null() {
            gone.push((text(&entry["request"]["url"]), version));
            continue;
        }
        books.versions.insert((reference_to(resource), version), patient_of(resource));
    }
    // A deletion stands where the version before it stood.
    gone.sort();
    for (name, version) in gone {
        let before = books.versions.get(&(name.clone(), version - 1)).cloned().unwrap_or_default();
        books.versions.insert((name, version), before);
    }
    books
}

fn patient_of(resource: &Value) -> String {
    if resource["resourceType"] == "Patient" {
        return reference_to(resource);
    }
    let mut named: Vec<&Value> = ["patient", "subject", "beneficiary", "for", "individual"]
        .iter()
        .map(|name| &resource[*name])
        .collect();
    let actors = resource["participant"].as_array().into_iter().flatten();
    named.extend(actors.map(|participant| &participant["actor"]));
    let found = named.iter().filter_map(|it| it["reference"].as_str()).find(|it| it.starts_with("Patient/"));
    found.unwrap_or_default().to_owned()
}

/// A run, and what is wrong.
fn compare(demo: &Demo) {
    let minutes: Option<u64> = std::env::var("HEALTHBOOK_MINUTES").ok().map(|text| text.parse().unwrap());
    let (stored, proxy) = (demo.stored(), Proxy::before(demo.server().base_url()));
    let everything = || Asking::unlimited(&stored).pages("/fhir/_history?_count=1000");
    let pool = pool(&everything());
    let (begin, mut known) = (Instant::now(), BTreeMap::new());
    let end = begin + Duration::from_secs(60 * minutes.unwrap_or(0));
    let mut shift = 0;
    while shift == 0 || Instant::now() < end {
        let people = callers(demo);
        known.extend(people.iter().map(|caller| (format!("Bearer {}", caller.token), caller.clone())));
        let until = end.min(Instant::now() + SHIFT);
        let codes = Mutex::default();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let client = HttpClient::new(&proxy.base_url);
                let (pool, people, codes) = (&pool, &people, &codes);
                scope.spawn(move || {
                    let chance = Chance((shift * THREADS + thread + 1) as u64);
                    let mut run = Run { client: &client, pool, chance, codes };
                    let mut steps = 0;
                    while if minutes.is_some() { Instant::now() < until } else { steps < STEPS / THREADS } {
                        run.step(people);
                        steps += 1;
                    }
                });
            }
        });
        shift += 1;
    }
    let said = signed(demo);
    let log = whole_log(demo);
    let mut reach = Reach::default();
    let (requests, faults) = differences(&proxy, &books(&everything()), &known, &log, &mut reach);
    let compared = log.iter().filter(|entry| is_compared(entry)).count();
    eprintln!(
        "{}\n{} requests, {compared} entries compared, {} differences in {} s; {}",
        reach.told(),
        requests,
        faults.len(),
        begin.elapsed().as_secs(),
        said.replace('\n', "; ")
    );
    assert!(
        faults.is_empty(),
        "{} differences:\n{}",
        faults.len(),
        faults[..faults.len().min(200)].join("\n")
    );
    assert!(compared > STEPS, "only {compared} entries");
    // A short run meets some of it only.
    assert!(minutes.is_none_or(|minutes| minutes < 5) || reach.missing().is_empty(), "{:?}", reach.missing());
}

fn pool(pages: &[Value]) -> Pool {
    let books = books(pages);
    let people = pages.iter().flat_map(entries).map(|mut entry| entry["resource"].take());
    let people = people.filter(|it| it["resourceType"] == "Patient").collect();
    let first = books.versions.keys().filter(|(_, version)| *version == 1).map(|(name, _)| name.clone());
    let resources: Vec<String> = first.collect();
    let patients = resources.iter().filter(|name| name.starts_with("Patient/")).cloned().collect();
    Pool { patients, resources, people }
}

/// The number of requests, and for each what it left against what it must have left; and entries of no request.
fn differences(
    proxy: &Proxy,
    books: &Books,
    known: &BTreeMap<String, Caller>,
    log: &[Entry<'_>],
    reach: &mut Reach,
) -> (usize, Vec<String>) {
    let mut by_request: BTreeMap<Uuid, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in log.iter().filter(|entry| is_compared(entry)) {
        by_request.entry(entry.request).or_default().push(entry);
    }
    let mut faults = Vec::new();
    let mut busy = 0;
    let requests = proxy.each_recorded(|exchange| {
        let Some(number) = exchange.answer.header("X-Request-Id") else {
            // Refused before it was a request: its head did not come in time.
            assert_eq!(exchange.answer.status, LATE, "every answer to a request has its number");
            busy += 1;
            return;
        };
        let left = by_request.remove(&number.parse().expect("a UUID")).unwrap_or_default();
        if exchange.answer.status == BUSY {
            busy += 1;
            return;
        }
        reach.add(exchange, books);
        let authorization = exchange.headers.iter().find(|(name, _)| name == "Authorization");
        let caller = &known[&authorization.expect("everybody is signed in").1];
        let mut expected: Vec<Row> = model::expected(exchange, books, &caller.role);
        let mut found: Vec<Row> = left.iter().map(|entry| row_of(entry)).collect();
        found.retain(|row| is_judged(exchange, row));
        expected.sort();
        found.sort();
        let what = || {
            let status = exchange.answer.status;
            format!("{} {} {} by {}: {status}", number, exchange.method, exchange.target, caller.role)
        };
        if expected != found {
            let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
            let more: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
            faults.push(format!("{}\n  missing {missing:?}\n  more {more:?}", what()));
        }
        if let Some(wrong) = left.iter().find(|entry| !is_by(entry, caller)) {
            faults.push(format!("{}: by somebody else: {wrong:?}", what()));
        }
    });
    faults.extend(by_request.into_values().map(|left| format!("of no request: {left:?}")));
    if busy > requests / 1000 + 1 {
        faults.push(format!("{busy} of {requests} requests were answered {BUSY} or {LATE}"));
    }
    (requests, faults)
}

/// Whether an entry names who asked.
fn is_by(entry: &Entry<'_>, caller: &Caller) -> bool {
    let agent = caller.agent.as_ref().is_none_or(|agent| *entry.agent == **agent);
    let facility = !entry.organization.is_empty() && !entry.organization_name.is_empty();
    agent && !entry.agent.is_empty() && *entry.role == *caller.role && facility != caller.facility.is_empty()
}

#[test]
fn the_log_holds_what_was_asked_and_nothing_else_on_sqlite() {
    compare(&Demo::start(TestDatabase::sqlite()));
}

#[test]
fn the_log_holds_what_was_asked_and_nothing_else_on_postgresql() {
    if let Some(database) = TestDatabase::postgres() {
        compare(&Demo::start(database));
    }
}
