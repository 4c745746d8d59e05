//! Giving positions to what waits: one step, one transaction.
//!
//! Everything is read and worked out first; then the writer of the database stores it, if the log still ends where it
//! ended when that was read. Of several servers that work at once exactly one gets through, and nothing is appended twice.

use std::collections::BTreeSet;
use std::time::Duration;

use audit_log::tree::{BLOCK_LENGTH, Gathered, NodeId, root, wanted_for_root};
use audit_log::{Checkpoint, Hash, LogName, LogWriter, PlacedBlock, SigningKey, StoredBlock};
use diesel::sql_types::Binary;
use fhir::Instant;
use search::Hasher;

use super::origin_of_versions::is_write;
use super::sequence_error::SequenceError;
use super::sql::{self, BlockRow, BlockTypes, CheckpointRow, CheckpointTypes, Named};
use super::tree::{broken, in_range, stored_block};
use super::waiting_rows::Waiting;
use crate::statement::Statement;
use crate::store::{Store, blocking, few};
use crate::write::Upkeep;
use crate::{StoreError, query};

/// Name of the setting that says where the log ends: its size, the number of the step, and on SQLite the number up to which
/// rows were taken from the file beside the database (8 bytes each, big endian).
pub(crate) const END: &str = "log-end";
/// Requests that began before midnight are over so long after it: a checkpoint from then on holds all of the day before.
pub(super) const DAY_SETTLES: i64 = 60 * 1_000_000;
/// Asia/Ho_Chi_Minh, which has had no summer time since 1975.
const ZONE: i64 = 7 * 3_600 * 1_000_000;
const DAY: i64 = 24 * 3_600 * 1_000_000;
/// What clocks of several servers may differ by, in microseconds.
const AHEAD: i64 = 10 * SECOND;
const SECOND: i64 = 1_000_000;

/// What a step has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequenced {
    /// Entries that have got a position.
    pub entries: u64,
    /// Entries of the log.
    pub size: u64,
    /// What was signed.
    pub checkpoint: Option<Checkpoint>,
    /// Whether more waits.
    pub more: bool,
    /// Whether another server was faster: then nothing was done.
    pub elsewhere: bool,
    /// The time of the last checkpoint, where it lies so far in the future that none is signed for long.
    pub ahead: Option<Instant>,
}

/// Where the log ends, as the setting has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct End {
    size: u64,
    step: u64,
    /// Up to which number rows were taken from the file beside a SQLite database. 0 where none ever was.
    pub(super) beside: i64,
    bytes: Option<Vec<u8>>,
}

impl End {
    fn read(bytes: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let Some(stored) = &bytes else { return Ok(Self::default()) };
        let (numbers, rest) = stored.as_chunks::<8>();
        let (size, step, beside) = match (numbers, rest) {
            ([size, step], []) => (size, step, &[0; 8]),
            ([size, step, beside], []) => (size, step, beside),
            _ => return Err(StoreError::Corrupt),
        };
        let beside = i64::from_be_bytes(*beside);
        Ok(Self { size: u64::from_be_bytes(*size), step: u64::from_be_bytes(*step), beside, bytes })
    }

    /// The statement that only one of several carries out.
    fn claim(&self, size: u64, waiting: &Waiting) -> Statement {
        let mut after = [size.to_be_bytes(), self.step.wrapping_add(1).to_be_bytes()].concat();
        let beside = waiting.beside.last().map_or(self.beside, |(number, _)| *number);
        if beside > 0 {
            after.extend_from_slice(&beside.to_be_bytes());
        }
        query::claim(END, self.bytes.as_deref(), after)
    }
}

/// What a step appends.
struct Appended {
    writer: LogWriter,
    entries: u64,
    blocks: Vec<PlacedBlock>,
    people: BTreeSet<(i64, u64)>,
    organizations: BTreeSet<(i64, u64)>,
    /// Resources in nobody's book that were written.
    resources: BTreeSet<(i64, u64)>,
}

/// Up to which number rows were taken from the file beside the database, as the setting [`END`] says.
pub(crate) fn taken_from_beside(end: Option<Vec<u8>>) -> Result<i64, StoreError> {
    Ok(End::read(end)?.beside)
}

