//! The numbers of books that were asked for lately: each request of a citizen needs that of the own book.

use fhir::LogicalId;
use quick_cache::sync::Cache;

/// Books that are remembered. One takes about a hundred bytes.
const MOST: usize = 50_000;

/// The number of the book of a `Patient`. It is given with the first mention of the `Patient`, stays through deletions,
/// and never changes, so an answer is right for as long as the store lives, whichever server wrote. That there is no
/// book can change, and is never remembered.
pub(crate) struct KnownBooks {
    numbers: Cache<LogicalId, i64>,
    /// The other way round: the log of accesses names the person of each book that was shown.
    patients: Cache<i64, LogicalId>,
}

impl Default for KnownBooks {
    fn default() -> Self {
        Self { numbers: Cache::new(MOST), patients: Cache::new(MOST) }
    }
}

impl KnownBooks {
    pub(crate) fn get(&self, patient: &LogicalId) -> Option<i64> {
        self.numbers.get(patient)
    }

    pub(crate) fn patient(&self, book: i64) -> Option<LogicalId> {
        self.patients.get(&book)
    }

    pub(crate) fn add(&self, patient: &LogicalId, book: i64) {
        self.numbers.insert(patient.clone(), book);
        self.patients.insert(book, patient.clone());
    }
}
