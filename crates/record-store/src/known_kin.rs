//! The books that are nobody else's besides, remembered for a moment: each statement of a citizen's request asks which books are
//! one with the own one, and few are. What is one with another is never remembered, so that a parting holds at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

/// Books that are remembered.
const MOST: usize = 50_000;

/// For how long: another server may merge two books (`docs/merging.md`). What this store did holds at once.
const FRESH: Duration = Duration::from_millis(250);

/// When a book was asked about, and after how many merges of this store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    at: Instant,
    merges: u64,
}

/// What is known of books that are by themselves.
pub(crate) struct KnownKin {
    alone: Cache<i64, Asked>,
    merges: AtomicU64,
}

impl Default for KnownKin {
    fn default() -> Self {
        Self { alone: Cache::new(MOST), merges: AtomicU64::new(0) }
    }
}

impl KnownKin {
    /// To be called before the database is asked: an answer is as old as the question.
    pub(crate) fn asked(&self) -> Asked {
        Asked { at: Instant::now(), merges: self.merges.load(Ordering::Acquire) }
    }

    /// Whether a book is by itself, as far as is known.
    pub(crate) fn is_alone(&self, book: i64) -> bool {
        let merges = self.merges.load(Ordering::Acquire);
        self.alone.get(&book).is_some_and(|asked| asked.merges == merges && asked.at.elapsed() < FRESH)
    }

    /// A book had no kin when it was asked about.
    pub(crate) fn add_alone(&self, book: i64, asked: Asked) {
        self.alone.insert(book, asked);
    }

    /// Books became one or were parted: nothing that was asked before holds.
    pub(crate) fn forget(&self) {
        self.merges.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_books_are_merged() {
        let known = KnownKin::default();
        known.add_alone(1, known.asked());
        assert!(known.is_alone(1) && !known.is_alone(2));
        known.forget();
        assert!(!known.is_alone(1));
    }

    #[test]
    fn an_answer_that_a_merge_overtook_is_not_kept() {
        let known = KnownKin::default();
        let asked = known.asked();
        known.forget();
        known.add_alone(1, asked);
        assert!(!known.is_alone(1));
    }

    #[test]
    fn an_answer_is_as_old_as_its_question() {
        let known = KnownKin::default();
        let Some(at) = Instant::now().checked_sub(FRESH) else { return };
        known.add_alone(1, Asked { at, ..known.asked() });
        assert!(!known.is_alone(1));
    }
}
