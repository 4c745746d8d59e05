//! Who is guardian by the word of the registry when somebody dies, lives again, or was born on another day, and when others
//! write what looks like a guardianship.

use access::{Caller, Interaction};
use fhir::{Instant, LogicalId};
use population_registry::Demographics;
use serde_json::json;

use super::apply::apply;
use super::awaited::{self, Open, Ward, wait};
use super::awaited_tests::{
    DAY, child_of, follow, guardians, mother_of, on_each, record, told, waiting, waiting_at, walk,
    write_and_end,
};
use super::told::Told;
use crate::HealthBook;
use crate::guardians::{Source, add, living, remove};
use crate::moment::plus;

fn dead(record: Demographics) -> Demographics {
    let status = serde_json::from_value(json!({"state": "dead", "on": "2026-01-05"})).unwrap();
    Demographics { status, ..record }
}

fn born(day: &str, mother: &str, child: &str) -> Demographics {
    record(child, day, json!({"representative": {"name": "Ai", "number": mother}}))
}

fn version(version: u64, record: &Demographics) -> Told<'_> {
    Told { version: Some(version), ..told(record) }
}

fn ward(child: &str, patient: &LogicalId, mother: &str) -> Ward {
    let (child, number) = (child.to_owned(), Some(mother.to_owned()));
    Ward { child, patient: patient.clone(), number, had_other: false }
}

/// When the only guardianship of a child ends.
async fn ends(book: &HealthBook, child: &LogicalId, now: Instant) -> String {
    let mut living = living(book, child, now).await.unwrap();
    assert_eq!(living.len(), 1);
    living.remove(0).1.ends.to_string()
}

#[test]
fn who_dies_before_she_is_made_the_guardian_is_none_and_is_awaited() {
    on_each(|one, other| async move {
        let (child, mother) = ("099324003101", "099190003101");
        let hers = follow(&one, &told(&mother_of(mother)), false).await;
        let id = apply(one.service(), &told(&child_of(mother, child))).await.unwrap().patient;
        // She was found; then her death comes, with all that follows from it.
        follow(&other, &version(2, &dead(mother_of(mother))), false).await;
        let followed = awaited::follow(&one, ward(child, &id, mother), Some(hers), Instant::now()).await;
        assert!(!followed.unwrap().1, "it is not done");
        assert_eq!(guardians(&one, &id).await, 0);
        let open = Open { wards: vec![ward(child, &id, mother)], came: Vec::new() };
        open.close(&one, Instant::now()).await.unwrap();
        assert_eq!((guardians(&one, &id).await, waiting(&one).await), (0, 1));
    });
}

#[test]
fn who_turns_out_to_live_is_guardian_again() {
    on_each(|one, other| async move {
        let (child, mother) = ("099324003201", "099190003201");
        follow(&one, &told(&mother_of(mother)), false).await;
        let id = follow(&one, &told(&child_of(mother, child)), false).await;
        for (nth, died) in [(2, true), (3, false), (4, true), (5, false)] {
            let its = if died { dead(mother_of(mother)) } else { mother_of(mother) };
            follow(&other, &version(nth, &its), false).await;
            let is_awaited = usize::from(died);
            assert_eq!((guardians(&one, &id).await, waiting(&one).await), (1 - is_awaited, is_awaited));
        }
    });
}

#[test]
fn a_death_that_was_not_followed_is_followed_when_an_earlier_event_is_read_again() {
    on_each(|one, _| async move {
        let (child, mother) = ("099324003301", "099190003301");
        follow(&one, &told(&mother_of(mother)), false).await;
        let id = follow(&one, &told(&child_of(mother, child)), false).await;
        // The server ends when the death is written.
        apply(one.service(), &version(3, &dead(mother_of(mother)))).await.unwrap();
        assert_eq!(guardians(&one, &id).await, 1);
        follow(&one, &version(2, &mother_of(mother)), true).await;
        assert_eq!((guardians(&one, &id).await, waiting(&one).await), (0, 1));
    });
}

