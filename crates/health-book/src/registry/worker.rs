//! The worker: takes the lease, reads the feed from its cursor on, applies page after page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use population_registry::{Cursor, PageSize, RequestId};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};

use super::ConnectedRegistry;
use super::lease::Lease;
use super::page::apply_page;
use crate::HealthBook;

/// Deliveries of a page.
const PAGE: usize = 500;
/// Between two questions when nothing has happened.
const IDLE: Duration = Duration::from_millis(250);
/// After a failure, and between two looks at the lease of another server.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Between two prolongations of the lease.
const PROLONGED: Duration = Duration::from_secs(2);
const CURSOR: &str = "feed";

/// Works until the server ends.
pub async fn work_at_registry(book: HealthBook, registry: ConnectedRegistry) {
    let is_held = Arc::new(AtomicBool::new(false));
    tokio::spawn(prolong(Lease::new(book.service().store()), Arc::clone(&is_held)));
    let mut is_first = true;
    loop {
        if !is_held.load(Ordering::Relaxed) {
            is_first = true;
            tokio::time::sleep(IDLE).await;
            continue;
        }
        match step(&book, &registry, is_first).await {
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
async fn prolong(mut lease: Lease, is_held: Arc<AtomicBool>) {
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

/// Reads and applies one page.
async fn step(book: &HealthBook, registry: &ConnectedRegistry, is_first: bool) -> Result<Step, Problem> {
    let store = book.service().store();
    let kept = store.security_record(SecurityKind::RegistryCursor, CURSOR, Instant::now()).await?;
    let after = kept.as_ref().and_then(|record| Cursor::try_from(record.value.as_str()).ok());
    let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
    let answer = match registry.port().events(id, after.as_ref(), PageSize::clamped(PAGE)).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(error = %error, "the registry's feed does not answer");
            return Ok(Step::NoAnswer);
        }
    };
    let page = answer.value;
    if page.deliveries.is_empty() {
        return Ok(Step::Nothing);
    }
    let parked = apply_page(book, registry, page.deliveries, answer.asked_at, is_first).await?;
    move_cursor(store, kept, &page.next, parked).await?;
    Ok(Step::Page)
}

/// Moves the cursor, and keeps what is parked with it; nothing when somebody else has moved it.
async fn move_cursor(
    store: &Store,
    kept: Option<SecurityRecord>,
    next: &Cursor,
    parked: Vec<SecurityRecord>,
) -> Result<(), Problem> {
    let record = SecurityRecord::new(SecurityKind::RegistryCursor, CURSOR, next.as_str().to_owned());
    let claim = match kept {
        Some(kept) => SecurityChange::Replace(SecurityRecord { version: kept.version, ..record }),
        None => SecurityChange::Insert(record),
    };
    let parked = parked.into_iter().map(SecurityChange::Put).collect();
    store.change_security(claim, parked, Instant::now()).await?;
    Ok(())
}
