//! Writing: jobs are planned in memory against what is stored, then flushed in few statements.
//!
//! One writer takes everything that is queued, plans job after job, flushes and commits once: group commit.
//! A job that breaks a precondition is refused before anything of it is planned, so it does not disturb the
//! others of its batch.

mod clock;
mod index_difference;
mod keys;
mod pending;
mod plan;
mod queue;
mod reindexed;

pub(crate) use clock::Clock;
pub(crate) use keys::{BLOCK, Keys};
pub(crate) use pending::{DirectoryRow, Flush, IndexChange, Pending, ResourceRow, VersionToKeep};
pub(crate) use plan::{Current, Directory, Planner, needed_ids};
pub(crate) use queue::{
    QUEUE_LENGTH, QueuedJob, QueuedUpkeep, Task, Upkeep, WRITES_IN_A_BATCH, expectation_holds,
};
pub(crate) use reindexed::reindexed;
