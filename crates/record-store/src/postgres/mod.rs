//! The PostgreSQL engine: a pool of readers and one writer per server process that groups commits.
//!
//! Several server processes may share a database: the rows of the directory, row locks on what is updated
//! and advisory locks on conditions keep their writers apart.

mod connection;
mod facts;
mod flush;
mod known_grants;
mod log_writer;
mod shields;
mod upkeep;
mod writer;

use diesel_async::AsyncPgConnection;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};
use tokio::sync::mpsc;

use crate::access_log::QueuedEntries;
use crate::current_registry::CurrentRegistry;
use crate::statement::{Select, Statement};
use crate::write::{QUEUE_LENGTH, Task};
use crate::{StoreError, StoreSettings};

/// A PostgreSQL database.
pub(crate) struct PostgresStore {
    readers: Pool<AsyncPgConnection>,
    pub(crate) queue: mpsc::Sender<Task>,
    /// Of the writer of the log of accesses.
    pub(crate) log_queue: mpsc::Sender<QueuedEntries>,
    pub(crate) registry: CurrentRegistry,
    pub(crate) link_key: [u8; 32],
    pub(crate) process: i64,
}

impl PostgresStore {
    /// Connects and brings the layout up to date.
    pub(crate) async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let prepared = connection::prepare_database(settings).await?;
        let registry = prepared.registry;
        let (queue, jobs) = mpsc::channel(QUEUE_LENGTH);
        writer::spawn(settings.url.clone(), jobs, registry.clone()).await?;
        let (log_queue, waiting) = mpsc::channel(QUEUE_LENGTH);
        log_writer::spawn(settings.url.clone(), waiting)?;
        let readers = connection::reader_pool(settings)?;
        Ok(Self {
            readers,
            queue,
            log_queue,
            registry,
            link_key: prepared.link_key,
            process: prepared.process,
        })
    }

    /// A connection of the pool.
    pub(crate) async fn reader(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        self.readers.get().await.map_err(|error| {
            tracing::warn!(error = %error, "no database connection");
            StoreError::Busy
        })
    }

    /// A sample of every table: seconds, however large they are.
    pub(crate) async fn analyze(&self) -> Result<(), StoreError> {
        let mut connection = self.reader().await?;
        connection.batch_execute("SET statement_timeout = 0; ANALYZE").await?;
        // It must not go back to the pool without its time limit.
        drop(Object::take(connection));
        Ok(())
    }

    /// Closes the pool.
    pub(crate) fn close(&self) {
        self.readers.close();
    }
}

/// The rows of a query.
pub(crate) async fn load<T, R>(
    connection: &mut AsyncPgConnection,
    query: Select<T>,
) -> Result<Vec<R>, StoreError>
where
    R: Send + 'static,
    T: Send + 'static,
    Select<T>: LoadQuery<'static, AsyncPgConnection, R>,
{
    #[cfg(test)]
    crate::plans_tests::note(query.statement());
    Ok(RunQueryDsl::load::<R>(query, connection).await?)
}

/// Runs a statement; returns the number of rows it changed.
pub(crate) async fn execute(
    connection: &mut AsyncPgConnection,
    statement: Statement,
) -> Result<usize, StoreError>
where
    Statement: ExecuteDsl<AsyncPgConnection>,
{
    Ok(RunQueryDsl::execute(statement, connection).await?)
}
