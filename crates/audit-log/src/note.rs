//! Signed notes (C2SP `signed-note`) with Ed25519, and the names and keys that sign them.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;
use crate::renewal::EarlierKey;

/// The longest note that is read, signatures of witnesses included.
pub const LONGEST_NOTE: usize = 64 * 1024;

/// What the names of our logs begin with.
const PRODUCT: &str = "healthbook/";

/// The longest name, in bytes.
const LONGEST_NAME: usize = 256;

/// C2SP's number of Ed25519.
const ED25519_KEY: u8 = 1;

const SIGNATURE_LINE: &str = "— ";

/// The name of a log, which is that of its key, too: `healthbook/...`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogName(String);

/// A name that no log can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a log is {PRODUCT} and at least one letter, without spaces and plus signs")]
pub struct InvalidLogName;

/// A key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It is no key of a log.
    #[error("not a key of a log (healthbook/NAME+HASH+KEY)")]
    Form,
    /// The key has not signed that these were before it.
    #[error("the keys before it are not listed and signed by it: the file was changed, or is not whole")]
    List,
    /// A line of the keys before it, counted from 1 for the whole file: the key in it has not named the one above it.
    #[error(
        "line {0} of the keys does not hold: its key has not named the one above it, or the lines below it were changed"
    )]
    Line(usize),
}

/// Why a note says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has not the form of a signed note.
    #[error("not a signed note")]
    Form,
    /// This key has not signed it.
    #[error("not signed by the key of the log")]
    Unsigned,
    /// It bears a signature of this key that is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// There is something else to sign a note with, and it failed.
    #[error("signing failed")]
    Signing,
}

impl LogName {
    /// The name of a log from what distinguishes it, `moh.example/2026` for `healthbook/moh.example/2026`.
    pub fn new(rest: &str) -> Result<Self, InvalidLogName> {
        format!("{PRODUCT}{rest}").parse()
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogName {
    type Err = InvalidLogName;

    fn from_str(text: &str) -> Result<Self, InvalidLogName> {
        let is_unfit = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
        let rest = text.strip_prefix(PRODUCT).ok_or(InvalidLogName)?;
        if rest.is_empty() || text.len() > LONGEST_NAME || text.contains(is_unfit) {
            return Err(InvalidLogName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The private key of a log.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    pub(crate) public: VerifyingKey,
}

/// The public key of a log. As text it is C2SP's *vkey*: `name+hash+base64`. It knows the keys that have signed the log
/// before it ([`crate::renewal`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    pub(crate) name: LogName,
    pub(crate) public: [u8; 32],
    pub(crate) earlier: Vec<EarlierKey>,
    /// The line by which it has signed those before it.
    pub(crate) list_signature: Option<String>,
}

impl SigningKey {
    /// Makes a key, as PKCS#8.
    pub fn generate() -> Result<Vec<u8>, InvalidKey> {
        let pair = Ed25519KeyPair::generate().map_err(|_| InvalidKey::Form)?;
        let document = pair.to_pkcs8().map_err(|_| InvalidKey::Form)?;
        Ok(document.as_ref().to_vec())
    }

    /// The key of a log, from PKCS#8.
    pub fn from_pkcs8(name: LogName, pkcs8: &[u8]) -> Result<Self, InvalidKey> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| InvalidKey::Form)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| InvalidKey::Form)?;
        Ok(Self { pair, public: VerifyingKey { name, public, earlier: Vec::new(), list_signature: None } })
    }

    /// The public half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.public
    }

    /// A signature of 64 bytes.
    pub(crate) fn signature(&self, text: &str) -> Result<Vec<u8>, NoteError> {
        let signature = self.pair.try_sign(text.as_bytes()).map_err(|_| NoteError::Signing)?;
        Ok(signature.as_ref().to_vec())
    }

    /// A note of a text that ends with a line.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        let line = [&self.public.key_hash()[..], &self.signature(text)?].concat();
        Ok(format!("{text}\n{SIGNATURE_LINE}{} {}\n", self.public.name, STANDARD.encode(line)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl VerifyingKey {
    /// The log whose key this is.
    pub fn name(&self) -> &LogName {
        &self.name
    }

    /// The first four bytes of SHA-256 of name, line feed, kind of key and key.
    pub fn key_hash(&self) -> [u8; 4] {
        key_hash(self.name.as_str(), &self.public)
    }

    /// The text of a note that this key signed. Signatures of others are not looked at, those of earlier keys neither.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        open(note, self.name.as_str(), &self.public)
    }
}

/// The key alone, without those before it.
impl fmt::Display for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&vkey(&self.name, &self.public))
    }
}

/// A vkey, or the note in which it lists those before it ([`crate::renewal`]).
impl FromStr for VerifyingKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (name, public) = read_vkey(first).ok_or(InvalidKey::Form)?;
        if rest.is_empty() && first == text {
            return Ok(Self { name, public, earlier: Vec::new(), list_signature: None });
        }
        let note = format!("{text}\n");
        let list = open(&note, name.as_str(), &public).map_err(|_| InvalidKey::List)?;
        let earlier = EarlierKey::read(&name, &list.lines().collect::<Vec<_>>())?;
        let key = Self { name, public, earlier, list_signature: text.lines().last().map(str::to_owned) };
        // There is one way to write it.
        if key.file() == note { Ok(key) } else { Err(InvalidKey::List) }
    }
}

/// A public key as text.
pub(crate) fn vkey(name: &LogName, public: &[u8; 32]) -> String {
    let key = [&[ED25519_KEY][..], public].concat();
    let hash = u32::from_be_bytes(key_hash(name.as_str(), public));
    format!("{name}+{hash:08x}+{}", STANDARD.encode(key))
}

