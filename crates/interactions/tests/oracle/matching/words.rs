//! `_text` and `_content`: every word of the value begins a word of the narrative or of the resource.

use json::{Node, Value};

use super::strings::fold;
use super::{Answer, invalid};

/// The narrative without its tags.
fn narrative(resource: &Node<'_>) -> String {
    let html = resource.get("text").and_then(|text| text.text("div")).unwrap_or_default();
    let (mut out, mut inside) = (String::new(), false);
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(character),
            _ => {}
        }
    }
    out
}

fn everything(node: &Node<'_>, name: &str, out: &mut String) {
    match &node.value {
        // Markup is no text; its words are taken from the narrative. An id, also that of a reference, is no word.
        Value::String(text) if !["div", "id", "reference"].contains(&name) => {
            out.push(' ');
            out.push_str(text);
        }
        Value::Array(items) => items.iter().for_each(|item| everything(item, name, out)),
        Value::Object(members) => members.iter().for_each(|(name, member)| everything(member, name, out)),
        _ => {}
    }
}

pub fn matches(resource: &Node<'_>, name: &str, value: &str) -> Answer<bool> {
    let mut text = narrative(resource);
    if name == "_content" {
        everything(resource, "", &mut text);
    }
    let (text, wanted) = (fold(&text), fold(value));
    let words = |text: &str| -> Vec<String> {
        text.split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (present, wanted) = (words(&text), words(&wanted));
    if wanted.is_empty() {
        return invalid(value);
    }
    Ok(wanted.iter().all(|word| present.iter().any(|own| own.starts_with(word.as_str()))))
}
