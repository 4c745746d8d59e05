//! The verifier: it follows the log, keeps the right edge of the tree, and compares.

use std::collections::VecDeque;

use super::TOLERANCE;
use super::finding::{Kind, Late, Report};
use crate::block::{BlockReader, BlockWriter, CHECK_LENGTH, PlacedBlock};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::VerifyingKey;
use crate::tree::{Appender, BLOCK_LENGTH, NodeId, TreeHead, completed_by};

const LENGTH: u64 = BLOCK_LENGTH as u64;

/// Verifies a log that is handed to it in its order. A checkpoint comes before the block that holds the last of its
/// entries.
#[derive(Debug)]
pub struct Verifier {
    key: VerifyingKey,
    tree: Appender,
    /// False behind a gap: the hashes to the left are not known there.
    tree_is_whole: bool,
    /// Where the first entry stands that was given.
    start: u64,
    /// Behind the last entry that was given.
    position: u64,
    /// Checkpoints of the log that are still ahead, with their numbers.
    ahead: VecDeque<(u64, Checkpoint)>,
    /// Checkpoints known from elsewhere that are still ahead.
    known: VecDeque<Checkpoint>,
    /// Checkpoints that came, signed or not.
    came: u64,
    /// The last one that was signed.
    newest: Option<Checkpoint>,
    /// The last one that does not hold the next entry.
    passed: Option<Checkpoint>,
    /// The size up to which the entries are those that were signed.
    agreed: u64,
    /// Whether that a checkpoint disagrees has been said.
    disagreed: bool,
    /// Earliest and latest time of the entries behind the last checkpoint.
    span: Option<(i64, i64)>,
    report: Report,
}

/// A block that was read.
struct Read {
    leaves: Vec<Hash>,
    times: Vec<i64>,
    root: Hash,
    is_damaged: bool,
}

impl Verifier {
    /// Begins with the first entry of a log.
    pub fn new(key: VerifyingKey, known: &[String]) -> Self {
        Self::starting_with(key, known, Appender::new())
    }

    /// Begins behind what has left the database, with the tree over it. Older checkpoints are not compared. Begins
    /// with the first entry where the tree ends within a block.
    pub fn starting_with(key: VerifyingKey, known: &[String], tree: Appender) -> Self {
        let tree = if tree.size().is_multiple_of(LENGTH) { tree } else { Appender::new() };
        let start = tree.size();
        let mut verifier = Self {
            key,
            tree,
            tree_is_whole: true,
            start,
            position: start,
            ahead: VecDeque::new(),
            known: VecDeque::new(),
            came: 0,
            newest: None,
            passed: None,
            agreed: start,
            disagreed: false,
            span: None,
            report: Report::default(),
        };
        let mut opened = Vec::new();
        for note in known {
            match Checkpoint::open(note, &verifier.key) {
                Ok(checkpoint) if checkpoint.size() >= start => opened.push(checkpoint),
                Ok(older) => verifier.report.known.not_compared.push(older),
                Err(_) => verifier.report.known.unsigned += 1,
            }
        }
        opened.sort_by_key(Checkpoint::size);
        verifier.known = opened.into();
        verifier.compare_here();
        verifier
    }

    /// Whether a checkpoint that lies within or before this block may still be missing.
    pub fn wants_checkpoint(&self, block: &PlacedBlock) -> bool {
        let end = block.number.saturating_add(1).saturating_mul(LENGTH);
        self.ahead.back().is_none_or(|(_, checkpoint)| checkpoint.size() < end)
    }

    /// Takes the note of the next checkpoint.
    pub fn checkpoint(&mut self, note: &str) {
        let number = self.came;
        self.came += 1;
        let before = self.newest.as_ref().map_or(self.start, Checkpoint::size);
        let checkpoint = match Checkpoint::open(note, &self.key) {
            Ok(checkpoint) => checkpoint,
            Err(error) => return self.report.add(error.into(), before, None, Some(number)),
        };
        self.report.checkpoints += 1;
        let goes_back = self
            .newest
            .as_ref()
            .is_some_and(|newest| checkpoint.size() < newest.size() || checkpoint.time() < newest.time());
        if goes_back || (checkpoint.size() < self.position && checkpoint.size() >= self.start) {
            self.report.not_compared += 1;
            let end = Some(checkpoint.size().max(before));
            return self.report.add(Kind::CheckpointOrder, checkpoint.size().min(before), end, Some(number));
        }
        self.newest = Some(checkpoint.clone());
        if checkpoint.size() < self.start {
            self.report.not_compared += 1;
            self.passed = Some(checkpoint);
        } else {
            self.ahead.push_back((number, checkpoint));
            self.compare_here();
        }
    }

