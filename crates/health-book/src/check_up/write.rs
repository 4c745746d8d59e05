//! A check-up into its book: one transaction.

use access::{Caller, Interaction};
use exchange::check_up::{CheckUp, Places, Raw, entries};
use fhir::LogicalId;
use interactions::{ImportOutcome, Problem, Service, import_bundle};
use json::Node;

use crate::ledger::SERVER;
use crate::noted::told;
use crate::refusal::internal;
use crate::turn;
use crate::vocabulary::kind;

/// How the log of accesses names that a check-up was sent again.
const PLACE: &str = "check-ups";

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
    // Of two corrections at once the second takes back what the first one wrote.
    let turn = turn::wait(service.store(), "check-up-visit", composition.as_str()).await?;
    let writing = async {
        let former = former(service, &composition).await?;
        let bundle = transaction(patient, organization, former, check_up, raw).to_json().into_bytes();
        // Boxed: a transaction is a large future.
        Box::pin(import_bundle(service, caller, bundle)).await
    };
    let written = writing.await;
    turn.end().await;
    // Nothing is written that would leave an entry, and whoever sent it is told that all of it is there.
    if matches!(&written, Ok(done) if done.created + done.updated == 0) {
        told(patient, PLACE);
    }
    written
}

/// The transaction that writes a check-up; `former` is what was written of it before.
pub(super) fn transaction(
    patient: &LogicalId,
    organization: Option<&LogicalId>,
    former: Vec<String>,
    check_up: &CheckUp,
    raw: &Raw<'_>,
) -> Node<'static> {
    let places = Places {
        patient: Some(format!("Patient/{patient}")),
        organization: organization.map(|organization| format!("Organization/{organization}")),
        former,
    };
    check_up.transaction(&places, Some(raw))
}

/// What was written of the check-up before.
async fn former(service: &Service, composition: &LogicalId) -> Result<Vec<String>, Problem> {
    let document = kind("Composition")?;
    let access = service.decide(&SERVER, Interaction::Read, Some(document))?;
    let Some(before) = service.store().read(&access, document, composition).await? else {
        return Ok(Vec::new());
    };
    let Some(text) = before.inspect()? else { return Ok(Vec::new()) };
    let node = json::parse(text.as_bytes(), &json::Limits::default()).map_err(|_| internal())?;
    Ok(entries(&node))
}

/// Whether the same may succeed by and by, by the status of its refusal: others write at the same time, or what was asked, or
/// something on the way, is broken or busy. It ends a message, and whoever sent it sends the same again.
pub fn is_passing(status: u16) -> bool {
    matches!(status, 409 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use fhir::Fault;
    use record_store::StoreError;

    use super::*;

    /// docs/check-up.md, section 7.
    #[test]
    fn what_the_database_could_not_do_ends_a_message_and_what_a_book_refuses_does_not() {
        let store = [
            StoreError::Database(String::new()),
            StoreError::Away(String::new()),
            StoreError::Corrupt,
            StoreError::Busy,
            StoreError::Timeout,
        ];
        let mut passing: Vec<Problem> = store.into_iter().map(Problem::from).collect();
        passing.push(Problem::new(409, Fault::ConditionUnstable));
        for problem in passing {
            assert!(is_passing(problem.status), "{}", problem.status);
        }
        let several = Problem::new(412, Fault::MultipleMatches);
        let refused = [several, Problem::from(StoreError::TooCostly), Problem::not_found()];
        for status in refused.map(|problem| problem.status).into_iter().chain([401, 403, 405, 408, 422]) {
            assert!(!is_passing(status), "{status}");
        }
    }
}
