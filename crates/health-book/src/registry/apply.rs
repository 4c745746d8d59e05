//! Applying a record: one write that relies on the version that was read, made only when it tells something newer.

use access::Interaction;
use fhir::{Fault, Instant, LogicalId, ResourceType};
use interactions::registry::REGISTRY;
use interactions::{Problem, Service, Stored};
use population_registry::{Freshness, Staleness, Status};
use record_store::Record;
use serde_json::Value;

use super::issue::{continue_newborn, newborn_of};
use super::patient::{Verified, patient_of, representative};
use super::told::Told;
use crate::ledger::{Found, found_of, items, read, text};
use crate::refusal::internal;

/// How often a record is judged again when others write the same `Patient`. In each round one of them succeeds.
const ROUNDS: usize = 64;

/// What came of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is written.
    Applied,
    /// The book has this version already.
    Duplicate,
    /// The book has a later one.
    Stale,
}

/// What came of it, for whom, and what the `Patient` told before.
pub(super) struct Applied {
    pub(super) outcome: Outcome,
    pub(super) patient: LogicalId,
    /// The `Patient` before, where there was one that was written over.
    pub(super) before: Option<Value>,
}

/// Who had the numbers of a record a moment ago. What is written relies on the version that was read, so it may be old.
pub(super) enum Holder {
    /// Not asked, or not one.
    Unknown,
    /// Nobody.
    Nobody,
    /// This `Patient`.
    Is(Record),
}

/// Whether it says nothing about the record: what was to be done is tried again.
pub(super) fn is_of_database(problem: &Problem) -> bool {
    matches!(problem.status, 503 | 504)
}

/// The holders of many records, in one read. When somebody of them cannot be looked up each is to be asked for alone, so that
/// nobody else is kept up.
pub(super) async fn holders(service: &Service, all: &[Told<'_>]) -> Result<Vec<Holder>, Problem> {
    let numbers: Vec<Vec<&str>> = all.iter().map(Told::numbers).collect();
    let found = match interactions::holders_of_numbers(service, &numbers).await {
        Err(problem) if !is_of_database(&problem) => {
            return Ok(all.iter().map(|_| Holder::Unknown).collect());
        }
        found => found?,
    };
    let holder = |mut records: Vec<Record>| match (records.pop(), records.len()) {
        (None, _) => Holder::Nobody,
        (Some(record), 0) => Holder::Is(record),
        (Some(_), _) => Holder::Unknown,
    };
    Ok(found.into_iter().map(holder).collect())
}

/// Writes what the registry told, if it is newer than what the book has.
pub(super) async fn apply(service: &Service, told: &Told<'_>) -> Result<Applied, Problem> {
    apply_to(service, told, Holder::Unknown).await
}

/// The same where it was asked before who has the numbers.
pub(super) async fn apply_to(
    service: &Service,
    told: &Told<'_>,
    mut holder: Holder,
) -> Result<Applied, Problem> {
    let numbers = told.numbers();
    for _ in 0..ROUNDS {
        let found = match std::mem::replace(&mut holder, Holder::Unknown) {
            Holder::Unknown => find(service, &numbers).await?,
            Holder::Nobody => None,
            Holder::Is(record) => found_of(&record)?,
        };
        let found = match found {
            Some(found) => found,
            None => {
                if let Some(newborn) = newborn_of(service, told).await? {
                    match continue_newborn(service, told, newborn).await? {
                        Some(applied) => return Ok(applied),
                        None => continue,
                    }
                }
                let patient = patient_of(told, None, replacing(service, told).await?);
                let stored = interactions::create_citizen(service, &numbers, &bytes(&patient)?).await?;
                match stored {
                    Some(stored) => {
                        let (outcome, before) = (Outcome::Applied, None);
                        return Ok(Applied { outcome, patient: stored.id, before });
                    }
                    // Somebody was quicker.
                    None => continue,
                }
            }
        };
        let id = found.id()?;
        if let Some(outcome) = judge(told, &found.resource) {
            return Ok(Applied { outcome, patient: id, before: None });
        }
        let patient = patient_of(told, Some(&found.resource), replacing(service, told).await?);
        match update(service, &found, &patient).await {
            Ok(_) => {
                let before = Some(found.resource);
                return Ok(Applied { outcome: Outcome::Applied, patient: id, before });
            }
            // Somebody was quicker.
            Err(problem) if problem.status == 412 => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// `None` when it is to be written.
fn judge(told: &Told<'_>, patient: &Value) -> Option<Outcome> {
    let known = Verified::of(patient)?;
    match (told.version, known.version) {
        (Some(told), Some(known)) if told > known => None,
        (Some(told), Some(known)) if told < known => Some(Outcome::Stale),
        // The same, or without versions: an answer renews what was verified long ago.
        _ => {
            let is_fresh = matches!(Staleness::default().judge(known.at, told.verified_at), Freshness::Fresh);
            let is_same =
                same_person(told, patient) && representative(told.record) == known.representative.as_deref();
            let renews = told.event.is_none() && !(is_fresh && is_same);
            if renews { None } else { Some(Outcome::Duplicate) }
        }
    }
}

/// Whether name and birth date are those that the book has.
fn same_person(told: &Told<'_>, patient: &Value) -> bool {
    let written = patient_of(told, Some(patient), None);
    ["name", "birthDate", "gender", "identifier", "deceasedDateTime"]
        .iter()
        .all(|name| written.get(name) == patient.get(name))
}

/// The `Patient` of any of the numbers; of several, the one with the number in force.
pub(super) async fn find(service: &Service, numbers: &[&str]) -> Result<Option<Found>, Problem> {
    let mut found = interactions::citizens_of_numbers(service, numbers).await?;
    if found.len() > 1 {
        found = interactions::citizens_of_numbers(service, numbers.get(..1).unwrap_or_default()).await?;
    }
    match found.as_slice() {
        [] => Ok(None),
        [id] => read(service, "Patient", id).await,
        _ => Err(Problem::new(412, Fault::MultipleMatches)),
    }
}

/// The reference of who has the number that replaces the one of a record.
async fn replacing(service: &Service, told: &Told<'_>) -> Result<Option<String>, Problem> {
    let Status::ReplacedBy { number } = &told.record.status else { return Ok(None) };
    let found = interactions::citizens_of_numbers(service, &[number.as_str()]).await?;
    Ok(match found.as_slice() {
        [id] => Some(format!("Patient/{id}")),
        _ => None,
    })
}

async fn update(service: &Service, found: &Found, patient: &Value) -> Result<Stored, Problem> {
    let access = service.decide(&REGISTRY, Interaction::Update, None)?;
    let (id, version) = (found.id()?, Some(found.version));
    interactions::update(service, &access, ResourceType::PATIENT, &id, &bytes(patient)?, version).await
}

fn bytes(patient: &Value) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(patient).map_err(|_| internal())
}

/// Whether a number in force or a former one of a `Patient` is this one.
pub(super) fn has_number(patient: &Value, number: &str) -> bool {
    items(patient, "/identifier")
        .iter()
        .any(|it| interactions::is_citizen_number(text(it, "/system")) && text(it, "/value") == number)
}

/// The age of what was verified, while it may stand in for an answer.
pub(super) fn usable_age(patient: &Value, now: Instant) -> Option<u64> {
    let known = Verified::of(patient)?;
    match Staleness::default().judge(known.at, now) {
        Freshness::Expired => None,
        _ => {
            let age = now.microseconds().saturating_sub(known.at.microseconds()) / 1_000_000;
            Some(u64::try_from(age).unwrap_or_default())
        }
    }
}
