//! What was acknowledged is in the log after the process was killed.
//!
//! The test starts itself again as another process, which appends and says what was acknowledged until it is killed.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use access::{Author, Facts};
use audit_log::Entry;
use healthbook_record_store::{
    Job, Precondition, Seen, Sequencer, SequencerSettings, Store, StoreSettings, Write,
};

use crate::support::*;
use crate::world::{World, everything, patient};

const URL: &str = "HEALTHBOOK_TEST_LOG_CRASH_URL";
const KEY: &str = "HEALTHBOOK_TEST_LOG_CRASH_KEY";
const ROUNDS: u8 = 4;

fn key_of(hex: &str) -> audit_log::SigningKey {
    let bytes: Vec<u8> =
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    audit_log::SigningKey::from_pkcs8(audit_log::LogName::new("test.example").unwrap(), &bytes).unwrap()
}

/// Not a test of its own: what the other process does.
#[test]
fn appends_until_it_is_killed() {
    let (Ok(url), Ok(key)) = (std::env::var(URL), std::env::var(KEY)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        let settings = SequencerSettings {
            checkpoint_every: std::time::Duration::from_millis(1),
            pause: std::time::Duration::from_millis(5),
        };
        tokio::spawn(Sequencer::new(store.clone(), key_of(&key).into(), settings).run());
        let mut tasks: Vec<_> = (0..16).map(|_| tokio::spawn(read(store.clone()))).collect();
        tasks.extend((0..4).map(|_| tokio::spawn(write(store.clone()))));
        futures_util::future::join_all(tasks).await;
    });
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn read(store: Store) {
    loop {
        let salt = *uuid::Uuid::new_v4().as_bytes();
        let entry =
            Entry { salt, time: fhir::Instant::now(), patient: "Patient/p".into(), ..Entry::default() };
        store.append_to_log(vec![entry]).await.unwrap();
        say(&format!("read {}", uuid::Uuid::from_bytes(salt)));
    }
}

async fn write(store: Store) {
    let world = World { store };
    loop {
        let name = uuid::Uuid::new_v4().to_string();
        let (id, content) = world.content(&patient(&name), Facts::default());
        let write = Write {
            resource_type: content.resource_type,
            id,
            precondition: Precondition::New,
            content: Some(content),
            seen: Seen::Unchecked,
        };
        let job = Job { expectations: Vec::new(), writes: vec![write] };
        world.store.write(&everything(Author::Server), job).await.unwrap();
        say(&format!("write Patient/{name}"));
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_entry() {
    each(async |database| {
        let pkcs8 = audit_log::SigningKey::generate().unwrap();
        let hex: String = pkcs8.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = key_of(&hex);
        let mut acknowledged: HashSet<String> = HashSet::new();
        for round in 0..ROUNDS {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "crash::appends_until_it_is_killed", "--nocapture"])
                .env(URL, database.url())
                .env(KEY, &hex)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap());
            let mut left = 200 + 61 * usize::from(round);
            for line in lines.lines() {
                let line = line.unwrap();
                if !line.starts_with("read ") && !line.starts_with("write ") {
                    continue;
                }
                acknowledged.insert(line);
                left = left.saturating_sub(1);
                if left == 0 {
                    // What it says until it is dead was acknowledged, too; the rest of the pipe is read.
                    child.kill().unwrap();
                }
            }
            child.wait().unwrap();
            assert_eq!(left, 0, "it ended by itself");
            if database.backend() == test_support::Backend::Postgres {
                quiet(&database).await;
            }
            let store = open(&database).await;
            sequence_all(&store, &key, fhir::Instant::now()).await;
            let logged: Vec<String> = all_entries(&store).await.iter().map(told).collect();
            let once: HashSet<String> = logged.iter().cloned().collect();
            assert_eq!(once.len(), logged.len(), "nothing is there twice");
            let missing: Vec<&String> = acknowledged.difference(&once).collect();
            assert!(
                missing.is_empty(),
                "round {round}: {} of {} are lost",
                missing.len(),
                acknowledged.len()
            );
            // Each version that is there has its entry, acknowledged or not, and each entry its version.
            let written = logged.iter().filter(|line| line.starts_with("write ")).count() as u64;
            let counts = store.counts().await.unwrap();
            assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), written);
            let report = verify(&store, &key).await;
            assert!(report.is_sound(), "round {round}: {report:?}");
            store.close().await;
        }
    });
}

fn told(entry: &Entry<'_>) -> String {
    if entry.resource.is_empty() {
        format!("read {}", uuid::Uuid::from_bytes(entry.salt))
    } else {
        format!("write {}", &*entry.resource)
    }
}
