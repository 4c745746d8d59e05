//! What an act tells or refuses, for the log of accesses: what it looks up to be done is the server's own, and no entry.

use audit_log::Action;
use fhir::{LogicalId, ResourceType};
use interactions::{Problem, Refused, note_refusal};
use record_store::Journal;

/// The right to an act, where no rule of the policy gives it.
const ACT: &str = "act";

/// Says what a request is about beside what its path names, as soon as that is known: in its book it stands when the request
/// is refused.
pub(crate) fn concerns(resource_type: ResourceType, id: &LogicalId) {
    if let Some(journal) = Journal::current() {
        journal.concerns(resource_type, id.clone());
    }
}

/// Notes that something which is no act was refused.
pub(crate) fn refused(problem: &Problem, refused: Refused) {
    if let Some(journal) = Journal::current() {
        note_refusal(&journal, problem.status, refused);
    }
}

/// Notes that something of a book was told: `place` is the path of the act.
pub(crate) fn told(patient: &LogicalId, place: &str) {
    told_by(patient, place, ACT);
}

/// The same, by a right of its own.
pub(crate) fn told_by(patient: &LogicalId, place: &str, authority: &'static str) {
    note(Action::Operation, Some(patient), place, authority);
}

/// Notes that something was told that is of no book.
pub(crate) fn told_of_nobody(place: &str) {
    note(Action::Operation, None, place, ACT);
}

/// Notes an act about a book that writes no resource by which it could be seen.
pub(crate) fn done(patient: &LogicalId, place: &str) {
    note(Action::Sharing, Some(patient), place, ACT);
}

fn note(action: Action, patient: Option<&LogicalId>, place: &str, authority: &'static str) {
    if let Some(journal) = Journal::current() {
        let about = patient.map(|patient| (ResourceType::PATIENT, patient.clone()));
        journal.asked(action, about, place, authority);
    }
}
