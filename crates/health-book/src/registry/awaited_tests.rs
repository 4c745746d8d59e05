//! Whoever comes first, child or representative: however the steps of the two lie, with servers that end between them, the
//! representative becomes the guardian, and once.

use access::{Caller, Grantee, Interaction};
use fhir::{Instant, LogicalId};
use interactions::{Service, ServiceSettings, follow_packages};
use population_registry::Demographics;
use record_store::{SecurityKind, Store, StoreSettings};
use serde_json::json;
use test_support::{Backend, TestDatabase};

use super::apply::apply;
use super::awaited::{self, KINDS, Open, Ward, arrived, done, intend, wait};
use super::effects::follow_one;
use super::told::Told;
use crate::guardians::{Source, add, living};
use crate::moment::plus;
use crate::{HealthBook, SharingSettings};

pub(super) const DAY: i64 = 86_400;

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

pub(super) fn child_of(mother: &str, number: &str) -> Demographics {
    record(number, "2024-03-01", json!({"representative": {"name": "Ai", "number": mother}}))
}

pub(super) fn mother_of(number: &str) -> Demographics {
    record(number, "1990-03-01", json!({}))
}

pub(super) fn record(number: &str, birth_date: &str, relationships: serde_json::Value) -> Demographics {
    serde_json::from_value(json!({
        "number": number, "name": {"family": "Phạm", "given": "An"}, "sex": "female", "birthDate": birth_date,
        "status": {"state": "alive"}, "relationships": relationships,
    }))
    .unwrap()
}

pub(super) fn told(record: &Demographics) -> Told<'_> {
    Told { record, version: Some(1), verified_at: Instant::now(), event: None, person: None }
}

/// Writes a record as an answer tells it, with all that follows.
pub(super) async fn follow(book: &HealthBook, told: &Told<'_>, again: bool) -> LogicalId {
    let applied = apply(book.service(), told).await.unwrap();
    follow_one(book, told, &applied, again, Instant::now()).await.unwrap();
    applied.patient
}

/// A server that ends when the record is written, before anything follows from it.
pub(super) async fn write_and_end(book: &HealthBook, told: &Told<'_>) -> LogicalId {
    let before = crate::ledger::citizen(book.service(), told.record.number.as_str()).await.unwrap();
    let before = before.map(|found| found.resource);
    intend(book, told, before.as_ref(), Instant::now()).await.unwrap();
    apply(book.service(), told).await.unwrap().patient
}

/// All who wait are looked at once.
pub(super) async fn walk(book: &HealthBook, now: Instant) {
    for kind in KINDS {
        let mut place = Some(String::new());
        while let Some(behind) = place {
            place = awaited::walk(book, kind, &behind, now).await.unwrap();
        }
    }
}

pub(super) async fn guardians(book: &HealthBook, child: &LogicalId) -> usize {
    living(book, child, Instant::now()).await.unwrap().len()
}

pub(super) async fn waiting(book: &HealthBook) -> usize {
    waiting_at(book, Instant::now()).await
}

