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
use super::page::write_people;
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

fn event(person: usize, version: u64) -> Delivery {
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

async fn versions(book: &HealthBook, person: usize) -> Vec<String> {
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
            let parked = write_people(&book, &registry, page(), Instant::now(), false).await.unwrap().parked;
            assert_eq!(parked.len(), 1);
            let kept: Value = serde_json::from_str(&parked[0].value).unwrap();
            assert_eq!(kept["event"], format!("e-{POISON}-{version}"));
            // As after a server that was killed before the cursor moved.
            let parked = write_people(&book, &registry, page(), Instant::now(), true).await.unwrap().parked;
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
