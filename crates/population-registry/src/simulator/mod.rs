//! A population registry and a social insurance of invented people, computed from a seed (`docs/registry.md`, section 8).
//!
//! It holds no HTTP: the routes are in the HTTP crate, and tests call it directly.

mod answers;
mod card;
mod deliveries;
mod events;
mod faults;
mod life;
mod listing;
mod population;
#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicU64;

use fhir::Instant;

pub use answers::{Shown, Wanted};
pub use deliveries::FeedFaults;
pub use faults::Faults;
pub use population::{Population, model_after};

use deliveries::Deliveries;

/// What a simulator depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatorSettings {
    /// How many people.
    pub people: u64,
    /// Which.
    pub seed: u64,
    /// How many events there will be; with a rate and without a number there is no end.
    pub events: Option<u64>,
    /// How many come in a second; all are there at once without.
    pub events_per_second: Option<f64>,
    /// What is wrong with the feed.
    pub feed: FeedFaults,
    /// What is wrong with answers.
    pub faults: Faults,
}

/// A registry of invented people.
pub struct Simulator {
    settings: SimulatorSettings,
    population: Population,
    deliveries: Deliveries,
    start: Instant,
    asked: AtomicU64,
}

impl Simulator {
    /// A simulator that starts now.
    pub fn new(settings: SimulatorSettings, now: Instant) -> Self {
        Self {
            population: Population::new(settings.seed, settings.people),
            deliveries: Deliveries::new(settings.feed),
            settings,
            start: now,
            asked: AtomicU64::new(0),
        }
    }

    /// The people.
    pub fn population(&self) -> &Population {
        &self.population
    }

    /// How many events there will have been in the end.
    fn end(&self) -> u64 {
        if self.population.count() == 0 {
            return 0;
        }
        match (self.settings.events, self.settings.events_per_second) {
            (Some(events), _) => events,
            (None, Some(_)) => u64::MAX,
            (None, None) => 0,
        }
    }

    /// How many events there were until now.
    pub fn happened(&self, now: Instant) -> u64 {
        let passed = now.microseconds().saturating_sub(self.start.microseconds()).max(0);
        match self.settings.events_per_second {
            None => self.end(),
            // A cast from a float stays within the type.
            Some(rate) => ((passed as f64 / 1e6 * rate) as u64).min(self.end()),
        }
    }

    /// When an event was told.
    fn emitted(&self, event: u64) -> Instant {
        let (from, step) = match self.settings.events_per_second {
            // Without a rate nothing depends on the day on which the simulator runs.
            None => (events::EPOCH, 1_000.0),
            Some(rate) => (self.start.microseconds(), 1e6 / rate),
        };
        Instant::from_microseconds(from.saturating_add((event as f64 * step) as i64))
    }
}
