//! The JSON document to FHIR XML: elements in the order of R4's definitions, values and ids as attributes.

use std::borrow::Cow;

use fhir::{Kind, Property, ResourceType, TypeId};
use json::{Node, Value};

use crate::error::{Unwritable, UnwritableRule as Rule};
use crate::letters::{bad_character, escape};
use crate::path::Path;
use crate::read::is_attribute;
use crate::xhtml;

/// Deepest nesting of elements. What is stored has at most 100 levels of JSON; answers put it into Bundles.
const DEPTH: usize = 200;

/// The resource as XML, with a declaration. What has no place in XML is refused: the text that comes out always
/// holds the whole document.
pub fn to_xml(resource: &Node<'_>) -> Result<String, Unwritable> {
    let mut writing = Writing { out: String::new(), path: Path::default(), depth: 0 };
    writing.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    match writing.resource(resource) {
        Ok(()) => Ok(writing.out),
        Err(rule) => Err(Unwritable { rule, expression: writing.path.expression().unwrap_or_default() }),
    }
}

/// The members of an object that belong to one element.
struct Item<'a> {
    /// Where the element stands in the definition of the type.
    order: usize,
    name: &'a str,
    property: Property,
    value: Option<&'a Node<'a>>,
    shadow: Option<&'a Node<'a>>,
}

struct Writing<'a> {
    out: String,
    path: Path<'a>,
    depth: usize,
}

impl<'a> Writing<'a> {
    fn resource(&mut self, node: &'a Node<'a>) -> Result<(), Rule> {
        let name = node.text("resourceType").ok_or(Rule::NotAResource)?;
        let resource_type: ResourceType = name.parse().map_err(|_| Rule::NotAResource)?;
        let is_root = self.path.is_empty();
        self.out.push('<');
        self.out.push_str(name);
        if is_root {
            self.path.push(name, None);
            self.out.push_str(&format!(" xmlns=\"{}\"", crate::FHIR));
        }
        self.deeper(|writing| writing.content(name, node, TypeId::of_resource(resource_type)))?;
        if is_root {
            self.path.pop();
        }
        Ok(())
    }

