//! The value of an operation: a datatype, a resource, or parts that name the elements of what is to be made
//! (R4 `fhirpatch.html#anonymous`).

use std::sync::LazyLock;

use fhir::{Kind, TypeId};
use json::{Member, Node, Value};

use super::element::{Target, target};
use super::occurrences::{Occurrence, Occurrences};
use crate::Reason;
use crate::bounds::Bounds;

/// The value of an operation or part.
#[derive(Debug, Clone)]
pub(super) enum Content<'a> {
    /// `value[x]` with its type.
    Typed(TypeId, Occurrence<'a>),
    /// `resource`
    Resource(Node<'a>),
    /// `part`, each with the name of an element.
    Parts(Vec<(String, Content<'a>)>),
}

static PARAMETER: LazyLock<Option<TypeId>> = LazyLock::new(|| TypeId::named("Parameters.parameter"));

impl<'a> Content<'a> {
    /// Reads what a `parameter` or `part` holds; `None` when it holds nothing, or more than one thing.
    pub(super) fn read(part: Node<'a>) -> Option<Self> {
        let Value::Object(members) = part.value else { return None };
        let mut found: Option<Self> = None;
        for (name, node) in members {
            let (plain, is_sibling) = match name.strip_prefix('_') {
                Some(plain) => (plain, true),
                None => (name.as_ref(), false),
            };
            let content = match plain {
                "resource" => Self::Resource(node),
                "part" => Self::Parts(parts(node)?),
                _ if plain.starts_with("value") => {
                    let type_id = (*PARAMETER)?.property(plain)?.type_id;
                    match &mut found {
                        // The value and the extensions of one primitive.
                        Some(Self::Typed(known, occurrence)) if *known == type_id => {
                            occurrence.join(node, is_sibling);
                            continue;
                        }
                        _ => Self::Typed(type_id, Occurrence::default().with(node, is_sibling)),
                    }
                }
                _ => continue,
            };
            if found.replace(content).is_some() {
                return None;
            }
        }
        found
    }

    /// The type of a `value[x]`.
    pub(super) fn type_id(&self) -> Option<TypeId> {
        match self {
            Self::Typed(type_id, _) => Some(*type_id),
            Self::Resource(_) | Self::Parts(_) => None,
        }
    }

    /// The value for an element of that type.
    pub(super) fn build(&self, expected: TypeId) -> Result<Occurrence<'a>, Reason> {
        let wrong = || Reason::ValueType(expected.name().to_owned());
        match self {
            Self::Typed(given, occurrence) if fits(expected, *given) => Ok(occurrence.clone()),
            Self::Typed(..) => Err(wrong()),
            Self::Resource(resource) => {
                let given = resource.text("resourceType").and_then(TypeId::named).ok_or_else(wrong)?;
                if given.is_a(expected) { Ok(Occurrence::of(resource.clone())) } else { Err(wrong()) }
            }
            Self::Parts(parts) if matches!(expected.kind(), Kind::Complex | Kind::Backbone) => {
                let mut elements: Vec<(Target, Occurrences<'a>)> = Vec::new();
                for (name, content) in parts {
                    let target = target(expected, name, content)?;
                    let value = content.build(target.type_id)?;
                    let is_same = |(known, _): &&mut (Target, _)| std::ptr::eq(known.element, target.element);
                    match elements.iter_mut().find(is_same) {
                        Some(_) if !target.element.many => return Err(Reason::Exists(target.element.name)),
                        Some((_, occurrences)) => occurrences.items.push(value),
                        None => elements.push((target, Occurrences::of(value))),
                    }
                }
                let mut made = Node::new(Value::Object(Vec::new()));
                for (Target { element, member, .. }, occurrences) in elements {
                    occurrences.put(&mut made, &member, element.many);
                }
                Ok(Occurrence::of(made))
            }
            Self::Parts(_) => Err(wrong()),
        }
    }
}

fn parts(node: Node<'_>) -> Option<Vec<(String, Content<'_>)>> {
    let Value::Array(items) = node.value else { return None };
    items
        .into_iter()
        .map(|item| {
            let name = item.text("name")?.to_owned();
            Some((name, Content::read(item)?))
        })
        .collect()
}

/// Puts a value behind those that the element has; it must have none if it does not repeat.
pub(super) fn append<'a>(
    object: &mut Node<'a>,
    type_id: TypeId,
    target: &Target,
    value: Occurrence<'a>,
    bounds: &mut Bounds,
) -> Result<(), Reason> {
    let Target { element, member, .. } = target;
    let is_there = |(name, _): &Member<'a>| {
        let property = type_id.property(name.strip_prefix('_').unwrap_or(name));
        property.is_some_and(|property| std::ptr::eq(property.element, *element))
    };
    bounds.charge(object.members().len())?;
    if !element.many && object.members().iter().any(is_there) {
        return Err(Reason::Exists(element.name));
    }
    let mut occurrences = Occurrences::take(object, member).ok_or(Reason::Path)?;
    bounds.charge(occurrences.items.len())?;
    occurrences.items.push(value);
    occurrences.put(object, member, element.many);
    Ok(())
}

/// Whether a value of a type may stand where another is expected: what is derived from it; and among the
/// primitives whose values are written alike the one for the other, since `Parameters` has no xhtml, and clients
/// take the general type for the special. The format of the result is checked with the resource.
fn fits(expected: TypeId, given: TypeId) -> bool {
    if given.is_a(expected) {
        return true;
    }
    let (Kind::Primitive, Kind::Primitive) = (expected.kind(), given.kind()) else { return false };
    match (family(expected.name()), family(given.name())) {
        (Some(expected), Some(given)) => expected == given,
        _ => false,
    }
}

fn family(primitive: &str) -> Option<&'static str> {
    Some(match primitive {
        "string" | "code" | "id" | "markdown" | "xhtml" => "text",
        "uri" | "url" | "canonical" | "oid" | "uuid" => "uri",
        "integer" | "positiveInt" | "unsignedInt" => "integer",
        "date" | "dateTime" | "instant" => "date",
        _ => return None,
    })
}