impl Store {
    /// Gives positions to what waits, and signs a checkpoint when something came and the last one is older than `every`,
    /// and once on every day. What is signed already is compared first: nothing is signed on top of what was changed.
    ///
    /// # Errors
    /// [`SequenceError::Damaged`] when the log is damaged or was cut, [`SequenceError::Key`] when it is that of another key,
    /// [`SequenceError::WaitingFile`] when what waits is not where this server has left it.
    pub async fn sequence(
        &self,
        key: &SigningKey,
        every: Duration,
        now: Instant,
    ) -> Result<Sequenced, SequenceError> {
        self.step(key, every, now, false).await
    }

    /// Signs the log as it is by a key that follows the one that has signed it last: from then on a server that has that one
    /// appends nothing. Gives positions to what waits, too. No checkpoint is given where another server was faster.
    ///
    /// # Errors
    /// As [`Self::sequence`]; [`SequenceError::Key`] where the key that it follows has signed more meanwhile.
    pub async fn sign_log_by_next_key(
        &self,
        next: &SigningKey,
        now: Instant,
    ) -> Result<Sequenced, SequenceError> {
        self.step(next, Duration::ZERO, now, true).await
    }

    async fn step(
        &self,
        key: &SigningKey,
        every: Duration,
        now: Instant,
        is_renewed: bool,
    ) -> Result<Sequenced, SequenceError> {
        self.waits_in_its_place().await?;
        let end = self.log_end().await;
        let end = end.map_err(|error| {
            SequenceError::at(error, || format!("the setting {END} cannot be read (table setting)"))
        })?;
        let waiting = self.waiting_entries(&end).await?;
        let signed = self.last_log_checkpoint(key).await?;
        let mut time = signed.as_ref().map_or(now, |signed| signed.time().max(now));
        if let Some(signed) = signed.as_ref().filter(|_| is_renewed) {
            // Of one size and second there is one checkpoint.
            time = time.max(Instant::from_microseconds(signed.time().microseconds() + SECOND));
        }
        let is_new_day = waiting.is_all && is_new_day(signed.as_ref(), time);
        let is_late = signed.as_ref().is_none_or(|signed| is_older(signed, time, every));
        let is_behind = signed.as_ref().map_or(0, Checkpoint::size) < end.size;
        let done = Sequenced {
            entries: 0,
            size: end.size,
            checkpoint: None,
            more: !waiting.is_all,
            elsewhere: false,
            ahead: signed.as_ref().map(Checkpoint::time).filter(|time| is_ahead(*time, now)),
        };
        let is_to_be_signed = is_new_day || is_renewed || (is_behind && is_late);
        if waiting.is_empty() && !is_to_be_signed {
            return Ok(done);
        }
        let Some(writer) = self.resumed(&end, key, signed.as_ref()).await? else {
            return Ok(Sequenced { elsewhere: true, more: true, ..done });
        };
        self.forget_taken(&end);
        let hasher = self.registry().hasher().clone();
        let (appended, waiting) = blocking(move || Ok((append(writer, &waiting, &hasher), waiting))).await?;
        let appended = appended.map_err(|error| SequenceError::at(error, || waiting.unreadable()))?;
        let size = appended.writer.size();
        let is_longer = signed.is_none_or(|signed| signed.size() < size);
        let checkpoint =
            ((is_longer && is_late) || is_new_day || is_renewed).then(|| appended.writer.checkpoint(time));
        let mut statements = statements(&appended);
        statements.extend(waiting.removal());
        if let Some(checkpoint) = &checkpoint {
            let note = checkpoint.sign(key).map_err(|error| StoreError::Unusable(error.to_string()))?;
            statements.push(sql::put_checkpoint(size, checkpoint.time().microseconds(), note));
        }
        let claim = end.claim(size, &waiting);
        let upkeep = Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None };
        if !self.upkeep(upkeep).await? {
            return Ok(Sequenced { elsewhere: true, more: true, ..done });
        }
        if let Some(checkpoint) = &checkpoint {
            self.log_state.set_checkpoint(checkpoint.time());
        }
        Ok(Sequenced { entries: appended.entries, size, checkpoint, ..done })
    }

    pub(super) async fn log_end(&self) -> Result<End, StoreError> {
        let rows: Vec<(Vec<u8>,)> = few!(self, query::setting(END), (Binary,))?;
        End::read(rows.into_iter().next().map(|(bytes,)| bytes))
    }

    /// Entries of the log that have a position.
    pub async fn log_size(&self) -> Result<u64, StoreError> {
        Ok(self.log_end().await?.size)
    }

    /// The last checkpoint, which must be one of this key.
    async fn last_log_checkpoint(&self, key: &SigningKey) -> Result<Option<Checkpoint>, SequenceError> {
        let rows: Vec<CheckpointRow> = few!(self, sql::last_checkpoint(), CheckpointTypes)?;
        let Some((size, time, note)) = rows.into_iter().next() else { return Ok(None) };
        self.log_state.set_checkpoint(Instant::from_microseconds(time));
        match Checkpoint::open(&note, key.verifying()) {
            Ok(signed) => Ok(Some(signed)),
            // A key that was given up, and a server that has it still, are another one.
            Err(error) if error.is_of_another_key() => Err(SequenceError::Key(signer(&note))),
            Err(error) => {
                Err(SequenceError::Damaged(format!("log_checkpoint: the last one, of size {size}: {error}")))
            }
        }
    }

    /// The end of the log, to be gone on with. `None` when another server has moved it meanwhile.
    async fn resumed(
        &self,
        end: &End,
        key: &SigningKey,
        signed: Option<&Checkpoint>,
    ) -> Result<Option<LogWriter>, SequenceError> {
        let resumed = self.at_its_end(end, key, signed).await;
        // Only what nobody has moved meanwhile must hold together.
        if resumed.is_err() && self.log_end().await? != *end {
            return Ok(None);
        }
        resumed.map(Some)
    }

    async fn at_its_end(
        &self,
        end: &End,
        key: &SigningKey,
        signed: Option<&Checkpoint>,
    ) -> Result<LogWriter, SequenceError> {
        let rows: Vec<BlockRow> = few!(self, sql::last_block(), BlockTypes)?;
        let last = rows.into_iter().next().map(stored_block).transpose();
        let last =
            last.map_err(|error| SequenceError::at(error, || "log_block: the last block is damaged".into()))?;
        let size = last.as_ref().map_or(0, |(number, block)| behind(*number, block));
        let damaged = |text: String| Err(SequenceError::Damaged(text));
        if size != end.size {
            let of = end.size;
            return damaged(format!(
                "log_block ends behind {size} entries, the setting {END} says {of}: blocks or the setting were changed"
            ));
        }
        // The step that brings the first entry signs it. Without what was compared with, anything would be signed.
        if signed.is_none() && size > 0 {
            return damaged(format!(
                "log_checkpoint is empty, log_block ends behind {size} entries: the checkpoints were taken away"
            ));
        }
        if let Some(signed) = signed.map(Checkpoint::size).filter(|signed| *signed > size) {
            return damaged(format!(
                "log_block ends behind {size} entries, the last checkpoint is of {signed}: the log was cut"
            ));
        }
        let number = last.as_ref().map_or(0, |(number, _)| *number);
        self.checked(size, last.map(|(_, block)| block), key, signed).await.map_err(|error| {
            let signed = signed.map_or(0, Checkpoint::size);
            SequenceError::at(error, || {
                format!(
                    "log_block or log_node: the {size} entries up to block {number} are not those of which the checkpoint \
                     of size {signed} was signed"
                )
            })
        })
    }

    async fn checked(
        &self,
        size: u64,
        last: Option<StoredBlock>,
        key: &SigningKey,
        signed: Option<&Checkpoint>,
    ) -> Result<LogWriter, StoreError> {
        let mut wanted = in_range(wanted_for_root(size)).ok_or(StoreError::Corrupt)?;
        if let Some(signed) = signed {
            let more = in_range(wanted_for_root(signed.size())).ok_or(StoreError::Corrupt)?;
            wanted.nodes.extend(more.nodes);
            wanted.blocks.extend(more.blocks);
        }
        let gathered = self.gather(&wanted).await?;
        if let Some(signed) = signed
            && root(&gathered, signed.size()).map_err(broken)? != signed.root()
        {
            return Err(StoreError::Corrupt);
        }
        resume(key.verifying().name().clone(), size, last.as_ref(), &gathered)
    }
}

