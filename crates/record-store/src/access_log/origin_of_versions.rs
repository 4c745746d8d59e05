//! Who made a version: its entry in the log of accesses, found by the time of the version and by who is named in the log.
//!
//! A checkpoint that was signed before the version was stored tells behind which position its entry stands; the index of
//! people (of a resource in nobody's book: that of resources) tells in which blocks behind it to look.

use std::collections::{HashMap, HashSet};

use audit_log::block::BlockReader;
use audit_log::{Action, Entry, Outcome};

use super::page::{MOST_WAITING, block_of};
use super::sql::{self, BlockRow, BlockTypes, CheckpointRow, CheckpointTypes, Named, unsigned};
use super::tree::stored_block;
use super::waiting_rows;
use crate::store::{Store, blocking, few, select};
use crate::{Record, StoreError};

/// How far the clocks of several servers may be apart.
const SLACK: i64 = 60 * 1_000_000;
/// What begins so long after a version was stored does not hold its entry.
const LATEST: i64 = 600 * 1_000_000;
/// Blocks that are read at once.
const BLOCKS: i64 = 4;
/// Blocks that are read for one version.
const MOST_BLOCKS: i64 = 64;

/// Resource and version.
type Name = (String, String);

/// Entries of the versions that are asked for, as far as they are found.
#[derive(Default)]
struct Search {
    wanted: HashSet<Name>,
    found: HashMap<Name, Entry<'static>>,
}

impl Search {
    fn take(&mut self, entry: Entry<'_>) {
        let name = (entry.resource.to_string(), entry.version.to_string());
        if is_write(&entry) && self.wanted.contains(&name) {
            self.found.entry(name).or_insert_with(|| entry.into_owned());
        }
    }
}

/// Whether an entry says that a version was made.
pub(super) fn is_write(entry: &Entry<'_>) -> bool {
    let writes = [Action::Create, Action::Update, Action::Patch, Action::Delete, Action::Background];
    writes.contains(&entry.action) && entry.outcome == Outcome::Success && !entry.version.is_empty()
}

fn name_of(record: &Record) -> Name {
    (format!("{}/{}", record.resource_type, record.id), record.version.to_string())
}

impl Store {
    /// The entries of the writes that have made these versions, in their order; `None` for one that is not in the database
    /// (any more): it was stored before there was a log, or its block is in a file.
    pub async fn writes_of(&self, versions: &[Record]) -> Result<Vec<Option<Entry<'static>>>, StoreError> {
        let mut search = Search { wanted: versions.iter().map(name_of).collect(), ..Search::default() };
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        // First what waits, then what has a position: what gets one meanwhile is found twice, not never.
        let rows = self.newest_with_writes(MOST_WAITING).await?;
        search = blocking(move || {
            for (_, bytes) in rows {
                waiting_rows::entries(&bytes)?.into_iter().for_each(|entry| search.take(entry));
            }
            Ok(search)
        })
        .await?;
        for version in versions {
            if !search.found.contains_key(&name_of(version)) {
                search = self.search_blocks(search, version).await?;
            }
        }
        Ok(versions.iter().map(|version| search.found.get(&name_of(version)).cloned()).collect())
    }

    async fn search_blocks(&self, search: Search, version: &Record) -> Result<Search, StoreError> {
        let stored = version.last_updated.microseconds();
        let statement = sql::checkpoint_until(stored.saturating_sub(SLACK));
        let rows: Vec<CheckpointRow> = few!(self, statement, CheckpointTypes)?;
        let first = rows.first().map_or(Ok(0), |(size, ..)| unsigned(*size).map(block_of))?;
        let patient = self.patient_of(version.book).await?;
        let named = match patient.as_str() {
            "" => (Named::Resource, name_of(version).0),
            _ => (Named::Person, patient),
        };
        let name = name_of(version);
        let search = self.read_blocks(search, &name, Some(named), first, stored).await?;
        if search.found.contains_key(&name) {
            return Ok(search);
        }
        // It stood in another book, or was written before the index was there.
        self.read_blocks(search, &name, None, first, stored).await
    }

    async fn read_blocks(
        &self,
        mut search: Search,
        name: &Name,
        named: Option<(Named, String)>,
        first: u64,
        stored: i64,
    ) -> Result<Search, StoreError> {
        let mut next = first;
        for _ in 0..MOST_BLOCKS / BLOCKS {
            let statement = match &named {
                Some((named, reference)) => {
                    let hash = self.registry().hasher().reference_id(reference);
                    sql::blocks_naming_from(*named, hash, next, BLOCKS)
                }
                None => sql::blocks_from(next, BLOCKS),
            };
            let rows: Vec<BlockRow> = select!(self, statement, BlockTypes)?;
            let is_last = rows.len() < usize::try_from(BLOCKS).unwrap_or(0);
            let (after, is_past);
            (search, after, is_past) = blocking(move || read(search, rows, stored)).await?;
            if is_last || is_past || search.found.contains_key(name) {
                break;
            }
            next = after;
        }
        Ok(search)
    }
}

/// Takes what blocks hold: also the number behind them, and whether they are past a moment.
fn read(mut search: Search, rows: Vec<BlockRow>, stored: i64) -> Result<(Search, u64, bool), StoreError> {
    let (mut next, mut is_past) = (0, false);
    for row in rows {
        let (number, block) = stored_block(row)?;
        next = number.saturating_add(1);
        let mut is_later = true;
        for entry in BlockReader::new(&block).iter() {
            let entry = entry.map_err(|_| StoreError::Corrupt)?;
            is_later &= entry.time.microseconds() > stored.saturating_add(LATEST);
            search.take(entry);
        }
        is_past |= is_later;
    }
    Ok((search, next, is_past))
}
