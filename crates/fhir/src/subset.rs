//! Parts of a resource: what `_summary` and `_elements` leave of it (R4 `search.html#summary`, `#elements`).
//!
//! Members keep their order and numbers their digits. Every part is marked `SUBSETTED`, even when nothing was
//! left out, so that nobody writes it back as if it were whole.
//!
//! How deep a summary goes: a backbone element is defined by the resource itself, and each of its children has
//! its own mark in that definition, so only marked ones stay. A datatype is defined elsewhere and R4 asks for
//! the marks of "the base definition of the resource(s)", so it stays whole, and so does a resource inside a
//! Bundle or Parameters. Ids and extensions inside backbone elements are not marked; `contained` is not either,
//! so a reference to `#x` may lead nowhere in a summary.

use json::{Member, Node, Value};

use crate::{Element, Kind, Property, ResourceType, TypeId};

const TAG_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const TAG_CODE: &str = "SUBSETTED";

/// Which part of a resource is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subset<'a> {
    /// `_summary=true`: what the definition marks as summary, and mandatory and modifier elements.
    Summary,
    /// `_summary=text`: `text`, `id`, `meta` and mandatory elements.
    Text,
    /// `_summary=data`: all but `text`.
    Data,
    /// `_elements`: the named elements, `id`, `meta`, and mandatory and modifier elements. A name may lead
    /// inside (`name.family`) and may begin with the type that it is meant for (`Patient.name`). What stays
    /// anyway stays whole, even if a name leads inside it.
    Elements(&'a [String]),
}

/// The wanted part of a resource, marked `SUBSETTED`.
pub fn subset<'a>(resource: &Node<'a>, resource_type: ResourceType, subset: &Subset<'_>) -> Node<'a> {
    let type_id = TypeId::of_resource(resource_type);
    let mut members = match subset {
        Subset::Summary => summary(resource, type_id),
        Subset::Text => pick(resource, type_id, &|_, property, value| {
            let stays = property.element.name == "text" || is_always(property.element);
            stays.then(|| value.clone())
        }),
        Subset::Data => resource.members().iter().filter(|(name, _)| name != "text").cloned().collect(),
        Subset::Elements(names) => {
            let paths = paths(names, resource_type);
            let paths: Vec<&[&str]> = paths.iter().map(Vec::as_slice).collect();
            named(resource, type_id, &paths, &|element| is_always(element) || element.modifier)
        }
    };
    mark(&mut members);
    Node::new(Value::Object(members))
}

/// Without these a part could not be told apart or would not be valid.
fn is_always(element: &Element) -> bool {
    element.min > 0 || matches!(element.name, "id" | "meta")
}

/// The members for which `choose` gives a value. It gets the name, its meaning and the value; `_name` counts as
/// `name`, so an element and its extensions share their fate. Unknown members do not stay.
fn pick<'a>(
    node: &Node<'a>,
    type_id: TypeId,
    choose: &dyn Fn(&str, Property, &Node<'a>) -> Option<Node<'a>>,
) -> Vec<Member<'a>> {
    let chosen = node.members().iter().filter_map(|(name, value)| {
        if name == "resourceType" {
            return Some((name.clone(), value.clone()));
        }
        let plain_name = name.strip_prefix('_').unwrap_or(name);
        let property = type_id.property(plain_name)?;
        Some((name.clone(), choose(plain_name, property, value)?))
    });
    chosen.collect()
}

/// An element with only a part of its members. Objects of which nothing is left go: FHIR has no empty ones.
fn narrow<'a>(value: &Node<'a>, members: &dyn Fn(&Node<'a>) -> Vec<Member<'a>>) -> Option<Node<'a>> {
    let object = |node: &Node<'a>| {
        let members = members(node);
        (!members.is_empty()).then(|| Node::new(Value::Object(members)))
    };
    match &value.value {
        Value::Array(items) => {
            let items: Vec<Node<'a>> = items.iter().filter_map(object).collect();
            (!items.is_empty()).then(|| Node::new(Value::Array(items)))
        }
        _ => object(value),
    }
}

