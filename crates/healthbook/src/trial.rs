//! What tokens of invented people are for: those that the program hands out itself.

use access::{OfficerRole, Purpose, StaffRole};
use auth::{Facility, Grant, Subject};
use fhir::LogicalId;

/// A citizen, with the whole reach of one.
pub fn of_citizen(patient: LogicalId) -> Grant {
    Grant {
        account: patient.to_string(),
        client: "healthbook".to_owned(),
        session: session(),
        subject: Subject::Citizen { patient },
        purpose: Purpose::PatientRequest,
        scope: "openid fhirUser user/*.cruds".to_owned(),
        patient: None,
        practitioner: None,
        assisted_by: None,
        key: None,
    }
}

/// The system of a facility, or somebody who works there.
pub fn of_client(client: &str, facility: Facility, role: StaffRole) -> Grant {
    let scope = if role == StaffRole::System { "system/*.cruds" } else { "user/*.cruds" };
    Grant {
        account: client.to_owned(),
        client: client.to_owned(),
        session: session(),
        subject: Subject::Facility { code: facility.code, organization: facility.organization, role },
        purpose: Purpose::Treatment,
        scope: scope.to_owned(),
        patient: None,
        practitioner: None,
        assisted_by: None,
        key: None,
    }
}

/// Somebody with a public office.
pub fn of_officer(role: OfficerRole) -> Grant {
    Grant {
        account: format!("officer-{}", role.code()),
        client: "healthbook".to_owned(),
        session: session(),
        subject: Subject::Officer { role },
        purpose: Purpose::Operations,
        scope: "user/*.cruds".to_owned(),
        patient: None,
        practitioner: None,
        assisted_by: None,
        key: None,
    }
}

fn session() -> String {
    uuid::Uuid::new_v4().to_string()
}
