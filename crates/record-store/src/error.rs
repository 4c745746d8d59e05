//! Errors of the database engines as [`StoreError`].

use diesel::result::{DatabaseErrorKind, Error};

use crate::StoreError;

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
            Self::Database(text) => Self::Database(text.clone()),
            Self::Corrupt => Self::Corrupt,
            Self::NotLogged => Self::NotLogged,
        }
    }
}
