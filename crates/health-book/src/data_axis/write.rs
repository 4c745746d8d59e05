//! A check-up of a sender into its book, in the log of accesses as that of the sender's organization.

use auth::account::DataSender;
use exchange::check_up::{CheckUp, Raw};
use fhir::LogicalId;
use interactions::{Problem, Service};
use record_store::Journal;

use crate::check_up;

/// Writes a check-up.
pub(super) async fn write(
    service: &Service,
    sender: &DataSender,
    patient: &LogicalId,
    check_up: &CheckUp,
    raw: &Raw<'_>,
    bytes: &[u8],
) -> Result<(), Problem> {
    let journal = Journal::new(uuid::Uuid::now_v7());
    journal.asked_by(sender.origin());
    interactions::name_asker(service, &journal).await?;
    let writing = check_up::write(service, &sender.organization, patient, check_up, raw, bytes);
    let done = journal.scope(Box::pin(writing)).await;
    interactions::keep(service, &journal).await?;
    done.map(drop)
}
