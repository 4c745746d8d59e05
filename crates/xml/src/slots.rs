//! The elements of one object while they arrive: what repeats is gathered under its name, wherever it stands.

use std::borrow::Cow;

use fhir::{Element, Property};
use json::{Member, Node, Value};

/// One value as XML has it: what JSON puts under `name`, and what it puts under `_name`.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) value: Option<Node<'a>>,
    pub(crate) shadow: Option<Node<'a>>,
}

struct Slot<'a> {
    name: &'a str,
    element: &'static Element,
    values: Vec<Parts<'a>>,
}

/// The elements so far, in the order in which their names came first.
#[derive(Default)]
pub(crate) struct Slots<'a> {
    slots: Vec<Slot<'a>>,
}

impl<'a> Slots<'a> {
    /// How many values there are under this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.slots.iter().rev().find(|slot| slot.name == name).map_or(0, |slot| slot.values.len())
    }

    pub(crate) fn add(&mut self, name: &'a str, property: Property, parts: Parts<'a>) {
        // A type has few names, and repetitions mostly follow each other.
        match self.slots.iter_mut().rev().find(|slot| slot.name == name) {
            Some(slot) => slot.values.push(parts),
            None => self.slots.push(Slot { name, element: property.element, values: vec![parts] }),
        }
    }

    /// Appends the members that JSON has for these elements.
    pub(crate) fn finish(self, members: &mut Vec<Member<'a>>) {
        for Slot { name, element, values } in self.slots {
            let has_values = values.iter().any(|parts| parts.value.is_some());
            let has_shadows = values.iter().any(|parts| parts.shadow.is_some());
            let (values, shadows): (Vec<_>, Vec<_>) =
                values.into_iter().map(|parts| (parts.value, parts.shadow)).unzip();
            if has_values {
                members.extend(member(Cow::Borrowed(name), element.many, values));
            }
            if has_shadows {
                members.extend(member(Cow::Owned(format!("_{name}")), element.many, shadows));
            }
        }
    }
}

/// A null keeps the place of what is missing in a list.
fn member<'a>(name: Cow<'a, str>, many: bool, values: Vec<Option<Node<'a>>>) -> Option<Member<'a>> {
    if many {
        let null = || Node::new(Value::Null);
        let items = values.into_iter().map(|value| value.unwrap_or_else(null)).collect();
        return Some((name, Node::new(Value::Array(items))));
    }
    values.into_iter().next().flatten().map(|value| (name, value))
}
