//! The worker: takes the lease, reads the feed from its cursor on, applies page after page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{Cursor, EventPage, PageSize, RequestId};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};

use super::ConnectedRegistry;
use super::awaited::work_at_awaited;
use super::lease::Lease;
use super::page::apply_page;
use crate::HealthBook;

/// Deliveries of a page.
const PAGE: usize = 1_000;
/// Between two questions when nothing has happened.
const IDLE: Duration = Duration::from_millis(250);
/// After a failure, and between two looks at the lease of another server.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Between two prolongations of the lease.
const PROLONGED: Duration = Duration::from_secs(2);
pub(super) const FEED: &str = "feed";

/// A page, and the place behind which it was asked for.
struct Fetched {
    after: Option<Cursor>,
    page: EventPage,
    asked_at: Instant,
}

/// Works until the server ends.
pub async fn work_at_registry(book: HealthBook, registry: ConnectedRegistry) {
    let is_held = Arc::new(AtomicBool::new(false));
    tokio::spawn(prolong(Lease::new(book.service().store(), FEED), Arc::clone(&is_held)));
    tokio::spawn(work_at_awaited(book.clone(), Arc::clone(&is_held)));
    let mut is_first = true;
    let mut ahead = None;
    loop {
        if !is_held.load(Ordering::Relaxed) {
            is_first = true;
            tokio::time::sleep(IDLE).await;
            continue;
        }
        match step(&book, &registry, is_first, &mut ahead).await {
            Ok(Step::Page) => is_first = false,
            Ok(Step::Nothing) => tokio::time::sleep(IDLE).await,
            Ok(Step::NoAnswer) => tokio::time::sleep(AFTER_FAILURE).await,
            Err(problem) => {
                is_first = true;
                tracing::warn!(status = problem.status, "a page of the registry's feed was not applied");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Takes the lease and prolongs it, and says whether it is held.
pub(super) async fn prolong(mut lease: Lease, is_held: Arc<AtomicBool>) {
    loop {
        let held = lease.hold(Instant::now()).await.unwrap_or(false);
        is_held.store(held, Ordering::Relaxed);
        tokio::time::sleep(if held { PROLONGED } else { AFTER_FAILURE }).await;
    }
}

enum Step {
    Page,
    Nothing,
    NoAnswer,
}

/// Applies one page; the one behind it is asked for meanwhile.
async fn step(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    is_first: bool,
    ahead: &mut Option<Fetched>,
) -> Result<Step, Problem> {
    let store = book.service().store();
    let kept = store.security_record(SecurityKind::RegistryCursor, FEED, Instant::now()).await?;
    let after = kept.as_ref().and_then(|record| Cursor::try_from(record.value.as_str()).ok());
    // Somebody else may have moved the cursor.
    let fetched = match ahead.take().filter(|fetched| fetched.after == after) {
        Some(fetched) => fetched,
        None => match fetch(registry, after).await {
            Some(fetched) => fetched,
            None => return Ok(Step::NoAnswer),
        },
    };
    let Fetched { page, asked_at, .. } = fetched;
    if page.deliveries.is_empty() {
        return Ok(Step::Nothing);
    }
    let is_full = page.deliveries.len() >= PAGE;
    let next = page.next.clone();
    let fetching = async { if is_full { fetch(registry, Some(next)).await } else { None } };
    let (parked, fetched) =
        tokio::join!(apply_page(book, registry, page.deliveries, asked_at, is_first), fetching);
    move_cursor(store, kept, &page.next, parked?).await?;
    *ahead = fetched;
    Ok(Step::Page)
}

/// Asks for a page; nothing when the registry does not answer.
async fn fetch(registry: &ConnectedRegistry, after: Option<Cursor>) -> Option<Fetched> {
    let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
    match registry.port().events(id, after.as_ref(), PageSize::clamped(PAGE)).await {
        Ok(answer) => Some(Fetched { after, page: answer.value, asked_at: answer.asked_at }),
        Err(error) => {
            tracing::debug!(error = %error, "the registry's feed does not answer");
            None
        }
    }
}

/// Moves the cursor, and keeps what is parked with it; nothing when somebody else has moved it.
async fn move_cursor(
    store: &Store,
    kept: Option<SecurityRecord>,
    next: &Cursor,
    parked: Vec<SecurityRecord>,
) -> Result<(), Problem> {
    let record = SecurityRecord::new(SecurityKind::RegistryCursor, FEED, next.as_str().to_owned());
    let claim = match kept {
        Some(kept) => SecurityChange::Replace(SecurityRecord { version: kept.version, ..record }),
        None => SecurityChange::Insert(record),
    };
    let parked = parked.into_iter().map(SecurityChange::Put).collect();
    store.change_security(claim, parked, Instant::now()).await?;
    Ok(())
}
