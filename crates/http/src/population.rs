//! People over HTTP: `$match`, `$registry-lookup`, and how long it takes from an event to the book.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use access::Interaction;
use actix_web::http::header;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use fhir::{Fault, Instant, LogicalId, ResourceType};
use health_book::HealthBook;
use health_book::insurance::{Submitted, submit};
use health_book::registry::{ConnectedRegistry, Distribution, LookUp, issue, look_up};
use interactions::MatchRequest;
use serde_json::{Value, json};

use crate::app::State;
use crate::body::read_json;
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::reply;

/// `POST Patient/$match`: who may register people may ask who is there.
pub(crate) async fn match_people(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    // Who may not ask gets no body read.
    let (service, caller) = (incoming.service(), &incoming.caller);
    let access =
        service.decide(caller, Interaction::Create, Some(ResourceType::PATIENT)).map_err(Failure::from)?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let request = MatchRequest::read(&body.bytes)?;
    Ok(reply::document(interactions::match_people(service, caller, &access, &request).await?))
}

/// `POST Patient/$registry-lookup`
pub(crate) async fn registry_lookup(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    // Who may not ask gets no body read.
    incoming
        .service()
        .decide(&incoming.caller, Interaction::Create, Some(ResourceType::PATIENT))
        .map_err(Failure::from)?;
    let book = &incoming.state.app.health_book;
    let name = "$registry-lookup".to_owned();
    let registry = book.registry().ok_or_else(|| Failure::new(404, Fault::UnknownOperation { name }))?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let asked = LookUp::read(&interactions::operation_parameters(&body.bytes)?)?;
    let answer = look_up(book, registry, &incoming.caller, &asked, Instant::now()).await?;
    Ok(reply::document(answer))
}

/// `POST Patient/[id]/$registry-lookup`
pub(crate) async fn registry_lookup_of(
    incoming: Incoming,
    id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let service = incoming.service();
    for interaction in [Interaction::Create, Interaction::Update] {
        service.decide(&incoming.caller, interaction, Some(ResourceType::PATIENT)).map_err(Failure::from)?;
    }
    let id = LogicalId::try_from(id.as_str()).map_err(|_| Failure::new(404, Fault::NotFound))?;
    let book = &incoming.state.app.health_book;
    let name = "$registry-lookup".to_owned();
    let registry = book.registry().ok_or_else(|| Failure::new(404, Fault::UnknownOperation { name }))?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let asked = LookUp::read(&interactions::operation_parameters(&body.bytes)?)?;
    let answer = issue(book, registry, &incoming.caller, &id, &asked, Instant::now()).await?;
    Ok(reply::document(answer))
}

/// `POST CoverageEligibilityRequest/$submit`
pub(crate) async fn submit_eligibility(
    incoming: Incoming,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    incoming
        .service()
        .decide(&incoming.caller, Interaction::Update, Some(ResourceType::PATIENT))
        .map_err(Failure::from)?;
    let book = &incoming.state.app.health_book;
    let cards = book.registry().and_then(ConnectedRegistry::cards);
    let name = "$submit".to_owned();
    let cards = cards.ok_or_else(|| Failure::new(404, Fault::UnknownOperation { name }))?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let submitted = Submitted::read(&body.bytes)?;
    let answer = submit(book, cards, &incoming.caller, &submitted, Instant::now()).await?;
    Ok(reply::document(answer))
}

/// `GET /stats`: open to everybody, and about nobody.
pub(crate) async fn stats(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let stats = told(&state.app.health_book);
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains("application/json")) {
        return HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(stats.to_string());
    }
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page(&stats))
}

fn told(book: &HealthBook) -> Value {
    let Some(registry) = book.registry() else { return json!({"registry": null}) };
    let figures = registry.figures();
    json!({"registry": {
        "events": figures.outcomes(),
        "lagSeconds": {"province": lags(figures.by_province()), "kind": lags(figures.by_kind()),
            "link": lags(figures.by_link())},
    }})
}

