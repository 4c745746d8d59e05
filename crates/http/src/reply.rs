//! Answers: resources with their version headers, Bundles, writes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use fhir::{Fault, Instant, Issue, VersionId};
use interactions::{Problem, Return, Service, Stored};
use record_store::{Effect, Record, Showing};

use crate::failure::Failure;
use crate::negotiation::FHIR_JSON;

fn version_headers(response: &mut actix_web::HttpResponseBuilder, version: VersionId, updated: Instant) {
    let seconds = u64::try_from(updated.seconds()).unwrap_or(0);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    response.insert_header((header::ETAG, format!("W/\"{version}\"")));
    response.insert_header((header::LAST_MODIFIED, httpdate::fmt_http_date(time)));
}

/// That the caller has it already.
pub(crate) fn not_modified(record: &Record) -> HttpResponse {
    let mut response = HttpResponse::NotModified();
    version_headers(&mut response, record.version, record.last_updated);
    response.finish()
}

/// A resource that was read: the part of it that was asked for, else all of it.
pub(crate) fn record(
    record: &Record,
    part: Option<String>,
    showing: &Showing,
) -> Result<HttpResponse, Failure> {
    let mut response = HttpResponse::Ok();
    version_headers(&mut response, record.version, record.last_updated);
    let whole = || record.show(showing).map_err(Problem::from)?.ok_or_else(|| Failure::new(410, Fault::Gone));
    let body = part.map_or_else(whole, Ok)?;
    Ok(response.insert_header((header::CONTENT_TYPE, FHIR_JSON)).body(body))
}

/// A resource that stands for the one that was asked for: where it is, and no version headers, which would be taken for
/// those of what was asked for.
pub(crate) fn standing(
    service: &Service,
    record: &Record,
    part: Option<String>,
    showing: &Showing,
) -> Result<HttpResponse, Failure> {
    let whole = || record.show(showing).map_err(Problem::from)?.ok_or_else(|| Failure::new(410, Fault::Gone));
    let body = part.map_or_else(whole, Ok)?;
    let Record { resource_type, id, version, .. } = record;
    let place = format!("{}/{resource_type}/{id}/_history/{version}", service.base());
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_LOCATION, place));
    Ok(response.insert_header((header::CONTENT_TYPE, FHIR_JSON)).body(body))
}

/// A Bundle, a CapabilityStatement, or any other FHIR document.
pub(crate) fn document(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, FHIR_JSON)).body(text)
}

/// A document about work that goes on, and where it is found again.
pub(crate) fn status_document(status: StatusCode, place: &str, text: String) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_LOCATION, place));
    response.insert_header((header::CONTENT_TYPE, FHIR_JSON)).body(text)
}

/// What came of a write.
pub(crate) fn stored(
    service: &Service,
    stored: &Stored,
    answer: Option<Return>,
) -> Result<HttpResponse, Failure> {
    let Stored { resource_type, id, version, last_updated, .. } = stored;
    let answer = answer.unwrap_or_default();
    let mut status = StatusCode::from_u16(stored.status()).unwrap_or(StatusCode::OK);
    if answer == Return::OperationOutcome && status == StatusCode::NO_CONTENT {
        status = StatusCode::OK;
    }
    let mut response = HttpResponse::build(status);
    // Where there was nothing to delete there is no version either.
    if stored.effect != Effect::NothingToDelete {
        version_headers(&mut response, *version, *last_updated);
    }
    if !stored.is_gone() {
        let location = format!("{}/{resource_type}/{id}/_history/{version}", service.base());
        response.insert_header((header::LOCATION, location));
    }
    let body = match answer {
        Return::Minimal => None,
        Return::Representation => stored.to_json()?,
        Return::OperationOutcome => Some(fhir::outcome_json(&[Issue::information(Fault::AllOk)])),
    };
    match body {
        Some(body) => Ok(response.insert_header((header::CONTENT_TYPE, FHIR_JSON)).body(body)),
        None => Ok(response.finish()),
    }
}
