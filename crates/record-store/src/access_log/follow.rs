//! Following the log by position: what was looked at, and what came of it, in one transaction (`docs/notices.md`, section 4).

use audit_log::Entry;
use audit_log::block::BlockReader;
use audit_log::tree::BLOCK_LENGTH;
use diesel::sql_types::{BigInt, Binary};
use fhir::Instant;
use search::Hasher;

use super::page::block_of;
use super::sql::{self, BlockRow, BlockTypes};
use super::tree::stored_block;
use crate::security::insert_record;
use crate::store::{Store, blocking, few, select};
use crate::write::Upkeep;
use crate::{SecurityRecord, StoreError, query};

/// The setting that says up to where the log was looked at.
const CURSOR: &str = "notice-cursor";

/// Up to where the log was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogCursor {
    position: u64,
    stored: Option<Vec<u8>>,
}

impl LogCursor {
    /// The first entry that was not looked at.
    pub fn position(&self) -> u64 {
        self.position
    }

    fn read(stored: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let Some(bytes) = stored else { return Ok(Self::default()) };
        let position: [u8; 8] = bytes.as_slice().try_into().map_err(|_| StoreError::Corrupt)?;
        Ok(Self { position: u64::from_be_bytes(position), stored: Some(bytes) })
    }
}

/// That a facility has been in a book.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BookReader {
    /// `Patient/..`
    pub patient: String,
    /// `Organization/..`
    pub organization: String,
}

impl BookReader {
    fn hashes(&self, hasher: &Hasher) -> (i64, i64) {
        (hasher.reference_id(&self.patient), hasher.reference_id(&self.organization))
    }
}

impl Store {
    /// Up to where the log was looked at.
    pub async fn log_cursor(&self) -> Result<LogCursor, StoreError> {
        let rows: Vec<(Vec<u8>,)> = few!(self, query::setting(CURSOR), (Binary,))?;
        LogCursor::read(rows.into_iter().next().map(|(bytes,)| bytes))
    }

    /// Entries from a position on that have one, of at most so many blocks, in their order. Those whose blocks have left the
    /// database are passed over.
    pub async fn log_entries_from(
        &self,
        position: u64,
        most_blocks: u32,
    ) -> Result<Vec<(u64, Entry<'static>)>, StoreError> {
        let statement = sql::blocks_from(block_of(position), i64::from(most_blocks));
        let rows: Vec<BlockRow> = select!(self, statement, BlockTypes)?;
        blocking(move || {
            let mut entries = Vec::new();
            for row in rows {
                let (number, block) = stored_block(row)?;
                let first = number.saturating_mul(BLOCK_LENGTH as u64);
                for (place, entry) in (first..).zip(BlockReader::new(&block).iter()) {
                    let entry = entry.map_err(|_| StoreError::Corrupt)?;
                    if place >= position {
                        entries.push((place, entry.into_owned()));
                    }
                }
            }
            Ok(entries)
        })
        .await
    }

    /// Those of the facilities that have been in those books before, as far as the cursor has come.
    pub async fn known_readers(&self, readers: &[BookReader]) -> Result<Vec<BookReader>, StoreError> {
        let hasher = self.registry().hasher().clone();
        let mut known = Vec::new();
        for part in readers.chunks(sql::ROWS) {
            let hashes: Vec<(i64, i64)> = part.iter().map(|reader| reader.hashes(&hasher)).collect();
            let rows: Vec<(i64, i64)> = few!(self, sql::known_readers(&hashes), (BigInt, BigInt))?;
            known.extend(
                part.iter().zip(&hashes).filter(|(_, pair)| rows.contains(pair)).map(|(it, _)| it.clone()),
            );
        }
        Ok(known)
    }

    /// Moves the cursor to a position, and with it notes which facilities have been in which books, and adds records where
    /// none of their kind and id lives: all of it, or nothing where the cursor stands elsewhere by now (`false`).
    pub async fn move_log_cursor(
        &self,
        from: &LogCursor,
        to: u64,
        readers: &[BookReader],
        records: Vec<SecurityRecord>,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let claim = query::claim(CURSOR, from.stored.as_deref(), to.to_be_bytes().to_vec());
        let hasher = self.registry().hasher().clone();
        let pairs: Vec<(i64, i64)> = readers.iter().map(|reader| reader.hashes(&hasher)).collect();
        let mut statements = sql::put_readers(&pairs);
        statements.extend(records.into_iter().map(|record| insert_record(record, now)));
        self.upkeep(Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None }).await
    }
}
