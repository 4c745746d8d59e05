//! Parting: both `Patient`s say so in one transaction, entries go back to where they came from, and whoever read the mixed
//! book is told. What is to be done is kept first, so that a server that is killed goes on with it.

use std::collections::BTreeSet;

use access::MERGE;
use fhir::{Instant, LogicalId};
use interactions::Problem;
use record_store::{Merged, SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::join::{TURN, is_link_to, kept, pair, put_list, put_merge, with};
use super::{Word, origin, part_of, recall};
use crate::HealthBook;
use crate::ledger::{Entry, items, write};
use crate::moment::plus;
use crate::refusal::{Rule, internal};
use crate::secret::hashed;
use crate::turn;

const ROUNDS: usize = 16;
/// Seconds after which no request is under way any more that was decided before the books were apart.
const SETTLED: i64 = 120;

/// Two books that are being taken apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Parting {
    pub(super) survivor: String,
    pub(super) other: String,
    /// Everybody who was one then.
    pub(super) people: Vec<String>,
    /// When the two were merged, in microseconds.
    pub(super) since: i64,
    /// When they were certainly apart.
    until: Option<i64>,
    /// Whether every entry is back, or on the work list.
    restored: bool,
    /// Entries that are back, or on the work list, while others are not: what people have decided of them since is not undone.
    #[serde(default, alias = "listed", skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) handled: BTreeSet<String>,
}

impl Parting {
    pub(super) fn since(&self) -> Instant {
        Instant::from_microseconds(self.since)
    }

    /// By which what follows of it is found again.
    pub(super) fn name(&self) -> String {
        format!("{} {} {}", self.survivor, self.other, self.since)
    }

    pub(super) fn id(text: &str) -> Result<LogicalId, Problem> {
        LogicalId::try_from(text).map_err(|_| internal())
    }
}

/// Takes apart two people who are not one.
pub(super) async fn part(book: &HealthBook, survivor: &LogicalId, other: &LogicalId) -> Result<(), Problem> {
    let store = book.service().store();
    let record = {
        let _turn = turn::wait(store, TURN.0, TURN.1).await?;
        let merge = store.merge_of(other, survivor).await?.filter(|merge| merge.ended.is_none());
        let merge = merge.ok_or(Rule::NotMerged)?;
        let people = store.one_person(other).await?;
        let parting = Parting {
            survivor: survivor.to_string(),
            other: other.to_string(),
            people: people.iter().map(ToString::to_string).collect(),
            since: merge.since.microseconds(),
            until: None,
            restored: false,
            handled: BTreeSet::new(),
        };
        let id = hashed(store, "unmerge", &parting.name());
        let record = SecurityRecord::new(SecurityKind::Unmerging, &id, kept(&parting)?);
        let now = Instant::now();
        store.change_security(SecurityChange::Insert(record), Vec::new(), now).await?;
        let record = store.security_record(SecurityKind::Unmerging, &id, now).await?;
        let record = record.ok_or_else(internal)?;
        apart(book, record).await?
    };
    if let Some(record) = record {
        settle(book, record).await?;
    }
    Ok(())
}

/// Goes on with what was begun. Whatever of it is done already is not done again.
pub(super) async fn go_on(book: &HealthBook, record: SecurityRecord) -> Result<(), Problem> {
    let record = {
        let _turn = turn::wait(book.service().store(), TURN.0, TURN.1).await?;
        apart(book, record).await?
    };
    match record {
        Some(record) => settle(book, record).await,
        None => Ok(()),
    }
}

