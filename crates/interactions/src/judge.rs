//! Whether a resource may be stored: its structure first, then everything that `docs/validation.md` demands.

use access::Access;
use fhir::{Issue, ResourceType};
use json::Node;
use validation::Level;

use crate::structure::check_structure;
use crate::{Problem, Service};

/// What is wrong with a resource. Where the structure is broken nothing else is looked at.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Its structure is sound and its type is this; the issues make it invalid, or are advice.
    Sound(ResourceType, Vec<Issue>),
    /// It is not FHIR.
    Broken(Vec<Issue>),
}

/// Judges a resource, with all advice. `facility` is the one that writes: profiles may be demanded of it. `profile` is one
/// that must hold besides.
pub(crate) fn judge(
    service: &Service,
    resource: &Node<'_>,
    facility: Option<&str>,
    profile: Option<&str>,
) -> Verdict {
    let (resource_type, issues) = check_structure(resource);
    match resource_type {
        Some(resource_type) if issues.is_empty() => {
            let definitions = service.packages();
            let mut demanded = definitions.demanded(resource_type, facility);
            demanded.extend(profile);
            let issues = definitions.validator().validate(resource, &demanded, Level::All);
            Verdict::Sound(resource_type, issues)
        }
        _ => Verdict::Broken(issues),
    }
}

/// What makes a resource invalid whose structure is sound.
pub(crate) fn faults(
    service: &Service,
    resource: &Node<'_>,
    resource_type: ResourceType,
    facility: Option<&str>,
) -> Vec<Issue> {
    let definitions = service.packages();
    let demanded = definitions.demanded(resource_type, facility);
    definitions.validator().validate(resource, &demanded, Level::Errors)
}

/// Refuses a resource whose structure is sound and that is not valid.
pub(crate) fn refuse_invalid(
    service: &Service,
    access: &Access,
    resource: &Node<'_>,
    resource_type: ResourceType,
) -> Result<(), Problem> {
    let issues = faults(service, resource, resource_type, access.facility());
    if issues.is_empty() { Ok(()) } else { Err(Problem::from_issues(422, issues)) }
}
