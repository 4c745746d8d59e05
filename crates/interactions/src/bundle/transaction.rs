//! transaction: all entries or none, links between them resolved.
//!
//! Criteria are asked first, ids are given, links rewritten, and one job carries everything to the store,
//! which asks the criteria again inside its transaction. When an answer has changed, all is decided anew.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use access::{Access, Caller, Interaction};
use fhir::{Fault, Issue, LinkKind, LogicalId, ReferenceText, ResourceType, rewrite_links};
use json::Node;
use record_store::{Job, Precondition, Write, WriteError};

use super::batch::stored_response;
use super::get::get;
use super::identity::{Criteria, Identities, Identity, deleted, identify, node};
use super::{Action, Entry, blocking};
use crate::bundle_text::{BundleText, EntryResponse};
use crate::condition::{ATTEMPTS, Condition, ask_besides};
use crate::prepare::content;
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
    let outcomes = run(service, caller, Arc::new(body), Arc::clone(&entries), Identities::New).await?;
    let mut bundle = BundleText::new("transaction-response", None, &[]);
    for (entry, outcome) in entries.iter().zip(outcomes) {
        let response = match (outcome, &entry.action) {
            (Outcome::Stored(stored), _) => stored_response(service, &stored, answer)?,
            (Outcome::Read, Ok(Action::Get { url, versions, since })) => {
                let got = get(service, caller, url, versions.clone(), *since).await;
                got.unwrap_or_else(|problem| EntryResponse {
                    status: problem.status,
                    outcome: Some(problem.outcome()),
                    ..EntryResponse::default()
                })
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
    let access = gate(service, caller, &entries)?;
    let criteria = {
        let (body, entries) = (Arc::clone(&body), Arc::clone(&entries));
        blocking(move || check_all(&body, &entries)).await?
    };
    let Some(access) = access else { return Ok(vec![Outcome::Read; entries.len()]) };
    let is_deletion = |entry: &&Entry| entry.action.as_ref().is_ok_and(|action| action.order() == 0);
    let deletions = entries.iter().filter(is_deletion).count();
    for _ in 0..ATTEMPTS {
        let mut conditions = HashMap::with_capacity(criteria.len());
        for ((resource_type, text), place) in &criteria {
            let condition = ask_besides(service, &access, *resource_type, text, deletions).await;
            let condition = condition.map_err(|problem| problem.at(place))?;
            conditions.insert((*resource_type, text.clone()), condition);
        }
        check_reads(service, caller, &entries).await?;
        let planned = {
            let (service, body, entries) = (service.clone(), Arc::clone(&body), Arc::clone(&entries));
            blocking(move || plan(&service, &body, &entries, &conditions, identities)).await?
        };
        let Planned { job, steps } = planned;
        let writes = job.writes.clone();
        match service.store().write(&access, job).await {
            Ok(written) => {
                let mut outcomes = Vec::with_capacity(steps.len());
                for step in steps {
                    outcomes.push(match step {
                        Step::Write(at) => match (writes.get(at), written.get(at)) {
                            (Some(write), Some(written)) => Outcome::Stored(Stored::new(write, written)),
                            _ => return Err(Problem::new(500, Fault::Internal)),
                        },
                        Step::Found(resource_type, id) => {
                            let record = crate::read(service, &access, resource_type, &id).await?;
                            Outcome::Stored(Stored::unchanged(record))
                        }
                        Step::Nothing => Outcome::Nothing,
                        Step::Read => Outcome::Read,
                    });
                }
                return Ok(outcomes);
            }
            Err(WriteError::ConditionChanged) => {}
            Err(WriteError::VersionConflict { write, current }) => {
                let entry = steps.iter().position(|step| matches!(step, Step::Write(at) if *at == write));
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

/// A read that is going to fail refuses the whole transaction, so it has to be known before anything is
/// written. A resource that the transaction itself writes will be there.
async fn check_reads(service: &Service, caller: &Caller, entries: &[Entry]) -> Result<(), Problem> {
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
    for entry in entries {
        let Ok(Action::Get { url, versions, since }) = &entry.action else { continue };
        if written(url) {
            continue;
        }
        if removed(url) {
            return Err(Problem::new(410, Fault::Gone).at(&entry.place()));
        }
        let answer = get(service, caller, url, versions.clone(), *since).await;
        answer.map_err(|problem| problem.at(&entry.place()))?;
    }
    Ok(())
}

/// Asks the gate for every kind of entry. The access of the writes is the one of the last: all of them say
/// which books may be touched, and the policy gives one caller the same books for every writing interaction.
fn gate(service: &Service, caller: &Caller, entries: &[Entry]) -> Result<Option<Access>, Problem> {
    let mut access = None;
    for entry in entries {
        let interaction = match &entry.action {
            Ok(Action::Create { .. }) => Interaction::Create,
            Ok(Action::Update { .. } | Action::ConditionalUpdate { .. }) => Interaction::Update,
            Ok(Action::Delete { .. } | Action::ConditionalDelete { .. }) => Interaction::Delete,
            Ok(Action::Get { .. }) => continue,
            Err(problem) => return Err(problem.clone()),
        };
        let decided = service
            .decide(caller, interaction)
            .map_err(|denied| Problem::from(denied).within(&entry.place()))?;
        access = Some(decided);
    }
    Ok(access)
}

/// Checks the structure of every resource, and collects the criteria that have to be asked.
fn check_all(body: &[u8], entries: &[Entry]) -> Result<BTreeMap<Criteria, String>, Problem> {
    let mut criteria: BTreeMap<Criteria, String> = BTreeMap::new();
    let mut full_urls = HashSet::new();
    let mut issues: Vec<Issue> = Vec::new();
    for entry in entries {
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
                criteria.extend(text.as_ref().map(|text| ((*resource_type, text.clone()), request)));
            }
            Ok(Action::Update { resource_type, id, .. }) => wanted = Some((*resource_type, Some(id))),
            Ok(Action::ConditionalUpdate { resource_type, criteria: text, .. }) => {
                wanted = Some((*resource_type, None));
                criteria.insert((*resource_type, text.clone()), request);
            }
            Ok(Action::ConditionalDelete { resource_type, criteria: text }) => {
                criteria.insert((*resource_type, text.clone()), request);
            }
            _ => {}
        }
        if let (Some(mut resource), Some((resource_type, id))) = (node(entry, body)?, wanted) {
            let place = format!("{}.resource", entry.place());
            issues.extend(
                check_entry(&resource, resource_type, id).into_iter().map(|issue| issue.within(&place)),
            );
            fhir::rewrite_references(&mut resource, &mut |text| {
                if let ReferenceText::Conditional { resource_type, query } = ReferenceText::parse(text) {
                    criteria.insert((resource_type, query.to_owned()), place.clone());
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

fn check_entry(resource: &Node<'_>, wanted: ResourceType, id: Option<&LogicalId>) -> Vec<Issue> {
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

/// What an entry comes to.
#[derive(Debug, Clone)]
enum Step {
    /// The write of this index in the job.
    Write(usize),
    /// A conditional create found this.
    Found(ResourceType, LogicalId),
    Nothing,
    Read,
}

struct Planned {
    job: Job,
    steps: Vec<Step>,
}

fn plan(
    service: &Service,
    body: &[u8],
    entries: &[Entry],
    conditions: &HashMap<Criteria, Condition>,
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
    for (entry, identity) in entries.iter().zip(known) {
        let step = match (&entry.action, identity) {
            (Ok(Action::Get { .. }), _) => Step::Read,
            (Ok(Action::Create { resource_type, .. }), Some((_, Identity::Existing(id)))) => {
                Step::Found(*resource_type, id)
            }
            (Ok(action), Some((resource_type, identity))) => {
                let write =
                    write(service, body, entry, action, resource_type, identity, &targets, conditions)
                        .map_err(|problem| problem.within(&format!("{}.resource", entry.place())))?;
                job.writes.push(write);
                Step::Write(job.writes.len() - 1)
            }
            _ => Step::Nothing,
        };
        steps.push(step);
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

#[expect(clippy::too_many_arguments, reason = "the parts of a plan; a struct would only name them once more")]
fn write(
    service: &Service,
    body: &[u8],
    entry: &Entry,
    action: &Action,
    resource_type: ResourceType,
    identity: Identity,
    targets: &HashMap<&str, (ResourceType, LogicalId)>,
    conditions: &HashMap<Criteria, Condition>,
) -> Result<Write, Problem> {
    let content = match node(entry, body)? {
        None => None,
        Some(mut resource) => {
            resolve(service, entry, &mut resource, targets, conditions)?;
            Some((content(service, resource_type, &resource)?, resource.text("id").map(str::to_owned)))
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
        let write = conditional_write(resource_type, own_id.as_ref(), content.clone(), found, *if_match)?;
        return Ok(Write { id: identity.id().clone(), ..write });
    }
    let precondition = match (&identity, if_match) {
        (_, Some(version)) => Precondition::Version(version),
        (Identity::New(_), None) => Precondition::New,
        (Identity::Stable(_) | Identity::Own(_) | Identity::Existing(_), None) => Precondition::None,
    };
    let id = identity.id().clone();
    Ok(Write { resource_type, id, precondition, content: content.map(|(content, _)| content) })
}

/// Gives the links of a resource their targets.
fn resolve(
    service: &Service,
    entry: &Entry,
    resource: &mut Node<'_>,
    targets: &HashMap<&str, (ResourceType, LogicalId)>,
    conditions: &HashMap<Criteria, Condition>,
) -> Result<(), Problem> {
    let mut fault = None;
    // A relative reference is read under the base of the entry's own fullUrl (R4 bundle.html#references).
    let own_base = entry.full_url.as_deref().and_then(|url| match ReferenceText::parse(url) {
        ReferenceText::Literal { base: Some(base), .. } => Some(base),
        _ => None,
    });
    rewrite_links(resource, &mut |kind, text| {
        let target = |url: &str| targets.get(url).map(|(resource_type, id)| format!("{resource_type}/{id}"));
        if let Some(found) = target(text) {
            return Some(found);
        }
        if kind != LinkKind::Reference {
            return None;
        }
        match ReferenceText::parse(text) {
            ReferenceText::Literal { base: None, resource_type, id, .. } => {
                let base = own_base?;
                target(&format!("{base}/{resource_type}/{id}"))
            }
            ReferenceText::Literal { base: Some(base), .. } if base == service.base() => {
                text.get(base.len() + 1..).map(str::to_owned)
            }
            ReferenceText::Conditional { resource_type, query } => {
                let condition = conditions.get(&(resource_type, query.to_owned()))?;
                match condition.expectation.found.as_slice() {
                    [id] => Some(format!("{resource_type}/{id}")),
                    [] => {
                        fault.get_or_insert(Fault::ConditionalReferenceNone);
                        None
                    }
                    _ => {
                        fault.get_or_insert(Fault::ConditionalReferenceMany);
                        None
                    }
                }
            }
            ReferenceText::Other(other)
                if other.starts_with("urn:uuid:") || other.starts_with("urn:oid:") =>
            {
                fault.get_or_insert(Fault::DanglingReference);
                None
            }
            _ => None,
        }
    });
    match fault {
        Some(fault @ Fault::ConditionalReferenceMany) => Err(Problem::new(412, fault)),
        Some(fault) => Err(Problem::new(400, fault)),
        None => Ok(()),
    }
}