    /// Takes the next block.
    pub fn block(&mut self, placed: &PlacedBlock) {
        let Some(first) =
            placed.number.checked_mul(LENGTH).filter(|first| first.checked_add(LENGTH).is_some())
        else {
            return self.report.add(Kind::OutOfOrder, self.position, None, None);
        };
        if first < self.position {
            return self.report.add(Kind::OutOfOrder, first, Some(first + LENGTH), None);
        }
        if first > self.position {
            // Where a block ends too early, nothing says whether it is the block that was there.
            let is_whole = self.position.is_multiple_of(LENGTH);
            let from = if is_whole { self.position } else { self.agreed.min(self.position) };
            self.report.add(Kind::Missing, from, Some(first), None);
            self.lose_tree(first);
        }
        let read = self.read(placed, first);
        let count = placed.block.count().min(BLOCK_LENGTH) as u64;
        let end = first + count;
        self.report.entries += count;
        if read.is_damaged {
            self.pass_damaged(placed, read.root, end);
        } else {
            self.pass(placed, &read, end);
        }
        self.position = end;
    }

    /// Says that nothing could be read where the next block should be.
    pub fn unreadable(&mut self) {
        self.report.add(Kind::Unreadable, self.position, None, None);
    }

    /// What was found.
    pub fn finish(mut self) -> Report {
        if let Some((number, checkpoint)) = self.ahead.back() {
            self.report.not_compared += self.ahead.len() as u64;
            self.report.add(Kind::CutOff, self.position, Some(checkpoint.size()), Some(*number));
        }
        if let Some(checkpoint) = self.known.back() {
            self.report.add(Kind::RolledBack, self.position, Some(checkpoint.size()), None);
            self.report.known.refuted.extend(self.known.drain(..));
        }
        let signed = self.newest.as_ref().map_or(self.start, Checkpoint::size);
        self.report.waiting = self.position.saturating_sub(signed.max(self.start));
        let is_long = self.span.is_some_and(|(from, to)| to.saturating_sub(from) > TOLERANCE);
        if self.report.waiting > 0 && is_long {
            self.report.add(Kind::Unsigned, signed.max(self.start), Some(self.position), None);
        }
        self.report.confirmed = self.agreed;
        self.report.last = self.newest;
        self.report.head =
            self.tree_is_whole.then(|| TreeHead { size: self.tree.size(), root: self.tree.root() });
        self.report.findings.sort_by_key(|finding| (finding.first, finding.end.unwrap_or(u64::MAX)));
        self.report
    }

    /// Reads a block and says what is wrong within it.
    fn read(&mut self, placed: &PlacedBlock, first: u64) -> Read {
        let stored = &placed.block;
        let block = (first, Some(first + LENGTH));
        let reader = BlockReader::new(stored);
        let mut writer = BlockWriter::new();
        let mut read = Read { leaves: Vec::new(), times: Vec::new(), root: stored.root, is_damaged: false };
        let mut entries = reader.iter();
        for (position, check) in (first..).zip(stored.checks.chunks(CHECK_LENGTH)) {
            let entry = entries.next().and_then(Result::ok);
            let written =
                entry.and_then(|entry| Some((writer.push(&entry).ok()?, entry.time.microseconds())));
            let Some((leaf, time)) = written else {
                read.is_damaged = true;
                self.report.add(Kind::Entry, position, Some(position + 1), None);
                return read;
            };
            read.leaves.push(leaf);
            read.times.push(time);
            if leaf.check() != check {
                read.is_damaged = true;
                self.report.add(Kind::Entry, position, Some(position + 1), None);
            }
        }
        if read.is_damaged {
            return read;
        }
        if read.leaves.is_empty() || !writer.wrote(stored) {
            self.report.add(Kind::Form, block.0, block.1, None);
        }
        read.root = writer.root();
        if read.root != stored.root {
            self.report.add(Kind::BlockRoot, block.0, block.1, None);
        }
        read
    }

    /// Goes past a block whose entries are known.
    fn pass(&mut self, placed: &PlacedBlock, read: &Read, end: u64) {
        let first = end - read.leaves.len() as u64;
        let is_full = read.leaves.len() == BLOCK_LENGTH;
        let mut made = Vec::new();
        let mut done = 0;
        while done < read.leaves.len() {
            let stop = self.next_size().filter(|size| *size <= end).unwrap_or(end);
            let until =
                usize::try_from(stop.saturating_sub(first)).unwrap_or(0).clamp(done + 1, read.leaves.len());
            self.look_at_times(first, done, read.times.get(done..until).unwrap_or_default());
            if is_full && done == 0 && until == BLOCK_LENGTH {
                self.tree.push_block(read.root, |id, hash| made.push((id, hash)));
            } else {
                for leaf in read.leaves.get(done..until).unwrap_or_default() {
                    self.tree.push_with(*leaf, |id, hash| made.push((id, hash)));
                }
            }
            done = until;
            self.position = first + done as u64;
            self.compare_here();
        }
        self.compare_nodes(placed, &made);
    }

