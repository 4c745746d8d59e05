//! What is refused to somebody who is signed in leaves an entry in the log of accesses: alone, in a batch or transaction.

use access::Access;
use audit_log::Action;
use fhir::{Fault, LogicalId, ResourceType};
use record_store::{Content, Effect, Journal, Manner, Precondition, Record, Write};

use crate::bundle::{Action as Asked, Entry};
use crate::{Problem, Stored};

/// Statuses of answers that keep something from who asks.
const REFUSED: [u16; 5] = [403, 404, 405, 410, 412];
/// The same of a patch: whether and where it does not fit tells what is there.
const MISFITS: [u16; 5] = [400, 409, 413, 422, 428];

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What was to be done.
    pub action: Action,
    /// The type that was named.
    pub resource_type: ResourceType,
    /// The resource, where one was named.
    pub id: Option<LogicalId>,
}

/// Notes a refusal, in each book that the request was about: who asks for what is there leaves the same trace as for what is
/// not, and the log looks up whose it is.
pub fn note_refusal(journal: &Journal, status: u16, refused: Refused) {
    let Refused { action, resource_type, id } = refused;
    let concerned = journal.concerned();
    // Once it was looked up whom it is about, every answer tells of them.
    let tells = REFUSED.contains(&status) || (action == Action::Patch && MISFITS.contains(&status));
    if (!tells && concerned.is_empty()) || !journal.is_of_somebody() {
        return;
    }
    // What was to be written is said, for it is not there to be named; and what was asked for, where nothing else says it.
    let is_write = matches!(action, Action::Create | Action::Update | Action::Patch);
    let query = if is_write || id.is_none() { resource_type.as_str() } else { "" };
    match id {
        // What is told of a version concerns the person of the version.
        Some(id) => {
            let about = crate::reads_about(resource_type, &id).unwrap_or((resource_type, id));
            journal.refused(action, Some(about), "");
        }
        None if concerned.is_empty() => journal.refused(action, None, query),
        None => {}
    }
    for about in concerned {
        journal.refused(action, Some(about), query);
    }
}

/// Says in whose book something was to be written and may not be, so that the refusal stands there, too; `before` is the person
/// in whose book it is already.
pub(crate) fn note_book(content: &Content, before: Option<&LogicalId>) {
    let book = content.patient.as_ref().filter(|_| content.resource_type != ResourceType::PATIENT);
    if let (Some(book), Some(journal)) = (book.filter(|book| Some(*book) != before), Journal::current()) {
        journal.concerns(ResourceType::PATIENT, book.clone());
    }
}

/// Notes what was not done with a resource for somebody; what the server does not do of its own accord is no entry.
fn note(
    access: &Access,
    journal: Option<&Journal>,
    action: Action,
    about: (ResourceType, LogicalId),
    query: &str,
) {
    if let (Some(journal), Some(_)) = (journal, access.subject()) {
        journal.refused(action, Some(about), query);
    }
}

/// Notes that a patch of this resource was not written, although it was read for it.
pub(crate) fn note_misfit(access: &Access, journal: Option<&Journal>, record: &Record) {
    note(access, journal, Action::Patch, (record.resource_type, record.id.clone()), "");
}

/// Notes that this resource was not shown, although its place is known.
pub(crate) fn note_hidden(access: &Access, about: (ResourceType, LogicalId)) {
    note(access, Journal::current().as_ref(), Action::Read, about, "");
}

/// Notes that there was nothing to delete: the answer is one for all that is not there, is gone, or is hidden, and so is the
/// trace.
pub(crate) fn note_nothing(access: &Access, stored: &Stored) {
    if stored.effect == Effect::NothingToDelete {
        let about = (stored.resource_type, stored.id.clone());
        note(access, Journal::current().as_ref(), Action::Delete, about, "");
    }
}

/// A write that was decided on: by the way in which it is refused who writes learns what is there.
pub(crate) struct Attempt {
    action: Action,
    about: (ResourceType, LogicalId),
    /// The type of what is new: it is not there to be named.
    new: Option<ResourceType>,
}

