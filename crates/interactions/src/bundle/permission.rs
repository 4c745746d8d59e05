//! What the writes of a transaction may: each by the access of its entry, all against one state.

use std::collections::HashSet;

use access::Access;
use fhir::Fault;

use super::Entry;
use super::step::Step;
use super::transaction::{Planned, is_patch_of_any_version};
use crate::permission::{NewOnes, Permitted, number_taken, permit, prolong_nothing};
use crate::{Problem, Service};

/// Decides all writes of a plan. A person whom the transaction registers may be written about in the same transaction, as
/// far as the right of who registers goes. `None`: what was patched has changed meanwhile, so that all is decided anew.
pub(super) async fn permit_all(
    service: &Service,
    accesses: &[Option<Access>],
    planned: Planned,
    entries: &[Entry],
) -> Result<Option<Planned>, Problem> {
    let Planned { mut job, mut steps } = planned;
    if accesses.iter().flatten().all(|access| crate::registry::is_unbound(service, access)) {
        for write in &mut job.writes {
            prolong_nothing(service, write).await?;
        }
        return Ok(Some(Planned { job, steps }));
    }
    let made = NewOnes::among(job.writes.iter());
    // In the order of the writes, which the store keeps.
    let mut order: Vec<(usize, usize)> = steps
        .iter()
        .enumerate()
        .filter_map(|(index, step)| if let Step::Write(at) = step { Some((*at, index)) } else { None })
        .collect();
    order.sort_unstable();
    let writes = std::mem::take(&mut job.writes);
    let mut numbers = HashSet::new();
    for (write, (_, index)) in writes.into_iter().zip(order) {
        let failed = || Problem::new(500, Fault::Internal);
        let access = accesses.get(index).and_then(Option::as_ref).ok_or_else(failed)?;
        let entry = entries.get(index).ok_or_else(failed)?;
        let permitted = permit(service, access, write, &made).await;
        let step = match permitted {
            // Who patches without naming a version patches what is there now.
            Err(problem) if problem.status == 412 && is_patch_of_any_version(entry) => return Ok(None),
            Err(problem) => return Err(problem.within(&format!("{}.resource", entry.place()))),
            Ok(Permitted::Write(write, expectations)) => {
                for expectation in expectations {
                    // What is expected of the store says nothing of what the same transaction writes.
                    if !numbers.insert(expectation.criteria.clone()) {
                        return Err(number_taken().within(&format!("{}.resource", entry.place())));
                    }
                    job.expectations.push(expectation);
                }
                job.writes.push(*write);
                Step::Write(job.writes.len() - 1)
            }
            Ok(Permitted::Nothing(stored)) => Step::Done(stored),
        };
        *steps.get_mut(index).ok_or_else(failed)? = step;
    }
    Ok(Some(Planned { job, steps }))
}
