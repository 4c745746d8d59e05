//! What an account is for: a citizen, staff of a facility, or an officer.

use access::{OfficerRole, StaffRole};
use fhir::LogicalId;
use serde::{Deserialize, Serialize};

use super::AuthError;

/// What an account is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountKind {
    /// A citizen.
    Citizen {
        /// The citizen's own `Patient`.
        patient: LogicalId,
    },
    /// Staff of a facility.
    Staff {
        /// The `Practitioner`, when there is one.
        practitioner: Option<LogicalId>,
        /// Code of the facility.
        code: String,
        /// Its `Organization`.
        organization: LogicalId,
        /// In which roles.
        roles: Vec<StaffRole>,
    },
    /// Somebody with a public office.
    Officer {
        /// Which.
        role: OfficerRole,
    },
}

impl AccountKind {
    /// The `Practitioner` of staff, where there is one.
    pub fn practitioner(&self) -> Option<&LogicalId> {
        match self {
            Self::Staff { practitioner, .. } => practitioner.as_ref(),
            Self::Citizen { .. } | Self::Officer { .. } => None,
        }
    }

    /// Whether a password alone may never be enough.
    pub fn demands_second_factor(&self) -> bool {
        !matches!(self, Self::Citizen { .. })
    }
}

/// The form in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredKind {
    Citizen { patient: String },
    Staff { practitioner: Option<String>, code: String, organization: String, roles: Vec<String> },
    Officer { role: String },
}

impl From<&AccountKind> for StoredKind {
    fn from(kind: &AccountKind) -> Self {
        match kind {
            AccountKind::Citizen { patient } => Self::Citizen { patient: patient.to_string() },
            AccountKind::Staff { practitioner, code, organization, roles } => Self::Staff {
                practitioner: practitioner.as_ref().map(ToString::to_string),
                code: code.clone(),
                organization: organization.to_string(),
                roles: roles.iter().map(|role| role.code().to_owned()).collect(),
            },
            AccountKind::Officer { role } => Self::Officer { role: role.code().to_owned() },
        }
    }
}

impl TryFrom<StoredKind> for AccountKind {
    type Error = AuthError;

    fn try_from(stored: StoredKind) -> Result<Self, AuthError> {
        let id = |text: &str| LogicalId::try_from(text).map_err(|_| AuthError::Corrupt);
        match stored {
            StoredKind::Citizen { patient } => Ok(Self::Citizen { patient: id(&patient)? }),
            StoredKind::Staff { practitioner, code, organization, roles } => Ok(Self::Staff {
                practitioner: practitioner.as_deref().map(id).transpose()?,
                code,
                organization: id(&organization)?,
                roles: roles
                    .iter()
                    .map(|role| StaffRole::from_code(role).ok_or(AuthError::Corrupt))
                    .collect::<Result<_, _>>()?,
            }),
            StoredKind::Officer { role } => {
                Ok(Self::Officer { role: OfficerRole::from_code(&role).ok_or(AuthError::Corrupt)? })
            }
        }
    }
}
