//! The links of a resource: references, uris and the links of its narrative, to be looked at or rewritten.
//!
//! When a server gives new ids to the entries of a transaction it has to change every link between them:
//! `Reference.reference`, elements of type uri, url, oid and uuid, and `href` and `src` in the narrative, but
//! never a canonical (R4 `http.html#trules`).

use json::{Node, Value};
use memchr::memmem;

use crate::{Kind, ResourceType, TypeId};

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// `Reference.reference`
    Reference,
    /// An element of type uri, url, oid or uuid.
    Uri,
    /// `href` or `src` in a narrative.
    Narrative,
}

/// Shows every link of a resource to `visit`; what it returns takes the link's place.
pub fn rewrite_links(resource: &mut Node<'_>, visit: &mut dyn FnMut(LinkKind, &str) -> Option<String>) {
    let resource_type = resource.text("resourceType").and_then(|name| name.parse::<ResourceType>().ok());
    if let Some(resource_type) = resource_type {
        members(resource, TypeId::of_resource(resource_type), visit);
    }
}

/// Shows the text of every `Reference.reference` to `visit`; what it returns takes its place. Quicker than
/// [`rewrite_links`]: in R4 no other string element has this name.
pub fn rewrite_references(node: &mut Node<'_>, visit: &mut dyn FnMut(&str) -> Option<String>) {
    match &mut node.value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "reference"
                    && let Value::String(text) = &value.value
                {
                    if let Some(changed) = visit(text) {
                        value.value = Value::String(changed.into());
                    }
                } else {
                    rewrite_references(value, visit);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_references(item, visit)),
        _ => {}
    }
}

/// The text of every `Reference.reference` in what [`Node::write`] has written, without reading the rest. A text with an escape
/// is left out: no id has one. Inside of a string these words stand with escapes, and are not found.
pub fn references_in(written: &str) -> impl Iterator<Item = &str> {
    const NAME: &str = "\"reference\":\"";
    memmem::find_iter(written.as_bytes(), NAME).filter_map(move |at| {
        let value = written.get(at + NAME.len()..)?;
        let text = value.get(..value.find('"')?)?;
        (!text.contains('\\')).then_some(text)
    })
}

fn members(node: &mut Node<'_>, type_id: TypeId, visit: &mut dyn FnMut(LinkKind, &str) -> Option<String>) {
    let Value::Object(members) = &mut node.value else { return };
    let in_reference = type_id.name() == "Reference";
    for (name, value) in members {
        let Some(property) = type_id.property(name) else { continue };
        match &mut value.value {
            Value::Array(items) => {
                items.iter_mut().for_each(|item| element(item, property.type_id, false, visit))
            }
            _ => element(value, property.type_id, in_reference && name == "reference", visit),
        }
    }
}

fn element(
    node: &mut Node<'_>,
    type_id: TypeId,
    is_reference: bool,
    visit: &mut dyn FnMut(LinkKind, &str) -> Option<String>,
) {
    if let Value::String(text) = &node.value {
        let changed = match type_id.name() {
            _ if is_reference => visit(LinkKind::Reference, text),
            "uri" | "url" | "oid" | "uuid" => visit(LinkKind::Uri, text),
            "xhtml" => narrative(text, visit),
            _ => None,
        };
        if let Some(changed) = changed {
            node.value = Value::String(changed.into());
        }
    } else if type_id.kind() == Kind::Abstract {
        rewrite_links(node, visit);
    } else {
        members(node, type_id, visit);
    }
}

/// The narrative with changed links, if any changed.
fn narrative(text: &str, visit: &mut dyn FnMut(LinkKind, &str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find("href=").into_iter().chain(text[at..].find("src=")).min() {
        let Some(equals) = text[at + found..].find('=') else { break };
        let start = at + found + equals + 2;
        let quote = text.as_bytes().get(start - 1).copied();
        let Some(quote @ (b'"' | b'\'')) = quote else {
            at = start - 1;
            continue;
        };
        let Some(length) = text[start..].find(char::from(quote)) else { break };
        if let Some(changed) = visit(LinkKind::Narrative, &text[start..start + length]) {
            out.push_str(&text[copied..start]);
            out.push_str(&changed);
            copied = start + length;
        }
        at = start + length;
    }
    (copied > 0).then(|| {
        out.push_str(&text[copied..]);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_link_is_rewritten_and_nothing_else() {
        let text = r##"{"resourceType":"Patient","implicitRules":"urn:a","meta":{"profile":["urn:a"],"source":"urn:a"},
            "text":{"status":"generated","div":"<div><a href=\"urn:a\">urn:a</a><img src='urn:a'/>ế href=urn:a</div>"},
            "contained":[{"resourceType":"Patient","link":[{"other":{"reference":"urn:a"},"type":"refer"}]}],
            "identifier":[{"system":"urn:a","value":"urn:a"}],"generalPractitioner":[{"reference":"urn:a","display":"urn:a"}]}"##;
        let mut node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        rewrite_links(&mut node, &mut |_, link| (link == "urn:a").then(|| "b/1".to_owned()));
        let out = node.to_json();
        assert!(
            out.contains(r##""implicitRules":"b/1","meta":{"profile":["urn:a"],"source":"b/1"}"##),
            "{out}"
        );
        assert!(out.contains(r##"<a href=\"b/1\">urn:a</a><img src='b/1'/>ế href=urn:a</div>"##), "{out}");
        assert!(out.contains(r##""other":{"reference":"b/1"}"##), "{out}");
        assert!(out.contains(r##"{"system":"b/1","value":"urn:a"}"##), "{out}");
        assert!(out.contains(r##"{"reference":"b/1","display":"urn:a"}"##), "{out}");
    }

    #[test]
    fn references_alone() {
        let text = r#"{"a":[{"reference":"x"}],"reference":{"reference":"y"}}"#;
        let mut node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        rewrite_references(&mut node, &mut |link| Some(format!("{link}1")));
        assert_eq!(node.to_json(), r#"{"a":[{"reference":"x1"}],"reference":{"reference":"y1"}}"#);
    }

    #[test]
    fn references_are_found_in_text_as_in_the_resource() {
        let text = r#"{"resourceType":"Observation","subject":{ "reference" : "Patient/a" },
            "note":[{"text":"\"reference\":\"Patient/no\""},{"text":"\\"},{"text":"reference"}],
            "basedOn":[{"display":"reference"},{"ref\u0065rence":"ServiceRequest/b","display":"x"}],
            "contained":[{"resourceType":"Consent","provision":{"data":[{"reference":{"reference":"Group\/c"}}]}}],
            "performer":[{"reference":"Practitioner/d\\"},{"reference":"Practitioner/\"e"},{"reference":""}]}"#;
        let mut node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let mut written = String::new();
        node.write(&mut written);
        let mut expected = Vec::new();
        rewrite_references(&mut node, &mut |text| {
            expected.push(text.to_owned());
            None
        });
        expected.retain(|text| !text.contains(['\\', '"']));
        assert_eq!(expected, ["Patient/a", "ServiceRequest/b", "Group/c", ""]);
        assert_eq!(references_in(&written).collect::<Vec<_>>(), expected);
    }
}
