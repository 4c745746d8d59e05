//! The list as a Bundle.

use access::Access;
use audit_log::Action;
use exchange::check_up::DueState;
use fhir::{Instant, LogicalId, ResourceType};
use record_store::Showing;
use serde_json::{Value, json};

use super::{DuePage, DuePerson, DueRequest, People, check_up_due_of, place};
use crate::book::{invalid, unsupported};
use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::page::{PAGE_PARAMETER, page_url};
use crate::query_text::query_text;
use crate::{Problem, Service};

/// What stands beside each person.
const EXTENSION: &str = "urn:healthbook:check-up-due";

/// The page as a Bundle. Who may ask is not decided here.
pub async fn check_up_due(
    service: &Service,
    access: &Access,
    facility: &LogicalId,
    pairs: &[(String, String)],
    now: Instant,
) -> Result<String, Problem> {
    let mut request = DueRequest::default();
    for (name, value) in pairs {
        let wrong = || invalid(name);
        match name.as_str() {
            "people" => request.people = People::of_code(value).ok_or_else(wrong)?,
            "year" => request.year = Some(value.parse().map_err(|_| wrong())?),
            "status" => request.state = Some(DueState::of_code(value).ok_or_else(wrong)?),
            "_count" => request.count = Some(value.parse().map_err(|_| wrong())?),
            PAGE_PARAMETER => request.page = Some(value.clone()),
            "_format" | "_pretty" => {}
            _ => return Err(unsupported(name, "$check-up-due")),
        }
    }
    let page = check_up_due_of(service, access, facility, &request, now).await?;
    let url = format!("{}/{}", service.base(), place(facility));
    let asked: Vec<(String, String)> = pairs
        .iter()
        .filter(|(name, _)| !name.starts_with("_f") && !name.starts_with("_p"))
        .cloned()
        .collect();
    let itself = match &request.page {
        Some(link) => page_url(&url, link, pairs),
        None if asked.is_empty() => url.clone(),
        None => format!("{url}?{}", query_text(&asked)),
    };
    let mut links = vec![("self", itself)];
    links.extend(page.next.iter().map(|next| ("next", page_url(&url, next, pairs))));
    let mut bundle = BundleText::new("searchset", None, &links);
    let showing = due_showing(access, facility, pairs)?;
    for person in &page.people {
        person.confirm(&showing);
        let told = extension(&page, person).to_string();
        bundle.found_as(service.base(), &person.record, &told, &showing)?;
    }
    Ok(bundle.finish())
}

/// Begins to show a page, by its path and parameters, whoever makes it.
pub fn due_showing(
    access: &Access,
    facility: &LogicalId,
    pairs: &[(String, String)],
) -> Result<Showing, Problem> {
    let about = Some((ResourceType::ORGANIZATION, facility.clone()));
    let query = logged_query(&place(facility), pairs);
    Ok(Showing::begin_about(access, Action::Operation, query, about)?)
}

fn extension(page: &DuePage, person: &DuePerson) -> Value {
    let judged = &person.judged;
    let mut parts = vec![
        json!({"url": "state", "valueCode": judged.state.code()}),
        json!({"url": "due", "valueDate": judged.due.to_string()}),
        json!({"url": "year", "valueInteger": page.year}),
        json!({"url": "rule", "valueUri": page.rule.canonical()}),
    ];
    parts.extend(judged.group.map(|group| json!({"url": "form", "valueCode": group.word()})));
    if let Some(last) = &person.last {
        parts.push(json!({"url": "lastDate", "valueDate": last.day.to_string()}));
        let reference = |target: String| json!({"reference": target});
        let record = last.record().map(|record| format!("{}/{}", record.resource_type, record.id));
        parts.extend(record.map(|target| json!({"url": "last", "valueReference": reference(target)})));
        let facility = last.facility.clone();
        parts.extend(facility.map(|target| json!({"url": "facility", "valueReference": reference(target)})));
    }
    parts.extend(person.class.as_ref().map(|(class, _)| json!({"url": "class", "valueCode": class})));
    json!({"url": EXTENSION, "extension": parts})
}
