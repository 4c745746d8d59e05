//! FHIR XML to the JSON document, by the element table of R4.

use std::borrow::Cow;

use fhir::{Kind, Property, ResourceType, TypeId};
use json::{Member, Node, Value};

use crate::error::{XmlError, XmlRule, shown_name};
use crate::letters::{is_space, unescape};
use crate::path::Path;
use crate::slots::{Parts, Slots};
use crate::tokens::{Space, Tag, Token, Tokens};
use crate::xhtml;

/// What an input may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deepest nesting of arrays and objects in the JSON that comes out.
    pub depth: usize,
    /// Most bytes.
    pub bytes: usize,
    /// Most elements, those of narratives included.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: json::Limits::default().depth, bytes: 64 << 20, elements: 1_000_000 }
    }
}

/// What is wrong, before its place is told.
struct Refusal {
    rule: XmlRule,
    name: Option<String>,
}

impl From<XmlRule> for Refusal {
    fn from(rule: XmlRule) -> Self {
        Self { rule, name: None }
    }
}

fn refused<T>(rule: XmlRule, name: &str) -> Result<T, Refusal> {
    Err(Refusal { rule, name: shown_name(name) })
}

/// Reads one resource that fills the whole input. Strings are borrowed from it where they hold no escapes.
pub fn from_xml<'a>(input: &'a [u8], limits: &Limits) -> Result<Node<'a>, XmlError> {
    // A byte order mark may stand in front of UTF-8 (XML 1.0, 4.3.3).
    let input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
    if input.len() > limits.bytes {
        return Err(locate(input, 0, XmlRule::TooLarge.into(), None));
    }
    let text = match std::str::from_utf8(input) {
        Ok(text) => text,
        Err(error) => return Err(locate(input, error.valid_up_to(), XmlRule::InvalidUtf8.into(), None)),
    };
    let (tokens, readable) = Tokens::new(text, limits.elements);
    let mut reading = Reading { tokens, path: Path::default(), depth_left: limits.depth };
    let result = readable.map_err(Refusal::from).and_then(|()| reading.document());
    // The path is left as it was when something failed.
    result.map_err(|refusal| locate(input, reading.tokens.start(), refusal, reading.path.expression()))
}

/// A rule that was broken outside of any resource.
pub(crate) fn locate_rule(input: &[u8], offset: usize, rule: XmlRule) -> XmlError {
    locate(input, offset, rule.into(), None)
}

fn locate(input: &[u8], offset: usize, refusal: Refusal, expression: Option<String>) -> XmlError {
    let before = input.get(..offset).unwrap_or(input);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    XmlError {
        rule: refusal.rule,
        name: refusal.name,
        line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        column: 1 + before.len() - line_start,
        expression,
    }
}

struct Reading<'a> {
    tokens: Tokens<'a>,
    path: Path<'a>,
    depth_left: usize,
}

