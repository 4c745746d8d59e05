//! Writing a block, entry after entry.

use std::collections::HashMap;

use uuid::Uuid;

use super::read::{BlockReader, DamagedBlock};
use super::{BlockIsFull, How, StoredBlock, Who, word};
use crate::bytes::{write_number, zigzag};
use crate::entry::Entry;
use crate::hash::Hash;
use crate::tree::{Appender, BLOCK_LENGTH, hash_leaf};

/// A block that grows. The same entries give the same bytes, however they came in.
#[derive(Debug, Clone, Default)]
pub struct BlockWriter {
    words: Vec<u8>,
    entries: Vec<u8>,
    checks: Vec<u8>,
    tree: Appender,
    numbers: HashMap<String, usize>,
    prefixes: Vec<String>,
    whos: HashMap<Who, usize>,
    hows: HashMap<How, usize>,
    /// The last entry of each request.
    requests: HashMap<Uuid, usize>,
    time: i64,
    leaf: Vec<u8>,
}

impl BlockWriter {
    /// An empty block.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with a block that is stored.
    pub fn resume(stored: &StoredBlock) -> Result<Self, DamagedBlock> {
        let reader = BlockReader::new(stored);
        let mut writer = Self::new();
        for entry in reader.iter() {
            writer.push(&entry?).map_err(|_| DamagedBlock)?;
        }
        // What is damaged must not be written again as if it were sound.
        if writer.stored() == *stored { Ok(writer) } else { Err(DamagedBlock) }
    }

    /// Number of entries.
    pub fn count(&self) -> usize {
        self.tree.size() as usize
    }

    /// Whether nothing more can be added.
    pub fn is_full(&self) -> bool {
        self.count() >= BLOCK_LENGTH
    }

    /// Adds an entry and tells the hash of its leaf, which the tree is waiting for.
    pub fn push(&mut self, entry: &Entry<'_>) -> Result<Hash, BlockIsFull> {
        if self.is_full() {
            return Err(BlockIsFull);
        }
        let number = self.count();
        self.leaf.clear();
        entry.write_leaf_bytes(&mut self.leaf);
        let hash = hash_leaf(&self.leaf);
        self.tree.push(hash);
        self.checks.extend_from_slice(&hash.check());

        match self.requests.insert(entry.request, number) {
            Some(before) => write_number((number - before) as u64, &mut self.entries),
            None => {
                write_number(0, &mut self.entries);
                self.entries.extend_from_slice(entry.request.as_bytes());
            }
        }
        self.entries.extend_from_slice(&entry.salt);
        let time = entry.time.microseconds();
        write_number(zigzag(time.wrapping_sub(self.time)), &mut self.entries);
        self.time = time;
        self.write_who(entry);
        self.write_how(entry);
        for text in [&entry.patient, &entry.resource, &entry.version, &entry.basis] {
            let word = self.word(text);
            write_number(word as u64, &mut self.entries);
        }
        Ok(hash)
    }

    /// The root of the tree over the block.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Whether the entries are written there as they are here; the root is not compared.
    pub(crate) fn wrote(&self, stored: &StoredBlock) -> bool {
        self.words == stored.words && self.entries == stored.entries && self.checks == stored.checks
    }

    /// The block as it is to be stored now.
    pub fn stored(&self) -> StoredBlock {
        StoredBlock {
            words: self.words.clone(),
            entries: self.entries.clone(),
            checks: self.checks.clone(),
            root: self.tree.root(),
        }
    }

    fn write_who(&mut self, entry: &Entry<'_>) {
        let who = Who(Who::texts(entry).map(|text| self.word(text)));
        let next = self.whos.len() + 1;
        if let Some(number) = self.whos.get(&who) {
            return write_number(*number as u64, &mut self.entries);
        }
        self.whos.insert(who, next);
        write_number(0, &mut self.entries);
        for word in who.0 {
            write_number(word as u64, &mut self.entries);
        }
    }

    fn write_how(&mut self, entry: &Entry<'_>) {
        let how = How {
            action: entry.action.number(),
            outcome: entry.outcome,
            shown: entry.shown,
            query: self.word(&entry.query),
            authority: self.word(&entry.authority),
        };
        let next = self.hows.len() + 1;
        if let Some(number) = self.hows.get(&how) {
            return write_number(*number as u64, &mut self.entries);
        }
        self.hows.insert(how, next);
        self.entries.extend_from_slice(&[0, how.action, how.outcome.number()]);
        for number in [u64::from(how.shown), how.query as u64, how.authority as u64] {
            write_number(number, &mut self.entries);
        }
    }

    /// The number of a text: 0 of the empty one, else from 1.
    fn word(&mut self, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        word::write(text, &mut self.prefixes, &mut self.words);
        let number = self.numbers.len() + 1;
        self.numbers.insert(text.to_owned(), number);
        number
    }
}
