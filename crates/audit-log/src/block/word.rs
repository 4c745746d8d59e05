//! The texts of a block: each once, ids that are UUIDs as 16 bytes.
//!
//! A word begins with a number. 0: its length and its bytes follow. 1: it is a UUID, and 16 bytes follow. 2 and more:
//! it is a UUID behind prefix number n - 2 (`Patient/`); where that prefix is new, its length and its bytes follow;
//! then 16 bytes.

use std::borrow::Cow;

use uuid::Uuid;

use super::MOST_WORDS;
use crate::bytes::{Input, Malformed, write_number, write_sized};
use crate::entry::{LONGEST_TEXT, Text};

const PLAIN: u64 = 0;
const BARE_ID: u64 = 1;
const FIRST_PREFIX: u64 = 2;

/// Length of a UUID as text.
const ID_LENGTH: usize = 36;

/// Appends a word. `prefixes` are those of the words before it.
pub(super) fn write(text: &str, prefixes: &mut Vec<String>, out: &mut Vec<u8>) {
    let Some((prefix, id)) = split(text) else {
        write_number(PLAIN, out);
        return write_sized(text.as_bytes(), out);
    };
    if prefix.is_empty() {
        write_number(BARE_ID, out);
    } else if let Some(number) = prefixes.iter().position(|it| it == prefix) {
        write_number(FIRST_PREFIX + number as u64, out);
    } else {
        write_number(FIRST_PREFIX + prefixes.len() as u64, out);
        write_sized(prefix.as_bytes(), out);
        prefixes.push(prefix.to_owned());
    }
    out.extend_from_slice(id.as_bytes());
}

/// What stands before a UUID in lower case, and the UUID.
fn split(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, id) = text.split_at_checked(text.len().checked_sub(ID_LENGTH)?)?;
    let uuid = Uuid::try_parse(id).ok()?;
    let same = uuid.as_hyphenated().encode_lower(&mut [0; ID_LENGTH]) == id;
    same.then_some((prefix, uuid))
}

/// Reads words up to the end or to the first that is none, and says whether it got to the end.
pub(super) fn read_all(bytes: &[u8]) -> (Vec<Text<'_>>, bool) {
    let mut input = Input::new(bytes);
    let (mut words, mut prefixes) = (Vec::new(), Vec::new());
    while !input.is_empty() {
        match read(&mut input, &mut prefixes) {
            Ok(word) if words.len() < MOST_WORDS => words.push(word),
            _ => return (words, false),
        }
    }
    (words, true)
}

fn read<'a>(input: &mut Input<'a>, prefixes: &mut Vec<&'a str>) -> Result<Text<'a>, Malformed> {
    let prefix = match input.number()? {
        PLAIN => return Ok(Text::from(input.text(LONGEST_TEXT)?)),
        BARE_ID => "",
        number => {
            let number = usize::try_from(number - FIRST_PREFIX).map_err(|_| Malformed)?;
            if number == prefixes.len() {
                prefixes.push(input.text(LONGEST_TEXT - ID_LENGTH)?);
            }
            prefixes.get(number).ok_or(Malformed)?
        }
    };
    let id = Uuid::from_bytes(input.array()?);
    let mut word = String::with_capacity(prefix.len() + ID_LENGTH);
    word.push_str(prefix);
    word.push_str(id.as_hyphenated().encode_lower(&mut [0; ID_LENGTH]));
    Ok(Text::from(Cow::<str>::Owned(word)))
}
