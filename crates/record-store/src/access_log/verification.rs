//! Verifying the log of a database: the log itself as everybody can verify it, and what leads to its entries.

use std::collections::{BTreeSet, VecDeque};

use audit_log::tree::{
    Appender, BLOCK_LENGTH, BLOCK_LEVEL, Gathered, NodeId, completed_by, hash_node, wanted_for_root,
};
use audit_log::verify::{Report, Verifier};
use audit_log::{Checkpoint, Hash, PlacedBlock, StoredBlock, VerifyingKey};
use diesel::sql_types::BigInt;

use super::sql::{self, BlockRow, BlockTypes, CheckpointRow, CheckpointTypes, Named, NodeRow, NodeTypes};
use super::tree::in_range;
use super::waiting_rows;
use crate::StoreError;
use crate::store::{Store, select};

/// Rows that are read at once.
const BLOCKS: i64 = 64;
const CHECKPOINTS: i64 = 256;
const NODES: i64 = 512;
const NAMED: usize = 256;
const WAITING: i64 = 100_000;

/// As many findings are listed.
const MOST_FINDINGS: usize = 1000;

/// What leads to the entries does not lead to all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexFinding {
    /// The first position that it concerns, where that is known.
    pub position: Option<u64>,
    /// What it is, in English and Vietnamese.
    pub words: [&'static str; 2],
}

const PERSON: [&str; 2] = [
    "a person's entries in this block would not be found",
    "không tìm thấy được các mục của một người trong khối này",
];
const ORGANIZATION: [&str; 2] = [
    "a facility's entries in this block would not be found",
    "không tìm thấy được các mục của một cơ sở trong khối này",
];
const MORE_ROWS: [&str; 2] = [
    "there are more rows about people or facilities than the entries give",
    "có nhiều dòng về người hoặc cơ sở hơn số mà các mục cho thấy",
];
const NODE: [&str; 2] =
    ["a stored node does not follow from those below it", "một nút đã lưu không khớp với các nút bên dưới"];
const MORE_NODES: [&str; 2] =
    ["there are more or fewer nodes than the log has", "số nút không khớp với kích thước nhật ký"];

/// What the verification of a database has found.
#[derive(Debug, Clone, Default)]
pub struct LogReport {
    /// The log itself.
    pub log: Report,
    /// Where the blocks of the database begin: what is before has left it.
    pub first: u64,
    /// What leads to the entries, by position; at most a thousand findings.
    pub index: Vec<IndexFinding>,
    /// Entries that have no position yet.
    pub waiting: u64,
    /// Commits that wait and cannot be read.
    pub unreadable: u64,
}

impl LogReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.log.is_sound() && self.index.is_empty() && self.unreadable == 0
    }

    fn add(&mut self, position: Option<u64>, words: [&'static str; 2]) {
        if self.index.len() < MOST_FINDINGS {
            self.index.push(IndexFinding { position, words });
        }
    }
}

/// The checkpoints of the database, one after the other.
#[derive(Default)]
struct Notes {
    read: VecDeque<String>,
    behind: Option<(i64, i64)>,
    /// The last one that was there when it began: somebody may write meanwhile.
    last: (i64, i64),
    ended: bool,
}

impl Notes {
    async fn next(&mut self, store: &Store, key: &VerifyingKey) -> Result<Option<String>, StoreError> {
        if self.read.is_empty() && !self.ended {
            let behind = self.behind.unwrap_or((i64::MIN, i64::MIN));
            let statement = sql::checkpoints_behind(behind, CHECKPOINTS);
            let rows: Vec<CheckpointRow> = select!(store, statement, CheckpointTypes)?;
            self.ended = rows.is_empty();
            for (size, time, note) in rows {
                if (size, time) > self.last {
                    self.ended = true;
                    break;
                }
                self.behind = Some((size, time));
                // A row that says of its note what the note does not say counts as one that is not signed. What is wrong with
                // one that cannot be opened the verifier says.
                let is_so = Checkpoint::open(&note, key).map_or(true, |opened| {
                    sql::signed(opened.size()) == size && opened.time().microseconds() == time
                });
                self.read.push_back(if is_so { note } else { String::new() });
            }
        }
        Ok(self.read.pop_front())
    }
}

