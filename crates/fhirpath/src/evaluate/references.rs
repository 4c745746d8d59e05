//! `resolve()`: from a reference to its target, or at least to the type of its target.

use fhir::{ReferenceText, TypeId};
use json::Node;

use super::{Evaluator, Outcome};
use crate::item::{Collection, ElementItem, Item, KNOWN};

impl<'a> Evaluator<'_, 'a> {
    /// Items that cannot be resolved at all are left out.
    pub(super) fn resolve(&self, input: &[Item<'a>], out: &mut Collection<'a>) -> Outcome {
        self.charge(input.len())?;
        out.extend(input.iter().filter_map(|item| self.target(item)).map(Item::Element));
        Ok(())
    }

    fn target(&self, item: &Item<'a>) -> Option<ElementItem<'a>> {
        let element = match item {
            Item::Element(element) => element,
            Item::Value(_) => return self.target_of_text(&item.text()?),
        };
        if Some(element.type_id()) != KNOWN.reference {
            return self.target_of_text(element.text()?);
        }
        let text = element.node().text("reference");
        text.and_then(|text| self.target_of_text(text)).or_else(|| {
            // A logical reference says at least what it points to.
            element.node().text("type").and_then(TypeId::named).map(ElementItem::of_type)
        })
    }

    fn target_of_text(&self, text: &str) -> Option<ElementItem<'a>> {
        let reference = ReferenceText::parse(text);
        if let ReferenceText::Contained(id) = reference {
            return self.contained(id);
        }
        let resolver = self.context.resolver;
        if let Some(target) =
            resolver.and_then(|resolver| resolver.resolve(text)).or_else(|| self.entry(text))
        {
            return Some(target);
        }
        match reference {
            ReferenceText::Literal { resource_type, .. }
            | ReferenceText::Conditional { resource_type, .. } => {
                Some(ElementItem::of_type(TypeId::of_resource(resource_type)))
            }
            _ => None,
        }
    }

    /// A resource inside the root resource; `#` alone is the root itself.
    fn contained(&self, id: &str) -> Option<ElementItem<'a>> {
        let root = self.context.root_resource.element()?;
        if id.is_empty() {
            return Some(*root);
        }
        let contained = root.node().get("contained")?.items();
        contained.iter().find(|resource| resource.text("id") == Some(id)).and_then(resource)
    }

    /// The entry of that full url, when the root is a Bundle.
    fn entry(&self, url: &str) -> Option<ElementItem<'a>> {
        let root = self.context.root_resource.node()?;
        if root.text("resourceType") != Some("Bundle") {
            return None;
        }
        let entry = root.get("entry")?.items().iter().find(|entry| entry.text("fullUrl") == Some(url))?;
        entry.get("resource").and_then(resource)
    }
}

fn resource<'a>(node: &'a Node<'a>) -> Option<ElementItem<'a>> {
    Some(ElementItem::new(node, TypeId::named(node.text("resourceType")?)?))
}
