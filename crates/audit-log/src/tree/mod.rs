//! The Merkle tree of RFC 6962, section 2.1: what is hashed, and where a node stands.
//!
//! A *node* is the hash of a complete subtree. Its level says how many leaves that has (2^level), its index how many
//! such subtrees are to its left. Nodes below [`BLOCK_LEVEL`] are computed from a block whenever they are needed;
//! from there on they are stored when they are complete, and never change.

mod appender;
mod check;
mod gathered;
mod proof;
#[cfg(test)]
mod tests;

pub use appender::Appender;
pub use check::{verify_consistency, verify_inclusion};
pub use gathered::{
    Gathered, NotGathered, Wanted, wanted_for_consistency, wanted_for_inclusion, wanted_for_root,
};
pub use proof::{NodeSource, TreeError, consistency_proof, inclusion_proof, root};

use crate::hash::Hash;

/// The level of the root of a full block.
pub const BLOCK_LEVEL: u8 = 8;

/// Entries of a full block.
pub const BLOCK_LENGTH: usize = 1 << BLOCK_LEVEL;

/// The largest tree: what fits in the numbers of the databases.
pub const LARGEST_TREE: u64 = 1 << 62;

/// The place of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// The subtree has 2^level leaves.
    pub level: u8,
    /// Subtrees of this level to its left.
    pub index: u64,
}

impl NodeId {
    /// The positions below this node: the first, and the one behind the last.
    pub fn positions(self) -> (u64, u64) {
        let first = self.index.checked_shl(u32::from(self.level)).unwrap_or(u64::MAX);
        let behind = self.index.saturating_add(1).checked_shl(u32::from(self.level)).unwrap_or(u64::MAX);
        (first, behind)
    }
}

/// A log at a size: what its checkpoint says of it, but for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreeHead {
    /// Number of entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// The hash of a leaf.
pub fn hash_leaf(bytes: &[u8]) -> Hash {
    Hash::of(&[&[0], bytes])
}

/// The hash of a node.
pub fn hash_node(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// The hash of the tree without leaves.
pub fn empty_root() -> Hash {
    Hash::of(&[])
}

/// The hash of the tree over a few leaves, such as those of a block.
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut appender = Appender::new();
    for leaf in leaves {
        appender.push(*leaf);
    }
    appender.root()
}

/// The nodes that block number `block` completes when it is full, from its own root upwards.
pub fn completed_by(block: u64) -> impl Iterator<Item = NodeId> {
    let above = block.trailing_ones().min(u32::from(u8::MAX - BLOCK_LEVEL)) as u8;
    (0..=above).map(move |up| NodeId {
        level: BLOCK_LEVEL + up,
        index: block.checked_shr(u32::from(up)).unwrap_or(0),
    })
}
