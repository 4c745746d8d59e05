//! `Patient/[id]/$link` and `$unlink`: a record without a verified number is somebody who is in the book already.

use access::{Access, Caller, Interaction};
use audit_log::Action;
use fhir::{Fault, LogicalId, ResourceType};
use interactions::Problem;
use record_store::{Record, Showing};

use super::join::{join, pair};
use super::part::part;
use super::{Word, is_verified};
use crate::HealthBook;
use crate::noted::concerns;
use crate::refusal::{Rule, internal};

/// Replaces `other` by `survivor`, and answers the survivor.
pub async fn link(
    book: &HealthBook,
    caller: &Caller,
    survivor: &LogicalId,
    parameters: &[(String, String)],
) -> Result<String, Problem> {
    let other = other(parameters)?;
    let access = both(book, caller, survivor, &other).await?;
    let (_, goes) = pair(book, survivor, &other).await?;
    if is_verified(book, &goes) {
        return Err(Rule::RegistryOnly.into());
    }
    join(book, survivor, &other, Word::Link).await?;
    answer(book, &access, survivor, "$link").await
}

/// Takes back a link that was made in this way, and answers who survived.
pub async fn unlink(
    book: &HealthBook,
    caller: &Caller,
    survivor: &LogicalId,
    parameters: &[(String, String)],
) -> Result<String, Problem> {
    let other = other(parameters)?;
    let access = both(book, caller, survivor, &other).await?;
    let (_, goes) = pair(book, survivor, &other).await?;
    match Word::of(&goes.resource) {
        Some(Word::Link) => part(book, survivor, &other).await?,
        Some(Word::Registry | Word::Decision) => return Err(Rule::RegistryOnly.into()),
        None => return Err(Rule::NotMerged.into()),
    }
    answer(book, &access, survivor, "$unlink").await
}

/// The parameter `other`: a reference to a `Patient`, or an id.
fn other(parameters: &[(String, String)]) -> Result<LogicalId, Problem> {
    let name = "other";
    let given: Vec<&String> =
        parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect();
    let [given] = given.as_slice() else {
        return Err(Problem::bad_request(Fault::OperationParameterMissing { name: name.to_owned() }));
    };
    let id = given.strip_prefix("Patient/").unwrap_or(given);
    LogicalId::try_from(id)
        .map_err(|_| Problem::bad_request(Fault::OperationParameterValue { name: name.to_owned() }))
}

/// Who may update both may say that they are one. A person who is not seen is not there.
async fn both(
    book: &HealthBook,
    caller: &Caller,
    survivor: &LogicalId,
    other: &LogicalId,
) -> Result<Access, Problem> {
    let (service, patient) = (book.service(), ResourceType::PATIENT);
    // The survivor stands in the path.
    concerns(patient, other);
    let access = service.decide(caller, Interaction::Update, Some(patient))?;
    for id in [survivor, other] {
        let found = service.store().read_to_change(&access, patient, id).await?;
        let found = found.filter(|found| !found.record.is_deleted()).ok_or_else(Problem::not_found)?;
        if !found.allowed {
            return Err(access::Denied::Forbidden.into());
        }
    }
    Ok(access)
}

async fn answer(
    book: &HealthBook,
    access: &Access,
    survivor: &LogicalId,
    name: &str,
) -> Result<String, Problem> {
    let record: Record = interactions::read(book.service(), access, ResourceType::PATIENT, survivor).await?;
    let showing = Showing::begin(access, Action::Operation, format!("Patient/{survivor}/{name}"))?;
    record.show(&showing)?.ok_or_else(internal)
}
