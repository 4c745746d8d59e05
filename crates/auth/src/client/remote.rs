//! Key sets that are fetched from where clients publish them, and kept for as long as they say.

use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use outbound::Outbound;
use quick_cache::sync::Cache;

use super::key_set::KeySet;
use crate::jose::strict;

/// Longest key set.
const MOST_BYTES: usize = 65_536;

/// A set is kept for so long at least, so that nobody makes us ask again and again; also when it could not be read.
const SHORTEST: Duration = Duration::from_secs(60);

/// A set is kept for so long at most.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A set is kept for so long when its server says nothing.
const USUAL: Duration = Duration::from_secs(600);

/// Sets that are kept.
const MOST_SETS: usize = 1_000;

#[derive(Clone)]
struct Kept {
    set: Option<Arc<KeySet>>,
    fetched: Monotonic,
    lives: Duration,
}

/// Key sets by address.
pub(crate) struct RemoteKeys {
    outbound: Outbound,
    kept: Cache<String, Kept>,
}

impl RemoteKeys {
    pub(crate) fn new(local_peers: bool) -> Self {
        Self { outbound: Outbound::new(local_peers), kept: Cache::new(MOST_SETS) }
    }

    /// Whether an address may be one of a key set.
    pub(super) fn may_ask(&self, uri: &str) -> bool {
        self.outbound.check(uri).is_ok()
    }

    /// The set of an address. With `fresh` it is asked again unless it was within the last minute: for a key that
    /// the kept set does not have.
    pub(super) async fn get(&self, uri: &str, fresh: bool) -> Option<Arc<KeySet>> {
        if let Some(kept) = self.kept.get(uri) {
            let lives = if fresh { SHORTEST } else { kept.lives };
            if kept.fetched.elapsed() < lives {
                return kept.set;
            }
        }
        let fetched = self.outbound.get(uri, MOST_BYTES).await;
        let lives = match &fetched {
            Ok(fetched) => fetched.max_age.map_or(USUAL, Duration::from_secs).clamp(SHORTEST, LONGEST),
            Err(_) => SHORTEST,
        };
        let set = fetched
            .ok()
            .and_then(|fetched| strict(&fetched.body))
            .and_then(|value| KeySet::read(&value))
            .map(Arc::new);
        if set.is_none() {
            tracing::warn!("the key set of a client cannot be read");
        }
        let kept = Kept { set: set.clone(), fetched: Monotonic::now(), lives };
        self.kept.insert(uri.to_owned(), kept);
        set
    }
}