impl Store {
    /// Verifies the log of this database by the key of the log. `known` are notes of checkpoints that were published or
    /// shown to somebody: the log must hold them. What is written meanwhile is not looked at.
    pub async fn verify_log(&self, key: &VerifyingKey, known: &[String]) -> Result<LogReport, StoreError> {
        let mut report = LogReport::default();
        let last: Vec<CheckpointRow> = select!(self, sql::last_checkpoint(), CheckpointTypes)?;
        let last = last.first().map_or((i64::MIN, i64::MIN), |(size, time, _)| (*size, *time));
        let mut notes = Notes { last, ..Notes::default() };
        let last_block = self.last_block_number().await?.unwrap_or(0);
        let mut rows = self.log_blocks(0).await?;
        report.first = rows.first().map_or(0, |(number, _)| number.saturating_mul(BLOCK_LENGTH as u64));
        let tree = self.tree_of_size(report.first).await?;
        if tree.is_none() {
            report.add(Some(0), NODE);
        }
        let mut verifier = Verifier::starting_with(key.clone(), known, tree.unwrap_or_default());
        let (mut people, mut organizations, mut size) = (0, 0, report.first);
        while let Some((last, _)) = rows.last() {
            let next = last.saturating_add(1);
            rows.retain(|(number, _)| *number <= last_block);
            for placed in self.with_nodes(rows).await? {
                while verifier.wants_checkpoint(&placed)
                    && let Some(note) = notes.next(self, key).await?
                {
                    verifier.checkpoint(&note);
                }
                verifier.block(&placed);
                size = super::sequence::behind(placed.number, &placed.block);
                let named = self.named_in(&placed, Named::Person, &mut report).await?;
                let named_organizations = self.named_in(&placed, Named::Organization, &mut report).await?;
                // The last block may have grown meanwhile.
                if placed.number < last_block {
                    people += named;
                    organizations += named_organizations;
                }
            }
            rows = if next <= last_block { self.log_blocks(next).await? } else { Vec::new() };
        }
        while let Some(note) = notes.next(self, key).await? {
            verifier.checkpoint(&note);
        }
        report.log = verifier.finish();
        self.verify_named(Named::Person, last_block, people, &mut report).await?;
        self.verify_named(Named::Organization, last_block, organizations, &mut report).await?;
        self.verify_nodes(size, &mut report).await?;
        for (_, bytes) in self.newest_waiting(WAITING).await? {
            match waiting_rows::entries(&bytes) {
                Ok(entries) => report.waiting += entries.len() as u64,
                Err(_) => report.unreadable += 1,
            }
        }
        report.index.sort();
        Ok(report)
    }

    async fn last_block_number(&self) -> Result<Option<u64>, StoreError> {
        let rows: Vec<(i64,)> = select!(self, sql::last_block_number(), (BigInt,))?;
        rows.first().map(|(number,)| sql::unsigned(*number)).transpose()
    }

    /// Blocks from a number on. One whose root is no hash is one with a wrong root.
    pub(super) async fn log_blocks(&self, from: u64) -> Result<Vec<(u64, StoredBlock)>, StoreError> {
        let rows: Vec<BlockRow> = select!(self, sql::blocks_from(from, BLOCKS), BlockTypes)?;
        let block = |(number, root, checks, words, entries): BlockRow| {
            let root = Hash::from_slice(&root).unwrap_or(Hash([0; 32]));
            Ok((sql::unsigned(number)?, StoredBlock { words, entries, checks, root }))
        };
        rows.into_iter().map(block).collect()
    }

    /// The tree over what is before a position that begins a block, from the nodes.
    pub(super) async fn tree_of_size(&self, size: u64) -> Result<Option<Appender>, StoreError> {
        let Some(wanted) = in_range(wanted_for_root(size)) else { return Ok(None) };
        let mut gathered = Gathered::default();
        self.gather_nodes(&wanted.nodes, &mut gathered).await?;
        Ok(Appender::resume(size, &gathered).ok())
    }

    /// Blocks with those nodes that they complete and that are there.
    pub(super) async fn with_nodes(
        &self,
        blocks: Vec<(u64, StoredBlock)>,
    ) -> Result<Vec<PlacedBlock>, StoreError> {
        let full = blocks.iter().filter(|(_, block)| block.count() == BLOCK_LENGTH);
        let ids: Vec<NodeId> = full.flat_map(|(number, _)| completed_by(*number)).collect();
        let mut gathered = Gathered::default();
        self.gather_nodes(&ids, &mut gathered).await?;
        let placed = |(number, block): (u64, StoredBlock)| {
            let is_full = block.count() == BLOCK_LENGTH;
            let ids = completed_by(number).filter(|_| is_full);
            let nodes = ids.filter_map(|id| gathered.nodes.get(&id).copied()).collect();
            PlacedBlock { number, block, nodes }
        };
        Ok(blocks.into_iter().map(placed).collect())
    }

