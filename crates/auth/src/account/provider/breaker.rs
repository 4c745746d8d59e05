//! The circuit breaker: a provider that is down is not asked again and again while people wait.

use std::sync::Mutex;

use fhir::Instant;

use super::super::after;

/// Failures in a row before it opens.
const FAILURES: u32 = 3;
/// Seconds that it stays open; then one failure opens it again.
const OPEN: i64 = 30;

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

/// The breaker.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

impl Breaker {
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.0.lock().is_ok_and(|state| state.open_until.is_some_and(|until| now < until))
    }

    pub(super) fn worked(&self) {
        if let Ok(mut state) = self.0.lock() {
            *state = State::default();
        }
    }

    pub(super) fn failed(&self, now: Instant) {
        if let Ok(mut state) = self.0.lock() {
            state.failures = state.failures.saturating_add(1);
            if state.failures >= FAILURES {
                state.open_until = Some(after(now, OPEN));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_three_failures_and_tries_again_later() {
        let (breaker, now) = (Breaker::default(), Instant::from_microseconds(0));
        for _ in 0..2 {
            breaker.failed(now);
        }
        breaker.worked();
        for _ in 0..2 {
            breaker.failed(now);
        }
        assert!(!breaker.is_open(now), "only failures in a row count");
        breaker.failed(now);
        assert!(breaker.is_open(after(now, 29)) && !breaker.is_open(after(now, 30)));
        breaker.failed(after(now, 30));
        assert!(breaker.is_open(after(now, 31)));
        breaker.worked();
        assert!(!breaker.is_open(after(now, 31)));
    }
}
