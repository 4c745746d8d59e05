//! The embedded engine: one writer thread with group commit, a pool of readers.
//!
//! SQLite has one writer at a time; giving it one thread that commits for everybody who waits makes an
//! fsync serve many writes and removes `SQLITE_BUSY`. Readers see the last committed state (WAL).

mod beside;
mod beside_place;
mod connection;
mod facts;
mod flush;
mod known_grants;
mod shields;
mod upkeep;
mod writer;

use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::RunQueryDsl;
use diesel::SqliteConnection;
use diesel::deserialize::FromSqlRow;
use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;
use tokio::sync::{mpsc, oneshot};

use crate::current_registry::CurrentRegistry;
use crate::statement::{Select, Statement};
use crate::write::{QUEUE_LENGTH, Task};
use crate::{StoreError, StoreSettings};

pub(crate) use beside_place::BesidePlace;
pub(crate) use connection::{connect, prepare_database};

use connection::connect_alone;

/// Open connections that are kept for readers.
const MOST_READERS: usize = 16;

/// A SQLite database file.
pub(crate) struct SqliteStore {
    path: String,
    /// None once it is closed.
    readers: Mutex<Option<Vec<SqliteConnection>>>,
    pub(crate) queue: mpsc::Sender<Task>,
    pub(crate) registry: CurrentRegistry,
    pub(crate) link_key: [u8; 32],
    pub(crate) process: i64,
    pub(crate) beside: Arc<BesidePlace>,
}

impl SqliteStore {
    /// Opens the file, making it when it is not there, and brings its layout up to date.
    pub(crate) fn open(path: &str, settings: &StoreSettings) -> Result<Self, StoreError> {
        let unusable = |error: StoreError| StoreError::Unusable(error.to_string());
        let mut connection = connect_alone(path, false).map_err(unusable)?;
        let prepared = prepare_database(&mut connection, settings)?;
        beside::make(&mut connection, settings.makes_waiting_file)?;
        beside::attach(&mut connection)?;
        let place = Arc::new(BesidePlace::of(&mut connection)?);
        beside::prepare(&mut connection, settings.makes_waiting_file)?.tell(&mut connection)?;
        let (queue, jobs) = mpsc::channel(QUEUE_LENGTH);
        let registry = prepared.registry;
        writer::spawn(connection, jobs, registry.clone(), Arc::clone(&place))?;
        Ok(Self {
            path: path.to_owned(),
            readers: Mutex::new(Some(Vec::new())),
            queue,
            registry,
            link_key: prepared.link_key,
            process: prepared.process,
            beside: place,
        })
    }

    /// Runs a read with a connection of the pool, on the calling thread.
    pub(crate) fn with_reader<T>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self.readers.lock().map_err(|_| StoreError::Busy)?.as_mut().and_then(Vec::pop);
        let mut connection = match kept {
            Some(connection) => connection,
            None => connect(&self.path, true)?,
        };
        let result = read(&mut connection);
        // In what state a failed read has left its connection is not known.
        if result.is_ok()
            && let Ok(mut readers) = self.readers.lock()
            && let Some(readers) = readers.as_mut()
            && readers.len() < MOST_READERS
        {
            readers.push(connection);
        }
        result
    }
}

impl SqliteStore {
    /// Closes the connections, when what was queued before is written.
    pub(crate) async fn close(&self) {
        if let Ok(mut readers) = self.readers.lock() {
            *readers = None;
        }
        let (reply, closed) = oneshot::channel();
        if self.queue.send(Task::Close(reply)).await.is_ok() {
            // An error says the same: it has ended.
            let _ = closed.await;
        }
    }

    /// Runs a rare write beside the writer thread, with a connection of its own.
    pub(crate) fn with_extra_writer<T>(
        &self,
        write: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        write(&mut connect(&self.path, false)?)
    }
}

/// Runs several reads that see the same state, in one transaction.
pub(crate) fn at_once<T>(
    connection: &mut SqliteConnection,
    read: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.transaction(read)
}

/// The rows of a query.
pub(crate) fn load<T, R>(connection: &mut SqliteConnection, query: Select<T>) -> Result<Vec<R>, StoreError>
where
    R: FromSqlRow<T, Sqlite> + 'static,
    Select<T>: diesel::query_dsl::LoadQuery<'static, SqliteConnection, R>,
{
    #[cfg(test)]
    crate::plans_tests::note(query.statement());
    Ok(query.load::<R>(connection)?)
}

/// Runs a statement; returns the number of rows it changed.
pub(crate) fn execute(connection: &mut SqliteConnection, statement: Statement) -> Result<usize, StoreError>
where
    Statement: QueryFragment<Sqlite>,
{
    Ok(statement.execute(connection)?)
}
