//! The times of batches.

use fhir::Instant;

/// A clock that was wrong by more than this is not followed.
const MOST_AHEAD: i64 = 60_000_000;

/// Gives every batch a time later than those of all batches before it, so that "stored until this moment" names
/// exactly what was committed then. In milliseconds two batches could have the same time.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: i64,
}

impl Clock {
    /// The time of a new batch. `newest` is the newest time in the database: that of another process, or of this one
    /// before the clock of the system was set back.
    pub(crate) fn next(&mut self, newest: i64) -> Instant {
        let now = Instant::now().microseconds();
        let before = self.last.max(newest).min(now + MOST_AHEAD);
        self.last = now.max(before + 1);
        Instant::from_microseconds(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_later_than_all_before() {
        let mut clock = Clock::default();
        let mut last = clock.next(0);
        for _ in 0..1_000 {
            let next = clock.next(0);
            assert!(next > last);
            last = next;
        }
        let ahead = Instant::now().microseconds() + 5_000_000;
        assert_eq!(clock.next(ahead).microseconds(), ahead + 1);
        let never = clock.next(i64::MAX - 1).microseconds();
        assert!(never < Instant::now().microseconds() + 2 * MOST_AHEAD);
    }
}
