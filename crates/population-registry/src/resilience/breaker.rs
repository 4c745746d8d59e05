//! The breaker: after failures in a row nobody asks for a while, then one question tries.

use std::time::Duration;

/// What the breaker does with the next question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Questions pass.
    Closed,
    /// Questions are refused.
    Open,
    /// One question tries.
    HalfOpen,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration, time: Duration },
    Trying { time: Duration },
}

/// A breaker.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    failures: u32,
    open: Duration,
    longest: Duration,
}

impl Breaker {
    /// Opens after so many failures in a row, for `open` first and `longest` at most.
    pub(super) fn new(failures: u32, open: Duration, longest: Duration) -> Self {
        Self { state: State::Closed { failures: 0 }, failures: failures.max(1), open, longest }
    }

    /// Whether a question may pass: `true` for the one that tries. Else the time until the next may.
    pub(super) fn enter(&mut self, now: Duration) -> Result<bool, Duration> {
        match self.state {
            State::Closed { .. } => Ok(false),
            State::Open { until, time } if now >= until => {
                self.state = State::Trying { time };
                Ok(true)
            }
            State::Open { until, .. } => Err(until.saturating_sub(now)),
            // How long the one that tries will take is not known; nobody waits for long.
            State::Trying { .. } => Err(Duration::from_secs(1)),
        }
    }

    /// The other side has answered.
    pub(super) fn succeeded(&mut self, tried: bool) {
        match self.state {
            // An answer to a question from before does not close what opened since.
            State::Open { .. } | State::Trying { .. } if !tried => {}
            _ => self.state = State::Closed { failures: 0 },
        }
    }

    /// It has not.
    pub(super) fn failed(&mut self, tried: bool, now: Duration) {
        match self.state {
            State::Closed { failures } if failures + 1 < self.failures => {
                self.state = State::Closed { failures: failures + 1 };
            }
            State::Closed { .. } => self.state = State::Open { until: now + self.open, time: self.open },
            State::Trying { time } if tried => {
                let time = (time * 2).min(self.longest);
                self.state = State::Open { until: now + time, time };
            }
            State::Trying { .. } | State::Open { .. } => {}
        }
    }

    /// The one that tried was given up: another may try at once.
    pub(super) fn given_up(&mut self, now: Duration) {
        if let State::Trying { time } = self.state {
            self.state = State::Open { until: now, time };
        }
    }

    /// What it does now.
    pub(super) fn state(&self, now: Duration) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until, .. } if now < until => BreakerState::Open,
            State::Open { .. } | State::Trying { .. } => BreakerState::HalfOpen,
        }
    }
}
