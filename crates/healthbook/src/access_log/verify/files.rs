//! What the files are that somebody names, by their first bytes.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit_log::document::Document;
use audit_log::note::mended;
use audit_log::segment::{SegmentError, SegmentReader};
use audit_log::tree::BLOCK_LENGTH;

use crate::failure::Failure;

/// As many bytes tell what a file is.
const FIRST_BYTES: u64 = 64;

/// Bytes of an extract or a proof: an extract of 20,000 entries has some 40 MB.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// What the files are.
#[derive(Default)]
pub(super) struct Files {
    /// Segments, by the position of their first entry.
    pub(super) segments: Vec<(u64, PathBuf)>,
    /// The position behind the last segment.
    pub(super) end: u64,
    /// Extracts and proofs.
    pub(super) documents: Vec<PathBuf>,
    /// Checkpoints.
    pub(super) notes: Vec<PathBuf>,
    /// What is none of these, or is damaged at its beginning.
    pub(super) unknown: Vec<PathBuf>,
}

impl Files {
    /// Tells the files from each other, and puts segments into their order.
    pub(super) fn sorted(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Vec::new();
        for path in paths {
            if path.is_dir() {
                let entries = path.read_dir().with_context(|| format!("cannot read {}", path.display()))?;
                let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
                let before = found.len();
                found.extend(files.filter(|file| file.extension().is_some_and(|end| end == "log")));
                // An archive that is not there must not pass.
                if found.len() == before {
                    return Err(Failure::usage(anyhow::anyhow!(
                        "{} holds no segment of a log (*.log)",
                        path.display()
                    )));
                }
            } else {
                found.push(path.clone());
            }
        }
        let mut files = Self::default();
        for path in found {
            let mut first = Vec::new();
            let read = open(&path)?.take(FIRST_BYTES).read_to_end(&mut first);
            read.with_context(|| format!("cannot read {}", path.display()))?;
            let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first).trim_ascii_start();
            if first.starts_with(b"{") {
                files.documents.push(path);
            } else if first.starts_with(b"healthbook/") {
                files.notes.push(path);
            } else {
                files.segment(path)?;
            }
        }
        files.segments.sort();
        Ok(files)
    }

    fn segment(&mut self, path: PathBuf) -> Result<(), Failure> {
        let length = BLOCK_LENGTH as u64;
        match SegmentReader::new(open(&path)?) {
            Ok(reader) => {
                let header = reader.header();
                let end = header.first_block.saturating_add(header.blocks);
                self.end = self.end.max(end.saturating_mul(length));
                self.segments.push((header.first_block.saturating_mul(length), path));
            }
            Err(SegmentError::Damaged) => self.unknown.push(path),
            Err(error @ SegmentError::Io(_)) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The segments, to be read one after the other.
    pub(super) fn open_segments(&self) -> Result<Vec<BufReader<File>>, Failure> {
        self.segments.iter().map(|(_, path)| open(path)).collect()
    }
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

/// A file as a whole, up to a bound: what a stranger hands over must not fill the memory.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::usage(anyhow::anyhow!("{} has more than {MOST_BYTES} bytes", path.display())));
    }
    Ok(bytes)
}

/// The note in a file: it is one, or an extract or a proof that holds one. What is neither says nothing of the log, and
/// was handed over by mistake.
pub(super) fn note(path: &Path) -> Result<String, Failure> {
    let bytes = read(path)?;
    if let Some(document) = Document::read(&bytes) {
        let note = document.note().map(str::to_owned);
        return note.ok_or_else(|| no_checkpoint(path, "a proof of sizes, without a checkpoint"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| no_checkpoint(path, "not a text in UTF-8"))?;
    Ok(mended(text))
}

/// That a file is not what it was handed over as.
pub(super) fn no_checkpoint(path: &Path, because: &str) -> Failure {
    Failure::usage(anyhow::anyhow!(
        "{} holds no checkpoint: {because}. A checkpoint is handed over as it was published, line by line, or with the \
         extract or proof that holds it",
        path.display()
    ))
}
