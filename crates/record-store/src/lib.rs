//! Books, versions, index and history on SQLite and PostgreSQL: the only crate that knows diesel.
//!
//! A *book* is one patient's `Patient` and everything that belongs to it; its number is the resource key of
//! that `Patient` and stands in every row. Resources of no patient are in book 0, the shared book. Every
//! function takes an [`access::Access`] and builds it into the query.

mod access_log;
mod api;
mod axis;
mod body;
mod crowds;
mod current_registry;
mod database;
mod error;
mod find;
mod gatekeeping;
mod holders;
mod known_books;
mod known_kin;
mod merged;
mod once;
mod packages;
mod parties;
mod people;
#[cfg(test)]
mod plans_tests;
mod policy;
mod postgres;
mod query;
mod recheck;
mod reindex;
mod security;
mod settings;
mod sharing;
mod shield;
mod sqlite;
mod statement;
mod store;
mod stored;
mod write;

pub use access_log::{
    ANONYMOUS, BookReader, Deed, Halt, IndexFinding, Journal, LogCursor, LogFigures, LogPage, LogPeriod,
    LogReport, Message, OPERATOR, Origin, Rotated, SequenceError, Sequenced, Sequencer, SequencerSettings,
    Showing, without_id,
};
pub use api::{
    BookPage, Change, Content, Effect, Expectation, HistoryCursor, HistoryPage, HistoryScope, HistoryWindow,
    Job, Manner, Precondition, Record, SearchPage, Seen, StoreError, Write, WriteError, Written,
};
pub use axis::{AxisLimits, AxisMessage, AxisState, Queued};
pub use body::Body;
pub use gatekeeping::{Changeable, Made};
pub use merged::Merged;
pub use once::{KeptAnswer, KeptWrite, Once};
pub use packages::{Added, Demand, NewPackage, PackageName, StoredPackage};
pub use people::{Candidates, extract};
pub use policy::PolicyMark;
pub use recheck::{Recheck, Rechecker, Walked};
pub use reindex::{Begun, POLL, Phase, Reindex, Reindexer, Remark, Step};
pub use security::{Revoked, SecurityChange, SecurityKind, SecurityRecord};
pub use settings::StoreSettings;
pub use sharing::{StoredDenial, StoredGrant, StoredTerms};
pub use store::Store;
pub use write::ReadFacts;
