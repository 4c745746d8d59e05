//! A page of the feed, applied: people beside each other, the events of one person by what comes last.

use std::collections::BTreeMap;
use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{Delivery, Event};
use record_store::SecurityRecord;
use tokio::task::JoinSet;

use super::ConnectedRegistry;
use super::apply::{Outcome, apply};
use super::effects::follow;
use super::parked;
use super::told::Told;
use crate::HealthBook;
use crate::refusal::internal;

/// People that are worked on at one time: what is written together is committed together.
pub(super) const PARALLEL: usize = 256;
/// Tries of one event.
const TRIES: u32 = 3;
/// Before the next try, times the number of tries so far.
const PAUSE: Duration = Duration::from_millis(50);

/// Applies a page, and gives what is to be parked. An error: nothing is wrong with the events, try the page again.
pub(super) async fn apply_page(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    deliveries: Vec<Delivery>,
    asked_at: Instant,
    again: bool,
) -> Result<Vec<SecurityRecord>, Problem> {
    let store = book.service().store();
    let mut parked = Vec::new();
    let mut people: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for delivery in deliveries {
        match delivery {
            Delivery::Event(event) => people.entry(event.person.clone()).or_default().push(*event),
            Delivery::Malformed(malformed) => {
                registry.figures.came("parked");
                parked.push(parked::of_malformed(store, &malformed, Instant::now())?);
            }
        }
    }
    let mut running = JoinSet::new();
    let mut waiting = people.into_values();
    loop {
        while running.len() < PARALLEL
            && let Some(events) = waiting.next()
        {
            let (book, registry) = (book.clone(), registry.clone());
            running.spawn(async move { of_person(&book, &registry, events, asked_at, again).await });
        }
        match running.join_next().await {
            None => return Ok(parked),
            Some(done) => parked.extend(done.map_err(|_| internal())??),
        }
    }
}

/// The events of one person: the last one is written; those before only when it cannot be.
async fn of_person(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    mut events: Vec<Event>,
    asked_at: Instant,
    again: bool,
) -> Result<Vec<SecurityRecord>, Problem> {
    let figures = registry.figures();
    events.sort_by_key(|event| std::cmp::Reverse(event.version));
    let count = events.len();
    events.dedup_by(|one, other| one.id == other.id);
    (events.len()..count).for_each(|_| figures.came("duplicate"));
    let mut parked = Vec::new();
    let mut is_done = false;
    for event in &events {
        if is_done {
            figures.came("superseded");
            continue;
        }
        match tried(book, &Told::by(event, asked_at), again).await {
            Ok(outcome) => {
                is_done = true;
                if outcome == Outcome::Applied {
                    figures.visible(event, Instant::now());
                }
                figures.came(match outcome {
                    Outcome::Applied => "applied",
                    Outcome::Duplicate => "duplicate",
                    Outcome::Stale => "stale",
                });
            }
            Err(problem) if is_of_database(&problem) => return Err(problem),
            Err(problem) => {
                figures.came("parked");
                let codes: Vec<&str> = problem.issues.iter().map(|issue| issue.fault.code()).collect();
                tracing::warn!(event = event.id.as_str(), ?codes, "an event of the registry is parked");
                parked.push(parked::of_event(book.service().store(), event, &problem, Instant::now())?);
            }
        }
    }
    Ok(parked)
}

/// Whether it says nothing about the event.
pub(super) fn is_of_database(problem: &Problem) -> bool {
    matches!(problem.status, 503 | 504)
}

/// Applies a record and does what follows from it, three times if it must be.
pub(super) async fn tried(book: &HealthBook, told: &Told<'_>, again: bool) -> Result<Outcome, Problem> {
    let mut tries = 1;
    loop {
        let done = async {
            let applied = apply(book.service(), told).await?;
            // What follows may be what failed before.
            follow(book, told, &applied, again || tries > 1, Instant::now()).await?;
            Ok::<_, Problem>(applied.outcome)
        };
        match done.await {
            Err(_) if tries < TRIES => {
                tokio::time::sleep(PAUSE.saturating_mul(tries)).await;
                tries += 1;
            }
            done => return done,
        }
    }
}
