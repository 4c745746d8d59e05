//! Messages of check-ups as a facility has them in files (`docs/check-up.md`, section 7): `POST /check-ups`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, Payload, ServiceConfig};
use fhir::Instant;
use health_book::check_up::{self, Refused};
use serde_json::{Value, json};

use crate::body::read_resource;
use crate::failure::Failure;
use crate::fhir_routes::resource;
use crate::incoming::Incoming;

/// The route.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(resource("/check-ups", "POST").route(web::post().to(take)));
}

/// Who is nobody gets no body read. What is not in the books is told by record and field.
async fn take(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    let book = &incoming.state.app.health_book;
    check_up::may_send(book, &incoming.caller)?;
    let mut body = read_resource(&incoming.state, incoming.headers(), payload).await?;
    let taken = check_up::take(book, &incoming.caller, body.take(), Instant::now()).await?;
    let status = if taken.refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let told = json!({
        "records": taken.records,
        "created": taken.created,
        "updated": taken.updated,
        "unchanged": taken.unchanged,
        "faults": taken.refused.iter().map(fault).collect::<Vec<Value>>(),
    });
    let mut response = HttpResponse::build(status);
    Ok(response.insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

fn fault(refused: &Refused) -> Value {
    json!({
        "record": refused.record,
        "place": refused.place,
        "code": refused.code,
        "en": refused.english,
        "vi": refused.vietnamese,
    })
}
