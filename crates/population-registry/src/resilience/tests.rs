//! The promises of `docs/registry.md`, section 3, with a clock that stands still unless it is moved.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fhir::Instant;

use super::*;
use crate::RegistryError;

/// Moves by pauses only, and by hand.
#[derive(Default)]
struct HandClock {
    time: Mutex<Duration>,
    pauses: Mutex<Vec<Duration>>,
}

impl HandClock {
    fn forward(&self, time: Duration) {
        *self.time.lock().unwrap() += time;
    }
}

impl Clock for HandClock {
    fn elapsed(&self) -> Duration {
        *self.time.lock().unwrap()
    }

    fn now(&self) -> Instant {
        Instant::from_microseconds(0)
    }

    fn sleep(&self, time: Duration) -> Sleeping {
        self.forward(time);
        self.pauses.lock().unwrap().push(time);
        Box::pin(std::future::ready(()))
    }
}

/// Always the greatest.
struct Greatest;

impl Chance for Greatest {
    fn draw(&self) -> u64 {
        u64::MAX
    }

    fn below(&self, limit: u64) -> u64 {
        limit.saturating_sub(1)
    }
}

fn guard(limits: Limits) -> (Guard, Arc<HandClock>) {
    let clock = Arc::new(HandClock::default());
    (Guard::new(limits, clock.clone(), Arc::new(Greatest)), clock)
}

const SECOND: Duration = Duration::from_secs(1);
const DOWN: RegistryError = RegistryError::Unreachable;

async fn fail(guard: &Guard) -> (RegistryError, u32) {
    let attempts = AtomicU32::new(0);
    let result: Result<(), _> = guard
        .call(Repeat::Harmless, |_| {
            attempts.fetch_add(1, Ordering::Relaxed);
            async { Err(DOWN) }
        })
        .await;
    (result.unwrap_err(), attempts.into_inner())
}

async fn succeed(guard: &Guard) -> Result<u32, RegistryError> {
    guard.call(Repeat::Harmless, |_| async { Ok(7) }).await
}

#[tokio::test]
async fn a_failure_is_repeated_with_longer_and_longer_pauses() {
    let (guard, clock) = guard(Limits::default());
    let numbers = Mutex::new(Vec::new());
    let answer = guard
        .call(Repeat::Harmless, |attempt| {
            numbers.lock().unwrap().push(attempt.number);
            async move { if attempt.number < 3 { Err(DOWN) } else { Ok(attempt.limit) } }
        })
        .await;
    assert_eq!(answer, Ok(5 * SECOND));
    assert_eq!(*numbers.lock().unwrap(), [1, 2, 3]);
    assert_eq!(*clock.pauses.lock().unwrap(), [Duration::from_millis(100), Duration::from_millis(200)]);
    assert_eq!(guard.counts(), Counts { questions: 1, attempts: 3, failures: 2, withheld: 0 });
}

#[tokio::test]
async fn what_another_attempt_cannot_help_is_asked_once() {
    let (guard, _) = guard(Limits::default());
    for error in [
        RegistryError::NotFound,
        RegistryError::Refused,
        RegistryError::Malformed("x"),
        RegistryError::Mismatch(vec![]),
        RegistryError::RateLimited(SECOND),
    ] {
        let attempts = AtomicU32::new(0);
        let result: Result<(), _> = guard
            .call(Repeat::Harmless, |_| {
                attempts.fetch_add(1, Ordering::Relaxed);
                let error = error.clone();
                async move { Err(error) }
            })
            .await;
        assert_eq!((result, attempts.into_inner()), (Err(error), 1));
    }
    let result: Result<(), _> = guard.call(Repeat::Never, |_| async { Err(DOWN) }).await;
    assert_eq!(result, Err(DOWN));
    assert_eq!(guard.counts().attempts, 6, "what may have done something is not repeated");
}

