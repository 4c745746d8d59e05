//! How long an answer may be used: while it is fresh, and while nobody answers.

use std::time::Duration;

use fhir::Instant;

/// The budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staleness {
    /// Used without asking again for so long.
    pub fresh: Duration,
    /// Used with its age for so long, when nobody answers.
    pub usable: Duration,
}

/// What an answer of some age is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Need not be asked again.
    Fresh,
    /// Ask again; use it with its age when nobody answers.
    Stale(Duration),
    /// Not to be used.
    Expired,
}

impl Default for Staleness {
    fn default() -> Self {
        const DAY: u64 = 24 * 3_600;
        Self { fresh: Duration::from_secs(DAY), usable: Duration::from_secs(30 * DAY) }
    }
}

impl Staleness {
    /// What an answer that was asked for then is good for now. A clock that went back makes nothing older.
    pub fn judge(&self, asked_at: Instant, now: Instant) -> Freshness {
        let age = now.microseconds().saturating_sub(asked_at.microseconds());
        let age = Duration::from_micros(u64::try_from(age).unwrap_or(0));
        if age <= self.fresh {
            Freshness::Fresh
        } else if age <= self.usable {
            Freshness::Stale(age)
        } else {
            Freshness::Expired
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ages() {
        let hours = |hours: i64| Instant::from_microseconds(hours * 3_600_000_000);
        let budget = Staleness::default();
        assert_eq!(budget.judge(hours(100), hours(99)), Freshness::Fresh);
        assert_eq!(budget.judge(hours(0), hours(24)), Freshness::Fresh);
        assert_eq!(budget.judge(hours(0), hours(25)), Freshness::Stale(Duration::from_secs(25 * 3_600)));
        assert_eq!(budget.judge(hours(0), hours(30 * 24 + 1)), Freshness::Expired);
    }
}
