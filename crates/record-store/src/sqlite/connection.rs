//! Opening a SQLite file: settings of a connection, migrations, the database's own settings.

use std::collections::HashMap;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use search::Slot;

use super::{beside, execute, load};
use crate::database::{self, Prepared};
use crate::statement::{Bind, Statement};
use crate::{StoreError, StoreSettings};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Opens a connection to a database that was opened before. Readers cannot write.
pub(crate) fn connect(path: &str, reader: bool) -> Result<SqliteConnection, StoreError> {
    let mut connection = connect_alone(path, reader)?;
    beside::attach(&mut connection)?;
    if reader {
        connection.batch_execute("PRAGMA query_only = ON")?;
    }
    Ok(connection)
}

/// The same without the file beside it.
pub(crate) fn connect_alone(path: &str, reader: bool) -> Result<SqliteConnection, StoreError> {
    let mut connection = SqliteConnection::establish(path)?;
    // The page size holds for a new file only and must be set before the journal mode. Readers do not map the file into
    // memory: after each commit every one of them would give the mapping back, which stops all processors for a moment, and
    // a busy server commits all the time. A reader keeps little: every commit of somebody else empties its pages, and
    // the system has them in memory.
    let (cache, mapped) = if reader { (8192, 0) } else { (16384, 1 << 30) };
    connection.batch_execute(&format!(
        "PRAGMA page_size = 4096; PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{cache}; \
         PRAGMA mmap_size = {mapped}; PRAGMA journal_size_limit = 67108864; \
         PRAGMA wal_autocheckpoint = 8192;",
    ))?;
    Ok(connection)
}

/// Migrates, and reads or makes what belongs to this database: hash key, link key, slot numbers.
pub(crate) fn prepare_database(
    connection: &mut SqliteConnection,
    settings: &StoreSettings,
) -> Result<Prepared, StoreError> {
    connection.run_pending_migrations(MIGRATIONS).map_err(|error| StoreError::Unusable(error.to_string()))?;
    connection.immediate_transaction(|connection| {
        let found: Vec<(String, Vec<u8>)> = load(
            connection,
            Statement::new("SELECT name, value FROM setting").returning::<(Text, Binary)>(),
        )?;
        let mut values: HashMap<String, Vec<u8>> = found.into_iter().collect();
        for (name, value) in database::missing_settings(&values)? {
            let mut statement = Statement::new("INSERT INTO setting (name, value) VALUES (");
            statement.bind(Bind::Text(name.clone())).sql(",").bind(Bind::Bytes(value.clone())).sql(")");
            execute(connection, statement)?;
            values.insert(name, value);
        }
        let select =
            Statement::new("SELECT slot, expression FROM search_slot").returning::<(SmallInt, Text)>();
        let slots: Vec<(i16, String)> = load(connection, select)?;
        let mut slots: HashMap<String, Slot> =
            slots.into_iter().map(|(slot, expression)| (expression, Slot(slot))).collect();
        for (slot, expression) in database::missing_slots(&slots, &database::custom(&values))? {
            let mut statement = Statement::new("INSERT INTO search_slot (slot, expression) VALUES (");
            statement.small(slot.0).sql(",").bind(Bind::Text(expression.clone())).sql(")");
            execute(connection, statement)?;
            slots.insert(expression, slot);
        }
        database::prepared(&values, &slots, settings)
    })
}

/// Reserves a block of resource keys and returns its first.
pub(crate) fn reserve_keys(connection: &mut SqliteConnection, count: i64) -> Result<i64, StoreError> {
    let mut statement = Statement::new("UPDATE key_block SET next_key = next_key + ");
    statement.big(count).sql(" WHERE id = 1 RETURNING next_key");
    let rows: Vec<(i64,)> = load(connection, statement.returning::<(BigInt,)>())?;
    rows.first().map(|(end,)| end - count).ok_or(StoreError::Corrupt)
}
