//! What a facility would see of the own book.
//!
//! | act | who |
//! |---|---|
//! | preview | citizen, own book only |

use std::collections::BTreeMap;

use access::{Access, Caller, Interaction, Purpose, Reach, StaffRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{Problem, Service};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::gate;
use crate::ledger::facility;
use crate::noted::told;
use crate::refusal::{Rule, wrong};

/// `POST /access/preview`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The code of the facility.
    pub facility: String,
    /// In which role; `physician` when it is left out.
    pub role: Option<String>,
    /// For which purpose; `TREAT` when it is left out.
    pub purpose: Option<String>,
}

/// Counts what would be seen.
pub async fn preview(
    book: &HealthBook,
    caller: &Caller,
    request: PreviewRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let service = book.service();
    let open = gate::own_book(service, caller, now).await?;
    let role = StaffRole::from_code(request.role.as_deref().unwrap_or("physician"));
    let role = role.ok_or_else(|| wrong("role"))?;
    let purpose = Purpose::from_code(request.purpose.as_deref().unwrap_or("TREAT"));
    let purpose = purpose.ok_or_else(|| wrong("purpose"))?;
    let organization = facility(service, &request.facility).await?.ok_or(Rule::NoSuchFacility)?.id()?;
    let reading = service.decide(caller, Interaction::Read, Some(ResourceType::PATIENT))?;
    let theirs = service.policy().preview(&organization, role, purpose, &open.patient, now);
    let own = counts(service, &reading, &open.patient).await?;
    let seen = counts(service, &theirs, &open.patient).await?;
    let shown: Vec<Value> = seen
        .iter()
        .map(|(name, count)| json!({"type": name, "count": count, "rules": rules(theirs.visible(), name)}))
        .collect();
    let hidden: Vec<Value> = own
        .iter()
        .filter_map(|(name, all)| {
            let left = all.saturating_sub(seen.get(name).copied().unwrap_or(0));
            (left > 0).then(|| json!({"type": name, "count": left}))
        })
        .collect();
    told(&open.patient, "access/preview");
    Ok(json!({"seen": shown, "hidden": hidden, "policy": theirs.policy_version()}))
}

/// Resources of a book by type.
pub(crate) async fn counts(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
) -> Result<BTreeMap<&'static str, u64>, Problem> {
    let counts = service.store().book_counts(access, patient).await?;
    Ok(counts.into_iter().map(|(resource_type, count)| (resource_type.as_str(), count)).collect())
}

fn rules(reach: &Reach, name: &str) -> Vec<String> {
    let Reach::Lines(lines) = reach else { return vec!["everything".to_owned()] };
    let Ok(kind) = name.parse() else { return Vec::new() };
    let mut rules: Vec<String> =
        lines.iter().filter(|line| line.types.contains(kind)).map(|line| line.rule.to_string()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