/// The same back: what is written in another way is none.
pub(crate) fn read_vkey(text: &str) -> Option<(LogName, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    // The second plus sign may be one of many: base64 has it, too.
    let (_, key) = rest.split_once('+')?;
    let public = match STANDARD.decode(key).ok()?.split_first() {
        Some((&ED25519_KEY, public)) => public.try_into().ok()?,
        _ => return None,
    };
    let name = name.parse().ok()?;
    (vkey(&name, &public) == text).then_some((name, public))
}

/// Whether a key has signed a text.
pub(crate) fn has_signed(public: &[u8; 32], text: &str, signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(text.as_bytes(), signature).is_ok()
}

/// A note as it was signed, out of a file that went through mail or an editor: these change the ends of lines, and put
/// a byte order mark or blanks around the text. That makes nothing true: what comes of it is verified letter for letter.
pub fn mended(file: &str) -> String {
    let text = file.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    format!("{}\n", text.trim())
}

fn key_hash(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let hash = Hash::of(&[name.as_bytes(), b"\n", &[ED25519_KEY], public]);
    hash.0.first_chunk().copied().unwrap_or_default()
}

pub(crate) fn open<'a>(note: &'a str, name: &str, public: &[u8; 32]) -> Result<&'a str, NoteError> {
    let is_unfit = |letter: char| letter < ' ' && letter != '\n';
    if note.len() > LONGEST_NOTE || note.contains(is_unfit) {
        return Err(NoteError::Form);
    }
    let separator = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, rest) = note.split_at_checked(separator + 1).ok_or(NoteError::Form)?;
    let lines = rest.strip_prefix('\n').and_then(|it| it.strip_suffix('\n')).ok_or(NoteError::Form)?;
    let hash = key_hash(name, public);
    let mut is_signed = false;
    for line in lines.split('\n') {
        let (signer, signature) =
            line.strip_prefix(SIGNATURE_LINE).and_then(|it| it.split_once(' ')).ok_or(NoteError::Form)?;
        let signature = STANDARD.decode(signature).map_err(|_| NoteError::Form)?;
        let (signer_hash, signature) = signature.split_first_chunk::<4>().ok_or(NoteError::Form)?;
        if signer == name && *signer_hash == hash {
            if !has_signed(public, text, signature) {
                return Err(NoteError::Signature);
            }
            is_signed = true;
        }
    }
    if is_signed { Ok(text) } else { Err(NoteError::Unsigned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the note of the tests of Go's `sumdb/note`, where the form comes from.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_of_another_implementation_is_read() {
        let key = STANDARD.decode(KEY.rsplit_once("c74f20a3+").unwrap().1).unwrap();
        let public: [u8; 32] = key[1..].try_into().unwrap();
        assert_eq!(key_hash("PeterNeumann", &public), [0xc7, 0x4f, 0x20, 0xa3]);
        let text = open(NOTE, "PeterNeumann", &public).unwrap();
        assert!(text.ends_with("problem is.\n"));
        let altered = NOTE.replace("answer", "Answer");
        assert_eq!(open(&altered, "PeterNeumann", &public), Err(NoteError::Signature));
        assert_eq!(open(NOTE, "Peter", &public), Err(NoteError::Unsigned));
    }

    #[test]
    fn a_key_is_a_text_and_back() {
        let name = LogName::new("test.example/1").unwrap();
        let key = SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap();
        let text = key.verifying().to_string();
        assert_eq!(text.parse::<VerifyingKey>().as_ref(), Ok(key.verifying()));
        assert!(text.starts_with("healthbook/test.example/1+"));
        for wrong in [KEY, "", "healthbook/a+00000000+AQ==", &text.replace("test", "tent"), &text[1..]] {
            assert_eq!(wrong.parse::<VerifyingKey>(), Err(InvalidKey::Form), "{wrong}");
        }
        for wrong in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
            assert_eq!(LogName::new(wrong), Err(InvalidLogName));
        }
    }

    #[test]
    fn what_mail_does_to_a_note_is_mended_and_nothing_else() {
        let key =
            SigningKey::from_pkcs8(LogName::new("a").unwrap(), &SigningKey::generate().unwrap()).unwrap();
        let note = key.sign("one\ntwo\n").unwrap();
        let windows = note.replace('\n', "\r\n");
        for file in [
            note.clone(),
            windows.clone(),
            format!("\u{feff}{windows}"),
            note.trim().to_owned(),
            format!("\n{note} \n\n"),
        ] {
            assert_eq!(mended(&file), note);
        }
        for other in [windows.replace("two", "too"), note.replace('\n', " "), note.replace("one\n", "one\n ")]
        {
            assert!(key.verifying().open(&mended(&other)).is_err(), "{other}");
        }
    }

    #[test]
    fn others_may_sign_too() {
        let name = LogName::new("a").unwrap();
        let ours = SigningKey::from_pkcs8(name.clone(), &SigningKey::generate().unwrap()).unwrap();
        let others = SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap();
        let text = "one\n\ntwo\n";
        let note = ours.sign(text).unwrap();
        let line = others.sign(text).unwrap().lines().last().unwrap().to_owned();
        let both = format!("{note}{line}\n");
        assert_eq!(ours.verifying().open(&both), Ok(text));
        assert_eq!(others.verifying().open(&both), Ok(text));
        assert_eq!(others.verifying().open(&note), Err(NoteError::Unsigned));
        for wrong in
            ["", "\n\n", &note[..note.len() - 1], &note.replace("— ", "- "), &note.replace('t', "\t")]
        {
            assert_eq!(ours.verifying().open(wrong), Err(NoteError::Form));
        }
    }
}
