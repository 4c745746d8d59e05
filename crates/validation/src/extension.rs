//! Extensions: known ones follow their definition and stand where they may (R4 `extensibility.html`,
//! `defining-extensions.html`).

use fhir::{Fault, TypeId};
use json::{Node, Value};

use crate::profile::Context;
use crate::walk::{Owner, Walk, push_step};

/// What carries an extension.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carrier {
    pub(crate) type_id: TypeId,
    /// The element that it is one of; `None` for a resource.
    pub(crate) element: Option<Owner>,
}

impl<'a> Walk<'_, 'a> {
    /// Extensions of a primitive.
    pub(crate) fn siblings(&mut self, name: &str, siblings: &'a Node<'a>, type_id: TypeId) {
        let Some(property) = type_id.property(name) else { return };
        let element = property.element;
        let carrier = Carrier { type_id: property.type_id, element: Some((type_id, element.name)) };
        let many = matches!(siblings.value, Value::Array(_));
        for (index, sibling) in siblings.each().iter().enumerate() {
            let length = self.path.len();
            push_step(&mut self.path, element.name, many.then_some(index));
            let extensions = sibling.get("extension").map(Node::items).unwrap_or_default();
            for (at, extension) in extensions.iter().enumerate() {
                self.within(&format!(".extension[{at}]"), |walk| walk.extension(extension, false, carrier));
            }
            self.path.truncate(length);
        }
    }

    /// An extension: known ones are judged by their definition; unknown ones may not change the meaning.
    pub(crate) fn extension(&mut self, node: &'a Node<'a>, modifies: bool, carrier: Carrier) {
        let Some(type_id) = TypeId::named("Extension") else { return };
        let url = node.text("url").unwrap_or_default();
        match self.definitions.extension(url) {
            Some(profile) => {
                if !self.is_allowed(&profile.contexts, carrier) {
                    self.report.error(&self.path, Fault::ExtensionContext { url: url.to_owned() });
                }
                self.conform(&profile, node, type_id);
            }
            None if modifies => self.report.error(&self.path, Fault::ModifierUnknown),
            None => {}
        }
        self.extensions.push(url);
        self.element(node, type_id, Some((carrier.type_id, "extension")));
        self.extensions.pop();
    }

    /// Whether an extension may stand on what carries it. `Patient.name` means that element and not each HumanName.
    fn is_allowed(&self, contexts: &[Context], carrier: Carrier) -> bool {
        contexts.is_empty()
            || contexts.iter().any(|context| match context {
                Context::Expression => true,
                Context::Extension(url) => self.extensions.last() == Some(&url.as_str()),
                Context::Element(path) => {
                    let path = path.trim_end_matches("[x]");
                    let by_type = TypeId::named(path).is_some_and(|allowed| carrier.type_id.is_a(allowed));
                    by_type || path == "Element" || self.is_at(path, carrier)
                }
            })
    }

    /// Whether the carrier is the element of a path, which begins with a resource or another type.
    fn is_at(&self, path: &str, carrier: Carrier) -> bool {
        let by_owner = path.rsplit_once('.').is_some_and(|(owner, name)| {
            let is_owner =
                |allowed| carrier.element.is_some_and(|(owner, own)| owner == allowed && own == name);
            TypeId::named(owner).is_some_and(is_owner)
        });
        by_owner
            || path.split_once('.').is_some_and(|(name, rest)| {
                let is_of_type =
                    TypeId::named(name).is_some_and(|wanted| self.resource.type_id().is_a(wanted));
                is_of_type && self.names_of_path().eq(rest.split('.'))
            })
    }

    /// The names from the resource to what carries the extension at hand, without positions.
    fn names_of_path(&self) -> impl Iterator<Item = &str> {
        let inside = self.path.get(self.start..).unwrap_or_default();
        let carrier = inside.rsplit_once('.').map_or("", |(carrier, _)| carrier);
        carrier.split('.').skip(1).map(|step| step.split('[').next().unwrap_or(step))
    }
}
