//! Who may ask who is due: staff of the facility itself, for treatment.

use access::{Access, Caller, Denied, Interaction, Purpose, StaffRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{DuePage, DuePerson, DueRequest, Problem, Service, due_showing};
use record_store::Showing;

use crate::who::{self, Staff};

/// Who works at a station, in the order in which one role counts for somebody who has several.
pub const ROLES: [StaffRole; 4] =
    [StaffRole::StationHead, StaffRole::Physician, StaffRole::Nurse, StaffRole::Registrar];

/// Staff of a station, and what they see by the gate.
pub(super) fn of_station<'c>(service: &Service, caller: &'c Caller) -> Result<(Staff<'c>, Access), Problem> {
    let staff = who::staff(caller, &ROLES)?;
    if staff.identity.purpose != Purpose::Treatment {
        return Err(Denied::Forbidden.into());
    }
    let access = service.decide(caller, Interaction::ReadOperation, Some(ResourceType::PATIENT))?;
    Ok((staff, access))
}

/// Somebody of the list of a facility, whoever is on its page: 404 for everybody else.
pub(super) async fn listed(
    service: &Service,
    access: &Access,
    facility: &LogicalId,
    patient: &LogicalId,
    now: Instant,
) -> Result<DuePerson, Problem> {
    let person = interactions::check_up_due_of_person(service, access, facility, patient, now).await?;
    person.ok_or_else(Problem::not_found)
}

/// `Organization/[id]/$check-up-due`: a page as a Bundle. Of another facility 403, whether there is one or not.
pub async fn due(
    service: &Service,
    caller: &Caller,
    facility: &LogicalId,
    pairs: &[(String, String)],
    now: Instant,
) -> Result<String, Problem> {
    let (staff, access) = of_station(service, caller)?;
    if staff.organization != facility {
        return Err(Denied::Forbidden.into());
    }
    interactions::check_up_due(service, &access, facility, pairs, now).await
}

/// The page of the own facility as data. Who shows it does so by what comes with it.
pub async fn due_page(
    service: &Service,
    caller: &Caller,
    request: &DueRequest,
    now: Instant,
) -> Result<(DuePage, Showing), Problem> {
    let (staff, access) = of_station(service, caller)?;
    let page = interactions::check_up_due_of(service, &access, staff.organization, request, now).await?;
    let showing = due_showing(&access, staff.organization, &request.pairs())?;
    Ok((page, showing))
}
