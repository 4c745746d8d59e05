//! The writer: takes what is queued, plans, flushes in a few statements, commits once, answers.

use std::collections::HashMap;
use std::time::Duration;

use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt};
use diesel_async::AsyncPgConnection;
use fhir::{LogicalId, ResourceType};
use search::Registry;
use tokio::sync::mpsc;

use super::connection::{connect, reserve_keys};
use super::known_grants::commit;
use super::{execute, flush, load};
use crate::access_log::WaitingIn;
use crate::current_registry::CurrentRegistry;
use crate::once::{Once, used_keys};
use crate::query::{self, Gate, Held};
use crate::statement::{Bind, Statement};
use crate::stored::{change_of, pack_id, type_number, type_of, unpack_id};
use crate::write::{
    BLOCK, Clock, Current, Directory, Keys, Planner, QueuedJob, Stamp, Task, WRITES_IN_A_BATCH,
    expectation_holds, needed_ids, once_keys,
};
use crate::{Body, Expectation, StoreError, WriteError, Written};

type Outcome = Result<Vec<Written>, WriteError>;

/// Time limit of a statement of the writer.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// Attempts at one job when other writers are in the way.
const ATTEMPTS: u32 = 5;

/// Connects and starts the writer on a thread of its own, so that it never waits for a request.
pub(super) async fn spawn(
    url: String,
    jobs: mpsc::Receiver<Task>,
    registry: CurrentRegistry,
) -> Result<(), StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StoreError::Unusable(error.to_string()))?;
    std::thread::Builder::new()
        .name("record-writer".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                Writer { url, connection: None, registry, keys: Keys::default(), clock: Clock::default() }
                    .run(jobs)
                    .await;
            });
        })
        .map(drop)
        .map_err(|error| StoreError::Unusable(error.to_string()))
}

pub(super) struct Writer {
    url: String,
    connection: Option<AsyncPgConnection>,
    pub(super) registry: CurrentRegistry,
    keys: Keys,
    clock: Clock,
}

impl Writer {
    async fn run(&mut self, mut tasks: mpsc::Receiver<Task>) {
        while let Some(first) = tasks.recv().await {
            let mut batch = Vec::new();
            let mut writes = 0;
            let mut next = Some(first);
            while let Some(task) = next.take() {
                match task {
                    Task::Job(queued) => {
                        writes += queued.job.writes.len();
                        batch.push(*queued);
                        if writes < WRITES_IN_A_BATCH {
                            next = tasks.try_recv().ok();
                        }
                    }
                    // They have a queue of their own here.
                    Task::Log(queued) => queued.answer(false),
                    Task::Taken(_) | Task::Close(_) => {}
                    Task::Upkeep(queued) => {
                        self.answer(std::mem::take(&mut batch)).await;
                        self.upkeep(*queued).await;
                    }
                }
            }
            self.answer(batch).await;
        }
    }

    /// Writes a batch; when the database refuses it, its jobs one by one.
    async fn answer(&mut self, batch: Vec<QueuedJob>) {
        if batch.is_empty() {
            return;
        }
        match self.commit(&batch).await {
            Ok(outcomes) => {
                for (queued, outcome) in batch.into_iter().zip(outcomes) {
                    // Nobody may be waiting any more; what is written stays written.
                    let _ = queued.reply.send(outcome);
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, jobs = batch.len(), "a batch failed, its jobs are tried one by one");
                for queued in batch {
                    self.answer_one(queued).await;
                }
            }
        }
    }

