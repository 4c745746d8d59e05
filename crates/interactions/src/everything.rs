//! `Patient/[id]/$everything`: <https://hl7.org/fhir/R4/patient-operation-everything.html>.

use std::collections::BTreeSet;

use access::Access;
use audit_log::Action;
use fhir::{DateRange, Fault, Instant, Issue, LogicalId, ReferenceText, ResourceType, references_in};
use record_store::{Record, Showing};
use search::{Registry, Shown};
use serde::{Deserialize, Serialize};

use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::page::{PAGE_PARAMETER, page_url};
use crate::query_text::query_text;
use crate::{Problem, Service, read};

/// Resources of the book on a page when the caller does not say.
const DEFAULT_COUNT: u32 = 1_000;

#[derive(Debug, Serialize, Deserialize)]
struct EverythingPageState {
    types: Vec<String>,
    since: Option<i64>,
    count: u32,
    after: i64,
}

/// The book of a patient: the `Patient` first, then everything in the book in the order it came, then what
/// it refers to outside the book (practitioners, organizations, medications, ...).
pub async fn everything(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    pairs: &[(String, String)],
    strict: bool,
) -> Result<String, Problem> {
    let place = format!("Patient/{patient}/$everything");
    let request = read_request(service, &place, pairs)?;
    if strict && !request.unknown.is_empty() {
        return Err(Problem::from_issues(400, request.unknown).into_errors());
    }
    let store = service.store();
    // What lies outside the book is found through everything in it, also through types that are not shown.
    let is_outside =
        |resource_type: &ResourceType| !Registry::is_member(ResourceType::PATIENT, *resource_type);
    let types = if request.types.iter().any(is_outside) { &[][..] } else { &request.types };
    let page = store.book(access, patient, types, request.since, request.after, request.count).await?;
    // The patient decides whether there is anything to see; on most first pages it stands.
    let is_patient = |record: &Record| record.resource_type == ResourceType::PATIENT && record.id == *patient;
    if !page.records.iter().any(is_patient) {
        read::read(service, access, ResourceType::PATIENT, patient).await?;
    }
    let is_wanted = |kind: ResourceType| request.types.is_empty() || request.types.contains(&kind);
    let mut named = BTreeSet::new();
    let mut shown = Vec::with_capacity(page.records.len());
    for record in &page.records {
        let Some(text) = record.inspect()? else { continue };
        named.extend(named_outside(&text));
        shown.push((record, text));
    }
    shown.retain(|(record, _)| is_wanted(record.resource_type));
    named.retain(|(resource_type, _)| is_wanted(*resource_type));
    let mut outside = store.read_many(access, &Vec::from_iter(named)).await?;
    // A `Device` or `Task` may be about a patient, though R4 leaves its type out of the compartment: then it is on another page
    // of this book, or is another person's.
    outside.retain(|record| !record.is_in_a_book());
    let url = format!("{}/{place}", service.base());
    let query = query_text(&request.understood);
    let mark = if query.is_empty() { "" } else { "?" };
    let mut links = vec![("self", format!("{url}{mark}{query}"))];
    if let Some(next) = page.next {
        let state = EverythingPageState {
            types: request.types.iter().map(ToString::to_string).collect(),
            since: request.since.map(Instant::microseconds),
            count: request.count,
            after: next,
        };
        let sealed = service.links().seal(&place, &state)?;
        links.push(("next", page_url(&url, &sealed, &request.understood)));
    }
    let total = u64::try_from(shown.len()).ok().filter(|_| request.after.is_none() && page.next.is_none());
    let mut bundle = BundleText::new("searchset", total, &links);
    let about = Some((ResourceType::PATIENT, patient.clone()));
    let asked = logged_query(&place, &request.understood);
    let showing = Showing::begin_about(access, Action::Operation, asked, about)?;
    for (record, text) in &shown {
        record.confirm(&showing);
        bundle.resource(service.base(), record, text, "match");
    }
    for record in &outside {
        bundle.found(service.base(), record, "include", &Shown::Whole, &showing)?;
    }
    bundle.outcome(&request.unknown);
    Ok(bundle.finish())
}

struct EverythingRequest {
    types: Vec<ResourceType>,
    since: Option<Instant>,
    after: Option<i64>,
    count: u32,
    understood: Vec<(String, String)>,
    unknown: Vec<Issue>,
}

fn read_request(
    service: &Service,
    place: &str,
    pairs: &[(String, String)],
) -> Result<EverythingRequest, Problem> {
    let mut request = EverythingRequest {
        types: Vec::new(),
        since: None,
        after: None,
        count: DEFAULT_COUNT,
        understood: Vec::new(),
        unknown: Vec::new(),
    };
    for (name, value) in pairs {
        if value.is_empty() {
            let fault = Fault::EmptyParameter { name: name.clone() };
            request.unknown.push(Issue::warning(fault).at(format!("http.{name}")));
            continue;
        }
        let invalid = || {
            let issue = Issue::error(Fault::InvalidSearchValue { name: name.clone() });
            Problem::from_issue(400, issue.at(format!("http.{name}")))
        };
        match name.as_str() {
            "_count" => {
                let count: u32 = value.parse().map_err(|_| invalid())?;
                request.count = count.clamp(1, service.settings().most_count.max(DEFAULT_COUNT));
            }
            "_since" => {
                let range =
                    DateRange::parse(value, service.store().registry().time_zone()).map_err(|_| invalid())?;
                request.since = Some(Instant::from_microseconds(range.low));
            }
            "_type" => {
                for name in value.split(',') {
                    request.types.push(name.parse().map_err(|_| invalid())?);
                }
            }
            PAGE_PARAMETER => {
                let state: EverythingPageState = service.links().open(place, value)?;
                request.types = state.types.iter().filter_map(|name| name.parse().ok()).collect();
                request.since = state.since.map(Instant::from_microseconds);
                request.count = state.count;
                request.after = Some(state.after);
            }
            "_format" | "_pretty" => {}
            _ => {
                let fault = Fault::IgnoredParameter { name: name.clone() };
                request.unknown.push(Issue::warning(fault).at(format!("http.{name}")));
                continue;
            }
        }
        request.understood.push((name.clone(), value.clone()));
    }
    Ok(request)
}

/// What resources refer to that belongs to no book by its type, each once, in the order of types and ids.
fn named_outside(written: &str) -> BTreeSet<(ResourceType, LogicalId)> {
    let target = |text| match ReferenceText::parse(text) {
        ReferenceText::Literal { base: None, resource_type, id, .. } => Some((resource_type, id)),
        _ => None,
    };
    let is_outside = |(resource_type, _): &(ResourceType, LogicalId)| {
        !Registry::is_member(ResourceType::PATIENT, *resource_type)
    };
    references_in(written).filter_map(target).filter(is_outside).collect()
}
