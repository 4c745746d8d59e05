//! history of an instance, a type and the system: <https://hl7.org/fhir/R4/http.html#history>.

use access::Access;
use audit_log::Action;
use fhir::{DateRange, Fault, Instant, Issue, ResourceType};
use record_store::{HistoryCursor, HistoryScope, HistoryWindow, Showing};
use serde::{Deserialize, Serialize};

use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::page::{PAGE_PARAMETER, page_url};
use crate::query_text::query_text;
use crate::{Problem, Service};

/// The state of a walk through a history.
#[derive(Debug, Serialize, Deserialize)]
struct HistoryPageState {
    since: Option<i64>,
    at: Option<(i64, i64)>,
    until: i64,
    count: u32,
    after: (i64, i64, i32),
}

/// A page of history as a Bundle, newest first. `pairs` are the parameters of the request; with `strict` an
/// unknown one is refused.
pub async fn history(
    service: &Service,
    access: &Access,
    scope: &HistoryScope,
    pairs: &[(String, String)],
    strict: bool,
) -> Result<String, Problem> {
    let path = match scope {
        HistoryScope::Instance(resource_type, id) => format!("{resource_type}/{id}/_history"),
        HistoryScope::Type(resource_type) => format!("{resource_type}/_history"),
        HistoryScope::System => "_history".to_owned(),
        // Nobody asks for it in a URL.
        HistoryScope::Book(patient) => format!("Patient/{patient}/*/_history"),
    };
    let request = read_request(service, &path, pairs, service.store().moment().await?)?;
    if strict && !request.unknown.is_empty() {
        return Err(Problem::from_issues(400, request.unknown).into_errors());
    }
    let page = service.store().history(access, scope, &request.window).await?;
    if let HistoryScope::Instance(..) = scope
        && page.records.is_empty()
        && page.total.is_none_or(|total| total == 0)
        && request.window.after.is_none()
        && request.window.since.is_none()
        && request.window.at.is_none()
    {
        return Err(Problem::not_found());
    }
    let base = service.base();
    let query = query_text(&request.understood);
    let mark = if query.is_empty() { "" } else { "?" };
    let mut links = vec![("self", format!("{base}/{path}{mark}{query}"))];
    if let Some(next) = page.next {
        let state = HistoryPageState {
            since: request.window.since.map(Instant::microseconds),
            at: request.window.at,
            until: request.window.until.map_or(i64::MAX, Instant::microseconds),
            count: request.window.count,
            after: (next.updated, next.key, next.version),
        };
        let token = service.links().seal(&path, &state)?;
        links.push(("next", page_url(&format!("{base}/{path}"), &token, &request.understood)));
    }
    let mut bundle = BundleText::new("history", page.total, &links);
    let about = match scope {
        HistoryScope::Instance(resource_type, id) => Some((*resource_type, id.clone())),
        HistoryScope::Book(patient) => Some((ResourceType::PATIENT, patient.clone())),
        HistoryScope::Type(_) | HistoryScope::System => None,
    };
    let asked = logged_query(&path, &request.understood);
    let showing = Showing::begin_about(access, Action::History, asked, about)?;
    for record in &page.records {
        bundle.version(base, record, &showing)?;
    }
    bundle.outcome(&request.unknown);
    Ok(bundle.finish())
}

struct HistoryRequest {
    window: HistoryWindow,
    understood: Vec<(String, String)>,
    unknown: Vec<Issue>,
}

fn read_request(
    service: &Service,
    path: &str,
    pairs: &[(String, String)],
    moment: Instant,
) -> Result<HistoryRequest, Problem> {
    let settings = service.settings();
    // What is written after this moment does not disturb the pages of this walk.
    let until = Some(moment);
    let mut window = HistoryWindow { count: settings.default_count, until, ..HistoryWindow::default() };
    let mut request = HistoryRequest { window: window.clone(), understood: Vec::new(), unknown: Vec::new() };
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
                window.count = count.clamp(1, settings.most_count);
            }
            "_since" => {
                let range =
                    DateRange::parse(value, service.store().registry().time_zone()).map_err(|_| invalid())?;
                window.since = Some(Instant::from_microseconds(range.low));
            }
            "_at" => {
                let range =
                    DateRange::parse(value, service.store().registry().time_zone()).map_err(|_| invalid())?;
                window.at = Some((range.low, range.high));
            }
            PAGE_PARAMETER => {
                let state: HistoryPageState = service.links().open(path, value)?;
                let (updated, key, version) = state.after;
                window = HistoryWindow {
                    since: state.since.map(Instant::from_microseconds),
                    until: Some(Instant::from_microseconds(state.until)),
                    at: state.at,
                    count: state.count,
                    after: Some(HistoryCursor { updated, key, version }),
                };
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
    request.window = window;
    Ok(request)
}
