//! Pages of the feed: one in which an event cannot be applied, one that follows another, one that tells of a newborn.

use std::sync::Arc;
use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{
    Answer, Asking, Claim, Cursor, Delivery, Demographics, Event, EventKind, EventPage, PageSize,
    PersonalNumber, PopulationRegistry, Question, RegistryError, Relationships, RequestId, Verification,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::ConnectedRegistry;
use super::awaited_tests::{on_each, record};
use super::page::{Taken, Turns, write_people};
use crate::HealthBook;
use crate::ledger::{Entry, text, write};
use crate::vocabulary::CITIZEN_NUMBER;

/// A registry of which only the feed is asked: what it answers behind a place.
pub(super) struct Feed<F>(pub(super) F);

impl<F> PopulationRegistry for Feed<F>
where
    F: Fn(Option<&Cursor>, PageSize) -> Result<EventPage, RegistryError> + Send + Sync,
{
    fn verify<'a>(&'a self, _: RequestId, _: &'a Claim) -> Asking<'a, Verification> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn look_up<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Demographics> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn relationships<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Relationships> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn events<'a>(
        &'a self,
        id: RequestId,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, EventPage> {
        Box::pin(async move {
            Ok(Answer {
                value: self.0(after, size)?,
                asked_at: Instant::now(),
                source: "population-registry-feed",
                registry_version: None,
                latency: Duration::ZERO,
                request_id: id,
            })
        })
    }
}

/// Is not asked: the page is there.
fn away() -> ConnectedRegistry {
    ConnectedRegistry::new(Arc::new(Feed(|_: Option<&Cursor>, _| Err(RegistryError::Unreachable))))
}

/// Begins to write a page.
fn begun(book: &HealthBook, registry: &ConnectedRegistry, taken: Taken) -> JoinHandle<Result<(), Problem>> {
    let (book, registry) = (book.clone(), registry.clone());
    tokio::spawn(async move { write_people(&book, &registry, taken, Instant::now(), false).await.map(drop) })
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

/// Somebody with so many numbers that no question holds them: the page cannot be looked up in one read.
#[test]
fn who_cannot_be_looked_up_is_parked_and_keeps_up_nobody_else() {
    on_each(|book, _| async move {
        let registry = away();
        let mut page: Vec<Delivery> = (0..3).map(|person| event(person, 1)).collect();
        if let Delivery::Event(event) = &mut page[1] {
            event.record.former_numbers =
                (0..4_000).map(|it| PersonalNumber::try_from(number(1_000 + it).as_str()).unwrap()).collect();
        }
        let taken = Turns::default().take(&registry, page);
        let written = write_people(&book, &registry, taken, Instant::now(), false).await.unwrap();
        assert_eq!(written.parked.len(), 1);
        for (person, expected) in [(0, 1), (1, 0), (2, 1)] {
            assert_eq!(versions(&book, person).await.len(), expected, "{person}");
        }
    });
}

#[test]
fn what_cannot_be_applied_is_parked_and_all_others_of_the_page_are_written_once() {
    const PEOPLE: usize = 600;
    const POISON: usize = 300;
    on_each(|book, _| async move {
        let registry = away();
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
        let registry = away();
        let mut turns = Turns::default();
        let earlier = turns.take(&registry, vec![event(1, 1), event(2, 1)]);
        let later = turns.take(&registry, vec![event(2, 2), event(3, 1)]);
        // The later page is begun first, and held up by the one whom both tell of alone.
        let waiting = begun(&book, &registry, later);
        while versions(&book, 3).await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(versions(&book, 2).await.is_empty() && !waiting.is_finished());
        write_people(&book, &registry, earlier, Instant::now(), false).await.unwrap();
        waiting.await.unwrap().unwrap();
        assert_eq!(versions(&book, 2).await, ["2"], "each was written, one after the other");
        assert_eq!(registry.figures().outcomes(), [("applied", 4)].into());
        // Whose page comes to nothing keeps nobody waiting.
        let nothing = turns.take(&registry, vec![event(1, 2)]);
        let next = turns.take(&registry, vec![event(1, 3), event(4, 1)]);
        let waiting = begun(&book, &registry, next);
        while versions(&book, 4).await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(versions(&book, 1).await == ["1"] && !waiting.is_finished());
        drop(nothing);
        waiting.await.unwrap().unwrap();
        assert_eq!(versions(&book, 1).await, ["2"]);
    });
}

/// A newborn whom a hospital registered, told of by the registry in the last of some events.
struct Newborn {
    what: &'static str,
    /// What the hospital has written otherwise, and what it has registered besides.
    patient: Value,
    besides: Option<Value>,
    relation: &'static str,
    last: EventKind,
    status: Value,
    is_continued: bool,
}

impl Newborn {
    fn new(what: &'static str, is_continued: bool) -> Self {
        Self {
            what,
            patient: json!({}),
            besides: None,
            relation: "MTH",
            last: EventKind::Correction,
            status: json!({"state": "alive"}),
            is_continued,
        }
    }
}

fn newborns() -> Vec<Newborn> {
    vec![
        Newborn { last: EventKind::Birth, ..Newborn::new("by the birth", true) },
        Newborn::new("by what is told after the birth", true),
        Newborn { status: json!({"state": "dead"}), ..Newborn::new("who has died since", true) },
        Newborn { status: json!({"state": "cancelled"}), ..Newborn::new("a number given by mistake", false) },
        Newborn {
            status: json!({"state": "replaced-by", "number": number(900)}),
            ..Newborn::new("a second number", false)
        },
        Newborn { patient: json!({"multipleBirthInteger": 1}), ..Newborn::new("a twin", false) },
        Newborn { patient: json!({"birthDate": "2026-03-02"}), ..Newborn::new("another day", false) },
        Newborn { patient: json!({"gender": "male"}), ..Newborn::new("another sex", false) },
        Newborn { relation: "FTH", ..Newborn::new("the father's", false) },
        Newborn { besides: Some(json!({})), ..Newborn::new("one of two", false) },
    ]
}

/// Of the events of one person in a page the last one is written: it continues the newborn as the birth would.
#[test]
fn a_newborn_is_continued_where_nobody_else_can_be_meant() {
    on_each(|book, _| async move {
        let registry = away();
        for (index, newborn) in newborns().into_iter().enumerate() {
            let (mother, child, own) = (number(2 * index), number(2 * index + 1), format!("newborn-{index}"));
            let register = async |id: String, more: &Value| {
                let mut patient = json!({
                    "resourceType": "Patient", "id": id, "birthDate": "2026-03-01",
                    "extension": [{"url": "urn:healthbook:registration", "valueCode": "newborn"}],
                });
                patient.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let related = json!({
                    "resourceType": "RelatedPerson", "id": format!("of-{id}"),
                    "patient": {"reference": format!("Patient/{id}")},
                    "identifier": [{"system": CITIZEN_NUMBER, "value": mother}],
                    "relationship": [{"coding": [{
                        "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": newborn.relation}]}],
                });
                write(book.service(), vec![Entry::new(patient)]).await.unwrap();
                write(book.service(), vec![Entry::new(related)]).await.unwrap();
            };
            register(own.clone(), &newborn.patient).await;
            if let Some(more) = &newborn.besides {
                register(format!("{own}-besides"), more).await;
            }
            let told = |version, kind| {
                let more = json!({"mother": {"name": "Phạm Thị Bình", "number": mother}});
                let mut record = record(&child, "2026-03-01", more);
                if version == 2 {
                    record.status = serde_json::from_value(newborn.status.clone()).unwrap();
                }
                Delivery::Event(Box::new(Event {
                    id: format!("e-{index}-{version}"),
                    person: format!("p-{index}"),
                    sequence: version,
                    version,
                    kind,
                    occurred: Instant::now(),
                    emitted: Instant::now(),
                    record,
                }))
            };
            let page = vec![told(1, EventKind::Birth), told(2, newborn.last)];
            let taken = Turns::default().take(&registry, page);
            write_people(&book, &registry, taken, Instant::now(), false).await.unwrap();
            let found =
                interactions::holders_of_numbers(book.service(), &[vec![child.as_str()]]).await.unwrap();
            let ids: Vec<String> = found.into_iter().flatten().map(|record| record.id.to_string()).collect();
            assert_eq!(ids.len(), 1, "{}", newborn.what);
            assert_eq!(ids[0] == own, newborn.is_continued, "{}", newborn.what);
        }
    });
}
