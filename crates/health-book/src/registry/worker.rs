//! The worker: takes the lease, reads the feed from its cursor on and works on a few pages beside each other; the cursor
//! moves behind them in their order.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{Cursor, EventPage, PageSize, RegistryError, RequestId};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ConnectedRegistry;
use super::awaited::work_at_awaited;
use super::lease::{Held, Lease};
use super::page::{Turns, Written, write_people};
use crate::HealthBook;
use crate::refusal::internal;

/// Deliveries of a page.
const PAGE: usize = 1_000;
/// Between two questions when nothing has happened.
const IDLE: Duration = Duration::from_millis(250);
/// Before the page behind one that was not full: what comes meanwhile is worked on together, beside what is under way.
const BEHIND: Duration = Duration::from_millis(100);
/// After a failure, and between two looks at the lease of another server.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Between two prolongations of the lease.
const PROLONGED: Duration = Duration::from_secs(2);
pub(super) const FEED: &str = "feed";

/// A page, and the place behind which it was asked for.
struct Fetched {
    after: Option<Cursor>,
    page: EventPage,
    /// Whether the feed may have more already.
    is_full: bool,
    asked_at: Instant,
}

/// A page that is worked on; the cursor stands before it still.
struct Page {
    after: Option<Cursor>,
    next: Cursor,
    /// Gives what is to be parked with the cursor. Dropped, it ends where it is; what is queued is still written.
    work: JoinSet<Result<Vec<SecurityRecord>, Problem>>,
}

/// Pages that are worked on beside each other, so that the disk has something to do while the next people are looked up.
/// Of so many some people may be written when a server ends.
const PAGES_UNDER_WAY: usize = 3;

/// Where the worker stands.
pub(super) struct Place {
    /// So many pages may have been begun before: what follows from them is done again.
    again: usize,
    /// The oldest first.
    under_way: VecDeque<Page>,
    /// On whom they are at work.
    turns: Turns,
    /// The page behind them, when it is asked for.
    asked: JoinSet<Option<Fetched>>,
    /// The same, when it has come.
    ahead: Option<Fetched>,
}

impl Place {
    /// At the cursor of the database.
    pub(super) fn of_database() -> Self {
        let (under_way, turns) = (VecDeque::new(), Turns::default());
        Self { again: PAGES_UNDER_WAY, under_way, turns, asked: JoinSet::new(), ahead: None }
    }

    /// Asks for the page behind a place, after a pause.
    fn ask(&mut self, registry: &ConnectedRegistry, after: Option<Cursor>, pause: Duration) {
        let registry = registry.clone();
        self.asked.spawn(async move {
            tokio::time::sleep(pause).await;
            fetch(&registry, after).await
        });
    }

