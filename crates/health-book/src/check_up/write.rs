//! A check-up into its book: one transaction of the message's mapping, whichever way the check-up came.

use access::Caller;
use exchange::check_up::{CheckUp, Places, Raw};
use fhir::LogicalId;
use interactions::{Problem, Return, Service};

use crate::ledger::{items, read, text};
use crate::refusal::internal;

/// Writes a check-up. The same again changes nothing; a correction makes new versions, and what it does not tell any more is
/// deleted. `bytes` are what arrived in one piece. Whoever asks is in the journal of the running task.
pub(crate) async fn write(
    service: &Service,
    organization: &LogicalId,
    patient: &LogicalId,
    check_up: &CheckUp,
    raw: &Raw<'_>,
    bytes: &[u8],
) -> Result<LogicalId, Problem> {
    let composition = LogicalId::try_from(check_up.composition_id().as_str()).map_err(|_| internal())?;
    let before = read(service, "Composition", &composition).await?;
    let sections = before.as_ref().map(|found| items(&found.resource, "/section")).unwrap_or_default();
    let entries = sections.iter().flat_map(|section| items(section, "/entry"));
    let places = Places {
        patient: Some(format!("Patient/{patient}")),
        organization: Some(format!("Organization/{organization}")),
        former: entries
            .map(|entry| text(entry, "/reference").to_owned())
            .filter(|it| !it.is_empty())
            .collect(),
    };
    let bundle = check_up.transaction(&places, Some(raw)).to_json().into_bytes();
    let writing = interactions::process_bundle(service, &Caller::MESSAGE, bundle, Return::Minimal);
    Box::pin(interactions::message(bytes).scope(writing)).await?;
    Ok(composition)
}
