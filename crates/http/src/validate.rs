//! `$validate` over HTTP.

use access::Interaction;
use actix_web::HttpResponse;
use actix_web::web::Payload;
use interactions::ValidateRequest;

use crate::body::{Body, has_body, read_json};
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::reply;

/// `POST [type]/$validate`
pub(crate) async fn of_type(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    let request =
        ValidateRequest { resource_type: Some(incoming.resource_type("type")?), ..Default::default() };
    run(incoming, payload, request).await
}

/// `POST [type]/[id]/$validate`
pub(crate) async fn of_instance(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    let resource_type = Some(incoming.resource_type("type")?);
    let request = ValidateRequest { resource_type, id: Some(incoming.id(404)?), ..Default::default() };
    run(incoming, payload, request).await
}

async fn run(
    incoming: Incoming,
    payload: Payload,
    request: ValidateRequest,
) -> Result<HttpResponse, Failure> {
    let access = incoming.decide(Interaction::ReadOperation)?;
    // A deletion needs no resource.
    let mut body = match has_body(incoming.headers()) {
        true => Some(read_json(&incoming.state, incoming.headers(), payload).await?),
        false => None,
    };
    let bytes = body.as_mut().map(Body::take).unwrap_or_default();
    let given = |name: &str| {
        let pair = incoming.pairs.iter().find(|(given, _)| given == name);
        pair.map(|(_, value)| value.clone())
    };
    let request = ValidateRequest { mode: given("mode"), profile: given("profile"), body: bytes, ..request };
    let issues = interactions::validate(incoming.service(), &access, request).await?;
    Ok(reply::document(fhir::outcome_json(&issues)))
}
