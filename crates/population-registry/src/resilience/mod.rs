//! Asking somebody who may be slow, down or overloaded, without making it worse: retries, breaker, rate, places.
//!
//! Nothing here knows what is asked. Time and chance come from outside, so that tests decide both.

mod breaker;
mod bucket;
mod clock;
mod guard;
#[cfg(test)]
mod tests;

pub use breaker::BreakerState;
pub use clock::{Chance, Clock, Sleeping, SystemChance, SystemClock};
pub use guard::{Attempt, Counts, Guard, Limits, Repeat};
