//! From an element to its children: paths, `children()`, `descendants()`, extensions.

use fhir::TypeId;
use json::{Node, Value as Json};

use super::{Evaluator, Outcome};
use crate::error::EvaluateError;
use crate::item::{Collection, ElementItem, Item, KNOWN};
use crate::tree::Name;
use crate::value::Value;

impl<'a> Evaluator<'_, 'a> {
    /// Follows the names from each item. At the start of an expression the first name may be a type.
    pub(super) fn path(
        &self,
        items: &[Item<'a>],
        names: &[Name],
        start: bool,
        out: &mut Collection<'a>,
    ) -> Outcome {
        if self.context.strict {
            return self.strict_path(items, names, start, out);
        }
        for item in items {
            match item {
                Item::Element(element) => match names {
                    [Name { type_id: Some(type_id), .. }, rest @ ..] if start => {
                        if element.type_id().is_a(*type_id) {
                            self.walk(*element, rest, out)?;
                        }
                    }
                    _ => self.walk(*element, names, out)?,
                },
                Item::Value(value) => self.value_path(value, names, out),
            }
        }
        Ok(())
    }

    fn walk(&self, element: ElementItem<'a>, names: &[Name], out: &mut Collection<'a>) -> Outcome {
        self.charge(1)?;
        match names {
            [] => out.push(Item::Element(element)),
            [name, rest @ ..] => {
                step(&element, name, &mut |child| self.walk(child, rest, out))?;
            }
        }
        Ok(())
    }

    /// One name at a time, so that a name that no item can have is found.
    fn strict_path(
        &self,
        items: &[Item<'a>],
        names: &[Name],
        start: bool,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let mut current: Collection<'a> = items.into();
        for (index, name) in names.iter().enumerate() {
            let mut next = Collection::new();
            let mut possible = current.is_empty();
            self.charge(current.len())?;
            for item in &current {
                match item {
                    Item::Element(element) => match name.type_id {
                        Some(type_id) if start && index == 0 => {
                            if element.type_id().is_a(type_id) {
                                possible = true;
                                next.push(item.clone());
                            }
                        }
                        _ => {
                            possible |= step(element, name, &mut |child| {
                                next.push(Item::Element(child));
                                Ok(())
                            })?;
                        }
                    },
                    Item::Value(value) => {
                        self.value_path(value, std::slice::from_ref(name), &mut next);
                        possible |= !next.is_empty();
                    }
                }
            }
            if !possible {
                return Err(EvaluateError::UnknownElement(name.text.to_string()));
            }
            current = next;
        }
        out.extend(current);
        Ok(())
    }

    /// The parts of a computed value.
    fn value_path(&self, value: &Value<'a>, names: &[Name], out: &mut Collection<'a>) {
        let [name] = names else { return };
        let part = match (value, &*name.text) {
            (Value::TypeInfo(namespace, _), "namespace") => Value::string(*namespace),
            (Value::TypeInfo(_, type_name), "name") => Value::string(*type_name),
            (Value::Quantity(quantity), "value") => Value::Decimal(quantity.value),
            (Value::Quantity(quantity), "unit" | "code") => Value::string(quantity.unit_text()),
            _ => return,
        };
        out.push(part.into());
    }

    pub(super) fn children(&self, items: &[Item<'a>], out: &mut Collection<'a>) -> Outcome {
        for element in items.iter().filter_map(Item::element) {
            self.each_child(element, &mut |child| {
                out.push(Item::Element(child));
                Ok(())
            })?;
        }
        Ok(())
    }

    /// All elements below, parents before their children. The depth is that of the document, which its
    /// parser bounds.
    pub(super) fn descendants(&self, items: &[Item<'a>], out: &mut Collection<'a>) -> Outcome {
        for element in items.iter().filter_map(Item::element) {
            self.descend(element, out)?;
        }
        Ok(())
    }

    fn descend(&self, element: &ElementItem<'a>, out: &mut Collection<'a>) -> Outcome {
        self.each_child(element, &mut |child| {
            out.push(Item::Element(child));
            self.descend(&child, out)
        })
    }

    fn each_child(
        &self,
        element: &ElementItem<'a>,
        visit: &mut dyn FnMut(ElementItem<'a>) -> Outcome,
    ) -> Outcome {
        let members = container(element).map_or(&[][..], Node::members);
        let member = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, node)| node);
        for (name, node) in members {
            self.charge(1)?;
            let (plain, value, sibling) = match name.strip_prefix('_') {
                // The sibling is visited with its value, if there is one.
                Some(plain) if member(plain).is_some() => continue,
                Some(plain) => (plain, None, Some(node)),
                None => {
                    let sibling = members.iter().find(|(other, _)| underscored(other, name));
                    (&**name, Some(node), sibling.map(|(_, node)| node))
                }
            };
            if let Some(property) = element.type_id().property(plain) {
                occurrences(value, sibling, property.type_id, visit)?;
            }
        }
        Ok(())
    }

    /// `extension(url)`
    pub(super) fn extensions(&self, items: &[Item<'a>], url: &str, out: &mut Collection<'a>) -> Outcome {
        let Some(type_id) = KNOWN.extension else {
            return Ok(());
        };
        for element in items.iter().filter_map(Item::element) {
            self.charge(1)?;
            let extensions =
                container(element).and_then(|node| node.get("extension")).map_or(&[][..], Node::each);
            let wanted = extensions.iter().filter(|extension| extension.text("url") == Some(url));
            out.extend(wanted.map(|node| Item::Element(ElementItem::new(node, type_id))));
        }
        Ok(())
    }
}

/// Where the children of an element stand: a primitive has them in its sibling.
fn container<'a>(element: &ElementItem<'a>) -> Option<&'a Node<'a>> {
    match element.node().value {
        Json::Object(_) => Some(element.node()),
        _ => element.sibling(),
    }
}

/// Whether the member name is the other one behind an underscore.
fn underscored(name: &str, plain: &str) -> bool {
    name.len() == plain.len() + 1 && name.starts_with('_') && name.ends_with(plain)
}

/// Visits the children of that name. `false` when the type of the element has no such child.
fn step<'a>(
    element: &ElementItem<'a>,
    name: &Name,
    visit: &mut dyn FnMut(ElementItem<'a>) -> Outcome,
) -> Result<bool, EvaluateError> {
    let Some(meaning) = name.element_of(element.type_id()) else {
        return Ok(false);
    };
    let Some(container) = container(element) else {
        return Ok(true);
    };
    let text = &*name.text;
    let (mut node, mut sibling) = (None, None);
    let mut type_id = meaning.types.first().map(|kind| kind.type_id);
    if meaning.choice {
        for (member, value) in container.members() {
            let (plain, place) = match member.strip_prefix('_') {
                Some(plain) => (plain, &mut sibling),
                None => (&**member, &mut node),
            };
            if plain.len() > text.len()
                && plain.starts_with(text)
                && let Some(property) = element.type_id().property(plain)
                && property.element.name == text
            {
                type_id = Some(property.type_id);
                *place = Some(value);
            }
        }
    } else {
        for (member, value) in container.members() {
            if member == text {
                node = Some(value);
            } else if underscored(member, text) {
                sibling = Some(value);
            }
        }
    }
    if let Some(type_id) = type_id
        && (node.is_some() || sibling.is_some())
    {
        occurrences(node, sibling, type_id, visit)?;
    }
    Ok(true)
}

/// Visits the occurrences of an element; in arrays, value and sibling of one index belong together.
fn occurrences<'a>(
    node: Option<&'a Node<'a>>,
    sibling: Option<&'a Node<'a>>,
    declared: TypeId,
    visit: &mut dyn FnMut(ElementItem<'a>) -> Outcome,
) -> Outcome {
    let nodes = node.map_or(&[][..], Node::each);
    let siblings = sibling.map_or(&[][..], Node::each);
    for index in 0..nodes.len().max(siblings.len()) {
        let present = |node: &&Node<'a>| !matches!(node.value, Json::Null);
        let node = nodes.get(index).filter(present);
        let sibling = siblings.get(index).filter(present);
        let element = match (node, sibling) {
            (None, None) => continue,
            (Some(node), None) => ElementItem::new(node, dynamic_type(node, declared)),
            _ => ElementItem::primitive(node, sibling, declared),
        };
        visit(element)?;
    }
    Ok(())
}

/// The type of a contained resource is what it says itself.
fn dynamic_type(node: &Node<'_>, declared: TypeId) -> TypeId {
    if Some(declared) != KNOWN.resource {
        return declared;
    }
    node.text("resourceType").and_then(TypeId::named).unwrap_or(declared)
}
