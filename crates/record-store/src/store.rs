//! The store: one interface, two engines.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use access::Access;
use diesel::sql_types::{BigInt, Binary, SmallInt};
use fhir::{Instant, LogicalId, ResourceType, VersionId};
use search::{ReferenceTest, Registry, Slot};

use crate::access_log::LogState;
use crate::crowds::Crowds;
use crate::current_registry::CurrentRegistry;
use crate::known_books::KnownBooks;
use crate::known_kin::KnownKin;
use crate::people::KnownPeople;
use crate::postgres::{self, PostgresStore};
use crate::query;
use crate::shield::Sight;
use crate::sqlite::{self, SqliteStore};
use crate::statement::Statement;
use crate::stored::{VersionRow, VersionTypes, record, type_number, type_of};
use crate::write::{QueuedJob, Task};
use crate::{
    BookPage, HistoryCursor, HistoryPage, HistoryScope, HistoryWindow, Job, Record, StoreError,
    StoreSettings, WriteError, Written,
};

/// A store of books. Cloning it is cheap and gives another handle to the same store.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Engine,
    pub(crate) crowds: Arc<Crowds>,
    pub(crate) known_books: Arc<KnownBooks>,
    pub(crate) known_kin: Arc<KnownKin>,
    pub(crate) known_people: Arc<KnownPeople>,
    pub(crate) log_state: Arc<LogState>,
}

#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

/// Runs one select on whichever engine, with the SQL types `$types`.
macro_rules! select {
    ($store:expr, $statement:expr, $types:ty) => {
        match &$store.engine {
            $crate::store::Engine::Sqlite(store) => {
                let (store, select) = (std::sync::Arc::clone(store), $statement.returning::<$types>());
                let read = move || store.with_reader(|connection| $crate::sqlite::load(connection, select));
                $crate::store::blocking(read).await
            }
            $crate::store::Engine::Postgres(store) => {
                let mut connection = store.reader().await?;
                $crate::postgres::load(&mut connection, $statement.returning::<$types>()).await
            }
        }
    };
}
/// The same for few rows that an index leads to: on SQLite reading them takes less than handing the statement to another
/// thread.
macro_rules! few {
    ($store:expr, $statement:expr, $types:ty) => {
        match &$store.engine {
            $crate::store::Engine::Sqlite(store) => store
                .with_reader(|connection| $crate::sqlite::load(connection, $statement.returning::<$types>())),
            $crate::store::Engine::Postgres(_) => $crate::store::select!($store, $statement, $types),
        }
    };
}
pub(crate) use few;
pub(crate) use select;

/// Resources of one type that are read in one statement: so many take less than handing it to another thread.
const READ_TOGETHER: usize = 16;

