//! Who has so many books open that a search does not look into them one by one. It is remembered for a while: a hospital asks all
//! day. Whoever is remembered searches as if all books were open, so that an answer which is old costs time and no match.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

/// Facilities that are remembered.
const MOST: usize = 10_000;

/// For how long.
const FRESH: Duration = Duration::from_secs(60);

/// Whose open books are many, with the moment at which it was found.
pub(crate) struct Crowds(Cache<i64, Instant>);

impl Default for Crowds {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Crowds {
    pub(crate) fn has(&self, grantee: i64) -> bool {
        self.0.get(&grantee).is_some_and(|found| found.elapsed() < FRESH)
    }

    pub(crate) fn add(&self, grantee: i64) {
        self.0.insert(grantee, Instant::now());
    }
}
