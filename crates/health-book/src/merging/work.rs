//! The work list: what cannot be decided from the outside. One officer proposes, another one confirms.

use access::{Caller, OfficerRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::Problem;
use record_store::{Merged, SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::join::{is_joined, join, kept, pair};
use super::origin::move_entry;
use super::part::part;
use super::{Word, is_verified, numbers};
use crate::HealthBook;
use crate::noted::{concerns, told, told_of_nobody};
use crate::refusal::{Rule, internal, wrong};
use crate::secret::hashed;
use crate::{input, who};

const MAY: [OfficerRole; 2] = [OfficerRole::Administrator, OfficerRole::Auditor];
/// As the log of accesses calls these acts.
const PLACE: &str = "access/merges";
/// Items that are shown.
const MOST_SHOWN: usize = 500;
pub(super) const MOST_EVIDENCE: usize = 40;

/// What is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Whether two are one.
    Merge,
    /// Whether two who were made one are not.
    Unmerge,
    /// Whose an entry is.
    Origin,
}

/// Where an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Basis {
    /// An officer reported it.
    Report,
    /// The registry said so, and it could not be done.
    Registry,
    /// Two books were taken apart.
    Parting,
}

/// A comparison and what came of it; never a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What was compared, or a kind of fact.
    pub comparison: String,
    /// What came of it.
    pub outcome: String,
}

impl Evidence {
    pub(super) fn new(comparison: &str, outcome: &str) -> Self {
        Self { comparison: comparison.to_owned(), outcome: outcome.to_owned() }
    }

    fn is_code(&self) -> bool {
        let is_short = |text: &str| {
            (1..=80).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'.'))
        };
        is_short(&self.comparison) && is_short(&self.outcome)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Proposal {
    /// Whether it is to be done: merged, taken apart, moved to the one who was replaced.
    accept: bool,
    by: String,
    at: String,
    reason: String,
}

/// Something to be decided.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(super) decision: Decision,
    pub(super) survivor: String,
    pub(super) other: String,
    /// The entry whose origin is meant.
    pub(super) entry: Option<String>,
    pub(super) basis: Basis,
    /// A code.
    pub(super) reason: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) since: String,
    pub(super) proposal: Option<Proposal>,
}

impl Item {
    fn id(&self, store: &Store) -> String {
        let entry = self.entry.as_deref().unwrap_or_default();
        let name = format!("{:?} {} {} {entry}", self.decision, self.survivor, self.other);
        let mut id = hashed(store, "merge-work", &name);
        id.truncate(32);
        id
    }

    fn people(&self) -> Result<(LogicalId, LogicalId), Problem> {
        let id = |text: &str| LogicalId::try_from(text).map_err(|_| internal());
        Ok((id(&self.survivor)?, id(&self.other)?))
    }

    fn shown(&self, id: &str) -> Value {
        json!({
            "id": id,
            "decision": self.decision,
            "survivor": self.survivor,
            "other": self.other,
            "entry": self.entry,
            "basis": self.basis,
            "reason": self.reason,
            "evidence": self.evidence,
            "since": self.since,
            "proposal": self.proposal,
        })
    }
}

/// Puts something on the list; what is there already stays.
pub(super) async fn keep(book: &HealthBook, item: Item, now: Instant) -> Result<String, Problem> {
    let store = book.service().store();
    let id = item.id(store);
    let record = SecurityRecord::new(SecurityKind::MergeWork, &id, kept(&item)?);
    store.change_security(SecurityChange::Insert(record), Vec::new(), now).await?;
    Ok(id)
}

/// Takes what was decided otherwise meanwhile from the list.
pub(super) async fn settle(
    book: &HealthBook,
    decision: Decision,
    survivor: &LogicalId,
    other: &LogicalId,
    now: Instant,
) -> Result<(), Problem> {
    let item = Item {
        decision,
        survivor: survivor.to_string(),
        other: other.to_string(),
        entry: None,
        basis: Basis::Registry,
        reason: String::new(),
        evidence: Vec::new(),
        since: String::new(),
        proposal: None,
    };
    let store = book.service().store();
    let done = SecurityChange::Remove(SecurityKind::MergeWork, item.id(store));
    store.change_security(done, Vec::new(), now).await?;
    Ok(())
}

