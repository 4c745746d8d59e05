//! The task by which a facility accounts for an emergency (`docs/sharing.md`, section 4): only its own act changes it. Whoever
//! may change tasks otherwise could make a review disappear by writing it once more.

use fhir::{Fault, ResourceType};
use record_store::Record;

use crate::Problem;
use crate::permission::with_body;

/// Code system and code of such a task.
const ACT: &str = "urn:healthbook:act";
const REVIEW: &str = "emergency-review";

/// Refuses the change or deletion of one.
pub(crate) fn check(record: &Record) -> Result<(), Problem> {
    let Some(body) = record.body.as_ref().filter(|_| is_task(record.resource_type)) else { return Ok(()) };
    let is_review = with_body(body, &record.id, |task| {
        let codings = task.get("code").and_then(|code| code.get("coding"));
        let codings = codings.map(json::Node::items).unwrap_or_default();
        codings.iter().any(|coding| (coding.text("system"), coding.text("code")) == (Some(ACT), Some(REVIEW)))
    })?;
    if is_review { Err(Problem::new(403, Fault::Forbidden)) } else { Ok(()) }
}

fn is_task(kind: ResourceType) -> bool {
    kind.as_str() == "Task"
}
