//! Figures of the log of accesses: what waits for its position, whether the log is gone on with, what was withheld.

use std::sync::atomic::{AtomicI64, Ordering};

use fhir::Instant;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use record_store::{Halt, LogFigures};

type Number = Gauge<i64, AtomicI64>;

/// The figures as they are shown.
pub(crate) struct LogMetrics {
    waiting: Number,
    oldest: Number,
    checkpoint: Number,
    standing_still: Family<[(&'static str, &'static str); 1], Number>,
    withheld: Counter,
}

impl LogMetrics {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let (waiting, oldest, checkpoint) = (Number::default(), Number::default(), Number::default());
        let (standing_still, withheld) = (Family::default(), Counter::default());
        let help = "Entries of the log of accesses that wait for a position";
        registry.register("access_log_waiting_entries", help, waiting.clone());
        let help = "Age of the oldest entry that waits, 0 when none does";
        registry.register("access_log_oldest_waiting_seconds", help, oldest.clone());
        let help = "Age of the last checkpoint, below 0 when it lies in the future, 0 when there is none";
        registry.register("access_log_checkpoint_age_seconds", help, checkpoint.clone());
        let help = "Whether the log of accesses is not gone on with, by reason";
        registry.register("access_log_standing_still", help, standing_still.clone());
        let help = "Answers that did not leave because their entries could not be put on disk";
        registry.register("access_log_withheld_answers", help, withheld.clone());
        Self { waiting, oldest, checkpoint, standing_still, withheld }
    }

    /// Takes over what the writers of the log have left.
    pub(crate) fn note(&self, figures: &LogFigures, now: Instant) {
        let age = |of: Option<Instant>| of.map_or(0, |of| now.seconds().saturating_sub(of.seconds()));
        self.waiting.set(i64::try_from(figures.waiting_entries).unwrap_or(i64::MAX));
        self.oldest.set(age(figures.oldest_waiting).max(0));
        self.checkpoint.set(age(figures.checkpoint));
        for reason in Halt::ALL {
            let stands = figures.halt == Some(reason);
            self.standing_still.get_or_create(&[("reason", reason.name())]).set(i64::from(stands));
        }
        self.withheld.inner().store(figures.withheld_answers, Ordering::Relaxed);
    }
}
