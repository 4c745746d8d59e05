//! From what an account is now to whom a token is for.

use access::{OfficerRole, Purpose, StaffRole};

use super::OAuthError;
use crate::Subject;
use crate::account::AccountKind;

/// Whom a token of an account is for; staff in one of the roles that the account has now.
pub(super) fn subject(kind: &AccountKind, role: Option<StaffRole>) -> Option<Subject> {
    match kind {
        AccountKind::Citizen { patient } => Some(Subject::Citizen { patient: patient.clone() }),
        AccountKind::Staff { code, organization, roles, .. } => {
            let role = role.filter(|role| roles.contains(role))?;
            Some(Subject::Facility { code: code.clone(), organization: organization.clone(), role })
        }
        AccountKind::Officer { role } => Some(Subject::Officer { role: *role }),
    }
}

/// The purpose of a request, as far as who asks may name one.
pub(super) fn purpose(named: Option<&str>, kind: &AccountKind) -> Result<Purpose, OAuthError> {
    let usual = match kind {
        AccountKind::Citizen { .. } => Purpose::PatientRequest,
        AccountKind::Staff { .. } => Purpose::Treatment,
        AccountKind::Officer { .. } => Purpose::Operations,
    };
    let Some(code) = named else { return Ok(usual) };
    let unknown = OAuthError::invalid_request("purpose: not one that this account may ask for");
    let purpose = Purpose::from_code(code).ok_or(unknown)?;
    let may = match kind {
        AccountKind::Citizen { .. } => purpose == Purpose::PatientRequest,
        AccountKind::Staff { .. } => purpose != Purpose::PatientRequest,
        // Nobody with an office has a patient to treat or to save.
        AccountKind::Officer { role: OfficerRole::Ministry | OfficerRole::Auditor } => {
            matches!(purpose, Purpose::Operations | Purpose::PublicHealth)
        }
        AccountKind::Officer { .. } => purpose == Purpose::Operations,
    };
    if may { Ok(purpose) } else { Err(unknown) }
}

/// `fhirUser`: the resource that stands for the person.
pub(super) fn fhir_user(kind: &AccountKind, base: &str) -> Option<String> {
    match kind {
        AccountKind::Citizen { patient } => Some(format!("{base}/Patient/{patient}")),
        AccountKind::Staff { practitioner, .. } => {
            practitioner.as_ref().map(|practitioner| format!("{base}/Practitioner/{practitioner}"))
        }
        AccountKind::Officer { .. } => None,
    }
}
