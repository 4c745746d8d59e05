//! What the log says of one person, or of those who asked on behalf of one facility: the newest first.

use audit_log::Entry;
use audit_log::block::BlockReader;
use audit_log::tree::BLOCK_LENGTH;

use super::sql::{self, BlockRow, BlockTypes, Named, signed};
use super::tree::stored_block;
use super::waiting_rows;
use crate::StoreError;
use crate::store::{Store, blocking, select};

/// Commits that wait and are looked at. There are more when the log is not gone on with only.
pub(super) const MOST_WAITING: i64 = 512;
/// Entries that wait and come before a page, where the page itself is not longer: what is more is found when it has a
/// position, some seconds later.
const MOST_WAITING_TOLD: usize = 1_000;
/// Blocks that are read at once.
const BLOCKS: usize = 32;

/// A page of the log.
#[derive(Debug, Clone, Default)]
pub struct LogPage {
    /// Position and entry, the newest first. What waits for its position comes before, on the first page only.
    pub entries: Vec<(Option<u64>, Entry<'static>)>,
    /// Before which position the next page begins, if there is one.
    pub next: Option<u64>,
}

/// Whose entries are meant.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) named: Named,
    /// References to any of whom.
    pub(super) references: Vec<String>,
}

impl Whose {
    pub(super) fn people(references: &[String]) -> Self {
        Self { named: Named::Person, references: references.to_vec() }
    }

    fn has(&self, entry: &Entry<'_>) -> bool {
        let named = match self.named {
            Named::Person => &entry.patient,
            Named::Organization => &entry.organization,
            Named::Resource => &entry.resource,
        };
        self.references.iter().any(|reference| **named == **reference)
    }
}

impl Store {
    /// The entries about a person (`Patient/..`) before a position, at most `count` besides those that wait, of which there
    /// are not more than `count` or a thousand either.
    pub async fn log_of_person(
        &self,
        patient: &str,
        before: Option<u64>,
        count: usize,
    ) -> Result<LogPage, StoreError> {
        self.log_of_people(&[patient.to_owned()], before, count).await
    }

    /// The same of several people at once: of who is one person.
    pub async fn log_of_people(
        &self,
        people: &[String],
        before: Option<u64>,
        count: usize,
    ) -> Result<LogPage, StoreError> {
        self.log_page(Whose::people(people), before, count).await
    }

    /// The entries of those who asked on behalf of a facility (`Organization/..`).
    pub async fn log_of_organization(
        &self,
        organization: &str,
        before: Option<u64>,
        count: usize,
    ) -> Result<LogPage, StoreError> {
        let whose = Whose { named: Named::Organization, references: vec![organization.to_owned()] };
        self.log_page(whose, before, count).await
    }

    async fn log_page(&self, whose: Whose, before: Option<u64>, count: usize) -> Result<LogPage, StoreError> {
        // First what waits, then what has a position: what gets one meanwhile is found twice, not never.
        let most = count.max(MOST_WAITING_TOLD);
        let waiting = if before.is_none() { self.waiting_of(&whose, most).await? } else { Vec::new() };
        let mut found: Vec<(u64, Entry<'static>)> = Vec::new();
        let mut until = before.map_or(Some(u64::MAX), |before| before.checked_sub(1).map(block_of));
        let blocks = count.saturating_add(1).clamp(1, BLOCKS);
        while found.len() <= count
            && let Some(last) = until
        {
            let part = self.entries_in(&whose, last, blocks).await?;
            until = part.next;
            found.extend(
                part.entries.into_iter().filter(|(position, _)| before.is_none_or(|it| *position < it)),
            );
        }
        let more = found.len() > count;
        found.truncate(count);
        let next = if more { found.last().map(|(position, _)| *position) } else { None };
        let is_new = |entry: &Entry<'_>| !found.iter().any(|(_, known)| known.salt == entry.salt);
        let waiting: Vec<_> = waiting.into_iter().filter(is_new).map(|entry| (None, entry)).collect();
        let found = found.into_iter().map(|(position, entry)| (Some(position), entry));
        Ok(LogPage { entries: waiting.into_iter().chain(found).collect(), next })
    }

    async fn waiting_of(&self, whose: &Whose, most: usize) -> Result<Vec<Entry<'static>>, StoreError> {
        let mut found = Vec::new();
        for (_, bytes) in self.newest_waiting(MOST_WAITING).await? {
            let entries = waiting_rows::entries(&bytes)?;
            found.extend(entries.into_iter().rev().filter(|entry| whose.has(entry)).map(Entry::into_owned));
        }
        // They come from two places.
        found.sort_by_key(|entry| std::cmp::Reverse(entry.time));
        found.truncate(most);
        Ok(found)
    }

    /// The entries in the last blocks up to one in which somebody is named, the newest first.
    pub(super) async fn entries_in(
        &self,
        whose: &Whose,
        until: u64,
        blocks: usize,
    ) -> Result<Part, StoreError> {
        let registry = self.registry();
        let hashes: Vec<i64> =
            whose.references.iter().map(|reference| registry.hasher().reference_id(reference)).collect();
        let limit = signed(blocks as u64);
        let statement = sql::blocks_naming(whose.named, &hashes, until, limit);
        let rows: Vec<BlockRow> = select!(self, statement, BlockTypes)?;
        let whose = whose.clone();
        blocking(move || {
            let is_last = rows.len() < blocks;
            let mut part = Part::default();
            for row in rows {
                let (number, block) = stored_block(row)?;
                part.next = number.checked_sub(1).filter(|_| !is_last);
                let reader = BlockReader::new(&block);
                let begin = part.entries.len();
                for (position, entry) in (number.saturating_mul(BLOCK_LENGTH as u64)..).zip(reader.iter()) {
                    let entry = entry.map_err(|_| StoreError::Corrupt)?;
                    if whose.has(&entry) {
                        part.entries.push((position, entry.into_owned()));
                    }
                }
                if let Some(of_block) = part.entries.get_mut(begin..) {
                    of_block.reverse();
                }
            }
            Ok(part)
        })
        .await
    }
}

/// Entries of some blocks, and up to which block the next ones stand.
#[derive(Default)]
pub(super) struct Part {
    pub(super) entries: Vec<(u64, Entry<'static>)>,
    pub(super) next: Option<u64>,
}

pub(super) fn block_of(position: u64) -> u64 {
    position / BLOCK_LENGTH as u64
}
