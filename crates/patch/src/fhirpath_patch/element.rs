//! From a name in a patch to the element and the JSON member that it means.

use fhir::{Element, TypeId};

use super::content::Content;
use crate::Reason;

/// Where a value goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) element: &'static Element,
    /// The name of the member; for a choice with the type.
    pub(super) member: String,
    /// The type that the value must have.
    pub(super) type_id: TypeId,
}

/// The element of that name. A choice is written as `value`, `value[x]` or `valueQuantity`; in the first two the
/// type of the value decides.
pub(super) fn target(parent: TypeId, name: &str, content: &Content<'_>) -> Result<Target, Reason> {
    let plain = name.strip_suffix("[x]").unwrap_or(name);
    if let Some(element) = parent.element(plain).filter(|element| element.choice || plain == name) {
        return of_element(element, content);
    }
    match parent.property(name) {
        Some(property) => {
            Ok(Target { element: property.element, member: name.to_owned(), type_id: property.type_id })
        }
        None => Err(Reason::UnknownElement(name.to_owned())),
    }
}

/// The same for an element that is known.
pub(super) fn of_element(element: &'static Element, content: &Content<'_>) -> Result<Target, Reason> {
    if !element.choice {
        let first = element.types.first().ok_or_else(|| Reason::UnknownElement(element.name.to_owned()))?;
        return Ok(Target { element, member: element.name.to_owned(), type_id: first.type_id });
    }
    let given = content.type_id();
    let known = element.types.iter().map(|kind| kind.type_id).find(|type_id| Some(*type_id) == given);
    let type_id = known.ok_or_else(|| {
        let names: Vec<&str> = element.types.iter().map(|kind| kind.type_id.name()).collect();
        Reason::ValueType(names.join(", "))
    })?;
    let mut member = element.name.to_owned();
    let mut letters = type_id.name().chars();
    member.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    member.push_str(letters.as_str());
    Ok(Target { element, member, type_id })
}
