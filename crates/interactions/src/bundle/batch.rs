//! batch: every entry for itself, in FHIR's order: deletions, creations, updates, reads.

use access::{Access, Caller, Interaction};
use fhir::Fault;
use futures_util::{StreamExt, stream};
use record_store::{Effect, Job, Once, WriteError};

use super::budget::Budget;
use super::get::get;
use super::transaction::gate;
use super::{Action, Entry};
use crate::bundle_text::{BundleText, EntryResponse, Text};
use crate::idempotency::{self, Done};
use crate::refusals::note_entry;
use crate::{
    PatchDocument, Problem, Return, Service, Stored, conditional_create, conditional_delete,
    conditional_patch, conditional_update, create, delete, patch, update,
};

/// Writes of one kind that run at the same time, so that they share commits.
const WRITES_AT_ONCE: usize = 64;
/// Reads that run at the same time: so many answers may be larger in all than they may be.
const READS_AT_ONCE: usize = 8;
/// The place of reads in the order of a Bundle.
const READS: u8 = 3;

/// Runs a batch and writes the Bundle of answers.
pub(super) async fn answer(
    service: &Service,
    caller: &Caller,
    body: Vec<u8>,
    entries: Vec<Entry>,
    answer: Return,
) -> Result<String, Problem> {
    let once = Once::current();
    if let Some(once) = &once {
        take_key(service, caller, &entries, once).await?;
    }
    let budget = Budget::new(service.settings().most_answer_bytes);
    let mut responses: Vec<(usize, EntryResponse)> = Vec::with_capacity(entries.len());
    for order in 0..=READS {
        let running = entries
            .iter()
            .filter(|entry| entry.action.as_ref().map_or(0, Action::order) == order)
            .map(|entry| async {
                let done = match order {
                    READS if budget.is_spent() => Err(budget.refusal()),
                    READS => run(service, caller, &body, entry, answer).await,
                    _ => write(service, caller, &body, entry, answer, once.as_ref()).await,
                };
                if let Err(problem) = &done {
                    note_entry(entry, problem);
                }
                let response = match done {
                    Ok(response) if order != READS => budget.written(response),
                    Ok(response) if budget.take(&response) => response,
                    Ok(_) => refused(budget.refusal().within(&entry.place())),
                    // What is wrong with the entry itself says where it is already.
                    Err(problem) if entry.action.is_err() => refused(problem),
                    Err(problem) => refused(problem.within(&entry.place())),
                };
                (entry.index, response)
            });
        // Boxed: the futures borrow from here, and the compiler cannot see through the stream otherwise.
        let running: Vec<_> = running.map(Box::pin).collect();
        let at_once = if order == READS { READS_AT_ONCE } else { WRITES_AT_ONCE };
        let mut done = stream::iter(running).buffer_unordered(at_once);
        while let Some(response) = done.next().await {
            responses.push(response);
        }
    }
    responses.sort_by_key(|(index, _)| *index);
    let mut bundle = BundleText::new("batch-response", None, &[]);
    for (_, response) in &responses {
        bundle.response(response);
    }
    Ok(bundle.finish())
}

/// Takes the key of a batch, so that no other batch can have it; its entries are then written once each.
async fn take_key(service: &Service, caller: &Caller, entries: &[Entry], once: &Once) -> Result<(), Problem> {
    let Some(access) = entries.iter().find_map(|entry| access_of(service, caller, entry)) else {
        return Ok(());
    };
    if idempotency::kept(service, once).await?.is_none() {
        match service.store().write(&access, Job::default()).await {
            Err(WriteError::Repeated) => drop(idempotency::kept(service, once).await?),
            taken => drop(taken?),
        }
    }
    Ok(())
}

/// By which access an entry writes; none where it reads, or may not.
fn access_of(service: &Service, caller: &Caller, entry: &Entry) -> Option<Access> {
    gate(service, caller, std::slice::from_ref(entry)).ok()?.pop()?
}

