//! A log outlives its keys: which ones have signed it before, and up to where (section 4).
//!
//! A key that is given up names its successor and signs that. One that was lost cannot: then the successor stands there by
//! the word of the operator alone, and whoever kept the old key is told so. The key of today signs the whole list, so that
//! who knows that key knows those before it, and nobody adds one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::Instant;

use crate::checkpoint::Checkpoint;
use crate::note::{
    InvalidKey, LogName, NoteError, SigningKey, VerifyingKey, has_signed, open, read_vkey, vkey,
};

/// What stands in the place of a signature.
const LOST: &str = "lost";

/// A key that has signed the log before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierKey {
    public: [u8; 32],
    last: Last,
    /// By which it names the key behind it; `None` where it was lost.
    signature: Option<Vec<u8>>,
}

/// The last checkpoint under a key: it signs none of more entries, and none later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Last {
    size: u64,
    time: Instant,
}

/// How a key stands to one that somebody has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// It is that key, or each key from that one on has named its successor.
    Proven,
    /// It says nothing of the keys before it.
    Untold,
    /// A key between them was lost when the log had so many entries: nobody but the operator says who came next.
    Lost(u64),
    /// That key is none of this log.
    Unknown,
}

impl Last {
    fn of(checkpoint: &Checkpoint) -> Self {
        Self { size: checkpoint.size(), time: checkpoint.time() }
    }

    /// What holds for a key whose successors were given up, too: a log that was set back went on before its own end.
    fn and(self, other: Self) -> Self {
        Self { size: self.size.min(other.size), time: self.time.min(other.time) }
    }

    /// Whether a checkpoint is none of a key that was given up here.
    pub(crate) fn excludes(self, checkpoint: &Checkpoint) -> bool {
        checkpoint.size() > self.size || checkpoint.time() > self.time
    }

    fn text(self) -> String {
        // Whole seconds, as in a checkpoint.
        format!("{} {}", self.size, self.time.seconds())
    }

    fn read(size: &str, time: &str) -> Option<Self> {
        let time = time.parse::<i64>().ok()?.checked_mul(1_000_000)?;
        Some(Self { size: size.parse().ok()?, time: Instant::from_microseconds(time) })
    }
}

impl EarlierKey {
    /// The keys before a first one, the last given up first, each in its line. Wrong is the first line that is not in the one
    /// form, is not named by the key in it, or names a key that stands there already.
    pub(crate) fn read(name: &LogName, lines: &[&str]) -> Result<Vec<Self>, InvalidKey> {
        let mut keys: Vec<&str> = lines.iter().take(1).copied().collect();
        let mut earlier: Vec<Self> = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate().skip(1) {
            let read = Self::read_one(name, line).filter(|(key, one)| {
                let names_it = |signature: &Vec<u8>| {
                    let text = handover(name, one.last, keys[index - 1], &lines[index + 1..]);
                    has_signed(&one.public, &text, signature)
                };
                !keys.contains(key) && one.signature.as_ref().is_none_or(names_it)
            });
            let (key, one) = read.ok_or(InvalidKey::Line(index + 1))?;
            keys.push(key);
            earlier.push(one);
        }
        Ok(earlier)
    }

    fn read_one<'a>(name: &LogName, line: &'a str) -> Option<(&'a str, Self)> {
        let (key, rest) = line.split_once(" until ")?;
        let (size, rest) = rest.split_once(' ')?;
        let (time, signature) = rest.split_once(' ')?;
        let (_, public) = read_vkey(key).filter(|(log, _)| log == name)?;
        let signature = match signature {
            LOST => None,
            signature => Some(STANDARD.decode(signature).ok()?),
        };
        let one = Self { public, last: Last::read(size, time)?, signature };
        // There is one way to write it.
        (one.line(name) == line).then_some((key, one))
    }

    fn line(&self, name: &LogName) -> String {
        let signature = self.signature.as_ref().map_or(LOST.to_owned(), |it| STANDARD.encode(it));
        format!("{} until {} {signature}", vkey(name, &self.public), self.last.text())
    }
}

/// What a key signs that names its successor, and those before itself. No checkpoint has such a second line.
fn handover(name: &LogName, last: Last, next: &str, earlier: &[&str]) -> String {
    let mut text = format!("{name}\nuntil {}\nnext {next}\n", last.text());
    for line in earlier {
        text.extend([line, "\n"]);
    }
    text
}

impl VerifyingKey {
    /// The key; where there were others before it, a note of all of them, each in a line, that it has signed: the file that is
    /// published.
    pub fn file(&self) -> String {
        match &self.list_signature {
            None => format!("{self}\n"),
            Some(line) => format!("{}\n{line}\n", self.list()),
        }
    }

