//! Who may write what a check-up is. The gate is asked, of every kind that a check-up makes.

use access::{Access, Caller, Interaction};
use exchange::check_up::{ENTERED, WRITTEN};
use fhir::{LogicalId, ResourceType};
use interactions::{Problem, Service, check_may_fill};

use crate::vocabulary::kind;

/// The kind of the visit.
const VISIT: &str = "Encounter";

fn kinds(names: &[&str]) -> Result<Vec<ResourceType>, Problem> {
    names.iter().map(|name| kind(name)).collect()
}

/// Refuses who may not make, change and, on a correction, delete what a check-up is. Scopes count.
pub(super) fn check_may_write(service: &Service, caller: &Caller) -> Result<(), Problem> {
    let mut writes = Vec::new();
    for kind in kinds(&WRITTEN)? {
        writes.extend([(Interaction::Create, kind), (Interaction::Update, kind)]);
    }
    writes.extend(kinds(&ENTERED)?.into_iter().map(|kind| (Interaction::Delete, kind)));
    drop(service.decide_all(caller, &writes)?);
    Ok(())
}

/// The access by which somebody records a check-up into books. The visit of a check-up opens nothing, so that who may change
/// visits may record one: no visit prolongs itself by it.
pub(super) fn to_record(service: &Service, caller: &Caller) -> Result<Access, Problem> {
    check_may_write(service, caller)?;
    let writes = kinds(&WRITTEN)?.into_iter().map(|kind| match kind.as_str() {
        VISIT => (Interaction::Update, kind),
        _ => (Interaction::Create, kind),
    });
    Ok(service.decide_all(caller, &writes.collect::<Vec<_>>())?)
}

/// Refuses unless one of each kind may be put into the book now.
pub(super) async fn check_book(service: &Service, put: &Access, patient: &LogicalId) -> Result<(), Problem> {
    check_may_fill(service, put, patient, &kinds(&WRITTEN)?).await
}

/// Whether somebody may record check-ups by the form at all. Whether a book takes one is asked when its form is opened.
pub fn may_record(service: &Service, caller: &Caller) -> bool {
    to_record(service, caller).is_ok()
}
