//! batch and transaction: <https://hl7.org/fhir/R4/http.html#transaction>.

mod batch;
mod budget;
mod entry;
mod get;
mod identity;
mod links;
mod patch;
mod permission;
mod readings;
mod step;
mod transaction;

use access::Caller;
use fhir::{Fault, Issue, ResourceType, check_envelope};
use json::Node;

pub(crate) use entry::{Action, Entry, read_entries};
pub(crate) use identity::Identities;
pub(crate) use transaction::{Outcome, run as run_transaction};

use crate::prepare::parse;
use crate::{Problem, Return, Service};

/// Runs a batch or a transaction and returns the Bundle of answers. Every entry asks the gate by itself.
pub async fn process_bundle(
    service: &Service,
    caller: &Caller,
    body: Vec<u8>,
    answer: Return,
) -> Result<String, Problem> {
    let service_there = service.clone();
    let (body, is_transaction, entries) = blocking(move || {
        let bundle = parse(&body, "Bundle")?;
        let is_transaction = envelope(&bundle)? == "transaction";
        let entries = read_entries(&service_there, &bundle)?;
        Ok((body, is_transaction, entries))
    })
    .await?;
    let work = async {
        if is_transaction {
            transaction::answer(service, caller, body, entries, answer).await
        } else {
            batch::answer(service, caller, body, entries, answer).await
        }
    };
    // Boxed: the work is a large future, and the scope would hold it once more.
    crate::deceased::scope(Box::pin(work)).await
}

/// The type of a Bundle that can be processed.
fn envelope(bundle: &Node<'_>) -> Result<String, Problem> {
    let (resource_type, issues) = check_envelope(bundle);
    if !issues.is_empty() {
        return Err(Problem::from_issues(400, issues));
    }
    if resource_type != Some(ResourceType::BUNDLE) {
        let fault = Fault::WrongResourceType { expected: "Bundle".to_owned() };
        return Err(Problem::from_issue(400, Issue::error(fault).at("resourceType")));
    }
    match bundle.text("type") {
        Some(kind @ ("batch" | "transaction")) => Ok(kind.to_owned()),
        _ => Err(Problem::from_issue(400, Issue::error(Fault::WrongBundleType).at("Bundle.type"))),
    }
}

/// Runs work that takes the processor for long away from the threads that serve requests.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::new(500, Fault::Internal))?
}
