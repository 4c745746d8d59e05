//! What the entries of a transaction come to, and how that is kept beside the writes for the answer once more.

use access::Access;
use fhir::{Fault, LogicalId, ResourceType};
use record_store::KeptAnswer;
use serde_json::Value;

use super::Outcome;
use crate::idempotency;
use crate::{Problem, Service, Stored};

/// What an entry comes to.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The write of this index in the job.
    Write(usize),
    /// A conditional create found this.
    Found(ResourceType, LogicalId),
    /// Nothing was left to write.
    Done(Box<Stored>),
    Nothing,
    Read,
}

/// What is kept of the steps: for each entry the index of its write, the reference of what it found, or nothing.
pub(super) fn note(steps: &[Step]) -> String {
    let kept = steps.iter().map(|step| match step {
        Step::Write(at) => Value::from(*at),
        Step::Found(resource_type, id) => Value::from(format!("{resource_type}/{id}")),
        Step::Done(stored) if stored.body.is_some() => {
            Value::from(format!("{}/{}", stored.resource_type, stored.id))
        }
        Step::Read => Value::from(true),
        Step::Done(_) | Step::Nothing => Value::Null,
    });
    Value::Array(kept.collect()).to_string()
}

/// The outcomes of a transaction that was written before.
pub(super) async fn again(
    service: &Service,
    accesses: &[Option<Access>],
    kept: &KeptAnswer,
) -> Result<Vec<Outcome>, Problem> {
    let broken = || Problem::new(500, Fault::Internal);
    let steps: Vec<Value> = serde_json::from_str(&kept.note).map_err(|_| broken())?;
    let mut outcomes = Vec::with_capacity(steps.len());
    for (step, access) in steps.iter().zip(accesses) {
        outcomes.push(match (step, access) {
            (Value::Bool(_), _) => Outcome::Read,
            (Value::Number(at), Some(access)) => {
                let at = at.as_u64().and_then(|at| usize::try_from(at).ok());
                let write = at.and_then(|at| kept.writes.get(at)).ok_or_else(broken)?;
                Outcome::Stored(idempotency::again(service, access, write).await?)
            }
            (Value::String(reference), Some(access)) => {
                let (resource_type, id) = reference_of(reference).ok_or_else(broken)?;
                // Nothing was written to it; it may be gone since.
                match service.store().read(access, resource_type, &id).await? {
                    Some(record) if !record.is_deleted() => {
                        Outcome::Stored(Stored::unchanged(access, record)?)
                    }
                    _ => Outcome::Nothing,
                }
            }
            _ => Outcome::Nothing,
        });
    }
    Ok(outcomes)
}

fn reference_of(text: &str) -> Option<(ResourceType, LogicalId)> {
    let (resource_type, id) = text.split_once('/')?;
    Some((resource_type.parse().ok()?, LogicalId::try_from(id).ok()?))
}
