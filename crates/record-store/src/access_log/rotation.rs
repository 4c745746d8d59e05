//! Blocks that leave the database for a file that stays verifiable. Their nodes and checkpoints stay.

use std::io::Write;

use audit_log::segment::{Header, SegmentWriter};
use audit_log::tree::{Appender, BLOCK_LENGTH};
use audit_log::{Checkpoint, VerifyingKey};
use fhir::Instant;

use super::sql::{self, CheckpointRow, CheckpointTypes};
use crate::StoreError;
use crate::statement::Statement;
use crate::store::{Store, select};
use crate::write::Upkeep;

/// Blocks that are removed in one transaction.
const REMOVED: u64 = 256;
const CHECKPOINTS: i64 = 1024;

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Number of its first block.
    pub first_block: u64,
    /// How many blocks it has.
    pub blocks: u64,
    /// The tree over everything before it.
    pub tree_before: Appender,
}

impl Store {
    /// Writes a segment of the oldest blocks, at most `most` of them: those that are full, whose entries are all older
    /// than a moment, and that are signed. `None` when there are none: then nothing is written.
    ///
    /// The blocks stay in the database until [`Store::remove_from_log`] is called, when the file is safe and verified.
    pub async fn write_segment<W: Write>(
        &self,
        key: &VerifyingKey,
        before: Instant,
        most: u64,
        out: impl FnOnce(u64) -> std::io::Result<W>,
    ) -> Result<Option<Rotated>, StoreError> {
        let Some(note) = self.log_checkpoint().await? else { return Ok(None) };
        let signed = Checkpoint::open(&note, key).map_err(|_| StoreError::Corrupt)?;
        let first = self.log_blocks(0).await?;
        let Some(first_block) = first.first().map(|(number, _)| *number) else { return Ok(None) };
        // The last block stays, so that the database knows where its log ends.
        let last_signed = signed.size().min(self.log_size().await?.saturating_sub(1)) / BLOCK_LENGTH as u64;
        let end = last_signed.min(first_block.saturating_add(most));
        let blocks = self.older_blocks(first_block, end, before).await?;
        if blocks == 0 {
            return Ok(None);
        }
        let position = first_block.saturating_mul(BLOCK_LENGTH as u64);
        let tree_before = self.tree_of_size(position).await?.ok_or(StoreError::Corrupt)?;
        let unwritten = |error: &dyn std::fmt::Display| StoreError::Unusable(format!("the segment: {error}"));
        let out = out(first_block).map_err(|error| unwritten(&error))?;
        let header = Header { log: key.name().clone(), first_block, blocks };
        let mut writer = SegmentWriter::new(out, &header).map_err(|error| unwritten(&error))?;
        let (mut next, end) = (first_block, first_block + blocks);
        let mut signed_before = (sql::signed(position), i64::MAX);
        if position == 0 {
            signed_before = (i64::MIN, i64::MIN);
        }
        while next < end {
            let rows = self.log_blocks(next).await?;
            if rows.is_empty() {
                return Err(StoreError::Corrupt);
            }
            for placed in self.with_nodes(rows).await? {
                if placed.number != next {
                    return Err(StoreError::Corrupt);
                }
                if next == end {
                    break;
                }
                next += 1;
                let size = next.saturating_mul(BLOCK_LENGTH as u64);
                for (size, time, note) in self.checkpoints_until(signed_before, size).await? {
                    signed_before = (size, time);
                    writer.checkpoint(&note).map_err(|error| unwritten(&error))?;
                }
                writer.block(&placed.block, &placed.nodes).map_err(|error| unwritten(&error))?;
            }
        }
        writer.finish().map_err(|error| unwritten(&error))?;
        Ok(Some(Rotated { first_block, blocks, tree_before }))
    }

    /// Removes the blocks of a segment from the database. Their nodes and checkpoints stay, so that the rest of the log
    /// can be proven to follow on them.
    pub async fn remove_from_log(&self, rotated: &Rotated) -> Result<(), StoreError> {
        let end = rotated.first_block.saturating_add(rotated.blocks);
        let mut from = rotated.first_block;
        while from < end {
            let until = end.min(from.saturating_add(REMOVED));
            let claim = Statement::new("UPDATE key_block SET next_key = next_key WHERE id = 1");
            let statements = vec![sql::remove_blocks(from, until)];
            self.upkeep(Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None }).await?;
            from = until;
        }
        Ok(())
    }

    /// How many blocks from one on hold nothing but entries from before a moment.
    async fn older_blocks(&self, first: u64, end: u64, before: Instant) -> Result<u64, StoreError> {
        let mut next = first;
        while next < end {
            let rows = self.log_blocks(next).await?;
            if rows.is_empty() {
                break;
            }
            for (number, block) in rows {
                let entries = block.entries().map_err(|_| StoreError::Corrupt)?;
                let is_older = entries.iter().all(|entry| entry.time < before);
                if number != next || next >= end || !is_older || entries.len() != BLOCK_LENGTH {
                    return Ok(next - first);
                }
                next += 1;
            }
        }
        Ok(next - first)
    }

    /// Checkpoints behind one of them up to a size.
    async fn checkpoints_until(
        &self,
        behind: (i64, i64),
        size: u64,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let mut found = Vec::new();
        let mut behind = behind;
        loop {
            let statement = sql::checkpoints_behind(behind, CHECKPOINTS);
            let rows: Vec<CheckpointRow> = select!(self, statement, CheckpointTypes)?;
            let read = rows.len();
            let within = rows.into_iter().take_while(|(of, ..)| *of <= sql::signed(size));
            let before = found.len();
            found.extend(within);
            match found.last() {
                Some((size, time, _)) if found.len() - before == read && read > 0 => behind = (*size, *time),
                _ => return Ok(found),
            }
        }
    }
}
