//! Time and chance, which tests give their own.

use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::time::Duration;

use fhir::Instant;

/// A pause on its way.
pub type Sleeping = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Time.
pub trait Clock: Send + Sync {
    /// Time since some moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// The time of day.
    fn now(&self) -> Instant;

    /// Waits.
    fn sleep(&self, time: Duration) -> Sleeping;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) -> Sleeping {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Chance, for pauses and for names of questions. No secret depends on it.
pub trait Chance: Send + Sync {
    /// Any number.
    fn draw(&self) -> u64;

    /// A number below the limit; 0 when there is none.
    fn below(&self, limit: u64) -> u64 {
        self.draw().checked_rem(limit).unwrap_or(0)
    }
}

/// The chance of the machine: every hasher of the standard library has a key of its own.
#[derive(Debug, Clone, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn draw(&self) -> u64 {
        RandomState::new().hash_one(0_u8)
    }
}
