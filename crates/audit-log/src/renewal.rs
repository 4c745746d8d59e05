//! A log outlives its keys: which ones have signed it before, and up to where (section 4).
//!
//! A key that is given up names its successor and signs that. One that was lost cannot: then the successor stands there by
//! the word of the operator alone, and whoever kept the old key is told so.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::note::{
    InvalidKey, LogName, NoteError, SigningKey, VerifyingKey, has_signed, open, read_vkey, vkey,
};

/// What stands in the place of a signature.
const LOST: &str = "lost";

/// A key that has signed the log before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierKey {
    public: [u8; 32],
    /// The entries of the last checkpoint that it has signed: of more it signs none.
    until: u64,
    /// By which it names the key behind it; `None` where it was lost.
    signature: Option<Vec<u8>>,
}

/// How a key stands to one that somebody has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// It is that key, or each key from that one on has named its successor.
    Proven,
    /// A key between them was lost when the log had so many entries: nobody but the operator says who came next.
    Lost(u64),
    /// That key is none of this log.
    Unknown,
}

impl EarlierKey {
    /// The keys before a first one, the last given up first, each in its line; `None` where one is not named by the one
    /// before it, or goes further than the one behind it.
    pub(crate) fn read<'a>(
        name: &LogName,
        first: &str,
        lines: impl Iterator<Item = &'a str>,
    ) -> Option<Vec<Self>> {
        let (mut next, mut most) = (first.to_owned(), u64::MAX);
        let mut earlier = Vec::new();
        for line in lines {
            let (key, rest) = line.split_once(" until ")?;
            let (until, signature) = rest.split_once(' ')?;
            let (log, public) = read_vkey(key).filter(|(log, _)| log == name)?;
            let until = until.parse().ok().filter(|until| *until <= most)?;
            let signature = match signature {
                LOST => None,
                signature => Some(STANDARD.decode(signature).ok()?),
            };
            let one = Self { public, until, signature };
            let names_it =
                |signature: &Vec<u8>| has_signed(&public, &handover(&log, until, &next), signature);
            // There is one way to write it.
            if one.line(name) != line || !one.signature.as_ref().is_none_or(names_it) {
                return None;
            }
            (next, most) = (key.to_owned(), until);
            earlier.push(one);
        }
        Some(earlier)
    }

    fn line(&self, name: &LogName) -> String {
        let signature = self.signature.as_ref().map_or(LOST.to_owned(), |it| STANDARD.encode(it));
        format!("{} until {} {signature}", vkey(name, &self.public), self.until)
    }
}

/// What a key signs that names its successor. No checkpoint has such a second line.
fn handover(name: &LogName, until: u64, next: &str) -> String {
    format!("{name}\nuntil {until}\nnext {next}\n")
}

impl VerifyingKey {
    /// The key and those before it, each in a line: the file that is published.
    pub fn file(&self) -> String {
        let mut text = format!("{self}\n");
        for earlier in &self.earlier {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{}", earlier.line(&self.name));
        }
        text
    }

    /// Whether a vkey is that of this key or of one before it.
    pub fn is_named(&self, text: &str) -> bool {
        let publics = std::iter::once(&self.public).chain(self.earlier.iter().map(|it| &it.public));
        publics.into_iter().any(|public| vkey(&self.name, public) == text)
    }

    /// The text of a note that an earlier key has signed, and of how many entries it may be.
    pub(crate) fn open_earlier<'a>(&self, note: &'a str) -> Result<(&'a str, u64), NoteError> {
        for earlier in &self.earlier {
            match open(note, self.name.as_str(), &earlier.public) {
                Err(NoteError::Unsigned) => {}
                opened => return Ok((opened?, earlier.until)),
            }
        }
        Err(NoteError::Unsigned)
    }

    /// Whether this key comes after one that somebody has kept, by nobody's word but that of the keys.
    pub fn follows(&self, kept: &Self) -> Lineage {
        if self.name != kept.name {
            return Lineage::Unknown;
        }
        if self.public == kept.public {
            return Lineage::Proven;
        }
        let mut lineage = Lineage::Proven;
        for earlier in &self.earlier {
            if earlier.signature.is_none() {
                lineage = Lineage::Lost(earlier.until);
            }
            if earlier.public == kept.public {
                return lineage;
            }
        }
        Lineage::Unknown
    }
}

impl SigningKey {
    /// With the keys before it, as they stand in [`VerifyingKey::file`] behind its own.
    ///
    /// # Errors
    /// [`InvalidKey`] where they are not in the one form, or one of them names another successor.
    pub fn after(mut self, earlier: &str) -> Result<Self, InvalidKey> {
        let (name, own) = (self.public.name.clone(), self.public.to_string());
        self.public.earlier = EarlierKey::read(&name, &own, earlier.lines()).ok_or(InvalidKey)?;
        Ok(self)
    }

    /// Gives this key up for another one of the same log; `until` is the number of entries that it has signed last.
    ///
    /// # Errors
    /// [`NoteError::Signing`] where it cannot sign.
    pub fn give_up(&self, next: &mut Self, until: u64) -> Result<(), NoteError> {
        let text = handover(&self.public.name, until, &next.public.to_string());
        let signature = Some(self.signature(&text)?);
        next.succeed(&self.public, until, signature);
        Ok(())
    }

    /// Follows a key of the same log that was lost; `until` is the number of entries that it has signed last.
    pub fn replace_lost(&mut self, lost: &VerifyingKey, until: u64) {
        self.succeed(lost, until, None);
    }

