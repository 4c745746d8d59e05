//! The queue in front of a writer.

use access::Access;
use fhir::LogicalId;

use crate::{Expectation, Job, WriteError, Written};

/// Jobs that may wait. A full queue answers [`WriteError::Busy`] instead of growing.
pub(crate) const QUEUE_LENGTH: usize = 4096;

/// Writes after which a batch is closed. Larger batches commit no cheaper and answer later.
pub(crate) const WRITES_IN_A_BATCH: usize = 512;

/// Where the answer goes.
pub(crate) type Reply = tokio::sync::oneshot::Sender<Result<Vec<Written>, WriteError>>;

/// A job, who may do it, and where the answer goes.
pub(crate) struct QueuedJob {
    pub(crate) access: Access,
    pub(crate) job: Job,
    pub(crate) reply: Reply,
}

/// Whether the search of an expectation still finds what the job relies on.
pub(crate) fn expectation_holds(expectation: &Expectation, mut found: Vec<LogicalId>) -> bool {
    found.sort();
    found == expectation.found
}
