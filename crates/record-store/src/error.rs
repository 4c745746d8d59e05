//! Errors of the database engines as [`StoreError`].

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error};

use crate::StoreError;

/// What the engines say when their host has no room or no memory, goes down, comes up, takes no more connections, or when
/// several who wait for each other were parted: diesel tells no code. A server that speaks another language says so at its
/// start.
const AWAY: [&str; 17] = [
    // SQLite
    "database or disk is full",
    "disk I/O error",
    "database is locked",
    "unable to open database file",
    "attempt to write a readonly database",
    // Both
    "out of memory",
    // PostgreSQL, classes 40, 53 and 57 of its codes
    "No space left on device",
    "out of shared memory",
    "terminating connection",
    "canceling statement due to user request",
    "the database system is",
    "too many clients",
    "remaining connection slots",
    "deadlock detected",
    // Its client: without a code is also what can never be sent
    "connection closed",
    "error communicating with the server",
    "timeout waiting for server",
];

fn is_away(kind: &DatabaseErrorKind, message: &str) -> bool {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, SerializationFailure};
    matches!(kind, ClosedConnection | ReadOnlyTransaction | SerializationFailure)
        || AWAY.iter().any(|said| message.contains(said))
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        StoreError::Away(error.to_string())
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            // The message of the engine names tables and constraints; its details could name values.
            Error::DatabaseError(kind, information) => {
                let message = information.message();
                if message.contains("statement timeout") || message.contains("lock timeout") {
                    StoreError::Timeout
                } else if matches!(kind, DatabaseErrorKind::UniqueViolation) {
                    StoreError::Database("a unique constraint was violated".to_owned())
                } else if is_away(&kind, message) {
                    StoreError::Away(message.to_owned())
                } else {
                    StoreError::Database(message.to_owned())
                }
            }
            other => StoreError::Database(other.to_string()),
        }
    }
}

impl StoreError {
    /// The same error once more, for a second receiver.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Unusable(text) => Self::Unusable(text.clone()),
            Self::Timeout => Self::Timeout,
            Self::TooCostly => Self::TooCostly,
            Self::WalkEnded => Self::WalkEnded,
            Self::Busy => Self::Busy,
            Self::Away(text) => Self::Away(text.clone()),
            Self::Database(text) => Self::Database(text.clone()),
            Self::Corrupt => Self::Corrupt,
            Self::NotLogged => Self::NotLogged,
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::result::DatabaseErrorKind;
    use diesel::{Connection, SqliteConnection};

    use super::*;

    #[test]
    fn a_full_disk_may_have_room_later_and_a_wrong_statement_stays_wrong() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection.batch_execute("CREATE TABLE t (a BLOB UNIQUE); PRAGMA max_page_count = 8").unwrap();
        let full = connection.batch_execute("INSERT INTO t VALUES (randomblob(1000000))").unwrap_err();
        let full = StoreError::from(full);
        assert!(full.is_passing() && full.again().is_passing(), "{full}");
        connection.batch_execute("INSERT INTO t VALUES (x'01')").unwrap();
        for wrong in ["INSERT INTO t VALUES (x'01')", "INSERT INTO nowhere VALUES (1)"] {
            let error = StoreError::from(connection.batch_execute(wrong).unwrap_err());
            assert!(!error.is_passing(), "{error}");
        }
    }

    #[tokio::test]
    async fn postgresql_itself_tells_what_passes() {
        use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
        let Some(database) = test_support::TestDatabase::postgres() else { return };
        for (passes, sql) in [
            (true, "SELECT pg_terminate_backend(pg_backend_pid()); SELECT pg_sleep(10)"),
            (true, "BEGIN READ ONLY; CREATE TABLE t (a INT)"),
            (false, "SELECT 1 / 0"),
            (false, "SELECT a FROM nowhere"),
            (false, "DO $$ BEGIN RAISE unique_violation; END $$"),
        ] {
            let mut connection = AsyncPgConnection::establish(database.url()).await.unwrap();
            let error = StoreError::from(connection.batch_execute(sql).await.unwrap_err());
            assert_eq!(error.is_passing(), passes, "{sql}: {error}");
        }
    }

    /// The words are those of PostgreSQL 15 (`src/backend`), classes 40, 53 and 57 of its codes.
    #[test]
    fn a_server_that_goes_down_is_away() {
        let said =
            |kind, words: &str| StoreError::from(Error::DatabaseError(kind, Box::new(words.to_owned())));
        for words in [
            "could not extend file \"base/5/16384\": No space left on device",
            "terminating connection due to administrator command",
            "the database system is shutting down",
            "the database system is starting up",
            "sorry, too many clients already",
            "deadlock detected",
            "out of shared memory",
            "canceling statement due to user request",
        ] {
            assert!(said(DatabaseErrorKind::Unknown, words).is_passing(), "{words}");
        }
        let unsent = DatabaseErrorKind::UnableToSendCommand;
        assert!(said(unsent, "connection closed").is_passing());
        let wrong = "invalid byte sequence for encoding \"UTF8\": 0x00";
        assert!(!said(DatabaseErrorKind::Unknown, wrong).is_passing());
        let unsent = DatabaseErrorKind::UnableToSendCommand;
        assert!(!said(unsent, "error serializing parameter 0").is_passing());
    }
}
