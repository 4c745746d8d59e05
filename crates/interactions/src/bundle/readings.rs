//! The readings of a transaction, tried before anything is written.

use access::Caller;
use fhir::Fault;
use record_store::Journal;

use super::budget::Budget;
use super::get::get;
use super::{Action, Entry};
use crate::{Problem, Service};

/// A read that is going to fail refuses the whole transaction, so it has to be known before anything is
/// written. A resource that the transaction itself writes will be there.
pub(super) async fn check_reads(
    service: &Service,
    caller: &Caller,
    entries: &[Entry],
    aside: &Journal,
) -> Result<(), Problem> {
    let written = |wanted: &str| {
        entries.iter().any(|entry| match &entry.action {
            Ok(Action::Update { resource_type, id, .. }) => format!("{resource_type}/{id}") == wanted,
            _ => false,
        })
    };
    let removed = |wanted: &str| {
        entries.iter().any(|entry| match &entry.action {
            Ok(Action::Delete { resource_type, id, .. }) => format!("{resource_type}/{id}") == wanted,
            _ => false,
        })
    };
    let budget = Budget::new(service.settings().most_answer_bytes);
    for entry in entries {
        let Ok(Action::Get { url, versions, since }) = &entry.action else { continue };
        if written(url) {
            continue;
        }
        if removed(url) {
            return Err(Problem::new(410, Fault::Gone).at(&entry.place()));
        }
        // Nobody is shown this: the reading that is answered comes after the writes, and is logged then.
        let answer = aside.scope(get(service, caller, url, versions.clone(), *since)).await;
        let answer = answer.map_err(|problem| problem.at(&entry.place()))?;
        if !budget.take(&answer) {
            return Err(budget.refusal().at(&entry.place()));
        }
    }
    Ok(())
}
