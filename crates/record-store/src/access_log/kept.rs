//! Single entries, proofs, and what was signed.

use audit_log::consistency::ConsistencyProof;
use audit_log::tree::{
    BLOCK_LENGTH, consistency_proof, inclusion_proof, wanted_for_consistency, wanted_for_inclusion,
};
use audit_log::{Checkpoint, Entry, Hash, VerifyingKey};
use fhir::Instant;

use super::page::block_of;
use super::sequence::{DAY_SETTLES, day_is_over};
use super::sql::{self, BlockRow, BlockTypes, CheckpointRow, CheckpointTypes};
use super::tree::{broken, in_range, stored_block};
use crate::StoreError;
use crate::store::{Store, few};

/// The first day.
const BEGINNING: jiff::civil::Date = jiff::civil::Date::constant(1970, 1, 1);

impl Store {
    /// The entry at a position; `None` when there is none or its block has left the database.
    pub async fn log_entry(&self, position: u64) -> Result<Option<Entry<'static>>, StoreError> {
        let rows: Vec<BlockRow> = few!(self, sql::blocks(&[block_of(position)]), BlockTypes)?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let (_, block) = stored_block(row)?;
        let place = (position % BLOCK_LENGTH as u64) as usize;
        if place >= block.count() {
            return Ok(None);
        }
        block.entry(place).map(Some).map_err(|_| StoreError::Corrupt)
    }

    /// The proof that the entry at a position is in the log of a size; `None` when there is no such position or size.
    pub async fn log_inclusion(&self, position: u64, size: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        let Some(wanted) = in_range(wanted_for_inclusion(position, size)) else { return Ok(None) };
        if size > self.log_size().await? {
            return Ok(None);
        }
        let gathered = self.gather(&wanted).await?;
        inclusion_proof(&gathered, position, size).map(Some).map_err(broken)
    }

    /// The proof that the log of a size begins with that of an older one; `None` when there are no such sizes, or when it
    /// needs entries that have left the database: those of the block in which one of the sizes lies.
    pub async fn log_consistency(&self, older: u64, size: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        let Some(wanted) = in_range(wanted_for_consistency(older, size)) else { return Ok(None) };
        if size > self.log_size().await? {
            return Ok(None);
        }
        let gathered = self.gather(&wanted).await?;
        if wanted.blocks.iter().any(|block| !gathered.blocks.contains_key(block)) {
            return Ok(None);
        }
        consistency_proof(&gathered, older, size).map(Some).map_err(broken)
    }

    /// The file that proves that the log of a size (where none is said, that of the last checkpoint) begins with that of an
    /// older one; `None` as [`Self::log_consistency`], and beyond the last checkpoint: nothing is proven that is not signed.
    pub async fn log_consistency_proof(
        &self,
        key: &VerifyingKey,
        first: u64,
        second: Option<u64>,
    ) -> Result<Option<ConsistencyProof>, StoreError> {
        let Some(note) = self.log_checkpoint().await? else { return Ok(None) };
        let signed = Checkpoint::open(&note, key).map_err(|_| StoreError::Corrupt)?.size();
        let second = second.unwrap_or(signed);
        if second > signed {
            return Ok(None);
        }
        let Some(proof) = self.log_consistency(first, second).await? else { return Ok(None) };
        let checkpoint = self.log_checkpoint_at(second).await?;
        Ok(Some(ConsistencyProof::new(key, (first, second), proof, checkpoint)))
    }

    /// The note of the last checkpoint that was made at a size.
    pub async fn log_checkpoint_at(&self, size: u64) -> Result<Option<String>, StoreError> {
        let rows: Vec<CheckpointRow> = few!(self, sql::checkpoint_within(size), CheckpointTypes)?;
        let is_it = |row: &CheckpointRow| row.0 == sql::signed(size);
        Ok(rows.into_iter().next().filter(is_it).map(|(.., note)| note))
    }

    /// The note of the last checkpoint.
    pub async fn log_checkpoint(&self) -> Result<Option<String>, StoreError> {
        let rows: Vec<CheckpointRow> = few!(self, sql::last_checkpoint(), CheckpointTypes)?;
        Ok(rows.into_iter().next().map(|(.., note)| note))
    }

    /// The notes of checkpoints larger than a size, in the order in which they were made.
    pub async fn log_checkpoints(&self, larger_than: u64, count: u32) -> Result<Vec<String>, StoreError> {
        let behind = (sql::signed(larger_than), i64::MAX);
        let statement = sql::checkpoints_behind(behind, i64::from(count));
        let rows: Vec<CheckpointRow> = few!(self, statement, CheckpointTypes)?;
        Ok(rows.into_iter().map(|(.., note)| note).collect())
    }

    /// The note of the last checkpoint of a log that was not larger than a size.
    pub async fn log_checkpoint_within(&self, size: u64) -> Result<Option<String>, StoreError> {
        let rows: Vec<CheckpointRow> = few!(self, sql::checkpoint_within(size), CheckpointTypes)?;
        Ok(rows.into_iter().next().map(|(.., note)| note))
    }

    /// The root of a day in Vietnam: the note of the first checkpoint that holds all of it. `None` for a day that is not
    /// over, and for one that ended before the log had an entry.
    pub async fn log_root_of_day(&self, day: jiff::civil::Date) -> Result<Option<String>, StoreError> {
        let number = (day - BEGINNING).get_days();
        let over = day_is_over(i64::from(number));
        let rows: Vec<CheckpointRow> = few!(self, sql::checkpoint_since(over), CheckpointTypes)?;
        let Some((.., note)) = rows.into_iter().next() else { return Ok(None) };
        let midnight = over.saturating_sub(DAY_SETTLES);
        let signed: Vec<CheckpointRow> = few!(self, sql::checkpoint_until(midnight), CheckpointTypes)?;
        if !signed.is_empty() {
            return Ok(Some(note));
        }
        // The first entry may have waited for its checkpoint. Once it has left the database, the checkpoint stands for it.
        let first = self.log_entry(0).await?;
        Ok(first.filter(|first| first.time.microseconds() < midnight).map(|_| note))
    }

    /// The note of the first checkpoint that was made at a moment or later.
    pub async fn log_checkpoint_since(&self, moment: Instant) -> Result<Option<String>, StoreError> {
        let statement = sql::checkpoint_since(moment.microseconds());
        let rows: Vec<CheckpointRow> = few!(self, statement, CheckpointTypes)?;
        Ok(rows.into_iter().next().map(|(.., note)| note))
    }
}