/// Both people say that they are by themselves.
async fn apart(book: &HealthBook, record: SecurityRecord) -> Result<Option<SecurityRecord>, Problem> {
    let mut parting = read(&record)?;
    if parting.until.is_some() {
        return Ok(Some(record));
    }
    let (survivor, other) = (Parting::id(&parting.survivor)?, Parting::id(&parting.other)?);
    let store = book.service().store();
    // Merged again meanwhile is another merge, which nobody has asked to undo.
    let is_meant = |merge: Merged| merge.ended.is_none() && merge.since == parting.since();
    let mut rounds = 0;
    while store.merge_of(&other, &survivor).await?.is_some_and(is_meant) {
        let (stays, goes) = pair(book, &survivor, &other).await?;
        let entries = vec![
            Entry::instead(&stays, &without_replaced(&stays.resource, &other)),
            Entry::instead(&goes, &by_itself(&goes.resource, &survivor)),
        ];
        rounds += 1;
        match write(book.service(), entries).await {
            // Somebody was quicker.
            Err(problem) if problem.status == 412 && rounds < ROUNDS => {}
            Err(problem) => return Err(problem),
            Ok(()) => {}
        }
    }
    parting.until = Some(Instant::now().microseconds());
    keep(book, record, &parting).await
}

/// Brings entries back, tells who has to know; the last time when nobody can be reading any more.
async fn settle(book: &HealthBook, record: SecurityRecord) -> Result<(), Problem> {
    let mut parting = read(&record)?;
    let until = Instant::from_microseconds(parting.until.ok_or_else(internal)?);
    let now = Instant::now();
    let mut record = record;
    let mut restored = Ok(());
    if !parting.restored {
        // Merged again: everything is where it belongs, until they are parted again.
        let (survivor, other) = (Parting::id(&parting.survivor)?, Parting::id(&parting.other)?);
        let settled = plus(until, SETTLED);
        if book.service().store().one_person(&survivor).await?.contains(&other) {
            // Who has read the mixed book has to know all the same.
            return if now < settled { recall::tell(book, &parting, until).await } else { Ok(()) };
        }
        let handled = parting.handled.len();
        restored = origin::restore(book, &mut parting, (settled, now)).await;
        parting.restored = restored.is_ok();
        let has_more = parting.handled.len() > handled;
        if parting.restored {
            parting.handled.clear();
        }
        if parting.restored || has_more {
            match keep(book, record, &parting).await? {
                Some(next) => record = next,
                None => return Ok(()),
            }
        }
    }
    // Also where an entry cannot go back: who has read it has to know.
    recall::tell(book, &parting, until).await?;
    restored?;
    if now >= plus(until, SETTLED) {
        let done = SecurityChange::Remove(SecurityKind::Unmerging, record.id);
        book.service().store().change_security(done, Vec::new(), now).await?;
    }
    Ok(())
}

fn read(record: &SecurityRecord) -> Result<Parting, Problem> {
    serde_json::from_str(&record.value).map_err(|_| internal())
}

/// Keeps how far it has come; nothing when another server has it.
async fn keep(
    book: &HealthBook,
    record: SecurityRecord,
    parting: &Parting,
) -> Result<Option<SecurityRecord>, Problem> {
    let store = book.service().store();
    let record = SecurityRecord { value: kept(parting)?, ..record };
    let (id, now) = (record.id.clone(), Instant::now());
    if !store.change_security(SecurityChange::Replace(record), Vec::new(), now).await? {
        return Ok(None);
    }
    Ok(store.security_record(SecurityKind::Unmerging, &id, now).await?)
}

fn without_replaced(patient: &Value, other: &LogicalId) -> Value {
    let links = items(patient, "/link").iter().filter(|link| !is_link_to(link, other, "replaces"));
    let links = links.cloned().collect();
    with(patient, |members| put_list(members, "link", links))
}

/// The `Patient` as it was before it was replaced, in what that changed.
fn by_itself(patient: &Value, survivor: &LogicalId) -> Value {
    let links = items(patient, "/link").iter().filter(|link| !is_link_to(link, survivor, "replaced-by"));
    let links = links.cloned().collect();
    let is_by_registry = Word::of(patient) == Some(Word::Registry);
    let active = part_of(patient, "active").and_then(|part| part.get("valueBoolean")).cloned();
    let ended = json!({"url": "ended", "valueInstant": Instant::now().to_string()});
    with(patient, |members| {
        put_list(members, "link", links);
        put_merge(members, json!({"url": MERGE, "extension": [ended]}));
        match active {
            // What the registry says of it stands there already.
            _ if is_by_registry => {}
            Some(active) => {
                members.insert("active".to_owned(), active);
            }
            None => {
                members.remove("active");
            }
        }
    })
}
