//! What a search of the log of accesses asks for.

use std::collections::BTreeSet;

use audit_log::Entry;
use fhir::{DateRange, Fault, Issue, LogicalId, ResourceType};
use record_store::Journal;
use serde::{Deserialize, Serialize};

use crate::access_log_search::{AUDIT_EVENT, Part};
use crate::page::PAGE_PARAMETER;
use crate::{Problem, SearchRequest, Service};

/// Values of `_summary`. The log shows whole entries, and says so; what is no such value is refused here as elsewhere.
const SUMMARIES: [&str; 5] = ["true", "false", "text", "data", "count"];

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LogPageState {
    pub(crate) before: u64,
    pub(crate) count: u32,
}

/// What is asked for, within the part.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) patient: Option<String>,
    pub(crate) organization: Option<String>,
    agent: Option<String>,
    pub(crate) dates: Vec<(Option<i64>, Option<i64>)>,
    actions: Vec<String>,
    outcomes: Vec<String>,
    /// By whom it must not be.
    pub(crate) not_by: Vec<String>,
    pub(crate) count: u32,
    pub(crate) before: Option<u64>,
    /// Whether an auditor asks, who is told whom a refused attempt was about.
    pub(crate) by_auditor: bool,
    pub(crate) understood: Vec<(String, String)>,
    pub(crate) unknown: Vec<Issue>,
}

impl Wanted {
    /// The people whom the criteria name beside the one whose log is read.
    pub(crate) fn people(&self, part: Option<&Part>) -> BTreeSet<&str> {
        let is_read =
            |it: &str| matches!(part, Some(Part::Person(people)) if people.iter().any(|own| own == it));
        let named = [&self.patient, &self.agent].into_iter().flatten().map(String::as_str);
        named.filter(|it| patient_of(it).is_some() && !is_read(it)).collect()
    }

    /// Says whom a search that is refused was about.
    pub(crate) fn note_forbidden(&self) {
        let Some(journal) = Journal::current() else { return };
        let ids = self.people(None).into_iter().filter_map(patient_of);
        ids.for_each(|id| journal.concerns(ResourceType::PATIENT, id));
    }

    pub(crate) fn admits(&self, part: &Part, entry: &Entry<'_>) -> bool {
        let time = entry.time.microseconds();
        let other = match part {
            Part::Person(_) => self.organization.as_ref().is_none_or(|of| *entry.organization == **of),
            Part::Organization(_) => self.patient.as_ref().is_none_or(|of| *entry.patient == **of),
        };
        let letter = crate::audit_event::letter(entry.action);
        other
            && self.not_by.iter().all(|of| *entry.agent != **of)
            && self.agent.as_ref().is_none_or(|agent| *entry.agent == **agent)
            && self
                .dates
                .iter()
                .all(|(low, high)| low.is_none_or(|low| time >= low) && high.is_none_or(|high| time < high))
            && (self.actions.is_empty() || self.actions.iter().any(|action| action == letter))
            && (self.outcomes.is_empty() || self.outcomes.contains(&entry.outcome.number().to_string()))
    }
}

fn patient_of(reference: &str) -> Option<LogicalId> {
    LogicalId::try_from(reference.strip_prefix("Patient/")?).ok()
}

/// Reads the parameters of a search.
pub(crate) fn read_request(service: &Service, request: &SearchRequest) -> Result<Wanted, Problem> {
    let settings = service.settings();
    let mut wanted = Wanted { count: settings.default_count, ..Wanted::default() };
    let reference = |value: &str, kind: &str| {
        if value.contains('/') { value.to_owned() } else { format!("{kind}/{value}") }
    };
    for (name, value) in &request.pairs {
        let invalid = || {
            let fault = Fault::InvalidSearchValue { name: name.clone() };
            Problem::from_issue(400, Issue::error(fault).at(format!("http.{name}")))
        };
        match name.as_str() {
            "patient" | "patient:Patient" => wanted.patient = Some(reference(value, "Patient")),
            "agent" | "agent:Organization" => {
                let agent = reference(value, "Organization");
                let is_facility = agent.starts_with("Organization/");
                *(if is_facility { &mut wanted.organization } else { &mut wanted.agent }) = Some(agent);
            }
            "agent:Practitioner" => wanted.agent = Some(reference(value, "Practitioner")),
            "agent:Patient" => wanted.agent = Some(reference(value, "Patient")),
            "date" => wanted.dates.push(dates(service, value).ok_or_else(invalid)?),
            "action" => wanted.actions.extend(value.split(',').map(str::to_owned)),
            "outcome" => wanted.outcomes.extend(value.split(',').map(str::to_owned)),
            "_count" => {
                let count: u32 = value.parse().map_err(|_| invalid())?;
                wanted.count = count.clamp(1, settings.most_count);
            }
            PAGE_PARAMETER => {
                let state: LogPageState = service.links().open(AUDIT_EVENT, value)?;
                (wanted.before, wanted.count) = (Some(state.before), state.count);
            }
            "_sort" if value == "-date" => {}
            "_format" | "_pretty" => {}
            "_summary" if !SUMMARIES.contains(&value.as_str()) => return Err(invalid()),
            _ => {
                let fault = Fault::IgnoredParameter { name: name.clone() };
                wanted.unknown.push(Issue::warning(fault).at(format!("http.{name}")));
                continue;
            }
        }
        wanted.understood.push((name.clone(), value.clone()));
    }
    Ok(wanted)
}

/// From and up to which moment, in microseconds.
pub(crate) fn dates(service: &Service, value: &str) -> Option<(Option<i64>, Option<i64>)> {
    let (prefix, text) = match value.get(..2) {
        Some(prefix @ ("ge" | "gt" | "le" | "lt" | "eq" | "sa" | "eb")) => (prefix, value.get(2..)?),
        _ => ("eq", value),
    };
    let registry = service.store().registry();
    let range = DateRange::parse(text, registry.time_zone()).ok()?;
    let behind = range.high.saturating_add(1);
    Some(match prefix {
        "ge" => (Some(range.low), None),
        "gt" | "sa" => (Some(behind), None),
        "le" => (None, Some(behind)),
        "lt" | "eb" => (None, Some(range.low)),
        _ => (Some(range.low), Some(behind)),
    })
}
