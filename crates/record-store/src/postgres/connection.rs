//! Connections to PostgreSQL: time limits, pool, migrations, the database's own settings.

use std::collections::HashMap;
use std::time::Duration;

use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use search::Slot;

use super::{execute, load};
use crate::database::{self, Prepared};
use crate::statement::{Bind, Statement};
use crate::{StoreError, StoreSettings};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Names the advisory lock under which one process at a time changes the layout.
const LAYOUT_LOCK: i64 = 0x4865_616c_7468_626b;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// What the client itself does about a host that is gone without a word, in seconds; limits of statements are the server's,
/// which is gone then. What a URL says itself stands.
const NOTICING: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_retries", "3"),
    ("tcp_user_timeout", "30"),
];

/// The URL with limits by which a host that is gone is noticed within half a minute.
fn noticing(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in NOTICING {
        if !url.contains(&format!("{name}=")) {
            let joint = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}{name}={value}"));
        }
    }
    url
}

/// A connection, or an error when there is none in time.
async fn establish(url: &str, limit: Duration) -> ConnectionResult<AsyncPgConnection> {
    let late = |_| ConnectionError::BadConnection("no connection in time".to_owned());
    tokio::time::timeout(limit, AsyncPgConnection::establish(&noticing(url))).await.map_err(late)?
}

/// Connects with a time limit for each statement.
pub(super) async fn connect(url: &str, limit: Duration) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = establish(url, CONNECT).await?;
    // The planner may neither change our order of joins nor read whole tables to join them: it takes book and key for
    // independent and expects next to nothing of every join. Its guesses are not worth compiling or parallel workers.
    let limits = format!(
        "SET statement_timeout = {0}; SET idle_in_transaction_session_timeout = {0}; SET lock_timeout = {0}; \
         SET join_collapse_limit = 1; SET enable_seqscan = off; SET enable_hashjoin = off; \
         SET enable_mergejoin = off; SET max_parallel_workers_per_gather = 0; SET jit = off; \
         SET plan_cache_mode = auto; SET client_min_messages = warning",
        limit.as_millis()
    );
    connection.batch_execute(&limits).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// The pool for reads. A connection is not asked whether it lives when it is taken out: that would cost a
/// round trip per read.
pub(super) fn reader_pool(settings: &StoreSettings) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let limit = settings.statement_timeout;
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |url| {
        let url = url.to_owned();
        Box::pin(async move { connect(&url, limit).await })
    });
    let manager = AsyncDieselConnectionManager::new_with_config(settings.url.clone(), config);
    Pool::builder(manager)
        .max_size(settings.connections)
        .wait_timeout(Some(Duration::from_secs(10)))
        .create_timeout(Some(Duration::from_secs(10)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Unusable(error.to_string()))
}

/// Migrates, and reads or makes what belongs to this database.
pub(super) async fn prepare_database(settings: &StoreSettings) -> Result<Prepared, StoreError> {
    let connection =
        establish(&settings.url, CONNECT).await.map_err(|error| StoreError::Unusable(error.to_string()))?;
    let mut connection = migrate(connection).await?;
    warn_of_language(&mut connection).await?;
    connection.batch_execute(&format!("BEGIN; SELECT pg_advisory_xact_lock({LAYOUT_LOCK})")).await?;
    let found: Vec<(String, Vec<u8>)> = load(
        &mut connection,
        Statement::new("SELECT name, value FROM setting").returning::<(Text, Binary)>(),
    )
    .await?;
    let mut values: HashMap<String, Vec<u8>> = found.into_iter().collect();
    for (name, value) in database::missing_settings(&values)? {
        let mut statement = Statement::new("INSERT INTO setting (name, value) VALUES (");
        statement.bind(Bind::Text(name.clone())).sql(",").bind(Bind::Bytes(value.clone())).sql(")");
        execute(&mut connection, statement).await?;
        values.insert(name, value);
    }
    let select = Statement::new("SELECT slot, expression FROM search_slot").returning::<(SmallInt, Text)>();
    let slots: Vec<(i16, String)> = load(&mut connection, select).await?;
    let mut slots: HashMap<String, Slot> =
        slots.into_iter().map(|(slot, expression)| (expression, Slot(slot))).collect();
    let missing = database::missing_slots(&slots, &database::custom(&values))?;
    if !missing.is_empty() {
        let mut statement =
            Statement::new("INSERT INTO search_slot (slot, expression) SELECT * FROM unnest(");
        statement.bind(Bind::Smalls(missing.iter().map(|(slot, _)| slot.0).collect())).sql(",");
        statement.bind(Bind::Texts(missing.iter().map(|(_, text)| text.clone()).collect())).sql(")");
        execute(&mut connection, statement).await?;
        slots.extend(missing.into_iter().map(|(slot, expression)| (expression, slot)));
    }
    connection.batch_execute("COMMIT").await?;
    database::prepared(&values, &slots, settings)
}

/// What passes is told from what is wrong by the words of the server (`error.rs`), and only a superuser may choose their
/// language for a connection.
async fn warn_of_language(connection: &mut AsyncPgConnection) -> Result<(), StoreError> {
    let select = Statement::new("SELECT current_setting('lc_messages')").returning::<(Text,)>();
    let rows: Vec<(String,)> = load(connection, select).await?;
    let is_known = |language: &str| ["", "C", "POSIX"].contains(&language) || language.starts_with("en");
    if let Some((language,)) =
        rows.first().filter(|(language,)| !is_known(language.split('.').next().unwrap_or("")))
    {
        tracing::warn!(lc_messages = %language, "set lc_messages = 'C': a full disk is else taken for a fault");
    }
    Ok(())
}

/// Runs the migrations on a thread of their own: the harness blocks.
async fn migrate(mut connection: AsyncPgConnection) -> Result<AsyncPgConnection, StoreError> {
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LAYOUT_LOCK})")).await?;
    let migrated = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        match harness.run_pending_migrations(MIGRATIONS) {
            Ok(_) => Ok(harness.into_inner()),
            Err(error) => Err(StoreError::Unusable(error.to_string())),
        }
    });
    let mut connection = migrated.await.map_err(|error| StoreError::Unusable(error.to_string()))??;
    connection.batch_execute(&format!("SELECT pg_advisory_unlock({LAYOUT_LOCK})")).await?;
    Ok(connection)
}

/// Reserves a block of resource keys and returns its first.
pub(super) async fn reserve_keys(connection: &mut AsyncPgConnection, count: i64) -> Result<i64, StoreError> {
    let mut statement = Statement::new("UPDATE key_block SET next_key = next_key + ");
    statement.big(count).sql(" WHERE id = 1 RETURNING next_key");
    let rows: Vec<(i64,)> = load(connection, statement.returning::<(BigInt,)>()).await?;
    rows.first().map(|(end,)| end - count).ok_or(StoreError::Corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_says_itself_stands() {
        let bare = noticing("postgres://localhost/book");
        assert!(bare.starts_with("postgres://localhost/book?connect_timeout=5&"), "{bare}");
        assert!(bare.ends_with("&tcp_user_timeout=30"), "{bare}");
        let own = noticing("postgres://localhost/book?tcp_user_timeout=9");
        assert!(own.starts_with("postgres://localhost/book?tcp_user_timeout=9&connect_timeout=5"), "{own}");
        assert_eq!(own.matches("tcp_user_timeout").count(), 1, "{own}");
    }

    #[tokio::test]
    async fn who_takes_a_connection_and_says_nothing_is_not_waited_for() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://{}/book", silent.local_addr().unwrap());
        assert!(establish(&url, Duration::from_millis(100)).await.is_err());
    }
}
