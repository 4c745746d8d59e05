//! Checkpoints (C2SP `tlog-checkpoint`): what the log says of itself, and its key has signed (section 4).

use std::fmt;

use fhir::Instant;

use crate::hash::Hash;
use crate::note::{LogName, NoteError, SigningKey, VerifyingKey};
use crate::tree::{LARGEST_TREE, TreeHead};

const TIME: &str = "time ";

/// The size, the root and the time of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    log: LogName,
    size: u64,
    root: Hash,
    time: Instant,
    is_by_earlier_key: bool,
}

/// Why a note is no checkpoint of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is signed, but says nothing that can be understood.
    #[error("not a checkpoint")]
    Form,
    /// It is that of another log.
    #[error("a checkpoint of another log")]
    OtherLog,
    /// An earlier key has signed it, later or with more entries than the last one under that key.
    #[error("signed by a key that had been given up before")]
    GivenUp,
    /// It is not signed as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl CheckpointError {
    /// Whether another key than that of the log may have signed it, or one that had been given up: nothing is damaged then.
    pub fn is_of_another_key(&self) -> bool {
        matches!(self, Self::OtherLog | Self::GivenUp | Self::Note(NoteError::Unsigned))
    }
}

impl Checkpoint {
    /// What is to be signed. Fractions of a second of the time are left out.
    pub fn new(log: LogName, size: u64, root: Hash, time: Instant) -> Self {
        let time = Instant::from_microseconds(time.seconds().saturating_mul(1_000_000));
        Self { log, size, root, time, is_by_earlier_key: false }
    }

    /// Whether a key has signed it that was given up since.
    pub fn is_by_earlier_key(&self) -> bool {
        self.is_by_earlier_key
    }

    /// The log that it is of.
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over the entries.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Size and root: the log that it is of, whenever it was made.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root }
    }

    /// When it was made, in whole seconds.
    pub fn time(&self) -> Instant {
        self.time
    }

    /// The signed note, where the key is that of the log.
    pub fn sign(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        if *key.verifying().name() != self.log {
            return Err(CheckpointError::OtherLog);
        }
        Ok(key.sign(&self.to_string())?)
    }

    /// Verifies and reads a note, by the key of the log or, as far as it was signed by them, by one of those before it.
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, CheckpointError> {
        let (text, last) = match key.open(note) {
            Err(NoteError::Unsigned) => key.open_earlier(note).map(|(text, last)| (text, Some(last)))?,
            opened => (opened?, None),
        };
        let mut checkpoint = Self::read(text).ok_or(CheckpointError::Form)?;
        checkpoint.is_by_earlier_key = last.is_some();
        if checkpoint.log != *key.name() {
            return Err(CheckpointError::OtherLog);
        }
        if last.is_some_and(|last| last.excludes(&checkpoint)) {
            return Err(CheckpointError::GivenUp);
        }
        Ok(checkpoint)
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let log = lines.next()?.parse().ok()?;
        let size = lines.next()?.parse().ok().filter(|size| *size <= LARGEST_TREE)?;
        let root = Hash::from_base64(lines.next()?)?;
        let time = Instant::try_from(lines.next()?.strip_prefix(TIME)?).ok()?;
        let checkpoint = Self { log, size, root, time, is_by_earlier_key: false };
        // There is one way to write it: no other lines, no leading zeros, no other zones.
        (checkpoint.to_string() == text).then_some(checkpoint)
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_second(self.time.seconds()).unwrap_or(jiff::Timestamp::MAX);
        write!(formatter, "{}\n{}\n{}\n{TIME}{time:.0}\n", self.log, self.size, self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> SigningKey {
        SigningKey::from_pkcs8(LogName::new(name).unwrap(), &SigningKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn it_is_the_text_of_the_contract() {
        let key = key("test");
        let time = Instant::try_from("2026-11-28T21:44:15.999Z").unwrap();
        let root = crate::tree::empty_root();
        let checkpoint = Checkpoint::new(key.verifying().name().clone(), 1234, root, time);
        assert_eq!(
            checkpoint.to_string(),
            "healthbook/test\n1234\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ntime 2026-11-28T21:44:15Z\n"
        );
        let note = checkpoint.sign(&key).unwrap();
        assert!(note.contains("Z\n\n— healthbook/test "));
        assert_eq!(Checkpoint::open(&note, key.verifying()), Ok(checkpoint));
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        let key = key("test");
        let good =
            "healthbook/test\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ntime 2026-11-28T21:44:15Z\n";
        let open = |text: &str| Checkpoint::open(&key.sign(text).unwrap(), key.verifying());
        assert!(open(good).is_ok());
        for (part, other) in [
            ("\n7\n", "\n07\n"),
            ("\n7\n", "\n+7\n"),
            ("\n7\n", "\n4611686018427387905\n"),
            ("21:44:15Z", "21:44:15.0Z"),
            ("21:44:15Z", "21:44:15+00:00"),
            ("T21", " 21"),
            ("time ", "Time "),
            ("U=\n", "V=\n"),
            ("15Z\n", "15Z\nmore\n"),
        ] {
            assert_eq!(open(&good.replace(part, other)), Err(CheckpointError::Form), "{other}");
        }
        assert_eq!(open(&good.replace("/test", "/rest")), Err(CheckpointError::OtherLog));
    }

    #[test]
    fn a_flipped_bit_is_found_wherever_it_is() {
        let key = key("test");
        let checkpoint =
            Checkpoint::new(key.verifying().name().clone(), 9, Hash([7; 32]), Instant::from_microseconds(0));
        let note = checkpoint.sign(&key).unwrap();
        for place in 0..note.len() {
            for bit in 0..8 {
                let mut bytes = note.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                assert!(Checkpoint::open(&text, key.verifying()).is_err(), "byte {place}, bit {bit}");
            }
        }
    }
}
