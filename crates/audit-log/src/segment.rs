//! A file of blocks and checkpoints that have left the database. It stays verifiable by itself.
//!
//! It begins with a line `healthbook access log, segment 1`, then in big endian: the length of the name of the log (2
//! bytes) and the name, the number of the first block (8) and the number of blocks (8). Frames follow: what it is (1
//! byte: `B` a block, `C` a checkpoint), its length (4), its bytes. Checkpoints stand before the block that holds the
//! last of their entries. The frame `E`, without bytes, is the end; nothing stands behind it.
//!
//! The bytes of a block: length (4) and bytes of `words`, `entries` and `checks`, `root` (32), and the nodes that the
//! block completes (32 each), from its own level upwards.

use std::io::{self, Read, Write};

use crate::block::{PlacedBlock, StoredBlock};
use crate::bytes::{Input, Malformed};
use crate::hash::Hash;
use crate::note::{LONGEST_NOTE, LogName};

const FIRST_LINE: &[u8] = b"healthbook access log, segment 1\n";

/// The longest frame: a full block whose every text is as long and as seldom as can be.
const LONGEST_FRAME: usize = 32 * 1024 * 1024;

const BLOCK: u8 = b'B';
const CHECKPOINT: u8 = b'C';
const END: u8 = b'E';

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The log that it is of.
    pub log: LogName,
    /// Number of its first block: 256 times that is the first position.
    pub first_block: u64,
    /// How many blocks it has.
    pub blocks: u64,
}

/// One part of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A block.
    Block(PlacedBlock),
    /// The note of a checkpoint, not verified.
    Checkpoint(String),
}

/// Why a segment cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// It is damaged, cut, or something else.
    #[error("not a whole segment of an access log")]
    Damaged,
    /// The reader or writer failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Malformed> for SegmentError {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

/// Writes a segment.
#[derive(Debug)]
pub struct SegmentWriter<W> {
    out: W,
    left: u64,
}

impl<W: Write> SegmentWriter<W> {
    /// Begins with the header.
    pub fn new(mut out: W, header: &Header) -> Result<Self, SegmentError> {
        let name = header.log.as_str().as_bytes();
        let length = u16::try_from(name.len()).map_err(|_| SegmentError::Damaged)?;
        out.write_all(FIRST_LINE)?;
        out.write_all(&length.to_be_bytes())?;
        out.write_all(name)?;
        out.write_all(&header.first_block.to_be_bytes())?;
        out.write_all(&header.blocks.to_be_bytes())?;
        Ok(Self { out, left: header.blocks })
    }

    /// Adds the next block; there may be as many as the header says.
    pub fn block(&mut self, block: &StoredBlock, nodes: &[Hash]) -> Result<(), SegmentError> {
        self.left = self.left.checked_sub(1).ok_or(SegmentError::Damaged)?;
        let mut bytes = Vec::with_capacity(block.stored_length() + 12 + 32 * nodes.len());
        for part in [&block.words, &block.entries, &block.checks] {
            let length = u32::try_from(part.len()).map_err(|_| SegmentError::Damaged)?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
        for hash in [&block.root].into_iter().chain(nodes) {
            bytes.extend_from_slice(&hash.0);
        }
        self.frame(BLOCK, &bytes)
    }

    /// Adds the note of a checkpoint.
    pub fn checkpoint(&mut self, note: &str) -> Result<(), SegmentError> {
        self.frame(CHECKPOINT, note.as_bytes())
    }

    /// Ends the segment, which must have all its blocks, and gives the writer back.
    pub fn finish(mut self) -> Result<W, SegmentError> {
        if self.left > 0 {
            return Err(SegmentError::Damaged);
        }
        self.frame(END, &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn frame(&mut self, kind: u8, bytes: &[u8]) -> Result<(), SegmentError> {
        let length = u32::try_from(bytes.len()).map_err(|_| SegmentError::Damaged)?;
        self.out.write_all(&[kind])?;
        self.out.write_all(&length.to_be_bytes())?;
        Ok(self.out.write_all(bytes)?)
    }
}

/// Reads a segment, frame by frame. After an error there is nothing more.
#[derive(Debug)]
pub struct SegmentReader<R> {
    source: R,
    header: Header,
    next: u64,
    ended: bool,
}

impl<R: Read> SegmentReader<R> {
    /// Reads the header.
    pub fn new(mut source: R) -> Result<Self, SegmentError> {
        let mut line = [0; FIRST_LINE.len()];
        fill(&mut source, &mut line)?;
        if line != FIRST_LINE {
            return Err(SegmentError::Damaged);
        }
        let length = u16::from_be_bytes(array(&mut source)?);
        let name = String::from_utf8(bytes(&mut source, usize::from(length))?);
        let log = name.ok().and_then(|it| it.parse().ok()).ok_or(SegmentError::Damaged)?;
        let first_block = u64::from_be_bytes(array(&mut source)?);
        let blocks = u64::from_be_bytes(array(&mut source)?);
        let header = Header { log, first_block, blocks };
        first_block.checked_add(blocks).ok_or(SegmentError::Damaged)?;
        Ok(Self { source, next: first_block, header, ended: false })
    }

    /// What the segment says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    fn frame(&mut self) -> Result<Option<Frame>, SegmentError> {
        let [kind] = array(&mut self.source)?;
        let length = u32::from_be_bytes(array(&mut self.source)?) as usize;
        let is_last = self.next == self.header.first_block + self.header.blocks;
        match kind {
            BLOCK if !is_last && length <= LONGEST_FRAME => {
                let bytes = bytes(&mut self.source, length)?;
                let (block, nodes) = read_block(&bytes)?;
                let number = self.next;
                self.next += 1;
                Ok(Some(Frame::Block(PlacedBlock { number, block, nodes })))
            }
            CHECKPOINT if length <= LONGEST_NOTE => {
                let note = String::from_utf8(bytes(&mut self.source, length)?);
                Ok(Some(Frame::Checkpoint(note.map_err(|_| SegmentError::Damaged)?)))
            }
            END if is_last && length == 0 && self.source.read(&mut [0])? == 0 => Ok(None),
            _ => Err(SegmentError::Damaged),
        }
    }
}

impl<R: Read> Iterator for SegmentReader<R> {
    type Item = Result<Frame, SegmentError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let frame = self.frame().transpose();
        self.ended = !matches!(frame, Some(Ok(_)));
        frame
    }
}

fn read_block(bytes: &[u8]) -> Result<(StoredBlock, Vec<Hash>), Malformed> {
    let mut input = Input::new(bytes);
    let mut part = || {
        let length = u32::from_be_bytes(input.array()?) as usize;
        input.take(length).map(<[u8]>::to_vec)
    };
    let (words, entries, checks) = (part()?, part()?, part()?);
    let root = Hash(input.array()?);
    let mut nodes = Vec::new();
    while !input.is_empty() {
        nodes.push(Hash(input.array()?));
    }
    Ok((StoredBlock { words, entries, checks, root }, nodes))
}

/// As many bytes as are announced, without room for more than there are.
fn bytes(source: &mut impl Read, length: usize) -> Result<Vec<u8>, SegmentError> {
    let mut bytes = Vec::new();
    source.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(SegmentError::Damaged) }
}

fn array<const N: usize>(source: &mut impl Read) -> Result<[u8; N], SegmentError> {
    let mut array = [0; N];
    fill(source, &mut array)?;
    Ok(array)
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<(), SegmentError> {
    match source.read_exact(buffer) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(SegmentError::Damaged),
        other => Ok(other?),
    }
}