/// Name of the setting that marks a database of invented people.
const DEMO: &str = "demo";

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Busy)?
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://...` and brings its layout up to date. PostgreSQL needs a
    /// multi-threaded tokio runtime for this one call.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        if let Some(path) = settings.url.strip_prefix("sqlite:") {
            let (path, settings) = (path.to_owned(), settings.clone());
            let store = blocking(move || SqliteStore::open(&path, &settings)).await?;
            Ok(Self::with(Engine::Sqlite(Arc::new(store))))
        } else if settings.url.starts_with("postgres://") || settings.url.starts_with("postgresql://") {
            let store = PostgresStore::open(settings).await?;
            Ok(Self::with(Engine::Postgres(Arc::new(store))))
        } else {
            Err(StoreError::Unusable("the database must be sqlite:PATH or postgres://...".to_owned()))
        }
    }

    fn with(engine: Engine) -> Self {
        Self {
            engine,
            crowds: Arc::default(),
            known_books: Arc::default(),
            known_kin: Arc::default(),
            known_people: Arc::default(),
            log_state: Arc::default(),
        }
    }

    /// The search parameters with the slot numbers of this database.
    /// They may be replaced at any time: whoever asks twice may get two answers.
    pub fn registry(&self) -> Arc<Registry> {
        self.current_registry().get()
    }

    pub(crate) fn current_registry(&self) -> &CurrentRegistry {
        match &self.engine {
            Engine::Sqlite(store) => &store.registry,
            Engine::Postgres(store) => &store.registry,
        }
    }

    /// The secret of this database that protects page links.
    pub fn link_key(&self) -> &[u8; 32] {
        match &self.engine {
            Engine::Sqlite(store) => &store.link_key,
            Engine::Postgres(store) => &store.link_key,
        }
    }

    /// A number that this open store has and no other.
    pub(crate) fn process(&self) -> i64 {
        match &self.engine {
            Engine::Sqlite(store) => store.process,
            Engine::Postgres(store) => store.process,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let statement = Statement::new("SELECT count(*) FROM key_block");
        let _: Vec<(i64,)> = select!(self, statement, (BigInt,))?;
        Ok(())
    }

    /// Lets PostgreSQL look at what its tables hold now. It does so by itself a while after much was written; until then it
    /// takes a full table for an empty one. SQLite needs no such look.
    pub async fn gather_statistics(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(store) => store.analyze().await,
        }
    }

    /// Gives back connections; what was queued before is still written, on SQLite before this returns. A SQLite database that
    /// nobody else has open is then whole in its own two files. What is asked afterwards may be refused.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(store) => store.close().await,
            Engine::Postgres(store) => store.close(),
        }
    }

    /// The current version of a resource, which may be a deletion; `None` when it does not exist for this
    /// caller.
    pub async fn read(
        &self,
        access: &Access,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<Option<Record>, StoreError> {
        let row = self.row(access, resource_type, id).await?;
        row.map(|row| record(row, Sight::of(access))).transpose()
    }

    /// The row of a current version that is there for the caller, whole.
    pub(crate) async fn row(
        &self,
        access: &Access,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<Option<VersionRow>, StoreError> {
        let gate = &self.gate(access).await?;
        let statement = query::read(&self.registry(), gate, resource_type, id);
        // A point read on SQLite takes some microseconds: less than handing it to another thread.
        let rows: Vec<VersionRow> = few!(self, statement, VersionTypes)?;
        Ok(rows.into_iter().next())
    }

    /// One version of a resource.
    pub async fn read_version(
        &self,
        access: &Access,
        resource_type: ResourceType,
        id: &LogicalId,
        version: VersionId,
    ) -> Result<Option<Record>, StoreError> {
        let gate = &self.gate(access).await?;
        let statement = query::read_version(&self.registry(), gate, resource_type, id, version);
        let rows: Vec<VersionRow> = select!(self, statement, VersionTypes)?;
        rows.into_iter().next().map(|row| record(row, Sight::of(access))).transpose()
    }

    /// The current versions of those of the resources that exist for this caller, in the order asked, each once.
    pub async fn read_many(
        &self,
        access: &Access,
        ids: &[(ResourceType, LogicalId)],
    ) -> Result<Vec<Record>, StoreError> {
        let gate = &self.gate(access).await?;
        let registry = self.registry();
        let mut of_types: BTreeMap<ResourceType, Vec<&LogicalId>> = BTreeMap::new();
        for (resource_type, id) in ids {
            of_types.entry(*resource_type).or_default().push(id);
        }
        let mut found = HashMap::with_capacity(ids.len());
        for (resource_type, ids) in of_types {
            for some in ids.chunks(READ_TOGETHER) {
                let statement = query::read_all(&registry, gate, resource_type, some);
                let rows: Vec<VersionRow> = few!(self, statement, VersionTypes)?;
                for row in rows {
                    let record = record(row, Sight::of(access))?;
                    if !record.is_deleted() {
                        found.insert((resource_type, record.id.clone()), record);
                    }
                }
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Writes a job: all of it, durably, or nothing.
    pub async fn write(&self, access: &Access, job: Job) -> Result<Vec<Written>, WriteError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let mut gates = Vec::with_capacity(job.expectations.len());
        for expectation in &job.expectations {
            gates.push(self.gate(&expectation.access).await?);
        }
        let signature = self.signature(access, &job).await?;
        let merges = job.merges_books();
        let queued = QueuedJob { access: access.clone(), gates, job, signature, reply };
        self.queue().try_send(Task::Job(Box::new(queued))).map_err(|_| WriteError::Busy)?;
        if !merges {
            return answer.await.map_err(|_| WriteError::Busy)?;
        }
        // By itself: it is done, too, when nobody waits for the answer any more.
        let known = Arc::clone(&self.known_kin);
        let answer = tokio::spawn(async move {
            let answer = answer.await;
            known.forget();
            answer
        });
        answer.await.ok().and_then(Result::ok).ok_or(WriteError::Busy)?
    }

    pub(crate) fn queue(&self) -> &tokio::sync::mpsc::Sender<Task> {
        match &self.engine {
            Engine::Sqlite(store) => &store.queue,
            Engine::Postgres(store) => &store.queue,
        }
    }

    /// Resources that refer to any of the targets through any of the slots.
    pub async fn reverse_includes(
        &self,
        access: &Access,
        slots: &[Slot],
        targets: &[(ResourceType, LogicalId)],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        if slots.is_empty() || targets.is_empty() {
            return Ok(Vec::new());
        }
        let gate = &self.gate(access).await?;
        let registry = self.registry();
        let hasher = registry.hasher();
        let tests: Vec<ReferenceTest> = targets
            .iter()
            .map(|(resource_type, id)| ReferenceTest {
                target: hasher.reference_id(id.as_str()),
                target_type: Some(type_number(*resource_type)),
            })
            .collect();
        let rows: Vec<VersionRow> =
            select!(self, query::reverse_includes(gate, slots, &tests, limit), VersionTypes)?;
        rows.into_iter().map(|row| record(row, Sight::of(access))).collect()
    }

    /// A page of one patient's book.
    pub async fn book(
        &self,
        access: &Access,
        patient: &LogicalId,
        types: &[ResourceType],
        since: Option<Instant>,
        after: Option<i64>,
        count: u32,
    ) -> Result<BookPage, StoreError> {
        let gate = &self.gate(access).await?;
        let Some(book) = self.book_of(Some(patient)).await? else {
            return Ok(BookPage { records: Vec::new(), next: None });
        };
        let books = self.with_kin(book, access.at()).await?;
        let statement = query::book_page(gate, &books, types, since, after.unwrap_or(0), count);
        let mut rows: Vec<VersionRow> = select!(self, statement, VersionTypes)?;
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(|row| row.1) } else { None };
        let shown = rows.into_iter().map(|row| record(row, Sight::of(access)));
        Ok(BookPage { records: shown.collect::<Result<_, _>>()?, next })
    }

    /// A page of history, newest first; the total is counted on the first page.
    pub async fn history(
        &self,
        access: &Access,
        scope: &HistoryScope,
        window: &HistoryWindow,
    ) -> Result<HistoryPage, StoreError> {
        let gate = &self.gate(access).await?;
        let total = if window.after.is_none() {
            let rows: Vec<(i64,)> =
                select!(self, query::history_total(&self.registry(), gate, scope, window), (BigInt,))?;
            rows.first().and_then(|(count,)| u64::try_from(*count).ok())
        } else {
            None
        };
        let mut rows: Vec<VersionRow> =
            select!(self, query::history(&self.registry(), gate, scope, window), VersionTypes)?;
        let wanted = usize::try_from(window.count).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let cursor = |row: &VersionRow| HistoryCursor { updated: row.5, key: row.1, version: row.4 };
        let cursors: Vec<HistoryCursor> = rows.iter().map(cursor).collect();
        let next = if more { cursors.last().copied() } else { None };
        let shown = rows.into_iter().map(|row| record(row, Sight::of(access)));
        let records = shown.collect::<Result<_, _>>()?;
        Ok(HistoryPage { records, cursors, next, total })
    }

    /// The moment of a walk that begins now: everything that is committed was stored until then, everything else will
    /// be stored later.
    pub async fn moment(&self) -> Result<Instant, StoreError> {
        let rows: Vec<(i64,)> = few!(self, query::newest(), (BigInt,))?;
        Ok(Instant::from_microseconds(rows.first().map_or(0, |(updated,)| *updated)))
    }

    /// Number of current resources by type.
    pub async fn counts(&self) -> Result<Vec<(ResourceType, u64)>, StoreError> {
        let rows: Vec<(i16, i64)> = select!(self, query::counts(), (SmallInt, BigInt))?;
        rows.into_iter()
            .map(|(kind, count)| Ok((type_of(kind)?, u64::try_from(count).unwrap_or(0))))
            .collect()
    }

    /// What [`Store::mark_demo`] left; `None` in every other database.
    pub async fn demo(&self) -> Result<Option<String>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = select!(self, query::setting(DEMO), (Binary,))?;
        rows.into_iter()
            .next()
            .map(|(value,)| String::from_utf8(value).map_err(|_| StoreError::Corrupt))
            .transpose()
    }

    /// Marks the database as one of invented people, with a description of who they are. Tokens are handed
    /// out for such a database only.
    pub async fn mark_demo(&self, description: &str) -> Result<(), StoreError> {
        let statement = query::put_setting(DEMO, description.as_bytes().to_vec());
        match &self.engine {
            Engine::Sqlite(store) => {
                let store = Arc::clone(store);
                blocking(move || store.with_extra_writer(|connection| sqlite::execute(connection, statement)))
                    .await?
            }
            Engine::Postgres(store) => postgres::execute(&mut *store.reader().await?, statement).await?,
        };
        Ok(())
    }

    /// Book and key of an id.
    pub(crate) async fn place(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        let statement = query::place(&self.registry(), resource_type, id);
        let rows: Vec<(i64, i64)> = few!(self, statement, (BigInt, BigInt))?;
        Ok(rows.into_iter().next())
    }
}
