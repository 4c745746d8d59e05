//! Taking over people of whom a process that ended has written some, but not what follows from it.

use std::time::Duration;

use fhir::{Instant, LogicalId};
use population_registry::{
    Answer, Asking, Cursor, Demographics, Listed, ListedPerson, PageSize, PeoplePage, PopulationListing,
    RegistryError, RequestId,
};
use record_store::{SecurityKind, SecurityRecord};
use serde_json::json;

use super::apply::apply;
use super::awaited_tests::{mother_of, on_each, record};
use super::backfill_part::Part;
use super::told::Told;
use super::{BackfillSettings, Progress, backfill};
use crate::HealthBook;
use crate::guardians::{Source, living, remove};

/// A part for the children and one for the mothers.
struct Families(u8);

impl Families {
    fn mother(family: u8) -> Demographics {
        mother_of(&format!("0991900030{family:02}"))
    }

    fn child(family: u8) -> Demographics {
        let mother = Self::mother(family).number;
        let representative = json!({"name": "Ai", "number": mother.as_str()});
        let relationships = json!({"representative": representative});
        record(&format!("0993240030{family:02}"), "2024-03-01", relationships)
    }
}

impl PopulationListing for Families {
    fn people<'a>(
        &'a self,
        request_id: RequestId,
        part: u16,
        _: Option<&'a Cursor>,
        _: PageSize,
    ) -> Asking<'a, PeoplePage> {
        let listed = |family| {
            let record = if part == 0 { Self::child(family) } else { Self::mother(family) };
            let person = record.number.as_str().to_owned();
            Listed::Person(Box::new(ListedPerson { person, version: 1, record }))
        };
        let people = (0..self.0).map(listed).collect();
        let feed = Cursor::try_from("begin").unwrap();
        let value = PeoplePage { people, next: None, parts: 2, total: 2 * u64::from(self.0), feed };
        let (asked_at, latency) = (Instant::now(), Duration::ZERO);
        let answer = Answer { value, asked_at, source: "test", registry_version: None, latency, request_id };
        Box::pin(async move { Ok(answer) })
    }
}

/// The same, of records so large that fifty are too many.
struct Large(Families);

impl PopulationListing for Large {
    fn people<'a>(
        &'a self,
        request_id: RequestId,
        part: u16,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, PeoplePage> {
        match size.get() {
            ..50 => self.0.people(request_id, part, after, size),
            _ => Box::pin(async { Err(RegistryError::TooLarge) }),
        }
    }
}

async fn take_over(book: &HealthBook, families: &dyn PopulationListing, again: bool) -> Progress {
    let settings = BackfillSettings { people_per_second: 100_000, again };
    backfill(book, families, settings, &|_| {}).await.unwrap()
}

/// Writes somebody as a process that ends before anything follows.
async fn write(book: &HealthBook, record: &Demographics) -> LogicalId {
    let told = Told { record, version: Some(1), verified_at: Instant::now(), event: None, person: None };
    apply(book.service(), &told).await.unwrap().patient
}

async fn guardians(book: &HealthBook, child: &LogicalId) -> usize {
    living(book, child, Instant::now()).await.unwrap().len()
}

#[test]
fn what_a_process_that_ended_has_written_is_followed_by_the_next_one() {
    on_each(|one, _| async move {
        let families = Families(4);
        // Of the first nobody is written, then the child, then the mother, then both.
        let mut children = Vec::new();
        for family in 0..families.0 {
            if family & 2 == 2 {
                write(&one, &Families::mother(family)).await;
            }
            if family & 1 == 1 {
                children.push(write(&one, &Families::child(family)).await);
            }
        }
        let done = take_over(&one, &families, false).await;
        assert_eq!((done.people, done.written, done.parts_done), (8, 4, 2));
        // They are all in the book now.
        for family in [0, 2] {
            children.push(write(&one, &Families::child(family)).await);
        }
        for child in &children {
            assert_eq!(guardians(&one, child).await, 1);
        }
    });
}

#[test]
fn of_large_records_fewer_are_asked_for() {
    on_each(|one, _| async move {
        let done = take_over(&one, &Large(Families(3)), false).await;
        assert_eq!((done.people, done.written, done.parts_done), (6, 6, 2));
    });
}

#[test]
fn a_part_that_an_older_version_kept_is_read() {
    let value = json!({"number": 3, "after": "x", "people": 2, "written": 1, "parked": 0}).to_string();
    let record = SecurityRecord::new(SecurityKind::RegistryBackfill, "part-3", value);
    let part = Part::of(&record).unwrap();
    assert_eq!((part.id().as_str(), part.is_done, part.people), ("part-3", false, 2));
}

#[test]
fn begun_again_it_does_what_follows_for_all_who_stand_in_the_book() {
    on_each(|one, _| async move {
        let families = Families(1);
        take_over(&one, &families, false).await;
        let (child, mother) =
            (write(&one, &Families::child(0)).await, write(&one, &Families::mother(0)).await);
        remove(&one, &child, &mother, Source::Registry, Instant::now()).await.unwrap();
        let done = take_over(&one, &families, false).await;
        assert_eq!((done.people, guardians(&one, &child).await), (2, 0), "nothing is left to be done");
        let done = take_over(&one, &families, true).await;
        assert_eq!((done.people, done.written, guardians(&one, &child).await), (2, 0, 1));
    });
}