    /// Key and keys before it, each in a line.
    fn list(&self) -> String {
        format!("{self}\n{}", self.earlier_lines())
    }

    /// Those before it, each in a line.
    pub fn earlier_lines(&self) -> String {
        self.earlier.iter().map(|earlier| earlier.line(&self.name) + "\n").collect()
    }

    /// How many entries the log had when a key of it was lost, for each that was.
    pub fn losses(&self) -> impl Iterator<Item = u64> {
        self.earlier.iter().filter(|earlier| earlier.signature.is_none()).map(|earlier| earlier.last.size)
    }

    /// Whether a vkey is that of this key or of one before it.
    pub fn is_named(&self, text: &str) -> bool {
        let publics = std::iter::once(&self.public).chain(self.earlier.iter().map(|it| &it.public));
        publics.into_iter().any(|public| vkey(&self.name, public) == text)
    }

    /// The text of a note that an earlier key has signed, and the last one that it may have signed.
    pub(crate) fn open_earlier<'a>(&self, note: &'a str) -> Result<(&'a str, Last), NoteError> {
        let mut last: Option<Last> = None;
        for earlier in &self.earlier {
            let here = last.map_or(earlier.last, |last| last.and(earlier.last));
            last = Some(here);
            match open(note, self.name.as_str(), &earlier.public) {
                Err(NoteError::Unsigned) => {}
                opened => return Ok((opened?, here)),
            }
        }
        Err(NoteError::Unsigned)
    }

    /// Whether this key comes after one that somebody has kept, by nobody's word but that of the keys. What the kept one says
    /// of those before it must be what is said here.
    pub fn follows(&self, kept: &Self) -> Lineage {
        let place = match self.earlier.iter().position(|earlier| earlier.public == kept.public) {
            _ if self.name != kept.name => return Lineage::Unknown,
            _ if self.public == kept.public => 0,
            Some(index) => index + 1,
            None if self.earlier.is_empty() => return Lineage::Untold,
            None => return Lineage::Unknown,
        };
        let (between, before) = self.earlier.split_at(place);
        // The kept one may be one key alone.
        if !kept.earlier.is_empty() && before != kept.earlier {
            return Lineage::Unknown;
        }
        // The last one that was lost is the first of them.
        let lost = between.iter().rfind(|earlier| earlier.signature.is_none());
        lost.map_or(Lineage::Proven, |lost| Lineage::Lost(lost.last.size))
    }
}

impl SigningKey {
    /// With the keys before it, as [`VerifyingKey::earlier_lines`] has them.
    ///
    /// # Errors
    /// [`InvalidKey`] where they are not in the one form, or one of them names another successor.
    pub fn after(mut self, earlier: &str) -> Result<Self, InvalidKey> {
        let own = self.public.to_string();
        let lines: Vec<&str> = std::iter::once(own.as_str()).chain(earlier.lines()).collect();
        self.public.earlier = EarlierKey::read(&self.public.name, &lines)?;
        self.sign_list().map_err(|_| InvalidKey::Form)?;
        Ok(self)
    }

    /// Gives this key up for another one of the same log, behind the last checkpoint of it.
    ///
    /// # Errors
    /// [`NoteError::Signing`] where it cannot sign.
    pub fn give_up(&self, next: &mut Self, last: &Checkpoint) -> Result<(), NoteError> {
        let earlier = self.public.earlier_lines();
        let earlier: Vec<&str> = earlier.lines().collect();
        let text = handover(&self.public.name, Last::of(last), &next.public.to_string(), &earlier);
        let signature = Some(self.signature(&text)?);
        next.succeed(&self.public, last, signature)
    }

    /// Follows a key of the same log that was lost, behind the last checkpoint of it.
    ///
    /// # Errors
    /// [`NoteError::Signing`] where it cannot sign.
    pub fn replace_lost(&mut self, lost: &VerifyingKey, last: &Checkpoint) -> Result<(), NoteError> {
        self.succeed(lost, last, None)
    }

    fn succeed(
        &mut self,
        before: &VerifyingKey,
        last: &Checkpoint,
        signature: Option<Vec<u8>>,
    ) -> Result<(), NoteError> {
        let one = EarlierKey { public: before.public, last: Last::of(last), signature };
        self.public.earlier = std::iter::once(one).chain(before.earlier.iter().cloned()).collect();
        self.sign_list()
    }

    fn sign_list(&mut self) -> Result<(), NoteError> {
        self.public.list_signature = None;
        if !self.public.earlier.is_empty() {
            let note = self.sign(&self.public.list())?;
            self.public.list_signature = note.lines().last().map(str::to_owned);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
