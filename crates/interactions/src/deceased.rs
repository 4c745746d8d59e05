//! Books of people who have died: they take nothing but what happened before, and who sends that is warned
//! (`docs/people.md`, section 4).

use std::cell::RefCell;
use std::future::Future;

use access::{Access, Caller, Interaction};
use fhir::{Fault, Issue, LogicalId, ResourceType, Severity};
use json::Node;
use record_store::{Content, Write};

use crate::permission::with_content;
use crate::search::with_resource;
use crate::{Problem, Service};

/// A death that a facility has reported and no registry has confirmed: it closes nothing.
pub const REPORTED_DEATH: &str = "urn:healthbook:reported-death";

/// Days are compared: what happened on the day of death happened before.
const DAY: usize = "2026-01-01".len();

/// What is known of the death of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Death {
    /// By the word of the registry or the operator, on a day or a longer time.
    Formal(Option<String>),
    /// A facility says so.
    Reported,
}

fn death_of(patient: &Node<'_>) -> Option<Death> {
    if let Some(date) = patient.text("deceasedDateTime") {
        return Some(Death::Formal(date.get(..DAY.min(date.len())).map(str::to_owned)));
    }
    if patient.get("deceasedBoolean").is_some_and(|it| it.to_json() == "true") {
        return Some(Death::Formal(None));
    }
    let extensions = patient.get("extension").map(Node::items).unwrap_or_default();
    extensions.iter().any(|it| it.text("url") == Some(REPORTED_DEATH)).then_some(Death::Reported)
}

async fn read(service: &Service, patient: &LogicalId) -> Result<Option<Death>, Problem> {
    let access = service.decide(&Caller::Background { job: "deaths" }, Interaction::Read, None)?;
    let record = service.store().read(&access, ResourceType::PATIENT, patient).await?;
    match record.filter(|record| !record.is_deleted()) {
        Some(record) => with_resource(&record, death_of),
        None => Ok(None),
    }
}

/// Refuses what is written into the book of somebody who has died, unless it happened before.
pub(crate) async fn check(service: &Service, access: &Access, write: &Write) -> Result<(), Problem> {
    let Some(patient) = whose(access, write) else { return Ok(()) };
    let on = match read(service, patient).await? {
        None => return Ok(()),
        Some(Death::Reported) => {
            warn(write);
            return Ok(());
        }
        Some(Death::Formal(on)) => on,
    };
    let is_late = match &write.content {
        Some(content) => with_content(content, &write.id, |resource| is_before(content, resource, on))?,
        None => false,
    };
    if !is_late {
        return Err(Problem::new(422, Fault::BookClosed));
    }
    warn(write);
    Ok(())
}

/// In whose book somebody else than the server writes.
fn whose<'w>(access: &Access, write: &'w Write) -> Option<&'w LogicalId> {
    if access.is_by_server() || write.resource_type == ResourceType::PATIENT {
        return None;
    }
    write.content.as_ref()?.patient.as_ref()
}

/// Whether it is a result or a visit that has its time before the death. Without a date of the death every time is.
fn is_before(content: &Content, resource: &Node<'_>, on: Option<String>) -> bool {
    let start = |name: &str| resource.get(name).and_then(|period| period.text("start"));
    let time = match content.resource_type.as_str() {
        "Observation" | "DiagnosticReport" => resource
            .text("effectiveDateTime")
            .or_else(|| resource.text("effectiveInstant"))
            .or_else(|| start("effectivePeriod")),
        "ImagingStudy" => resource.text("started"),
        "Specimen" => resource.get("collection").and_then(|it| it.text("collectedDateTime")),
        "Encounter" => start("period"),
        _ => None,
    };
    let Some(time) = time else { return false };
    let Some(on) = on else { return true };
    let length = on.len().min(time.len()).min(DAY);
    time.get(..length) <= on.get(..length)
}

tokio::task_local! {
    /// What a Bundle has written into books of people who are dead, or are reported so.
    static WARNED: RefCell<Vec<(ResourceType, LogicalId)>>;
}

/// Runs work of a Bundle, which is warned of what it writes about the dead.
pub(crate) async fn scope<F: Future>(work: F) -> F::Output {
    WARNED.scope(RefCell::default(), work).await
}

fn warn(write: &Write) {
    let entry = (write.resource_type, write.id.clone());
    // Outside of a Bundle there is no place for a warning.
    let _outside = WARNED.try_with(|warned| warned.borrow_mut().push(entry));
}

/// What is said about an entry that was written into the book of somebody who has died.
pub(crate) fn warning(resource_type: ResourceType, id: &LogicalId) -> Option<Issue> {
    let is_meant = |(kind, known): &(ResourceType, LogicalId)| *kind == resource_type && known == id;
    let is_warned = WARNED.try_with(|warned| warned.borrow().iter().any(is_meant)).unwrap_or_default();
    is_warned.then(|| Issue { severity: Severity::Warning, ..Issue::error(Fault::BookClosed) })
}
