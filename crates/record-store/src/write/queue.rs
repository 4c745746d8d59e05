//! The queue in front of a writer.

use std::sync::Arc;

use access::Access;
use fhir::LogicalId;

use super::ReadFacts;
use crate::access_log::{QueuedEntries, Signature};
use crate::query::Gate;
use crate::statement::{Bind, Statement};
use crate::{Expectation, Job, StoreError, WriteError, Written};

/// Jobs that may wait. A full queue answers [`WriteError::Busy`] instead of growing.
pub(crate) const QUEUE_LENGTH: usize = 4096;

/// Writes after which a batch is closed. Larger batches commit no cheaper and answer later.
pub(crate) const WRITES_IN_A_BATCH: usize = 512;

/// Where the answer goes.
pub(crate) type Reply = tokio::sync::oneshot::Sender<Result<Vec<Written>, WriteError>>;

/// A job, who may do it, and where the answer goes.
pub(crate) struct QueuedJob {
    pub(crate) access: Access,
    /// What each expectation of the job is asked through.
    pub(crate) gates: Vec<Gate>,
    pub(crate) job: Job,
    /// What the entries of its writes say of who writes.
    pub(crate) signature: Signature,
    pub(crate) reply: Reply,
}

/// What a writer is asked.
pub(crate) enum Task {
    /// A write of resources, taken together with others.
    Job(Box<QueuedJob>),
    /// Entries of the log of accesses, committed together with whatever else waits (SQLite).
    Log(QueuedEntries),
    /// To remove the entries up to this row that have their position from the file beside the database (SQLite).
    Taken(i64),
    /// To end (SQLite). It is answered when its connection is closed.
    Close(tokio::sync::oneshot::Sender<()>),
    /// Work on the index or on the packages, in a transaction of its own.
    Upkeep(Box<QueuedUpkeep>),
}

/// Work on the index or on the packages: its claim, and if that holds the rest, in one transaction.
#[derive(Debug)]
pub(crate) struct Upkeep {
    /// Must change exactly one row, else nothing is done.
    pub(crate) claim: Statement,
    /// Whether no other process may be in the middle of a batch: for a change of the search parameters.
    pub(crate) alone: bool,
    /// What is done.
    pub(crate) statements: Vec<Statement>,
    /// Book and key of the resources whose rows of the parameters that are not ready are to be added.
    pub(crate) places: Vec<(i64, i64)>,
    /// Who reads the facts of those resources again, instead of their rows.
    pub(crate) reader: Option<Arc<dyn ReadFacts>>,
}

/// Work and where the answer goes: whether the claim held.
pub(crate) struct QueuedUpkeep {
    pub(crate) upkeep: Upkeep,
    pub(crate) reply: tokio::sync::oneshot::Sender<Result<bool, StoreError>>,
}

/// The keys of those jobs that are written once.
pub(crate) fn once_keys(batch: &[QueuedJob]) -> Vec<Bind> {
    let keys = batch.iter().filter_map(|queued| queued.signature.once());
    keys.map(|once| Bind::Bytes(once.key.to_vec())).collect()
}

/// Whether the search of an expectation still finds what the job relies on.
pub(crate) fn expectation_holds(expectation: &Expectation, mut found: Vec<LogicalId>) -> bool {
    found.sort();
    found == expectation.found
}
