//! The worker that gives positions to what waits, beside the requests, and says what an operator has to know of it.

use std::sync::Arc;
use std::time::Duration;

use audit_log::SigningKey;
use fhir::Instant;
use tokio::time::Instant as Moment;

use super::Sequenced;
use super::sequence_error::{Halt, SequenceError};
use crate::store::Store;

/// What keeps the log standing still is said so often, for as long as it lasts.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// Counting what waits takes at most such a part of the time: it is a look at every row, and many may wait.
const COUNTING_PART: u32 = 20;
/// While the log goes on, what waits is counted so often: a busy log has something waiting all the time.
const COUNTED_EVERY: Duration = Duration::from_secs(10);

/// How often it works.
#[derive(Debug, Clone, Copy)]
pub struct SequencerSettings {
    /// A checkpoint is signed when something came and the last one is so old.
    pub checkpoint_every: Duration,
    /// Pause between two steps when nothing more waits.
    pub pause: Duration,
}

impl Default for SequencerSettings {
    fn default() -> Self {
        Self { checkpoint_every: Duration::from_secs(5), pause: Duration::from_secs(1) }
    }
}

/// Works at the log of a store, step by step. Several may run, also on several servers: one of them gets through.
#[derive(Clone)]
pub struct Sequencer {
    store: Store,
    key: Arc<SigningKey>,
    settings: SequencerSettings,
}

impl Sequencer {
    /// A worker on a store with the key of its log. With another key it makes no step and says so.
    pub fn new(store: Store, key: Arc<SigningKey>, settings: SequencerSettings) -> Self {
        Self { store, key, settings }
    }

    /// The next step.
    pub async fn step(&self) -> Result<Sequenced, SequenceError> {
        self.store.sequence(&self.key, self.settings.checkpoint_every, Instant::now()).await
    }

    /// Goes on until it is dropped. What goes wrong is said again and again for as long as it lasts, and that it is over.
    pub async fn run(self) {
        let mut standstill = None;
        let mut counted: Option<(Moment, Duration)> = None;
        loop {
            let step = self.step().await;
            let halt = halt_of(&step);
            self.store.log_state.set_halt(halt.as_ref().map(|(halt, _)| *halt));
            // Of nothing left it is known without counting.
            if matches!(&step, Ok(done) if !done.more) {
                self.store.log_state.set_waiting(0, None);
            } else if counted.is_none_or(|(at, took)| at.elapsed() >= pause_of(took, halt.is_some())) {
                let begun = Moment::now();
                if let Ok((entries, oldest)) = self.store.count_waiting().await {
                    self.store.log_state.set_waiting(entries, oldest);
                }
                counted = Some((Moment::now(), begun.elapsed()));
            }
            self.say(&mut standstill, halt);
            if self.store.log_figures().refuses_entries {
                self.store.try_the_log().await;
            }
            let pause = match step {
                Ok(done) if done.more && !done.elsewhere => Duration::ZERO,
                // Who was not the first lets the other one work.
                Ok(_) => self.settings.pause,
                Err(_) => self.settings.pause.saturating_mul(5),
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn say(&self, standstill: &mut Option<Standstill>, halt: Option<(Halt, String)>) {
        let Some((reason, error)) = halt else {
            if let Some(Standstill { since, .. }) = standstill.take() {
                let seconds = since.elapsed().as_secs();
                tracing::info!(stood_still_seconds = seconds, "the log of accesses is gone on with");
            }
            return;
        };
        let since = standstill.as_ref().map_or_else(Moment::now, |before| before.since);
        let is_said = standstill
            .as_ref()
            .is_some_and(|before| before.error == error && before.said.elapsed() < SAID_EVERY);
        if is_said {
            return;
        }
        *standstill = Some(Standstill { since, said: Moment::now(), error: error.clone() });
        let (waiting, seconds) = (self.store.log_figures(), since.elapsed().as_secs());
        let oldest = waiting.oldest_waiting.map_or(0, |oldest| Instant::now().seconds() - oldest.seconds());
        let what = match reason {
            Halt::Clock => "the log of accesses is gone on with, but no checkpoint of it is signed",
            _ => "the log of accesses is not gone on with; its entries wait",
        };
        tracing::error!(
            reason = reason.name(),
            error,
            waiting_entries = waiting.waiting_entries,
            oldest_waiting_seconds = oldest.max(0),
            standing_still_seconds = seconds,
            "{what}"
        );
    }
}

/// How long what waits is not counted again after a count that took so long.
fn pause_of(took: Duration, stands_still: bool) -> Duration {
    let pause = took.saturating_mul(COUNTING_PART);
    if stands_still { pause } else { pause.max(COUNTED_EVERY) }
}

/// What was said of a log that stands still.
struct Standstill {
    since: Moment,
    said: Moment,
    error: String,
}

/// Why the log stands still after a step, and the words.
fn halt_of(step: &Result<Sequenced, SequenceError>) -> Option<(Halt, String)> {
    match step {
        Ok(Sequenced { ahead: Some(time), .. }) => {
            let text = format!(
                "no checkpoint is signed before {time}, the time of the last one: the clock was ahead, or is behind; check NTP"
            );
            Some((Halt::Clock, text))
        }
        Ok(_) => None,
        Err(error) => Some((error.halt(), error.to_string())),
    }
}
