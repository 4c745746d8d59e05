//! What the registry has told of a person, by an answer or by an event.

use fhir::Instant;
use population_registry::{Answer, Demographics, Event, ListedPerson};

/// Source of what an answer told.
pub(super) const ANSWER: &str = "population-registry";
/// Source of what an event told.
pub(super) const FEED: &str = "population-registry-feed";

/// A record with where it comes from.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) record: &'a Demographics,
    /// The version of the record, where the registry tells one.
    pub(super) version: Option<u64>,
    /// When the registry said so.
    pub(super) verified_at: Instant,
    /// The event; none of an answer.
    pub(super) event: Option<&'a Event>,
    /// The registry's key of the person, where it is told.
    pub(super) person: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// What an event told.
    pub(super) fn by(event: &'a Event, verified_at: Instant) -> Self {
        Self {
            record: &event.record,
            version: Some(event.version),
            verified_at,
            event: Some(event),
            person: Some(&event.person),
        }
    }

    /// What was answered.
    pub(super) fn answered(answer: &'a Answer<Demographics>) -> Self {
        let (record, version) = (&answer.value, answer.registry_version);
        Self { record, version, verified_at: answer.asked_at, event: None, person: None }
    }

    /// What the listing told.
    pub(super) fn listed(listed: &'a ListedPerson, verified_at: Instant) -> Self {
        let (record, person) = (&listed.record, Some(listed.person.as_str()));
        Self { record, version: Some(listed.version), verified_at, event: None, person }
    }

    /// All numbers, the one in force first.
    pub(super) fn numbers(&self) -> Vec<&'a str> {
        let former = self.record.former_numbers.iter().map(|number| number.as_str());
        std::iter::once(self.record.number.as_str()).chain(former).collect()
    }

    /// Who has told it.
    pub(super) fn source(&self) -> &'static str {
        if self.event.is_some() { FEED } else { ANSWER }
    }
}
