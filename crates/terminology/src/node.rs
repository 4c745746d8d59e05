//! Elements of a resource as owned texts.

use json::Node;

/// A coding as it stands in a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Coding {
    /// The code system.
    pub system: Option<Box<str>>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// The code.
    pub code: Option<Box<str>>,
    /// What people read.
    pub display: Option<Box<str>>,
}

impl Coding {
    /// Reads a Coding.
    pub fn read(node: &Node<'_>) -> Self {
        Self {
            system: text(node, "system"),
            version: text(node, "version"),
            code: text(node, "code"),
            display: text(node, "display"),
        }
    }
}

pub(crate) fn text(node: &Node<'_>, name: &str) -> Option<Box<str>> {
    node.text(name).filter(|text| !text.is_empty()).map(Into::into)
}

pub(crate) fn items<'n, 'a>(node: &'n Node<'a>, name: &str) -> &'n [Node<'a>] {
    node.get(name).map(Node::items).unwrap_or_default()
}

pub(crate) fn texts(node: &Node<'_>, name: &str) -> Vec<Box<str>> {
    items(node, name).iter().filter_map(Node::as_str).map(Into::into).collect()
}

pub(crate) fn flag(node: &Node<'_>, name: &str) -> Option<bool> {
    node.get(name).and_then(Node::as_bool)
}
