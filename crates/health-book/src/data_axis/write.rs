//! A check-up into its book: one transaction, in the log of accesses as that of the sender's organization.

use access::Caller;
use auth::account::DataSender;
use exchange::check_up::{CheckUp, Places, Raw};
use fhir::LogicalId;
use interactions::{Problem, Return, Service};
use record_store::Journal;

use crate::ledger::{items, read, text};
use crate::refusal::internal;

/// Writes a check-up. The same again changes nothing; a correction makes new versions, and what it does not tell any more is
/// deleted.
pub(super) async fn write(
    service: &Service,
    sender: &DataSender,
    patient: &LogicalId,
    check_up: &CheckUp,
    raw: &Raw<'_>,
    bytes: &[u8],
) -> Result<(), Problem> {
    let composition = LogicalId::try_from(check_up.composition_id().as_str()).map_err(|_| internal())?;
    let before = read(service, "Composition", &composition).await?;
    let sections = before.as_ref().map(|found| items(&found.resource, "/section")).unwrap_or_default();
    let entries = sections.iter().flat_map(|section| items(section, "/entry"));
    let places = Places {
        patient: Some(format!("Patient/{patient}")),
        organization: Some(format!("Organization/{}", sender.organization)),
        former: entries
            .map(|entry| text(entry, "/reference").to_owned())
            .filter(|it| !it.is_empty())
            .collect(),
    };
    let bundle = check_up.transaction(&places, Some(raw)).to_json().into_bytes();
    let journal = Journal::new(uuid::Uuid::now_v7());
    journal.asked_by(sender.origin());
    interactions::name_asker(service, &journal).await?;
    let writing = interactions::process_bundle(service, &Caller::MESSAGE, bundle, Return::Minimal);
    let done = journal.scope(Box::pin(interactions::message(bytes).scope(writing))).await;
    interactions::keep(service, &journal).await?;
    done.map(drop)
}
