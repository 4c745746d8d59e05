//! Giving positions to what waits: one step, one transaction.
//!
//! Everything is read and worked out first; then the writer of the database stores it, if the log still ends where it
//! ended when that was read. Of several servers that work at once exactly one gets through, and nothing is appended twice.

use std::collections::BTreeSet;
use std::time::Duration;

use audit_log::tree::{BLOCK_LENGTH, Gathered, NodeId, root, wanted_for_root};
use audit_log::{Checkpoint, Hash, LogName, LogWriter, PlacedBlock, SigningKey, StoredBlock};
use diesel::sql_types::{BigInt, Binary, Integer};
use fhir::Instant;
use search::Hasher;

use super::origin_of_versions::is_write;
use super::sql::{self, BlockRow, BlockTypes, CheckpointRow, CheckpointTypes, Named};
use super::tree::{broken, in_range, stored_block};
use super::waiting;
use crate::statement::Statement;
use crate::store::{Store, blocking, few, select};
use crate::write::Upkeep;
use crate::{StoreError, query};

/// Name of the setting that says where the log ends: its size, and the number of the step.
const END: &str = "log-end";
/// Entries of one step. Other writes of the database wait meanwhile.
const MOST_ENTRIES: i64 = 4096;
/// Commits of one step.
const MOST_ROWS: i64 = 1024;
/// Requests that began before midnight are over so long after it: a checkpoint from then on holds all of the day before.
const DAY_SETTLES: i64 = 60 * 1_000_000;
/// Asia/Ho_Chi_Minh, which has had no summer time since 1975.
const ZONE: i64 = 7 * 3_600 * 1_000_000;
const DAY: i64 = 24 * 3_600 * 1_000_000;

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
}

/// Where the log ends, as the setting has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct End {
    size: u64,
    step: u64,
    bytes: Option<Vec<u8>>,
}

impl End {
    fn read(bytes: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let Some(stored) = &bytes else { return Ok(Self::default()) };
        let (size, step) = stored.split_first_chunk::<8>().ok_or(StoreError::Corrupt)?;
        let step: [u8; 8] = step.try_into().map_err(|_| StoreError::Corrupt)?;
        Ok(Self { size: u64::from_be_bytes(*size), step: u64::from_be_bytes(step), bytes })
    }

    /// The statement that only one of several carries out.
    fn claim(&self, size: u64) -> Statement {
        let after = [size.to_be_bytes(), self.step.wrapping_add(1).to_be_bytes()].concat();
        query::claim(END, self.bytes.as_deref(), after)
    }
}

/// What waits, and which rows it is.
struct Waiting {
    rows: Vec<(i64, Vec<u8>)>,
    /// Whether that is everything.
    is_all: bool,
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

impl Store {
    /// Gives positions to what waits, and signs a checkpoint when something came and the last one is older than `every`,
    /// and once on every day. What is signed already is compared first: nothing is signed on top of what was changed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the log is damaged or was cut, [`StoreError::Unusable`] when it is that of another key.
    pub async fn sequence(
        &self,
        key: &SigningKey,
        every: Duration,
        now: Instant,
    ) -> Result<Sequenced, StoreError> {
        let end = self.log_end().await?;
        let waiting = self.waiting_entries().await?;
        let signed = self.last_log_checkpoint(key).await?;
        let time = signed.as_ref().map_or(now, |signed| signed.time().max(now));
        let is_new_day = waiting.is_all && is_new_day(signed.as_ref(), time);
        let is_late = signed.as_ref().is_none_or(|signed| is_older(signed, time, every));
        let is_behind = signed.as_ref().map_or(0, Checkpoint::size) < end.size;
        let done = Sequenced {
            entries: 0,
            size: end.size,
            checkpoint: None,
            more: !waiting.is_all,
            elsewhere: false,
        };
        if waiting.rows.is_empty() && !is_new_day && !(is_behind && is_late) {
            return Ok(done);
        }
        let Some(writer) = self.resumed(&end, key, signed.as_ref()).await? else {
            return Ok(Sequenced { elsewhere: true, more: true, ..done });
        };
        let hasher = self.registry().hasher().clone();
        let numbers: Vec<i64> = waiting.rows.iter().map(|(number, _)| *number).collect();
        let appended = blocking(move || append(writer, &waiting.rows, &hasher)).await?;
        let size = appended.writer.size();
        let is_longer = signed.is_none_or(|signed| signed.size() < size);
        let checkpoint = ((is_longer && is_late) || is_new_day).then(|| appended.writer.checkpoint(time));
        let mut statements = statements(&appended, &numbers);
        if let Some(checkpoint) = &checkpoint {
            let note = checkpoint.sign(key).map_err(|error| StoreError::Unusable(error.to_string()))?;
            statements.push(sql::put_checkpoint(size, checkpoint.time().microseconds(), note));
        }
        let claim = end.claim(size);
        let upkeep = Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None };
        if !self.upkeep(upkeep).await? {
            return Ok(Sequenced { elsewhere: true, more: true, ..done });
        }
        Ok(Sequenced { entries: appended.entries, size, checkpoint, ..done })
    }

