//! A bucket of tokens: filled by time or by deeds, emptied by what is allowed.

use std::time::Duration;

/// Parts of a token, so that nothing is lost by rounding.
const PARTS: u64 = 1_000_000;

/// A bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    level: u64,
    most: u64,
    /// Parts in a second.
    rate: u64,
    filled_at: Duration,
}

impl Bucket {
    /// A full bucket of so many tokens that gets so many back in a second.
    pub(super) fn new(most: u32, rate: u32) -> Self {
        let most = u64::from(most) * PARTS;
        Self { level: most, most, rate: u64::from(rate) * PARTS, filled_at: Duration::ZERO }
    }

    /// Takes a token, or tells after how long there will be one.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let passed = now.saturating_sub(self.filled_at).as_micros();
        let gained = passed.saturating_mul(u128::from(self.rate)) / 1_000_000;
        self.add(u64::try_from(gained).unwrap_or(u64::MAX));
        self.filled_at = self.filled_at.max(now);
        match self.level.checked_sub(PARTS) {
            Some(left) => {
                self.level = left;
                Ok(())
            }
            None => {
                let missing = u128::from(PARTS - self.level) * 1_000_000;
                let wait = missing.checked_div(u128::from(self.rate)).unwrap_or(u128::from(u64::MAX));
                Err(Duration::from_micros(u64::try_from(wait).unwrap_or(u64::MAX)))
            }
        }
    }

    /// Puts a share of a token in, in thousandths.
    pub(super) fn earn(&mut self, thousandths: u32) {
        self.add(u64::from(thousandths) * (PARTS / 1_000));
    }

    fn add(&mut self, parts: u64) {
        self.level = self.level.saturating_add(parts).min(self.most);
    }
}
