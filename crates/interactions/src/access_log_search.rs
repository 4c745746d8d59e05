//! Reading the log of accesses by FHIR: `AuditEvent` of the own book for a citizen, of the own staff for the officer of a
//! facility, of a person or a facility for an auditor. Reading it is an entry, too.

use std::collections::BTreeSet;

use access::{Actor, Caller, Interaction, OfficerRole, StaffRole};
use audit_log::proof::EntryProof;
use audit_log::{Action, Checkpoint, Entry, Hash, Outcome, VerifyingKey};
use fhir::{Fault, Issue, LogicalId, ResourceType};
use record_store::{Journal, LogPage, StoreError, without_id};

use crate::access_log_wanted::{LogPageState, Wanted, read_request};
use crate::audit_event::{audit_event, position_of};
use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::page::page_url;
use crate::query_text::query_text;
use crate::{Problem, SearchRequest, Service};

/// The type whose resources are entries of the log and nothing else.
pub const AUDIT_EVENT: &str = "AuditEvent";

/// Whether what is searched are entries of the log. Without sign-in there is nobody whose part it could be.
pub fn is_of_the_log(caller: &Caller, request: &SearchRequest) -> bool {
    request.compartment.is_none()
        && request.resource_type.is_some_and(|kind| kind.as_str() == AUDIT_EVENT)
        && matches!(caller, Caller::Authenticated(_))
}

/// Whether an id is that of an entry of the log.
pub fn is_log_entry(resource_type: ResourceType, id: &LogicalId) -> bool {
    resource_type.as_str() == AUDIT_EVENT && position_of(id.as_str()).is_some()
}

/// The right of a citizen to the log of the own book.
pub const OWN_LOG: &str = "own-log";
/// Entries that are looked at for one page, when a date or an action is asked for.
const MOST_LOOKED_AT: usize = 20_000;

/// Whose part of the log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Of a person; of a citizen also that of those who were merged into the own book.
    Person(Vec<String>),
    Organization(String),
}

impl Part {
    fn of(patient: &str) -> Self {
        Self::Person(vec![patient.to_owned()])
    }
}

/// `GET AuditEvent?...`: newest first. Parameters: `patient`, `agent` (an `Organization`, or somebody within the part that
/// is read), `date`, `action`, `outcome`, `_count`.
pub async fn audit_events(
    service: &Service,
    caller: &Caller,
    request: &SearchRequest,
) -> Result<String, Problem> {
    let forbidden = |wanted: &Wanted| wanted.note_forbidden();
    if let Err(problem) = may_read(service, caller, Interaction::Search) {
        read_request(service, request).iter().for_each(forbidden);
        return Err(problem);
    }
    let mut wanted = read_request(service, request)?;
    wanted.by_auditor = is_auditor(caller);
    if request.strict && !wanted.unknown.is_empty() {
        return Err(Problem::from_issues(400, wanted.unknown).into_errors());
    }
    let part = part_of(service, caller, &wanted).await.inspect_err(|_| forbidden(&wanted))?;
    let mut entries = Vec::new();
    let mut next = None;
    if let Some(part) = &part {
        (entries, next) = gather(service, part, &wanted).await?;
    }
    let query = logged_query(AUDIT_EVENT, &wanted.understood);
    let right = right_of(caller);
    let named = wanted.people(part.as_ref());
    if part.is_some() || named.is_empty() {
        note(part.as_ref(), Action::Search, &query, right);
    }
    let mut told = BTreeSet::new();
    if let Some(Part::Organization(_)) = part {
        // Each person of whom something is shown is told, too.
        told.extend(entries.iter().map(|(_, entry)| &*entry.patient).filter(|patient| !patient.is_empty()));
    }
    for patient in &told {
        note(Some(&Part::of(patient)), Action::Search, &query, right);
    }
    // And who was asked for, where nothing is there. Nothing was told by a right.
    for patient in named.into_iter().filter(|patient| !told.contains(patient)) {
        note(Some(&Part::of(patient)), Action::Search, &query, "");
    }
    let url = format!("{}/{AUDIT_EVENT}", service.base());
    let query = query_text(&wanted.understood);
    let mark = if query.is_empty() { "" } else { "?" };
    let mut links = vec![("self", format!("{url}{mark}{query}"))];
    if let Some(before) = next {
        let sealed = service.links().seal(AUDIT_EVENT, &LogPageState { before, count: wanted.count })?;
        links.push(("next", page_url(&url, &sealed, &wanted.understood)));
    }
    let mut bundle = BundleText::new("searchset", None, &links);
    for (number, (position, entry)) in entries.iter().enumerate() {
        let event = audit_event(service.base(), *position, number, entry);
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        bundle.made(&format!("{url}/{id}"), &event.to_string(), "match");
    }
    bundle.outcome(&wanted.unknown);
    Ok(bundle.finish())
}

