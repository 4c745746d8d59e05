//! What was revoked, in memory: every request asks it, the database is asked twice a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant as Monotonic};

use access::Identity;
use fhir::Instant;
use record_store::{Revoked, Store, StoreError};

/// How old the knowledge may be.
const FRESH: Duration = Duration::from_secs(1);

/// Clocks of servers may differ, and a change may become visible after the moment that it carries.
const OVERLAP: i64 = 60_000_000;

/// Longer than any token lives: what is older revokes nothing.
const KEPT: i64 = 900_000_000;

/// What was revoked.
#[derive(Default)]
pub(crate) struct Revocations {
    /// Whose tokens, and those made until when.
    entries: RwLock<HashMap<Revoked, i64>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the last successful reading began, by a clock that only goes forward.
    read: Option<Monotonic>,
    /// The same as the moment that the next reading begins from.
    since: Option<Instant>,
}

impl Revocations {
    /// Whether it is known well enough what was revoked.
    pub(crate) fn is_fresh(&self) -> bool {
        self.state().read.is_some_and(|read| read.elapsed() <= FRESH)
    }

    /// Reads what was revoked since the last time.
    pub(crate) async fn read(&self, store: &Store, now: Instant) -> Result<(), StoreError> {
        let began = Monotonic::now();
        let since = self.state().since.map_or(KEPT, |since| {
            now.microseconds()
                .saturating_sub(since.microseconds())
                .saturating_add(OVERLAP)
                .clamp(OVERLAP, KEPT)
        });
        let since = Instant::from_microseconds(now.microseconds().saturating_sub(since));
        let rows = store.revocations_since(since).await?;
        self.add(rows, now);
        let mut state = self.state();
        state.since = Some(now);
        state.read = Some(state.read.map_or(began, |read| read.max(began)));
        Ok(())
    }

    /// Adds what is known to be revoked, and forgets what is over.
    pub(crate) fn add(&self, rows: impl IntoIterator<Item = (Revoked, Instant)>, now: Instant) {
        let over = now.microseconds().saturating_sub(KEPT);
        let mut rows = rows.into_iter().peekable();
        let known = |revoked: &Revoked, at: i64| {
            let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
            entries.get(revoked).is_some_and(|known| *known >= at)
        };
        // Most of the time there is nothing new, and those who ask must not wait for nothing.
        while let Some((revoked, at)) = rows.peek() {
            if !known(revoked, at.microseconds()) {
                break;
            }
            rows.next();
        }
        if rows.peek().is_none() {
            return;
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for (revoked, at) in rows {
            let entry = entries.entry(revoked).or_insert(i64::MIN);
            *entry = (*entry).max(at.microseconds());
        }
        entries.retain(|_, at| *at > over);
    }

    /// Whether a token of this identity made at this microsecond is revoked.
    pub(crate) fn cover(&self, identity: &Identity, made: i64) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if entries.is_empty() {
            return false;
        }
        last(&entries, &identity.subject, &identity.client, &identity.session).is_some_and(|at| made <= at)
    }

    /// As if it had just been read, or never: tests have no follower.
    #[cfg(test)]
    pub(crate) fn pretend(&self, is_fresh: bool) {
        self.state().read = is_fresh.then(Monotonic::now);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last(entries: &HashMap<Revoked, i64>, subject: &str, client: &str, session: &str) -> Option<i64> {
    [
        Revoked::Subject(subject.to_owned()),
        Revoked::Client(client.to_owned()),
        Revoked::Session(session.to_owned()),
    ]
    .iter()
    .filter_map(|revoked| entries.get(revoked).copied())
    .max()
}
