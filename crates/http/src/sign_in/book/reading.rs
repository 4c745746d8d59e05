//! The one place where these pages read a book: by the same searches as the API, through the gate, with their entries in
//! the log of accesses.

use std::collections::{BTreeMap, BTreeSet};

use ::web::{Language, time_words};
use access::{Caller, Interaction};
use audit_log::Action;
use fhir::{Fault, Instant, LogicalId, ResourceType};
use interactions::{Event, Problem, Refused, SearchRequest, Service};
use jiff::civil::Date;
use record_store::{Journal, Showing};
use serde_json::Value;

use super::facts::target;
use super::show::facilities;

/// A book that is read by somebody.
pub(super) struct Reading<'a> {
    pub(super) service: &'a Service,
    pub(super) caller: &'a Caller,
    pub(super) patient: LogicalId,
}

fn internal() -> Problem {
    Problem::new(500, Fault::Internal)
}

impl Reading<'_> {
    /// The person. Who may not read the book learns that nobody is there, and the log has it.
    pub(super) async fn person(&self) -> Result<Value, Problem> {
        let read = async {
            let access = self.service.decide(self.caller, Interaction::Read, Some(ResourceType::PATIENT))?;
            let record =
                interactions::read(self.service, &access, ResourceType::PATIENT, &self.patient).await?;
            let showing = Showing::begin(&access, Action::Read, "")?;
            let text = record.show(&showing)?.ok_or_else(Problem::not_found)?;
            serde_json::from_str(&text).map_err(|_| internal())
        };
        let read: Result<Value, Problem> = read.await;
        if let (Err(problem), Some(journal)) = (&read, Journal::current()) {
            let (action, id) = (Action::Read, Some(self.patient.clone()));
            let refused = Refused { action, resource_type: ResourceType::PATIENT, id };
            interactions::note_refusal(&journal, problem.status, refused);
        }
        read
    }

    /// Resources of the book.
    pub(super) async fn find(&self, kind: &str, pairs: &[(&str, &str)]) -> Result<Vec<Value>, Problem> {
        let kind: ResourceType = kind.parse().map_err(|_| internal())?;
        let mut all = vec![("patient", self.patient.as_str())];
        all.extend_from_slice(pairs);
        self.search(kind, &all).await
    }

    /// Resources of a type that the person who asks may see.
    pub(super) async fn search(
        &self,
        kind: ResourceType,
        pairs: &[(&str, &str)],
    ) -> Result<Vec<Value>, Problem> {
        let access = self.service.decide(self.caller, Interaction::Search, Some(kind))?;
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request =
            SearchRequest { resource_type: Some(kind), pairs, strict: true, ..SearchRequest::default() };
        let bundle = interactions::search(self.service, &access, request).await?;
        let mut bundle: Value = serde_json::from_str(&bundle).map_err(|_| internal())?;
        let entries = bundle.get_mut("entry").and_then(Value::as_array_mut).map(std::mem::take);
        Ok(entries
            .unwrap_or_default()
            .iter_mut()
            .filter_map(|entry| entry.get_mut("resource").map(Value::take))
            .collect())
    }

    /// The sections of these codes, as `$summary` has them, each with its resources.
    pub(super) async fn sections<const N: usize>(
        &self,
        codes: [&'static str; N],
    ) -> Result<[Vec<Value>; N], Problem> {
        let access =
            self.service.decide(self.caller, Interaction::ReadOperation, Some(ResourceType::PATIENT))?;
        let found = interactions::summary_of(self.service, &access, &self.patient, Some(&codes)).await?;
        let about = Some((ResourceType::PATIENT, self.patient.clone()));
        let query = format!("Patient/{}/$summary", self.patient);
        let showing = Showing::begin_about(&access, Action::Operation, query, about)?;
        let mut sections = [const { Vec::new() }; N];
        for section in found.sections {
            let place = codes.iter().position(|code| *code == section.code);
            let Some(shown) = place.and_then(|place| sections.get_mut(place)) else { continue };
            for (record, _) in section.entries {
                let Some(text) = record.show(&showing)? else { continue };
                shown.push(serde_json::from_str(&text).map_err(|_| internal())?);
            }
        }
        Ok(sections)
    }

    /// Events of the life, each with its resource, and where they go on.
    pub(super) async fn events(
        &self,
        page: Option<&str>,
    ) -> Result<(Vec<(Event, Value)>, Option<String>), Problem> {
        let access =
            self.service.decide(self.caller, Interaction::ReadOperation, Some(ResourceType::PATIENT))?;
        let found = interactions::timeline_of(self.service, &access, &self.patient, None, page).await?;
        let about = Some((ResourceType::PATIENT, self.patient.clone()));
        let query = format!("Patient/{}/$timeline", self.patient);
        let showing = Showing::begin_about(&access, Action::Operation, query, about)?;
        let mut events = Vec::with_capacity(found.events.len());
        for event in found.events {
            let Some(text) = event.record.show(&showing)? else { continue };
            events.push((event, serde_json::from_str(&text).map_err(|_| internal())?));
        }
        Ok((events, found.next))
    }

    /// Names of facilities by how they are referred to, as far as they are in this book's server.
    pub(super) async fn facilities(
        &self,
        references: impl Iterator<Item = &str>,
    ) -> Result<BTreeMap<String, String>, Problem> {
        let ids: BTreeSet<&str> =
            references.filter_map(|it| target(it).strip_prefix("Organization/")).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let kind: ResourceType = "Organization".parse().map_err(|_| internal())?;
        let count = ids.len().to_string();
        let ids = ids.into_iter().collect::<Vec<_>>().join(",");
        let found = self.search(kind, &[("_id", ids.as_str()), ("_count", count.as_str())]).await?;
        Ok(facilities(&found))
    }

    /// The name of a facility.
    pub(super) async fn facility(&self, id: &LogicalId) -> Result<String, Problem> {
        let kind: ResourceType = "Organization".parse().map_err(|_| internal())?;
        let found = self.search(kind, &[("_id", id.as_str())]).await?;
        let name = found.first().and_then(|found| found.get("name")).and_then(Value::as_str);
        name.map(str::to_owned).ok_or_else(Problem::not_found)
    }

    /// Day and time of a moment in the zone of the server, in words; empty where it is none.
    pub(super) fn moment(&self, text: &str, language: Language) -> String {
        let registry = self.service.store().registry();
        let moment = Instant::try_from(text);
        moment.map_or_else(|_| String::new(), |moment| time_words(moment, registry.time_zone(), language))
    }

    /// The day of a FHIR time where the country is; nothing for a year or a month alone.
    pub(super) fn day(&self, text: &str) -> Option<Date> {
        match text.parse::<jiff::Timestamp>() {
            Ok(moment) => {
                let registry = self.service.store().registry();
                Some(registry.time_zone().to_datetime(moment).date())
            }
            Err(_) => text.parse().ok(),
        }
    }
}
