//! What a search for `Provenance` asks for: the versions of some resources, or of a book, and what must be true of their
//! writes.

use audit_log::Entry;
use fhir::{Fault, Issue, LogicalId, ReferenceText, ResourceType, VersionId};
use record_store::Record;
use search::Named;

use super::PROVENANCE;
use super::derive::Sight;
use crate::access_log_wanted::dates;
use crate::search::SearchRequest;
use crate::{PAGE_PARAMETER, Problem, Service};

/// Resources of one search.
const MOST_TARGETS: usize = 20;

/// A resource whose versions are asked for, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) resource_type: ResourceType,
    pub(super) id: LogicalId,
    pub(super) version: Option<VersionId>,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) patient: Option<LogicalId>,
    pub(super) targets: Vec<Asked>,
    agents: Vec<Vec<String>>,
    /// From and before which moment, in microseconds.
    recorded: Vec<(Option<i64>, Option<i64>)>,
    pub(super) count: u32,
    pub(super) understood: Vec<(String, String)>,
    pub(super) unknown: Vec<Issue>,
}

/// Whether a search is for the `Provenance` of known resources or of a book: that of everything is not made.
pub(super) fn is_about_versions(request: &SearchRequest) -> bool {
    let names_some = request.pairs.iter().any(|(name, _)| of_patient(name) || target_type(name).is_some());
    let is_of_patient = request.compartment.as_ref().is_some_and(|(kind, _)| *kind == ResourceType::PATIENT);
    is_type(request) && (is_of_patient || (request.compartment.is_none() && names_some))
}

pub(super) fn is_type(request: &SearchRequest) -> bool {
    request.resource_type.is_some_and(|kind| kind.as_str() == PROVENANCE)
}

fn of_patient(name: &str) -> bool {
    matches!(name, "patient" | "patient:Patient")
}

/// The type of `target:[type]`; `Some(None)` for `target` alone.
fn target_type(name: &str) -> Option<Option<ResourceType>> {
    match name.split_once(':') {
        None => (name == "target").then_some(None),
        Some(("target", kind)) => kind.parse().ok().map(Some),
        Some(_) => None,
    }
}

impl Wanted {
    pub(super) fn read(
        service: &Service,
        request: &SearchRequest,
        pairs: &[(String, String)],
    ) -> Result<Self, Problem> {
        let settings = service.settings();
        let mut wanted = Self { count: settings.default_count, ..Self::default() };
        if let Some((_, id)) = &request.compartment {
            wanted.patient = Some(id.clone());
        }
        for (name, value) in pairs {
            let invalid = || {
                let fault = Fault::InvalidSearchValue { name: name.clone() };
                Problem::from_issue(400, Issue::error(fault).at(format!("http.{name}")))
            };
            match name.as_str() {
                _ if of_patient(name) => {
                    let asked = asked(service, Some(ResourceType::PATIENT), value).ok_or_else(invalid)?;
                    if wanted.patient.as_ref().is_some_and(|other| *other != asked.id) {
                        return Err(invalid());
                    }
                    wanted.patient = Some(asked.id);
                }
                _ if target_type(name).is_some() => {
                    // Two lists would have to be met by one version each: there is one target.
                    if !wanted.targets.is_empty() {
                        return Err(invalid());
                    }
                    let kind = target_type(name).flatten();
                    for part in value.split(',') {
                        wanted.targets.push(asked(service, kind, part).ok_or_else(invalid)?);
                    }
                    if wanted.targets.len() > MOST_TARGETS {
                        return Err(invalid());
                    }
                }
                "agent" => wanted.agents.push(value.split(',').map(str::to_owned).collect()),
                "recorded" => wanted.recorded.push(dates(service, value).ok_or_else(invalid)?),
                "_count" => {
                    let count: u32 = value.parse().map_err(|_| invalid())?;
                    wanted.count = count.clamp(1, settings.most_count);
                }
                "_sort" if value == "-recorded" => {}
                "_format" | "_pretty" | PAGE_PARAMETER => {}
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

    /// The patient and the resources whose versions are asked for.
    pub(super) fn named(&self) -> Vec<Named> {
        let patient = self.patient.iter().map(|id| (ResourceType::PATIENT, id.clone()));
        let targets = self.targets.iter().map(|target| (target.resource_type, target.id.clone()));
        patient.chain(targets).map(Named::from).collect()
    }

    /// Whether more is asked for than all versions of a resource or a book.
    pub(super) fn is_filtered(&self) -> bool {
        let picks = self.patient.is_some() && !self.targets.is_empty();
        let is_one = self.targets.iter().any(|target| target.version.is_some());
        picks || is_one || !self.agents.is_empty() || !self.recorded.is_empty()
    }

    /// Whether a version is one of those that are asked for, as far as it tells itself.
    pub(super) fn admits(&self, version: &Record) -> bool {
        let is = |asked: &Asked| {
            asked.resource_type == version.resource_type
                && asked.id == version.id
                && asked.version.is_none_or(|of| of == version.version)
        };
        let time = version.last_updated.microseconds();
        (self.targets.is_empty() || self.targets.iter().any(is))
            && self
                .recorded
                .iter()
                .all(|(low, high)| low.is_none_or(|low| time >= low) && high.is_none_or(|high| time < high))
    }

    /// Whether the agents of its write are asked for. What is not told under the shield is not found by.
    pub(super) fn admits_agents(&self, version: &Record, entry: Option<&Entry<'_>>) -> bool {
        let is = |wanted: &String| {
            let same =
                |text: &str| text == wanted || text.split_once('/').is_some_and(|(_, id)| id == wanted);
            entry.is_some_and(|entry| {
                let is_person = Sight::of(version).tells(&entry.agent);
                let is_facility = same(&entry.organization) && !entry.organization.is_empty();
                (is_person && same(&entry.agent)) || (is_facility && !version.hides_places())
            })
        };
        self.agents.iter().all(|any| any.iter().any(is))
    }
}

fn asked(service: &Service, kind: Option<ResourceType>, text: &str) -> Option<Asked> {
    let joined = match kind {
        Some(kind) if !text.contains('/') => format!("{kind}/{text}"),
        _ => text.to_owned(),
    };
    let parsed = ReferenceText::parse(&joined);
    let (resource_type, id) = parsed.local(service.base())?;
    let version = match &parsed {
        ReferenceText::Literal { version, .. } => *version,
        _ => None,
    };
    let id = id.clone();
    kind.is_none_or(|kind| kind == resource_type).then_some(Asked { resource_type, id, version })
}
