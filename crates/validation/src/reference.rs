//! References: their form, and whether they lead to a type that is allowed (R4 `references.html`).

use fhir::{ReferenceText, ResourceType};
use fhirpath::{ElementItem, Resolve};
use json::Node;

use crate::budget::Budget;

use crate::walk::type_of;

/// What is known of the target of a reference.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    /// A resource of that type, with its node when it is at hand.
    Known(ResourceType, Option<&'a Node<'a>>),
    /// It cannot be told: a urn, another kind of url, an identifier only.
    Unknown,
}

/// The resources that references may lead to without leaving what is being checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'s, 'a> {
    /// The resource that contains others.
    pub(crate) root: &'a Node<'a>,
    /// The Bundle around it.
    pub(crate) bundle: Option<&'s crate::bundle::Entries<'a>>,
    /// The fullUrl of the entry that the reference stands in.
    pub(crate) full_url: Option<&'a str>,
    /// What judging may still cost.
    pub(crate) budget: &'s Budget,
}

impl<'a> Surroundings<'_, 'a> {
    /// Those of a resource of the same Bundle.
    pub(crate) fn of_entry(self, root: &'a Node<'a>, full_url: Option<&'a str>) -> Self {
        Self { root, full_url, ..self }
    }

    /// The contained resource of an id.
    pub(crate) fn contained(&self, id: &str) -> Option<&'a Node<'a>> {
        let contained = self.root.get("contained").map(Node::items).unwrap_or_default();
        if !self.budget.take(contained.len()) {
            return None;
        }
        contained.iter().find(|resource| resource.text("id") == Some(id))
    }

    /// What a Reference leads to.
    pub(crate) fn target(&self, reference: &'a Node<'a>) -> Target<'a> {
        let named = || match reference.text("type").and_then(|name| name.rsplit('/').next()?.parse().ok()) {
            Some(resource_type) => Target::Known(resource_type, None),
            None => Target::Unknown,
        };
        let Some(text) = reference.text("reference") else { return named() };
        let resource = match ReferenceText::parse(text) {
            ReferenceText::Contained("") => Some(self.root),
            ReferenceText::Contained(id) => self.contained(id),
            _ => self.bundle.and_then(|bundle| bundle.find(text, self.full_url)),
        };
        if let Some(resource) = resource
            && let Some(resource_type) = resource.text("resourceType").and_then(|name| name.parse().ok())
        {
            return Target::Known(resource_type, Some(resource));
        }
        match ReferenceText::parse(text) {
            ReferenceText::Literal { resource_type, .. }
            | ReferenceText::Conditional { resource_type, .. } => Target::Known(resource_type, None),
            _ => named(),
        }
    }
}

impl Resolve for Surroundings<'_, '_> {
    fn resolve<'r>(&'r self, reference: &str) -> Option<ElementItem<'r>> {
        let resource = self.bundle?.find(reference, self.full_url)?;
        Some(ElementItem::new(resource, type_of(resource)?))
    }
}

/// Whether a text can be a reference at all.
pub(crate) fn has_form(text: &str) -> bool {
    match ReferenceText::parse(text) {
        ReferenceText::Other(text) => {
            let scheme = text.split_once(':').map(|(scheme, rest)| (scheme, !rest.is_empty()));
            scheme.is_some_and(|(scheme, has_rest)| {
                has_rest
                    && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            })
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_references() {
        for good in [
            "Patient/1",
            "Patient/1/_history/2",
            "http://other.example/fhir/Patient/1",
            "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
            "#a",
            "#",
            "Patient?identifier=a|b",
            "https://example.org/anything",
        ] {
            assert!(has_form(good), "{good}");
        }
        for bad in ["1", "Patient", "Patient/", "Foo/1", "patient/1", "/Patient/1", "Patient/a_b", "urn:"] {
            assert!(!has_form(bad), "{bad}");
        }
    }
}
