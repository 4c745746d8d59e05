//! The worker: takes the lease, reads the feed from its cursor on, writes page after page and finishes each while the next
//! is written.

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
use super::page::{Written, write_people};
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

/// A page whose people are written; the cursor stands before it still.
struct Unfinished {
    after: Option<Cursor>,
    next: Cursor,
    written: Written,
}

/// Pages of which some people may be written when a server ends: the one that is finished, and the one behind it.
const PAGES_UNDER_WAY: u32 = 2;

/// Where the worker stands.
struct Place {
    /// So many pages may have been begun before: what follows from them is done again.
    again: u32,
    ahead: Option<Fetched>,
    unfinished: Option<Unfinished>,
}

impl Place {
    /// At the cursor of the database.
    fn of_database() -> Self {
        Self { again: PAGES_UNDER_WAY, ahead: None, unfinished: None }
    }
}

/// Works until the server ends.
pub async fn work_at_registry(book: HealthBook, registry: ConnectedRegistry) {
    let is_held = Arc::new(AtomicBool::new(false));
    tokio::spawn(prolong(Lease::new(book.service().store(), FEED), Arc::clone(&is_held)));
    tokio::spawn(work_at_awaited(book.clone(), Arc::clone(&is_held)));
    let mut place = Place::of_database();
    loop {
        if !is_held.load(Ordering::Relaxed) {
            place = Place::of_database();
            tokio::time::sleep(IDLE).await;
            continue;
        }
        match step(&book, &registry, &mut place).await {
            Ok(Step::Page) => {}
            Ok(Step::Nothing) => tokio::time::sleep(IDLE).await,
            Ok(Step::NoAnswer) => tokio::time::sleep(AFTER_FAILURE).await,
            Ok(Step::Elsewhere) => place = Place::of_database(),
            Err(problem) => {
                place = Place::of_database();
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
    /// Somebody else has moved the cursor.
    Elsewhere,
}

/// Writes the people of one page. The one before it is finished meanwhile, and the one behind it asked for: what follows
/// for people looks at the book after it has changed it, so it does not matter that a later page is being written.
async fn step(book: &HealthBook, registry: &ConnectedRegistry, place: &mut Place) -> Result<Step, Problem> {
    let Some(fetched) = place.ahead.take() else {
        // Nothing waits for a page that may be long in coming.
        if let Some(unfinished) = place.unfinished.take() {
            return finish(book, unfinished).await;
        }
        let kept = cursor(book.service().store()).await?;
        place.ahead = fetch(registry, kept.and_then(|record| place_of(&record))).await;
        return match &place.ahead {
            None => Ok(Step::NoAnswer),
            Some(fetched) if fetched.page.deliveries.is_empty() => {
                place.ahead = None;
                Ok(Step::Nothing)
            }
            Some(_) => Ok(Step::Page),
        };
    };
    let Fetched { after, page, asked_at } = fetched;
    let next = page.next.clone();
    let is_full = page.deliveries.len() >= PAGE;
    let fetching = async { if is_full { fetch(registry, Some(next.clone())).await } else { None } };
    let finishing = async {
        match place.unfinished.take() {
            Some(unfinished) => finish(book, unfinished).await,
            None => Ok(Step::Page),
        }
    };
    let writing = write_people(book, registry, page.deliveries, asked_at, place.again > 0);
    let (finished, written, ahead) = tokio::join!(finishing, writing, fetching);
    if let Step::Elsewhere = finished? {
        return Ok(Step::Elsewhere);
    }
    place.unfinished = Some(Unfinished { after, next, written: written? });
    place.again = place.again.saturating_sub(1);
    place.ahead = ahead.filter(|fetched| !fetched.page.deliveries.is_empty());
    Ok(Step::Page)
}

/// Does what follows from a page for people together, and moves the cursor behind it.
async fn finish(book: &HealthBook, unfinished: Unfinished) -> Result<Step, Problem> {
    let Unfinished { after, next, written: Written { parked, open } } = unfinished;
    open.close(book, Instant::now()).await?;
    let store = book.service().store();
    let kept = cursor(store).await?;
    if kept.as_ref().and_then(place_of) != after {
        return Ok(Step::Elsewhere);
    }
    move_cursor(store, kept, &next, parked).await?;
    Ok(Step::Page)
}

async fn cursor(store: &Store) -> Result<Option<SecurityRecord>, Problem> {
    Ok(store.security_record(SecurityKind::RegistryCursor, FEED, Instant::now()).await?)
}

fn place_of(record: &SecurityRecord) -> Option<Cursor> {
    Cursor::try_from(record.value.as_str()).ok()
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
