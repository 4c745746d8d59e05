//! Small pieces of FHIR as JSON: objects, lists, codings, references.

use json::{Node, Value};

/// Members of an object; what is absent is left out.
#[derive(Default)]
pub(super) struct Object(Vec<(std::borrow::Cow<'static, str>, Node<'static>)>);

impl Object {
    /// A resource of this type under this id.
    pub(super) fn resource(kind: &'static str, id: &str) -> Self {
        Self::default().text("resourceType", kind).text("id", id)
    }

    pub(super) fn with(mut self, name: &'static str, node: Node<'static>) -> Self {
        self.0.push((name.into(), node));
        self
    }

    pub(super) fn maybe(self, name: &'static str, node: Option<Node<'static>>) -> Self {
        match node {
            Some(node) => self.with(name, node),
            None => self,
        }
    }

    pub(super) fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Node::string(text.into()))
    }

    pub(super) fn list(self, name: &'static str, items: Vec<Node<'static>>) -> Self {
        if items.is_empty() { self } else { self.with(name, Node::new(Value::Array(items))) }
    }

    /// `meta` with the profile that is claimed and the labels of secrecy.
    pub(super) fn meta(self, profile: Option<&'static str>, labels: &[&'static str]) -> Self {
        let labels = labels.iter().map(|label| coding(super::names::ACT_CODE, label)).collect();
        let profiles = profile.map(Node::string).into_iter().collect();
        let meta = Self::default().list("profile", profiles).list("security", labels);
        if meta.0.is_empty() { self } else { self.with("meta", meta.node()) }
    }

    pub(super) fn node(self) -> Node<'static> {
        Node::new(Value::Object(self.0))
    }
}

pub(super) fn number(lexeme: &str) -> Node<'static> {
    Node::new(Value::Number(lexeme.to_owned().into()))
}

pub(super) fn boolean(value: bool) -> Node<'static> {
    Node::new(Value::Boolean(value))
}

pub(super) fn coding(system: &'static str, code: &str) -> Node<'static> {
    Object::default().text("system", system).text("code", code).node()
}

/// A CodeableConcept of codings and a text.
pub(super) fn concept(codings: Vec<Node<'static>>, text: Option<&str>) -> Node<'static> {
    let concept = Object::default().list("coding", codings);
    concept.maybe("text", text.map(|text| Node::string(text.to_owned()))).node()
}

pub(super) fn identifier(system: &'static str, value: &str) -> Node<'static> {
    Object::default().text("system", system).text("value", value).node()
}

pub(super) fn reference(text: &str) -> Node<'static> {
    Object::default().text("reference", text).node()
}

/// An extension; `member` is the name of its value.
pub(super) fn extension(url: &'static str, member: &'static str, value: Node<'static>) -> Node<'static> {
    Object::default().text("url", url).with(member, value).node()
}