/// `GET AuditEvent/[id]`
pub async fn read_audit_event(service: &Service, caller: &Caller, id: &LogicalId) -> Result<String, Problem> {
    let Some(position) = position_of(id.as_str()) else { return Err(Problem::not_found()) };
    let (entry, _) = entry_at(service, caller, position).await?;
    let about = Part::of(&entry.patient);
    note(Some(&about), Action::Read, &format!("{AUDIT_EVENT}/{id}"), right_of(caller));
    Ok(audit_event(service.base(), Some(position), 0, &entry).to_string())
}

/// `GET /transparency/proof/[position]`: that the entry is in the log that is signed, for whoever may read it. `None` as
/// long as no checkpoint holds it.
pub async fn audit_event_proof(
    service: &Service,
    caller: &Caller,
    key: &VerifyingKey,
    position: u64,
) -> Result<Option<EntryProof>, Problem> {
    let (entry, leaf) = entry_at(service, caller, position).await?;
    let query = format!("transparency/proof/{position}");
    note(Some(&Part::of(&entry.patient)), Action::Read, &query, right_of(caller));
    let store = service.store();
    let Some(note) = store.log_checkpoint().await? else { return Ok(None) };
    // Of another key: it does not pass by itself.
    let signed = Checkpoint::open(&note, key).map_err(|_| StoreError::Corrupt)?;
    let proof = store.log_inclusion(position, signed.size()).await?;
    Ok(proof.map(|proof| EntryProof::new(key, note, position, leaf, proof)))
}

/// The entry at a position as whoever may read it is shown it, and the hash of the one that is stored. That tells nothing of
/// what is hidden: the entry has a salt.
async fn entry_at(
    service: &Service,
    caller: &Caller,
    position: u64,
) -> Result<(Entry<'static>, Hash), Problem> {
    may_read(service, caller, Interaction::Read)?;
    let Some(mut entry) = service.store().log_entry(position).await? else {
        return Err(Problem::not_found());
    };
    let leaf = entry.leaf_hash();
    let mut wanted = Wanted::default();
    if is_auditor(caller) {
        wanted.patient = Some(entry.patient.to_string());
    }
    let seen = match part_of(service, caller, &wanted).await? {
        Some(Part::Person(people)) => people.iter().any(|it| *entry.patient == **it),
        Some(Part::Organization(organization)) => *entry.organization == *organization,
        None => false,
    };
    if !is_auditor(caller)
        && !matches!(caller, Caller::Authenticated(it) if matches!(it.actor, Actor::Citizen { .. }))
    {
        hide_whom(&mut entry);
    }
    if seen { Ok((entry, leaf)) } else { Err(Problem::not_found()) }
}

