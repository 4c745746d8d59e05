//! `Patient/$summary`: a book at a glance, as a document (`docs/book.md`, section 1).

use std::collections::HashSet;

use access::Access;
use audit_log::Action;
use fhir::{Fault, Instant, LogicalId, ResourceType};
use futures_util::future::try_join_all;
use record_store::{Record, Showing};
use search::Position;
use serde_json::{Value, json};

use super::narrative::{division, line};
use super::sections::{SECTIONS, Section, Source};
use super::{InBook, invalid, unsupported};
use crate::bundle_text::BundleText;
use crate::lastn::codes;
use crate::logged::logged_query;
use crate::search::with_resource;
use crate::{Problem, Service, read};

/// What the document keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SummaryProfile {
    /// The health record summary of the country.
    #[default]
    National,
    /// The International Patient Summary.
    International,
}

impl SummaryProfile {
    const ALL: [Self; 2] = [Self::National, Self::International];

    /// The canonical of a Composition or of its Bundle.
    pub fn of_canonical(canonical: &str) -> Option<Self> {
        let url = canonical.split('|').next().unwrap_or_default();
        Self::ALL.into_iter().find(|profile| url == profile.bundle() || url == profile.composition())
    }

    fn bundle(self) -> &'static str {
        match self {
            Self::National => {
                "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-health-record-summary-bundle"
            }
            Self::International => "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
        }
    }

    fn composition(self) -> &'static str {
        match self {
            Self::National => {
                "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-record-summary"
            }
            Self::International => "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips",
        }
    }
}

/// A book at a glance.
#[derive(Debug)]
pub struct Summary {
    /// Whose.
    pub patient: Record,
    /// The sections in their order, the empty ones too.
    pub sections: Vec<SummarySection>,
}

/// A section of it.
#[derive(Debug)]
pub struct SummarySection {
    /// Its title in Vietnamese.
    pub title: &'static str,
    /// Its code in LOINC.
    pub code: &'static str,
    display: &'static str,
    stays: (bool, bool),
    /// What stands in it: each with its line for people.
    pub entries: Vec<(Record, String)>,
}

/// What of a book the caller sees at a glance: the sections of these codes, or all. Who shows it notes that with
/// [`Record::show`].
pub async fn summary_of(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    codes: Option<&[&str]>,
) -> Result<Summary, Problem> {
    // The patient decides whether there is anything to see.
    let whose = read::read(service, access, ResourceType::PATIENT, patient).await?;
    let until = service.store().moment().await?;
    let book = InBook { service, access, patient, until };
    let is_wanted = |section: &&Section| codes.is_none_or(|codes| codes.contains(&section.code));
    // Beside each other: what one waits for the database, another one may use.
    let sections =
        try_join_all(SECTIONS.iter().filter(is_wanted).map(|section| fill(&book, section))).await?;
    Ok(Summary { patient: whose, sections })
}

async fn fill(book: &InBook<'_>, section: &Section) -> Result<SummarySection, Problem> {
    let mut entries: Vec<(Record, String)> = Vec::new();
    for found in try_join_all(section.sources.iter().map(|source| of_source(book, source))).await? {
        for found in found {
            if !entries.iter().any(|(other, _)| is_same(other, &found.0)) {
                entries.push(found);
            }
        }
    }
    let Section { title, code, display, stays, .. } = *section;
    Ok(SummarySection { title, code, display, stays, entries })
}

async fn of_source(book: &InBook<'_>, source: &Source) -> Result<Vec<(Record, String)>, Problem> {
    let page = book.find(source.kind, source.criteria, source.read, Position::First).await?;
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for record in page.records {
        if entries.len() >= source.shown {
            break;
        }
        let (names, line) = with_resource(&record, |node| (codes(node), line(node)))?;
        let is_new = !names.iter().any(|name| seen.contains(name));
        if source.latest {
            seen.extend(names);
        }
        if is_new {
            entries.push((record, line));
        }
    }
    Ok(entries)
}

fn is_same(one: &Record, other: &Record) -> bool {
    one.resource_type == other.resource_type && one.id == other.id
}

