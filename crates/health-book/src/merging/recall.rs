//! Who has read a book that was mixed from two people: each facility gets a `Task` for each of the two that it read of.

use std::collections::BTreeMap;

use audit_log::{Action, Entry as LogEntry, Outcome};
use fhir::{Instant, LogicalId};
use interactions::Problem;
use serde_json::{Value, json};

use super::part::Parting;
use crate::HealthBook;
use crate::ledger::{Entry, read, write};
use crate::moment::plus;
use crate::secret::hashed;
use crate::vocabulary::ACT;

/// Entries of the log that are read at once.
const PAGE: usize = 500;
/// Entries stand in the log in the order in which they came, some seconds from that of their times.
const SLACK: i64 = 900;
/// What is named in a `Task`.
const MOST_NAMED: usize = 200;

/// What a facility has read of a person.
#[derive(Debug, Default)]
struct ReadOf {
    name: String,
    first: Option<Instant>,
    last: Option<Instant>,
    /// Resources that it was shown, and searches and operations that showed several.
    named: Vec<String>,
    shown: u64,
}

/// Tells everybody who has to know and was not told yet.
pub(super) async fn tell(book: &HealthBook, parting: &Parting, until: Instant) -> Result<(), Problem> {
    for person in &parting.people {
        for (organization, read_of) in readers(book, person, parting.since(), until).await? {
            let name = format!("{} {person} {organization}", parting.name());
            let mut hash = hashed(book.service().store(), "recall", &name);
            hash.truncate(32);
            let id = LogicalId::try_from(format!("recall-{hash}").as_str())
                .map_err(|_| crate::refusal::internal())?;
            // What the facility has done about it since stays.
            if read(book.service(), "Task", &id).await?.is_none() {
                let others = parting.people.iter().filter(|other| *other != person);
                let read_of = read_of.without(others);
                let task = task(&id, person, &organization, &read_of, until);
                write(book.service(), vec![Entry::new(task)]).await?;
            }
        }
    }
    Ok(())
}

/// The facilities that were shown something of a person, by their references.
async fn readers(
    book: &HealthBook,
    person: &str,
    since: Instant,
    until: Instant,
) -> Result<BTreeMap<String, ReadOf>, Problem> {
    let store = book.service().store();
    let patient = format!("Patient/{person}");
    let mut readers: BTreeMap<String, ReadOf> = BTreeMap::new();
    let mut before = None;
    loop {
        let page = store.log_of_person(&patient, before, PAGE).await?;
        for (_, entry) in page.entries.iter().rev() {
            if since <= entry.time && entry.time <= until && is_reading(entry) {
                readers.entry(entry.organization.to_string()).or_default().add(entry);
            }
        }
        let oldest = page.entries.last().map(|(_, entry)| entry.time);
        match page.next {
            Some(next) if oldest.is_none_or(|oldest| oldest >= plus(since, -SLACK)) => before = Some(next),
            _ => return Ok(readers),
        }
    }
}

/// Whether a facility was shown something.
fn is_reading(entry: &LogEntry<'_>) -> bool {
    let reads = matches!(
        entry.action,
        Action::Read
            | Action::Vread
            | Action::History
            | Action::Search
            | Action::Include
            | Action::Operation
            | Action::Export
            | Action::Print
    );
    reads && entry.outcome == Outcome::Success && entry.shown > 0 && !entry.organization.is_empty()
}

impl ReadOf {
    fn add(&mut self, entry: &LogEntry<'_>) {
        self.name = entry.organization_name.to_string();
        self.first = Some(self.first.map_or(entry.time, |first| first.min(entry.time)));
        self.last = Some(self.last.map_or(entry.time, |last| last.max(entry.time)));
        self.shown = self.shown.saturating_add(u64::from(entry.shown));
        let named = if entry.resource.is_empty() {
            // The path alone: names of parameters tell nothing of what was seen.
            entry.query.split('?').next().unwrap_or_default().to_owned()
        } else {
            entry.resource.to_string()
        };
        if !named.is_empty() && self.named.len() < MOST_NAMED && !self.named.contains(&named) {
            self.named.push(named);
        }
    }
}

impl ReadOf {
    /// The same without the ids of others: who they are is not told in this book.
    fn without<'p>(mut self, others: impl Iterator<Item = &'p String>) -> Self {
        for other in others {
            for named in &mut self.named {
                *named = named.replace(other.as_str(), "-");
            }
        }
        self
    }
}

fn task(id: &LogicalId, person: &str, organization: &str, read_of: &ReadOf, until: Instant) -> Value {
    let kind = |code: &str| json!({"coding": [{"system": ACT, "code": code}]});
    let mut input = vec![json!({"type": kind("shown"), "valueUnsignedInt": read_of.shown})];
    for (code, at) in [("first", read_of.first), ("last", read_of.last)] {
        input.extend(at.map(|at| json!({"type": kind(code), "valueInstant": at.to_string()})));
    }
    input.extend(read_of.named.iter().map(|named| {
        let is_resource =
            named.split('/').count() == 2 && !named.contains(['$', '*']) && !named.ends_with("/-");
        match is_resource {
            true => json!({"type": kind("read"), "valueReference": {"reference": named}}),
            false => json!({"type": kind("read"), "valueString": named}),
        }
    }));
    let mut owner = json!({"reference": organization});
    if let (false, Some(members)) = (read_of.name.is_empty(), owner.as_object_mut()) {
        members.insert("display".to_owned(), json!(read_of.name));
    }
    json!({
        "resourceType": "Task",
        "id": id.as_str(),
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": {
            "coding": [{"system": ACT, "code": "recall"}],
            "text": "Sổ sức khỏe đã xem từng bị gộp nhầm với người khác: hãy kiểm tra lại / \
                     A book that was read had been merged with another person's by mistake: check what was taken from it",
        },
        "for": {"reference": format!("Patient/{person}")},
        "authoredOn": until.to_string(),
        "owner": owner,
        "input": input,
    })
}