/// Runs an entry that writes: with a key it does so once.
async fn write(
    service: &Service,
    caller: &Caller,
    body: &[u8],
    entry: &Entry,
    answer: Return,
    once: Option<&Once>,
) -> Result<EntryResponse, Problem> {
    let work = Box::pin(run(service, caller, body, entry, answer));
    let (Some(once), Some(access)) = (once, access_of(service, caller, entry)) else { return work.await };
    match idempotency::run(service, idempotency::part(service, once, entry.index), work).await? {
        Done::Now(response) => Ok(response),
        Done::Before(kept) => {
            let stored = idempotency::first_again(service, &access, &kept).await?;
            stored_response(service, &stored, answer)
        }
    }
}

pub(super) fn refused(problem: Problem) -> EntryResponse {
    EntryResponse { status: problem.status, outcome: Some(problem.outcome()), ..EntryResponse::default() }
}

async fn run(
    service: &Service,
    caller: &Caller,
    body: &[u8],
    entry: &Entry,
    answer: Return,
) -> Result<EntryResponse, Problem> {
    let stored = match entry.action.clone()? {
        Action::Create { resource_type, criteria: None } => {
            let access = service.decide(caller, Interaction::Create, Some(resource_type))?;
            create(service, &access, resource_type, entry.text(body)?).await
        }
        Action::Create { resource_type, criteria: Some(criteria) } => {
            let access = service.decide_conditional(caller, Interaction::Create, Some(resource_type))?;
            conditional_create(service, &access, resource_type, entry.text(body)?, &criteria).await
        }
        Action::Update { resource_type, id, if_match } => {
            let access = service.decide(caller, Interaction::Update, Some(resource_type))?;
            update(service, &access, resource_type, &id, entry.text(body)?, if_match).await
        }
        Action::ConditionalUpdate { resource_type, criteria, if_match } => {
            let access = service.decide_conditional(caller, Interaction::Update, Some(resource_type))?;
            conditional_update(service, &access, resource_type, entry.text(body)?, &criteria, if_match).await
        }
        Action::Patch { resource_type, id, if_match } => {
            let access = service.decide_patch(caller, Some(resource_type))?;
            let document = patch_of(body, entry)?;
            patch(service, &access, resource_type, &id, &document, if_match).await
        }
        Action::ConditionalPatch { resource_type, criteria, if_match } => {
            let access = service.decide_conditional_patch(caller, Some(resource_type))?;
            let document = patch_of(body, entry)?;
            conditional_patch(service, &access, resource_type, &criteria, &document, if_match).await
        }
        Action::Delete { resource_type, id, if_match } => {
            let access = service.decide(caller, Interaction::Delete, Some(resource_type))?;
            delete(service, &access, resource_type, &id, if_match).await
        }
        Action::ConditionalDelete { resource_type, criteria } => {
            let access = service.decide_conditional(caller, Interaction::Delete, Some(resource_type))?;
            match conditional_delete(service, &access, resource_type, &criteria).await? {
                Some(stored) => Ok(stored),
                None => return Ok(EntryResponse { status: 204, ..EntryResponse::default() }),
            }
        }
        Action::Get { url, versions, since } => return get(service, caller, &url, versions, since).await,
    };
    // Places inside the resource are seen from the Bundle.
    let stored = stored.map_err(|problem| problem.within("entry.resource"))?;
    stored_response(service, &stored, answer)
}

fn patch_of(body: &[u8], entry: &Entry) -> Result<PatchDocument, Problem> {
    PatchDocument::of_entry(entry.text(body)?).map_err(|problem| problem.within("entry.resource"))
}

/// The answer to an entry that wrote.
pub(super) fn stored_response(
    service: &Service,
    stored: &Stored,
    answer: Return,
) -> Result<EntryResponse, Problem> {
    let Stored { resource_type, id, version, last_updated, .. } = stored;
    let all_ok = || fhir::Issue::information(Fault::AllOk);
    let outcome = crate::deceased::warning(*resource_type, id)
        .or_else(|| (answer == Return::OperationOutcome).then(all_ok))
        .map(|issue| fhir::outcome_json(&[issue]));
    Ok(EntryResponse {
        status: stored.status(),
        location: (!stored.is_gone())
            .then(|| format!("{}/{resource_type}/{id}/_history/{version}", service.base())),
        version: (stored.effect != Effect::NothingToDelete).then_some((*version, *last_updated)),
        resource: if answer == Return::Representation { stored.to_json()?.map(Text::Own) } else { None },
        outcome,
    })
}