#[test]
fn a_guardianship_goes_by_the_birth_date_that_the_registry_has_in_the_end() {
    on_each(|one, other| async move {
        let (child, mother) = ("099324003401", "099190003401");
        follow(&one, &told(&mother_of(mother)), false).await;
        let now = Instant::now();
        let id = follow(&one, &told(&born("2024-03-01", mother, child)), false).await;
        assert_eq!(ends(&one, &id, now).await, "2042-02-28T17:00:00.000Z");
        follow(&one, &version(2, &born("2012-03-01", mother, child)), false).await;
        assert_eq!(ends(&one, &id, now).await, "2030-02-28T17:00:00.000Z");
        // Of age, and a child after all; each is told the server that ends before anything follows.
        write_and_end(&one, &version(3, &born("1990-03-01", mother, child))).await;
        walk(&other, Instant::now()).await;
        assert_eq!(guardians(&one, &id).await, 0);
        write_and_end(&one, &version(4, &born("2020-03-01", mother, child))).await;
        walk(&other, Instant::now()).await;
        assert_eq!(ends(&one, &id, now).await, "2038-02-28T17:00:00.000Z");
        follow(&one, &version(5, &born("1990-03-01", mother, child)), false).await;
        assert_eq!((guardians(&one, &id).await, waiting(&one).await), (0, 0));
    });
}

#[test]
fn a_guardianship_that_is_as_the_registry_says_is_not_made_anew() {
    on_each(|one, _| async move {
        let (child, mother) = ("099324003501", "099190003501");
        follow(&one, &told(&mother_of(mother)), false).await;
        let its = born("2012-03-01", mother, child);
        let id = follow(&one, &told(&its), false).await;
        let made = async || {
            let (found, _) = living(&one, &id, Instant::now()).await.unwrap().remove(0);
            (found.id().unwrap(), found.version)
        };
        let before = made().await;
        follow(&one, &told(&its), true).await;
        follow(&one, &version(2, &its), true).await;
        assert_eq!(made().await, before);
    });
}

#[test]
fn what_others_write_hides_no_guardian() {
    const SHAM: usize = 60;
    on_each(|one, _| async move {
        let (child, mother, father) = ("099324003601", "099190003601", "099190003602");
        let mother = follow(&one, &told(&mother_of(mother)), false).await;
        let father = follow(&one, &told(&mother_of(father)), false).await;
        let child = follow(&one, &told(&record(child, "2024-03-01", json!({}))), false).await;
        add(&one, &child, &mother, Source::Registry, Instant::now()).await.unwrap();
        let (found, _) = living(&one, &child, Instant::now()).await.unwrap().remove(0);
        let kind = crate::vocabulary::kind("Consent").unwrap();
        let access = one.service().decide(&Caller::MESSAGE, Interaction::Update, Some(kind)).unwrap();
        for nth in 0..SHAM {
            let id = LogicalId::try_from(format!("sham-{nth}").as_str()).unwrap();
            let mut sham = found.resource.clone();
            sham["id"] = json!(id.as_str());
            let text = sham.to_string();
            interactions::update(one.service(), &access, kind, &id, text.as_bytes(), None).await.unwrap();
        }
        // Whatever the order in which they are found: one before them, one after.
        add(&one, &child, &father, Source::Registry, Instant::now()).await.unwrap();
        assert_eq!(guardians(&one, &child).await, 2);
        for guardian in [&mother, &father] {
            remove(&one, &child, guardian, Source::Registry, Instant::now()).await.unwrap();
        }
        assert_eq!(guardians(&one, &child).await, 0);
    });
}

#[test]
fn for_a_child_whom_nobody_has_it_is_waited_a_day() {
    on_each(|one, _| async move {
        let (child, gone, mother) = ("099324003701", "099324003702", "099190003701");
        let nobody = LogicalId::try_from("nobody").unwrap();
        for number in [child, gone] {
            wait(&one, &[ward(number, &nobody, mother)], Instant::now()).await.unwrap();
        }
        walk(&one, Instant::now()).await;
        assert_eq!(waiting(&one).await, 2);
        apply(one.service(), &told(&child_of(mother, child))).await.unwrap();
        let (soon, late) = (plus(Instant::now(), DAY / 2), plus(Instant::now(), 2 * DAY));
        walk(&one, soon).await;
        assert_eq!(waiting_at(&one, soon).await, 2);
        walk(&one, late).await;
        assert_eq!(waiting_at(&one, late).await, 1, "the one that was written");
    });
}
