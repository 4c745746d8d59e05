//! XML of the message and of its parts: the reader of small trees, within the limits of a message.

use xml::{Element, Limits, XmlError, XmlRule, read_element};

use super::fault::Rule;
use super::{limits, table};

/// The envelope.
pub(super) fn envelope(text: &[u8]) -> Result<Element, Rule> {
    let most = Limits { depth: limits::DEPTH, bytes: limits::BYTES, elements: limits::ELEMENTS };
    read_element(text, &most).map_err(rule)
}

/// A part: its element. The rows of `XML11` may stand beside each other without an element around them.
pub(super) fn part(name: &str, text: &[u8]) -> Result<Element, Rule> {
    let most = Limits { depth: limits::DEPTH, bytes: limits::PART, elements: limits::ELEMENTS };
    match read_element(text, &most) {
        Err(XmlError { rule: XmlRule::TrailingData, .. }) if name == table::ROWS => {
            let text = std::str::from_utf8(text).map_err(|_| Rule::PartContent)?;
            let text = text.trim_start_matches('\u{feff}').trim_start();
            let rows = match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
                Some((_, rows)) => rows,
                None => text,
            };
            let around = format!("<{0}>{rows}</{0}>", table::ROWS_ROOT);
            read_element(around.as_bytes(), &most).map_err(rule)
        }
        read => read.map_err(rule),
    }
}

fn rule(error: XmlError) -> Rule {
    match error.rule {
        XmlRule::TooLarge | XmlRule::TooDeep => Rule::TooLarge,
        _ => Rule::Syntax,
    }
}