/// The document.
pub async fn summary(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    pairs: &[(String, String)],
    of_type: bool,
) -> Result<String, Problem> {
    let mut profile = SummaryProfile::default();
    for (name, value) in pairs {
        match name.as_str() {
            "profile" => {
                profile = SummaryProfile::of_canonical(value).ok_or_else(|| invalid("profile"))?;
            }
            "identifier" if of_type => {}
            "_format" | "_pretty" => {}
            // There is no place in a document where it could be told that something was ignored.
            _ => return Err(unsupported(name, "$summary")),
        }
    }
    let found = summary_of(service, access, patient, None).await?;
    let place = if of_type { "Patient/$summary".to_owned() } else { format!("Patient/{patient}/$summary") };
    let about = Some((ResourceType::PATIENT, patient.clone()));
    let showing = Showing::begin_about(access, Action::Operation, logged_query(&place, pairs), about)?;
    let now = Instant::now();
    let mut bundle = BundleText::document(profile.bundle(), now);
    let composition = composition(service.base(), &found, profile, now);
    let id = composition.get("id").and_then(Value::as_str).unwrap_or_default();
    bundle.part_of_document(&format!("urn:uuid:{id}"), &composition.to_string());
    let mut told = HashSet::new();
    let entries = found.sections.iter().flat_map(|section| &section.entries).map(|(record, _)| record);
    for record in std::iter::once(&found.patient).chain(entries) {
        if told.insert((record.resource_type, &record.id)) {
            let resource = record.show(&showing)?.ok_or_else(|| Problem::new(500, Fault::Internal))?;
            bundle.part_of_document(&url(service.base(), record), &resource);
        }
    }
    Ok(bundle.finish())
}

fn url(base: &str, record: &Record) -> String {
    format!("{base}/{}/{}", record.resource_type, record.id)
}

/// The table of contents. It stands under a name of its own, so its references are whole addresses.
fn composition(base: &str, summary: &Summary, profile: SummaryProfile, now: Instant) -> Value {
    let sections: Vec<Value> = summary
        .sections
        .iter()
        .filter(|section| {
            let stays = match profile {
                SummaryProfile::National => section.stays.0,
                SummaryProfile::International => section.stays.1,
            };
            stays || !section.entries.is_empty()
        })
        .map(|section| section_json(base, section))
        .collect();
    let lines: Vec<String> = summary
        .sections
        .iter()
        .filter(|section| !section.entries.is_empty())
        .map(|section| format!("{}: {}", section.title, section.entries.len()))
        .collect();
    json!({
        "resourceType": "Composition",
        "id": uuid::Uuid::now_v7().to_string(),
        "meta": {"profile": [profile.composition()]},
        "language": "vi",
        "text": narrative("Sổ Sức khỏe điện tử", &lines),
        "status": "final",
        "type": loinc("60591-5", "Patient summary Document"),
        "subject": {"reference": url(base, &summary.patient)},
        "date": now.to_string(),
        // Nobody signed it: it is made of what is there when it is asked for.
        "author": [{"type": "Device", "display": "Sổ Sức khỏe điện tử"}],
        "title": "Sổ Sức khỏe điện tử",
        "section": sections,
    })
}

fn section_json(base: &str, section: &SummarySection) -> Value {
    let lines: Vec<String> = section.entries.iter().map(|(_, line)| line.clone()).collect();
    let mut made = json!({
        "title": section.title,
        "code": loinc(section.code, section.display),
        "text": narrative(section.title, &lines),
    });
    let (name, value) = if section.entries.is_empty() {
        // Not `nilknown`, which would be a statement about the person, nor `withheld`, which would be one about what
        // the caller does not see.
        let system = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
        (
            "emptyReason",
            json!({"coding": [{"system": system, "code": "unavailable", "display": "Unavailable"}]}),
        )
    } else {
        let entries = section.entries.iter().map(|(record, _)| json!({"reference": url(base, record)}));
        ("entry", entries.collect())
    };
    if let Some(members) = made.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    made
}

fn narrative(heading: &str, lines: &[String]) -> Value {
    json!({"status": "generated", "div": division(heading, lines, "Không có thông tin.")})
}

fn loinc(code: &str, display: &str) -> Value {
    json!({"coding": [{"system": "http://loinc.org", "code": code, "display": display}]})
}
