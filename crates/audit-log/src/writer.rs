//! Writing a log: entries go in one after the other, blocks with their nodes and checkpoints come out.
//!
//! There is one writer of a log. What it hands out is all that has to be stored.

use fhir::Instant;

use crate::block::{BlockWriter, DamagedBlock, PlacedBlock, StoredBlock};
use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::hash::Hash;
use crate::note::LogName;
use crate::tree::{Appender, BLOCK_LENGTH, NodeSource, TreeError, completed_by};

/// The end of a log.
#[derive(Debug, Clone)]
pub struct LogWriter {
    log: LogName,
    tree: Appender,
    block: BlockWriter,
    /// Nodes that the block completed: there are some when it is full only.
    nodes: Vec<Hash>,
}

/// Why a log cannot be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError<E> {
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError<E>),
    /// The last block is damaged, or not the one of this size.
    #[error(transparent)]
    Block(#[from] DamagedBlock),
}

impl LogWriter {
    /// A new log.
    pub fn new(log: LogName) -> Self {
        Self { log, tree: Appender::new(), block: BlockWriter::new(), nodes: Vec::new() }
    }

    /// Goes on with a log of a size. `last` is the block that is not full yet, when the log ends within one.
    pub fn resume<S: NodeSource>(
        log: LogName,
        size: u64,
        last: Option<&StoredBlock>,
        source: &S,
    ) -> Result<Self, ResumeError<S::Error>> {
        let tree = Appender::resume(size, source)?;
        let block = last.map(BlockWriter::resume).transpose()?.unwrap_or_default();
        if block.count() as u64 != size % BLOCK_LENGTH as u64 {
            return Err(DamagedBlock.into());
        }
        Ok(Self { log, tree, block, nodes: Vec::new() })
    }

    /// Number of entries, and the position of the next one.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Appends an entry. When that fills the block, the block is handed out, with the nodes that it completes
    /// ([`LogWriter::node_ids`]); it will not change any more.
    pub fn push(&mut self, entry: &Entry<'_>) -> Option<PlacedBlock> {
        // A full block never stays here, so that there always is room.
        let leaf = self.block.push(entry).ok()?;
        self.tree.push_with(leaf, |_, hash| self.nodes.push(hash));
        if !self.block.is_full() {
            return None;
        }
        let number = (self.size() - 1) / BLOCK_LENGTH as u64;
        let block = std::mem::take(&mut self.block).stored();
        Some(PlacedBlock { number, block, nodes: std::mem::take(&mut self.nodes) })
    }

    /// The block that is not full yet, as it is to be stored now. None when the log ends between two blocks.
    pub fn unfinished(&self) -> Option<PlacedBlock> {
        let number = self.size() / BLOCK_LENGTH as u64;
        (self.block.count() > 0).then(|| PlacedBlock {
            number,
            block: self.block.stored(),
            nodes: Vec::new(),
        })
    }

    /// The checkpoint of everything that is in the log now, to be signed.
    pub fn checkpoint(&self, time: Instant) -> Checkpoint {
        Checkpoint::new(self.log.clone(), self.tree.size(), self.tree.root(), time)
    }

    /// Where the nodes of a full block stand, in the order in which they are handed out.
    pub fn node_ids(block: &PlacedBlock) -> impl Iterator<Item = crate::tree::NodeId> {
        completed_by(block.number)
    }
}
