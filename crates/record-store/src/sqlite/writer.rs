//! The writer thread: takes what is queued, plans, flushes, commits once, answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt};
use fhir::{LogicalId, ResourceType};
use search::Registry;
use tokio::sync::{mpsc, oneshot};

use super::connection::reserve_keys;
use super::known_grants::KnownGrants;
use super::{BesidePlace, execute, flush, load};
use crate::access_log::{
    BYTES_IN_A_COMMIT, Frames, Gathering, QueuedEntries, Said, WaitingIn, framed, removal_of_taken,
};
use crate::current_registry::CurrentRegistry;
use crate::once::used_keys;
use crate::query::{self, Gate};
use crate::stored::{change_of, unpack_id};
use crate::write::{
    BLOCK, Clock, Current, Directory, Keys, Planner, QueuedJob, Stamp, Task, WRITES_IN_A_BATCH,
    expectation_holds, needed_ids, once_keys,
};
use crate::{Body, StoreError, WriteError, Written};

/// Between two looks for more entries of the log of accesses.
const GATHERING_STEP: Duration = Duration::from_micros(200);

type Outcome = Result<Vec<Written>, WriteError>;

/// What goes into one commit.
#[derive(Default)]
struct Batch {
    jobs: Vec<QueuedJob>,
    writes: usize,
    entries: Vec<QueuedEntries>,
    /// Bytes of all of them.
    length: usize,
}

impl Batch {
    fn has_room(&self) -> bool {
        self.writes < WRITES_IN_A_BATCH && self.length < BYTES_IN_A_COMMIT
    }
}

/// Starts the thread. It ends when the store is dropped and the queue is empty.
pub(super) fn spawn(
    connection: SqliteConnection,
    jobs: mpsc::Receiver<Task>,
    registry: CurrentRegistry,
    beside: Arc<BesidePlace>,
) -> Result<(), StoreError> {
    let (keys, clock, grants) = (Keys::default(), Clock::default(), KnownGrants::default());
    let said = Said::default();
    let mut writer = Writer { connection, registry, keys, clock, grants, beside, said };
    std::thread::Builder::new()
        .name("record-writer".to_owned())
        .spawn(move || {
            let closing = writer.run(jobs);
            drop(writer);
            closing.map(|reply| reply.send(()))
        })
        .map(drop)
        .map_err(|error| StoreError::Unusable(error.to_string()))
}

pub(super) struct Writer {
    pub(super) connection: SqliteConnection,
    pub(super) registry: CurrentRegistry,
    keys: Keys,
    clock: Clock,
    grants: KnownGrants,
    beside: Arc<BesidePlace>,
    said: Said,
}

impl Writer {
    /// Works until nobody can ask any more, or until it is asked to end: then it says whom to tell.
    fn run(&mut self, mut tasks: mpsc::Receiver<Task>) -> Option<oneshot::Sender<()>> {
        let mut before = 0;
        while let Some(first) = tasks.blocking_recv() {
            let mut batch = Batch::default();
            let mut next = Some(first);
            let mut gathering = Gathering::every(GATHERING_STEP, 0, before);
            while let Some(task) = next.take() {
                match task {
                    Task::Job(queued) => {
                        batch.writes += queued.job.writes.len();
                        batch.jobs.push(*queued);
                    }
                    Task::Log(queued) => {
                        batch.length += queued.length();
                        batch.entries.push(queued);
                    }
                    Task::Taken(until) => self.remove_taken(until),
                    Task::Close(reply) => {
                        self.answer(batch);
                        return Some(reply);
                    }
                    Task::Upkeep(queued) => {
                        self.answer(std::mem::take(&mut batch));
                        self.grants.forget();
                        self.upkeep(*queued);
                        break;
                    }
                }
                if batch.has_room() {
                    next = tasks.try_recv().ok();
                    // Of readers only: a write is long enough by itself for others to come.
                    while next.is_none() && batch.jobs.is_empty() && gathering.wait(batch.entries.len()) {
                        next = tasks.try_recv().ok();
                    }
                }
            }
            before = batch.entries.len();
            self.answer(batch);
        }
        None
    }

