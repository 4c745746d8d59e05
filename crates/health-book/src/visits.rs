//! The private visit of an adolescent.
//!
//! | act | who |
//! |---|---|
//! | make private | physician, nurse, station-head, where the gate lets them update the `Encounter` |

use access::{Caller, Interaction, StaffRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::Problem;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::ages::majority;
use crate::ledger::{patch_as, read_as, referred, text, with_label};
use crate::moment::{birth_date, is_of_age};
use crate::noted::{concerns, done};
use crate::refusal::Rule;
use crate::vocabulary::{LABEL, kind};
use crate::who;

const MAY: [StaffRole; 3] = [StaffRole::Physician, StaffRole::Nurse, StaffRole::StationHead];
/// The label.
const ADOLESCENT: &str = "ADOLESCENT";
/// How the log of accesses names it.
const PLACE: &str = "access/visits";

/// Makes a visit private.
pub async fn make_private(
    book: &HealthBook,
    caller: &Caller,
    encounter: &str,
    now: Instant,
) -> Result<Value, Problem> {
    let id = LogicalId::try_from(encounter).map_err(|_| Problem::not_found());
    if let Ok(id) = &id {
        concerns(kind("Encounter")?, id);
    }
    who::staff(caller, &MAY)?;
    let service = book.service();
    let access = service.decide(caller, Interaction::Update, Some(kind("Encounter")?))?;
    let id = id?;
    let found = read_as(service, &access, kind("Encounter")?, &id).await?.ok_or_else(Problem::not_found)?;
    let patient = referred(&found.resource, "/subject/reference", "Patient").ok_or(Rule::NotPossible)?;
    let person = read_as(service, &access, ResourceType::PATIENT, &patient).await?;
    let person = person.ok_or_else(Problem::not_found)?;
    let birth = birth_date(text(&person.resource, "/birthDate")).ok_or(Rule::NotPossible)?;
    if is_of_age(birth, majority(service.policy().document()), now) {
        return Err(Rule::NotPossible.into());
    }
    let version = match with_label(&found.resource, LABEL, ADOLESCENT) {
        // Under the caller's own access: the gate says whether this facility may change this visit.
        Some(operation) => patch_as(service, &access, "Encounter", &found, &[operation]).await?.version,
        // It is private already, and who asks is told so.
        None => {
            done(&patient, PLACE);
            found.version
        }
    };
    Ok(json!({"encounter": id.as_str(), "version": version.get()}))
}
