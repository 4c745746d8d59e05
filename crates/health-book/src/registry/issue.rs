//! `Patient/[id]/$registry-lookup`: somebody who was registered without a number gets the one that the registry has issued,
//! and stays under the same logical id (`docs/people.md`).

use access::{Access, Caller, Interaction};
use fhir::{Fault, Instant, LogicalId, ResourceType};
use interactions::registration::{Registration, end_registration, registration};
use interactions::{Problem, Service};
use population_registry::{BirthDate, Demographics, RegistryError, RequestId, Sex, Status};
use serde_json::Value;

use super::ConnectedRegistry;
use super::apply::{Applied, Outcome};
use super::awaited::intend;
use super::effects::follow_one;
use super::look_up::{LookUp, NAME, decide, look_up, note, unavailable};
use super::patient::{Verified, identity_of, patient_of};
use super::told::Told;
use crate::HealthBook;
use crate::ledger::{Found, find_all, items, read, text};
use crate::noted::concerns;
use crate::refusal::internal;
use crate::vocabulary::CITIZEN_NUMBER;

/// How often a `Patient` is judged again when others write it at the same time.
const ROUNDS: usize = 8;
/// Most people around one child.
const MOST_RELATED: usize = 50;
/// The roles of a mother in a `RelatedPerson`.
const MOTHER: [&str; 3] = ["MTH", "NMTH", "GESTM"];

/// Gives a person the number that the registry has, and answers the identity.
pub async fn issue(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    caller: &Caller,
    patient: &LogicalId,
    asked: &LookUp,
    now: Instant,
) -> Result<String, Problem> {
    let service = book.service();
    // Whatever is answered tells of who stands in the path: whether there is a number, whether it fits.
    concerns(ResourceType::PATIENT, patient);
    let access = decide(service, caller)?;
    may_change(service, caller, patient).await?;
    let found = read(service, "Patient", patient).await?.ok_or_else(Problem::not_found)?;
    let number = asked.question().number.as_str();
    if Verified::of(&found.resource).is_some() {
        return match super::apply::has_number(&found.resource, number) {
            true => look_up(book, registry, caller, asked, now).await,
            false => Err(differs("identifier")),
        };
    }
    if registration(&found.resource) == Some(Registration::Stillborn) {
        return Err(differs("extension"));
    }
    let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
    let answer = match registry.port().look_up(id, asked.question()).await {
        Ok(answer) => answer,
        Err(RegistryError::NotFound | RegistryError::Mismatch(_)) => return Err(Problem::not_found()),
        Err(error) => {
            tracing::warn!(error = %error, "the registry did not answer a look-up");
            return Err(unavailable());
        }
    };
    let told = Told::answered(&answer);
    let found = given(book, &told, patient, now).await?;
    note(book, &access, &found, NAME).await?;
    Ok(identity_of(&found.resource).to_string())
}

/// Who may not change the person gives no number. What is not seen is not there.
pub(crate) async fn may_change(
    service: &Service,
    caller: &Caller,
    patient: &LogicalId,
) -> Result<Access, Problem> {
    let access = service.decide(caller, Interaction::Update, Some(ResourceType::PATIENT))?;
    let found = service.store().read_to_change(&access, ResourceType::PATIENT, patient).await?;
    match found.filter(|found| !found.record.is_deleted()) {
        None => Err(Problem::not_found()),
        Some(found) if !found.allowed => Err(Problem::new(403, Fault::Forbidden)),
        Some(_) => Ok(access),
    }
}