    async fn log_end(&self) -> Result<End, StoreError> {
        let rows: Vec<(Vec<u8>,)> = few!(self, query::setting(END), (Binary,))?;
        End::read(rows.into_iter().next().map(|(bytes,)| bytes))
    }

    /// Entries of the log that have a position.
    pub async fn log_size(&self) -> Result<u64, StoreError> {
        Ok(self.log_end().await?.size)
    }

    async fn waiting_entries(&self) -> Result<Waiting, StoreError> {
        let counted: Vec<(i64, i32)> = few!(self, waiting::oldest(MOST_ROWS), (BigInt, Integer))?;
        let mut is_all = i64::try_from(counted.len()).is_ok_and(|rows| rows < MOST_ROWS);
        let mut until = None;
        let mut entries = 0;
        for (number, count) in counted {
            if until.is_some() && entries + i64::from(count) > MOST_ENTRIES {
                is_all = false;
                break;
            }
            entries += i64::from(count.max(0));
            until = Some(number);
        }
        let rows: Vec<(i64, Vec<u8>)> = match until {
            Some(number) => select!(self, waiting::until(number), waiting::RowTypes)?,
            None => Vec::new(),
        };
        Ok(Waiting { rows, is_all })
    }

    /// The last checkpoint, which must be one of this key.
    async fn last_log_checkpoint(&self, key: &SigningKey) -> Result<Option<Checkpoint>, StoreError> {
        let rows: Vec<CheckpointRow> = few!(self, sql::last_checkpoint(), CheckpointTypes)?;
        let Some((.., note)) = rows.into_iter().next() else { return Ok(None) };
        let opened = Checkpoint::open(&note, key.verifying());
        opened.map(Some).map_err(|error| {
            StoreError::Unusable(format!("the last checkpoint of the log of accesses: {error}"))
        })
    }

    /// The end of the log, to be gone on with. `None` when another server has moved it meanwhile.
    async fn resumed(
        &self,
        end: &End,
        key: &SigningKey,
        signed: Option<&Checkpoint>,
    ) -> Result<Option<LogWriter>, StoreError> {
        let rows: Vec<BlockRow> = few!(self, sql::last_block(), BlockTypes)?;
        let last = rows.into_iter().next().map(stored_block).transpose()?;
        let size = last.as_ref().map_or(0, |(number, block)| behind(*number, block));
        let signed_size = signed.map_or(0, Checkpoint::size);
        let resumed = if size == end.size && signed_size <= size {
            self.checked(end.size, last.map(|(_, block)| block), key, signed).await
        } else {
            Err(StoreError::Corrupt)
        };
        // Only what nobody has moved meanwhile must hold together.
        if resumed.is_err() && self.log_end().await? != *end {
            return Ok(None);
        }
        resumed.map(Some)
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

fn append(mut writer: LogWriter, rows: &[(i64, Vec<u8>)], hasher: &Hasher) -> Result<Appended, StoreError> {
    let mut blocks = Vec::new();
    let (mut people, mut organizations, mut resources) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let before = writer.size();
    for (_, bytes) in rows {
        for entry in waiting::entries(bytes)? {
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
    }
    let entries = writer.size() - before;
    if entries > 0 {
        blocks.extend(writer.unfinished());
    }
    Ok(Appended { writer, entries, blocks, people, organizations, resources })
}

fn statements(appended: &Appended, numbers: &[i64]) -> Vec<Statement> {
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
    statements.extend(sql::remove_waiting(numbers));
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
