//! The JSON files of a log (section 6), told from each other by the form that they name.

use crate::consistency::ConsistencyProof;
use crate::extract::Extract;
use crate::proof::EntryProof;

/// What somebody hands over to have it verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// A citizen's extract.
    Extract(Extract),
    /// The proof of one entry.
    Entry(EntryProof),
    /// The proof that the log goes on from an older checkpoint.
    Consistency(ConsistencyProof),
}

impl Document {
    /// A file that is one of them, whether it holds or not. An editor may have put the mark of UTF-8 before it.
    pub fn read(json: &[u8]) -> Option<Self> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let entry = || EntryProof::read(json).map(Self::Entry);
        let consistency = || ConsistencyProof::read(json).map(Self::Consistency);
        entry().or_else(consistency).or_else(|| Extract::read(json).map(Self::Extract))
    }

    /// The note of the checkpoint to which it leads.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Extract(extract) => Some(&extract.checkpoint),
            Self::Entry(proof) => Some(&proof.checkpoint),
            Self::Consistency(proof) => proof.checkpoint.as_deref(),
        }
    }

    /// The notes of the older checkpoints from which it is proven that the log goes on.
    pub fn older_notes(&self) -> impl Iterator<Item = &str> {
        let older = match self {
            Self::Extract(extract) => extract.older.as_slice(),
            Self::Entry(_) | Self::Consistency(_) => &[],
        };
        older.iter().map(|older| older.checkpoint.as_str())
    }
}
