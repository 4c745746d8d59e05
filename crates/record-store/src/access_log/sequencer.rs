//! The worker that gives positions to what waits, beside the requests.

use std::sync::Arc;
use std::time::Duration;

use audit_log::SigningKey;
use fhir::Instant;

use super::Sequenced;
use crate::StoreError;
use crate::store::Store;

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
    /// A worker on a store with the key of its log.
    pub fn new(store: Store, key: Arc<SigningKey>, settings: SequencerSettings) -> Self {
        Self { store, key, settings }
    }

    /// The next step.
    pub async fn step(&self) -> Result<Sequenced, StoreError> {
        self.store.sequence(&self.key, self.settings.checkpoint_every, Instant::now()).await
    }

    /// Goes on until it is dropped. What goes wrong is said once for as long as it lasts.
    pub async fn run(self) {
        let mut said = None;
        loop {
            let pause = match self.step().await {
                Ok(done) => {
                    said = None;
                    // Who was not the first lets the other one work.
                    if done.more && !done.elsewhere { Duration::ZERO } else { self.settings.pause }
                }
                Err(error) => {
                    let text = error.to_string();
                    if said.as_ref() != Some(&text) {
                        tracing::error!(error = %text, "the log of accesses is not gone on with; its entries wait");
                        said = Some(text);
                    }
                    self.settings.pause.saturating_mul(5)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}
