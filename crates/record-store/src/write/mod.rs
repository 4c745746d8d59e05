//! Writing: jobs are planned in memory against what is stored, then flushed in few statements.
//!
//! One writer takes everything that is queued, plans job after job, flushes and commits once: group commit.
//! A job that breaks a precondition is refused before anything of it is planned, so it does not disturb the
//! others of its batch.

mod access_rows;
mod clock;
mod entries;
mod index_difference;
mod keys;
mod pending;
mod plan;
mod queue;
mod recheck;
mod reindexed;
mod reshielded;

pub(crate) use access_rows::{FactRow, LabelRow, REGISTRATION, Stamp};
pub(crate) use clock::Clock;
pub(crate) use keys::{BLOCK, Keys};
pub(crate) use pending::{DirectoryRow, FactsOf, Flush, IndexChange, Pending, ResourceRow, VersionToKeep};
pub(crate) use plan::{Current, Directory, Planner, needed_ids};
pub(crate) use queue::{
    QUEUE_LENGTH, QueuedJob, QueuedUpkeep, Task, Upkeep, WRITES_IN_A_BATCH, expectation_holds, once_keys,
};
pub use recheck::ReadFacts;
pub(crate) use recheck::{KnownRow, KnownTypes, Rechecked, patients, recheck, versions};
pub(crate) use reindexed::{reindexed, walked_slots};
pub(crate) use reshielded::{RESHIELDED_AT_ONCE, reshielded};