/// Writes the record over the provisional person.
async fn given(
    book: &HealthBook,
    told: &Told<'_>,
    patient: &LogicalId,
    now: Instant,
) -> Result<Found, Problem> {
    let service = book.service();
    let numbers = told.numbers();
    for _ in 0..ROUNDS {
        let found = read(service, "Patient", patient).await?.ok_or_else(Problem::not_found)?;
        // Somebody was quicker: the number is there, or another one is.
        if Verified::of(&found.resource).is_some() {
            let is_same = super::apply::has_number(&found.resource, told.record.number.as_str());
            return if is_same { Ok(found) } else { Err(differs("identifier")) };
        }
        let known = interactions::citizens_of_numbers(service, &numbers).await?;
        if known.iter().any(|known| known != patient) {
            return Err(Problem::new(409, Fault::PersonKnown));
        }
        check_fits(service, told.record, patient, &found.resource).await?;
        intend(book, told, Some(&found.resource), now).await?;
        match write(service, told, &found).await {
            Ok(()) => {
                let outcome = Outcome::Applied;
                let applied = Applied { outcome, patient: patient.clone(), before: Some(found.resource) };
                follow_one(book, told, &applied, false, now).await?;
                return read(service, "Patient", patient).await?.ok_or_else(internal);
            }
            Err(problem) if problem.status == 412 => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

async fn write(service: &Service, told: &Told<'_>, found: &Found) -> Result<(), Problem> {
    let mut patient = patient_of(told, Some(&found.resource), None);
    end_registration(&mut patient);
    let bytes = serde_json::to_vec(&patient).map_err(|_| internal())?;
    interactions::update_citizen(service, &told.numbers(), &bytes, found.version).await?;
    Ok(())
}

/// What is known of the person for certain must be what the registry has. Of an unknown person nothing is certain: birth
/// date, sex and name are estimates.
async fn check_fits(
    service: &Service,
    record: &Demographics,
    id: &LogicalId,
    patient: &Value,
) -> Result<(), Problem> {
    if registration(patient) == Some(Registration::Unknown) {
        return Ok(());
    }
    if !is_born_then(record, text(patient, "/birthDate")) {
        return Err(differs("birthDate"));
    }
    if !has_sex(record, text(patient, "/gender")) {
        return Err(differs("gender"));
    }
    let Some(mother) = &record.relationships.mother else { return Ok(()) };
    let Some(number) = &mother.number else { return Ok(()) };
    let around = find_all(service, "RelatedPerson", &[("patient", id.to_string())], MOST_RELATED).await?;
    let mut known = around.iter().filter(|it| is_mother(&it.resource)).flat_map(|it| numbers(&it.resource));
    match known.find(|known| *known != number.as_str()) {
        Some(_) => Err(differs("RelatedPerson")),
        None => Ok(()),
    }
}

fn is_born_then(record: &Demographics, known: &str) -> bool {
    match BirthDate::try_from(known) {
        Ok(known) => known.agrees_with(record.birth_date),
        // A month, or nothing at all.
        Err(_) => record.birth_date.to_string().starts_with(known),
    }
}

fn has_sex(record: &Demographics, known: &str) -> bool {
    match record.sex {
        Sex::Male => known != "female",
        Sex::Female => known != "male",
        Sex::Unknown => true,
    }
}

fn is_mother(related: &Value) -> bool {
    let codings = items(related, "/relationship").iter().flat_map(|it| items(it, "/coding"));
    codings.into_iter().any(|coding| MOTHER.contains(&text(coding, "/code")))
}

fn numbers(related: &Value) -> impl Iterator<Item = &str> {
    let all = items(related, "/identifier").iter();
    all.filter(|it| interactions::is_citizen_number(text(it, "/system"))).map(|it| text(it, "/value"))
}

/// The one newborn whom an event can only mean, the birth or what is told since (of the events of one person the last one
/// is written, which may be no birth): of the mother whom the registry names, born on that day, of that sex,
/// no twin, and alone in that. Of two nobody is chosen.
pub(super) async fn newborn_of(service: &Service, told: &Told<'_>) -> Result<Option<Found>, Problem> {
    // A number that was given by mistake, or twice, is no child's.
    let stands = matches!(told.record.status, Status::Alive | Status::Dead { .. });
    let mother = told.record.relationships.mother.as_ref().and_then(|mother| mother.number.as_ref());
    let Some(mother) = mother.filter(|_| stands && told.event.is_some()) else { return Ok(None) };
    let pairs = [("identifier", format!("{CITIZEN_NUMBER}|{}", mother.as_str()))];
    let mut children = Vec::new();
    for related in find_all(service, "RelatedPerson", &pairs, MOST_RELATED).await? {
        let child = crate::ledger::referred(&related.resource, "/patient/reference", "Patient");
        let Some(child) = child.filter(|_| is_mother(&related.resource)) else { continue };
        if let Some(found) = read(service, "Patient", &child).await? {
            let is_new = registration(&found.resource) == Some(Registration::Newborn);
            let born = text(&found.resource, "/birthDate") == told.record.birth_date.to_string();
            if is_new && born && has_sex(told.record, text(&found.resource, "/gender")) {
                children.push(found);
            }
        }
    }
    let is_twin = |found: &Found| {
        found.resource.get("multipleBirthInteger").is_some()
            || found.resource.get("multipleBirthBoolean") == Some(&Value::Bool(true))
    };
    Ok(if children.len() == 1 { children.pop().filter(|child| !is_twin(child)) } else { None })
}

/// Writes the event over that newborn; the number is given to nobody else meanwhile.
pub(super) async fn continue_newborn(
    service: &Service,
    told: &Told<'_>,
    found: Found,
) -> Result<Option<Applied>, Problem> {
    match write(service, told, &found).await {
        Ok(()) => {
            let patient = found.id()?;
            Ok(Some(Applied { outcome: Outcome::Applied, patient, before: Some(found.resource) }))
        }
        // Somebody was quicker: judged again.
        Err(problem) if matches!(problem.status, 409 | 412) => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn differs(name: &str) -> Problem {
    Problem::new(422, Fault::NotThisPerson { name: name.to_owned() })
}
