//! Verifying a whole log (section 5), block after block: nothing is kept of a block that has gone by.

mod finding;
mod log;

pub use finding::{Finding, Kind, KnownReport, Late, Report};
pub use log::Verifier;

use std::io::Read;

use crate::block::PlacedBlock;
use crate::note::VerifyingKey;
use crate::segment::{Frame, SegmentError, SegmentReader};

/// As many findings, and as many late entries, are listed.
pub const MOST_FINDINGS: usize = 1000;

/// By so many microseconds an entry may be older than the last checkpoint that does not hold it, and so long may be
/// the time over which entries are in no checkpoint.
pub const TOLERANCE: i64 = 10 * 60 * 1_000_000;

/// Verifies a log that is stored: all blocks by their number, all checkpoints in the order in which they were made.
/// `known` are checkpoints that were published, or shown to somebody: only they tell that a log was cut together with
/// its checkpoints.
pub fn log<E>(
    key: &VerifyingKey,
    known: &[String],
    blocks: impl IntoIterator<Item = Result<PlacedBlock, E>>,
    checkpoints: impl IntoIterator<Item = Result<String, E>>,
) -> Result<Report, E> {
    let mut verifier = Verifier::new(key.clone(), known);
    let mut checkpoints = checkpoints.into_iter();
    for block in blocks {
        let block = block?;
        while verifier.wants_checkpoint(&block) {
            let Some(note) = checkpoints.next() else { break };
            verifier.checkpoint(&note?);
        }
        verifier.block(&block);
    }
    for note in checkpoints {
        verifier.checkpoint(&note?);
    }
    Ok(verifier.finish())
}

/// Verifies the files of a rotation, in their order. A file that is damaged is a finding; that it cannot be read
/// because of the machine is an error.
pub fn segments<R: Read>(
    key: &VerifyingKey,
    known: &[String],
    files: impl IntoIterator<Item = R>,
) -> Result<Report, std::io::Error> {
    let mut verifier = Verifier::new(key.clone(), known);
    for file in files {
        let reader = match SegmentReader::new(file) {
            Ok(reader) if reader.header().log == *key.name() => reader,
            Err(SegmentError::Io(error)) => return Err(error),
            _ => {
                verifier.unreadable();
                continue;
            }
        };
        for frame in reader {
            match frame {
                Ok(Frame::Block(block)) => verifier.block(&block),
                Ok(Frame::Checkpoint(note)) => verifier.checkpoint(&note),
                Err(SegmentError::Damaged) => verifier.unreadable(),
                Err(SegmentError::Io(error)) => return Err(error),
            }
        }
    }
    Ok(verifier.finish())
}