    fn deeper(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Rule>) -> Result<(), Rule> {
        if self.depth >= DEPTH {
            return Err(Rule::TooDeep);
        }
        self.depth += 1;
        work(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// What follows the name of an element that is no primitive: attributes, elements, end.
    fn content(&mut self, name: &str, node: &'a Node<'a>, type_id: TypeId) -> Result<(), Rule> {
        let mut items = items(node, type_id)?;
        for item in &items {
            if is_attribute(type_id, item.name) {
                let text = item.value.ok_or(Rule::UnknownMember)?.as_str().ok_or(Rule::WrongJsonType)?;
                if item.shadow.is_some() {
                    return Err(Rule::UnknownMember);
                }
                self.attribute(item.name, text)?;
            }
        }
        items.retain(|item| !is_attribute(type_id, item.name));
        // A primitive or an extension may have attributes only.
        if items.is_empty() {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        for item in items {
            self.item(item)?;
        }
        self.end(name);
        Ok(())
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, text: &str) -> Result<(), Rule> {
        if text.is_empty() {
            return Err(Rule::EmptyValue);
        }
        if bad_character(text).is_some() {
            return Err(Rule::Character);
        }
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(text, &mut self.out);
        self.out.push('"');
        Ok(())
    }

    fn item(&mut self, item: Item<'a>) -> Result<(), Rule> {
        let Item { name, property, value, shadow, .. } = item;
        let element = property.element;
        if !element.many {
            self.path.push(element.name, None);
            self.one(name, property, value, shadow)?;
            self.path.pop();
            return Ok(());
        }
        let list = |node: Option<&'a Node<'a>>| match node.map(|node| &node.value) {
            None => Ok(&[] as &[Node<'a>]),
            Some(Value::Array(items)) if items.is_empty() => Err(Rule::EmptyValue),
            Some(Value::Array(items)) => Ok(items.as_slice()),
            Some(_) => Err(Rule::WrongJsonType),
        };
        self.path.push(element.name, None);
        let (values, shadows) = (list(value)?, list(shadow)?);
        self.path.pop();
        for index in 0..values.len().max(shadows.len()) {
            // A null only keeps the place of what the other list has.
            let at = |list: &'a [Node<'a>]| list.get(index).filter(|node| node.value != Value::Null);
            self.path.push(element.name, Some(index));
            self.one(name, property, at(values), at(shadows))?;
            self.path.pop();
        }
        Ok(())
    }

    /// One element: a single one, or one of several.
    fn one(
        &mut self,
        name: &'a str,
        property: Property,
        value: Option<&'a Node<'a>>,
        shadow: Option<&'a Node<'a>>,
    ) -> Result<(), Rule> {
        let type_id = property.type_id;
        if type_id.name() == "xhtml" {
            return match (value, shadow) {
                (Some(value), None) => self.narrative(value),
                _ => Err(Rule::UnknownMember),
            };
        }
        self.out.push('<');
        self.out.push_str(name);
        if type_id.kind() == Kind::Primitive {
            return self.primitive(name, type_id, value, shadow);
        }
        let value = value.ok_or(Rule::EmptyValue)?;
        match &value.value {
            Value::Object(members) if members.is_empty() => return Err(Rule::EmptyValue),
            Value::Object(_) => {}
            _ => return Err(Rule::WrongJsonType),
        }
        let holds_resource = type_id.kind() == Kind::Resource || type_id.name() == "Resource";
        self.deeper(|writing| {
            if holds_resource {
                writing.out.push('>');
                writing.resource(value)?;
                writing.end(name);
                return Ok(());
            }
            writing.content(name, value, type_id)
        })
    }

    fn primitive(
        &mut self,
        name: &str,
        type_id: TypeId,
        value: Option<&'a Node<'a>>,
        shadow: Option<&'a Node<'a>>,
    ) -> Result<(), Rule> {
        if value.is_none() && shadow.is_none() {
            return Err(Rule::EmptyValue);
        }
        if let Some(value) = value {
            let text = match (&value.value, type_id.name()) {
                (Value::Boolean(true), "boolean") => Cow::Borrowed("true"),
                (Value::Boolean(false), "boolean") => Cow::Borrowed("false"),
                (Value::Number(lexeme), "decimal" | "integer" | "unsignedInt" | "positiveInt") => {
                    Cow::Borrowed(lexeme.as_ref())
                }
                (Value::String(text), kind) if !is_bare(kind) => Cow::Borrowed(text.as_ref()),
                (Value::Null, _) => return Err(Rule::EmptyValue),
                _ => return Err(Rule::WrongJsonType),
            };
            self.attribute("value", &text)?;
        }
        let Some(shadow) = shadow else {
            self.out.push_str("/>");
            return Ok(());
        };
        match &shadow.value {
            Value::Object(members) if members.is_empty() => return Err(Rule::EmptyValue),
            Value::Object(_) => {}
            _ => return Err(Rule::WrongJsonType),
        }
        let element = TypeId::named("Element").ok_or(Rule::UnknownMember)?;
        self.deeper(|writing| writing.content(name, shadow, element))
    }

    /// A narrative stands in XML as it stands in JSON.
    fn narrative(&mut self, value: &'a Node<'a>) -> Result<(), Rule> {
        let div = value.as_str().ok_or(Rule::WrongJsonType)?;
        xhtml::walk(div, &mut |_, _| Ok(())).map_err(|_| Rule::Narrative)?;
        self.out.push_str(div.trim());
        Ok(())
    }
}

/// Whether JSON writes the type without quotes.
fn is_bare(type_name: &str) -> bool {
    matches!(type_name, "boolean" | "decimal" | "integer" | "unsignedInt" | "positiveInt")
}

/// The members of an object by element, in the order of the definition.
fn items<'a>(node: &'a Node<'a>, type_id: TypeId) -> Result<Vec<Item<'a>>, Rule> {
    let Value::Object(members) = &node.value else { return Err(Rule::WrongJsonType) };
    let elements = type_id.elements();
    let mut items: Vec<Item<'a>> = Vec::with_capacity(members.len());
    for (name, node) in members {
        if name == "resourceType" && type_id.kind() == Kind::Resource {
            continue;
        }
        let (name, is_shadow) = match name.strip_prefix('_') {
            Some(plain) => (plain, true),
            None => (name.as_ref(), false),
        };
        let property = type_id.property(name).ok_or(Rule::UnknownMember)?;
        if is_shadow && property.type_id.kind() != Kind::Primitive {
            return Err(Rule::UnknownMember);
        }
        let at = items.iter().position(|item| item.name == name);
        let item = match at.and_then(|at| items.get_mut(at)) {
            Some(item) => item,
            None => {
                let order = elements.iter().position(|element| std::ptr::eq(*element, property.element));
                items.push(Item {
                    order: order.unwrap_or(usize::MAX),
                    name,
                    property,
                    value: None,
                    shadow: None,
                });
                match items.last_mut() {
                    Some(item) => item,
                    None => continue,
                }
            }
        };
        let place = if is_shadow { &mut item.shadow } else { &mut item.value };
        if place.replace(node).is_some() {
            return Err(Rule::UnknownMember);
        }
    }
    items.sort_by_key(|item| item.order);
    Ok(items)
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
