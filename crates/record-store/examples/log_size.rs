//! A large log of accesses, and how long a citizen waits for a page of it:
//! `cargo run --release -p healthbook-record-store --example log_size -- URL [entries]`.
//!
//! The entries are invented. One citizen has 10,000 of them, spread over the whole log. A database that holds a log
//! already is gone on with, so that a log can be made in several runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a measurement may stop, and uses a part of what the tests use"
)]

extern crate audit_log as healthbook_audit_log;

use std::path::Path;
use std::time::{Duration, Instant};

use audit_log::{Checkpoint, LogName, SigningKey};
use healthbook_record_store::{Store, StoreSettings};

#[path = "../../audit-log/tests/it/log.rs"]
mod log;

const CITIZEN: &str = "Patient/citizen";
/// Entries of the citizen.
const OWN: u64 = 10_000;
/// Entries that wait together.
const PART: usize = 4096;
/// So often other people are seen.
const OTHERS: u64 = 20_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("the URL of a database");
    let wanted: u64 = arguments.next().map_or(1_000_000, |it| it.parse().unwrap());
    let store = Store::open(&StoreSettings::new(url.clone())).await.unwrap();
    let beside = url.strip_prefix("sqlite:").map(|path| Path::new(path).with_extension("key"));
    let key = key(&beside.unwrap_or_else(|| std::env::temp_dir().join("healthbook-log_size.key")));
    println!("the key is {}", key.verifying());
    make(&store, &key, wanted).await;
    measure(&store, &key).await;
    let size = store.log_size().await.unwrap();
    store.close().await;
    if let Some(path) = url.strip_prefix("sqlite:") {
        let (bytes, size) = (std::fs::metadata(path).unwrap().len() as f64, size as f64);
        println!("{:.1} bytes for an entry in the file", bytes / size);
    }
}

/// The key of the log; it has to be the same when the log is gone on with.
fn key(file: &Path) -> SigningKey {
    if !file.exists() {
        std::fs::write(file, SigningKey::generate().unwrap()).unwrap();
    }
    SigningKey::from_pkcs8(LogName::new("test.example").unwrap(), &std::fs::read(file).unwrap()).unwrap()
}

async fn make(store: &Store, key: &SigningKey, wanted: u64) {
    // What waited when a run was ended.
    let size = store.log_size().await.unwrap();
    let now = fhir::Instant::from_microseconds(log::BEGINNING + size as i64 * 10_000);
    while store.sequence(key, Duration::from_secs(5), now).await.unwrap().entries > 0 {}
    let mut size = store.log_size().await.unwrap();
    let every = (wanted / OWN).max(1);
    let (begin, first) = (Instant::now(), size);
    let mut said = Instant::now();
    let mut work = log::Work::new(size, 20_000);
    let mut of_work = 0;
    while size < wanted {
        let mut part = Vec::with_capacity(PART);
        for number in size..wanted.min(size + PART as u64) {
            if of_work == OTHERS {
                work = log::Work::new(number, 20_000);
                of_work = 0;
            }
            of_work += 1;
            let mut entry = work.next().unwrap();
            entry.time = fhir::Instant::from_microseconds(log::BEGINNING + number as i64 * 10_000);
            if number % every == 0 {
                entry.patient = CITIZEN.into();
            }
            part.push(entry);
        }
        let now = part.last().unwrap().time;
        store.append_to_log(part).await.unwrap();
        while store.sequence(key, Duration::from_secs(5), now).await.unwrap().entries > 0 {}
        size = store.log_size().await.unwrap();
        if said.elapsed() > Duration::from_secs(20) {
            println!(
                "{size} entries, {:.0} per second",
                (size - first) as f64 / begin.elapsed().as_secs_f64()
            );
            said = Instant::now();
        }
    }
    if size > first {
        println!("made: {:.0} entries per second", (size - first) as f64 / begin.elapsed().as_secs_f64());
    }
}

async fn measure(store: &Store, key: &SigningKey) {
    let mut times = Vec::new();
    for _ in 0..20 {
        let begin = Instant::now();
        let page = store.log_of_person(CITIZEN, None, 50).await.unwrap();
        times.push(begin.elapsed());
        assert_eq!(page.entries.len(), 50);
    }
    say("first page of 50", &mut times);
    let note = store.log_checkpoint().await.unwrap().unwrap();
    let signed = Checkpoint::open(&note, key.verifying()).unwrap();
    for round in 0..50 {
        let position = signed.size() / 50 * round;
        let begin = Instant::now();
        let proof = store.log_inclusion(position, signed.size()).await.unwrap().unwrap();
        times.push(begin.elapsed());
        assert!(!proof.is_empty());
    }
    say("inclusion proof", &mut times);
    for round in 1..50 {
        let begin = Instant::now();
        store.log_consistency(signed.size() / 50 * round, signed.size()).await.unwrap().unwrap();
        times.push(begin.elapsed());
    }
    say("consistency proof", &mut times);
    let mut before = None;
    let (begin, mut pages, mut entries) = (Instant::now(), 0, 0);
    loop {
        let page = store.log_of_person(CITIZEN, before, 50).await.unwrap();
        (pages, entries) = (pages + 1, entries + page.entries.len());
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    println!("all {entries} entries in {pages} pages: {:.2?}", begin.elapsed());
    let begin = Instant::now();
    let extract = store.log_extract(key.verifying(), CITIZEN, &[]).await.unwrap().unwrap();
    println!("extract of {} entries: {:.2?}", extract.entries.len(), begin.elapsed());
}

/// The first, which nothing was kept ready for, the median and the longest of the others.
fn say(what: &str, times: &mut Vec<Duration>) {
    let first = times.remove(0);
    times.sort();
    println!(
        "{what}: first {first:.2?}, median {:.2?}, longest {:.2?}",
        times[times.len() / 2],
        times[times.len() - 1]
    );
    times.clear();
}
