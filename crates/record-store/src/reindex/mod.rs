//! New search parameters for resources that are there already.
//!
//! A reindex changes the list of custom parameters in one transaction that no batch of any process overlaps; every
//! batch reads that list inside its own transaction. So whatever is written afterwards, by whichever process, has the
//! rows of the new parameters, and what was written before is walked over once: nothing has to be walked over again.
//! A step of the walk reads the current versions under the locks of a writer, adds the rows that are missing, and
//! notes its position, all in one transaction.
//!
//! A parameter is ready when the walk is over. Rows of parameters that are gone are removed afterwards, and no other
//! reindex begins before that: a slot that comes back is empty.

mod people;
mod sql;
mod state;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use access::Access;
use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use fhir::ResourceType;
use search::{CustomParameter, Registry, Slot};

pub use self::state::{Phase, Reindex, Remark};
use crate::access_log::PendingCommand;
use crate::store::{Store, blocking, select};
use crate::stored::type_number;
use crate::write::{QueuedUpkeep, Task, Upkeep};
use crate::{StoreError, WriteError, database, query};

/// How often a process looks whether the search parameters have changed.
pub const POLL: Duration = Duration::from_secs(2);

/// Resources that are walked over in one transaction. Other writes wait meanwhile.
const STEP: i64 = 128;
/// Rows that are removed in one transaction.
const MOST_REMOVED: i64 = 2_000;
/// A reindex without a step for so long has lost its process. Measured by the clock of who waits, so that the clocks of
/// several machines need not agree.
const LOST: Duration = Duration::from_secs(10);
/// Rows of parameters that are gone stay until every process that lives has noticed.
const UNTIL_NOTICED: Duration = Duration::from_secs(5);

/// What came of the wish to reindex.
#[derive(Debug, Clone)]
pub enum Begun {
    /// It has begun.
    Started(Reindex),
    /// The parameters are as they should be.
    Nothing,
    /// Another one is not finished yet.
    Running(Reindex),
}

impl Store {
    /// How far the last reindex is; `None` when there never was one.
    pub async fn reindex(&self) -> Result<Option<Reindex>, StoreError> {
        Ok(self.reindex_setting().await?.map(|(state, _)| state))
    }

    /// Makes these the custom search parameters. Those that are not ready are indexed by a [`Reindexer`], in this
    /// process or in another.
    pub async fn begin_reindex(
        &self,
        access: &Access,
        custom: Vec<CustomParameter>,
        remarks: Vec<Remark>,
    ) -> Result<Begun, WriteError> {
        if !access.may_write() || !access.is_unlimited() {
            return Err(WriteError::Forbidden);
        }
        let before = self.reindex_setting().await?;
        if let Some((state, _)) = &before
            && state.phase != Phase::Finished
        {
            return Ok(Begun::Running(state.clone()));
        }
        self.follow_parameters().await?;
        let now = self.registry().custom().to_vec();
        let mut state = Reindex { remarks, ..Reindex::new(self.process()) };
        let nothing = custom == now && custom.iter().all(|parameter| parameter.ready);
        if nothing {
            let same = |(state_before, _): &(Reindex, Vec<u8>)| state_before.remarks == state.remarks;
            if before.as_ref().is_some_and(same) {
                return Ok(Begun::Nothing);
            }
            state.phase = Phase::Finished;
        }
        let slots = self.slots().await?;
        let wanted = custom.clone();
        // Working out all definitions takes some milliseconds.
        let compared = blocking(move || {
            let names: HashSet<String> = Registry::slot_expressions(&wanted).into_iter().collect();
            let gone = Registry::slot_expressions(&now).into_iter().filter(|name| !names.contains(name));
            let retired: Vec<Slot> = gone.filter_map(|name| slots.get(&name).copied()).collect();
            Ok((retired, database::missing_slots(&slots, &wanted)?))
        });
        let (retired, missing) = compared.await?;
        state.retired = retired;
        let mut types: Vec<ResourceType> =
            custom.iter().filter(|parameter| !parameter.ready).flat_map(CustomParameter::types).collect();
        types.sort_unstable();
        types.dedup();
        state.total = self.count_resources(&types).await?;
        let upkeep = Upkeep {
            claim: query::claim(
                sql::REINDEX,
                before.as_ref().map(|(_, bytes)| bytes.as_slice()),
                state.to_bytes(),
            ),
            alone: true,
            statements: sql::put_parameters(database::lines(&custom), missing),
            places: Vec::new(),
            reader: None,
        };
        if !self.upkeep(upkeep).await? {
            let state = self.reindex().await?.unwrap_or(state);
            return Ok(Begun::Running(state));
        }
        self.follow_parameters().await?;
        Ok(if nothing { Begun::Nothing } else { Begun::Started(state) })
    }