/// Who signed a note of which our key knows nothing, as far as it says so: for a line of the log.
fn signer(note: &str) -> String {
    match note.lines().next().and_then(|line| line.parse::<LogName>().ok()) {
        Some(name) => format!(" ({name})"),
        None => String::new(),
    }
}

fn is_ahead(signed: Instant, now: Instant) -> bool {
    signed.microseconds().saturating_sub(now.microseconds()) > AHEAD
}

/// The position behind a block.
pub(super) fn behind(number: u64, block: &StoredBlock) -> u64 {
    number.saturating_mul(BLOCK_LENGTH as u64).saturating_add(block.count() as u64)
}

fn resume(
    log: LogName,
    size: u64,
    last: Option<&StoredBlock>,
    gathered: &Gathered,
) -> Result<LogWriter, StoreError> {
    // A full block is not gone on with.
    let last = last.filter(|block| block.count() < BLOCK_LENGTH);
    LogWriter::resume(log, size, last, gathered).map_err(|_| StoreError::Corrupt)
}

fn append(mut writer: LogWriter, waiting: &Waiting, hasher: &Hasher) -> Result<Appended, StoreError> {
    let mut blocks = Vec::new();
    let (mut people, mut organizations, mut resources) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let before = writer.size();
    for entry in waiting.in_order()? {
        let block = writer.size() / BLOCK_LENGTH as u64;
        if !entry.patient.is_empty() {
            people.insert((hasher.reference_id(&entry.patient), block));
        } else if is_write(&entry) {
            resources.insert((hasher.reference_id(&entry.resource), block));
        }
        if !entry.organization.is_empty() {
            organizations.insert((hasher.reference_id(&entry.organization), block));
        }
        blocks.extend(writer.push(&entry));
    }
    let entries = writer.size() - before;
    if entries > 0 {
        blocks.extend(writer.unfinished());
    }
    Ok(Appended { writer, entries, blocks, people, organizations, resources })
}