    /// Begins to work on a page.
    fn begin(&mut self, book: &HealthBook, registry: &ConnectedRegistry, fetched: Fetched) {
        let Fetched { after, page: EventPage { deliveries, next, .. }, is_full, asked_at } = fetched;
        self.ask(registry, Some(next.clone()), if is_full { Duration::ZERO } else { BEHIND });
        let taken = self.turns.take(registry, deliveries);
        let (book, registry, again) = (book.clone(), registry.clone(), self.again > 0);
        let mut work = JoinSet::new();
        work.spawn(async move {
            let Written { parked, open } = write_people(&book, &registry, taken, asked_at, again).await?;
            open.close(&book, Instant::now()).await?;
            Ok(parked)
        });
        self.again = self.again.saturating_sub(1);
        self.under_way.push_back(Page { after, next, work });
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
        let stepped = tokio::select! {
            stepped = step(&book, &registry, &mut place) => stepped,
            () = lost(&lease, generation) => continue,
        };
        match stepped {
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

/// Ends when the lease is not held any more as it was: whatever is under way is left to the next one then.
async fn lost(lease: &watch::Receiver<Held>, generation: u64) {
    loop {
        let held = *lease.borrow();
        if !held.is_now() || held.generation != generation {
            return;
        }
        tokio::time::sleep(IDLE).await;
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

pub(super) enum Step {
    Page,
    Nothing,
    NoAnswer,
    /// Somebody else has moved the cursor.
    Elsewhere,
}

/// Begins the next page, waits for it, or ends the oldest one that is worked on. A page that has come is begun by the next
/// step: the lease is looked at before. What follows for people together looks at the book after it has changed it, so it
/// does not matter that other pages are written meanwhile.
pub(super) async fn step(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    place: &mut Place,
) -> Result<Step, Problem> {
    if let Some(fetched) = place.ahead.take() {
        place.begin(book, registry, fetched);
    }
    let is_idle = place.under_way.is_empty();
    if is_idle && place.asked.is_empty() {
        let kept = cursor(book.service().store()).await?;
        place.ask(registry, kept.as_ref().and_then(place_of), Duration::ZERO);
    }
    let may_ask = place.under_way.len() < PAGES_UNDER_WAY && !place.asked.is_empty();
    let Place { under_way, asked, .. } = place;
    let oldest = async {
        match under_way.front_mut() {
            Some(page) => page.work.join_next().await,
            None => pending().await,
        }
    };
    tokio::select! {
        fetched = asked.join_next(), if may_ask => {
            let fetched = fetched.and_then(Result::ok).flatten();
            let is_unanswered = fetched.is_none();
            place.ahead = fetched.filter(|fetched| !fetched.page.deliveries.is_empty());
            // Without a page it is asked again when what is worked on has ended.
            Ok(match (is_idle && place.ahead.is_none(), is_unanswered) {
                (true, true) => Step::NoAnswer,
                (true, false) => Step::Nothing,
                (false, _) => Step::Page,
            })
        }
        done = oldest => {
            let parked = done.ok_or_else(internal)?.map_err(|_| internal())??;
            match place.under_way.pop_front() {
                Some(Page { after, next, .. }) => end(book.service().store(), after, &next, parked).await,
                None => Err(internal()),
            }
        }
    }
}

/// Moves the cursor behind a page on which the work has ended.
async fn end(
    store: &Store,
    after: Option<Cursor>,
    next: &Cursor,
    parked: Vec<SecurityRecord>,
) -> Result<Step, Problem> {
    let kept = cursor(store).await?;
    if kept.as_ref().and_then(place_of) != after {
        return Ok(Step::Elsewhere);
    }
    let has_moved = move_cursor(store, kept, next, parked).await?;
    Ok(if has_moved { Step::Page } else { Step::Elsewhere })
}

pub(super) async fn cursor(store: &Store) -> Result<Option<SecurityRecord>, Problem> {
    Ok(store.security_record(SecurityKind::RegistryCursor, FEED, Instant::now()).await?)
}

fn place_of(record: &SecurityRecord) -> Option<Cursor> {
    Cursor::try_from(record.value.as_str()).ok()
}

/// Asks for a page; nothing when the registry does not answer. Of large events it asks for fewer.
async fn fetch(registry: &ConnectedRegistry, after: Option<Cursor>) -> Option<Fetched> {
    let mut size = PageSize::clamped(PAGE);
    loop {
        let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
        let error = match registry.port().events(id, after.as_ref(), size).await {
            Ok(answer) => {
                let (page, asked_at) = (answer.value, answer.asked_at);
                let is_full = page.deliveries.len() >= size.get();
                return Some(Fetched { after, page, is_full, asked_at });
            }
            Err(error) => error,
        };
        if let (RegistryError::TooLarge, Some(smaller)) = (&error, size.smaller()) {
            size = smaller;
            continue;
        }
        match error.is_outage() {
            true => tracing::debug!(error = %error, "the registry's feed does not answer"),
            // It does not pass by itself: the feed stands still until somebody mends it.
            false => tracing::warn!(error = %error, "the registry's feed is not read"),
        }
        return None;
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
