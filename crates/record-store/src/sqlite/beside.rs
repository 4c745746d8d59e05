//! The file beside the database in which entries of the log of accesses wait that came without a write. A commit makes
//! every reader of its file read its pages anew, and the log of a busy server commits a thousand times a second: in a file
//! of its own that is felt by nobody.
//!
//! An entry leaves this file only after the step that gave it a position is on disk in the database: SQLite does not
//! promise that a transaction over two files is kept whole when the machine goes down.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Binary;
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{execute, load};
use crate::access_log::{END, taken_from_beside};
use crate::statement::{Bind, Statement};
use crate::{StoreError, query};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite-log-waiting");

/// Name of the setting that ties the file to its database: the same number stands in both.
const FILE: &str = "log-waiting-file";

/// The file of a database.
fn path_of(database: &str) -> String {
    format!("{database}-log-waiting")
}

/// Makes the file known to a connection to its database.
pub(super) fn attach(connection: &mut SqliteConnection, database: &str) -> Result<(), StoreError> {
    let mut statement = Statement::new("ATTACH DATABASE ");
    statement.bind(Bind::Text(path_of(database))).sql(" AS beside");
    execute(connection, statement)?;
    connection.batch_execute(
        "PRAGMA beside.page_size = 4096; PRAGMA beside.journal_mode = WAL; PRAGMA beside.synchronous = FULL; \
         PRAGMA beside.cache_size = -2048; PRAGMA beside.mmap_size = 0; \
         PRAGMA beside.journal_size_limit = 67108864;",
    )?;
    Ok(())
}

/// Brings the layout of the file up to date, and makes sure that it is that of this database.
///
/// # Errors
/// [`StoreError::Unusable`] when it is that of another one: its entries would stand in a log that they are not of.
pub(super) fn prepare(connection: &mut SqliteConnection, database: &str) -> Result<(), StoreError> {
    let path = path_of(database);
    let mut file = SqliteConnection::establish(&path)?;
    file.batch_execute(
        "PRAGMA page_size = 4096; PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
    )?;
    file.run_pending_migrations(MIGRATIONS).map_err(|error| StoreError::Unusable(error.to_string()))?;
    let owner = owner(&mut file)?;
    let database = connection.immediate_transaction(|connection| own_number(connection, owner.is_none()))?;
    let is_its_own = match (&owner, &database) {
        (None, Some(_)) => true,
        (owner, database) => owner == database,
    };
    let Some(database) = database.filter(|_| is_its_own) else {
        return Err(StoreError::Unusable(format!(
            "{path} holds entries of the log of accesses of another database: put it back beside that one, or move it away"
        )));
    };
    let end: Vec<(Vec<u8>,)> = load(connection, query::setting(END).returning::<(Binary,)>())?;
    let taken = taken_from_beside(end.into_iter().next().map(|(end,)| end))?;
    if owner.is_none() && taken > 0 {
        tracing::error!(
            file = path,
            "the file was not there and is made anew: the entries of the log of accesses that waited in it are lost"
        );
    }
    file.immediate_transaction(|file| {
        let mut statement = Statement::new("INSERT INTO file_of (id, database) VALUES (1, ");
        statement.bind(Bind::Bytes(database)).sql(") ON CONFLICT DO NOTHING");
        execute(file, statement)?;
        // In a file that is new, or older than its database, numbers go on behind those that were taken from it.
        let mut statement = Statement::new("INSERT INTO log_waiting_beside (number, count, entries) SELECT ");
        statement.big(taken).sql(", 0, X'' WHERE ").big(taken);
        statement.sql(" > (SELECT coalesce(max(number), 0) FROM log_waiting_beside)");
        execute(file, statement).map(drop)
    })
}

/// Whose file it is, where that is known.
fn owner(file: &mut SqliteConnection) -> Result<Option<Vec<u8>>, StoreError> {
    let statement = Statement::new("SELECT database FROM file_of WHERE id = 1");
    let rows: Vec<(Vec<u8>,)> = load(file, statement.returning::<(Binary,)>())?;
    Ok(rows.into_iter().next().map(|(owner,)| owner))
}

/// The number of the database, made when it has none and may have one.
fn own_number(connection: &mut SqliteConnection, may_be_made: bool) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Vec<(Vec<u8>,)> = load(connection, query::setting(FILE).returning::<(Binary,)>())?;
    if let Some((number,)) = found.into_iter().next() {
        return Ok(Some(number));
    }
    if !may_be_made {
        return Ok(None);
    }
    let mut number = vec![0; 16];
    getrandom::fill(&mut number).map_err(|error| StoreError::Unusable(error.to_string()))?;
    execute(connection, query::claim(FILE, None, number.clone()))?;
    Ok(Some(number))
}