pub(super) async fn waiting_at(book: &HealthBook, now: Instant) -> usize {
    let store = book.service().store();
    store.security_records(SecurityKind::AwaitedGuardian, None, now).await.unwrap().len()
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
            let (patient, number) = (id.clone(), Some(mother.clone()));
            let ward = Ward { child, patient, number, had_other: false };
            let (mut of_child, mut of_mother) = (0, 0);
            for is_of_child in order {
                match (is_of_child, of_child, of_mother) {
                    (true, 0, _) => {
                        wait(&one, std::slice::from_ref(&ward), Instant::now()).await.unwrap();
                    }
                    (true, ..) => done(&one, &ward, Instant::now()).await.unwrap(),
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
        for pair in 0..24 {
            let (child, mother) = (format!("0993240002{pair:02}"), format!("0991900002{pair:02}"));
            let (hers, its) = (mother_of(&mother), child_of(&mother, &child));
            let (its, hers) = (told(&its), told(&hers));
            let (id, _) = tokio::join!(follow(&one, &its, false), follow(&other, &hers, false));
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
        let id = write_and_end(&one, &told(&its)).await;
        walk(&other, Instant::now()).await;
        assert_eq!((guardians(&other, &id).await, waiting(&other).await), (0, 1), "she is not there");
        // It ends after the mother is written, before anybody is looked for who waits.
        apply(one.service(), &told(&mother_of(mother))).await.unwrap();
        walk(&other, Instant::now()).await;
        assert_eq!((guardians(&other, &id).await, waiting(&other).await), (1, 0));
    });
}

#[test]
fn who_is_no_more_the_representative_is_ended_by_the_walk_though_the_new_one_is_not_there() {
    on_each(|one, other| async move {
        let (child, first, second) = ("099324000601", "099190000601", "099190000602");
        follow(&one, &told(&mother_of(first)), false).await;
        let id = follow(&one, &told(&child_of(first, child)), false).await;
        assert_eq!(guardians(&one, &id).await, 1);
        let its = child_of(second, child);
        let later = Told { version: Some(2), ..told(&its) };
        write_and_end(&one, &later).await;
        // Asked again, the book has it already: nothing follows.
        follow(&other, &later, false).await;
        walk(&other, Instant::now()).await;
        assert_eq!((guardians(&other, &id).await, waiting(&other).await), (0, 1), "the new one is awaited");
        follow(&one, &told(&mother_of(second)), false).await;
        assert_eq!((guardians(&one, &id).await, waiting(&one).await), (1, 0));
        // In the end nobody is it any more.
        let its = record(child, "2024-03-01", json!({}));
        write_and_end(&one, &Told { version: Some(3), ..told(&its) }).await;
        walk(&other, Instant::now()).await;
        assert_eq!((guardians(&other, &id).await, waiting(&other).await), (0, 0));
    });
}

#[test]
fn what_follows_late_does_not_undo_what_was_told_since() {
    on_each(|one, other| async move {
        let (child, first, second) = ("099324001101", "099190001101", "099190001102");
        for mother in [first, second] {
            follow(&one, &told(&mother_of(mother)), false).await;
        }
        // A page of the feed is written; before its guardians are made, a look-up tells of another one.
        let patient = apply(one.service(), &told(&child_of(first, child))).await.unwrap().patient;
        follow(&other, &Told { version: Some(2), ..told(&child_of(second, child)) }, false).await;
        let (child, number) = (child.to_owned(), Some(first.to_owned()));
        let late = Ward { child, patient: patient.clone(), number, had_other: false };
        Open { wards: vec![late], came: Vec::new() }.close(&one, Instant::now()).await.unwrap();
        let living = living(&one, &patient, Instant::now()).await.unwrap();
        let named: Vec<_> = living.into_iter().map(|(_, terms)| terms.grantee).collect();
        assert_eq!(named, [Some(Grantee::Patient(id_of(&one, second).await))]);
    });
}

#[test]
fn a_child_that_was_written_is_waited_for_without_an_end_and_one_that_was_not_for_a_day() {
    on_each(|one, _| async move {
        let late = plus(Instant::now(), 2 * DAY);
        let (child, mother) = ("099324000701", "099190000701");
        let id = write_and_end(&one, &told(&child_of(mother, child))).await;
        intend(&one, &told(&child_of(mother, "099324000702")), None, Instant::now()).await.unwrap();
        walk(&one, Instant::now()).await;
        assert_eq!(waiting(&one).await, 2);
        walk(&one, late).await;
        assert_eq!(waiting_at(&one, late).await, 1, "the one that was written");
        follow(&one, &told(&mother_of(mother)), false).await;
        assert_eq!((guardians(&one, &id).await, waiting_at(&one, late).await), (1, 0));
        // Also when the first walk comes late.
        let id = write_and_end(&one, &told(&child_of(mother, "099324000703"))).await;
        walk(&one, late).await;
        assert_eq!(living(&one, &id, late).await.unwrap().len(), 1);
        assert_eq!(waiting_at(&one, late).await, 0);
    });
}

#[test]
fn a_minor_who_has_died_gets_no_guardian_when_the_record_is_told_again() {
    on_each(|one, _| async move {
        let (child, mother) = ("099324000801", "099190000801");
        follow(&one, &told(&mother_of(mother)), false).await;
        let alive = child_of(mother, child);
        let id = follow(&one, &told(&alive), false).await;
        assert_eq!(guardians(&one, &id).await, 1);
        let status = serde_json::from_value(json!({"state": "dead", "on": "2026-01-05"})).unwrap();
        let dead = Demographics { status, ..alive.clone() };
        let later = Told { version: Some(2), ..told(&dead) };
        follow(&one, &later, false).await;
        assert_eq!(guardians(&one, &id).await, 0);
        for again in [later, told(&alive)] {
            follow(&one, &again, true).await;
            assert_eq!((guardians(&one, &id).await, waiting(&one).await), (0, 0), "{:?}", again.version);
        }
    });
}

#[test]
fn what_did_not_follow_from_a_version_follows_from_the_next_one_that_is_read_after_a_start() {
    on_each(|one, _| async move {
        let (child, mother) = ("099324000901", "099190000901");
        follow(&one, &told(&mother_of(mother)), false).await;
        let its = child_of(mother, child);
        // The server ends here; when it reads the page again a later event of the child has come.
        apply(one.service(), &told(&its)).await.unwrap();
        let id = follow(&one, &Told { version: Some(2), ..told(&its) }, true).await;
        assert_eq!(guardians(&one, &id).await, 1);
    });
}

#[test]
fn nobody_waits_for_who_is_no_more_the_representative() {
    on_each(|one, _| async move {
        let (child, first, second) = ("099324000401", "099190000401", "099190000402");
        follow(&one, &told(&child_of(first, child)), false).await;
        follow(&one, &Told { version: Some(2), ..told(&child_of(second, child)) }, false).await;
        for mother in [first, second] {
            follow(&one, &told(&mother_of(mother)), false).await;
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

#[test]
fn somebody_who_writes_over_a_guardianship_that_has_ended_keeps_no_later_one_away() {
    on_each(|one, _| async move {
        let (its, hers) = (child_of("099190001001", "099324001001"), mother_of("099190001001"));
        let child = apply(one.service(), &told(&its)).await.unwrap().patient;
        let mother = apply(one.service(), &told(&hers)).await.unwrap().patient;
        for _ in 0..3 {
            add(&one, &child, &mother, Source::Registry, Instant::now()).await.unwrap();
            let (found, _) = living(&one, &child, Instant::now()).await.unwrap().remove(0);
            crate::guardians::remove(&one, &child, &mother, Source::Registry, Instant::now()).await.unwrap();
            // Not as the word of the server.
            let kind = crate::vocabulary::kind("Consent").unwrap();
            let access = one.service().decide(&Caller::MESSAGE, Interaction::Update, Some(kind)).unwrap();
            let text = found.resource.to_string();
            let id = found.id().unwrap();
            interactions::update(one.service(), &access, kind, &id, text.as_bytes(), None).await.unwrap();
        }
        add(&one, &child, &mother, Source::Registry, Instant::now()).await.unwrap();
        assert_eq!(guardians(&one, &child).await, 1);
    });
}
