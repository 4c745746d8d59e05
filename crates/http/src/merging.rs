//! `Patient/[id]/$link` and `$unlink` over HTTP (`docs/merging.md`, section 2).

use access::Interaction;
use actix_web::HttpResponse;
use actix_web::web::Payload;
use fhir::ResourceType;
use health_book::merging;

use crate::body::read_json;
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::reply;

/// `POST Patient/[id]/$link`
pub(crate) async fn link(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    let parameters = parameters(&incoming, payload).await?;
    let (book, survivor) = (&incoming.state.app.health_book, incoming.id(404)?);
    let answer = merging::link(book, &incoming.caller, &survivor, &parameters).await?;
    Ok(reply::document(answer))
}

/// `POST Patient/[id]/$unlink`
pub(crate) async fn unlink(incoming: Incoming, payload: Payload) -> Result<HttpResponse, Failure> {
    let parameters = parameters(&incoming, payload).await?;
    let (book, survivor) = (&incoming.state.app.health_book, incoming.id(404)?);
    let answer = merging::unlink(book, &incoming.caller, &survivor, &parameters).await?;
    Ok(reply::document(answer))
}

/// The parameters that were sent. Who may not ask gets no body read.
async fn parameters(incoming: &Incoming, payload: Payload) -> Result<Vec<(String, String)>, Failure> {
    incoming
        .service()
        .decide(&incoming.caller, Interaction::Update, Some(ResourceType::PATIENT))
        .map_err(Failure::from)?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    Ok(interactions::operation_parameters(&body.bytes)?)
}
