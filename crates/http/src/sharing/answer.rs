//! Reading the body of an act, writing its answer.

use access::{Caller, Denied};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self};
use actix_web::web::Payload;
use fhir::Fault;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body::read_json;
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::negotiation::is_json;

/// The media type of answers.
const JSON: &str = "application/json; charset=utf-8";

/// An answer as JSON.
pub(super) fn json(status: StatusCode, value: &Value) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CONTENT_TYPE, JSON)).body(value.to_string())
}

/// The bytes of a body in JSON. Who is nobody is told so before the body is read.
pub(super) async fn bytes(incoming: &Incoming, payload: Payload) -> Result<Vec<u8>, Failure> {
    if incoming.caller == Caller::Anonymous {
        return Err(Denied::Unauthenticated.into());
    }
    let content_type = incoming.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !is_json(content_type.unwrap_or_default()) {
        return Err(Failure::closing(415, Fault::WrongContentType));
    }
    Ok(read_json(&incoming.state, incoming.headers(), payload).await?.take())
}

/// The body of an act.
pub(super) async fn body<T: DeserializeOwned>(incoming: &Incoming, payload: Payload) -> Result<T, Failure> {
    Ok(health_book::input::read(&bytes(incoming, payload).await?)?)
}

/// A parameter of the URL.
pub(super) fn parameter(incoming: &Incoming, name: &str) -> Option<String> {
    let pair = incoming.pairs.iter().find(|(given, _)| given == name);
    pair.map(|(_, value)| value.clone())
}
