//! `Patient/$match`: who of the store a description means (`docs/matching.md`, section 9).
//! <https://hl7.org/fhir/R4/patient-operation-match.html>

mod answer;
mod candidates;
mod request;

use access::{Access, Actor, Caller, StaffRole};
use audit_log::Action;
use person_matching::Grade;
use record_store::Showing;

pub use self::candidates::{GradedPerson, graded_people};
pub use self::request::MatchRequest;
use crate::{Problem, Service};

/// The `Bundle` of the people that a description may mean, best first. `access` is that of whoever asks, by which the log
/// tells who was shown.
pub async fn match_people(
    service: &Service,
    caller: &Caller,
    access: &Access,
    request: &MatchRequest,
) -> Result<String, Problem> {
    let mut found = graded_people(service, &request.query).await?;
    found.retain(|one| one.grade > Grade::CertainlyNot);
    // A system has nobody who could look at several people and choose.
    if request.only_certain || is_system(caller) {
        found.retain(|one| one.grade == Grade::Certain);
        if found.len() > 1 {
            found.clear();
        }
    }
    let total = found.len();
    found.truncate(request.count);
    // Who may ask is shown whoever fits, with a right to the book or without.
    let showing = Showing::begin_by(access, Action::Operation, "Patient/$match", "match")?;
    for one in &found {
        one.record.confirm(&showing);
    }
    answer::bundle(service, total, &found)
}

/// Whether a system asks by itself, with no person behind it.
fn is_system(caller: &Caller) -> bool {
    match caller {
        Caller::Authenticated(identity) => {
            matches!(identity.actor, Actor::Facility { role: StaffRole::System, .. })
        }
        Caller::Anonymous | Caller::Unrestricted | Caller::Background { .. } => false,
    }
}
