//! From a number that the state gave to the resource that holds it: for signing in and for commands of the operator.

use access::{Caller, Interaction};
use fhir::{LogicalId, ResourceType};

use crate::condition::ask;
use crate::{Problem, Service};

/// The system of citizen numbers.
const CITIZEN_NUMBER: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
/// The system of facility codes.
const FACILITY_CODE: &str = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";

/// The systems by which the server knows people and facilities, under both names that they have.
pub(crate) const KNOWN_BY: [&str; 4] = [
    CITIZEN_NUMBER,
    "http://fhir.ehealth.gov.vn/core/sid/national_id",
    FACILITY_CODE,
    "http://fhir.ehealth.gov.vn/core/sid/provider-code",
];

/// The active `Patient` of a citizen number; 412 when there are several.
pub async fn patient_of_citizen(service: &Service, number: &str) -> Result<Option<LogicalId>, Problem> {
    only(service, ResourceType::PATIENT, CITIZEN_NUMBER, number).await
}

/// The `Organization` of a facility code; 412 when there are several.
pub async fn organization_of_facility(service: &Service, code: &str) -> Result<Option<LogicalId>, Problem> {
    only(service, ResourceType::ORGANIZATION, FACILITY_CODE, code).await
}

async fn only(
    service: &Service,
    resource_type: ResourceType,
    system: &str,
    value: &str,
) -> Result<Option<LogicalId>, Problem> {
    // What else could be in the text would be read as further criteria.
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(None);
    }
    let caller = Caller::Background { job: "accounts" };
    let access = service.decide(&caller, Interaction::Search, Some(resource_type))?;
    let criteria = format!("identifier={system}|{value}");
    Ok(ask(service, &access, resource_type, &criteria).await?.only()?.cloned())
}
