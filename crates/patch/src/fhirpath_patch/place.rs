//! From the items that an expression selects to their places in the document.
//!
//! Items borrow nodes of the document, so a walk over the document finds each one again by its address.

use fhir::{Element, TypeId};
use fhirpath::{Collection, Context, EvaluateError, Expression, Item};
use json::{Node, Value};

use crate::Reason;
use crate::bounds::Bounds;

/// A step from a node to one inside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Of an object, with the underscore of a sibling.
    Member(String),
    /// Of an array.
    Item(usize),
}

/// Where an element stands.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// The resource itself.
    Root(TypeId),
    /// An element in an object.
    Inside(Spot),
}

/// An occurrence of an element in its object.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// The way to the object.
    pub(super) object: Vec<Step>,
    pub(super) element: &'static Element,
    /// The name of the member, without underscore.
    pub(super) member: String,
    /// The position in an array.
    pub(super) index: Option<usize>,
    /// The type of the value; of a resource its own.
    pub(super) type_id: TypeId,
}

impl Spot {
    /// Whether both are items of one list.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.member == other.member && self.object == other.object
    }

    /// The way to the value, or to the sibling of a primitive.
    pub(super) fn steps(&self, to_sibling: bool) -> Vec<Step> {
        let member = if to_sibling { format!("_{}", self.member) } else { self.member.clone() };
        let mut steps = self.object.clone();
        steps.push(Step::Member(member));
        steps.extend(self.index.map(Step::Item));
        steps
    }
}

/// The node at the end of a way.
pub(super) fn follow<'d, 'a>(document: &'d mut Node<'a>, steps: &[Step]) -> Option<&'d mut Node<'a>> {
    steps.iter().try_fold(document, |node, step| match (step, &mut node.value) {
        (Step::Member(name), Value::Object(members)) => {
            members.iter_mut().find(|(key, _)| key == name).map(|(_, node)| node)
        }
        (Step::Item(index), Value::Array(items)) => items.get_mut(*index),
        _ => None,
    })
}

/// The places that an expression selects, in the order of the document. What is not an element of this resource,
/// such as a computed value or the target of a reference, has none: that is refused.
pub(super) fn select(
    path: &Expression,
    document: &Node<'_>,
    steps: u64,
    bounds: &mut Bounds,
) -> Result<Vec<Place>, Reason> {
    let context = Context::for_resource(document).ok_or(Reason::Path)?;
    let items = path.evaluate(&context.with_steps(steps)).map_err(|error| match error {
        EvaluateError::TooManySteps => Reason::TooLarge,
        _ => Reason::Path,
    })?;
    let type_id = document.text("resourceType").and_then(TypeId::named).ok_or(Reason::Path)?;
    let mut walk = Walk { wanted: addresses(&items)?, object: Vec::new(), found: Vec::new(), bounds };
    if walk.wants(Some(document)) {
        walk.found.push(Place::Root(type_id));
    }
    walk.object(document, type_id)?;
    if walk.found.len() == walk.wanted.len() { Ok(walk.found) } else { Err(Reason::Path) }
}

type Address = *const u8;

fn address(node: &Node<'_>) -> Address {
    std::ptr::from_ref(node).cast()
}

/// The addresses of the items, sorted, each once.
fn addresses(items: &Collection<'_>) -> Result<Vec<Address>, Reason> {
    let place = |item: &Item<'_>| {
        let element = item.element()?;
        if element.has_value() { Some(address(element.node())) } else { element.sibling().map(address) }
    };
    let mut found: Vec<Address> = items.iter().map(place).collect::<Option<_>>().ok_or(Reason::Path)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

struct Walk<'b> {
    wanted: Vec<Address>,
    object: Vec<Step>,
    found: Vec<Place>,
    bounds: &'b mut Bounds,
}

impl Walk<'_> {
    fn wants(&self, node: Option<&Node<'_>>) -> bool {
        node.is_some_and(|node| self.wanted.binary_search(&address(node)).is_ok())
    }

    fn is_done(&self) -> bool {
        self.found.len() == self.wanted.len()
    }

    /// The elements of an object. Its depth is that of the document.
    fn object(&mut self, object: &Node<'_>, type_id: TypeId) -> Result<(), Reason> {
        self.bounds.charge(1 + object.members().len())?;
        for (name, node) in object.members() {
            if self.is_done() {
                return Ok(());
            }
            let (plain, is_sibling) = match name.strip_prefix('_') {
                Some(plain) => (plain, true),
                None => (name.as_ref(), false),
            };
            let Some(property) = type_id.property(plain) else { continue };
            let is_list = matches!(node.value, Value::Array(_));
            self.object.push(Step::Member(name.to_string()));
            self.bounds.charge(node.each().len())?;
            for (index, value) in node.each().iter().enumerate() {
                let index = is_list.then_some(index);
                let own_type = value.text("resourceType").and_then(TypeId::named);
                let type_id = own_type.filter(|own| own.is_a(property.type_id)).unwrap_or(property.type_id);
                if self.wants(Some(value)) {
                    let mut object = self.object.clone();
                    object.pop();
                    let (element, member) = (property.element, plain.to_owned());
                    self.found.push(Place::Inside(Spot { object, element, member, index, type_id }));
                }
                if matches!(value.value, Value::Object(_)) && (is_sibling || !is_leaf(type_id)) {
                    self.object.extend(index.map(Step::Item));
                    self.object(value, type_id)?;
                    if index.is_some() {
                        self.object.pop();
                    }
                }
            }
            self.object.pop();
        }
        Ok(())
    }
}

/// The value of a primitive has nothing inside.
fn is_leaf(type_id: TypeId) -> bool {
    type_id.kind() == fhir::Kind::Primitive
}
