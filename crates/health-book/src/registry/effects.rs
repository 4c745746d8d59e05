//! What follows from a record besides the `Patient`: a death ends what was open, a minor gets a guardian. Done again it
//! changes nothing.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use population_registry::{BirthDate, Status};
use serde_json::Value;

use super::apply::{Applied, Holder, Outcome, apply_to, find, has_number, holders};
use super::awaited::{self, Open, Ward};
use super::patient::{Verified, is_dead, representative};
use super::told::Told;
use crate::ages::to_come;
use crate::ledger::{found_of, read, text};
use crate::{HealthBook, closing, merging};

/// Brings the book up to an answer, and does what follows. It is told once only, so it is done even if the server ends on
/// the way.
pub(super) async fn answered(book: &HealthBook, told: &Told<'_>, now: Instant) -> Result<Applied, Problem> {
    let service = book.service();
    let holder = holders(service, std::slice::from_ref(told)).await?.pop().unwrap_or(Holder::Unknown);
    let before = match &holder {
        Holder::Is(record) => found_of(record)?,
        Holder::Nobody => None,
        Holder::Unknown => find(service, &told.numbers()).await?,
    };
    let before = before.map(|found| found.resource);
    awaited::intend(book, told, before.as_ref(), now).await?;
    let applied = apply_to(service, told, holder).await?;
    follow_one(book, told, &applied, false, now).await?;
    Ok(applied)
}

/// Does what follows for one person alone, as an answer tells it.
pub(super) async fn follow_one(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    again: bool,
    now: Instant,
) -> Result<(), Problem> {
    for ward in follow(book, told, applied, again, now).await?.close(book, now).await? {
        awaited::done(book, &ward, now).await?;
    }
    Ok(())
}

/// Does what follows, and gives what is left to be done for all who are written together. `again`: also what follows from
/// what the book had already, since a server may have ended in between.
pub(super) async fn follow(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    again: bool,
    now: Instant,
) -> Result<Open, Problem> {
    let mut open = Open::default();
    let outcome = applied.outcome;
    if outcome != Outcome::Applied && !again {
        return Ok(open);
    }
    let before = applied.before.as_ref();
    // Of somebody new nothing is open.
    let was_there = outcome == Outcome::Duplicate || before.is_some();
    // What the book had may have been written without what follows from it.
    let is_repeated = again && was_there;
    if is_repeated || is_news(told, before) {
        open.came = told.numbers().into_iter().map(str::to_owned).collect();
    }
    if outcome == Outcome::Stale {
        follow_book(book, told, applied, now, &mut open).await?;
        return Ok(open);
    }
    if was_there && is_dead(told.record) && (is_repeated || !is_deceased(before)) {
        closing::close_open(book, &applied.patient, now).await?;
    }
    merge(book, told, applied, is_repeated, now).await?;
    // Of most people nobody is, or ever was, the guardian.
    let may_have_one = is_ward_now(book, told, now) || representative(told.record).is_some();
    if (is_repeated && may_have_one) || changes_guardian(book, told, before, now) {
        open.wards.extend(ward(told, &applied.patient, named_now(book, told, now), was_there));
    }
    Ok(open)
}

/// Whether somebody could not be found by one of the numbers before, or was dead.
fn is_news(told: &Told<'_>, before: Option<&Value>) -> bool {
    before.is_none_or(|before| {
        is_deceased(Some(before)) || told.numbers().into_iter().any(|number| !has_number(before, number))
    })
}

/// What follows from what the book knows: a record has told more than this one. The server may have ended before what it told
/// was followed, and whom it named may not have been in the book then.
async fn follow_book(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    now: Instant,
    open: &mut Open,
) -> Result<(), Problem> {
    let Some(found) = read(book.service(), "Patient", &applied.patient).await? else { return Ok(()) };
    if is_deceased(Some(&found.resource)) {
        closing::close_open(book, &applied.patient, now).await?;
    }
    let names_one = Verified::of(&found.resource).is_some_and(|known| known.representative.is_some());
    if names_one || is_ward(book, &found.resource, now) {
        let number = represented(book, Some(&found.resource), now);
        open.wards.extend(ward(told, &applied.patient, number.as_deref(), true));
    }
    Ok(())
}

/// A child whose guardian is to be as the registry says. Nothing when nobody is, and nobody may have been it.
fn ward(told: &Told<'_>, patient: &LogicalId, number: Option<&str>, had_other: bool) -> Option<Ward> {
    (had_other || number.is_some()).then(|| Ward {
        child: told.record.number.as_str().to_owned(),
        patient: patient.clone(),
        number: number.map(str::to_owned),
        had_other,
    })
}

/// Whose number was replaced is one with who has the new one, as long as the registry says so.
async fn merge(
    book: &HealthBook,
    told: &Told<'_>,
    applied: &Applied,
    again: bool,
    now: Instant,
) -> Result<(), Problem> {
    let number = match &told.record.status {
        Status::ReplacedBy { number } => Some(number.as_str()),
        _ => None,
    };
    merging::follow(book, &applied.patient, number, applied.before.as_ref(), again, now).await
}

pub(super) fn is_deceased(patient: Option<&Value>) -> bool {
    patient.is_some_and(|patient| {
        patient.get("deceasedDateTime").is_some()
            || patient.get("deceasedBoolean") == Some(&Value::Bool(true))
    })
}

/// Whether somebody may have a guardian: a minor who lives.
fn may_be_ward(book: &HealthBook, born: Option<BirthDate>, is_dead: bool, now: Instant) -> bool {
    match born {
        Some(BirthDate::Day(date)) if !is_dead => {
            !to_come(book.service().policy().document(), date, now).is_empty()
        }
        _ => false,
    }
}

/// By what the registry tells.
fn is_ward_now(book: &HealthBook, told: &Told<'_>, now: Instant) -> bool {
    may_be_ward(book, Some(told.record.birth_date), is_dead(told.record), now)
}

/// By what the book knows.
fn is_ward(book: &HealthBook, patient: &Value, now: Instant) -> bool {
    let born = BirthDate::try_from(text(patient, "/birthDate")).ok();
    may_be_ward(book, born, is_deceased(Some(patient)), now)
}

/// The number of the representative who is to be the guardian, by what the registry tells.
pub(super) fn named_now<'t>(book: &HealthBook, told: &Told<'t>, now: Instant) -> Option<&'t str> {
    representative(told.record).filter(|_| is_ward_now(book, told, now))
}

/// Whether the guardian is to be another one than by what the book knew, or to see something else: that goes by the age.
pub(super) fn changes_guardian(
    book: &HealthBook,
    told: &Told<'_>,
    before: Option<&Value>,
    now: Instant,
) -> bool {
    let number = named_now(book, told, now);
    let born = told.record.birth_date.to_string();
    represented(book, before, now).as_deref() != number
        || (number.is_some() && before.is_some_and(|before| text(before, "/birthDate") != born))
}

/// The number of the representative who is to be the guardian, by what the book knows.
pub(super) fn represented(book: &HealthBook, patient: Option<&Value>, now: Instant) -> Option<String> {
    let patient = patient.filter(|patient| is_ward(book, patient, now))?;
    Verified::of(patient)?.representative
}
