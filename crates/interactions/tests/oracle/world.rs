//! The resources of a set, in memory.

use fhirpath::{Collection, Context, ElementItem, Expression};
use json::{Limits, Node};

use crate::definitions::type_id;

/// A resource. Text and tree live until the end of the test: sets are small, and nothing has to be cloned.
#[derive(Clone, Copy)]
pub struct Resource {
    pub kind: &'static str,
    pub id: &'static str,
    pub text: &'static str,
    pub node: &'static Node<'static>,
    /// When the store says that it was written, in microseconds.
    pub updated: i64,
}

impl Resource {
    pub fn read(text: String) -> Self {
        let text: &'static str = Box::leak(text.into_boxed_str());
        let node = json::parse(text.as_bytes(), &Limits::default())
            .unwrap_or_else(|error| panic!("the generator made no JSON: {error:?}: {text}"));
        let node: &'static Node<'static> = Box::leak(Box::new(node));
        let kind = node.text("resourceType").expect("resourceType");
        Self { kind, id: node.text("id").expect("id"), text, node, updated: 0 }
    }

    pub fn name(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// The items that an expression finds. One that fails on a resource finds nothing in it.
    pub fn evaluate(&self, expression: &Expression) -> Collection<'static> {
        let context = Context::new(ElementItem::new(self.node, type_id(self.kind)));
        expression.evaluate(&context).unwrap_or_default()
    }
}

/// A set.
#[derive(Clone, Default)]
pub struct World {
    pub resources: Vec<Resource>,
}

impl World {
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    pub fn find(&self, kind: &str, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.kind == kind && resource.id == id)
    }
}