    async fn answer_one(&mut self, queued: QueuedJob) {
        let mut attempt = 1;
        let outcome = loop {
            match self.commit(std::slice::from_ref(&queued)).await {
                Ok(mut outcomes) => break outcomes.pop().unwrap_or(Err(WriteError::Busy)),
                Err(error) if attempt == ATTEMPTS => {
                    tracing::error!(error = %error, "a write failed");
                    break Err(WriteError::Store(error));
                }
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(5 << attempt)).await;
                    attempt += 1;
                }
            }
        };
        let _ = queued.reply.send(outcome);
    }

    async fn commit(&mut self, batch: &[QueuedJob]) -> Result<Vec<Outcome>, StoreError> {
        let mut connection = self.connected().await?;
        let outcomes = self.transaction(&mut connection, batch).await;
        // After an error the connection is dropped with its transaction; the next batch makes a new one.
        if outcomes.is_ok() {
            self.give_back(connection);
        }
        outcomes
    }

    /// The connection, to be given back after success.
    pub(super) async fn connected(&mut self) -> Result<AsyncPgConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(connect(&self.url, LIMIT).await?),
        }
    }

    pub(super) fn give_back(&mut self, connection: AsyncPgConnection) {
        self.connection = Some(connection);
    }

    async fn transaction(
        &mut self,
        connection: &mut AsyncPgConnection,
        batch: &[QueuedJob],
    ) -> Result<Vec<Outcome>, StoreError> {
        let jobs: Vec<_> = batch.iter().map(|queued| &queued.job).collect();
        let ids = needed_ids(&jobs);
        let wanted = ids.len() + jobs.iter().map(|job| job.writes.len()).sum::<usize>();
        if !self.keys.has(wanted) {
            let count = BLOCK.max(i64::try_from(wanted).unwrap_or(i64::MAX));
            let start = reserve_keys(connection, count).await?;
            self.keys.refill(start, start + count);
        }
        let registry = self.begin(connection, false).await?;
        let criteria: Vec<String> = jobs
            .iter()
            .flat_map(|job| &job.expectations)
            .map(|expectation| expectation.criteria.clone())
            .chain(batch.iter().filter_map(|queued| queued.signature.once()).map(Once::lock_name))
            .collect();
        if !criteria.is_empty() {
            lock(connection, criteria).await?;
        }
        let state = look_up(connection, &registry, &ids).await?;
        let newest: Vec<(i64,)> = load(connection, query::newest().returning::<(BigInt,)>()).await?;
        let now = self.clock.next(newest.first().map_or(0, |(updated,)| *updated));
        let mut planner = Planner::new(&registry, &mut self.keys, state, now);
        let keys = once_keys(batch);
        if !keys.is_empty() {
            let used = used_keys(keys, now.microseconds()).returning::<(Binary,)>();
            planner = planner.knowing(load(connection, used).await?);
        }
        let (mut outcomes, mut writes_grants) = (Vec::with_capacity(batch.len()), false);
        let answered = holders(connection, &registry, batch).await?;
        planner = planner.watching(answered.iter().flatten().flat_map(|known| &known.held));
        let mut answered = answered.into_iter();
        for queued in batch {
            let (mut holds, repeats) = (true, planner.repeats(&queued.signature));
            let asked = queued.job.expectations.iter().zip(&queued.gates);
            for ((expectation, gate), known) in asked.zip(answered.by_ref()).filter(|_| !repeats) {
                if let Some(known) = known.filter(|known| !planner.moves(&known.held)) {
                    holds &= expectation_holds(expectation, known.ids);
                    continue;
                }
                if !planner.is_flushed() {
                    writes_grants |= flush::flush(connection, &registry, planner.drain()).await?;
                }
                let statement = query::expected_ids(&registry, gate, &expectation.plan);
                let rows: Vec<(Vec<u8>,)> = load(connection, statement.returning::<(Binary,)>()).await?;
                let found = rows.iter().map(|(id,)| unpack_id(id)).collect::<Result<_, _>>()?;
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
        writes_grants |= flush::flush(connection, &registry, planner.drain()).await?;
        let (entries, messages) = planner.into_entries();
        for statement in messages {
            execute(connection, statement).await?;
        }
        if !entries.is_empty() {
            execute(connection, entries.insert(WaitingIn::Database)).await?;
        }
        commit(connection, writes_grants).await?;
        Ok(outcomes)
    }
}

/// Makes writers that rely on the same criteria wait for each other, in this process and in others. Sorted,
/// so that two batches cannot wait for each other; released by the end of the transaction.
async fn lock(connection: &mut AsyncPgConnection, mut criteria: Vec<String>) -> Result<(), StoreError> {
    criteria.sort();
    criteria.dedup();
    let mut statement = Statement::new(
        "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(key) FROM \
         (SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(",
    );
    statement.bind(Bind::Texts(criteria)).sql(") AS c(name) ORDER BY key) k OFFSET 0) l");
    let _: Vec<(i64,)> = load(connection, statement.returning::<(BigInt,)>()).await?;
    Ok(())
}

/// What an expectation asks for that is about nothing but identifiers, and who has one of them.
struct Known {
    held: Vec<Held>,
    ids: Vec<LogicalId>,
}

/// The answers to such expectations in the order of the batch, asked in one statement, so that nothing has to be flushed
/// for them. Who relies on the same criteria waits at the lock; what the batch itself changes is asked again.
async fn holders(
    connection: &mut AsyncPgConnection,
    registry: &Registry,
    batch: &[QueuedJob],
) -> Result<Vec<Option<Known>>, StoreError> {
    let expectations = batch.iter().flat_map(|queued| queued.job.expectations.iter().zip(&queued.gates));
    let held_by = |(expectation, gate): (&Expectation, &Gate)| {
        let is_plain = gate.is_everything()
            && usize::try_from(expectation.plan.count).is_ok_and(|count| expectation.found.len() < count);
        let held = query::held(registry, &expectation.plan).filter(|_| is_plain)?;
        Some(Known { held, ids: Vec::new() })
    };
    let mut answered: Vec<Option<Known>> = expectations.map(held_by).collect();
    let known = answered.iter().enumerate().filter_map(|(place, known)| Some((place, known.as_ref()?)));
    let (owners, all): (Vec<usize>, Vec<Held>) =
        known.flat_map(|(place, known)| known.held.iter().map(move |held| (place, *held))).unzip();
    if all.is_empty() {
        return Ok(answered);
    }
    let most = batch.iter().flat_map(|queued| &queued.job.expectations).map(|it| it.plan.count).max();
    let statement = query::holders_of_all(&Gate::EVERYTHING, &all, "r.logical_id", most.unwrap_or(1));
    let rows: Vec<(i64, Vec<u8>)> = load(connection, statement.returning::<(BigInt, Binary)>()).await?;
    for (place, id) in rows {
        let owner = usize::try_from(place).ok().and_then(|place| owners.get(place));
        if let Some(Some(known)) = owner.and_then(|owner| answered.get_mut(*owner)) {
            let id = unpack_id(&id)?;
            if !known.ids.contains(&id) {
                known.ids.push(id);
            }
        }
    }
    Ok(answered)
}

type Place = (i16, Vec<u8>, i64, i64);
type CurrentTypes =
    ((BigInt, BigInt), (Integer, BigInt, SmallInt, Nullable<Binary>), (BigInt, BigInt, SmallInt), Bool);
type CurrentRow = ((i64, i64), (i32, i64, i16, Option<Vec<u8>>), (i64, i64, i16), bool);

/// The state of all ids of a batch. Their directory rows are locked first, in one order; only a statement
/// that begins after the lock sees what the writer before us has committed.
async fn look_up(
    connection: &mut AsyncPgConnection,
    registry: &Registry,
    ids: &[(ResourceType, LogicalId)],
) -> Result<HashMap<(ResourceType, LogicalId), Directory>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut statement = Statement::new(
        "SELECT d.resource_type, d.logical_id, d.book, d.resource_key FROM directory d JOIN unnest(",
    );
    statement
        .bind(Bind::Smalls(ids.iter().map(|(kind, _)| type_number(*kind)).collect()))
        .sql("::smallint[],");
    let hashes = ids.iter().map(|(_, id)| registry.hasher().reference_id(id.as_str()));
    statement.bind(Bind::Bigs(hashes.collect())).sql("::bigint[],");
    statement.bind(Bind::BytesList(ids.iter().map(|(_, id)| pack_id(id)).collect()));
    statement.sql(
        "::bytea[]) AS w(resource_type, id_hash, logical_id) ON d.resource_type = w.resource_type \
         AND d.id_hash = w.id_hash AND d.logical_id = w.logical_id ORDER BY d.resource_key FOR UPDATE OF d",
    );
    let places: Vec<Place> =
        load(connection, statement.returning::<(SmallInt, Binary, BigInt, BigInt)>()).await?;
    let mut statement = Statement::new(
        "SELECT r.book, r.resource_key, r.version, r.updated, r.change, r.body, r.visit, r.author, r.author_kind, \
         EXISTS (SELECT 1 FROM shielded_book sb WHERE sb.book = r.book) FROM unnest(",
    );
    statement.bind(Bind::Bigs(places.iter().map(|place| place.2).collect())).sql("::bigint[],");
    statement.bind(Bind::Bigs(places.iter().map(|place| place.3).collect()));
    statement.sql(
        "::bigint[]) AS w(book, resource_key) \
         JOIN resource r ON r.book = w.book AND r.resource_key = w.resource_key",
    );
    let rows: Vec<CurrentRow> = load(connection, statement.returning::<CurrentTypes>()).await?;
    let mut current = HashMap::with_capacity(rows.len());
    for (place, (version, updated, change, body), (visit, author, author_kind), shielded) in rows {
        let (change, body) = (change_of(change)?, body.map(Body::from_stored));
        let stamp = Stamp { visit, author, author_kind };
        current.insert(place, (shielded, Current { version, updated, change, body, stamp }));
    }
    places
        .into_iter()
        .map(|(resource_type, id, book, key)| {
            let (shielded, current) = current.remove(&(book, key)).unzip();
            let entry = Directory { book, key, shielded: shielded.unwrap_or(false), current };
            Ok(((type_of(resource_type)?, unpack_id(&id)?), entry))
        })
        .collect()
}