    fn succeed(&mut self, before: &VerifyingKey, until: u64, signature: Option<Vec<u8>>) {
        let last = EarlierKey { public: before.public, until, signature };
        self.public.earlier = std::iter::once(last).chain(before.earlier.iter().cloned()).collect();
    }
}

#[cfg(test)]
mod tests {
    use fhir::Instant;

    use super::*;
    use crate::tree::empty_root;
    use crate::{Checkpoint, CheckpointError};

    fn new_key(name: &str) -> SigningKey {
        SigningKey::from_pkcs8(LogName::new(name).unwrap(), &SigningKey::generate().unwrap()).unwrap()
    }

    fn note(key: &SigningKey, size: u64) -> String {
        let time = Instant::from_microseconds(1_000_000);
        Checkpoint::new(key.verifying().name().clone(), size, empty_root(), time).sign(key).unwrap()
    }

    /// Three keys, each named by the one before it: until 10, until 20.
    fn three() -> [SigningKey; 3] {
        let (first, mut second, mut third) = (new_key("a"), new_key("a"), new_key("a"));
        first.give_up(&mut second, 10).unwrap();
        second.give_up(&mut third, 20).unwrap();
        [first, second, third]
    }

    #[test]
    fn each_key_opens_what_it_has_signed_until_it_was_given_up() {
        let [first, second, third] = three();
        let key = third.verifying();
        let open = |by: &SigningKey, size| Checkpoint::open(&note(by, size), key).map(|it| it.size());
        for (by, last) in [(&first, 10), (&second, 20)] {
            assert_eq!(open(by, last), Ok(last));
            assert_eq!(open(by, last + 1), Err(CheckpointError::GivenUp));
        }
        assert_eq!(open(&third, 5), Ok(5));
        assert_eq!(open(&third, 5_000), Ok(5_000));
        assert_eq!(open(&new_key("a"), 5), Err(CheckpointError::Note(NoteError::Unsigned)));
        // An earlier key knows nothing of a later one.
        assert!(Checkpoint::open(&note(&third, 5), first.verifying()).is_err());
        let torn = note(&first, 5).replace("\n5\n", "\n6\n");
        assert_eq!(Checkpoint::open(&torn, key), Err(CheckpointError::Note(NoteError::Signature)));
    }

    #[test]
    fn the_file_leads_back_and_there_is_one_way_to_write_it() {
        let [first, second, third] = three();
        let file = third.verifying().file();
        assert_eq!(file.lines().count(), 3);
        assert_eq!(file.parse::<VerifyingKey>().as_ref(), Ok(third.verifying()));
        for key in [&first, &second, &third] {
            assert!(third.verifying().is_named(&key.verifying().to_string()));
            assert_eq!(third.verifying().follows(key.verifying()), Lineage::Proven);
        }
        assert!(!first.verifying().is_named(&third.verifying().to_string()));
        assert_eq!(first.verifying().follows(third.verifying()), Lineage::Unknown);
        assert_eq!(third.verifying().follows(new_key("a").verifying()), Lineage::Unknown);
        assert_eq!(third.verifying().follows(new_key("b").verifying()), Lineage::Unknown);
        // The end of the file may be missing: then less is known. Else every flipped bit is found.
        let last = file.trim_end();
        for place in 0..last.len() {
            for bit in 0..7 {
                let mut bytes = last.as_bytes().to_vec();
                bytes[place] ^= 1 << bit;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                assert!(text.parse::<VerifyingKey>().is_err(), "byte {place}, bit {bit}");
            }
        }
        let lines: Vec<&str> = last.lines().collect();
        let swapped = [lines[0], lines[2], lines[1]].join("\n");
        let skipped = [lines[0], lines[2]].join("\n");
        for wrong in [swapped, skipped, format!("{last}\n\n"), last.replace(" until 20 ", " until 9 ")] {
            assert!(wrong.parse::<VerifyingKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_was_lost_is_followed_by_the_word_of_the_operator_only() {
        let [first, second, lost] = three();
        let mut next = new_key("a");
        next.replace_lost(lost.verifying(), 30);
        let key = next.verifying();
        assert_eq!(key.file().parse::<VerifyingKey>().as_ref(), Ok(key));
        assert_eq!(key.follows(key), Lineage::Proven);
        for kept in [&first, &second, &lost] {
            assert_eq!(key.follows(kept.verifying()), Lineage::Lost(30));
        }
        assert!(Checkpoint::open(&note(&lost, 30), key).is_ok());
        assert_eq!(Checkpoint::open(&note(&lost, 31), key), Err(CheckpointError::GivenUp));
        // A signature cannot be left out unnoticed: then it is one that was lost.
        let mut last = new_key("a");
        next.give_up(&mut last, 40).unwrap();
        assert_eq!(last.verifying().follows(next.verifying()), Lineage::Proven);
        assert_eq!(last.verifying().follows(lost.verifying()), Lineage::Lost(30));
    }

    #[test]
    fn a_private_key_takes_its_predecessors_from_their_lines() {
        let [_, second, third] = three();
        let file = third.verifying().file();
        let (_, earlier) = file.split_once('\n').unwrap();
        assert!(new_key("a").after(earlier).is_err(), "they name another one");
        assert!(new_key("b").after(earlier).is_err());
        assert_eq!(new_key("a").after("").unwrap().verifying().file().lines().count(), 1);
        let file = second.verifying().file();
        let (_, earlier) = file.split_once('\n').unwrap();
        let mut again = second;
        again.public.earlier.clear();
        assert_eq!(again.after(earlier).unwrap().verifying().file(), file);
    }
}