/// `POST /access/merges`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// What is to be decided.
    pub decision: Decision,
    /// The `Patient` that stays.
    pub survivor: String,
    /// The `Patient` that is, or was, replaced.
    pub other: String,
    /// `Type/id`, where the origin of an entry is meant.
    pub entry: Option<String>,
    /// Comparisons with their outcomes.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

/// An officer reports something to be decided.
pub async fn report(
    book: &HealthBook,
    caller: &Caller,
    request: ReportRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let person = |text: &str| LogicalId::try_from(text).map_err(|_| Problem::not_found());
    let (survivor, other) = (person(&request.survivor)?, person(&request.other)?);
    concerns(ResourceType::PATIENT, &survivor);
    concerns(ResourceType::PATIENT, &other);
    who::officer(caller, &MAY)?;
    if request.evidence.len() > MOST_EVIDENCE || !request.evidence.iter().all(Evidence::is_code) {
        return Err(wrong("evidence"));
    }
    let is_entry = |text: &String| {
        let parts = text.split_once('/');
        parts
            .is_some_and(|(kind, id)| kind.parse::<ResourceType>().is_ok() && LogicalId::try_from(id).is_ok())
    };
    if request.entry.is_some() != (request.decision == Decision::Origin)
        || !request.entry.iter().all(is_entry)
    {
        return Err(wrong("entry"));
    }
    let (stays, goes) = pair(book, &survivor, &other).await?;
    let merge = merge_between(book, &survivor, &other).await?;
    let is_merged = is_joined(book, &survivor, &other).await?;
    match request.decision {
        Decision::Merge if is_merged => return Err(Rule::AlreadyMerged.into()),
        Decision::Merge if is_registry_only(book, &stays, &goes) => return Err(Rule::RegistryOnly.into()),
        Decision::Unmerge if !is_merged => return Err(Rule::NotMerged.into()),
        // Of people who never were one no entry can be at the wrong place by a merge; while they are, none is.
        Decision::Origin if merge.is_none_or(|merge| merge.ended.is_none()) => {
            return Err(Rule::NotMerged.into());
        }
        _ => {}
    }
    let item = Item {
        decision: request.decision,
        survivor: survivor.to_string(),
        other: other.to_string(),
        entry: request.entry,
        basis: Basis::Report,
        reason: "reported".to_owned(),
        evidence: request.evidence,
        since: now.to_string(),
        proposal: None,
    };
    let id = keep(book, item, now).await?;
    told(&survivor, PLACE);
    told(&other, PLACE);
    Ok(json!({"id": id}))
}

/// A merge of two people, now or before, in whatever direction.
async fn merge_between(
    book: &HealthBook,
    one: &LogicalId,
    other: &LogicalId,
) -> Result<Option<Merged>, Problem> {
    let store = book.service().store();
    Ok(match store.merge_of(other, one).await? {
        Some(merge) => Some(merge),
        None => store.merge_of(one, other).await?,
    })
}

/// Whether both are verified by different numbers in force: nobody but the registry says that they are one.
fn is_registry_only(book: &HealthBook, stays: &crate::ledger::Found, goes: &crate::ledger::Found) -> bool {
    let both = is_verified(book, stays) && is_verified(book, goes);
    both && numbers(&stays.resource) != numbers(&goes.resource)
}

/// `POST /access/merges/{id}/propose`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposeRequest {
    /// Whether it is to be done.
    pub accept: bool,
    /// Why.
    pub reason: String,
}

/// The first officer proposes. What was proposed before is replaced.
pub async fn propose(
    book: &HealthBook,
    caller: &Caller,
    id: &str,
    request: ProposeRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let (record, mut item) = open(book, id, now).await?;
    let officer = who::officer(caller, &MAY)?;
    let reason = input::words("reason", &request.reason, 10, 500)?;
    item.proposal =
        Some(Proposal { accept: request.accept, by: officer.subject.clone(), at: now.to_string(), reason });
    let record = SecurityRecord { value: kept(&item)?, ..record };
    if !book.service().store().change_security(SecurityChange::Replace(record), Vec::new(), now).await? {
        return Err(Problem::new(409, fhir::Fault::ConditionUnstable));
    }
    note(&item)?;
    Ok(json!({"id": id, "accept": request.accept}))
}