    /// Puts the custom search parameters of the database in force when another process has changed them.
    pub async fn follow_parameters(&self) -> Result<(), StoreError> {
        let found: Vec<(Vec<u8>,)> = select!(self, query::setting(database::CUSTOM), (Binary,))?;
        let lines = found.into_iter().next().map(|(lines,)| lines).unwrap_or_default();
        let current = self.current_registry().clone();
        if current.of(&lines).is_none() {
            let slots = self.slots().await?;
            blocking(move || {
                current.replace(&slots, lines);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn slots(&self) -> Result<HashMap<String, Slot>, StoreError> {
        let slots: Vec<(i16, String)> = select!(self, query::slots(), (SmallInt, Text))?;
        Ok(slots.into_iter().map(|(slot, name)| (name, Slot(slot))).collect())
    }

    async fn reindex_setting(&self) -> Result<Option<(Reindex, Vec<u8>)>, StoreError> {
        let found: Vec<(Vec<u8>,)> = select!(self, query::setting(sql::REINDEX), (Binary,))?;
        let Some((bytes,)) = found.into_iter().next() else { return Ok(None) };
        Ok(Some((Reindex::from_bytes(&bytes).ok_or(StoreError::Corrupt)?, bytes)))
    }

    /// The number of resources of these types; 0 when counting takes too long.
    async fn count_resources(&self, types: &[ResourceType]) -> Result<u64, StoreError> {
        let mut total = 0;
        for resource_type in types {
            let counted: Result<Vec<(i64,)>, StoreError> =
                select!(self, sql::count(*resource_type), (BigInt,));
            match counted {
                Ok(rows) => {
                    total += rows.first().and_then(|(count,)| u64::try_from(*count).ok()).unwrap_or(0)
                }
                Err(StoreError::Timeout) => return Ok(0),
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    /// Has the writer do some work in a transaction of its own; whether its claim held.
    /// The first of a command of the operator puts its entry into the log of accesses.
    pub(crate) async fn upkeep(&self, mut upkeep: Upkeep) -> Result<bool, StoreError> {
        let mut command = PendingCommand::take()?;
        upkeep.statements.extend(command.statement.take());
        let (reply, answer) = tokio::sync::oneshot::channel();
        let task = Task::Upkeep(Box::new(QueuedUpkeep { upkeep, reply }));
        let done = match self.queue().send(task).await {
            Ok(()) => answer.await.map_err(|_| StoreError::Busy).flatten(),
            Err(_) => Err(StoreError::Busy),
        };
        if !matches!(done, Ok(true)) {
            command.give_back();
        }
        done
    }
}

/// What a step has done.
#[derive(Debug, Clone)]
pub enum Step {
    /// There is nothing to do.
    Idle,
    /// Some people from before there were keys of the matching got theirs.
    People,
    /// Another process works.
    Elsewhere(Reindex),
    /// A part of the work is done.
    Done(Reindex),
}

/// Works at whatever reindex the database asks for, step by step.
pub struct Reindexer {
    store: Store,
    /// The state as it was seen first, and when.
    seen: Option<(Vec<u8>, Instant)>,
    /// Since when the parameters that are gone are gone, as far as this process knows.
    emptying: Option<Instant>,
}

impl Reindexer {
    /// A worker on a store.
    pub fn new(store: Store) -> Self {
        Self { store, seen: None, emptying: None }
    }

    /// Follows the parameters of the database and does the next step, if it is this process that works. The work of a
    /// process that is gone is taken over.
    pub async fn step(&mut self, access: &Access) -> Result<Step, WriteError> {
        if !access.may_write() || !access.is_unlimited() {
            return Err(WriteError::Forbidden);
        }
        self.store.follow_parameters().await?;
        let Some((state, bytes)) = self.store.reindex_setting().await? else { return self.people().await };
        if state.phase == Phase::Finished {
            self.emptying = None;
            return self.people().await;
        }
        if state.holder != self.store.process() {
            return self.take_over(state, bytes).await;
        }
        match state.phase {
            Phase::Walking => {
                self.emptying = None;
                self.walk(state, &bytes).await
            }
            _ => self.empty(state, &bytes).await,
        }
    }

    async fn people(&self) -> Result<Step, WriteError> {
        Ok(if self.store.index_people().await? { Step::People } else { Step::Idle })
    }

    async fn take_over(&mut self, state: Reindex, bytes: Vec<u8>) -> Result<Step, WriteError> {
        match &self.seen {
            Some((seen, since)) if *seen == bytes => {
                if since.elapsed() < LOST {
                    return Ok(Step::Elsewhere(state));
                }
            }
            _ => {
                self.seen = Some((bytes, Instant::now()));
                return Ok(Step::Elsewhere(state));
            }
        }
        let mine = Reindex { holder: self.store.process(), ..state.next() };
        self.emptying = None;
        self.save(&bytes, mine, Vec::new()).await
    }

    /// Walks over some resources.
    async fn walk(&self, state: Reindex, bytes: &[u8]) -> Result<Step, WriteError> {
        let registry = self.store.registry();
        let (last, book, key) = state.position;
        let types = registry.unready().1.into_iter().filter(|kind| type_number(*kind) >= last);
        for resource_type in types {
            let number = type_number(resource_type);
            let after = if number == last { (book, key) } else { (-1, 0) };
            let statement = sql::places(resource_type, after, STEP);
            let places: Vec<(i64, i64)> = select!(self.store, statement, (BigInt, BigInt))?;
            let Some((book, key)) = places.last().copied() else { continue };
            let done = state.done + u64::try_from(places.len()).unwrap_or(0);
            return self
                .save(bytes, Reindex { done, position: (number, book, key), ..state.next() }, places)
                .await;
        }
        let mut custom = registry.custom().to_vec();
        custom.iter_mut().for_each(|parameter| parameter.ready = true);
        let after = Reindex { phase: Phase::Emptying, ..state.next() };
        let upkeep = Upkeep {
            claim: query::claim(sql::REINDEX, Some(bytes), after.to_bytes()),
            alone: true,
            statements: sql::put_parameters(database::lines(&custom), Vec::new()),
            places: Vec::new(),
            reader: None,
        };
        if !self.store.upkeep(upkeep).await? {
            return Ok(Step::Elsewhere(after));
        }
        self.store.follow_parameters().await?;
        Ok(Step::Done(after))
    }

    /// Removes some rows of parameters that are gone.
    async fn empty(&mut self, state: Reindex, bytes: &[u8]) -> Result<Step, WriteError> {
        for slot in &state.retired {
            for table in sql::TABLES {
                let rows: Vec<(i16,)> = select!(self.store, sql::has_rows(table.0, *slot), (SmallInt,))?;
                if rows.is_empty() {
                    continue;
                }
                let since = *self.emptying.get_or_insert_with(Instant::now);
                if since.elapsed() < UNTIL_NOTICED {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    return self.save(bytes, state.next(), Vec::new()).await;
                }
                let removal = sql::empty(table, *slot, MOST_REMOVED);
                return self.change(bytes, state.next(), vec![removal], Vec::new()).await;
            }
        }
        self.save(bytes, Reindex { phase: Phase::Finished, retired: Vec::new(), ..state.next() }, Vec::new())
            .await
    }

    async fn save(&self, before: &[u8], after: Reindex, places: Vec<(i64, i64)>) -> Result<Step, WriteError> {
        self.change(before, after, Vec::new(), places).await
    }

    /// Does something and notes how far it is. Where another process has taken over meanwhile nothing is done.
    async fn change(
        &self,
        before: &[u8],
        after: Reindex,
        statements: Vec<crate::statement::Statement>,
        places: Vec<(i64, i64)>,
    ) -> Result<Step, WriteError> {
        let claim = query::claim(sql::REINDEX, Some(before), after.to_bytes());
        let held =
            self.store.upkeep(Upkeep { claim, alone: false, statements, places, reader: None }).await?;
        Ok(if held { Step::Done(after) } else { Step::Elsewhere(after) })
    }
}
