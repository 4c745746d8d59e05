//! Who the entries of a transaction will be.

use std::collections::{HashMap, HashSet};

use fhir::{Fault, LogicalId, ResourceType};
use json::{Limits, Node};

use super::{Action, Entry};
use crate::Problem;
use crate::condition::Condition;
use crate::write::new_id;

/// Criteria of a conditional interaction or reference.
pub(super) type Criteria = (ResourceType, String);

/// Where the ids of new resources come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identities {
    /// The server makes them.
    New,
    /// From the uuid of the fullUrl or the resource's own id, so that loading the same Bundle again changes
    /// nothing.
    Stable,
}

/// Who an entry will be.
pub(super) enum Identity {
    /// An id that nobody has: made a moment ago.
    New(LogicalId),
    /// A stable id, which may exist already.
    Stable(LogicalId),
    /// The resource's own id in a conditional update that matches nothing.
    Own(LogicalId),
    /// What the URL names or the criteria found.
    Existing(LogicalId),
}

impl Identity {
    pub(super) fn id(&self) -> &LogicalId {
        match self {
            Self::New(id) | Self::Stable(id) | Self::Own(id) | Self::Existing(id) => id,
        }
    }
}

/// The resource of an entry that writes one.
pub(super) fn node<'a>(entry: &Entry, body: &'a [u8]) -> Result<Option<Node<'a>>, Problem> {
    if !matches!(entry.action.as_ref().map(Action::order), Ok(1 | 2)) {
        return Ok(None);
    }
    // It was parsed with the Bundle, so this cannot fail any more.
    json::parse(entry.text(body)?, &Limits::default())
        .map(Some)
        .map_err(|_| Problem::new(500, Fault::Internal))
}

/// What the entries delete. Deletions come first, so criteria of the other entries match it no more.
pub(super) fn deleted(
    entries: &[Entry],
    conditions: &HashMap<Criteria, Condition>,
) -> Result<HashSet<(ResourceType, LogicalId)>, Problem> {
    let mut gone = HashSet::new();
    for entry in entries {
        match &entry.action {
            Ok(Action::Delete { resource_type, id, .. }) => {
                gone.insert((*resource_type, id.clone()));
            }
            Ok(Action::ConditionalDelete { resource_type, criteria }) => {
                if let Some(condition) = conditions.get(&(*resource_type, criteria.clone())) {
                    let found = condition.only().map_err(|problem| problem.within(&entry.place()))?;
                    gone.extend(found.map(|id| (*resource_type, id.clone())));
                }
            }
            _ => {}
        }
    }
    Ok(gone)
}

/// The identity of an entry; `None` for reads and for deletions of nothing.
pub(super) fn identify(
    body: &[u8],
    entry: &Entry,
    conditions: &HashMap<Criteria, Condition>,
    gone: &HashSet<(ResourceType, LogicalId)>,
    identities: Identities,
) -> Result<Option<(ResourceType, Identity)>, Problem> {
    let is_delete = matches!(entry.action, Ok(Action::ConditionalDelete { .. }));
    let matched = |resource_type: ResourceType, criteria: &str| {
        let condition = conditions.get(&(resource_type, criteria.to_owned()));
        let condition = condition.ok_or_else(|| Problem::new(500, Fault::Internal))?;
        let found = condition.only_besides(|id| !is_delete && gone.contains(&(resource_type, id.clone())));
        found.map(|found| found.cloned())
    };
    let fresh = || match identities {
        Identities::New => new_id().map(Identity::New),
        Identities::Stable => {
            crate::import::stable_id(entry.full_url.as_deref(), entry.text(body)?).map(Identity::Stable)
        }
    };
    let identity = match entry.action.as_ref().map_err(Clone::clone)? {
        Action::Create { resource_type, criteria } => {
            let found = match criteria {
                Some(criteria) => matched(*resource_type, criteria)?,
                None => None,
            };
            (*resource_type, found.map_or_else(fresh, |id| Ok(Identity::Existing(id)))?)
        }
        Action::Update { resource_type, id, .. }
        | Action::Patch { resource_type, id, .. }
        | Action::Delete { resource_type, id, .. } => (*resource_type, Identity::Existing(id.clone())),
        Action::ConditionalPatch { resource_type, criteria, .. } => {
            let found = matched(*resource_type, criteria)?.ok_or_else(Problem::not_found)?;
            (*resource_type, Identity::Existing(found))
        }
        Action::ConditionalUpdate { resource_type, criteria, .. } => {
            let own_id = || {
                let resource = node(entry, body)?;
                let id = resource.as_ref().and_then(|resource| resource.text("id"));
                Ok::<_, Problem>(id.and_then(|id| LogicalId::try_from(id).ok()))
            };
            match matched(*resource_type, criteria)? {
                Some(found) => (*resource_type, Identity::Existing(found)),
                None => match own_id()? {
                    Some(id) => (*resource_type, Identity::Own(id)),
                    None => (*resource_type, fresh()?),
                },
            }
        }
        Action::ConditionalDelete { resource_type, criteria } => match matched(*resource_type, criteria)? {
            Some(found) => (*resource_type, Identity::Existing(found)),
            None => return Ok(None),
        },
        Action::Get { .. } => return Ok(None),
    };
    Ok(Some(identity))
}