/// What was confirmed.
pub type Confirmed = Value;

/// The second one confirms, and it is done.
pub async fn confirm(
    book: &HealthBook,
    caller: &Caller,
    id: &str,
    now: Instant,
) -> Result<Confirmed, Problem> {
    let (record, item) = open(book, id, now).await?;
    let officer = who::officer(caller, &MAY)?;
    let proposal = item.proposal.as_ref().ok_or(Rule::NothingProposed)?;
    if proposal.by == officer.subject {
        return Err(Rule::SecondOfficer.into());
    }
    let (survivor, other) = item.people()?;
    let (stays, goes) = pair(book, &survivor, &other).await?;
    match (item.decision, proposal.accept) {
        (_, false) => {}
        (Decision::Merge, true) => {
            let is_by_registry = item.basis == Basis::Registry;
            if !is_by_registry && is_registry_only(book, &stays, &goes) {
                return Err(Rule::RegistryOnly.into());
            }
            let word = if is_by_registry { Word::Registry } else { Word::Decision };
            if !join(book, &survivor, &other, word).await? {
                return Err(Rule::NotPossible.into());
            }
        }
        (Decision::Unmerge, true) => part(book, &survivor, &other).await?,
        (Decision::Origin, true) => {
            let entry = item.entry.as_deref().ok_or_else(internal)?;
            move_entry(book, entry, &survivor, &other).await?;
        }
    }
    // After it is done, which may be done twice: a failure between leaves it to be confirmed again.
    let done = SecurityChange::Remove(SecurityKind::MergeWork, record.id);
    book.service().store().change_security(done, Vec::new(), now).await?;
    note(&item)?;
    Ok(json!({"id": id, "decision": item.decision, "accept": proposal.accept}))
}

/// What waits.
pub async fn list(book: &HealthBook, caller: &Caller, now: Instant) -> Result<Value, Problem> {
    who::officer(caller, &MAY)?;
    let records = book.service().store().security_records(SecurityKind::MergeWork, None, now).await?;
    if records.is_empty() {
        told_of_nobody(PLACE);
    }
    let mut items = Vec::new();
    for record in records.iter().take(MOST_SHOWN) {
        let item = read(record)?;
        note(&item)?;
        items.push(item.shown(&record.id));
    }
    Ok(json!({"items": items, "total": records.len()}))
}

/// How many wait, by what is to be decided and where it comes from.
pub async fn counts(store: &Store, now: Instant) -> Result<Vec<(String, usize)>, Problem> {
    let mut counts = std::collections::BTreeMap::new();
    for record in store.security_records(SecurityKind::MergeWork, None, now).await? {
        let item = read(&record)?;
        let name = json!([item.decision, item.basis]);
        let part = |index: usize| name.get(index).and_then(Value::as_str).unwrap_or_default().to_owned();
        *counts.entry(format!("{} ({})", part(0), part(1))).or_insert(0) += 1;
    }
    Ok(counts.into_iter().collect())
}

async fn open(book: &HealthBook, id: &str, now: Instant) -> Result<(SecurityRecord, Item), Problem> {
    let record = book.service().store().security_record(SecurityKind::MergeWork, id, now).await?;
    let record = record.ok_or_else(Problem::not_found)?;
    let item = read(&record)?;
    let (survivor, other) = item.people()?;
    concerns(ResourceType::PATIENT, &survivor);
    concerns(ResourceType::PATIENT, &other);
    Ok((record, item))
}

fn read(record: &SecurityRecord) -> Result<Item, Problem> {
    serde_json::from_str(&record.value).map_err(|_| internal())
}

fn note(item: &Item) -> Result<(), Problem> {
    let (survivor, other) = item.people()?;
    told(&survivor, PLACE);
    told(&other, PLACE);
    Ok(())
}
