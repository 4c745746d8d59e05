//! The check-ups of people that an access sees: a visit that says that it is one, a document of the national profile, or both.

use std::collections::BTreeMap;

use access::Access;
use exchange::check_up::{CHECK_UP_VISIT, COMPOSITION_PROFILE, VISIT_KIND, entries};
use fhir::{DateRange, LogicalId, ResourceType};
use jiff::civil::Date;
use json::Node;
use record_store::Record;

use super::time_of;
use crate::search::{own_search_all, with_resource};
use crate::{Problem, Service};

/// Check-ups that are read for one page of people: two hundred people with a hundred each.
pub(super) const MOST_OF_PAGE: usize = 20_000;

/// A check-up.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The day, in Vietnam.
    pub day: Date,
    /// The visit as others refer to it.
    pub visit: Option<String>,
    /// The facility as the visit or the document refers to it, where the caller may know it.
    pub facility: Option<String>,
    encounter: Option<Record>,
    composition: Option<Record>,
    /// What the document lists.
    pub(super) entries: Vec<String>,
}

impl Examination {
    /// The id of its document.
    pub fn document(&self) -> Option<&str> {
        self.composition.as_ref().map(|record| record.id.as_str())
    }

    /// Document and visit, as far as they are known.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.composition.iter().chain(&self.encounter)
    }

    /// What stands for it: the document, else the visit.
    pub fn record(&self) -> Option<&Record> {
        self.composition.as_ref().or(self.encounter.as_ref())
    }
}

/// The check-ups of these people, by person, as far as the access sees them.
pub async fn examinations_of(
    service: &Service,
    access: &Access,
    patients: &[LogicalId],
) -> Result<BTreeMap<LogicalId, Vec<Examination>>, Problem> {
    let mut known: BTreeMap<LogicalId, Vec<Examination>> = BTreeMap::new();
    if patients.is_empty() {
        return Ok(known);
    }
    let people = ("patient", list_of(patients));
    let visits = [
        people.clone(),
        ("type", format!("{VISIT_KIND}|{CHECK_UP_VISIT}")),
        ("status", "finished".to_owned()),
    ];
    for record in own_search_all(service, access, "Encounter", &visits, MOST_OF_PAGE).await? {
        let read = with_resource(&record, |node| {
            let start = node.get("period")?.text("start")?;
            let facility = reference(node, "serviceProvider");
            Some((patient_of(service, node)?, day(service, start)?, facility))
        })?;
        let Some((patient, day, facility)) = read else { continue };
        let (visit, facility) = (Some(format!("Encounter/{}", record.id)), seen(&record, facility));
        let found = Examination {
            day,
            visit,
            facility,
            encounter: Some(record),
            composition: None,
            entries: Vec::new(),
        };
        known.entry(patient).or_default().push(found);
    }
    let documents =
        [people, ("_profile", COMPOSITION_PROFILE.to_owned()), ("status", "final,amended".to_owned())];
    for record in own_search_all(service, access, "Composition", &documents, MOST_OF_PAGE).await? {
        let read = with_resource(&record, |node| {
            let date = day(service, node.text("date")?)?;
            let author = node.get("author").map(Node::items).unwrap_or_default().first();
            let facility = author.and_then(|author| author.text("reference")).map(str::to_owned);
            let found = Examination {
                day: date,
                visit: reference(node, "encounter"),
                facility,
                encounter: None,
                composition: None,
                entries: entries(node),
            };
            Some((patient_of(service, node)?, found))
        })?;
        let Some((patient, mut document)) = read else { continue };
        document.facility = seen(&record, document.facility);
        document.composition = Some(record);
        let all = known.entry(patient).or_default();
        match all.iter_mut().find(|it| it.visit.is_some() && it.visit == document.visit) {
            // The day of the visit is the day of the check-up; that of the document is when it was drawn up.
            Some(found) => (found.composition, found.entries) = (document.composition, document.entries),
            None => all.push(document),
        }
    }
    Ok(known)
}

/// A list of people as a parameter has it.
pub(super) fn list_of(patients: &[LogicalId]) -> String {
    let all: Vec<String> = patients.iter().map(|patient| format!("Patient/{patient}")).collect();
    all.join(",")
}

/// Whom a resource is of.
pub(super) fn patient_of(service: &Service, node: &Node<'_>) -> Option<LogicalId> {
    let registry = service.store().registry();
    let (kind, id) = registry.local_target(node.get("subject")?.text("reference")?)?;
    (kind == ResourceType::PATIENT).then_some(id)
}

fn reference(node: &Node<'_>, name: &str) -> Option<String> {
    node.get(name)?.text("reference").map(str::to_owned)
}

/// A facility where it is not under the location shield.
fn seen(record: &Record, facility: Option<String>) -> Option<String> {
    facility.filter(|_| !record.hides_places())
}

fn day(service: &Service, text: &str) -> Option<Date> {
    let policy = service.policy();
    let zone = policy.document().zone();
    Some(time_of(DateRange::parse(text, zone).ok()?.low, zone)?.date())
}
