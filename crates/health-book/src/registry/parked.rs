//! Deliveries that could not be read, and events that failed: the work list of the operator.

use fhir::Instant;
use interactions::Problem;
use population_registry::{Delivery, Event, Malformed};
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};

use super::apply::apply;
use super::effects::follow_one;
use super::told::Told;
use crate::HealthBook;
use crate::refusal::internal;
use crate::secret::hashed;

/// What is told of something parked. Nothing of it names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// By which it is retried.
    pub id: String,
    /// Id of the event, where it could be read.
    pub event: Option<String>,
    /// Keyed hash of the person, where it could be read.
    pub person: Option<String>,
    /// Why: what is wrong with the delivery, or the code of a fault.
    pub reason: String,
    /// When it came, as text.
    pub received: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    event: Option<String>,
    person: Option<String>,
    reason: String,
    received: String,
    text: String,
}

fn record(store: &Store, kept: &Kept) -> Result<SecurityRecord, Problem> {
    let mut id = hashed(store, "registry-event", &kept.text);
    id.truncate(16);
    let value = serde_json::to_string(kept).map_err(|_| internal())?;
    Ok(SecurityRecord::new(SecurityKind::RegistryParked, id, value))
}

fn person_hash(store: &Store, person: &str) -> String {
    hashed(store, "registry-person", person)
}

/// Something that cannot be read, to be kept.
pub(super) fn of_malformed(
    store: &Store,
    malformed: &Malformed,
    now: Instant,
) -> Result<SecurityRecord, Problem> {
    record(
        store,
        &Kept {
            event: malformed.id.clone(),
            person: malformed.person.as_deref().map(|person| person_hash(store, person)),
            reason: malformed.fault.to_string(),
            received: now.to_string(),
            text: malformed.text.clone(),
        },
    )
}

/// An event that failed, to be kept.
pub(super) fn of_event(
    store: &Store,
    event: &Event,
    problem: &Problem,
    now: Instant,
) -> Result<SecurityRecord, Problem> {
    let codes: Vec<&str> = problem.issues.iter().map(|issue| issue.fault.code()).collect();
    record(
        store,
        &Kept {
            event: Some(event.id.clone()),
            person: Some(person_hash(store, &event.person)),
            reason: codes.join(", "),
            received: now.to_string(),
            text: serde_json::to_string(event).map_err(|_| internal())?,
        },
    )
}

fn read(record: &SecurityRecord) -> Result<Kept, Problem> {
    serde_json::from_str(&record.value).map_err(|_| internal())
}

/// All that is parked.
pub async fn list(store: &Store, now: Instant) -> Result<Vec<Parked>, Problem> {
    let records = store.security_records(SecurityKind::RegistryParked, None, now).await?;
    let mut all = Vec::with_capacity(records.len());
    for record in records {
        let Kept { event, person, reason, received, text: _ } = read(&record)?;
        all.push(Parked { id: record.id, event, person, reason, received });
    }
    all.sort_by(|one, other| one.received.cmp(&other.received));
    Ok(all)
}

/// Tries something again. `false`: it still cannot be read. It stays when it fails.
pub async fn retry(book: &HealthBook, id: &str, now: Instant) -> Result<bool, Problem> {
    let store = book.service().store();
    let record = store.security_record(SecurityKind::RegistryParked, id, now).await?;
    let record = record.ok_or_else(Problem::not_found)?;
    let kept = read(&record)?;
    let Ok(item) = serde_json::from_str(&kept.text) else { return Ok(false) };
    let Delivery::Event(event) = Delivery::read(item) else { return Ok(false) };
    let told = Told::by(&event, now);
    let applied = apply(book.service(), &told).await?;
    follow_one(book, &told, &applied, true, now).await?;
    let done = SecurityChange::Remove(SecurityKind::RegistryParked, record.id);
    store.change_security(done, Vec::new(), now).await?;
    Ok(true)
}
