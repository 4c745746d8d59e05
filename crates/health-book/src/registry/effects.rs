//! What follows from a record besides the `Patient`: a death ends what was open, a minor gets a guardian. Done again it
//! changes nothing.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use population_registry::{BirthDate, Status};
use serde_json::Value;

use super::apply::{Applied, Outcome};
use super::patient::{Verified, is_dead, representative};
use super::told::Told;
use crate::ages::to_come;
use crate::ledger::{read, text};
use crate::{HealthBook, closing, guardians, merging};

/// Does what follows. `again`: also when the record was written already, since a server may have ended in between.
pub(super) async fn follow(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    again: bool,
    now: Instant,
) -> Result<(), Problem> {
    if again && applied.outcome == Outcome::Stale {
        return guard_by_book(book, &applied.patient, now).await;
    }
    let is_repeated = again && applied.outcome == Outcome::Duplicate;
    if applied.outcome != Outcome::Applied && !is_repeated {
        return Ok(());
    }
    // Of somebody new nothing is open.
    let was_there = is_repeated || applied.before.is_some();
    if was_there && is_dead(told.record) && (is_repeated || !is_deceased(applied.before.as_ref())) {
        closing::close_open(book, &applied.patient, now).await?;
    }
    merge(book, told, applied, now).await?;
    let before = applied.before.as_ref().and_then(Verified::of).and_then(|known| known.representative);
    let number = representative(told.record);
    if is_minor(book, told.record.birth_date, now) && (is_repeated || before.as_deref() != number) {
        guard(book, &applied.patient, number, now).await?;
    }
    Ok(())
}

/// The guardian of a minor by what the book knows: an event has told more than this record, and whom it named may not have
/// been in the book then.
async fn guard_by_book(book: &HealthBook, patient: &LogicalId, now: Instant) -> Result<(), Problem> {
    let Some(found) = read(book.service(), "Patient", patient).await? else { return Ok(()) };
    let (born, known) = (text(&found.resource, "/birthDate"), Verified::of(&found.resource));
    match (BirthDate::try_from(born), known) {
        (Ok(born), Some(known)) if is_minor(book, born, now) => {
            guard(book, patient, known.representative.as_deref(), now).await
        }
        _ => Ok(()),
    }
}

/// Makes who has this number the guardian, or nobody.
async fn guard(
    book: &HealthBook,
    patient: &LogicalId,
    number: Option<&str>,
    now: Instant,
) -> Result<(), Problem> {
    let guardian = match number {
        Some(number) => person(book, number).await?,
        None => None,
    };
    guardians::follow_registry(book, patient, guardian.as_ref(), now).await
}

/// Whose number was replaced is one with who has the new one, as long as the registry says so.
async fn merge(book: &HealthBook, told: &Told<'_>, applied: &Applied, now: Instant) -> Result<(), Problem> {
    let number = match &told.record.status {
        Status::ReplacedBy { number } => Some(number.as_str()),
        _ => None,
    };
    let again = applied.outcome == Outcome::Duplicate;
    merging::follow(book, &applied.patient, number, applied.before.as_ref(), again, now).await
}

fn is_deceased(patient: Option<&Value>) -> bool {
    patient.is_some_and(|patient| {
        patient.get("deceasedDateTime").is_some()
            || patient.get("deceasedBoolean") == Some(&Value::Bool(true))
    })
}

fn is_minor(book: &HealthBook, born: BirthDate, now: Instant) -> bool {
    match born {
        BirthDate::Day(date) => !to_come(book.service().policy().document(), date, now).is_empty(),
        BirthDate::Year(_) => false,
    }
}

/// Who has this number and lives: nobody dead becomes a guardian.
async fn person(book: &HealthBook, number: &str) -> Result<Option<LogicalId>, Problem> {
    let found = interactions::citizens_of_numbers(book.service(), &[number]).await?;
    let [id] = found.as_slice() else { return Ok(None) };
    let found = read(book.service(), "Patient", id).await?;
    Ok(found.filter(|found| !is_deceased(Some(&found.resource))).map(|_| id.clone()))
}
