//! The writer of the log of accesses: a connection of its own, so that no read waits behind an import.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use tokio::sync::mpsc;

use super::connection::connect;
use super::known_grants::KnownGrants;
use super::writer::LIMIT;
use crate::StoreError;
use crate::access_log::{BYTES_IN_A_COMMIT, Gathering, QueuedEntries, Said};

/// Between two looks for more entries. A commit takes two questions and the disk of the database: the longer for one, the
/// more readers come meanwhile.
const GATHERING_STEP: Duration = Duration::from_micros(500);

/// Starts the writer on a thread of its own. It ends when the store is dropped and the queue is empty.
pub(super) fn spawn(url: String, queue: mpsc::Receiver<QueuedEntries>) -> Result<(), StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StoreError::Unusable(error.to_string()))?;
    std::thread::Builder::new()
        .name("log-writer".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let (grants, said) = (KnownGrants::default(), Said::default());
                LogWriter { url, connection: None, grants, said }.run(queue).await
            })
        })
        .map(drop)
        .map_err(|error| StoreError::Unusable(error.to_string()))
}

struct LogWriter {
    url: String,
    connection: Option<AsyncPgConnection>,
    grants: KnownGrants,
    said: Said,
}

impl LogWriter {
    /// Everything that waits goes into one commit.
    async fn run(&mut self, mut queue: mpsc::Receiver<QueuedEntries>) {
        let mut before = 0;
        while let Some(first) = queue.recv().await {
            let (mut waiting, mut length) = (Vec::new(), 0);
            let mut next = Some(first);
            let mut gathering = Gathering::every(GATHERING_STEP, 1, before);
            while let Some(queued) = next.take() {
                length += queued.length();
                waiting.push(queued);
                if length < BYTES_IN_A_COMMIT {
                    next = queue.try_recv().ok();
                    while next.is_none() && gathering.wait(waiting.len()) {
                        next = queue.try_recv().ok();
                    }
                }
            }
            before = waiting.len();
            let kept = self.commit(&waiting).await;
            if let Err(error) = &kept {
                self.said.say(error, waiting.len());
            }
            for queued in waiting {
                queued.answer(kept.is_ok());
            }
        }
    }

    async fn commit(&mut self, waiting: &[QueuedEntries]) -> Result<(), StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.url, LIMIT).await?,
        };
        // After an error the connection is dropped; it is not tried again, for nobody knows then whether the entries are there
        // already.
        self.grants.put(&mut connection, waiting).await?;
        self.connection = Some(connection);
        Ok(())
    }
}
