//! What is wrong with answers: slowness, errors, outages.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fhir::Instant;

use super::Simulator;

/// What is wrong with answers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    /// Every answer comes so late.
    pub latency: Duration,
    /// The share of questions that are answered by an error.
    pub error_rate: f64,
    /// The time from one outage to the next; there is none without.
    pub outage_every: Option<Duration>,
    /// How long an outage lasts.
    pub outage_for: Duration,
    /// When the first one begins; as long after the start as from one to the next without.
    pub outage_after: Option<Duration>,
}

impl Simulator {
    /// How late an answer comes.
    pub fn latency(&self) -> Duration {
        self.settings.faults.latency
    }

    /// Whether nobody is there now.
    pub fn is_out(&self, now: Instant) -> bool {
        let Faults { outage_every: Some(every), outage_for, outage_after, .. } = self.settings.faults else {
            return false;
        };
        if every.is_zero() || outage_for >= every {
            return true;
        }
        let passed = now.microseconds().saturating_sub(self.start.microseconds());
        let passed = Duration::from_micros(u64::try_from(passed).unwrap_or(0)).as_micros();
        let since = passed.checked_sub(outage_after.unwrap_or(every).as_micros());
        since.is_some_and(|since| since % every.as_micros() < outage_for.as_micros())
    }

    /// Whether this question is answered by an error.
    pub(super) fn errs(&self) -> bool {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let rate = (self.settings.faults.error_rate.clamp(0.0, 1.0) * 1_000_000.0) as u64;
        self.population().citizens().chance("error", number).below(1_000_000) < rate
    }
}
