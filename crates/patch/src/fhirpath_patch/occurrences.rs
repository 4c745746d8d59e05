//! All occurrences of one element in its object: values and, for primitives, their `_name` siblings, in step.

use json::{Node, Value};

/// One occurrence: the value, and the id and extensions of a primitive. Either may be missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Occurrence<'a> {
    pub(super) value: Option<Node<'a>>,
    pub(super) sibling: Option<Node<'a>>,
}

impl<'a> Occurrence<'a> {
    pub(super) fn of(value: Node<'a>) -> Self {
        Self { value: Some(value), sibling: None }
    }

    pub(super) fn with(mut self, node: Node<'a>, is_sibling: bool) -> Self {
        self.join(node, is_sibling);
        self
    }

    pub(super) fn join(&mut self, node: Node<'a>, is_sibling: bool) {
        *(if is_sibling { &mut self.sibling } else { &mut self.value }) = Some(node);
    }

    /// The value and the sibling, as far as they are there.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node<'a>> {
        self.value.iter().chain(&self.sibling)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.value.is_none() && self.sibling.is_none()
    }
}

/// The occurrences, taken out of the object until they are put back.
#[derive(Debug)]
pub(super) struct Occurrences<'a> {
    pub(super) items: Vec<Occurrence<'a>>,
    /// Where the element stood among the members.
    place: Option<usize>,
}

impl<'a> Occurrences<'a> {
    /// The first occurrence of a new element.
    pub(super) fn of(first: Occurrence<'a>) -> Self {
        Self { items: vec![first], place: None }
    }

    /// Takes them out. `None` when this is no object.
    pub(super) fn take(object: &mut Node<'a>, member: &str) -> Option<Self> {
        let Value::Object(members) = &mut object.value else { return None };
        let is_ours = |name: &str| name.strip_prefix('_').unwrap_or(name) == member;
        let place = members.iter().position(|(name, _)| is_ours(name));
        let values = object.take(member).map(list).unwrap_or_default();
        let siblings = object.take(&format!("_{member}")).map(list).unwrap_or_default();
        let mut items: Vec<Occurrence<'a>> =
            values.into_iter().map(|value| Occurrence { value, sibling: None }).collect();
        for (index, sibling) in siblings.into_iter().enumerate() {
            match items.get_mut(index) {
                Some(item) => item.sibling = sibling,
                None => items.push(Occurrence { value: None, sibling }),
            }
        }
        Some(Self { items, place })
    }

    /// Puts what is left back under a name. Nothing is written for no occurrences, and no list of nulls.
    pub(super) fn put(self, object: &mut Node<'a>, member: &str, many: bool) {
        let Value::Object(members) = &mut object.value else { return };
        let (values, siblings): (Vec<_>, Vec<_>) =
            self.items.into_iter().map(|item| (item.value, item.sibling)).unzip();
        let written = [(member.to_owned(), values), (format!("_{member}"), siblings)];
        let mut place = self.place.unwrap_or(members.len()).min(members.len());
        for (name, nodes) in written {
            if nodes.iter().all(Option::is_none) {
                continue;
            }
            let mut nodes = nodes.into_iter().map(|node| node.unwrap_or(Node::new(Value::Null)));
            let node = if many { Some(Node::new(Value::Array(nodes.collect()))) } else { nodes.next() };
            if let Some(node) = node {
                members.insert(place, (name.into(), node));
                place += 1;
            }
        }
    }
}

fn list(node: Node<'_>) -> Vec<Option<Node<'_>>> {
    match node.value {
        Value::Array(items) => {
            items.into_iter().map(|item| (item.value != Value::Null).then_some(item)).collect()
        }
        Value::Null => vec![None],
        value => vec![Some(Node { value, span: node.span })],
    }
}
