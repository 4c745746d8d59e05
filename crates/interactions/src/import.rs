//! Loading Bundles and single resources in bulk, so that loading the same again changes nothing: ids are
//! stable, and content that is already there makes no new version.

use std::collections::HashSet;
use std::sync::Arc;

use access::{Access, Caller, Interaction};
use aws_lc_rs::digest::{SHA256, digest};
use fhir::{Fault, Issue, LogicalId, ResourceType, check_envelope};
use json::Node;
use record_store::{Effect, Job, Precondition, Seen, Write};

use crate::bundle::{Action, Entry, Identities, Outcome, blocking, read_entries, run_transaction};
use crate::facts::Subject;
use crate::judge::faults;
use crate::permission::{NewOnes, Permitted, permit};
use crate::prepare::{content, localise, parse};
use crate::structure::check_structure;
use crate::{Problem, Service};

/// Entries in a row that the database could not take: then it takes none.
const MOST_IN_A_ROW: u32 = 3;

/// What came of a Bundle.
#[derive(Debug, Clone, Default)]
pub struct ImportOutcome {
    /// Resources that were not there.
    pub created: usize,
    /// Resources that have a new version.
    pub updated: usize,
    /// Resources that were there with the same content.
    pub unchanged: usize,
    /// Entries that were refused, by their index.
    pub failed: Vec<(usize, Problem)>,
}

impl ImportOutcome {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Stored(stored) => match stored.effect {
                Effect::Created => self.created += 1,
                Effect::Updated | Effect::Deleted => self.updated += 1,
                Effect::Unchanged | Effect::NothingToDelete => self.unchanged += 1,
            },
            Outcome::Nothing | Outcome::Read => {}
        }
    }
}

/// Loads a Bundle. A transaction is loaded whole or not at all; of any other Bundle every entry counts for
/// itself. Entries without a request are put under their own id.
pub async fn import_bundle(
    service: &Service,
    caller: &Caller,
    body: Vec<u8>,
) -> Result<ImportOutcome, Problem> {
    let there = service.clone();
    let (body, entries, whole) = blocking(move || {
        let bundle = parse(&body, "Bundle")?;
        let (resource_type, issues) = check_envelope(&bundle);
        if !issues.is_empty() {
            return Err(Problem::from_issues(400, issues));
        }
        if resource_type != Some(ResourceType::BUNDLE) {
            return Err(Problem::bad_request(Fault::WrongResourceType { expected: "Bundle".to_owned() }));
        }
        let (entries, whole) = match bundle.text("type") {
            Some("transaction") => (read_entries(&there, &bundle)?, true),
            Some("batch") => (read_entries(&there, &bundle)?, false),
            _ => (entries_to_put(&bundle), false),
        };
        Ok((body, entries, whole))
    })
    .await?;
    let (body, entries) = (Arc::new(body), Arc::new(entries));
    let mut report = ImportOutcome::default();
    let together =
        run_transaction(service, caller, Arc::clone(&body), Arc::clone(&entries), Identities::Stable).await;
    match together {
        Ok(outcomes) => outcomes.iter().for_each(|outcome| report.count(outcome)),
        // One entry that the database cannot take must not keep the others out; nobody takes any while it is busy.
        Err(problem) if whole || problem.status == 503 => return Err(problem),
        Err(_) => {
            let mut in_a_row = 0;
            for entry in entries.iter() {
                let one = Arc::new(vec![entry.clone()]);
                match run_transaction(service, caller, Arc::clone(&body), one, Identities::Stable).await {
                    Ok(outcomes) => {
                        in_a_row = 0;
                        outcomes.iter().for_each(|outcome| report.count(outcome));
                    }
                    Err(problem) => {
                        in_a_row = if problem.is_transient() { in_a_row + 1 } else { 0 };
                        if problem.status == 503 || in_a_row >= MOST_IN_A_ROW {
                            return Err(problem);
                        }
                        report.failed.push((entry.index, problem));
                    }
                }
            }
        }
    }
    Ok(report)
}

/// The entries of a Bundle that asks for nothing: each resource is put under its id.
fn entries_to_put(bundle: &Node<'_>) -> Vec<Entry> {
    let entries = bundle.get("entry").map(Node::items).unwrap_or_default();
    let put = |(index, entry): (usize, &Node<'_>)| {
        let resource = entry.get("resource")?;
        let name = resource.text("resourceType").unwrap_or_default();
        let place = format!("Bundle.entry[{index}].resource");
        let action = match (name.parse(), resource.text("id").map(LogicalId::try_from)) {
            (Ok(resource_type), Some(Ok(id))) => Ok(Action::Update { resource_type, id, if_match: None }),
            (Ok(resource_type), None) => Ok(Action::Create { resource_type, criteria: None }),
            (Ok(_), Some(Err(_))) => Err(Problem::from_issue(400, Issue::error(Fault::InvalidId).at(place))),
            (Err(_), _) => {
                let fault = Fault::UnknownResourceType { name: name.to_owned() };
                Err(Problem::from_issue(400, Issue::error(fault).at(place)))
            }
        };
        let full_url = entry.text("fullUrl").map(str::to_owned);
        Some(Entry { index, full_url, resource: Some(resource.span), action })
    };
    entries.iter().enumerate().filter_map(put).collect()
}

