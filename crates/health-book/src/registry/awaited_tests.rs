//! Whoever comes first, child or representative: however the steps of the two lie, with servers that end between them, the
//! representative becomes the guardian, and once.

use fhir::{Instant, LogicalId};
use interactions::{Service, ServiceSettings, follow_packages};
use population_registry::Demographics;
use record_store::{SecurityKind, Store, StoreSettings};
use serde_json::json;
use test_support::{Backend, TestDatabase};

use super::apply::apply;
use super::awaited::{Ward, arrived, done, intend, wait, walk};
use super::effects::follow_one;
use super::told::Told;
use crate::guardians::{Source, add, living};
use crate::{HealthBook, SharingSettings};

async fn book(database: &TestDatabase) -> HealthBook {
    let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
    let service = Service::new(store, ServiceSettings::default());
    follow_packages(&service).await.unwrap();
    HealthBook::new(service, SharingSettings::default())
}

pub(super) fn on_each<F: Future<Output = ()>>(test: impl Fn(HealthBook, HealthBook) -> F) {
    for database in TestDatabase::each() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let one = book(&database).await;
            // A second server, where the database lets one be.
            let other = match database.backend() {
                Backend::Postgres => book(&database).await,
                Backend::Sqlite => one.clone(),
            };
            test(one, other).await;
        });
    }
}

fn child_of(mother: &str, number: &str) -> Demographics {
    record(number, "2024-03-01", json!({"representative": {"name": "Ai", "number": mother}}))
}

fn mother_of(number: &str) -> Demographics {
    record(number, "1990-03-01", json!({}))
}

pub(super) fn record(number: &str, birth_date: &str, relationships: serde_json::Value) -> Demographics {
    serde_json::from_value(json!({
        "number": number, "name": {"family": "Phạm", "given": "An"}, "sex": "female", "birthDate": birth_date,
        "status": {"state": "alive"}, "relationships": relationships,
    }))
    .unwrap()
}

fn told(record: &Demographics) -> Told<'_> {
    Told { record, version: Some(1), verified_at: Instant::now(), event: None, person: None }
}

async fn guardians(book: &HealthBook, child: &LogicalId) -> usize {
    living(book, child, Instant::now()).await.unwrap().len()
}

async fn waiting(book: &HealthBook) -> usize {
    let store = book.service().store();
    store.security_records(SecurityKind::AwaitedGuardian, None, Instant::now()).await.unwrap().len()
}

/// All orders of two pairs of steps; `true` is a step of the child.
const ORDERS: [[bool; 4]; 6] = [
    [true, true, false, false],
    [true, false, true, false],
    [true, false, false, true],
    [false, true, true, false],
    [false, true, false, true],
    [false, false, true, true],
];

#[test]
fn in_every_order_of_their_steps_one_sees_the_other() {
    on_each(|one, other| async move {
        for (place, order) in ORDERS.into_iter().enumerate() {
            let (child, mother) = (format!("09932400010{place}"), format!("09919000010{place}"));
            let record = child_of(&mother, &child);
            // The mother was looked for, and was not there.
            let id = apply(one.service(), &told(&record)).await.unwrap().patient;
            let hers = mother_of(&mother);
            let (mut of_child, mut of_mother) = (0, 0);
            for is_of_child in order {
                match (is_of_child, of_child, of_mother) {
                    (true, 0, _) => {
                        let patient = id.clone();
                        let (child, number) = (child.clone(), mother.clone());
                        let ward = Ward { child, patient, number, had_other: false };
                        wait(&one, &[ward], Instant::now()).await.unwrap();
                    }
                    (true, ..) => done(&one, &child, &mother, Instant::now()).await.unwrap(),
                    (false, _, 0) => drop(apply(other.service(), &told(&hers)).await.unwrap()),
                    (false, ..) => {
                        arrived(&other, std::slice::from_ref(&mother), Instant::now()).await.unwrap()
                    }
                }
                if is_of_child { of_child += 1 } else { of_mother += 1 }
            }
            assert_eq!(guardians(&one, &id).await, 1, "{order:?}");
            assert_eq!(waiting(&one).await, 0, "{order:?}: nobody waits any more");
        }
    });
}

