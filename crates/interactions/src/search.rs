//! search: <https://hl7.org/fhir/R4/http.html#search>, <https://hl7.org/fhir/R4/search.html>.

use std::collections::HashSet;

use access::Access;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType};
use record_store::{Record, SearchPage};
use search::{Cursor, Include, ParsedQuery, QueryContext, SearchPlan, SortValue};
use serde::{Deserialize, Serialize};

use crate::bundle_text::BundleText;
use crate::page::PAGE_PARAMETER;
use crate::query_text::query_text;
use crate::{Problem, Service};

/// Most resources that `_include` and `_revinclude` add to a page.
const MOST_INCLUDES: usize = 1_000;

/// Rounds of `:iterate`.
const MOST_ROUNDS: usize = 16;

/// A search as it was asked.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// The type whose resources are searched.
    pub resource_type: ResourceType,
    /// Only members of this compartment: `Patient/[id]/Observation`.
    pub compartment: Option<(ResourceType, LogicalId)>,
    /// Parameters in their order.
    pub pairs: Vec<(String, String)>,
    /// `Prefer: handling=strict`: refuse what is not understood.
    pub strict: bool,
    /// Sent with `POST _search`: its values must not stand in a link.
    pub posted: bool,
}

/// The state of a walk through the matches.
#[derive(Debug, Serialize, Deserialize)]
struct SearchPageState {
    pairs: Vec<(String, String)>,
    posted: bool,
    values: Vec<PageValue>,
    /// Book and key of the last match; absent on the first page.
    after: Option<(i64, i64)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum PageValue {
    Missing,
    Integer(i64),
    Text(String),
}

/// A page of matches as a Bundle.
pub async fn search(
    service: &Service,
    access: &Access,
    mut request: SearchRequest,
) -> Result<String, Problem> {
    let place = match &request.compartment {
        Some((compartment, id)) => format!("{compartment}/{id}/{}", request.resource_type),
        None => request.resource_type.to_string(),
    };
    let mut after = None;
    if let Some((_, link)) = request.pairs.iter().find(|(name, _)| name == PAGE_PARAMETER) {
        let state: SearchPageState = service.links().open(&place, link)?;
        request.pairs = state.pairs;
        request.posted = state.posted;
        after = state.after.map(|(book, key)| {
            let values = state.values.into_iter().map(sort_value).collect();
            Cursor { values, book, key }
        });
    }
    let ParsedQuery { mut plan, unknown, errors, understood, .. } = parse(service, &request);
    if !errors.is_empty() || (request.strict && !unknown.is_empty()) {
        let issues = errors.into_iter().chain(unknown).collect();
        return Err(Problem::from_issues(400, issues));
    }
    if let Some((compartment, id)) = &request.compartment {
        let registry = service.store().registry();
        let clause = registry.compartment(*compartment, id, request.resource_type);
        let clause = clause.ok_or_else(|| Problem::new(404, Fault::UnknownPath))?;
        if plan.book.is_none() {
            plan.book = registry.compartment_book(*compartment, id, request.resource_type);
        }
        plan.clauses.push(clause);
    }
    plan.after = after;
    let page = service.store().search(access, &plan).await?;
    let (included, cut) = includes(service, access, &plan, &page.records).await?;
    let links = links(service, &place, &request, &understood, &page)?;
    let mut bundle = BundleText::new("searchset", page.total, &links);
    for record in &page.records {
        bundle.found(service.base(), record, "match")?;
    }
    for record in &included {
        bundle.found(service.base(), record, "include")?;
    }
    let mut remarks: Vec<Issue> = unknown.into_iter().map(as_warning).collect();
    if cut {
        remarks.push(Issue::warning(Fault::IncludesCut));
    }
    bundle.outcome(&remarks);
    Ok(bundle.finish())
}

fn parse(service: &Service, request: &SearchRequest) -> ParsedQuery {
    let settings = service.settings();
    let context = QueryContext {
        base: service.base(),
        now: Instant::now(),
        default_count: settings.default_count,
        most_count: settings.most_count,
    };
    service.store().registry().parse(request.resource_type, &request.pairs, &context)
}

fn as_warning(issue: Issue) -> Issue {
    Issue { severity: fhir::Severity::Warning, ..issue }
}

fn sort_value(value: PageValue) -> SortValue {
    match value {
        PageValue::Missing => SortValue::Missing,
        PageValue::Integer(value) => SortValue::Integer(value),
        PageValue::Text(text) => SortValue::Text(text),
    }
}

fn page_value(value: &SortValue) -> PageValue {
    match value {
        SortValue::Missing => PageValue::Missing,
        SortValue::Integer(value) => PageValue::Integer(*value),
        SortValue::Text(text) => PageValue::Text(text.clone()),
    }
}

/// `self` says what was understood; `next` leads on. A posted search shows none of its values.
fn links(
    service: &Service,
    place: &str,
    request: &SearchRequest,
    understood: &[(String, String)],
    page: &SearchPage,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let url = format!("{}/{place}", service.base());
    let state = |after: Option<&Cursor>| SearchPageState {
        pairs: understood.to_vec(),
        posted: request.posted,
        values: after.map(|cursor| cursor.values.iter().map(page_value).collect()).unwrap_or_default(),
        after: after.map(|cursor| (cursor.book, cursor.key)),
    };
    let sealed = |after: Option<&Cursor>| {
        let token = service.links().seal(place, &state(after))?;
        Ok::<_, Problem>(format!("{url}?{PAGE_PARAMETER}={token}"))
    };
    let this = if request.posted {
        sealed(None)?
    } else if understood.is_empty() {
        url.clone()
    } else {
        format!("{url}?{}", query_text(understood))
    };
    let mut links = vec![("self", this)];
    if let Some(next) = &page.next {
        links.push(("next", sealed(Some(next))?));
    }
    Ok(links)
}

/// The resources that the includes of a plan add to a page, and whether some had to be left out.
async fn includes(
    service: &Service,
    access: &Access,
    plan: &SearchPlan,
    matches: &[Record],
) -> Result<(Vec<Record>, bool), Problem> {
    let mut seen: HashSet<(ResourceType, LogicalId)> =
        matches.iter().map(|record| (record.resource_type, record.id.clone())).collect();
    let mut included: Vec<Record> = Vec::new();
    let mut round: Vec<Record> = matches.to_vec();
    for number in 0..MOST_ROUNDS {
        let mut found = Vec::new();
        for include in plan.includes.iter().filter(|include| number == 0 || include.iterate) {
            let records = if include.reverse {
                reverse_include(service, access, include, &round).await?
            } else {
                forward_include(service, access, include, &round).await?
            };
            found.extend(
                records.into_iter().filter(|record| seen.insert((record.resource_type, record.id.clone()))),
            );
        }
        if included.len() + found.len() > MOST_INCLUDES {
            found.truncate(MOST_INCLUDES - included.len());
            included.extend(found);
            return Ok((included, true));
        }
        if found.is_empty() {
            break;
        }
        included.extend(found.iter().cloned());
        round = found;
    }
    Ok((included, false))
}

async fn forward_include(
    service: &Service,
    access: &Access,
    include: &Include,
    records: &[Record],
) -> Result<Vec<Record>, Problem> {
    let registry = service.store().registry();
    let mut targets: Vec<(ResourceType, LogicalId)> = Vec::new();
    for record in records.iter().filter(|record| record.resource_type == include.source) {
        let Some(text) = record.to_json()? else { continue };
        let node = json::parse(text.as_bytes(), &json::Limits { depth: usize::MAX })
            .map_err(|_| Problem::new(500, Fault::Internal))?;
        targets.extend(registry.references_of(include.source, &node, &include.slots));
    }
    targets.retain(|(resource_type, _)| include.target.is_none_or(|target| target == *resource_type));
    targets.sort();
    targets.dedup();
    targets.truncate(MOST_INCLUDES + 1);
    Ok(service.store().read_many(access, &targets).await?)
}

async fn reverse_include(
    service: &Service,
    access: &Access,
    include: &Include,
    records: &[Record],
) -> Result<Vec<Record>, Problem> {
    let targets: Vec<_> = records
        .iter()
        .filter(|record| include.target.is_none_or(|target| target == record.resource_type))
        .map(|record| (record.resource_type, record.id.clone()))
        .collect();
    if targets.is_empty() || include.slots.is_empty() {
        return Ok(Vec::new());
    }
    let limit = u32::try_from(MOST_INCLUDES + 1).unwrap_or(u32::MAX);
    Ok(service.store().reverse_includes(access, &include.slots, &targets, limit).await?)
}
