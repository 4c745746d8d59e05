//! Stores with a log, and what somebody does to their tables who is not the server.

use std::future::Future;
use std::time::Duration;

use audit_log::{Checkpoint, Entry, LogName, SigningKey};
use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use fhir::Instant;
use healthbook_record_store::{LogReport, Sequenced, Store, StoreSettings};
use test_support::{Backend, TestDatabase};

pub const EVERY: Duration = Duration::from_secs(5);

/// A moment so many seconds after the beginning of the invented work.
pub fn at(seconds: i64) -> Instant {
    Instant::from_microseconds(crate::work::BEGINNING + seconds * 1_000_000)
}

pub fn key() -> SigningKey {
    SigningKey::from_pkcs8(LogName::new("test.example").unwrap(), &SigningKey::generate().unwrap()).unwrap()
}

pub async fn open(database: &TestDatabase) -> Store {
    Store::open(&StoreSettings::new(database.url())).await.unwrap()
}

/// Runs a test on both databases.
pub fn each<F: Future<Output = ()>>(test: impl Fn(TestDatabase) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(test(database));
    }
}

/// Gives positions to everything that waits.
pub async fn sequence_all(store: &Store, key: &SigningKey, now: Instant) -> Sequenced {
    let mut entries = 0;
    let mut checkpoint: Option<Checkpoint> = None;
    loop {
        let done = store.sequence(key, EVERY, now).await.unwrap();
        entries += done.entries;
        checkpoint = done.checkpoint.clone().or(checkpoint);
        if !done.more && !done.elsewhere {
            return Sequenced { entries, checkpoint, ..done };
        }
    }
}

pub async fn verify(store: &Store, key: &SigningKey) -> LogReport {
    store.verify_log(key.verifying(), &[]).await.unwrap()
}

/// All entries that have a position.
pub async fn all_entries(store: &Store) -> Vec<Entry<'static>> {
    let mut entries = Vec::new();
    while let Some(entry) = store.log_entry(entries.len() as u64).await.unwrap() {
        entries.push(entry);
    }
    entries
}

/// Gives positions to what waits, and reads the log.
pub async fn entries(store: &Store, key: &SigningKey) -> Vec<Entry<'static>> {
    sequence_all(store, key, at(1)).await;
    all_entries(store).await
}

/// A connection to a SQLite database and to the file beside it.
pub fn sqlite(database: &TestDatabase) -> diesel::SqliteConnection {
    let path = database.url().strip_prefix("sqlite:").unwrap();
    let mut connection = diesel::SqliteConnection::establish(path).unwrap();
    connection.batch_execute(&format!("ATTACH DATABASE '{path}-log-waiting' AS beside")).unwrap();
    connection
}

/// The table in which entries wait that came without a write.
pub fn waiting_alone(database: &TestDatabase) -> &'static str {
    match database.backend() {
        Backend::Sqlite => "log_waiting_beside",
        Backend::Postgres => "log_waiting",
    }
}

/// From now on no entry can be put down.
pub async fn take_log_away(database: &TestDatabase) {
    execute(database, "ALTER TABLE log_waiting RENAME TO elsewhere").await;
    if database.backend() == Backend::Sqlite {
        execute(database, "ALTER TABLE log_waiting_beside RENAME TO elsewhere_beside").await;
    }
}

/// Entries can be put down again.
pub async fn give_log_back(database: &TestDatabase) {
    execute(database, "ALTER TABLE elsewhere RENAME TO log_waiting").await;
    if database.backend() == Backend::Sqlite {
        execute(database, "ALTER TABLE elsewhere_beside RENAME TO log_waiting_beside").await;
    }
}

/// Carries out SQL that the server would never send.
pub async fn execute(database: &TestDatabase, sql: &str) {
    match database.backend() {
        Backend::Sqlite => {
            sqlite(database).batch_execute(sql).unwrap_or_else(|error| panic!("{error}: {sql:.200}"));
        }
        Backend::Postgres => {
            let mut connection = diesel_async::AsyncPgConnection::establish(database.url()).await.unwrap();
            connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{error}: {sql:.200}"));
        }
    }
}

/// While it is there nobody else can write the log.
pub enum Lock {
    Sqlite(diesel::SqliteConnection),
    Postgres(Box<diesel_async::AsyncPgConnection>),
}

impl Lock {
    pub async fn take(database: &TestDatabase) -> Self {
        match database.backend() {
            Backend::Sqlite => {
                let mut connection = sqlite(database);
                // Of both files.
                connection.batch_execute("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            Backend::Postgres => {
                let mut connection =
                    diesel_async::AsyncPgConnection::establish(database.url()).await.unwrap();
                connection.batch_execute("BEGIN; LOCK TABLE log_waiting IN SHARE MODE").await.unwrap();
                Self::Postgres(Box::new(connection))
            }
        }
    }

    pub async fn release(self) {
        match self {
            Self::Sqlite(mut connection) => connection.batch_execute("ROLLBACK").unwrap(),
            Self::Postgres(mut connection) => connection.batch_execute("ROLLBACK").await.unwrap(),
        }
    }
}

/// Bytes as a literal.
pub fn literal(database: &TestDatabase, bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match database.backend() {
        Backend::Sqlite => format!("X'{digits}'"),
        Backend::Postgres => format!("'\\x{digits}'::bytea"),
    }
}

/// Waits until nobody is connected any more: of who was killed or has let go, something may still be under way.
pub async fn quiet(database: &TestDatabase) {
    let others = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() \
                  AND pid <> pg_backend_pid()";
    for _ in 0..1_000 {
        let is_quiet = match database.backend() {
            // The last one that lets go removes these files.
            Backend::Sqlite => {
                let path = database.url().strip_prefix("sqlite:").unwrap();
                ["-wal", "-log-waiting-wal"]
                    .iter()
                    .all(|end| !std::path::Path::new(&format!("{path}{end}")).exists())
            }
            Backend::Postgres => database.postgres_value(others).as_deref() == Some("0"),
        };
        if is_quiet {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("somebody is still connected");
}

/// The number of rows, as the database counts them.
pub async fn count(database: &TestDatabase, table: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    match database.backend() {
        Backend::Sqlite => {
            let sql = format!("SELECT count(*) AS n FROM {table}");
            diesel::RunQueryDsl::get_result::<Count>(diesel::sql_query(sql), &mut sqlite(database)).unwrap().n
        }
        Backend::Postgres => {
            database.postgres_value(&format!("SELECT count(*)::text FROM {table}")).unwrap().parse().unwrap()
        }
    }
}

/// SQL for a column with another byte at a place.
pub fn altered(database: &TestDatabase, column: &str, place: usize) -> String {
    match database.backend() {
        Backend::Sqlite => format!(
            "CAST(substr({column}, 1, {place}) || CASE substr({column}, {place} + 1, 1) WHEN X'5a' THEN X'5b' \
             ELSE X'5a' END || substr({column}, {place} + 2) AS BLOB)"
        ),
        Backend::Postgres => {
            format!("set_byte({column}, {place}, get_byte({column}, {place}) # 1)")
        }
    }
}
