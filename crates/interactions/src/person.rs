//! From a number that the state gave to the resource that holds it: for signing in and for commands of the operator.

use access::{Caller, Interaction};
use fhir::{LogicalId, ResourceType};

use crate::condition::{Condition, ask};
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

/// Whether an identifier of this system is a citizen number, under either name.
pub(crate) fn is_citizen_number(system: &str) -> bool {
    let [number, other, ..] = KNOWN_BY;
    system == number || system == other
}

/// Who has a citizen number, as a condition that a write can rely on; `None` when nobody can have it.
pub(crate) async fn who_has(service: &Service, number: &str) -> Result<Option<Condition>, Problem> {
    found(service, ResourceType::PATIENT, CITIZEN_NUMBER, number).await
}

/// The active `Patient` of a citizen number; 412 when there are several.
pub async fn patient_of_citizen(service: &Service, number: &str) -> Result<Option<LogicalId>, Problem> {
    only(found(service, ResourceType::PATIENT, CITIZEN_NUMBER, number).await?)
}

/// The `Organization` of a facility code; 412 when there are several.
pub async fn organization_of_facility(service: &Service, code: &str) -> Result<Option<LogicalId>, Problem> {
    only(found(service, ResourceType::ORGANIZATION, FACILITY_CODE, code).await?)
}

fn only(found: Option<Condition>) -> Result<Option<LogicalId>, Problem> {
    Ok(found.as_ref().map(Condition::only).transpose()?.flatten().cloned())
}

async fn found(
    service: &Service,
    resource_type: ResourceType,
    system: &str,
    value: &str,
) -> Result<Option<Condition>, Problem> {
    // What else could be in the text would be read as further criteria.
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(None);
    }
    let caller = Caller::Background { job: "accounts" };
    let access = service.decide(&caller, Interaction::Search, Some(resource_type))?;
    let criteria = format!("identifier={system}|{value}");
    ask(service, &access, resource_type, &criteria).await.map(Some)
}