    /// Goes past a block some of whose entries are not known. Its stored root may still be the right one.
    fn pass_damaged(&mut self, placed: &PlacedBlock, root: Hash, end: u64) {
        while self.next_size().is_some_and(|size| size < end) {
            self.skip_checkpoints();
        }
        if placed.block.count() == BLOCK_LENGTH {
            let mut made = Vec::new();
            self.tree.push_block(root, |id, hash| made.push((id, hash)));
            self.position = end;
            self.compare_here();
            self.compare_nodes(placed, &made);
        } else {
            self.lose_tree(end);
        }
    }

    /// The stored nodes that a block completes must be those that were made.
    fn compare_nodes(&mut self, placed: &PlacedBlock, made: &[(NodeId, Hash)]) {
        let is_full = placed.block.count() == BLOCK_LENGTH;
        let wanted = if is_full { completed_by(placed.number).count() } else { 0 };
        let (first, end) = (placed.number * LENGTH, (placed.number + 1) * LENGTH);
        if placed.nodes.len() != wanted {
            return self.report.add(Kind::Node, first, Some(end), None);
        }
        if !self.tree_is_whole {
            return;
        }
        if let Some(((id, _), _)) = made.iter().zip(&placed.nodes).find(|((_, made), stored)| made != *stored)
        {
            self.report.add(Kind::Node, id.positions().0, Some(end), None);
        }
    }

    fn look_at_times(&mut self, first: u64, done: usize, times: &[i64]) {
        for (number, time) in (done as u64..).zip(times) {
            let (from, to) = self.span.unwrap_or((*time, *time));
            self.span = Some((from.min(*time), to.max(*time)));
            let Some(passed) = &self.passed else { continue };
            if time.saturating_add(TOLERANCE) < passed.time().microseconds() {
                let late = Late {
                    position: first + number,
                    time: fhir::Instant::from_microseconds(*time),
                    checkpoint: passed.time(),
                };
                self.report.add_late(late);
            }
        }
    }

    /// The size of the next checkpoint, ours or known.
    fn next_size(&self) -> Option<u64> {
        let ours = self.ahead.front().map(|(_, checkpoint)| checkpoint.size());
        let known = self.known.front().map(Checkpoint::size);
        ours.into_iter().chain(known).min()
    }

    /// Compares the tree with the checkpoints of just this size.
    fn compare_here(&mut self) {
        if self.next_size() != Some(self.position) {
            return;
        }
        if !self.tree_is_whole {
            return self.skip_checkpoints();
        }
        let (size, root) = (self.position, self.tree.root());
        while let Some(known) = self.known.pop_front_if(|known| known.size() == size) {
            if known.root() == root {
                self.report.known.held.push(known);
            } else {
                self.report.add(Kind::KnownDiffers, self.agreed, Some(size), None);
                self.report.known.refuted.push(known);
            }
        }
        let mut agrees = None;
        while let Some((number, checkpoint)) = self.ahead.pop_front_if(|(_, it)| it.size() == size) {
            let same = checkpoint.root() == root;
            // What follows a first difference differs, too.
            if !same && !self.disagreed {
                self.report.add(Kind::Signed, self.agreed, Some(size), Some(number));
            }
            agrees = Some(agrees.unwrap_or(true) && same);
            self.leave_behind(checkpoint);
        }
        if let Some(agrees) = agrees {
            self.disagreed = !agrees;
            self.agreed = if agrees { size } else { self.agreed };
        }
    }

    /// Goes past the next checkpoints without comparing them.
    fn skip_checkpoints(&mut self) {
        let size = self.next_size();
        while let Some(known) = self.known.pop_front_if(|known| Some(known.size()) == size) {
            self.report.known.not_compared.push(known);
        }
        while let Some((_, checkpoint)) = self.ahead.pop_front_if(|(_, it)| Some(it.size()) == size) {
            self.report.not_compared += 1;
            self.leave_behind(checkpoint);
        }
    }

    fn leave_behind(&mut self, checkpoint: Checkpoint) {
        self.passed = Some(checkpoint);
        self.span = None;
    }

    /// From this position on nothing is known about what stands to the left.
    fn lose_tree(&mut self, position: u64) {
        self.tree_is_whole = false;
        while self.next_size().is_some_and(|size| size <= position) {
            self.skip_checkpoints();
        }
        self.tree = Appender::new();
        self.position = position;
    }
}
