//! A source of nodes that was filled beforehand: for whoever reads from a database, everything at once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;

use super::proof::{NodeSource, TreeError, consistency_proof, inclusion_proof, root};
use super::{BLOCK_LENGTH, NodeId};
use crate::hash::Hash;

/// What a root or a proof reads. Fetch that, put it into a [`Gathered`], and make the proof from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Nodes, each once.
    pub nodes: Vec<NodeId>,
    /// Blocks whose leaves are needed: at most two.
    pub blocks: Vec<u64>,
}

/// Nodes, and leaf hashes of blocks, that were fetched.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Nodes by their place.
    pub nodes: HashMap<NodeId, Hash>,
    /// Hashes of the leaves of blocks, by number.
    pub blocks: HashMap<u64, Vec<Hash>>,
}

/// Something was not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a node or block of the log is missing")]
pub struct NotGathered;

impl NodeSource for Gathered {
    type Error = NotGathered;

    fn node(&self, id: NodeId) -> Result<Hash, NotGathered> {
        self.nodes.get(&id).copied().ok_or(NotGathered)
    }

    fn leaves(&self, block: u64) -> Result<Vec<Hash>, NotGathered> {
        self.blocks.get(&block).cloned().ok_or(NotGathered)
    }
}

/// What [`root`] and [`super::Appender::resume`] are going to read.
pub fn wanted_for_root(size: u64) -> Result<Wanted, TreeError<Infallible>> {
    record(|recorder| root(recorder, size).map(drop))
}

/// What [`inclusion_proof`] is going to read.
pub fn wanted_for_inclusion(position: u64, size: u64) -> Result<Wanted, TreeError<Infallible>> {
    record(|recorder| inclusion_proof(recorder, position, size).map(drop))
}

/// What [`consistency_proof`] is going to read.
pub fn wanted_for_consistency(older: u64, size: u64) -> Result<Wanted, TreeError<Infallible>> {
    record(|recorder| consistency_proof(recorder, older, size).map(drop))
}

fn record(
    make: impl FnOnce(&Recorder) -> Result<(), TreeError<Infallible>>,
) -> Result<Wanted, TreeError<Infallible>> {
    let recorder = Recorder::default();
    make(&recorder)?;
    Ok(recorder.wanted.into_inner())
}

/// A source that has everything and only notes what was asked.
#[derive(Default)]
struct Recorder {
    wanted: RefCell<Wanted>,
}

impl NodeSource for Recorder {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        let nodes = &mut self.wanted.borrow_mut().nodes;
        if !nodes.contains(&id) {
            nodes.push(id);
        }
        Ok(Hash([0; 32]))
    }

    fn leaves(&self, block: u64) -> Result<Vec<Hash>, Infallible> {
        self.wanted.borrow_mut().blocks.push(block);
        Ok(vec![Hash([0; 32]); BLOCK_LENGTH])
    }
}
