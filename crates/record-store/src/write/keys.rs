//! Resource keys: small integers in the order of creation, reserved in blocks.
//!
//! A block is reserved in a transaction of its own before a batch begins, so that a batch that is rolled
//! back can never hand out a key twice.

/// Keys that are reserved at a time.
pub(crate) const BLOCK: i64 = 4096;

/// The reserved keys that are not used yet.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    next: i64,
    end: i64,
}

impl Keys {
    /// Whether that many keys are at hand.
    pub(crate) fn has(&self, wanted: usize) -> bool {
        usize::try_from(self.end - self.next).is_ok_and(|left| left >= wanted)
    }

    /// Takes over a reserved block `[start, end)`. What is left of the block before is given up.
    pub(crate) fn refill(&mut self, start: i64, end: i64) {
        (self.next, self.end) = (start, end);
    }

    /// The next key; the caller has made sure with [`Keys::has`] that there is one.
    pub(crate) fn take(&mut self) -> i64 {
        debug_assert!(self.next < self.end);
        self.next += 1;
        self.next - 1
    }
}