/// Loads single resources, for example the lines of an NDJSON file. The numbers come back with the outcomes.
pub async fn import_resources(
    service: &Service,
    caller: &Caller,
    resources: Vec<(u64, Vec<u8>)>,
) -> Vec<(u64, Result<Effect, Problem>)> {
    let access = match service.decide(caller, Interaction::Update, None) {
        Ok(access) => access,
        Err(denied) => {
            let problem = Problem::from(denied);
            return resources.into_iter().map(|(line, _)| (line, Err(problem.clone()))).collect();
        }
    };
    let (there, gate) = (service.clone(), access.clone());
    let prepared = blocking(move || {
        let prepare = |(line, body): (u64, Vec<u8>)| (line, prepare_one(&there, &gate, &body));
        Ok(resources.into_iter().map(prepare).collect::<Vec<_>>())
    });
    let mut results = Vec::new();
    let mut group: Vec<(u64, Write)> = Vec::new();
    let mut names: HashSet<(ResourceType, LogicalId)> = HashSet::new();
    for (line, prepared) in prepared.await.unwrap_or_default() {
        match prepared {
            Err(problem) => results.push((line, Err(problem))),
            Ok(write) => {
                // A resource may be changed once in a job: the later line goes into the next one.
                if !names.insert((write.resource_type, write.id.clone())) {
                    results.extend(put_group(service, &access, std::mem::take(&mut group)).await);
                    names.clear();
                    names.insert((write.resource_type, write.id.clone()));
                }
                group.push((line, write));
            }
        }
    }
    results.extend(put_group(service, &access, group).await);
    results
}

fn prepare_one(service: &Service, access: &Access, body: &[u8]) -> Result<Write, Problem> {
    let mut resource = parse(body, "Resource")?;
    let (resource_type, issues) = check_structure(&resource);
    if !issues.is_empty() {
        return Err(Problem::from_issues(400, issues));
    }
    let resource_type = resource_type.ok_or_else(|| Problem::bad_request(Fault::NoResourceType))?;
    localise(service, &mut resource)?;
    let issues = faults(service, &resource, resource_type, None);
    if !issues.is_empty() {
        return Err(Problem::from_issues(422, issues));
    }
    let id = match resource.text("id").map(LogicalId::try_from) {
        Some(id) => id.map_err(|_| Problem::bad_request(Fault::InvalidId))?,
        None => stable_id(None, body)?,
    };
    let content = content(service, access, resource_type, Subject { id: &id, first: false }, &resource)?;
    let (precondition, seen) = (Precondition::None, Seen::Unchecked);
    Ok(Write { resource_type, id, precondition, content: Some(content), seen })
}

async fn put_group(
    service: &Service,
    access: &Access,
    group: Vec<(u64, Write)>,
) -> Vec<(u64, Result<Effect, Problem>)> {
    if group.is_empty() {
        return Vec::new();
    }
    let (lines, writes): (Vec<u64>, Vec<Write>) = group.into_iter().unzip();
    let result = async {
        let (mut permitted, mut expectations) = (Vec::with_capacity(writes.len()), Vec::new());
        for write in writes {
            let decided = permit(service, access, write, &NewOnes::default()).await?;
            if let Permitted::Write(write, more) = decided {
                permitted.push(*write);
                expectations.extend(more);
            }
        }
        let job = Job { expectations, writes: permitted };
        Ok::<_, Problem>(service.store().write(access, job).await?)
    };
    match result.await {
        Ok(written) => {
            lines.into_iter().zip(written).map(|(line, written)| (line, Ok(written.effect))).collect()
        }
        Err(problem) => lines.into_iter().map(|line| (line, Err(problem.clone()))).collect(),
    }
}

/// An id that is the same whenever the same entry is loaded: the uuid of the fullUrl, else a hash of the
/// fullUrl, else of the text. Never the id of the resource alone: two sources may use the same one for
/// different people.
pub(crate) fn stable_id(full_url: Option<&str>, resource: &[u8]) -> Result<LogicalId, Problem> {
    let uuid = full_url.and_then(|url| url.strip_prefix("urn:uuid:")).map(str::to_lowercase);
    if let Some(id) = uuid.as_deref().and_then(|uuid| LogicalId::try_from(uuid).ok()) {
        return Ok(id);
    }
    let hash = digest(&SHA256, full_url.map_or(resource, str::as_bytes));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.as_ref()).for_each(|(byte, from)| *byte = *from);
    let id = uuid::Uuid::new_v8(bytes).to_string();
    LogicalId::try_from(id.as_str()).map_err(|_| Problem::new(500, Fault::Internal))
}
