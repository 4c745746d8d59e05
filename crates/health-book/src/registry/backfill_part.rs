//! One part of the listing: page after page behind a place that is kept, so that whoever comes next goes on there.

use std::time::{Duration, Instant as Moment};

use fhir::Instant;
use interactions::Problem;
use population_registry::{
    Cursor, Event, EventKind, Listed, ListedPerson, PageSize, PopulationListing, RegistryError, RequestId,
};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::apply::{Holder, Outcome, holders, is_of_database};
use super::awaited::Open;
use super::backfill::{BackfillError, BackfillSettings, Progress, pause_of, read};
use super::lease::{Held, Lease};
use super::page::{PARALLEL, tried};
use super::parked;
use super::told::Told;
use super::worker::prolong;
use crate::HealthBook;
use crate::refusal::internal;

/// People of a page.
const PAGE: u32 = 500;
/// Between two reports of how far it is.
const TOLD: Duration = Duration::from_secs(2);

/// How far a part is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    number: u16,
    /// Whether all its people are in the book.
    #[serde(default)]
    pub(super) is_done: bool,
    /// Whether all that follows is done again, also for those who stand in the book.
    #[serde(default)]
    again: bool,
    after: Option<String>,
    pub(super) people: u64,
    pub(super) written: u64,
    pub(super) parked: u64,
    /// The version of its record.
    #[serde(skip)]
    version: i32,
}

impl Part {
    /// A part of which nothing is done.
    pub(super) fn first(number: u16, again: bool) -> Self {
        Self { number, is_done: false, again, after: None, people: 0, written: 0, parked: 0, version: 1 }
    }

    /// Reads one.
    pub(super) fn of(record: &SecurityRecord) -> Result<Self, Problem> {
        let part: Self = serde_json::from_str(&record.value).map_err(|_| internal())?;
        Ok(Self { version: record.version, ..part })
    }

    /// Reads the one of an id.
    pub(super) async fn read(store: &Store, id: &str) -> Result<Option<Self>, Problem> {
        let record = store.security_record(SecurityKind::RegistryBackfill, id, Instant::now()).await?;
        record.as_ref().map(Self::of).transpose()
    }

    /// The id of its record.
    pub(super) fn id(&self) -> String {
        format!("part-{}", self.number)
    }

    /// Its record.
    pub(super) fn record(&self) -> Result<SecurityRecord, Problem> {
        let value = serde_json::to_string(self).map_err(|_| internal())?;
        let record = SecurityRecord::new(SecurityKind::RegistryBackfill, self.id(), value);
        Ok(SecurityRecord { version: self.version, ..record })
    }
}

/// What there is to work with.
pub(super) struct Work<'a> {
    pub(super) book: &'a HealthBook,
    pub(super) listing: &'a dyn PopulationListing,
    pub(super) settings: BackfillSettings,
    pub(super) report: &'a (dyn Fn(Progress) + Sync),
}

/// What came of the work at a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It is done.
    Worked,
    /// Somebody else is at it.
    Lost,
}

/// Works at a part to its end. The lease only keeps others from doing the same: what counts is that the
/// record of the part is replaced by whoever read it.
pub(super) async fn work_at_part(work: &Work<'_>, part: Part, lease: Lease) -> Result<Ended, BackfillError> {
    let (keeps, held) = watch::channel(lease.held());
    let mut keeping = tokio::spawn(prolong(lease.clone(), keeps));
    let done = tokio::select! {
        done = pages(work, part, &held) => done,
        _ = &mut keeping => Ok(Ended::Lost),
    };
    keeping.abort();
    // Only when nobody prolongs it any more is it given back.
    let _ = keeping.await;
    lease.release(Instant::now()).await?;
    done
}