/// Whether a caller reads any log. Whose part it is is asked by [`part_of`]; the rules of the policy say nothing of it, for
/// entries are no resources that somebody wrote. Scopes have to reach `AuditEvent` without a restriction, and an app that was
/// let into one book reads the log of no other.
pub fn may_read(service: &Service, caller: &Caller, interaction: Interaction) -> Result<(), Problem> {
    let Ok(kind) = AUDIT_EVENT.parse() else { return Err(Problem::not_found()) };
    service.policy().scopes_cover(caller, interaction, kind)?;
    match caller {
        Caller::Authenticated(identity) => match (&identity.actor, &identity.patient) {
            (Actor::Citizen { patient }, Some(within)) if patient != within => {
                Err(Problem::new(403, Fault::Forbidden))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Takes out whom a refused attempt, or a search that showed nothing, was about. Who tried was told nothing of that, and
/// whoever supervises them is not told by the log either: whether there is what was asked for, and whose it is.
fn hide_whom(entry: &mut Entry<'_>) {
    use Action::{History, Include, Operation, Search};
    let asks = matches!(entry.action, History | Search | Include | Operation);
    // What is told by a right shows no resource, but something of a book.
    let shows_nothing = asks && entry.shown == 0 && entry.authority.is_empty();
    if entry.outcome != Outcome::Success || shows_nothing {
        entry.patient = "".into();
        // Of several that were named those that there are have an entry, and by a number or a code somebody is found.
        entry.resource = "".into();
        entry.basis = "".into();
        if let Some(query) = without_id(&entry.query) {
            entry.query = query.into();
        }
    }
}

fn is_auditor(caller: &Caller) -> bool {
    matches!(caller, Caller::Authenticated(identity) if identity.actor == Actor::Officer { role: OfficerRole::Auditor })
}

/// Which part of the log a caller reads; `None` for one in which nothing can be.
pub(crate) async fn part_of(
    service: &Service,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<Option<Part>, Problem> {
    let forbidden = || Problem::new(403, Fault::Forbidden);
    let own = match caller {
        _ if is_auditor(caller) => {
            return match (&wanted.patient, &wanted.organization) {
                (Some(patient), _) => Ok(Some(Part::of(patient))),
                (None, Some(organization)) => Ok(Some(Part::Organization(organization.clone()))),
                (None, None) => {
                    let fault = Fault::InvalidSearchValue { name: "patient".to_owned() };
                    Err(Problem::from_issue(400, Issue::error(fault).at("http.patient")))
                }
            };
        }
        Caller::Authenticated(identity) => match &identity.actor {
            // An app that was let into one book only reads the log of none but the own one.
            Actor::Citizen { patient } => Part::Person(service.store().own_people(patient).await?),
            Actor::Facility { organization, role: StaffRole::FacilityOfficer, .. } => {
                Part::Organization(format!("Organization/{organization}"))
            }
            _ => return Err(forbidden()),
        },
        _ => return Err(forbidden()),
    };
    Ok(match (own, &wanted.patient) {
        (Part::Person(people), Some(asked)) => people.contains(asked).then(|| Part::of(asked)),
        (Part::Organization(own), _) => {
            let is_own = wanted.organization.as_ref().is_none_or(|asked| *asked == own);
            is_own.then_some(Part::Organization(own))
        }
        (own @ Part::Person(_), None) => Some(own),
    })
}

pub(crate) async fn gather(
    service: &Service,
    part: &Part,
    wanted: &Wanted,
) -> Result<(Vec<(Option<u64>, Entry<'static>)>, Option<u64>), Problem> {
    let count = usize::try_from(wanted.count).unwrap_or(usize::MAX);
    let (mut found, mut before, mut looked_at) = (Vec::new(), wanted.before, 0);
    let oldest = wanted.dates.iter().filter_map(|(low, _)| *low).max();
    loop {
        let missing = count.saturating_sub(found.len());
        let LogPage { mut entries, next } = match part {
            Part::Person(people) => service.store().log_of_people(people, before, missing).await?,
            Part::Organization(of) => service.store().log_of_organization(of, before, missing).await?,
        };
        looked_at += entries.len();
        if !wanted.by_auditor && matches!(part, Part::Organization(_)) {
            entries.iter_mut().for_each(|(_, entry)| hide_whom(entry));
        }
        // Entries are in the order of their positions, which is nearly that of their times.
        let is_past = entries.last().is_some_and(|(_, entry)| {
            oldest.is_some_and(|oldest| entry.time.microseconds() < oldest - 600_000_000)
        });
        found.extend(entries.into_iter().filter(|(_, entry)| wanted.admits(part, entry)));
        before = next;
        if next.is_none() || is_past {
            return Ok((found, None));
        }
        if found.len() >= count || looked_at >= MOST_LOOKED_AT {
            return Ok((found, next));
        }
    }
}

/// By what right a caller reads a part of the log: no rule of the policy is about it.
fn right_of(caller: &Caller) -> &'static str {
    match caller {
        Caller::Authenticated(identity) => match &identity.actor {
            Actor::Citizen { .. } => OWN_LOG,
            Actor::Facility { role, .. } => role.code(),
            Actor::Officer { role } => role.code(),
        },
        _ => "",
    }
}

/// Notes in the journal of the request that this part of the log was read, whose it is, and by what right.
pub(crate) fn note(part: Option<&Part>, action: Action, query: &str, right: &'static str) {
    let Some(journal) = Journal::current() else { return };
    let about = |of: &String| {
        let (kind, id) = of.split_once('/')?;
        Some((kind.parse::<ResourceType>().ok()?, LogicalId::try_from(id).ok()?))
    };
    match part {
        Some(Part::Person(people)) => {
            people.iter().for_each(|of| journal.asked(action, about(of), query, right))
        }
        Some(Part::Organization(of)) => journal.asked(action, about(of), query, right),
        None => journal.asked(action, None, query, right),
    }
}
