//! transaction: all entries or none, links between them resolved.
//!
//! Criteria are asked first, ids are given, links rewritten, and one job carries everything to the store,
//! which asks the criteria again inside its transaction. When an answer has changed, all is decided anew.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use access::{Access, Caller, Interaction};
use fhir::{Fault, Issue, LogicalId, ReferenceText, ResourceType};
use json::Node;
use record_store::{Job, Journal, Once, Precondition, Seen, Write, WriteError};

use super::batch::{refused, stored_response};
use super::budget::Budget;
use super::get::get;
use super::identity::{Criteria, Identities, Identity, deleted, identify, node};
use super::links::{Links, resolve};
use super::patch::{Patched, check_patch, is_patch, patch_all, patch_write};
use super::permission::permit_all;
use super::readings::check_reads;
use super::step::{Step, again, note};
use super::{Action, Entry, blocking};
use crate::bundle_text::{BundleText, EntryResponse};
use crate::condition::{ATTEMPTS, Condition, ask_besides};
use crate::facts::Subject;
use crate::idempotency::{self, Done};
use crate::judge::refuse_invalid;
use crate::prepare::content;
use crate::refusals::{note_entry, note_nothing, note_transaction};
use crate::structure::check_structure;
use crate::write::conditional_write;
use crate::{Problem, Return, Service, Stored};

/// What came of one entry.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// It wrote, or found what it would have written.
    Stored(Stored),
    /// It had nothing to do.
    Nothing,
    /// It reads, after everything is written.
    Read,
}

/// Runs a transaction and writes the Bundle of answers.
pub(super) async fn answer(
    service: &Service,
    caller: &Caller,
    body: Vec<u8>,
    entries: Vec<Entry>,
    answer: Return,
) -> Result<String, Problem> {
    let entries = Arc::new(entries);
    // Boxed, as in a batch: it is long, and is held by whoever does it once.
    let work = Box::pin(run(service, caller, Arc::new(body), Arc::clone(&entries), Identities::New));
    let done = match Once::current() {
        None => work.await,
        Some(once) => match idempotency::run(service, once, work).await {
            Ok(Done::Now(outcomes)) => Ok(outcomes),
            Ok(Done::Before(kept)) => again(service, &gate(service, caller, &entries)?, &kept).await,
            Err(problem) => Err(problem),
        },
    };
    let outcomes = done.inspect_err(|problem| note_transaction(&entries, problem))?;
    let budget = Budget::new(service.settings().most_answer_bytes);
    let mut bundle = BundleText::new("transaction-response", None, &[]);
    for (entry, outcome) in entries.iter().zip(outcomes) {
        let response = match (outcome, &entry.action) {
            (Outcome::Stored(stored), _) => budget.written(stored_response(service, &stored, answer)?),
            (Outcome::Read, Ok(Action::Get { url, versions, since })) => {
                let got = if budget.is_spent() {
                    Err(budget.refusal())
                } else {
                    get(service, caller, url, versions.clone(), *since).await
                };
                match got.inspect_err(|problem| note_entry(entry, problem)) {
                    Ok(response) if budget.take(&response) => response,
                    Ok(_) => refused(budget.refusal()),
                    Err(problem) => refused(problem),
                }
            }
            _ => EntryResponse { status: 204, ..EntryResponse::default() },
        };
        bundle.response(&response);
    }
    Ok(bundle.finish())
}

/// Runs the writing entries of a transaction. The outcomes are in the order of the entries.
pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    body: Arc<Vec<u8>>,
    entries: Arc<Vec<Entry>>,
    identities: Identities,
) -> Result<Vec<Outcome>, Problem> {
    let mut aside = Journal::new(uuid::Uuid::nil());
    let done = run_beside(service, caller, body, entries, identities, &mut aside).await;
    // That it failed tells what its readings found: they are entries of the request, for no others follow.
    if let (Err(_), Some(journal)) = (&done, Journal::current()) {
        journal.adopt(&aside);
    }
    done
}

