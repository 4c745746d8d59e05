//! The location shield: label `R` on a `Patient`, by two officers.
//!
//! | act | who |
//! |---|---|
//! | ask, list | administrator |
//! | confirm | administrator, another account |

use access::{Caller, OfficerRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::HealthBook;
use crate::ledger::{citizen, new_id, patch, read, with_label, without_labels};
use crate::moment::plus;
use crate::noted::{concerns, done, told, told_of_nobody};
use crate::refusal::{Rule, internal, missing, wrong};
use crate::settings::PEOPLE;
use crate::vocabulary::CONFIDENTIALITY;
use crate::{input, throttle, who};

const MAY: [OfficerRole; 1] = [OfficerRole::Administrator];
/// Whose approvals these are.
const OWNER: &str = "location-shield";
/// As the log of accesses calls these acts.
const PLACE: &str = "access/shields";
/// Restricted.
const RESTRICTED: &str = "R";

/// `POST /access/shields`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShieldRequest {
    /// The `Patient`, by id.
    pub patient: Option<String>,
    /// Or the citizen number.
    pub citizen_number: Option<String>,
    /// `set` or `lift`.
    pub act: Act,
    /// Why.
    pub reason: String,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Hide places.
    Set,
    /// Show them again.
    Lift,
}

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    patient: String,
    act: Act,
    by: String,
    reason: String,
}

/// The first officer asks.
pub async fn ask(
    book: &HealthBook,
    caller: &Caller,
    request: ShieldRequest,
    now: Instant,
) -> Result<Value, Problem> {
    if let Some(Ok(id)) = request.patient.as_deref().map(LogicalId::try_from) {
        concerns(ResourceType::PATIENT, &id);
    }
    let officer = who::officer(caller, &MAY)?;
    let service = book.service();
    let reason = input::words("reason", &request.reason, 10, 500)?;
    throttle::enter(service.store(), PEOPLE, &officer.subject, now).await?;
    let person = match (&request.patient, &request.citizen_number) {
        (Some(id), None) => {
            let id = LogicalId::try_from(id.as_str()).map_err(|_| Problem::not_found())?;
            read(service, "Patient", &id).await?
        }
        (None, Some(number)) => citizen(service, number).await?,
        (Some(_), Some(_)) => return Err(wrong("citizen_number")),
        (None, None) => return Err(missing("patient")),
    };
    let patient = person.ok_or(Problem::not_found())?.id()?;
    throttle::forgive(service.store(), PEOPLE, &officer.subject, now).await?;
    let (id, expires) = (new_id()?, plus(now, book.settings().approval));
    let asked = Asked { patient: patient.to_string(), act: request.act, by: officer.subject.clone(), reason };
    let value = serde_json::to_string(&asked).map_err(|_| internal())?;
    let record = SecurityRecord::new(SecurityKind::Approval, id.as_str(), value).of(OWNER).until(expires);
    if !service.store().change_security(SecurityChange::Insert(record), Vec::new(), now).await? {
        return Err(internal());
    }
    told(&patient, PLACE);
    Ok(json!({"id": id.as_str(), "expires": expires.to_string()}))
}

/// The second one confirms.
pub async fn confirm(book: &HealthBook, caller: &Caller, id: &str, now: Instant) -> Result<Value, Problem> {
    let officer = who::officer(caller, &MAY)?;
    let (service, store) = (book.service(), book.service().store());
    let record = store.security_record(SecurityKind::Approval, id, now).await?;
    let record = record.filter(|record| record.owner == OWNER).ok_or_else(Problem::not_found)?;
    let asked: Asked = serde_json::from_str(&record.value).map_err(|_| internal())?;
    let patient = LogicalId::try_from(asked.patient.as_str()).map_err(|_| internal())?;
    concerns(ResourceType::PATIENT, &patient);
    if asked.by == officer.subject {
        return Err(Rule::SecondOfficer.into());
    }
    // Whoever is one with the person is the person.
    let mut is_changed = false;
    for person in store.one_person(&patient).await? {
        let found = read(service, "Patient", &person).await?.ok_or_else(Problem::not_found)?;
        let operation = match asked.act {
            Act::Set => with_label(&found.resource, CONFIDENTIALITY, RESTRICTED),
            // Whichever code of the policy has set it.
            Act::Lift => without_labels(&found.resource, |system, code| {
                let policy = service.policy();
                let table = policy.document().labels();
                table.of_security(system, code, true) == table.shield()
            }),
        };
        if let Some(operation) = operation {
            patch(service, "Patient", &found, &[operation]).await?;
            is_changed = true;
        }
    }
    if !is_changed {
        done(&patient, PLACE);
    }
    // After the change, which may be made twice: a failure between leaves the approval to be confirmed again.
    store
        .change_security(SecurityChange::Remove(SecurityKind::Approval, id.to_owned()), Vec::new(), now)
        .await?;
    tracing::info!(act = ?asked.act, "a location shield was confirmed");
    Ok(json!({"id": id, "act": asked.act}))
}

/// What waits for a second officer.
pub async fn list(book: &HealthBook, caller: &Caller, now: Instant) -> Result<Value, Problem> {
    who::officer(caller, &MAY)?;
    let records = book.service().store().security_records(SecurityKind::Approval, Some(OWNER), now).await?;
    if records.is_empty() {
        told_of_nobody(PLACE);
    }
    let mut shown = Vec::new();
    for record in records.iter().take(500) {
        let asked: Asked = serde_json::from_str(&record.value).map_err(|_| internal())?;
        told(&LogicalId::try_from(asked.patient.as_str()).map_err(|_| internal())?, PLACE);
        shown.push(json!({
            "id": record.id,
            "patient": asked.patient,
            "act": asked.act,
            "asked_by": asked.by,
            "reason": asked.reason,
            "expires": record.expires.map(|expires| expires.to_string()),
        }));
    }
    Ok(json!({"items": shown}))
}
