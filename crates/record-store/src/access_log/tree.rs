//! What of the tree is needed, fetched at once: nodes, and the leaves of single blocks.

use std::convert::Infallible;

use audit_log::tree::{Gathered, NodeId, NotGathered, TreeError, Wanted};
use audit_log::{Hash, StoredBlock};

use super::sql::{self, BlockRow, BlockTypes, NodeRow, NodeTypes};
use crate::StoreError;
use crate::store::{Store, few, select};

/// Nodes of one question.
const MOST_NODES: usize = 256;

/// A block as it is stored.
pub(super) fn stored_block(row: BlockRow) -> Result<(u64, StoredBlock), StoreError> {
    let (number, root, checks, words, entries) = row;
    let root = Hash::from_slice(&root).ok_or(StoreError::Corrupt)?;
    Ok((sql::unsigned(number)?, StoredBlock { words, entries, checks, root }))
}

impl Store {
    /// Fetches what a root or a proof is going to read. What is not there is missing in the answer.
    pub(super) async fn gather(&self, wanted: &Wanted) -> Result<Gathered, StoreError> {
        let mut gathered = Gathered::default();
        self.gather_nodes(&wanted.nodes, &mut gathered).await?;
        if !wanted.blocks.is_empty() {
            let rows: Vec<BlockRow> = few!(self, sql::blocks(&wanted.blocks), BlockTypes)?;
            for row in rows {
                let (number, block) = stored_block(row)?;
                let leaves = block.leaf_hashes().map_err(|_| StoreError::Corrupt)?;
                gathered.blocks.insert(number, leaves);
            }
        }
        Ok(gathered)
    }

    pub(super) async fn gather_nodes(
        &self,
        ids: &[NodeId],
        gathered: &mut Gathered,
    ) -> Result<(), StoreError> {
        for ids in ids.chunks(MOST_NODES) {
            let rows: Vec<NodeRow> = if ids.len() <= 64 {
                few!(self, sql::nodes(ids), NodeTypes)?
            } else {
                select!(self, sql::nodes(ids), NodeTypes)?
            };
            for (level, index, hash) in rows {
                let level = u8::try_from(level).map_err(|_| StoreError::Corrupt)?;
                let id = NodeId { level, index: sql::unsigned(index)? };
                // A damaged hash is a missing one.
                gathered.nodes.extend(Hash::from_slice(&hash).map(|hash| (id, hash)));
            }
        }
        Ok(())
    }
}

/// What a size or position that is not there makes of a question about the tree.
pub(super) fn in_range<T>(wanted: Result<T, TreeError<Infallible>>) -> Option<T> {
    wanted.ok()
}

/// What is stored does not hold together.
pub(super) fn broken(_: TreeError<NotGathered>) -> StoreError {
    StoreError::Corrupt
}
