//! The worker: takes the lease, reads the feed from its cursor on, writes page after page and finishes each while the next
//! is written.

use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{Cursor, EventPage, PageSize, RequestId};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use tokio::sync::watch;

use super::ConnectedRegistry;
use super::awaited::work_at_awaited;
use super::lease::{Held, Lease};
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
    let (keeping, lease) = watch::channel(Held::default());
    tokio::spawn(prolong(Lease::new(book.service().store(), FEED), keeping));
    tokio::spawn(work_at_awaited(book.clone(), lease.clone()));
    let mut place = Place::of_database();
    let mut generation = 0;
    loop {
        let held = *lease.borrow();
        if !held.is_now() {
            place = Place::of_database();
            tokio::time::sleep(IDLE).await;
            continue;
        }
        if held.generation != generation {
            // Somebody else may have worked meanwhile.
            generation = held.generation;
            place = Place::of_database();
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

/// Takes the lease and prolongs it, and says up to when it is held. A database that does not answer takes it from nobody.
pub(super) async fn prolong(mut lease: Lease, held: watch::Sender<Held>) {
    loop {
        let is_held = lease.hold(Instant::now()).await.unwrap_or(false);
        held.send_replace(lease.held());
        tokio::time::sleep(if is_held { PROLONGED } else { AFTER_FAILURE }).await;
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
    let has_moved = move_cursor(store, kept, &next, parked).await?;
    Ok(if has_moved { Step::Page } else { Step::Elsewhere })
}

pub(super) async fn cursor(store: &Store) -> Result<Option<SecurityRecord>, Problem> {
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

/// Moves the cursor, and keeps what is parked with it; `false`, and nothing is done, when somebody else has moved it.
pub(super) async fn move_cursor(
    store: &Store,
    kept: Option<SecurityRecord>,
    next: &Cursor,
    parked: Vec<SecurityRecord>,
) -> Result<bool, Problem> {
    let record = SecurityRecord::new(SecurityKind::RegistryCursor, FEED, next.as_str().to_owned());
    let claim = match kept {
        Some(kept) => SecurityChange::Replace(SecurityRecord { version: kept.version, ..record }),
        None => SecurityChange::Insert(record),
    };
    let parked = parked.into_iter().map(SecurityChange::Put).collect();
    Ok(store.change_security(claim, parked, Instant::now()).await?)
}