fn summary<'a>(node: &Node<'a>, type_id: TypeId) -> Vec<Member<'a>> {
    pick(node, type_id, &|_, property, value| {
        if !in_summary(property.element) {
            None
        } else if property.type_id.kind() == Kind::Backbone && tells_its_summary(property.type_id) {
            narrow(value, &|item| summary(item, property.type_id))
        } else {
            Some(value.clone())
        }
    })
}

fn in_summary(element: &Element) -> bool {
    element.summary || element.modifier || element.min > 0
}

/// Two backbone elements of R4 are marked as summary but have no child that is (`riskEstimate` and
/// `effectEstimate` of the evidence syntheses): they stay whole, for otherwise nothing would be left.
fn tells_its_summary(type_id: TypeId) -> bool {
    type_id.elements().iter().any(|element| element.name != "modifierExtension" && in_summary(element))
}

/// The names for resources of this type, cut at the dots.
fn paths(names: &[String], resource_type: ResourceType) -> Vec<Vec<&str>> {
    let paths = names.iter().filter_map(|name| {
        let mut path: Vec<&str> = name.trim().split('.').collect();
        // Names of elements begin with a small letter, so the two are never mixed up.
        if let Ok(prefix) = path.first()?.parse::<ResourceType>() {
            if prefix != resource_type {
                return None;
            }
            path.remove(0);
        }
        (!path.is_empty()).then_some(path)
    });
    paths.collect()
}

fn named<'a>(
    node: &Node<'a>,
    type_id: TypeId,
    paths: &[&[&str]],
    stays_anyway: &dyn Fn(&Element) -> bool,
) -> Vec<Member<'a>> {
    pick(node, type_id, &|json_name, property, value| {
        let rests: Vec<&[&str]> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(name, _)| is_named(name, json_name, property.element))
            .map(|(_, rest)| rest)
            .collect();
        let inside = matches!(property.type_id.kind(), Kind::Complex | Kind::Backbone);
        if stays_anyway(property.element) {
            Some(value.clone())
        } else if rests.is_empty() {
            None
        } else if !inside || rests.iter().any(|rest| rest.is_empty()) {
            Some(value.clone())
        } else {
            // Only what must not be overlooked stays beside the named children.
            let stays_anyway = |element: &Element| element.name == "modifierExtension";
            narrow(value, &|item| named(item, property.type_id, &rests, &stays_anyway))
        }
    })
}

/// A choice answers to `value`, `value[x]` and, as it stands, to `valueQuantity`.
fn is_named(name: &str, json_name: &str, element: &Element) -> bool {
    name == json_name
        || name == element.name
        || (element.choice && name.strip_suffix("[x]") == Some(element.name))
}

/// Adds the tag `SUBSETTED` to `meta`, which is made if there is none.
fn mark(members: &mut Vec<Member<'_>>) {
    let at = members.iter().position(|(name, _)| name == "meta").unwrap_or_else(|| {
        let head = members.iter().rposition(|(name, _)| name == "resourceType" || name == "id");
        let at = head.map_or(0, |last| last + 1);
        members.insert(at, ("meta".into(), Node::new(Value::Object(Vec::new()))));
        at
    });
    let Some((_, Node { value: Value::Object(meta), .. })) = members.get_mut(at) else { return };
    let tag = Node::new(Value::Object(vec![
        ("system".into(), Node::string(TAG_SYSTEM)),
        ("code".into(), Node::string(TAG_CODE)),
    ]));
    match meta.iter_mut().find(|(name, _)| name == "tag") {
        Some((_, Node { value: Value::Array(tags), .. })) => {
            let is_mark = |known: &Node<'_>| {
                known.text("system") == Some(TAG_SYSTEM) && known.text("code") == Some(TAG_CODE)
            };
            if !tags.iter().any(is_mark) {
                tags.push(tag);
            }
        }
        Some((_, tags)) => tags.value = Value::Array(vec![tag]),
        None => meta.push(("tag".into(), Node::new(Value::Array(vec![tag])))),
    }
}

#[cfg(test)]
#[path = "subset_tests.rs"]
mod tests;
