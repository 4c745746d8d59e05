//! A page of the feed in which one event cannot be applied: it is parked, and takes nobody with it.

use std::sync::Arc;

use fhir::Instant;
use population_registry::{
    Asking, Claim, Cursor, Delivery, Demographics, Event, EventKind, EventPage, PageSize, PopulationRegistry,
    Question, RegistryError, Relationships, RequestId, Verification,
};
use serde_json::{Value, json};

use super::ConnectedRegistry;
use super::awaited_tests::{on_each, record};
use super::page::{Turns, write_people};
use crate::HealthBook;
use crate::ledger::{Entry, text, write};
use crate::vocabulary::CITIZEN_NUMBER;

/// Is not asked: the page is there.
struct Away;

impl PopulationRegistry for Away {
    fn verify<'a>(&'a self, _: RequestId, _: &'a Claim) -> Asking<'a, Verification> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn look_up<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Demographics> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn relationships<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Relationships> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn events<'a>(&'a self, _: RequestId, _: Option<&'a Cursor>, _: PageSize) -> Asking<'a, EventPage> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }
}

fn number(person: usize) -> String {
    format!("0991900{person:05}")
}

pub(super) fn event(person: usize, version: u64) -> Delivery {
    Delivery::Event(Box::new(Event {
        id: format!("e-{person}-{version}"),
        person: format!("p-{person}"),
        sequence: version,
        version,
        kind: EventKind::Correction,
        occurred: Instant::now(),
        emitted: Instant::now(),
        record: record(&number(person), "1990-03-01", json!({})),
    }))
}

pub(super) async fn versions(book: &HealthBook, person: usize) -> Vec<String> {
    let number = number(person);
    let found = interactions::holders_of_numbers(book.service(), &[vec![number.as_str()]]).await.unwrap();
    let texts = found.into_iter().flatten().map(|record| record.inspect().unwrap().unwrap());
    let resources = texts.map(|text| serde_json::from_str::<Value>(&text).unwrap());
    resources.map(|resource| text(&resource, "/meta/versionId").to_owned()).collect()
}

#[test]
fn what_cannot_be_applied_is_parked_and_all_others_of_the_page_are_written_once() {
    const PEOPLE: usize = 600;
    const POISON: usize = 300;
    on_each(|book, _| async move {
        let registry = ConnectedRegistry::new(Arc::new(Away));
        // Two have the number: nobody can say who is meant.
        for id in ["one", "other"] {
            let identifier = json!([{"system": CITIZEN_NUMBER, "value": number(POISON)}]);
            let person = json!({"resourceType": "Patient", "id": id, "identifier": identifier});
            write(book.service(), vec![Entry::new(person)]).await.unwrap();
        }
        for version in 1..=2 {
            let page = || (0..PEOPLE).map(|person| event(person, version)).collect();
            let taken = Turns::default().take(&registry, page());
            let parked = write_people(&book, &registry, taken, Instant::now(), false).await.unwrap().parked;
            assert_eq!(parked.len(), 1);
            let kept: Value = serde_json::from_str(&parked[0].value).unwrap();
            assert_eq!(kept["event"], format!("e-{POISON}-{version}"));
            // As after a server that was killed before the cursor moved.
            let taken = Turns::default().take(&registry, page());
            let parked = write_people(&book, &registry, taken, Instant::now(), true).await.unwrap().parked;
            assert_eq!(parked.len(), 1);
            for person in (0..PEOPLE).filter(|person| *person != POISON) {
                assert_eq!(versions(&book, person).await, [version.to_string()], "person {person}");
            }
        }
        let others = 2 * (PEOPLE as u64 - 1);
        let outcomes = registry.figures().outcomes();
        assert_eq!(outcomes, [("applied", others), ("duplicate", others), ("parked", 4)].into());
    });
}

#[test]
fn of_somebody_in_two_pages_the_earlier_one_is_done_first() {
    on_each(|book, _| async move {
        let registry = ConnectedRegistry::new(Arc::new(Away));
        let mut turns = Turns::default();
        let earlier = turns.take(&registry, vec![event(1, 1), event(2, 1)]);
        let later = turns.take(&registry, vec![event(2, 2), event(3, 1)]);
        // The later page is begun first, and held up by the one whom both tell of alone.
        let waiting = tokio::spawn({
            let (book, registry) = (book.clone(), registry.clone());
            async move { write_people(&book, &registry, later, Instant::now(), false).await.map(drop) }
        });
        while versions(&book, 3).await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(versions(&book, 2).await.is_empty() && !waiting.is_finished());
        write_people(&book, &registry, earlier, Instant::now(), false).await.unwrap();
        waiting.await.unwrap().unwrap();
        assert_eq!(versions(&book, 2).await, ["2"], "each was written, one after the other");
        assert_eq!(registry.figures().outcomes(), [("applied", 4)].into());
        // Whose page has come to nothing keeps nobody waiting.
        drop(turns.take(&registry, vec![event(1, 2)]));
        let next = turns.take(&registry, vec![event(1, 3)]);
        write_people(&book, &registry, next, Instant::now(), false).await.unwrap();
        assert_eq!(versions(&book, 1).await, ["2"]);
    });
}

/// A newborn whom a hospital registered is continued by the first event that tells of it, whichever that is: of the events of
/// one person in a page the last one is written.
#[test]
fn a_newborn_is_continued_by_what_is_told_after_the_birth() {
    on_each(|book, _| async move {
        let registry = ConnectedRegistry::new(Arc::new(Away));
        let (mother, child) = (number(1), number(2));
        let newborn = json!({
            "resourceType": "Patient", "id": "newborn", "birthDate": "2026-03-01",
            "extension": [{"url": "urn:healthbook:registration", "valueCode": "newborn"}],
        });
        let related = json!({
            "resourceType": "RelatedPerson", "id": "mother", "patient": {"reference": "Patient/newborn"},
            "identifier": [{"system": CITIZEN_NUMBER, "value": mother}],
            "relationship": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}],
        });
        write(book.service(), vec![Entry::new(newborn)]).await.unwrap();
        write(book.service(), vec![Entry::new(related)]).await.unwrap();
        let told = |version, kind| {
            let more = json!({"mother": {"name": "Phạm Thị Bình", "number": mother}});
            Delivery::Event(Box::new(Event {
                id: format!("e-birth-{version}"),
                person: "p-2".to_owned(),
                sequence: version,
                version,
                kind,
                occurred: Instant::now(),
                emitted: Instant::now(),
                record: record(&child, "2026-03-01", more),
            }))
        };
        let page = vec![told(1, EventKind::Birth), told(2, EventKind::Correction)];
        let taken = Turns::default().take(&registry, page);
        write_people(&book, &registry, taken, Instant::now(), false).await.unwrap();
        let found = interactions::holders_of_numbers(book.service(), &[vec![child.as_str()]]).await.unwrap();
        let ids: Vec<String> = found.into_iter().flatten().map(|record| record.id.to_string()).collect();
        assert_eq!(ids, ["newborn"]);
    });
}
