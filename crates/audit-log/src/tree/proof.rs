//! Roots and proofs out of what is stored: nodes from [`BLOCK_LEVEL`] on, and the leaf hashes of single blocks.

use std::cell::RefCell;

use super::{BLOCK_LENGTH, BLOCK_LEVEL, LARGEST_TREE, NodeId, empty_root, hash_node, root_of};
use crate::hash::Hash;

/// What is stored of a tree.
pub trait NodeSource {
    /// Why something could not be read.
    type Error;

    /// The hash of a complete subtree, of [`BLOCK_LEVEL`] or above.
    fn node(&self, id: NodeId) -> Result<Hash, Self::Error>;

    /// The hashes of the leaves of a block, in their order. More than were there at the size that is asked for are
    /// no fault: blocks grow.
    fn leaves(&self, block: u64) -> Result<Vec<Hash>, Self::Error>;
}

/// Why there is no root or proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// There is no such position or size.
    #[error("no such position or size in the log")]
    OutOfRange,
    /// A block has fewer leaves than the size says.
    #[error("block {0} of the log is incomplete")]
    Incomplete(u64),
    /// The source failed.
    #[error(transparent)]
    Source(E),
}

/// The root at a size.
pub fn root<S: NodeSource>(source: &S, size: u64) -> Result<Hash, TreeError<S::Error>> {
    checked_size(size)?;
    if size == 0 {
        return Ok(empty_root());
    }
    range(&Blocks::new(source), 0, size)
}

/// The proof that the entry at a position is in the tree of a size (RFC 6962, section 2.1.1).
pub fn inclusion_proof<S: NodeSource>(
    source: &S,
    position: u64,
    size: u64,
) -> Result<Vec<Hash>, TreeError<S::Error>> {
    checked_size(size)?;
    if position >= size {
        return Err(TreeError::OutOfRange);
    }
    let source = Blocks::new(source);
    let (mut start, mut length) = (0, size);
    let mut proof = Vec::new();
    while length > 1 {
        let split = largest_power_below(length);
        if position - start < split {
            proof.push(range(&source, start + split, length - split)?);
            length = split;
        } else {
            proof.push(range(&source, start, split)?);
            start += split;
            length -= split;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of a size begins with the tree of an older one (RFC 6962, section 2.1.2). It is empty
/// when both are the same or the older one has no leaves.
pub fn consistency_proof<S: NodeSource>(
    source: &S,
    older: u64,
    size: u64,
) -> Result<Vec<Hash>, TreeError<S::Error>> {
    checked_size(size)?;
    if older > size {
        return Err(TreeError::OutOfRange);
    }
    let source = Blocks::new(source);
    let (mut start, mut length) = (0, size);
    let mut proof = Vec::new();
    if older == 0 {
        return Ok(proof);
    }
    // `start` moves to the right only past subtrees that both trees have whole.
    while older - start != length {
        let split = largest_power_below(length);
        if older - start <= split {
            proof.push(range(&source, start + split, length - split)?);
            length = split;
        } else {
            proof.push(range(&source, start, split)?);
            start += split;
            length -= split;
        }
    }
    // The whole older tree is known to who verifies, a part of it is not.
    if start > 0 {
        proof.push(range(&source, start, length)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The complete subtrees of which a tree consists, the largest first: one for each bit of the size.
pub(super) fn peaks<S: NodeSource>(source: &S, size: u64) -> Result<Vec<Hash>, TreeError<S::Error>> {
    checked_size(size)?;
    let source = Blocks::new(source);
    let mut start = 0;
    let mut peaks = Vec::new();
    for length in (0..63).rev().map(|level| 1 << level).filter(|length| size & length != 0) {
        peaks.push(range(&source, start, length)?);
        start += length;
    }
    Ok(peaks)
}

fn checked_size<E>(size: u64) -> Result<(), TreeError<E>> {
    if size > LARGEST_TREE { Err(TreeError::OutOfRange) } else { Ok(()) }
}

/// The largest power of two below a number that is at least 2.
fn largest_power_below(number: u64) -> u64 {
    1 << (number - 1).ilog2()
}

/// A source that remembers the blocks it was asked for.
struct Blocks<'a, S> {
    source: &'a S,
    read: RefCell<Vec<(u64, Vec<Hash>)>>,
}

impl<'a, S: NodeSource> Blocks<'a, S> {
    fn new(source: &'a S) -> Self {
        Self { source, read: RefCell::default() }
    }

    /// The root over some leaves of one block.
    fn within(&self, start: u64, length: u64) -> Result<Hash, TreeError<S::Error>> {
        let block = start >> BLOCK_LEVEL;
        let mut read = self.read.borrow_mut();
        if !read.iter().any(|(number, _)| *number == block) {
            read.push((block, self.source.leaves(block).map_err(TreeError::Source)?));
        }
        let leaves = read.iter().find(|(number, _)| *number == block).map(|(_, leaves)| leaves.as_slice());
        let first = (start % BLOCK_LENGTH as u64) as usize;
        let wanted = leaves.and_then(|it| it.get(first..first.checked_add(usize::try_from(length).ok()?)?));
        wanted.map(root_of).ok_or(TreeError::Incomplete(block))
    }
}

/// The root over a range of leaves that begins where a subtree of its size can begin.
fn range<S: NodeSource>(
    source: &Blocks<'_, S>,
    start: u64,
    length: u64,
) -> Result<Hash, TreeError<S::Error>> {
    if length.is_power_of_two() && length >= BLOCK_LENGTH as u64 {
        let level = length.ilog2() as u8;
        let id = NodeId { level, index: start >> level };
        return source.source.node(id).map_err(TreeError::Source);
    }
    if length <= BLOCK_LENGTH as u64 {
        return source.within(start, length);
    }
    let split = largest_power_below(length);
    let left = range(source, start, split)?;
    let right = range(source, start + split, length - split)?;
    Ok(hash_node(&left, &right))
}
