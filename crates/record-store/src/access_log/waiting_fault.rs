//! What is said of a disk that takes no entries: at once, then now and then, not for every answer that is withheld.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::StoreError;
use crate::store::{Engine, Store, blocking};

use super::sequence_error::SequenceError;

/// The same is said so often.
const EVERY: Duration = Duration::from_secs(10);

/// What was said last, and when.
#[derive(Debug, Default)]
pub(crate) struct Said(Option<(String, Instant)>);

impl Said {
    /// Says why so many answers are withheld.
    pub(crate) fn say(&mut self, error: &StoreError, answers: usize) {
        let text = match error {
            // The words of a file, not of the database.
            StoreError::Unusable(text) => text.clone(),
            other => other.to_string(),
        };
        if self.0.as_ref().is_some_and(|(before, at)| *before == text && at.elapsed() < EVERY) {
            return;
        }
        tracing::error!(error = text, answers, "the log of accesses cannot be written; answers are withheld");
        self.0 = Some((text, Instant::now()));
    }
}

impl Store {
    /// That entries which wait beside a SQLite database are read where they are written.
    pub(super) async fn waits_in_its_place(&self) -> Result<(), SequenceError> {
        match &self.engine {
            Engine::Sqlite(store) => {
                // The disk is asked, which may take its time.
                let beside = Arc::clone(&store.beside);
                let fault = blocking(move || Ok(beside.fault())).await?;
                fault.map_or(Ok(()), |fault| Err(SequenceError::WaitingFile(fault)))
            }
            Engine::Postgres(_) => Ok(()),
        }
    }
}