#[tokio::test]
async fn the_breaker_opens_tries_and_closes() {
    let (guard, clock) = guard(Limits { attempts: 1, ..Limits::default() });
    for _ in 0..4 {
        assert_eq!(fail(&guard).await, (DOWN, 1));
    }
    succeed(&guard).await.unwrap();
    for _ in 0..5 {
        assert_eq!(guard.state(), BreakerState::Closed, "failures in a row count");
        assert_eq!(fail(&guard).await, (DOWN, 1));
    }
    assert_eq!(guard.state(), BreakerState::Open);
    assert_eq!(fail(&guard).await, (RegistryError::CircuitOpen(5 * SECOND), 0));
    clock.forward(5 * SECOND);
    assert_eq!(guard.state(), BreakerState::HalfOpen);
    assert_eq!(fail(&guard).await, (DOWN, 1), "one tries");
    for wait in [10, 15, 15] {
        assert_eq!(fail(&guard).await, (RegistryError::CircuitOpen(wait * SECOND), 0));
        clock.forward(wait * SECOND);
        assert_eq!(fail(&guard).await.0, DOWN);
    }
    clock.forward(15 * SECOND);
    assert_eq!(succeed(&guard).await, Ok(7));
    assert_eq!(guard.state(), BreakerState::Closed);
}

#[tokio::test]
async fn only_one_tries_and_one_that_goes_away_does_not_block_the_others() {
    let (guard, clock) = guard(Limits { attempts: 1, failures: 1, ..Limits::default() });
    fail(&guard).await;
    clock.forward(5 * SECOND);
    {
        let trying = guard.call::<u32, _, _>(Repeat::Harmless, |_| std::future::pending());
        let mut trying = std::pin::pin!(trying);
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(trying.as_mut().poll(context).is_ready()));
        assert!(!polled.await);
        assert!(
            matches!(succeed(&guard).await, Err(RegistryError::CircuitOpen(_))),
            "somebody tries already"
        );
    }
    assert_eq!(succeed(&guard).await, Ok(7), "the one that tried went away");
}

#[tokio::test]
async fn a_registry_that_is_down_sees_few_questions_more_than_usual() {
    let limits = Limits { failures: u32::MAX, rate: 1_000_000, ..Limits::default() };
    let (guard, _) = guard(limits);
    for _ in 0..1_000 {
        fail(&guard).await;
    }
    let counts = guard.counts();
    // Ten are saved up, each question earns a tenth of one.
    assert!((1_100..=1_110).contains(&counts.attempts), "{counts:?}");
}

#[tokio::test]
async fn a_question_does_not_outlast_its_time() {
    let limits = Limits { attempts: 100, failures: u32::MAX, retries: 100, ..Limits::default() };
    let (guard, clock) = guard(limits);
    let result: Result<(), _> = guard
        .call(Repeat::Harmless, |attempt| {
            clock.forward(attempt.limit);
            async { Err(DOWN) }
        })
        .await;
    assert_eq!(result, Err(DOWN));
    assert!(clock.elapsed() <= 12 * SECOND);
    assert_eq!(guard.counts().attempts, 3, "5 s, 5 s, and what is left");
}

#[tokio::test]
async fn the_rate_is_kept_with_the_time_to_wait() {
    let (guard, clock) = guard(Limits { rate: 10, burst: 3, ..Limits::default() });
    for _ in 0..3 {
        succeed(&guard).await.unwrap();
    }
    let wait = Duration::from_millis(100);
    assert_eq!(succeed(&guard).await, Err(RegistryError::RateLimited(wait)));
    clock.forward(wait);
    assert_eq!(succeed(&guard).await, Ok(7));
    clock.forward(60 * SECOND);
    for _ in 0..3 {
        succeed(&guard).await.unwrap();
    }
    assert!(succeed(&guard).await.is_err(), "no more than a burst is saved up");
}

#[tokio::test]
async fn there_are_so_many_places() {
    let (guard, _) = guard(Limits { places: 1, ..Limits::default() });
    let inner = guard.call(Repeat::Harmless, |_| async { Ok(succeed(&guard).await) }).await;
    assert_eq!(inner, Ok(Err(RegistryError::Busy)));
    assert_eq!(succeed(&guard).await, Ok(7));
    assert_eq!(guard.counts().withheld, 1);
}
