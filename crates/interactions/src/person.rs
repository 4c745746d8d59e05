//! From a number that the state gave to the resource that holds it: for signing in and for commands of the operator.

use access::{Caller, Interaction};
use fhir::{Fault, LogicalId, ResourceType, VersionId};
use record_store::Record;

use crate::condition::{self, Condition, ask};
use crate::registry::REGISTRY;
use crate::write::{conditional_update, create_first};
use crate::{Problem, Service, Stored};

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
pub fn is_citizen_number(system: &str) -> bool {
    let [number, other, ..] = KNOWN_BY;
    system == number || system == other
}

/// The system of the numbers of old identity cards.
pub const OLD_IDENTITY_CARD: &str = "http://fhir.hl7.org.vn/core/sid/cmnd";

/// The active people of any of these numbers; two are enough to know that there are several.
pub async fn citizens_of_numbers(service: &Service, numbers: &[&str]) -> Result<Vec<LogicalId>, Problem> {
    let access = service.decide(&REGISTRY, Interaction::Search, Some(ResourceType::PATIENT))?;
    Ok(ask(service, &access, ResourceType::PATIENT, &of_numbers(numbers)).await?.expectation.found)
}

/// The same of many who have several numbers each, with their `Patient`s, in one read. At most two of each number are told.
pub async fn holders_of_numbers(
    service: &Service,
    people: &[Vec<&str>],
) -> Result<Vec<Vec<Record>>, Problem> {
    let access = service.decide(&REGISTRY, Interaction::Search, Some(ResourceType::PATIENT))?;
    let mut plans = Vec::with_capacity(people.len());
    for numbers in people {
        plans
            .push(condition::read(service, &access, ResourceType::PATIENT, &of_numbers(numbers)).await?.plan);
    }
    let found = service.store().holders(&access, &plans.iter().collect::<Vec<_>>()).await?;
    // A plan of numbers is always one of identifiers.
    found.into_iter().map(|records| records.ok_or_else(|| Problem::new(500, Fault::Internal))).collect()
}

/// Makes the `Patient` of a citizen of whom nobody seems to have one of the numbers, as the server. `None` when somebody has
/// one: nothing is written.
pub async fn create_citizen(
    service: &Service,
    numbers: &[&str],
    patient: &[u8],
) -> Result<Option<Stored>, Problem> {
    let access = service.decide(&REGISTRY, Interaction::Update, None)?;
    create_first(service, &access, ResourceType::PATIENT, patient, &of_numbers(numbers)).await
}

/// Writes the `Patient` of a citizen over the version that was read, as the server. Refused when somebody else has one of
/// the numbers: nobody gets a number that is given.
pub async fn update_citizen(
    service: &Service,
    numbers: &[&str],
    patient: &[u8],
    version: VersionId,
) -> Result<Stored, Problem> {
    let access = service.decide(&REGISTRY, Interaction::Update, None)?;
    let criteria = of_numbers(numbers);
    let written =
        conditional_update(service, &access, ResourceType::PATIENT, patient, &criteria, Some(version)).await;
    written.map_err(|problem| {
        let is_other = problem.issues.iter().any(|issue| issue.fault == Fault::WrongId);
        if is_other { Problem::new(409, Fault::PersonKnown) } else { problem }
    })
}

fn of_numbers(numbers: &[&str]) -> String {
    let values: Vec<String> = numbers.iter().map(|number| format!("{CITIZEN_NUMBER}|{number}")).collect();
    format!("identifier={}", values.join(","))
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
