//! What follows from a record besides the `Patient`: a death ends what was open, a minor gets a guardian. Done again it
//! changes nothing.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use population_registry::{BirthDate, Status};
use serde_json::Value;

use super::apply::{Applied, Outcome, has_number};
use super::awaited::{self, Open, Ward};
use super::patient::{Verified, is_dead, representative};
use super::told::Told;
use crate::ages::to_come;
use crate::ledger::{read, text};
use crate::{HealthBook, closing, guardians, merging};

/// Does what follows for one person alone, as an answer tells it.
pub(super) async fn follow_one(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    again: bool,
    now: Instant,
) -> Result<(), Problem> {
    follow(book, told, applied, again, now).await?.close(book, now).await?;
    match representative(told.record) {
        Some(number) if is_minor(book, told.record.birth_date, now) => {
            awaited::done(book, told.record.number.as_str(), number, now).await
        }
        _ => Ok(()),
    }
}

/// Does what follows, and gives what is left to be done for all who are written together. `again`: also when the record was
/// written already, since a server may have ended in between.
pub(super) async fn follow(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    again: bool,
    now: Instant,
) -> Result<Open, Problem> {
    let mut open = Open::default();
    let is_repeated = again && applied.outcome == Outcome::Duplicate;
    let is_overtaken = again && applied.outcome == Outcome::Stale;
    if applied.outcome != Outcome::Applied && !is_repeated && !is_overtaken {
        return Ok(open);
    }
    let before = applied.before.as_ref();
    if is_repeated || (!is_dead(told.record) && is_news(told, before)) {
        open.came = told.numbers().into_iter().map(str::to_owned).collect();
    }
    if is_overtaken {
        guard_by_book(book, told, applied, now, &mut open).await?;
        return Ok(open);
    }
    // Of somebody new nothing is open.
    let was_there = is_repeated || before.is_some();
    if was_there && is_dead(told.record) && (is_repeated || !is_deceased(before)) {
        closing::close_open(book, &applied.patient, now).await?;
    }
    merge(book, told, applied, now).await?;
    let known = before.and_then(Verified::of).and_then(|known| known.representative);
    let number = representative(told.record);
    if is_minor(book, told.record.birth_date, now) && (is_repeated || known.as_deref() != number) {
        guard(book, told, &applied.patient, (number, was_there), now, &mut open).await?;
    }
    Ok(open)
}

/// Whether somebody could not be found by one of the numbers before, or was dead.
fn is_news(told: &Told<'_>, before: Option<&Value>) -> bool {
    before.is_none_or(|before| {
        is_deceased(Some(before)) || told.numbers().into_iter().any(|number| !has_number(before, number))
    })
}

/// The guardian of a minor by what the book knows: an event has told more than this record, and whom it named may not have
/// been in the book then.
async fn guard_by_book(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    now: Instant,
    open: &mut Open,
) -> Result<(), Problem> {
    let Some(found) = read(book.service(), "Patient", &applied.patient).await? else { return Ok(()) };
    let (born, known) = (text(&found.resource, "/birthDate"), Verified::of(&found.resource));
    match (BirthDate::try_from(born), known) {
        (Ok(born), Some(known)) if is_minor(book, born, now) => {
            let number = known.representative.as_deref();
            guard(book, told, &applied.patient, (number, true), now, open).await
        }
        _ => Ok(()),
    }
}

/// Nobody is the guardian of a minor any more, or who has this number is to become it. `had_other`: whether there may be one.
async fn guard(
    book: &HealthBook,
    told: &Told<'_>,
    patient: &LogicalId,
    (number, had_other): (Option<&str>, bool),
    now: Instant,
    open: &mut Open,
) -> Result<(), Problem> {
    match number {
        None => return guardians::follow_registry(book, patient, None, now).await,
        Some(number) => open.wards.push(Ward {
            child: told.record.number.as_str().to_owned(),
            patient: patient.clone(),
            number: number.to_owned(),
            had_other,
        }),
    }
    Ok(())
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

pub(super) fn is_deceased(patient: Option<&Value>) -> bool {
    patient.is_some_and(|patient| {
        patient.get("deceasedDateTime").is_some()
            || patient.get("deceasedBoolean") == Some(&Value::Bool(true))
    })
}

pub(super) fn is_minor(book: &HealthBook, born: BirthDate, now: Instant) -> bool {
    match born {
        BirthDate::Day(date) => !to_come(book.service().policy().document(), date, now).is_empty(),
        BirthDate::Year(_) => false,
    }
}

/// Who has this number and lives: nobody dead becomes a guardian.
pub(super) async fn guardian_of(book: &HealthBook, number: &str) -> Result<Option<LogicalId>, Problem> {
    let found = interactions::citizens_of_numbers(book.service(), &[number]).await?;
    let [id] = found.as_slice() else { return Ok(None) };
    let found = read(book.service(), "Patient", id).await?;
    Ok(found.filter(|found| !is_deceased(Some(&found.resource))).map(|_| id.clone()))
}
