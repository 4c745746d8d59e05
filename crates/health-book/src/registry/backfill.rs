//! Taking over everybody whom the registry knows: the parts of its listing, shared among all who work at it.

use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{PageSize, PopulationListing, RegistryError, RequestId};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::backfill_part::{Ended, Part, Work, work_at_part};
use super::lease::Lease;
use crate::HealthBook;
use crate::refusal::internal;

/// Between two looks at what others work on.
const LOOK: Duration = Duration::from_secs(1);
/// After an answer that did not come.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(1);
const PLAN: &str = "plan";

/// How it is done.
#[derive(Debug, Clone, Copy)]
pub struct BackfillSettings {
    /// People whom this process asks for in a second at most.
    pub people_per_second: u32,
    /// Whether to look at everybody anew, and to do all that follows again, also for who stands in the book. The books stay.
    pub again: bool,
}

/// What has been done by all who work at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// About how many people there are.
    pub total: u64,
    /// People of the listing who were looked at.
    pub people: u64,
    /// Of those, who were written: the others stood in the book already.
    pub written: u64,
    /// Of those, who could not be read or written.
    pub parked: u64,
    /// Parts of the listing.
    pub parts: usize,
    /// Parts whose people are in the book, with their guardians.
    pub parts_done: usize,
}

impl Progress {
    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.parts > 0 && self.parts_done == self.parts
    }
}

/// Why it cannot go on. What it did stays, and it goes on there when it is begun again.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// The registry does not want to answer, or not in a form that can be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The book cannot be read or written.
    #[error("the book cannot be read or written")]
    Book(Problem),
}

impl From<Problem> for BackfillError {
    fn from(problem: Problem) -> Self {
        Self::Book(problem)
    }
}

impl From<record_store::StoreError> for BackfillError {
    fn from(error: record_store::StoreError) -> Self {
        Self::Book(error.into())
    }
}

/// What the first who came was told.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    parts: u16,
    total: u64,
    feed: String,
}

/// Takes over everybody, together with all others who do so; ends when nothing is left, whoever did it.
pub async fn backfill(
    book: &HealthBook,
    listing: &dyn PopulationListing,
    settings: BackfillSettings,
    report: &(dyn Fn(Progress) + Sync),
) -> Result<Progress, BackfillError> {
    let store = book.service().store();
    if settings.again {
        forget(store).await?;
    }
    plan(store, listing, settings.again).await?;
    loop {
        let (all, parts) = read(store).await?;
        report(all);
        if all.is_done() {
            return Ok(all);
        }
        let mut has_worked = false;
        for part in turned(parts.into_iter().filter(|part| !part.is_done).collect()) {
            let mut lease = Lease::new(store, format!("backfill-{}", part.id()));
            if !lease.hold(Instant::now()).await? {
                continue;
            }
            // Somebody else may have been here between the look and the lease.
            let part = Part::read(store, &part.id()).await?.filter(|part| !part.is_done);
            if let Some(part) = part {
                let ended = work_at_part(&Work { book, listing, settings, report }, part, lease).await?;
                has_worked |= matches!(ended, Ended::Worked);
                break;
            }
            lease.release(Instant::now()).await?;
        }
        if !has_worked {
            sleep(LOOK).await;
        }
    }
}

/// Begins at another place each time, so that those who work together do not all want the same.
fn turned(mut parts: Vec<Part>) -> Vec<Part> {
    let drawn = usize::try_from(uuid::Uuid::new_v4().as_u64_pair().1 >> 32).unwrap_or(0);
    let place = drawn.checked_rem(parts.len()).unwrap_or(0);
    parts.rotate_left(place);
    parts
}

/// What has been done; nothing when nobody has begun.
pub async fn progress(store: &Store) -> Result<Option<Progress>, BackfillError> {
    let (all, _) = read(store).await?;
    Ok((all.parts > 0).then_some(all))
}

/// Forgets how far it came.
async fn forget(store: &Store) -> Result<(), BackfillError> {
    let records = store.security_records(SecurityKind::RegistryBackfill, None, Instant::now()).await?;
    let (plan, parts): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.id == PLAN);
    let gone = |record: SecurityRecord| SecurityChange::Remove(SecurityKind::RegistryBackfill, record.id);
    if let Some(plan) = plan.into_iter().next() {
        store.change_security(gone(plan), parts.into_iter().map(gone).collect(), Instant::now()).await?;
    }
    Ok(())
}

pub(super) async fn read(store: &Store) -> Result<(Progress, Vec<Part>), BackfillError> {
    let records = store.security_records(SecurityKind::RegistryBackfill, None, Instant::now()).await?;
    let mut all = Progress::default();
    let mut parts = Vec::new();
    for record in records {
        if record.id == PLAN {
            let plan: Plan = serde_json::from_str(&record.value).map_err(|_| internal())?;
            all.total = plan.total;
            continue;
        }
        let part = Part::of(&record)?;
        all.people += part.people;
        all.written += part.written;
        all.parked += part.parked;
        all.parts += 1;
        all.parts_done += usize::from(part.is_done);
        parts.push(part);
    }
    Ok((all, parts))
}

/// Asks how many parts there are, once for all who work. A book without a place in the feed begins where the listing
/// begins: what happened before is in the listing.
async fn plan(store: &Store, listing: &dyn PopulationListing, again: bool) -> Result<(), BackfillError> {
    let now = Instant::now;
    let kind = SecurityKind::RegistryBackfill;
    if store.security_record(kind, PLAN, now()).await?.is_none() {
        let page = loop {
            let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
            match listing.people(id, 0, None, PageSize::clamped(1)).await {
                Ok(answer) => break answer.value,
                Err(error) => sleep(pause_of(error)?).await,
            }
        };
        let plan = Plan { parts: page.parts, total: page.total, feed: page.feed.as_str().to_owned() };
        let text = serde_json::to_string(&plan).map_err(|_| internal())?;
        let mut parts = Vec::new();
        for number in 0..plan.parts {
            parts.push(SecurityChange::Put(Part::first(number, again).record()?));
        }
        store
            .change_security(SecurityChange::Insert(SecurityRecord::new(kind, PLAN, text)), parts, now())
            .await?;
    }
    let kept = store.security_record(kind, PLAN, now()).await?.ok_or_else(internal)?;
    let plan: Plan = serde_json::from_str(&kept.value).map_err(|_| internal())?;
    let cursor = SecurityRecord::new(SecurityKind::RegistryCursor, super::worker::FEED, plan.feed);
    store.change_security(SecurityChange::Insert(cursor), Vec::new(), now()).await?;
    Ok(())
}

/// How long to wait after an error that passes.
pub(super) fn pause_of(error: RegistryError) -> Result<Duration, RegistryError> {
    match error {
        RegistryError::RateLimited(wait) | RegistryError::CircuitOpen(wait) => {
            Ok(wait.max(AFTER_FAILURE / 10))
        }
        RegistryError::Unreachable | RegistryError::Busy => Ok(AFTER_FAILURE),
        other => Err(other),
    }
}
