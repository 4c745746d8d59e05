//! The rules in force.

use std::sync::Arc;

use fhir::{Instant, ResourceType};

use crate::{Access, Actor, Author, Authority, Caller, Interaction, Labels, Line, Reach, TypeSet};

/// Why the gate stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("authentication is required")]
    Unauthenticated,
    /// The caller is known and may not.
    #[error("the caller may not do this")]
    Forbidden,
    /// The caller might, but not through this client: a scope is missing.
    #[error("the scopes of the token do not cover this")]
    InsufficientScope,
}

/// The rules in force. Deny by default.
#[derive(Debug, Clone, Default)]
pub struct Policy;

impl Policy {
    /// Decides one interaction of one caller at a moment. `about` is the type of the resource, where the request
    /// names one.
    pub fn decide(
        &self,
        caller: &Caller,
        interaction: Interaction,
        about: Option<ResourceType>,
        at: Instant,
    ) -> Result<Access, Denied> {
        let _ = about;
        let everything = |facility: Option<String>, author: Author| Access {
            subject: caller.subject().map(Arc::from),
            visible: Reach::Everything,
            writable: interaction.writes().then_some(Reach::Everything),
            own: None,
            grantee: None,
            author,
            within: None,
            filters: Arc::from([]),
            purpose: None,
            facility,
            sees_shielded: true,
            at,
            policy_version: Arc::from("0"),
        };
        match caller {
            Caller::Anonymous => Err(Denied::Unauthenticated),
            Caller::Unrestricted | Caller::Background { .. } => Ok(everything(None, Author::Server)),
            Caller::Authenticated(identity) => match &identity.actor {
                Actor::Facility { code, organization, .. } => {
                    Ok(everything(Some(code.clone()), Author::Facility(organization.clone())))
                }
                Actor::Citizen { .. } if interaction.writes() => Err(Denied::Forbidden),
                Actor::Citizen { patient } => {
                    let line = |authority| Line {
                        rule: Arc::from("citizen"),
                        authority,
                        types: TypeSet::ALL,
                        labels: Labels::ALL,
                        own_labels: Labels::NONE,
                    };
                    Ok(Access {
                        visible: Reach::Lines(Arc::from([line(Authority::Own), line(Authority::Shared)])),
                        own: Some(patient.clone()),
                        ..everything(None, Author::Citizen(patient.clone()))
                    })
                }
                Actor::Officer { .. } => Err(Denied::Forbidden),
            },
        }
    }
}
