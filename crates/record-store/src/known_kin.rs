//! The books that are one person's, remembered for a moment: each statement of a citizen's request asks which they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

/// Books whose kin is remembered. Few have any.
const MOST: usize = 50_000;

/// For how long: another server may merge two books or part them (`docs/merging.md`). What this store did holds at once.
const FRESH: Duration = Duration::from_millis(250);

/// A book that is one with another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kin {
    pub(crate) book: i64,
    /// Which of the two replaces the other: [`ABOVE`](crate::query::ABOVE), [`BELOW`](crate::query::BELOW), or neither.
    pub(crate) relation: i16,
    /// Since which moment, in microseconds.
    pub(crate) since: i64,
}

/// When a book was asked about, and after how many merges of this store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    at: Instant,
    merges: u64,
}

/// What is known of kin.
pub(crate) struct KnownKin {
    books: Cache<i64, (Asked, Arc<[Kin]>)>,
    merges: AtomicU64,
}

impl Default for KnownKin {
    fn default() -> Self {
        Self { books: Cache::new(MOST), merges: AtomicU64::new(0) }
    }
}

impl KnownKin {
    /// To be called before the database is asked: an answer is as old as the question.
    pub(crate) fn asked(&self) -> Asked {
        Asked { at: Instant::now(), merges: self.merges.load(Ordering::Acquire) }
    }

    /// The kin of a book, when what is known of it still holds.
    pub(crate) fn get(&self, book: i64) -> Option<Arc<[Kin]>> {
        let (asked, kin) = self.books.get(&book)?;
        let holds = asked.merges == self.merges.load(Ordering::Acquire) && asked.at.elapsed() < FRESH;
        holds.then_some(kin)
    }

    pub(crate) fn add(&self, book: i64, asked: Asked, kin: Arc<[Kin]>) {
        self.books.insert(book, (asked, kin));
    }

    /// Books became one or were parted: nothing that was asked before holds.
    pub(crate) fn forget(&self) {
        self.merges.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kin(book: i64) -> Arc<[Kin]> {
        Arc::new([Kin { book, relation: 0, since: 0 }])
    }

    #[test]
    fn an_answer_holds_until_books_are_merged() {
        let known = KnownKin::default();
        known.add(1, known.asked(), kin(2));
        assert_eq!(known.get(1).map(|kin| kin.len()), Some(1));
        assert!(known.get(2).is_none());
        known.forget();
        assert!(known.get(1).is_none());
    }

    #[test]
    fn an_answer_that_a_merge_overtook_is_not_kept() {
        let known = KnownKin::default();
        let asked = known.asked();
        known.forget();
        known.add(1, asked, kin(2));
        assert!(known.get(1).is_none());
    }

    #[test]
    fn an_answer_is_as_old_as_its_question() {
        let known = KnownKin::default();
        let Some(at) = Instant::now().checked_sub(FRESH) else { return };
        known.add(1, Asked { at, ..known.asked() }, kin(2));
        assert!(known.get(1).is_none());
    }
}
