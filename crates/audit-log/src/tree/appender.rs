//! A tree that grows: it keeps one hash per level and says which nodes become complete.

use super::proof::{NodeSource, TreeError, peaks};
use super::{BLOCK_LEVEL, NodeId, empty_root, hash_node};
use crate::hash::Hash;

/// The right edge of a tree: everything that is needed to append and to tell the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appender {
    size: u64,
    /// The complete subtrees of which the tree consists, the largest first: one for each bit of the size.
    peaks: Vec<Hash>,
}

impl Appender {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree of a size, from what is stored of it.
    pub fn resume<S: NodeSource>(size: u64, source: &S) -> Result<Self, TreeError<S::Error>> {
        Ok(Self { size, peaks: peaks(source, size)? })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _| {});
    }

    /// Appends a leaf and hands out the nodes to be stored that it completes, from below: levels from
    /// [`BLOCK_LEVEL`] on, so there is something at every 256th leaf only.
    pub fn push_with(&mut self, leaf: Hash, on_node: impl FnMut(NodeId, Hash)) {
        self.push_subtree(0, leaf, on_node);
    }

    /// Appends a full block by its root. False, and nothing is changed, when the tree ends within a block.
    pub fn push_block(&mut self, root: Hash, on_node: impl FnMut(NodeId, Hash)) -> bool {
        let is_between_blocks = self.size.trailing_zeros() >= u32::from(BLOCK_LEVEL);
        if is_between_blocks {
            self.push_subtree(BLOCK_LEVEL, root, on_node);
        }
        is_between_blocks
    }

    fn push_subtree(&mut self, level: u8, root: Hash, mut on_node: impl FnMut(NodeId, Hash)) {
        let (mut level, mut index, mut hash) = (level, self.size >> level, root);
        loop {
            if level >= BLOCK_LEVEL {
                on_node(NodeId { level, index }, hash);
            }
            // A right child is complete: so is its parent.
            if index & 1 == 0 {
                break;
            }
            let Some(left) = self.peaks.pop() else { break };
            hash = hash_node(&left, &hash);
            level += 1;
            index >>= 1;
        }
        self.peaks.push(hash);
        self.size = (index + 1) << level;
    }

    /// The hash of the tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| hash_node(left, &right))
    }
}