fn lags<K: Into<String>>(all: BTreeMap<K, Distribution>) -> BTreeMap<String, Value> {
    // Beyond the last bound nothing is known: null.
    let quantile = |lags: &Distribution, share| lags.quantile(share).filter(|bound| bound.is_finite());
    let lag = |(name, lags): (K, Distribution)| {
        let told = json!({"count": lags.count(), "p50": quantile(&lags, 0.5), "p95": quantile(&lags, 0.95)});
        (name.into(), told)
    };
    all.into_iter().map(lag).collect()
}

/// All texts in it are our own words, codes of two digits and numbers.
fn page(stats: &Value) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Healthbook</title>\
         <h1>Độ trễ từ cơ sở dữ liệu dân cư / <span lang=\"en\">Lag of the population registry</span></h1>",
    );
    let Some(registry) = stats.get("registry").filter(|registry| !registry.is_null()) else {
        page.push_str("<p>Chưa kết nối. / <span lang=\"en\">Not connected.</span></p></html>");
        return page;
    };
    page.push_str("<h2>Sự kiện / <span lang=\"en\">Events</span></h2><ul>");
    for (outcome, count) in registry.get("events").and_then(Value::as_object).into_iter().flatten() {
        page.push_str(&format!("<li>{outcome}: {count}</li>"));
    }
    page.push_str("</ul>");
    let titles = [
        ("province", "Tỉnh / <span lang=\"en\">Province</span>"),
        ("kind", "Loại sự kiện / <span lang=\"en\">Kind of event</span>"),
        ("link", "Đường kết nối / <span lang=\"en\">Link</span>"),
    ];
    for (name, title) in titles {
        page.push_str(&format!(
            "<h2>{title}</h2><table><tr><th></th><th>Số lượng / <span lang=\"en\">Count</span></th>\
             <th>p50 (s)</th><th>p95 (s)</th></tr>"
        ));
        let rows = registry.pointer(&format!("/lagSeconds/{name}")).and_then(Value::as_object);
        for (name, lag) in rows.into_iter().flatten() {
            let cell = |name: &str| match lag.get(name) {
                Some(Value::Number(number)) => number.to_string(),
                _ if lag.get("count") == Some(&json!(0)) => "–".to_owned(),
                _ => "> 604800".to_owned(),
            };
            let (count, p50, p95) = (cell("count"), cell("p50"), cell("p95"));
            page.push_str(&format!("<tr><th>{name}</th><td>{count}</td><td>{p50}</td><td>{p95}</td></tr>"));
        }
        page.push_str("</table>");
    }
    page.push_str("</html>");
    page
}

/// Adds the lag as histograms to a text in OpenMetrics, before its end.
pub(crate) fn write_lag(text: &mut String, book: &HealthBook) -> std::fmt::Result {
    const END: &str = "# EOF\n";
    let Some(registry) = book.registry() else { return Ok(()) };
    if text.ends_with(END) {
        text.truncate(text.len() - END.len());
    }
    let figures = registry.figures();
    let owned = |all: BTreeMap<&'static str, Distribution>| {
        all.into_iter().map(|(name, lags)| (name.to_owned(), lags)).collect::<BTreeMap<_, _>>()
    };
    let families = [
        ("province", figures.by_province()),
        ("kind", owned(figures.by_kind())),
        ("link", owned(figures.by_link())),
    ];
    for (label, all) in families {
        let family = format!("healthbook_registry_lag_by_{label}_seconds");
        writeln!(text, "# HELP {family} Time from an event of the population registry to the book.")?;
        writeln!(text, "# TYPE {family} histogram")?;
        for (value, lags) in all {
            for (bound, count) in lags.cumulative() {
                writeln!(text, "{family}_bucket{{{label}=\"{value}\",le=\"{bound:?}\"}} {count}")?;
            }
            writeln!(text, "{family}_bucket{{{label}=\"{value}\",le=\"+Inf\"}} {}", lags.count())?;
            writeln!(text, "{family}_sum{{{label}=\"{value}\"}} {:?}", lags.sum())?;
            writeln!(text, "{family}_count{{{label}=\"{value}\"}} {}", lags.count())?;
        }
    }
    text.push_str(END);
    Ok(())
}
