//! What a citizen gets: the entries about one person, each with its proof.

use std::collections::BTreeSet;

use audit_log::extract::{Extract, Older, ProvenEntry};
use audit_log::tree::{NodeId, Wanted, wanted_for_inclusion};
use audit_log::{Checkpoint, Entry, VerifyingKey};
use fhir::Instant;

use super::page::{Whose, block_of};
use super::tree::{broken, in_range};
use crate::StoreError;
use crate::store::Store;

/// Entries of one extract: of who has more, the last ones.
const MOST_ENTRIES: usize = 20_000;
/// Blocks that are read at once.
const BLOCKS: usize = 64;

/// Which entries of a person are wanted; all where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogPeriod {
    /// Those of this moment and later.
    pub from: Option<Instant>,
    /// Those before this moment.
    pub until: Option<Instant>,
    /// Those before this position: of who has more than an extract holds, the ones before its first.
    pub before: Option<u64>,
}

impl LogPeriod {
    fn has(&self, position: u64, time: Instant) -> bool {
        self.from.is_none_or(|from| time >= from)
            && self.until.is_none_or(|until| time < until)
            && self.before.is_none_or(|before| position < before)
    }
}

impl Store {
    /// The extract of a person (`Patient/..`) up to the last checkpoint; `None` when nothing was signed yet. `older` are
    /// notes of checkpoints with which the log is proven to begin; those of another key are left out.
    pub async fn log_extract(
        &self,
        key: &VerifyingKey,
        patient: &str,
        older: &[String],
    ) -> Result<Option<Extract>, StoreError> {
        self.log_extract_of(key, &[patient.to_owned()], LogPeriod::default(), older).await
    }

    /// The same of a part of the entries, of people who are one.
    pub async fn log_extract_of(
        &self,
        key: &VerifyingKey,
        people: &[String],
        period: LogPeriod,
        older: &[String],
    ) -> Result<Option<Extract>, StoreError> {
        let Some(note) = self.log_checkpoint().await? else { return Ok(None) };
        let signed = Checkpoint::open(&note, key).map_err(|_| StoreError::Corrupt)?;
        let size = signed.size();
        let whose = Whose::people(people);
        let mut found = Vec::new();
        let end = period.before.map_or(size, |before| before.min(size));
        let mut until = end.checked_sub(1).map(block_of);
        while let Some(last) = until
            && found.len() < MOST_ENTRIES
        {
            let part = self.entries_in(&whose, last, BLOCKS).await?;
            until = part.next;
            let is_wanted =
                |(position, entry): &(u64, Entry<'_>)| *position < size && period.has(*position, entry.time);
            found.extend(part.entries.into_iter().filter(is_wanted));
        }
        found.truncate(MOST_ENTRIES);
        found.reverse();
        let mut nodes: BTreeSet<NodeId> = BTreeSet::new();
        let mut blocks: BTreeSet<u64> = BTreeSet::new();
        for (position, _) in &found {
            let wanted = in_range(wanted_for_inclusion(*position, size)).ok_or(StoreError::Corrupt)?;
            nodes.extend(wanted.nodes);
            blocks.extend(wanted.blocks);
        }
        let nodes: Vec<NodeId> = nodes.into_iter().collect();
        let mut gathered = self.gather(&Wanted { nodes, blocks: Vec::new() }).await?;
        let blocks: Vec<u64> = blocks.into_iter().collect();
        for blocks in blocks.chunks(BLOCKS) {
            let part = self.gather(&Wanted { nodes: Vec::new(), blocks: blocks.to_vec() }).await?;
            gathered.blocks.extend(part.blocks);
        }
        let proven = found
            .iter()
            .map(|(position, entry)| ProvenEntry::new(entry, *position, size, &gathered).map_err(broken))
            .collect::<Result<_, _>>()?;
        let mut extract = Extract::new(key, note, proven);
        for checkpoint in older {
            let Ok(opened) = Checkpoint::open(checkpoint, key) else { continue };
            if let Some(proof) = self.log_consistency(opened.size(), size).await? {
                extract.older.push(Older { checkpoint: checkpoint.clone(), proof });
            }
        }
        Ok(Some(extract))
    }
}