    /// Whether all who are named in a block would be found there; how many they are.
    async fn named_in(
        &self,
        placed: &PlacedBlock,
        named: Named,
        report: &mut LogReport,
    ) -> Result<u64, StoreError> {
        let hasher = self.registry().hasher().clone();
        let reader = audit_log::block::BlockReader::new(&placed.block);
        let mut rows = BTreeSet::new();
        for entry in reader.iter().flatten() {
            let reference = match named {
                Named::Person => &entry.patient,
                Named::Organization => &entry.organization,
                // Only where to look for a write: whoever is not led to it is told that it is not known.
                Named::Resource => continue,
            };
            if !reference.is_empty() {
                rows.insert((hasher.reference_id(reference), placed.number));
            }
        }
        let rows: Vec<(i64, u64)> = rows.into_iter().collect();
        for rows in rows.chunks(NAMED) {
            let missing: Vec<(i64,)> = select!(self, sql::not_named(named, rows), (BigInt,))?;
            if !missing.is_empty() {
                let position = placed.number.saturating_mul(BLOCK_LENGTH as u64);
                report.add(Some(position), if named == Named::Person { PERSON } else { ORGANIZATION });
            }
        }
        Ok(rows.len() as u64)
    }

    /// Rows that lead nowhere hide nothing; they were not made by the server, though.
    async fn verify_named(
        &self,
        named: Named,
        until: u64,
        wanted: u64,
        report: &mut LogReport,
    ) -> Result<(), StoreError> {
        let statement = sql::count_named(named, report.first / BLOCK_LENGTH as u64, until);
        let counted: Result<Vec<(i64,)>, StoreError> = select!(self, statement, (BigInt,));
        match counted {
            Ok(rows) if rows.first().is_some_and(|(count,)| *count > sql::signed(wanted)) => {
                report.add(None, MORE_ROWS);
            }
            // Counting a large table may take longer than a statement may.
            Ok(_) | Err(StoreError::Timeout) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The nodes of what has left the database must follow from the two below each; those of the other blocks were compared
    /// with what the entries give. And there must be as many as the log has.
    async fn verify_nodes(&self, size: u64, report: &mut LogReport) -> Result<(), StoreError> {
        let mut behind = (i16::MIN, i64::MIN);
        let (mut count, mut farthest) = (0_u64, 0_u64);
        loop {
            let rows: Vec<NodeRow> = select!(self, sql::nodes_behind(behind, NODES), NodeTypes)?;
            let Some((level, place, _)) = rows.last() else { break };
            behind = (*level, *place);
            let ends = rows.iter().map(|(level, place, _)| end_of_node(*level, *place));
            for end in ends {
                count += u64::from(end <= size);
                farthest = farthest.max(end);
            }
            let read = rows.into_iter().filter_map(|(level, place, hash)| {
                let id = NodeId { level: u8::try_from(level).ok()?, index: u64::try_from(place).ok()? };
                Some((id, Hash::from_slice(&hash)))
            });
            let is_above = |id: &NodeId| id.level > BLOCK_LEVEL && id.positions().1 <= report.first;
            let above: Vec<(NodeId, Option<Hash>)> = read.filter(|(id, _)| is_above(id)).collect();
            let below = |id: NodeId, right: u64| NodeId {
                level: id.level - 1,
                index: id.index.saturating_mul(2).saturating_add(right),
            };
            let ids: Vec<NodeId> = above.iter().flat_map(|(id, _)| [below(*id, 0), below(*id, 1)]).collect();
            let mut gathered = Gathered::default();
            self.gather_nodes(&ids, &mut gathered).await?;
            for (id, hash) in above {
                let child = |right| gathered.nodes.get(&below(id, right));
                let made = child(0).zip(child(1)).map(|(left, right)| hash_node(left, right));
                if made.is_none() || made != hash {
                    report.add(Some(id.positions().0), NODE);
                }
            }
        }
        let wanted: u64 = (BLOCK_LEVEL..62).map(|level| size >> level).sum();
        let last = self.last_block_number().await?.map_or(0, |last| last.saturating_add(1));
        if count != wanted || farthest > last.saturating_mul(BLOCK_LENGTH as u64) {
            report.add(None, MORE_NODES);
        }
        Ok(())
    }
}

/// The position behind a node; one that no node of a log has for what is none.
fn end_of_node(level: i16, place: i64) -> u64 {
    let id = u8::try_from(level).ok().zip(u64::try_from(place).ok());
    let id = id.filter(|(level, _)| (BLOCK_LEVEL..62).contains(level));
    id.map_or(u64::MAX, |(level, index)| NodeId { level, index }.positions().1)
}