    /// Removes from the file beside the database what has a position. Nobody waits for it: what stays goes with the next step.
    fn remove_taken(&mut self, until: i64) {
        if let Err(error) = execute(&mut self.connection, removal_of_taken(until)) {
            tracing::warn!(error = %error, "entries of the log of accesses that have their position still wait");
        }
    }

    /// Writes a batch. When the database refuses it, its entries of the log are tried alone and its jobs one by one, so
    /// that one bad job does not fail the others.
    fn answer(&mut self, batch: Batch) {
        if batch.jobs.is_empty() && batch.entries.is_empty() {
            return;
        }
        match self.commit(&batch.jobs, &batch.entries) {
            Ok(outcomes) => {
                batch.entries.into_iter().for_each(|queued| queued.answer(true));
                for (queued, outcome) in batch.jobs.into_iter().zip(outcomes) {
                    // Nobody may be waiting any more; what is written stays written.
                    let _ = queued.reply.send(outcome);
                }
            }
            Err(error) if batch.jobs.is_empty() => {
                self.said.say(&error, batch.entries.len());
                batch.entries.into_iter().for_each(|queued| queued.answer(false));
            }
            Err(error) if batch.jobs.len() == 1 && batch.entries.is_empty() => {
                tracing::error!(error = %error, "a write failed");
                for queued in batch.jobs {
                    let _ = queued.reply.send(Err(WriteError::Store(error.again())));
                }
            }
            Err(error) => {
                let jobs = batch.jobs.len();
                tracing::warn!(error = %error, jobs, "a batch failed, its jobs are tried one by one");
                self.answer(Batch { entries: batch.entries, ..Batch::default() });
                for queued in batch.jobs {
                    self.answer(Batch { jobs: vec![queued], ..Batch::default() });
                }
            }
        }
    }

    fn commit(&mut self, batch: &[QueuedJob], entries: &[QueuedEntries]) -> Result<Vec<Outcome>, StoreError> {
        // Before the transaction: what the batch itself grants or ends was not there when they were shown.
        self.grants.read_for(&mut self.connection, entries)?;
        let frames = framed(entries, self.grants.known());
        if batch.is_empty() {
            if let Some(fault) = self.beside.fault() {
                return Err(StoreError::Unusable(fault));
            }
            // A statement alone is a transaction.
            execute(&mut self.connection, frames.insert(WaitingIn::Beside))?;
            return Ok(Vec::new());
        }
        let jobs: Vec<_> = batch.iter().map(|queued| &queued.job).collect();
        let ids = needed_ids(&jobs);
        let wanted = ids.len() + jobs.iter().map(|job| job.writes.len()).sum::<usize>();
        if !self.keys.has(wanted) {
            let count = BLOCK.max(i64::try_from(wanted).unwrap_or(i64::MAX));
            let start = reserve_keys(&mut self.connection, count)?;
            self.keys.refill(start, start + count);
        }
        self.grants.forget();
        self.connection.batch_execute("BEGIN IMMEDIATE")?;
        let outcomes = self.plan(batch, ids, &frames);
        match outcomes {
            Ok(outcomes) => match self.connection.batch_execute("COMMIT") {
                Ok(()) => Ok(outcomes),
                Err(error) => self.roll_back(error.into()),
            },
            Err(error) => self.roll_back(error),
        }
    }

    pub(super) fn roll_back<T>(&mut self, error: StoreError) -> Result<T, StoreError> {
        // After a failed commit the transaction may be gone already; then this fails and nothing is lost.
        let _ = self.connection.batch_execute("ROLLBACK");
        Err(error)
    }

