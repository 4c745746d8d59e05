//! The links of a resource in a transaction: to other entries, and to what conditional references find.

use std::collections::{HashMap, HashSet};

use fhir::{Fault, LinkKind, LogicalId, ReferenceText, ResourceType, VersionId, rewrite_links};
use json::Node;

use super::Entry;
use super::identity::Criteria;
use crate::condition::Condition;
use crate::{Problem, Service};

/// What the links of a resource may lead to.
pub(super) struct Links<'l> {
    /// The entries by their `fullUrl`.
    pub(super) targets: &'l HashMap<&'l str, (ResourceType, LogicalId)>,
    /// What conditional references found.
    pub(super) conditions: &'l HashMap<Criteria, Condition>,
    /// Links that stay as they are.
    pub(super) known: &'l HashSet<String>,
}

/// Gives the links of a resource their targets.
pub(super) fn resolve(
    service: &Service,
    entry: &Entry,
    resource: &mut Node<'_>,
    links: &Links<'_>,
) -> Result<(), Problem> {
    let Links { targets, conditions, known } = links;
    let mut fault = None;
    // A relative reference is read under the base of the entry's own fullUrl (R4 bundle.html#references).
    let own_base = entry.full_url.as_deref().and_then(|url| match ReferenceText::parse(url) {
        ReferenceText::Literal { base: Some(base), .. } => Some(base),
        _ => None,
    });
    rewrite_links(resource, &mut |kind, text| {
        if known.contains(text) {
            return None;
        }
        let target = |url: &str| targets.get(url).map(|(resource_type, id)| format!("{resource_type}/{id}"));
        if let Some(found) = target(text) {
            return Some(found);
        }
        if kind != LinkKind::Reference {
            return None;
        }
        // A version of what another entry writes: who sends a signature of it knows which one it is going to be.
        if let Some((url, version)) = text.rsplit_once("/_history/")
            && VersionId::try_from(version).is_ok()
            && let Some(found) = target(url)
        {
            return Some(format!("{found}/_history/{version}"));
        }
        match ReferenceText::parse(text) {
            ReferenceText::Literal { base: None, resource_type, id, .. } => {
                let base = own_base?;
                target(&format!("{base}/{resource_type}/{id}"))
            }
            ReferenceText::Literal { base: Some(base), .. } if base == service.base() => {
                text.get(base.len() + 1..).map(str::to_owned)
            }
            ReferenceText::Conditional { resource_type, query } => {
                let Some(condition) = conditions.get(&(resource_type, query.to_owned())) else {
                    // Put together by a patch: it could not be seen before.
                    fault.get_or_insert(Fault::ConditionalReferenceHere);
                    return None;
                };
                match condition.expectation.found.as_slice() {
                    [id] => Some(format!("{resource_type}/{id}")),
                    [] => {
                        fault.get_or_insert(Fault::ConditionalReferenceNone);
                        None
                    }
                    _ => {
                        fault.get_or_insert(Fault::ConditionalReferenceMany);
                        None
                    }
                }
            }
            ReferenceText::Other(other)
                if other.starts_with("urn:uuid:") || other.starts_with("urn:oid:") =>
            {
                fault.get_or_insert(Fault::DanglingReference);
                None
            }
            _ => None,
        }
    });
    match fault {
        Some(fault @ Fault::ConditionalReferenceMany) => Err(Problem::new(412, fault)),
        Some(fault) => Err(Problem::new(400, fault)),
        None => Ok(()),
    }
}
