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

/// Judges a resource. `facility` is the one that writes: profiles may be demanded of it.
pub(crate) fn judge(service: &Service, resource: &Node<'_>, facility: Option<&str>, level: Level) -> Verdict {
    let (resource_type, issues) = check_structure(resource);
    match resource_type {
        Some(resource_type) if issues.is_empty() => {
            Verdict::Sound(resource_type, validity(service, resource, resource_type, facility, level))
        }
        _ => Verdict::Broken(issues),
    }
}

/// What is wrong with a resource whose structure is sound.
pub(crate) fn validity(
    service: &Service,
    resource: &Node<'_>,
    resource_type: ResourceType,
    facility: Option<&str>,
    level: Level,
) -> Vec<Issue> {
    let definitions = service.packages();
    let demanded = definitions.demanded(resource_type, facility);
    definitions.validator().validate(resource, &demanded, level)
}

/// Refuses a resource whose structure is sound and that is not valid.
pub(crate) fn refuse_invalid(
    service: &Service,
    access: &Access,
    resource: &Node<'_>,
    resource_type: ResourceType,
) -> Result<(), Problem> {
    let issues = validity(service, resource, resource_type, access.facility(), Level::Errors);
    if issues.is_empty() { Ok(()) } else { Err(Problem::from_issues(422, issues)) }
}
