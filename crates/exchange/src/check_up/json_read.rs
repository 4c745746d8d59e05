//! JSON of the message and of its parts, as the same tree as that of XML: the names in capitals, the items of a list beside
//! each other, numbers as they were written.

use json::{Limits, Node, ParseErrorKind, Value};
use xml::Element;

use super::fault::Rule;
use super::limits;

/// The envelope. Its name may stand around it or not.
pub(super) fn envelope(text: &[u8]) -> Result<Element, Rule> {
    let tree = read(text, limits::BYTES)?;
    match tree.child(super::fault::ENVELOPE) {
        Some(inner) => Ok(inner.clone()),
        None => Ok(Element { name: super::fault::ENVELOPE.to_owned(), ..tree }),
    }
}

/// A part: an element without a name, in which its element or its fields stand.
pub(super) fn part(text: &[u8]) -> Result<Element, Rule> {
    read(text, limits::PART)
}

fn read(text: &[u8], most: usize) -> Result<Element, Rule> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    if text.len() > most {
        return Err(Rule::TooLarge);
    }
    let node = json::parse(text, &Limits { depth: limits::DEPTH }).map_err(|error| match error.kind {
        ParseErrorKind::TooDeep => Rule::TooLarge,
        _ => Rule::Syntax,
    })?;
    let mut left = limits::ELEMENTS;
    let mut root = Element::default();
    match &node.value {
        Value::Object(_) => put(&mut root, &node, &mut left)?,
        Value::Array(items) => {
            for item in items {
                let mut child = Element::default();
                put(&mut child, item, &mut left)?;
                root.children.push(child);
            }
        }
        _ => return Err(Rule::Syntax),
    }
    Ok(root)
}

/// Fills an element. The depth is bounded by the parser.
fn put(element: &mut Element, node: &Node<'_>, left: &mut usize) -> Result<(), Rule> {
    *left = left.checked_sub(1).ok_or(Rule::TooLarge)?;
    match &node.value {
        Value::Null => {}
        Value::Boolean(_) => return Err(Rule::Syntax),
        Value::Number(text) | Value::String(text) => text.trim().clone_into(&mut element.text),
        // A list in a list has no name.
        Value::Array(_) => return Err(Rule::Syntax),
        Value::Object(members) => {
            for (name, value) in members {
                for item in value.each() {
                    let mut child = Element { name: name.to_uppercase(), ..Element::default() };
                    put(&mut child, item, left)?;
                    element.children.push(child);
                }
            }
        }
    }
    Ok(())
}