    fn plan(
        &mut self,
        batch: &[QueuedJob],
        ids: Vec<(ResourceType, LogicalId)>,
        frames: &Frames,
    ) -> Result<Vec<Outcome>, StoreError> {
        let registry = self.registry_of_database()?;
        let mut state = HashMap::with_capacity(ids.len());
        for (resource_type, id) in ids {
            if let Some(entry) = look_up(&mut self.connection, &registry, resource_type, &id)? {
                state.insert((resource_type, id), entry);
            }
        }
        let newest: Vec<(i64,)> = load(&mut self.connection, query::newest().returning::<(BigInt,)>())?;
        let now = self.clock.next(newest.first().map_or(0, |(updated,)| *updated));
        let mut planner = Planner::new(&registry, &mut self.keys, state, now);
        let keys = once_keys(batch);
        if !keys.is_empty() {
            let used = used_keys(keys, now.microseconds()).returning::<(Binary,)>();
            planner = planner.knowing(load(&mut self.connection, used)?);
        }
        let mut outcomes = Vec::with_capacity(batch.len());
        for queued in batch {
            if !queued.job.expectations.is_empty() && !planner.is_flushed() {
                flush::flush(&mut self.connection, &registry, planner.drain())?;
            }
            let (mut holds, repeats) = (true, planner.repeats(&queued.signature));
            for (expectation, gate) in queued.job.expectations.iter().zip(&queued.gates).filter(|_| !repeats)
            {
                let found = search_ids(&mut self.connection, &registry, gate, &expectation.plan)?;
                holds &= expectation_holds(expectation, found);
            }
            outcomes.push(match holds {
                true => match planner.job(&queued.access, &queued.job, &queued.signature) {
                    // It may be planned by halves: nothing of it is to be written.
                    Err(WriteError::Store(error)) => return Err(error),
                    outcome => outcome,
                },
                false => Err(WriteError::ConditionChanged),
            });
        }
        flush::flush(&mut self.connection, &registry, planner.drain())?;
        let (mut entries, messages) = planner.into_entries();
        for statement in messages {
            execute(&mut self.connection, statement)?;
        }
        entries.append(frames);
        if !entries.is_empty() {
            execute(&mut self.connection, entries.insert(WaitingIn::Database))?;
        }
        Ok(outcomes)
    }
}

type StampTypes = (Nullable<BigInt>, Nullable<BigInt>, Nullable<SmallInt>);
type StampRow = (Option<i64>, Option<i64>, Option<i16>);
type LookupTypes = (
    (BigInt, BigInt),
    (Nullable<Integer>, Nullable<BigInt>, Nullable<SmallInt>, Nullable<Binary>),
    StampTypes,
    Bool,
);
type LookupRow = ((i64, i64), (Option<i32>, Option<i64>, Option<i16>, Option<Vec<u8>>), StampRow, bool);

fn look_up(
    connection: &mut SqliteConnection,
    registry: &Registry,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<Option<Directory>, StoreError> {
    let select = query::lookup(registry, resource_type, id).returning::<LookupTypes>();
    let rows: Vec<LookupRow> = load(connection, select)?;
    rows.into_iter().next().map(directory).transpose()
}

fn directory(row: LookupRow) -> Result<Directory, StoreError> {
    let ((book, key), (version, updated, change, body), (visit, author, author_kind), shielded) = row;
    let stamp = Stamp {
        visit: visit.unwrap_or(0),
        author: author.unwrap_or(0),
        author_kind: author_kind.unwrap_or(0),
    };
    let current = match (version, updated, change) {
        (Some(version), Some(updated), Some(change)) => {
            let (change, body) = (change_of(change)?, body.map(Body::from_stored));
            Some(Current { version, updated, change, body, stamp })
        }
        _ => None,
    };
    Ok(Directory { book, key, shielded, current })
}

fn search_ids(
    connection: &mut SqliteConnection,
    registry: &Registry,
    gate: &Gate,
    plan: &search::SearchPlan,
) -> Result<Vec<LogicalId>, StoreError> {
    let statement = query::expected_ids(registry, gate, plan);
    let rows: Vec<(Vec<u8>,)> = load(connection, statement.returning::<(Binary,)>())?;
    rows.iter().map(|(id,)| unpack_id(id)).collect()
}
