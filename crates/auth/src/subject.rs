//! Whom a token names.

use access::{Actor, Caller, Identity, StaffRole};
use fhir::LogicalId;

/// Whom a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A citizen. The citizen number stays out of the token: tokens travel and are logged by others.
    Citizen {
        /// The citizen's `Patient`.
        patient: LogicalId,
    },
    /// The system of a facility.
    ClientSystem {
        /// Id of the client.
        client: String,
        /// Code of the facility it is bound to.
        facility: Option<String>,
        /// In which role its user works, for example `physician`. The token carries it; no rule of the gate
        /// reads it yet.
        role: Option<String>,
    },
}

impl Subject {
    /// The subject as the gate sees it.
    pub fn into_caller(self) -> Caller {
        match self {
            Self::Citizen { patient } => {
                let subject = patient.to_string();
                Caller::Authenticated(Identity::new(subject, Actor::Citizen { patient }).into())
            }
            Self::ClientSystem { client, facility, role: _ } => {
                let code = facility.unwrap_or_default();
                let Ok(organization) = LogicalId::try_from(code.as_str()) else { return Caller::Anonymous };
                let actor = Actor::Facility { code, organization, role: StaffRole::System };
                Caller::Authenticated(Identity::new(client, actor).into())
            }
        }
    }
}