async fn pages(
    work: &Work<'_>,
    mut part: Part,
    held: &watch::Receiver<Held>,
) -> Result<Ended, BackfillError> {
    let Work { book, listing, settings, report } = work;
    let mut told = Moment::now();
    let store = book.service().store();
    let rate = settings.people_per_second.max(1);
    let usual = PageSize::clamped(usize::try_from(PAGE.min(rate)).unwrap_or(1));
    let mut size = usual;
    // Who was here before may have ended before all that follows from the page was done.
    let mut again = true;
    while held.borrow().is_now() {
        let begin = Moment::now();
        let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
        let after = part.after.as_deref().and_then(|text| Cursor::try_from(text).ok());
        let least = Duration::from_secs_f64(size.get() as f64 / f64::from(rate));
        let answer = match listing.people(id, part.number, after.as_ref(), size).await {
            Ok(answer) => {
                size = usual;
                answer
            }
            Err(error) => {
                if let (RegistryError::TooLarge, Some(smaller)) = (&error, size.smaller()) {
                    size = smaller;
                    continue;
                }
                let pause = pause_of(error)?;
                tracing::debug!(error = "no answer", "the registry's listing does not answer");
                sleep(pause).await;
                continue;
            }
        };
        let is_last = answer.value.next.is_none();
        let next = answer.value.next.map(|next| next.as_str().to_owned());
        let count = answer.value.people.len() as u64;
        let done = take_over(book, answer.value.people, answer.asked_at, again).await?;
        again = part.again;
        part.people += count;
        part.written += done.written;
        part.parked += done.parked.len() as u64;
        part.after = next;
        part.is_done = is_last;
        let parked = done.parked.into_iter().map(SecurityChange::Put).collect();
        let claim = SecurityChange::Replace(part.record()?);
        if !store.change_security(claim, parked, Instant::now()).await? {
            return Ok(Ended::Lost);
        }
        part.version = part.version.saturating_add(1);
        if is_last {
            return Ok(Ended::Worked);
        }
        if told.elapsed() >= TOLD {
            told = Moment::now();
            report(read(store).await?.0);
        }
        sleep(least.saturating_sub(begin.elapsed())).await;
    }
    Ok(Ended::Lost)
}

#[derive(Default)]
struct Done {
    written: u64,
    parked: Vec<SecurityRecord>,
}

enum One {
    Written,
    Known,
    Parked(SecurityRecord),
}

/// Works on the people of a page beside each other.
async fn take_over(
    book: &HealthBook,
    people: Vec<Listed>,
    asked_at: Instant,
    again: bool,
) -> Result<Done, Problem> {
    let mut done = Done::default();
    let mut meant = Vec::with_capacity(people.len());
    for listed in people {
        match listed {
            Listed::Person(person) => meant.push(person),
            Listed::Malformed(malformed) => {
                let store = book.service().store();
                done.parked.push(parked::of_malformed(store, &malformed, Instant::now())?);
            }
        }
    }
    let told: Vec<Told<'_>> = meant.iter().map(|person| Told::listed(person, asked_at)).collect();
    let holders = holders(book.service(), &told).await?;
    let mut open = Open::default();
    let mut running = JoinSet::new();
    let mut waiting = meant.into_iter().zip(holders);
    loop {
        while running.len() < PARALLEL
            && let Some((person, holder)) = waiting.next()
        {
            let book = book.clone();
            running.spawn(async move { of_person(&book, &person, holder, asked_at, again).await });
        }
        match running.join_next().await.map(|one| one.map_err(|_| internal())) {
            None => break,
            Some(one) => match one?? {
                (One::Written, left) => {
                    done.written += 1;
                    open.add(left);
                }
                (One::Known, left) => open.add(left),
                (One::Parked(record), _) => done.parked.push(record),
            },
        }
    }
    open.close(book, Instant::now()).await?;
    Ok(done)
}

async fn of_person(
    book: &HealthBook,
    person: &ListedPerson,
    holder: Holder,
    asked_at: Instant,
    again: bool,
) -> Result<(One, Open), Problem> {
    match tried(book, &Told::listed(person, asked_at), holder, again).await {
        Ok((Outcome::Applied, open)) => Ok((One::Written, open)),
        Ok((Outcome::Duplicate | Outcome::Stale, open)) => Ok((One::Known, open)),
        Err(problem) if is_of_database(&problem) => Err(problem),
        Err(problem) => {
            let codes: Vec<&str> = problem.issues.iter().map(|issue| issue.fault.code()).collect();
            tracing::warn!(?codes, "somebody of the registry's listing is parked");
            // As an event it can be tried again like any other.
            let event = Event {
                id: format!("listed-{}-{}", person.version, uuid::Uuid::now_v7().simple()),
                person: person.person.clone(),
                sequence: person.version.max(1),
                version: person.version,
                kind: EventKind::Correction,
                occurred: asked_at,
                emitted: asked_at,
                record: person.record.clone(),
            };
            let parked = parked::of_event(book.service().store(), &event, &problem, Instant::now())?;
            Ok((One::Parked(parked), Open::default()))
        }
    }
}