async fn run_beside(
    service: &Service,
    caller: &Caller,
    body: Arc<Vec<u8>>,
    entries: Arc<Vec<Entry>>,
    identities: Identities,
    aside: &mut Journal,
) -> Result<Vec<Outcome>, Problem> {
    let accesses = gate(service, caller, &entries)?;
    let criteria = {
        let (body, entries) = (Arc::clone(&body), Arc::clone(&entries));
        blocking(move || check_all(&body, &entries)).await?
    };
    let Some(access) = accesses.iter().flatten().last().cloned() else {
        return Ok(vec![Outcome::Read; entries.len()]);
    };
    let accesses = Arc::new(accesses);
    let is_deletion = |entry: &&Entry| entry.action.as_ref().is_ok_and(|action| action.order() == 0);
    let deletions = entries.iter().filter(is_deletion).count();
    for _ in 0..ATTEMPTS {
        let mut conditions = HashMap::with_capacity(criteria.len());
        for ((resource_type, text), (place, entry)) in &criteria {
            let access = accesses.get(*entry).and_then(Option::as_ref).unwrap_or(&access);
            let condition = ask_besides(service, access, *resource_type, text, deletions).await;
            let condition = condition.map_err(|problem| problem.at(place))?;
            conditions.insert((*resource_type, text.clone()), condition);
        }
        // What it showed the last time is decided anew.
        *aside = Journal::new(uuid::Uuid::nil());
        check_reads(service, caller, &entries, aside).await?;
        let patched = patch_all(service, &accesses, &body, &entries, &conditions, aside).await?;
        let planned = {
            let (service, accesses) = (service.clone(), Arc::clone(&accesses));
            let (body, entries) = (Arc::clone(&body), Arc::clone(&entries));
            blocking(move || plan(&service, &accesses, &body, &entries, &conditions, &patched, identities))
                .await?
        };
        let Some(Planned { job, steps }) = permit_all(service, &accesses, planned, &entries).await? else {
            continue;
        };
        let writes = job.writes.clone();
        match Once::noting(|| note(&steps), service.store().write(&access, job)).await {
            Ok(written) => {
                let mut outcomes = Vec::with_capacity(steps.len());
                for (step, own) in steps.into_iter().zip(accesses.iter()) {
                    let own = own.as_ref().unwrap_or(&access);
                    let outcome = match step {
                        Step::Write(at) => match (writes.get(at), written.get(at)) {
                            (Some(write), Some(written)) => Outcome::Stored(Stored::new(write, written)),
                            _ => return Err(Problem::new(500, Fault::Internal)),
                        },
                        Step::Found(resource_type, id) => {
                            let record = crate::read(service, own, resource_type, &id).await?;
                            Outcome::Stored(Stored::unchanged(own, record)?)
                        }
                        Step::Done(stored) => Outcome::Stored(*stored),
                        Step::Nothing => Outcome::Nothing,
                        Step::Read => Outcome::Read,
                    };
                    if let Outcome::Stored(stored) = &outcome {
                        note_nothing(own, stored);
                    }
                    outcomes.push(outcome);
                }
                return Ok(outcomes);
            }
            Err(WriteError::ConditionChanged | WriteError::StateChanged) => {}
            Err(WriteError::VersionConflict { write, current }) => {
                let entry = steps.iter().position(|step| matches!(step, Step::Write(at) if *at == write));
                // Who patches without naming a version patches what is there now.
                if entry.and_then(|index| entries.get(index)).is_some_and(is_patch_of_any_version) {
                    continue;
                }
                let precondition = writes.get(write).map_or(Precondition::None, |write| write.precondition);
                let problem = Problem::precondition_failed(precondition, current);
                return Err(match entry.and_then(|index| entries.get(index)) {
                    Some(entry) => problem.within(&entry.place()),
                    None => problem,
                });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

pub(super) fn is_patch_of_any_version(entry: &Entry) -> bool {
    matches!(
        entry.action,
        Ok(Action::Patch { if_match: None, .. } | Action::ConditionalPatch { if_match: None, .. })
    )
}

/// Asks the gate for every entry that writes.
pub(super) fn gate(
    service: &Service,
    caller: &Caller,
    entries: &[Entry],
) -> Result<Vec<Option<Access>>, Problem> {
    let mut accesses = Vec::with_capacity(entries.len());
    for entry in entries {
        let denied = |denied| Problem::from(denied).within(&entry.place());
        let (interaction, about) = match &entry.action {
            Ok(Action::Patch { resource_type, .. }) => {
                accesses.push(Some(service.decide_patch(caller, Some(*resource_type)).map_err(denied)?));
                continue;
            }
            Ok(Action::ConditionalPatch { resource_type, .. }) => {
                let access = service.decide_conditional_patch(caller, Some(*resource_type));
                accesses.push(Some(access.map_err(denied)?));
                continue;
            }
            Ok(Action::Create { resource_type, .. }) => (Interaction::Create, *resource_type),
            Ok(Action::Update { resource_type, .. } | Action::ConditionalUpdate { resource_type, .. }) => {
                (Interaction::Update, *resource_type)
            }
            Ok(Action::Delete { resource_type, .. } | Action::ConditionalDelete { resource_type, .. }) => {
                (Interaction::Delete, *resource_type)
            }
            Ok(Action::Get { .. }) => {
                accesses.push(None);
                continue;
            }
            Err(problem) => return Err(problem.clone()),
        };
        // Who writes by criteria learns what a search finds.
        let asks = entry.action.as_ref().is_ok_and(Action::asks);
        let access = if asks {
            service.decide_conditional(caller, interaction, Some(about))
        } else {
            service.decide(caller, interaction, Some(about))
        };
        accesses.push(Some(access.map_err(denied)?));
    }
    Ok(accesses)
}

/// Checks the structure of every resource, and collects the criteria that have to be asked: where they stand, and in
/// which entry.
fn check_all(body: &[u8], entries: &[Entry]) -> Result<BTreeMap<Criteria, (String, usize)>, Problem> {
    let mut criteria: BTreeMap<Criteria, (String, usize)> = BTreeMap::new();
    let mut full_urls = HashSet::new();
    let mut issues: Vec<Issue> = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        if let Some(full_url) = &entry.full_url
            && !full_urls.insert(full_url.as_str())
        {
            issues.push(Issue::error(Fault::RepeatedFullUrl).at(format!("{}.fullUrl", entry.place())));
        }
        let mut wanted = None;
        let request = format!("{}.request", entry.place());
        match &entry.action {
            Ok(Action::Create { resource_type, criteria: text }) => {
                wanted = Some((*resource_type, None));
                let asked = (request, position);
                criteria.extend(text.as_ref().map(|text| ((*resource_type, text.clone()), asked)));
            }
            Ok(Action::Update { resource_type, id, .. }) => wanted = Some((*resource_type, Some(id))),
            Ok(Action::ConditionalUpdate { resource_type, criteria: text, .. }) => {
                wanted = Some((*resource_type, None));
                criteria.insert((*resource_type, text.clone()), (request, position));
            }
            Ok(
                Action::ConditionalDelete { resource_type, criteria: text }
                | Action::ConditionalPatch { resource_type, criteria: text, .. },
            ) => {
                criteria.insert((*resource_type, text.clone()), (request, position));
            }
            _ => {}
        }
        if is_patch(entry) {
            let place = format!("{}.resource", entry.place());
            check_patch(body, entry, &mut |text| {
                if let ReferenceText::Conditional { resource_type, query } = ReferenceText::parse(text) {
                    criteria.insert((resource_type, query.to_owned()), (place.clone(), position));
                }
            })?;
        }
        if let (Some(mut resource), Some((resource_type, id))) = (node(entry, body)?, wanted) {
            let place = format!("{}.resource", entry.place());
            issues.extend(
                check_entry(&resource, resource_type, id).into_iter().map(|issue| issue.within(&place)),
            );
            fhir::rewrite_references(&mut resource, &mut |text| {
                if let ReferenceText::Conditional { resource_type, query } = ReferenceText::parse(text) {
                    criteria.insert((resource_type, query.to_owned()), (place.clone(), position));
                }
                None
            });
        }
    }
    if !issues.is_empty() {
        return Err(Problem::from_issues(400, issues));
    }
    Ok(criteria)
}

pub(super) fn check_entry(resource: &Node<'_>, wanted: ResourceType, id: Option<&LogicalId>) -> Vec<Issue> {
    let (resource_type, mut issues) = check_structure(resource);
    if resource_type.is_some_and(|resource_type| resource_type != wanted) {
        let fault = Fault::WrongResourceType { expected: wanted.to_string() };
        issues.push(Issue::error(fault).at(format!("{wanted}.resourceType")));
    }
    match (id, resource.text("id")) {
        (Some(_), None) => issues.push(Issue::error(Fault::MissingId).at(format!("{wanted}.id"))),
        (Some(id), Some(given)) if given != id.as_str() => {
            issues.push(Issue::error(Fault::WrongId).at(format!("{wanted}.id")));
        }
        _ => {}
    }
    issues
}

pub(super) struct Planned {
    pub(super) job: Job,
    pub(super) steps: Vec<Step>,
}

fn plan(
    service: &Service,
    accesses: &[Option<Access>],
    body: &[u8],
    entries: &[Entry],
    conditions: &HashMap<Criteria, Condition>,
    patched: &HashMap<usize, Patched>,
    identities: Identities,
) -> Result<Planned, Problem> {
    let mut known: Vec<Option<(ResourceType, Identity)>> = Vec::with_capacity(entries.len());
    let mut targets: HashMap<&str, (ResourceType, LogicalId)> = HashMap::new();
    let mut taken: HashSet<(ResourceType, LogicalId)> = HashSet::new();
    let mut conditional: HashSet<Criteria> = HashSet::new();
    let gone = deleted(entries, conditions)?;
    for entry in entries {
        let repeated = || Problem::from_issue(400, Issue::error(Fault::RepeatedIdentity).at(entry.place()));
        let identity = identify(body, entry, conditions, &gone, identities)
            .map_err(|problem| problem.within(&entry.place()))?;
        // Two entries with the same criteria that match nothing would make the same resource twice.
        if let Ok(
            Action::Create { resource_type, criteria: Some(criteria) }
            | Action::ConditionalUpdate { resource_type, criteria, .. },
        ) = &entry.action
            && !conditional.insert((*resource_type, criteria.clone()))
        {
            return Err(repeated());
        }
        if let Some((resource_type, identity)) = &identity {
            let key = (*resource_type, identity.id().clone());
            let writes =
                !matches!((&entry.action, identity), (Ok(Action::Create { .. }), Identity::Existing(_)));
            if writes && !taken.insert(key.clone()) {
                return Err(repeated());
            }
            if let Some(full_url) = &entry.full_url {
                targets.insert(full_url, key);
            }
        }
        known.push(identity);
    }
    let mut job = Job::default();
    let mut steps = Vec::with_capacity(entries.len());
    let mut invalid = Vec::new();
    for ((entry, access), identity) in entries.iter().zip(accesses).zip(known) {
        let step = match (&entry.action, identity) {
            (Ok(Action::Get { .. }), _) => Step::Read,
            (Ok(Action::Create { resource_type, .. }), Some((_, Identity::Existing(id)))) => {
                Step::Found(*resource_type, id)
            }
            (Ok(action), Some((resource_type, identity))) => {
                let access = access.as_ref().ok_or_else(|| Problem::new(500, Fault::Internal))?;
                let place = format!("{}.resource", entry.place());
                let id = identity.id().clone();
                let names = (&targets, conditions);
                let written = match patched.get(&entry.index) {
                    Some(patched) => patch_write(service, access, entry, patched, names),
                    None => {
                        write(service, access, body, entry, action, resource_type, identity, names).map(Some)
                    }
                };
                match written {
                    Ok(Some(write)) => {
                        job.writes.push(write);
                        Step::Write(job.writes.len() - 1)
                    }
                    Ok(None) => Step::Found(resource_type, id),
                    // All that is invalid is told at once.
                    Err(problem) if problem.status == 422 => {
                        invalid.extend(problem.within(&place).issues);
                        Step::Nothing
                    }
                    Err(problem) => return Err(problem.within(&place)),
                }
            }
            _ => Step::Nothing,
        };
        steps.push(step);
    }
    if !invalid.is_empty() {
        return Err(Problem::from_issues(422, invalid));
    }
    // FHIR's order of processing; the store keeps the order it is given.
    order(&mut job, &mut steps, entries);
    job.expectations = conditions.values().map(|condition| condition.expectation.clone()).collect();
    Ok(Planned { job, steps })
}

/// Sorts the writes of a job by the order of their actions and adapts the steps.
fn order(job: &mut Job, steps: &mut [Step], entries: &[Entry]) {
    let mut ranked: Vec<(u8, usize, usize)> = steps
        .iter()
        .zip(entries)
        .enumerate()
        .filter_map(|(index, (step, entry))| match step {
            Step::Write(at) => Some((entry.action.as_ref().map_or(0, Action::order), *at, index)),
            _ => None,
        })
        .collect();
    ranked.sort_unstable();
    let mut writes: Vec<Option<Write>> = std::mem::take(&mut job.writes).into_iter().map(Some).collect();
    for (_, at, index) in ranked {
        if let Some(write) = writes.get_mut(at).and_then(Option::take)
            && let Some(step) = steps.get_mut(index)
        {
            *step = Step::Write(job.writes.len());
            job.writes.push(write);
        }
    }
}

/// What links in a transaction may name: entries by their fullUrl, and criteria that were asked.
pub(super) type Names<'p> =
    (&'p HashMap<&'p str, (ResourceType, LogicalId)>, &'p HashMap<Criteria, Condition>);

#[expect(clippy::too_many_arguments, reason = "the parts of a plan; a struct would only name them once more")]
fn write(
    service: &Service,
    access: &Access,
    body: &[u8],
    entry: &Entry,
    action: &Action,
    resource_type: ResourceType,
    identity: Identity,
    names: Names<'_>,
) -> Result<Write, Problem> {
    let content = match node(entry, body)? {
        None => None,
        Some(mut resource) => {
            let links = Links { targets: names.0, conditions: names.1, known: &HashSet::new() };
            resolve(service, entry, &mut resource, &links)?;
            refuse_invalid(service, access, &resource, resource_type)?;
            let subject = Subject { id: identity.id(), first: matches!(identity, Identity::New(_)) };
            let content = content(service, access, resource_type, subject, &resource)?;
            Some((content, resource.text("id").map(str::to_owned)))
        }
    };
    let if_match = match action {
        Action::Update { if_match, .. } | Action::Delete { if_match, .. } => *if_match,
        _ => None,
    };
    if let (Action::ConditionalUpdate { if_match, .. }, Some((content, own_id))) = (action, &content) {
        let own_id = own_id.as_deref().and_then(|id| LogicalId::try_from(id).ok());
        let found = match &identity {
            Identity::Existing(id) => Some(id),
            Identity::New(_) | Identity::Stable(_) | Identity::Own(_) => None,
        };
        let ids = (identity.id(), own_id.as_ref());
        let write = conditional_write(resource_type, ids, content.clone(), found, *if_match)?;
        return Ok(Write { id: identity.id().clone(), ..write });
    }
    let precondition = match (&identity, if_match) {
        (_, Some(version)) => Precondition::Version(version),
        (Identity::New(_), None) => Precondition::New,
        (Identity::Stable(_) | Identity::Own(_) | Identity::Existing(_), None) => Precondition::None,
    };
    let id = identity.id().clone();
    let (content, seen) = (content.map(|(content, _)| content), Seen::Unchecked);
    Ok(Write { resource_type, id, precondition, content, seen })
}
