//! What an operator has to know of the log while it is written: what waits, how old it is, whether it is gone on with, and
//! whether entries can be put on disk at all. Whoever writes it leaves that here, so asking costs nothing.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};

use fhir::Instant;

use super::sequence_error::Halt;
use crate::store::Store;

/// In the place of a moment that there is not.
const NEVER: i64 = i64::MIN;

/// The state of the log as this server has seen it last.
#[derive(Debug)]
pub(crate) struct LogState {
    waiting: AtomicU64,
    oldest: AtomicI64,
    checkpoint: AtomicI64,
    /// Place in [`Halt::ALL`], from 1; 0 while the log goes on.
    halt: AtomicU8,
    withheld: AtomicU64,
    /// Whether the last entries could not be put on disk.
    refuses: AtomicBool,
}

impl Default for LogState {
    fn default() -> Self {
        Self {
            waiting: AtomicU64::new(0),
            oldest: AtomicI64::new(NEVER),
            checkpoint: AtomicI64::new(NEVER),
            halt: AtomicU8::new(0),
            withheld: AtomicU64::new(0),
            refuses: AtomicBool::new(false),
        }
    }
}

/// Figures of the log: nothing of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFigures {
    /// Entries that wait for a position, when it was counted last.
    pub waiting_entries: u64,
    /// When the oldest of them was made.
    pub oldest_waiting: Option<Instant>,
    /// The time of the last checkpoint.
    pub checkpoint: Option<Instant>,
    /// Why the log stands still.
    pub halt: Option<Halt>,
    /// Answers that did not leave because their entries could not be put on disk.
    pub withheld_answers: u64,
    /// Whether that was so of the last ones.
    pub refuses_entries: bool,
}

impl LogState {
    pub(super) fn set_waiting(&self, entries: u64, oldest: Option<Instant>) {
        self.waiting.store(entries, Ordering::Relaxed);
        self.oldest.store(oldest.map_or(NEVER, Instant::microseconds), Ordering::Relaxed);
    }

    pub(super) fn set_checkpoint(&self, time: Instant) {
        self.checkpoint.store(time.microseconds(), Ordering::Relaxed);
    }

    pub(super) fn set_halt(&self, halt: Option<Halt>) {
        let place = halt.and_then(|halt| Halt::ALL.iter().position(|it| *it == halt));
        let number = place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0);
        self.halt.store(number, Ordering::Relaxed);
    }

    pub(super) fn note_withheld(&self) {
        self.withheld.fetch_add(1, Ordering::Relaxed);
    }

    /// What came of putting entries on disk. The first that succeeds again is told.
    pub(super) fn note_written(&self, is_written: bool) {
        if self.refuses.load(Ordering::Relaxed) == is_written {
            let refused = self.refuses.swap(!is_written, Ordering::Relaxed);
            if refused && is_written {
                let withheld = self.withheld.load(Ordering::Relaxed);
                tracing::info!(withheld, "the log of accesses can be written again; answers leave again");
            }
        }
    }

    pub(super) fn figures(&self) -> LogFigures {
        let moment = |of: &AtomicI64| {
            let microseconds = of.load(Ordering::Relaxed);
            (microseconds != NEVER).then(|| Instant::from_microseconds(microseconds))
        };
        let halt = usize::from(self.halt.load(Ordering::Relaxed)).checked_sub(1);
        LogFigures {
            waiting_entries: self.waiting.load(Ordering::Relaxed),
            oldest_waiting: moment(&self.oldest),
            checkpoint: moment(&self.checkpoint),
            halt: halt.and_then(|place| Halt::ALL.get(place).copied()),
            withheld_answers: self.withheld.load(Ordering::Relaxed),
            refuses_entries: self.refuses.load(Ordering::Relaxed),
        }
    }
}

impl Store {
    /// Figures of the log of accesses.
    pub fn log_figures(&self) -> LogFigures {
        self.log_state.figures()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_told() {
        let state = LogState::default();
        let before = state.figures();
        assert_eq!((before.oldest_waiting, before.checkpoint, before.halt), (None, None, None));
        for halt in Halt::ALL {
            state.set_halt(Some(halt));
            assert_eq!(state.figures().halt, Some(halt));
        }
        state.set_halt(None);
        state.note_written(false);
        state.note_withheld();
        let time = Instant::from_microseconds(7);
        state.set_waiting(3, Some(time));
        let now = state.figures();
        assert_eq!((now.halt, now.waiting_entries, now.oldest_waiting), (None, 3, Some(time)));
        assert_eq!((now.withheld_answers, now.refuses_entries), (1, true));
        state.note_written(true);
        assert!(!state.figures().refuses_entries);
    }
}
