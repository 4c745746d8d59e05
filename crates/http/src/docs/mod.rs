//! `/openapi.json` and `/docs`: the contract and the documents, open to everybody (`docs/contract.md`).

mod contract;
mod library;

use ::web::{DOCS_STYLE, Language, STYLE, document, documents, reference};
use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use fhir::Fault;

pub(crate) use self::contract::Contract;
use self::library::{GUIDES, PROMISES, text};
use crate::app::State;
use crate::failure::Failure;
use crate::fhir_routes::{get, resource};
use crate::home;
use crate::language::page_language;

/// Adds the paths.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/openapi.json", "GET, HEAD").route(get().to(contract::openapi)))
        .service(resource("/docs", "GET, HEAD").route(get().to(index)))
        .service(resource("/docs/{page}", "GET, HEAD").route(get().to(page)));
}

/// `GET /docs`
async fn index(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let links = |documents: &[library::Document]| documents.iter().map(|it| it.link).collect::<Vec<_>>();
    let demo = home::demo(&state, &request).await;
    let is_secret = !demo.is_empty();
    answer(documents(&links(GUIDES), &links(PROMISES), &demo, language(&request)), is_secret)
}

/// `GET /docs/{page}`
async fn page(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let name = request.match_info().get("page").unwrap_or_default();
    let language = language(&request);
    match name {
        "api" => Ok(answer(reference(language), false)),
        "style.css" => Ok(HttpResponse::Ok()
            .content_type("text/css; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
            .body(format!("{STYLE}{DOCS_STYLE}"))),
        _ => match text(name) {
            Some(markdown) => Ok(answer(document(markdown, language), false)),
            None => Err(Failure::new(404, Fault::UnknownPath)),
        },
    }
}

fn language(request: &HttpRequest) -> Language {
    let query = interactions::pairs(request.query_string()).unwrap_or_default();
    let asked = query.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.as_str());
    asked.and_then(Language::from_code).unwrap_or_else(|| page_language(request.headers()))
}

/// A page that loads our style sheet and nothing else. One with tokens is kept by nobody.
fn answer(text: String, is_secret: bool) -> HttpResponse {
    let keep = if is_secret { "no-store" } else { "public, max-age=300" };
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, keep))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ))
        .body(text)
}
