//! What keeping the log of accesses costs a read, at the level of the store: the same reads of one person by 64 tasks, with
//! a journal that is kept before the next one, and without. `tools/measure_log.py` runs it on the database of a demo:
//! `cargo run --release -p healthbook-record-store --example log_cost -- URL PATIENT [seconds] [rounds]`.
//!
//! Without HTTP, signing in and the gate's decision a read is cheaper than at the server, so the share of the log is larger
//! here than there: the ratio is a lower bound of what a client sees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement may stop where something is missing"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use access::{Access, Actor, Caller, Identity, Interaction, Policy};
use audit_log::Action;
use fhir::{LogicalId, ResourceType};
use healthbook_record_store::{Journal, Origin, Showing, Store, StoreSettings};
use uuid::Uuid;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TASKS: usize = 64;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("the URL of a database");
    let patient = LogicalId::try_from(arguments.next().expect("the id of a Patient").as_str()).unwrap();
    let seconds = arguments.next().map_or(5, |it| it.parse().unwrap());
    let rounds: usize = arguments.next().map_or(3, |it| it.parse().unwrap());
    let store = Store::open(&StoreSettings::new(url)).await.unwrap();
    let identity = Identity::new("somebody", Actor::Citizen { patient: patient.clone() });
    let caller = Caller::Authenticated(identity.into());
    let access = Policy::built_in()
        .decide(&caller, Interaction::Read, Some(ResourceType::PATIENT), fhir::Instant::now())
        .unwrap();
    let _ = reads(&store, &access, &patient, Duration::from_secs(1), true).await;
    for _ in 0..rounds {
        for is_kept in [false, true] {
            let rate = reads(&store, &access, &patient, Duration::from_secs(seconds), is_kept).await;
            println!("{} {rate:.0}", if is_kept { "with" } else { "without" });
        }
    }
    store.close().await;
}

/// Reads in a second.
async fn reads(store: &Store, access: &Access, patient: &LogicalId, time: Duration, is_kept: bool) -> f64 {
    let (done, begin) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (store, access, patient, done) =
                (store.clone(), access.clone(), patient.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                while begin.elapsed() < time {
                    let journal = Journal::new(Uuid::now_v7());
                    journal.asked_by(Origin { agent: format!("Patient/{patient}"), ..Origin::default() });
                    let read = async {
                        let record = store.read(&access, ResourceType::PATIENT, &patient).await.unwrap();
                        let showing = Showing::begin(&access, Action::Read, "").unwrap();
                        record.expect("the Patient is there").show(&showing).unwrap().expect("a text")
                    };
                    let text = journal.scope(read).await;
                    assert!(!text.is_empty());
                    if is_kept {
                        store.keep(&journal).await.unwrap();
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of reads")]
    let rate = done.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64();
    rate
}