#[test]
fn at_the_same_time_on_two_servers_they_find_each_other() {
    on_each(|one, other| async move {
        let follow = async |book: HealthBook, record: Demographics| {
            let told = told(&record);
            let applied = apply(book.service(), &told).await.unwrap();
            follow_one(&book, &told, &applied, false, Instant::now()).await.unwrap();
            applied.patient
        };
        for pair in 0..24 {
            let (child, mother) = (format!("0993240002{pair:02}"), format!("0991900002{pair:02}"));
            let (hers, its) = (mother_of(&mother), child_of(&mother, &child));
            let (id, _) = tokio::join!(follow(one.clone(), its), follow(other.clone(), hers));
            assert_eq!(guardians(&one, &id).await, 1, "pair {pair}");
        }
        assert_eq!(waiting(&one).await, 0);
    });
}

#[test]
fn what_a_server_that_ended_left_undone_the_walk_does() {
    on_each(|one, other| async move {
        let (child, mother) = ("099324000301", "099190000301");
        let its = child_of(mother, child);
        // It ends after the child is written, before the mother is looked for.
        intend(&one, &told(&its), Instant::now()).await.unwrap();
        let id = apply(one.service(), &told(&its)).await.unwrap().patient;
        walk(&other, Instant::now()).await.unwrap();
        assert_eq!((guardians(&other, &id).await, waiting(&other).await), (0, 1), "she is not there");
        // It ends after the mother is written, before anybody is looked for who waits.
        apply(one.service(), &told(&mother_of(mother))).await.unwrap();
        walk(&other, Instant::now()).await.unwrap();
        assert_eq!((guardians(&other, &id).await, waiting(&other).await), (1, 0));
    });
}

#[test]
fn nobody_waits_for_who_is_no_more_the_representative() {
    on_each(|one, _| async move {
        let (child, first, second) = ("099324000401", "099190000401", "099190000402");
        let its = child_of(first, child);
        let applied = apply(one.service(), &told(&its)).await.unwrap();
        follow_one(&one, &told(&its), &applied, false, Instant::now()).await.unwrap();
        let its = child_of(second, child);
        let later = Told { version: Some(2), ..told(&its) };
        let applied = apply(one.service(), &later).await.unwrap();
        follow_one(&one, &later, &applied, false, Instant::now()).await.unwrap();
        for mother in [first, second] {
            let hers = mother_of(mother);
            let applied = apply(one.service(), &told(&hers)).await.unwrap();
            follow_one(&one, &told(&hers), &applied, false, Instant::now()).await.unwrap();
            let expected = usize::from(mother == second);
            assert_eq!(guardians(&one, &id_of(&one, child).await).await, expected, "{mother}");
        }
        assert_eq!(waiting(&one).await, 0);
    });
}

async fn id_of(book: &HealthBook, number: &str) -> LogicalId {
    interactions::citizens_of_numbers(book.service(), &[number]).await.unwrap().remove(0)
}

#[test]
fn who_is_added_by_many_at_once_is_added_once_and_again_after_an_end() {
    on_each(|one, other| async move {
        let (its, hers) = (child_of("099190000501", "099324000501"), mother_of("099190000501"));
        let child = apply(one.service(), &told(&its)).await.unwrap().patient;
        let mother = apply(one.service(), &told(&hers)).await.unwrap().patient;
        for _ in 0..2 {
            let now = Instant::now();
            let many = (0..8).map(|nth| {
                let book = if nth % 2 == 0 { one.clone() } else { other.clone() };
                let (child, mother) = (child.clone(), mother.clone());
                async move { add(&book, &child, &mother, Source::Registry, now).await }
            });
            for added in futures_util::future::join_all(many).await {
                added.unwrap();
            }
            assert_eq!(guardians(&one, &child).await, 1);
            crate::guardians::remove(&one, &child, &mother, Source::Registry, Instant::now()).await.unwrap();
            assert_eq!(guardians(&one, &child).await, 0);
        }
    });
}
