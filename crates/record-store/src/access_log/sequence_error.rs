//! Why the log is not gone on with, in words that tell an operator where to look.

use crate::StoreError;

/// What to do where what is stored does not hold together.
const WHAT_TO_DO: &str = "run healthbook verify-audit, see docs/guides/operating.md";

/// Why a log stands still: the values of a label of its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// It is signed by another key than the one of this server.
    Key,
    /// What is stored of it does not hold together.
    Damaged,
    /// Its last checkpoint lies in the future: none is signed until then.
    Clock,
    /// The file beside a SQLite database, in which its entries wait, is not in its place.
    WaitingFile,
    /// The database does not answer, or takes nothing.
    Database,
}

impl Halt {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Key, Self::Damaged, Self::Clock, Self::WaitingFile, Self::Database];

    /// Its name in figures and lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Damaged => "damaged",
            Self::Clock => "clock",
            Self::WaitingFile => "waiting-file",
            Self::Database => "database",
        }
    }
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    /// The log is signed by another key.
    #[error("the log is signed by another key{0}: put back access-log.key, see docs/guides/operating.md")]
    Key(String),
    /// What is stored does not hold together.
    #[error("{0}: {WHAT_TO_DO}")]
    Damaged(String),
    /// The file in which entries wait is not in its place.
    #[error("{0}")]
    WaitingFile(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SequenceError {
    /// What keeps the log standing still.
    pub fn halt(&self) -> Halt {
        match self {
            Self::Key(_) => Halt::Key,
            Self::Damaged(_) | Self::Store(StoreError::Corrupt) => Halt::Damaged,
            Self::WaitingFile(_) => Halt::WaitingFile,
            Self::Store(_) => Halt::Database,
        }
    }

    /// An error of the store, and where it was met: that something cannot be read says nothing without its place.
    pub(super) fn at(error: StoreError, place: impl FnOnce() -> String) -> Self {
        match error {
            StoreError::Corrupt => Self::Damaged(place()),
            other => Self::Store(other),
        }
    }
}
