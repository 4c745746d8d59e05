//! A check-up into its book: one transaction.

use access::Caller;
use exchange::check_up::{CheckUp, Places, Raw};
use fhir::LogicalId;
use interactions::{ImportOutcome, Problem, Service, import_bundle};

use crate::ledger::{items, read, text};
use crate::refusal::internal;

/// Writes a check-up. The same again changes nothing; a correction makes new versions, and what it does not tell any more is
/// deleted. Who did it and which message it came with is what the task says (`Journal`, `Message`).
pub async fn write(
    service: &Service,
    caller: &Caller,
    patient: &LogicalId,
    organization: Option<&LogicalId>,
    check_up: &CheckUp,
    raw: &Raw<'_>,
) -> Result<ImportOutcome, Problem> {
    let composition = LogicalId::try_from(check_up.composition_id().as_str()).map_err(|_| internal())?;
    let before = read(service, "Composition", &composition).await?;
    let sections = before.as_ref().map(|found| items(&found.resource, "/section")).unwrap_or_default();
    let entries = sections.iter().flat_map(|section| items(section, "/entry"));
    let places = Places {
        patient: Some(format!("Patient/{patient}")),
        organization: organization.map(|organization| format!("Organization/{organization}")),
        former: entries
            .map(|entry| text(entry, "/reference").to_owned())
            .filter(|it| !it.is_empty())
            .collect(),
    };
    let bundle = check_up.transaction(&places, Some(raw)).to_json().into_bytes();
    // Boxed: a transaction is a large future.
    let mut outcome = Box::pin(import_bundle(service, caller, bundle)).await?;
    match outcome.failed.pop() {
        None => Ok(outcome),
        Some((_, problem)) => Err(problem),
    }
}
