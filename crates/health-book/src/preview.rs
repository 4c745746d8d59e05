//! What a facility would see of the own book.
//!
//! | act | who |
//! |---|---|
//! | preview | citizen, own book only |

use std::collections::BTreeMap;

use access::{Access, Actor, Caller, Identity, Interaction, Purpose, Reach, StaffRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{Problem, Service};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::gate;
use crate::ledger::facility;
use crate::refusal::{Rule, wrong};

/// Resources that are counted.
const MOST: usize = 20_000;
const PAGE: u32 = 500;

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
    let actor = Actor::Facility { code: request.facility, organization, role };
    let theirs = as_seen_by(service, actor, purpose, &open.patient);
    let (own, complete) = counts(service, &reading, &open.patient).await?;
    let (seen, version, reach) = match theirs {
        // Nothing at all is open to that role.
        None => (BTreeMap::new(), reading.policy_version().to_owned(), Reach::Lines([].into())),
        Some(theirs) => {
            let (seen, _) = counts(service, &theirs, &open.patient).await?;
            (seen, theirs.policy_version().to_owned(), theirs.visible().clone())
        }
    };
    let shown: Vec<Value> = seen
        .iter()
        .map(|(name, count)| json!({"type": name, "count": count, "rules": rules(&reach, name)}))
        .collect();
    let hidden: Vec<Value> = own
        .iter()
        .filter_map(|(name, all)| {
            let left = all.saturating_sub(seen.get(name).copied().unwrap_or(0));
            (left > 0).then(|| json!({"type": name, "count": left}))
        })
        .collect();
    Ok(json!({"seen": shown, "hidden": hidden, "policy": version, "complete": complete}))
}

/// The decision that the facility would get.
///
/// SEAM: `Policy::preview` restricts it to the one book besides. Here only that book is read by it.
fn as_seen_by(service: &Service, actor: Actor, purpose: Purpose, _book: &LogicalId) -> Option<Access> {
    let identity = Identity { purpose, ..Identity::new("preview", actor) };
    let caller = Caller::Authenticated(identity.into());
    service.decide(&caller, Interaction::Search, None).ok()
}

/// Resources of a book by type, and whether all were counted.
pub(crate) async fn counts(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
) -> Result<(BTreeMap<&'static str, usize>, bool), Problem> {
    let mut counts = BTreeMap::new();
    let (mut after, mut all) = (None, 0_usize);
    loop {
        let page = service.store().book(access, patient, &[], None, after, PAGE).await?;
        for record in &page.records {
            *counts.entry(record.resource_type.as_str()).or_insert(0_usize) += 1;
        }
        all = all.saturating_add(page.records.len());
        match page.next {
            None => return Ok((counts, true)),
            Some(_) if all >= MOST => return Ok((counts, false)),
            Some(next) => after = Some(next),
        }
    }
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