fn statements(appended: &Appended) -> Vec<Statement> {
    let mut statements: Vec<Statement> = appended.blocks.iter().map(sql::put_block).collect();
    let nodes = |placed: &PlacedBlock| -> Vec<(NodeId, Hash)> {
        LogWriter::node_ids(placed).zip(placed.nodes.iter().copied()).collect()
    };
    let nodes: Vec<(NodeId, Hash)> = appended.blocks.iter().flat_map(nodes).collect();
    statements.extend(sql::put_nodes(&nodes));
    let rows = |named: &BTreeSet<(i64, u64)>| -> Vec<(i64, u64)> { named.iter().copied().collect() };
    statements.extend(sql::put_named(Named::Person, &rows(&appended.people)));
    statements.extend(sql::put_named(Named::Organization, &rows(&appended.organizations)));
    statements.extend(sql::put_named(Named::Resource, &rows(&appended.resources)));
    statements
}

fn is_older(signed: &Checkpoint, now: Instant, every: Duration) -> bool {
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
    now.microseconds().saturating_sub(signed.time().microseconds()) >= every
}

/// Whether the last checkpoint is of a day before.
fn is_new_day(signed: Option<&Checkpoint>, now: Instant) -> bool {
    signed.is_some_and(|signed| settled_day(signed.time()) < settled_day(now))
}

/// The day, counted from 1970, that a checkpoint of this time closes the day before of.
fn settled_day(time: Instant) -> i64 {
    time.microseconds().saturating_sub(DAY_SETTLES).saturating_add(ZONE).div_euclid(DAY)
}

/// From when on a checkpoint holds all of a day, counted from 1970.
pub(super) fn day_is_over(day: i64) -> i64 {
    day.saturating_add(1).saturating_mul(DAY).saturating_sub(ZONE).saturating_add(DAY_SETTLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_a_minute_after_midnight_in_vietnam() {
        let at = |text: &str| Instant::try_from(text).unwrap();
        let day = settled_day(at("2026-11-28T17:00:59Z"));
        assert_eq!(settled_day(at("2026-11-28T17:01:00Z")), day + 1);
        assert_eq!(settled_day(at("2026-11-28T16:59:00Z")), day);
        assert_eq!(Instant::from_microseconds(day_is_over(day)), at("2026-11-28T17:01:00Z"));
    }
}