impl<'a> Reading<'a> {
    fn document(&mut self) -> Result<Node<'a>, Refusal> {
        let root = self.next_tag()?.ok_or(XmlRule::UnexpectedEnd)?;
        let node = self.resource(&root)?;
        match self.next_tag() {
            Ok(None) => Ok(node),
            Ok(Some(_)) | Err(Refusal { rule: XmlRule::TextBetween, .. }) => {
                Err(XmlRule::TrailingData.into())
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// The next element of what is open, or `None` at its end.
    fn next_tag(&mut self) -> Result<Option<Tag<'a>>, Refusal> {
        loop {
            match self.tokens.next()? {
                Token::Open(tag) => return Ok(Some(tag)),
                Token::Close | Token::End => return Ok(None),
                Token::Text(text) if text.bytes().all(is_space) => {}
                Token::Comment | Token::Instruction => {}
                Token::Text(_) | Token::Reference(_) | Token::Characters(_) => {
                    return Err(XmlRule::TextBetween.into());
                }
            }
        }
    }

    /// Runs `work` so many steps of JSON deeper. After a failure nothing is put back.
    fn deeper<T>(
        &mut self,
        steps: usize,
        work: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.depth_left = self.depth_left.checked_sub(steps).ok_or(XmlRule::TooDeep)?;
        let result = work(self)?;
        self.depth_left += steps;
        Ok(result)
    }

    fn resource(&mut self, tag: &Tag<'a>) -> Result<Node<'a>, Refusal> {
        if tag.space != Space::Fhir {
            return refused(XmlRule::WrongNamespace, tag.local);
        }
        let Ok(resource_type) = tag.local.parse::<ResourceType>() else {
            return refused(XmlRule::UnknownResource, tag.local);
        };
        // The steps inside of a resource begin at the element that holds it.
        let is_root = self.path.is_empty();
        if is_root {
            self.path.push(tag.local, None);
        }
        attributes(tag, &[])?;
        let node = self.deeper(1, |reading| {
            let mut members = vec![(Cow::Borrowed("resourceType"), Node::string(tag.local))];
            reading.children(TypeId::of_resource(resource_type), tag, &mut members)?;
            Ok(Node::new(Value::Object(members)))
        })?;
        if is_root {
            self.path.pop();
        }
        Ok(node)
    }

    /// The elements in an element.
    fn children(
        &mut self,
        type_id: TypeId,
        tag: &Tag<'a>,
        members: &mut Vec<Member<'a>>,
    ) -> Result<(), Refusal> {
        let mut slots = Slots::default();
        if !tag.is_empty {
            while let Some(child) = self.next_tag()? {
                self.child(type_id, &child, &mut slots)?;
            }
        }
        slots.finish(members);
        Ok(())
    }

    fn child(&mut self, type_id: TypeId, tag: &Tag<'a>, slots: &mut Slots<'a>) -> Result<(), Refusal> {
        let property = type_id.property(tag.local).filter(|_| !is_attribute(type_id, tag.local));
        let Some(property) = property else { return refused(XmlRule::UnknownElement, tag.local) };
        let is_narrative = property.type_id.name() == "xhtml";
        if tag.space != if is_narrative { Space::Xhtml } else { Space::Fhir } {
            return refused(XmlRule::WrongNamespace, tag.local);
        }
        let many = property.element.many;
        let count = slots.count(tag.local);
        self.path.push(property.element.name, many.then_some(count));
        if !many && count > 0 {
            return Err(XmlRule::RepeatedElement.into());
        }
        let parts = self.deeper(usize::from(many), |reading| {
            if is_narrative {
                let div = xhtml::copy(&mut reading.tokens, tag)?;
                return Ok(Parts { value: Some(Node::string(div)), shadow: None });
            }
            reading.value(property, tag)
        })?;
        slots.add(tag.local, property, parts);
        self.path.pop();
        Ok(())
    }

    fn value(&mut self, property: Property, tag: &Tag<'a>) -> Result<Parts<'a>, Refusal> {
        let type_id = property.type_id;
        let value = match type_id.kind() {
            Kind::Primitive => return self.primitive(type_id, tag),
            Kind::Resource => self.held_resource(tag)?,
            Kind::Abstract if type_id.name() == "Resource" => self.held_resource(tag)?,
            Kind::Abstract | Kind::Complex | Kind::Backbone => self.deeper(1, |reading| {
                let names: &[&str] = if type_id.name() == "Extension" { &["id", "url"] } else { &["id"] };
                let mut members = attributes(tag, names)?;
                reading.children(type_id, tag, &mut members)?;
                Ok(Node::new(Value::Object(members)))
            })?,
        };
        Ok(Parts { value: Some(value), shadow: None })
    }

    /// `<contained>`, `<resource>`, `<outcome>`: an element around a resource.
    fn held_resource(&mut self, tag: &Tag<'a>) -> Result<Node<'a>, Refusal> {
        attributes(tag, &[])?;
        let inner = if tag.is_empty { None } else { self.next_tag()? };
        let node = self.resource(&inner.ok_or(XmlRule::OneResource)?)?;
        match self.next_tag()? {
            None => Ok(node),
            Some(_) => Err(XmlRule::OneResource.into()),
        }
    }

    fn primitive(&mut self, type_id: TypeId, tag: &Tag<'a>) -> Result<Parts<'a>, Refusal> {
        let mut given = attributes(tag, &["id", "value"])?;
        let value = given.iter().position(|(name, _)| name == "value").map(|at| given.remove(at).1);
        let shadow = if tag.is_empty && given.is_empty() {
            None
        } else {
            let element = TypeId::named("Element").ok_or(XmlRule::UnknownElement)?;
            self.deeper(1, |reading| reading.children(element, tag, &mut given))?;
            (!given.is_empty()).then(|| Node::new(Value::Object(given)))
        };
        if value.is_none() && shadow.is_none() {
            return refused(XmlRule::EmptyElement, tag.local);
        }
        Ok(Parts { value: value.map(|value| typed(type_id, value)), shadow })
    }
}

/// Whether R4 writes this element as an attribute.
pub(crate) fn is_attribute(type_id: TypeId, name: &str) -> bool {
    match name {
        "id" => type_id.kind() != Kind::Resource,
        "url" => type_id.name() == "Extension",
        _ => false,
    }
}

/// The attributes of an element as members, if they are all among those that it may have.
fn attributes<'a>(tag: &Tag<'a>, allowed: &[&str]) -> Result<Vec<Member<'a>>, Refusal> {
    let mut members = Vec::with_capacity(tag.attributes.len());
    for attribute in &tag.attributes {
        let local = attribute.name.rsplit(':').next().unwrap_or_default();
        if attribute.space == Space::SchemaInstance && local == "schemaLocation" {
            continue;
        }
        if attribute.space != Space::None || !allowed.contains(&attribute.name) {
            return refused(XmlRule::UnknownAttribute, attribute.name);
        }
        members.push((Cow::Borrowed(attribute.name), Node::string(unescape(attribute.raw)?)));
    }
    Ok(members)
}

/// The text of a value in the JSON type of its element. What does not have it stays a string.
fn typed<'a>(type_id: TypeId, node: Node<'a>) -> Node<'a> {
    let Value::String(text) = node.value else { return node };
    Node::new(match (type_id.name(), text.as_ref()) {
        ("boolean", "true") => Value::Boolean(true),
        ("boolean", "false") => Value::Boolean(false),
        ("decimal" | "integer" | "unsignedInt" | "positiveInt", lexeme) if is_number(lexeme) => {
            Value::Number(text)
        }
        _ => Value::String(text),
    })
}

fn is_number(text: &str) -> bool {
    // Only what JSON calls a number, and nothing around it.
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && json::parse(text.as_bytes(), &json::Limits { depth: 0 })
            .is_ok_and(|node| node.as_number().is_some())
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
