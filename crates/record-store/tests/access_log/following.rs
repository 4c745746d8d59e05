//! Following the log: nothing is passed over and nothing is put down twice, whoever works and whenever it is killed
//! (`docs/notices.md`, section 4).

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use audit_log::Entry;
use healthbook_record_store::{BookReader, SecurityKind, SecurityRecord, Store, StoreError, StoreSettings};

use crate::support::*;

const URL: &str = "HEALTHBOOK_TEST_FOLLOWING_URL";
const ENTRIES: u64 = 3_000;

fn entry(number: u64) -> Entry<'static> {
    Entry {
        salt: (u128::from(number) + 1).to_be_bytes(),
        time: at(0),
        patient: format!("Patient/{number}").into(),
        organization: "Organization/o".into(),
        ..Entry::default()
    }
}

async fn fill(store: &Store, entries: u64) {
    let key = key();
    for first in (0..entries).step_by(500) {
        let part = (first..entries.min(first + 500)).map(entry).collect();
        store.append_to_log(part).await.unwrap();
    }
    sequence_all(store, &key, at(1)).await;
    assert_eq!(store.log_size().await.unwrap(), entries);
}

/// One step over at most so many entries: a record for each, under an id that no other try has. How many were put down.
async fn step(store: &Store, most: usize) -> Result<Option<usize>, StoreError> {
    let cursor = store.log_cursor().await?;
    let mut entries = store.log_entries_from(cursor.position(), 2).await?;
    entries.truncate(most);
    let Some((last, _)) = entries.last() else { return Ok(None) };
    let reader = |entry: &Entry<'_>| BookReader {
        patient: entry.patient.to_string(),
        organization: entry.organization.to_string(),
    };
    let readers: Vec<BookReader> = entries.iter().map(|(_, entry)| reader(entry)).collect();
    let record = |position: u64| {
        let id = format!("{position}-{}", uuid::Uuid::new_v4());
        SecurityRecord::new(SecurityKind::NoticeDelivery, id, String::new()).of("test")
    };
    let records = entries.iter().map(|(position, _)| record(*position)).collect();
    let moved = store.move_log_cursor(&cursor, last + 1, &readers, records, at(2)).await?;
    Ok(Some(if moved { entries.len() } else { 0 }))
}

async fn put_down(store: &Store) -> HashMap<u64, usize> {
    let mut counts = HashMap::new();
    for record in store.security_records(SecurityKind::NoticeDelivery, Some("test"), at(2)).await.unwrap() {
        *counts.entry(record.id.split('-').next().unwrap().parse().unwrap()).or_default() += 1;
    }
    counts
}

#[track_caller]
fn each_once(counts: &HashMap<u64, usize>, entries: u64) {
    assert!(counts.values().all(|count| *count == 1), "something was put down twice");
    assert_eq!(counts.len() as u64, entries, "something was passed over");
}

/// Not a test of its own: what the other process does.
#[test]
fn follows_until_it_is_killed() {
    let Ok(url) = std::env::var(URL) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        while let Some(entries) = step(&store, 7).await.unwrap() {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "step {entries}").and_then(|()| out.flush());
        }
    });
}

#[test]
fn a_killed_follower_passes_over_nothing_and_puts_nothing_down_twice() {
    each(async |database| {
        let store = open(&database).await;
        fill(&store, ENTRIES).await;
        store.close().await;
        for round in 0..5_usize {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "following::follows_until_it_is_killed", "--nocapture"])
                .env(URL, database.url())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap());
            let mut left = 20 + 13 * round;
            for line in lines.lines() {
                left = left.saturating_sub(usize::from(line.unwrap().starts_with("step ")));
                if left == 0 {
                    child.kill().unwrap();
                }
            }
            child.wait().unwrap();
            assert_eq!(left, 0, "it ended by itself");
        }
        let store = open(&database).await;
        let reached = store.log_cursor().await.unwrap().position();
        assert!(0 < reached && reached < ENTRIES, "{reached}");
        while step(&store, 500).await.unwrap().is_some() {}
        each_once(&put_down(&store).await, ENTRIES);
        store.close().await;
    });
}

#[test]
fn of_several_followers_each_step_is_that_of_one() {
    each(async |database| {
        let (one, two) = (open(&database).await, open(&database).await);
        fill(&one, 1_000).await;
        let follow = async |store: &Store| {
            let mut done = 0;
            while let Some(entries) = step(store, 10).await.unwrap() {
                done += entries;
            }
            done
        };
        let (first, second) = tokio::join!(follow(&one), follow(&two));
        assert_eq!(first + second, 1_000);
        each_once(&put_down(&one).await, 1_000);
        one.close().await;
        two.close().await;
    });
}

#[test]
fn who_has_been_in_a_book_is_known_from_then_on() {
    each(async |database| {
        let store = open(&database).await;
        fill(&store, 200).await;
        let reader = |patient: u64, organization: &str| BookReader {
            patient: format!("Patient/{patient}"),
            organization: format!("Organization/{organization}"),
        };
        let asked: Vec<BookReader> =
            (0..200).flat_map(|patient| [reader(patient, "o"), reader(patient, "other")]).collect();
        assert_eq!(store.known_readers(&asked).await.unwrap(), []);
        assert_eq!(step(&store, 150).await.unwrap(), Some(150));
        let known = store.known_readers(&asked).await.unwrap();
        assert_eq!(known, (0..150).map(|patient| reader(patient, "o")).collect::<Vec<_>>());
        // Noted again it stays one.
        let cursor = store.log_cursor().await.unwrap();
        assert!(store.move_log_cursor(&cursor, 151, &known, Vec::new(), at(2)).await.unwrap());
        assert_eq!(store.known_readers(&known).await.unwrap(), known);
        // Who comes from where the cursor was changes nothing.
        let late = [reader(199, "other")];
        assert!(!store.move_log_cursor(&cursor, 152, &late, Vec::new(), at(2)).await.unwrap());
        assert_eq!(store.known_readers(&late).await.unwrap(), []);
        assert_eq!(store.log_cursor().await.unwrap().position(), 151);
        store.close().await;
    });
}