impl Attempt {
    /// What is written; of what is new the book in which it is to stand.
    pub(crate) fn of(write: &Write) -> Self {
        let is_new = write.precondition == Precondition::New;
        let action = match &write.content {
            None => Action::Delete,
            Some(content) if content.manner != Manner::Whole => Action::Patch,
            Some(_) if is_new => Action::Create,
            Some(_) => Action::Update,
        };
        let book = write.content.as_ref().and_then(|content| content.patient.clone()).filter(|_| is_new);
        let own = || (write.resource_type, write.id.clone());
        let about = book.map_or_else(own, |patient| (ResourceType::PATIENT, patient));
        Self { action, about, new: is_new.then_some(write.resource_type) }
    }

    /// Notes that it was refused. Of what is new nothing is told but that a person has died.
    pub(crate) fn note(&self, access: &Access, problem: &Problem) {
        let tells = self.new.is_none() || problem.issues.iter().any(|issue| issue.fault == Fault::BookClosed);
        if tells && (400..500).contains(&problem.status) {
            let query = self.new.map_or("", ResourceType::as_str);
            note(access, Journal::current().as_ref(), self.action, self.about.clone(), query);
        }
    }
}

/// Notes that an entry of a Bundle was refused.
pub(crate) fn note_entry(entry: &Entry, problem: &Problem) {
    if let (Some(journal), Some(refused)) = (Journal::current(), asked(entry)) {
        note_refusal(&journal, problem.status, refused);
    }
}

/// Notes that a transaction was refused: for the entries that are to blame, or for all that write where none is named.
pub(crate) fn note_transaction(entries: &[Entry], problem: &Problem) {
    let places = problem.issues.iter().flat_map(|issue| &issue.expression);
    let blamed: Vec<usize> = places.filter_map(|place| number(place)).collect();
    let writes = |entry: &&Entry| !matches!(entry.action, Ok(Asked::Get { .. }));
    let is_meant =
        |entry: &&Entry| if blamed.is_empty() { writes(entry) } else { blamed.contains(&entry.index) };
    for entry in entries.iter().filter(is_meant) {
        note_entry(entry, problem);
    }
}

/// The entry that a place of a Bundle is in.
fn number(place: &str) -> Option<usize> {
    place.strip_prefix("Bundle.entry[")?.split_once(']')?.0.parse().ok()
}

fn asked(entry: &Entry) -> Option<Refused> {
    let one = |action, resource_type: &ResourceType, id: &LogicalId| {
        Some(Refused { action, resource_type: *resource_type, id: Some(id.clone()) })
    };
    let some = |action, resource_type: &ResourceType| {
        Some(Refused { action, resource_type: *resource_type, id: None })
    };
    match entry.action.as_ref().ok()? {
        Asked::Create { resource_type, .. } => some(Action::Create, resource_type),
        Asked::Update { resource_type, id, .. } => one(Action::Update, resource_type, id),
        Asked::ConditionalUpdate { resource_type, .. } => some(Action::Update, resource_type),
        Asked::Patch { resource_type, id, .. } => one(Action::Patch, resource_type, id),
        Asked::ConditionalPatch { resource_type, .. } => some(Action::Patch, resource_type),
        Asked::Delete { resource_type, id, .. } => one(Action::Delete, resource_type, id),
        Asked::ConditionalDelete { resource_type, .. } => some(Action::Delete, resource_type),
        Asked::Get { url, .. } => {
            let path = url.split('?').next().unwrap_or_default();
            let mut segments = path.split('/').filter(|segment| !segment.is_empty());
            let resource_type = segments.next()?.parse().ok()?;
            match segments.next().map(LogicalId::try_from) {
                Some(Ok(id)) => one(Action::Read, &resource_type, &id),
                _ => some(Action::Search, &resource_type),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(url: &str) -> Option<Refused> {
        let action = Ok(Asked::Get { url: url.to_owned(), versions: None, since: None });
        asked(&Entry { index: 0, full_url: None, resource: None, action })
    }

    #[test]
    fn a_read_in_a_bundle_is_told_from_a_search() {
        let read = got("Observation/o-1/_history/2").unwrap();
        assert_eq!((read.action, read.id.unwrap().as_str()), (Action::Read, "o-1"));
        let search = got("Observation?patient=p").unwrap();
        assert_eq!((search.action, search.id), (Action::Search, None));
        assert_eq!(got("_history"), None);
    }

    #[test]
    fn the_entry_that_is_to_blame_stands_in_the_place() {
        assert_eq!(number("Bundle.entry[12].resource.Patient.name"), Some(12));
        assert_eq!(number("Bundle.entry"), None);
        assert_eq!(number("Bundle.entry[x]"), None);
    }
}
