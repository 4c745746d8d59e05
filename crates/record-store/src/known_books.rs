//! The numbers of books that were asked for lately: each request of a citizen needs that of the own book.

use fhir::LogicalId;
use quick_cache::sync::Cache;

/// Books that are remembered. One takes about a hundred bytes.
const MOST: usize = 50_000;

/// The number of the book of a `Patient`. It is given with the first mention of the `Patient`, stays through deletions,
/// and never changes, so an answer is right for as long as the store lives, whichever server wrote. That there is no
/// book can change, and is never remembered.
pub(crate) struct KnownBooks(Cache<LogicalId, i64>);

impl Default for KnownBooks {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl KnownBooks {
    pub(crate) fn get(&self, patient: &LogicalId) -> Option<i64> {
        self.0.get(patient)
    }

    pub(crate) fn add(&self, patient: &LogicalId, book: i64) {
        self.0.insert(patient.clone(), book);
    }
}
