//! The content of a token.

use fhir::LogicalId;
use serde::{Deserialize, Serialize};

use crate::{Subject, TokenError};

/// The content of a token (RFC 7519, 4.1), times in seconds since 1970. Every claim without `Option` is
/// required.
#[derive(Serialize, Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: String,
    pub kind: SubjectKind,
    /// Citizens: the id of the `Patient`, named as SMART App Launch names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Client systems: the code of the facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// Client systems: the role of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// What the subject is.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SubjectKind {
    Citizen,
    ClientSystem,
}

impl Claims {
    /// Takes over whom the token is to name.
    pub fn name_subject(mut self, subject: &Subject) -> Self {
        match subject {
            Subject::Citizen { patient } => {
                self.kind = SubjectKind::Citizen;
                self.sub = patient.to_string();
                self.patient = Some(patient.to_string());
            }
            Subject::ClientSystem { client, facility, role } => {
                self.kind = SubjectKind::ClientSystem;
                self.sub.clone_from(client);
                self.facility.clone_from(facility);
                self.role.clone_from(role);
            }
        }
        self
    }

    /// Whom the token names. A token that says both or neither is refused, so that no claim of one kind can
    /// slip into the other.
    pub fn subject(self) -> Result<Subject, TokenError> {
        match (self.kind, self.patient) {
            (SubjectKind::Citizen, Some(patient)) if self.facility.is_none() && self.role.is_none() => {
                let patient = LogicalId::try_from(patient.as_str()).map_err(|_| TokenError::Malformed)?;
                if patient.as_str() == self.sub {
                    Ok(Subject::Citizen { patient })
                } else {
                    Err(TokenError::Malformed)
                }
            }
            (SubjectKind::ClientSystem, None) if !self.sub.is_empty() => {
                Ok(Subject::ClientSystem { client: self.sub, facility: self.facility, role: self.role })
            }
            _ => Err(TokenError::Malformed),
        }
    }
}
