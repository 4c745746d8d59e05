//! The people of a page of the feed, written: beside each other, the events of one person by what comes last.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{Delivery, Event, Malformed};
use record_store::SecurityRecord;
use tokio::sync::oneshot::{self, Receiver, Sender, error::TryRecvError};
use tokio::task::JoinSet;

use super::ConnectedRegistry;
use super::apply::{Holder, Outcome, apply_to, holders, is_of_database};
use super::awaited::Open;
use super::effects::follow;
use super::parked;
use super::told::Told;
use crate::HealthBook;
use crate::refusal::internal;

/// People that are worked on at one time: what is written together is committed together.
pub(super) const PARALLEL: usize = 512;
/// The same for each page of the feed, of which there are some. Whoever else writes waits behind them.
pub(super) const PARALLEL_IN_A_PAGE: usize = 256;
/// Tries of one event.
const TRIES: u32 = 3;
/// Before the next try, times the number of tries so far.
const PAUSE: Duration = Duration::from_millis(50);

/// What is left of a page whose people are written.
#[derive(Default)]
pub(super) struct Written {
    /// What is to be parked with the cursor.
    pub(super) parked: Vec<SecurityRecord>,
    /// What follows for people together.
    pub(super) open: Open,
}

/// People on whom pages are at work. Pages are worked on beside each other, the events of one person one after the other, in
/// the order of the pages.
#[derive(Default)]
pub(super) struct Turns(HashMap<String, Receiver<Done>>);

/// Never sent: the work at a person ends when its sender is dropped.
enum Done {}

/// The turn of one person.
struct Turn {
    before: Option<Receiver<Done>>,
    end: Sender<Done>,
}

/// What a page tells: its people with the turn of each, and what cannot be read.
pub(super) struct Taken {
    people: Vec<(Vec<Event>, Turn)>,
    malformed: Vec<Malformed>,
}

impl Turns {
    /// Takes the turns of a page: behind those of the pages that came before.
    pub(super) fn take(&mut self, registry: &ConnectedRegistry, deliveries: Vec<Delivery>) -> Taken {
        self.0.retain(|_, before| matches!(before.try_recv(), Err(TryRecvError::Empty)));
        let mut people: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        let mut malformed = Vec::new();
        for delivery in deliveries {
            match delivery {
                Delivery::Event(event) => people.entry(event.person.clone()).or_default().push(*event),
                Delivery::Malformed(text) => malformed.push(text),
            }
        }
        let turn = |(person, mut events): (String, Vec<Event>)| {
            once_each(registry, &mut events);
            let (end, ended) = oneshot::channel();
            (events, Turn { before: self.0.insert(person, ended), end })
        };
        Taken { people: people.into_iter().map(turn).collect(), malformed }
    }
}

/// Writes the people of a page. An error: nothing is wrong with the events, try the page again.
pub(super) async fn write_people(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    Taken { people, malformed }: Taken,
    asked_at: Instant,
    again: bool,
) -> Result<Written, Problem> {
    let store = book.service().store();
    let mut parked = Vec::new();
    for malformed in malformed {
        registry.figures.came("parked");
        parked.push(parked::of_malformed(store, &malformed, Instant::now())?);
    }
    let last: Vec<Told<'_>> =
        people.iter().filter_map(|(events, _)| Some(Told::by(events.first()?, asked_at))).collect();
    let holders = holders(book.service(), &last).await?;
    let mut running = JoinSet::new();
    let mut waiting = people.into_iter().zip(holders);
    let mut open = Open::default();
    loop {
        while running.len() < PARALLEL_IN_A_PAGE
            && let Some(((events, Turn { before, end }), mut holder)) = waiting.next()
        {
            let (book, registry) = (book.clone(), registry.clone());
            running.spawn(async move {
                if let Some(before) = before {
                    let _ = before.await;
                    // What was found may be older than what the page before has written.
                    holder = Holder::Unknown;
                }
                let done = of_person(&book, &registry, events, holder, asked_at, again).await;
                drop(end);
                done
            });
        }
        match running.join_next().await {
            None => break,
            Some(done) => {
                let done = done.map_err(|_| internal())??;
                parked.extend(done.parked);
                open.add(done.open);
            }
        }
    }
    Ok(Written { parked, open })
}

/// The last event first, none of them twice.
fn once_each(registry: &ConnectedRegistry, events: &mut Vec<Event>) {
    events.sort_by_key(|event| std::cmp::Reverse(event.version));
    let count = events.len();
    events.dedup_by(|one, other| one.id == other.id);
    (events.len()..count).for_each(|_| registry.figures().came("duplicate"));
}

/// The events of one person: the last one is written; those before only when it cannot be.
async fn of_person(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    events: Vec<Event>,
    holder: Holder,
    asked_at: Instant,
    again: bool,
) -> Result<Written, Problem> {
    let figures = registry.figures();
    let mut holder = Some(holder);
    let mut done = Written::default();
    let mut is_done = false;
    for event in &events {
        if is_done {
            figures.came("superseded");
            continue;
        }
        let holder = holder.take().unwrap_or(Holder::Unknown);
        match tried(book, &Told::by(event, asked_at), holder, again).await {
            Ok((outcome, open)) => {
                is_done = true;
                done.open.add(open);
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
                done.parked.push(parked::of_event(book.service().store(), event, &problem, Instant::now())?);
            }
        }
    }
    Ok(done)
}

/// Applies a record and does what follows from it, three times if it must be; gives what is left to be done.
pub(super) async fn tried(
    book: &HealthBook,
    told: &Told<'_>,
    mut holder: Holder,
    again: bool,
) -> Result<(Outcome, Open), Problem> {
    let mut tries = 1;
    loop {
        let holder = std::mem::replace(&mut holder, Holder::Unknown);
        let done = async {
            let applied = apply_to(book.service(), told, holder).await?;
            // What follows may be what failed before.
            let open = follow(book, told, &applied, again || tries > 1, Instant::now()).await?;
            Ok::<_, Problem>((applied.outcome, open))
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
