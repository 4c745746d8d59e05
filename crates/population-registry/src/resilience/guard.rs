//! What stands between a question and the other side.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::breaker::{Breaker, BreakerState};
use super::bucket::Bucket;
use super::clock::{Chance, Clock};
use crate::RegistryError;

/// How much is asked, how long, how often.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one attempt.
    pub attempt: Duration,
    /// Time for a question with all its attempts and pauses.
    pub question: Duration,
    /// Most attempts.
    pub attempts: u32,
    /// The longest first pause; each further one may be twice as long.
    pub pause: Duration,
    /// Retries that are saved up at most.
    pub retries: u32,
    /// Thousandths of a retry that each question earns.
    pub retries_earned: u32,
    /// Failures in a row that open the breaker.
    pub failures: u32,
    /// For how long it opens first.
    pub open: Duration,
    /// For how long at most.
    pub longest_open: Duration,
    /// Questions in a second.
    pub rate: u32,
    /// Questions at once after a quiet time.
    pub burst: u32,
    /// Questions at one time.
    pub places: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(5),
            question: Duration::from_secs(12),
            attempts: 3,
            pause: Duration::from_millis(100),
            retries: 10,
            retries_earned: 100,
            failures: 5,
            open: Duration::from_secs(5),
            longest_open: Duration::from_secs(15),
            rate: 50,
            burst: 100,
            places: 32,
        }
    }
}

/// Whether a question may be asked again when nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing.
    Harmless,
    /// It may have done something.
    Never,
}

/// One attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// The time it has.
    pub limit: Duration,
}

/// What has happened so far, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Questions, those that were not asked included.
    pub questions: u64,
    /// Attempts.
    pub attempts: u64,
    /// Attempts that nobody answered.
    pub failures: u64,
    /// Questions that were not asked: breaker, rate, places.
    pub withheld: u64,
}

/// A guard of one service.
pub struct Guard {
    limits: Limits,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    breaker: Mutex<Breaker>,
    rate: Mutex<Bucket>,
    retries: Mutex<Bucket>,
    places: Semaphore,
    counters: [AtomicU64; 4],
}

const QUESTIONS: usize = 0;
const ATTEMPTS: usize = 1;
const FAILURES: usize = 2;
const WITHHELD: usize = 3;

impl Guard {
    /// A guard.
    pub fn new(limits: Limits, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self {
            breaker: Mutex::new(Breaker::new(limits.failures, limits.open, limits.longest_open)),
            rate: Mutex::new(Bucket::new(limits.burst.max(1), limits.rate)),
            retries: Mutex::new(Bucket::new(limits.retries, 0)),
            places: Semaphore::new(limits.places.min(Semaphore::MAX_PERMITS)),
            counters: Default::default(),
            limits,
            clock,
            chance,
        }
    }

    /// What the breaker does now.
    pub fn state(&self) -> BreakerState {
        locked(&self.breaker).state(self.clock.elapsed())
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        let [questions, attempts, failures, withheld] =
            std::array::from_fn(|at| self.counters.get(at).map_or(0, |it| it.load(Ordering::Relaxed)));
        Counts { questions, attempts, failures, withheld }
    }

    /// Asks: `attempt` is run once, or more often where that is allowed and may help.
    pub async fn call<T, F, Running>(&self, repeat: Repeat, mut attempt: F) -> Result<T, RegistryError>
    where
        F: FnMut(Attempt) -> Running,
        Running: Future<Output = Result<T, RegistryError>>,
    {
        self.count(QUESTIONS);
        let withheld = |error| {
            self.count(WITHHELD);
            Err(error)
        };
        let Ok(_place) = self.places.try_acquire() else { return withheld(RegistryError::Busy) };
        let begin = self.clock.elapsed();
        if let Err(open) = self.peek(begin) {
            return withheld(RegistryError::CircuitOpen(open));
        }
        if let Err(wait) = locked(&self.rate).take(begin) {
            return withheld(RegistryError::RateLimited(wait));
        }
        locked(&self.retries).earn(self.limits.retries_earned);
        let mut number = 1;
        let mut last = None;
        loop {
            let pass = match self.pass() {
                Ok(pass) => pass,
                Err(open) => return last.map_or_else(|| withheld(RegistryError::CircuitOpen(open)), Err),
            };
            let spent = self.clock.elapsed().saturating_sub(begin);
            let limit = self.limits.attempt.min(self.limits.question.saturating_sub(spent));
            self.count(ATTEMPTS);
            let result = attempt(Attempt { number, limit }).await;
            let is_failure = matches!(&result, Err(error) if error.may_be_repeated());
            pass.settle(is_failure);
            let error = match result {
                Err(error) if is_failure => error,
                answered => return answered,
            };
            self.count(FAILURES);
            if repeat == Repeat::Never || number >= self.limits.attempts {
                return Err(error);
            }
            let pause = self.pause(number);
            let spent = self.clock.elapsed().saturating_sub(begin);
            if spent + pause >= self.limits.question || locked(&self.retries).take(Duration::ZERO).is_err() {
                return Err(error);
            }
            self.clock.sleep(pause).await;
            last = Some(error);
            number += 1;
        }
    }

    /// Evenly between nothing and the longest: those who failed together do not come back together.
    fn pause(&self, number: u32) -> Duration {
        let longest = self.limits.pause.saturating_mul(1 << (number - 1).min(16));
        let most = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.chance.below(most.saturating_add(1)))
    }

    /// Whether the breaker is open for certain.
    fn peek(&self, now: Duration) -> Result<(), Duration> {
        let mut breaker = locked(&self.breaker);
        if breaker.state(now) == BreakerState::Open { breaker.enter(now).map(drop) } else { Ok(()) }
    }

    fn pass(&self) -> Result<Pass<'_>, Duration> {
        let tries = locked(&self.breaker).enter(self.clock.elapsed())?;
        Ok(Pass { guard: self, tries, settled: false })
    }

    fn count(&self, what: usize) {
        if let Some(counter) = self.counters.get(what) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The right to make an attempt. When the one who asks goes away, the breaker must not wait for the answer.
struct Pass<'a> {
    guard: &'a Guard,
    tries: bool,
    settled: bool,
}

impl Pass<'_> {
    fn settle(mut self, is_failure: bool) {
        self.settled = true;
        let mut breaker = locked(&self.guard.breaker);
        if is_failure {
            breaker.failed(self.tries, self.guard.clock.elapsed());
        } else {
            breaker.succeeded(self.tries);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.settled && self.tries {
            locked(&self.guard.breaker).given_up(self.guard.clock.elapsed());
        }
    }
}

/// None of these locks is held over anything that could panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
