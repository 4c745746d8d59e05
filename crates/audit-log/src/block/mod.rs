//! Blocks: up to 256 consecutive entries in the form in which they are stored (section 3).
//!
//! What entries share is written once. The texts stand in `words`; in `entries` a text is a number, and so is who
//! asked and how, once it was written out. Both are written in the order of first use, so that what stands before a
//! damage can still be read, and the entry in which it shows is named.

mod read;
mod word;
mod write;

pub use read::{BlockReader, DamagedBlock};
pub use write::BlockWriter;

use crate::entry::{Entry, Outcome, Text};
use crate::hash::Hash;
use crate::tree::BLOCK_LENGTH;

/// Length of what is kept of the hash of each leaf.
pub const CHECK_LENGTH: usize = 8;

/// Texts of an entry.
const TEXTS_OF_ENTRY: usize = 14;

/// More different texts than these are not in a block.
const MOST_WORDS: usize = BLOCK_LENGTH * TEXTS_OF_ENTRY;

/// A block as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    /// The texts, each once.
    pub words: Vec<u8>,
    /// The entries, with numbers in the place of texts.
    pub entries: Vec<u8>,
    /// [`CHECK_LENGTH`] bytes of the hash of each leaf.
    pub checks: Vec<u8>,
    /// The root of the tree over the block.
    pub root: Hash,
}

/// A block with its place in the log and the nodes that it completes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedBlock {
    /// Blocks before it.
    pub number: u64,
    /// What is stored.
    pub block: StoredBlock,
    /// The stored nodes of [`crate::tree::completed_by`], when it is full; none when it is not.
    pub nodes: Vec<Hash>,
}

/// Entries that make no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block holds at most {BLOCK_LENGTH} entries")]
pub struct BlockIsFull;

impl StoredBlock {
    /// A block of entries.
    pub fn of(entries: &[Entry<'_>]) -> Result<Self, BlockIsFull> {
        let mut writer = BlockWriter::new();
        for entry in entries {
            writer.push(entry)?;
        }
        Ok(writer.stored())
    }

    /// Number of entries.
    pub fn count(&self) -> usize {
        self.checks.len() / CHECK_LENGTH
    }

    /// All entries. This does not verify them: [`crate::verify`] does.
    pub fn entries(&self) -> Result<Vec<Entry<'static>>, DamagedBlock> {
        let reader = BlockReader::new(self);
        let entries = reader.iter().map(|entry| entry.map(Entry::into_owned)).collect();
        if reader.is_sound() { entries } else { Err(DamagedBlock) }
    }

    /// One entry, without making anything of the others.
    pub fn entry(&self, number: usize) -> Result<Entry<'static>, DamagedBlock> {
        let reader = BlockReader::new(self);
        reader.iter().nth(number).unwrap_or(Err(DamagedBlock)).map(Entry::into_owned)
    }

    /// The hashes of all leaves, for a proof.
    pub fn leaf_hashes(&self) -> Result<Vec<Hash>, DamagedBlock> {
        let reader = BlockReader::new(self);
        let mut bytes = Vec::new();
        let mut hashes = Vec::with_capacity(self.count().min(BLOCK_LENGTH));
        for entry in reader.iter() {
            bytes.clear();
            entry?.write_leaf_bytes(&mut bytes);
            hashes.push(crate::tree::hash_leaf(&bytes));
        }
        if reader.is_sound() { Ok(hashes) } else { Err(DamagedBlock) }
    }

    /// Bytes that are stored.
    pub fn stored_length(&self) -> usize {
        self.words.len() + self.entries.len() + self.checks.len() + self.root.0.len()
    }
}

/// Who asked: what all entries of one person at work have in common, as numbers of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Who([usize; 8]);

impl Who {
    /// The fields in the order in which they are written.
    fn texts<'e>(entry: &'e Entry<'_>) -> [&'e Text<'e>; 8] {
        [
            &entry.agent,
            &entry.agent_name,
            &entry.role,
            &entry.organization,
            &entry.organization_name,
            &entry.client,
            &entry.purpose,
            &entry.policy,
        ]
    }
}

/// How: what many entries have in common, whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct How {
    action: u8,
    outcome: Outcome,
    shown: u32,
    query: usize,
    authority: usize,
}
