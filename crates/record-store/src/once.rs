//! Requests that have their effect once, however often they are sent: what was written under a key is kept in the
//! transaction that writes it (`docs/contract.md`, section 5).

use std::collections::HashSet;
use std::future::Future;

use diesel::sql_types::{BigInt, Binary, Text};
use fhir::{Instant, LogicalId, ResourceType, VersionId};

use crate::statement::{Bind, Statement};
use crate::store::{Store, few};
use crate::write::Upkeep;
use crate::{Effect, StoreError, Write, Written};

tokio::task_local! {
    static CURRENT: Once;
}

/// How long an answer is kept, in microseconds.
const LIFE: i64 = 24 * 60 * 60 * 1_000_000;

/// Answers that are removed at a time.
const REMOVED_AT_ONCE: i64 = 10_000;

/// A request that has its effect once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Hash of the caller and of the key.
    pub key: [u8; 32],
    /// Hash of what is asked.
    pub request: [u8; 32],
    /// What is to be known besides, when the answer is made again.
    pub note: String,
}

impl Once {
    /// Runs work whose first job is written once. A second one is refused
    /// ([`WriteError::Repeated`](crate::WriteError::Repeated)).
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The request that the running task works for.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs a write of the running task with a note.
    pub async fn noting<F: Future>(note: impl FnOnce() -> String, work: F) -> F::Output {
        match Self::current() {
            Some(once) => Self { note: note(), ..once }.scope(work).await,
            None => work.await,
        }
    }

    /// A name that is the same for everybody who writes under this key: they wait for each other.
    pub(crate) fn lock_name(&self) -> String {
        self.key.iter().fold("once ".to_owned(), |name, byte| format!("{name}{byte:02x}"))
    }
}

/// What was written under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Hash of what was asked.
    pub request: [u8; 32],
    /// [`Once::note`]
    pub note: String,
    /// The writes, in the order of the job.
    pub writes: Vec<KeptWrite>,
}

/// What came of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWrite {
    /// Type of the resource.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: LogicalId,
    /// The version that was current then.
    pub version: VersionId,
    /// When that was stored.
    pub last_updated: Instant,
    /// What happened.
    pub effect: Effect,
}

/// The letters of effects. They stand in databases: they never change.
const EFFECTS: [(Effect, char); 5] = [
    (Effect::Created, 'c'),
    (Effect::Updated, 'u'),
    (Effect::Unchanged, 's'),
    (Effect::Deleted, 'd'),
    (Effect::NothingToDelete, 'n'),
];

impl KeptWrite {
    /// As a line of text.
    fn line(write: &Write, written: &Written) -> String {
        let letter = EFFECTS.iter().find(|(effect, _)| *effect == written.effect).map_or('c', |it| it.1);
        let updated = written.last_updated.microseconds();
        format!("{}/{} {} {updated} {letter}\n", write.resource_type, write.id, written.version)
    }

    fn read(line: &str) -> Option<Self> {
        let mut parts = line.split(' ');
        let (resource_type, id) = parts.next()?.split_once('/')?;
        let (version, updated) = (parts.next()?, parts.next()?.parse().ok()?);
        let letter = parts.next()?.chars().next()?;
        Some(Self {
            resource_type: resource_type.parse().ok()?,
            id: LogicalId::try_from(id).ok()?,
            version: VersionId::try_from(version).ok()?,
            last_updated: Instant::from_microseconds(updated),
            effect: EFFECTS.iter().find(|(_, of)| *of == letter)?.0,
        })
    }
}

/// The answers of a batch: those that are there, and those that come along.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    known: HashSet<Vec<u8>>,
    statements: Vec<Statement>,
}

impl Answers {
    /// Those keys are used already.
    pub(crate) fn know(&mut self, keys: impl IntoIterator<Item = Vec<u8>>) {
        self.known.extend(keys);
    }

    pub(crate) fn has(&self, once: &Once) -> bool {
        self.known.contains(&once.key[..])
    }

    /// Keeps what a job has written.
    pub(crate) fn keep(&mut self, once: &Once, writes: &[Write], written: &[Written], now: i64) {
        self.known.insert(once.key.to_vec());
        let lines = writes.iter().zip(written).map(|(write, written)| KeptWrite::line(write, written));
        let mut statement =
            Statement::new("INSERT INTO kept_answer (request_key, request, stored, note, written) VALUES (");
        statement.bind(Bind::Bytes(once.key.to_vec())).sql(",").bind(Bind::Bytes(once.request.to_vec()));
        statement.sql(",").big(now).sql(",").bind(Bind::Text(once.note.clone()));
        statement.sql(",").bind(Bind::Text(lines.collect()));
        statement.sql(
            ") ON CONFLICT (request_key) DO UPDATE SET request = excluded.request, stored = excluded.stored, \
             note = excluded.note, written = excluded.written",
        );
        self.statements.push(statement);
    }

    pub(crate) fn into_statements(self) -> Vec<Statement> {
        self.statements
    }
}

/// Which of these keys are used.
pub(crate) fn used_keys(keys: Vec<Bind>, now: i64) -> Statement {
    let mut statement = Statement::new("SELECT k.request_key FROM kept_answer k WHERE k.stored > ");
    statement.big(now.saturating_sub(LIFE)).sql(" AND k.request_key IN (").list(keys).sql(")");
    statement
}

impl Store {
    /// What was written under a key within the last day.
    pub async fn kept_answer(&self, key: &[u8; 32], now: Instant) -> Result<Option<KeptAnswer>, StoreError> {
        let mut statement = Statement::new("SELECT k.request, k.note, k.written FROM kept_answer k");
        statement.sql(" WHERE k.request_key = ").bind(Bind::Bytes(key.to_vec()));
        statement.sql(" AND k.stored > ").big(now.microseconds().saturating_sub(LIFE));
        let rows: Vec<(Vec<u8>, String, String)> = few!(self, statement, (Binary, Text, Text))?;
        let Some((request, note, written)) = rows.into_iter().next() else { return Ok(None) };
        let request = request.as_slice().try_into().map_err(|_| StoreError::Corrupt)?;
        let writes: Option<Vec<KeptWrite>> = written.lines().map(KeptWrite::read).collect();
        Ok(Some(KeptAnswer { request, note, writes: writes.ok_or(StoreError::Corrupt)? }))
    }

    /// Removes answers that are older than a day, some at a time.
    pub async fn remove_old_answers(&self, now: Instant) -> Result<(), StoreError> {
        let before = now.microseconds().saturating_sub(LIFE);
        let old: Vec<(i64,)> = few!(
            self,
            {
                let mut statement = Statement::new("SELECT count(*) FROM kept_answer k WHERE k.stored <= ");
                statement.big(before);
                statement
            },
            (BigInt,)
        )?;
        // The writer is not held up for nothing.
        if old.first().is_none_or(|(count,)| *count == 0) {
            return Ok(());
        }
        let mut statement = Statement::new(
            "DELETE FROM kept_answer WHERE request_key IN (SELECT k.request_key FROM kept_answer k WHERE k.stored <= ",
        );
        statement.big(before).sql(" ORDER BY k.stored LIMIT ").big(REMOVED_AT_ONCE).sql(")");
        let claim = Statement::new("UPDATE key_block SET next_key = next_key WHERE id = 1");
        let statements = vec![statement];
        self.upkeep(Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None })
            .await
            .map(drop)
    }
}
