//! Operations about codes: <https://hl7.org/fhir/R4/terminology-service.html>.

use access::Interaction;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Payload;
use interactions::{TerminologyOperation, TerminologyRequest, pairs};

use crate::body::{has_form_or_nothing, read_form, read_json};
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::reply;

type Answer = Result<HttpResponse, Failure>;

/// `GET [type]/$[operation]`, `GET [type]/[id]/$[operation]`
pub(crate) async fn asked(incoming: Incoming, operation: TerminologyOperation) -> Answer {
    let pairs = incoming.pairs.clone();
    answer(&incoming, operation, pairs, None).await
}

/// The same with `POST`: a form, a `Parameters` resource, or the resource that it is about.
pub(crate) async fn posted(incoming: Incoming, payload: Payload, operation: TerminologyOperation) -> Answer {
    // Nobody unknown gets a body read.
    incoming.decide(Interaction::ReadOperation)?;
    let mut sent = incoming.pairs.clone();
    let headers = incoming.headers();
    if has_form_or_nothing(headers) {
        sent.extend(pairs(&read_form(&incoming.state, headers, payload).await?)?);
        return answer(&incoming, operation, sent, None).await;
    }
    let mut body = read_json(&incoming.state, headers, payload).await?;
    let bytes = body.take();
    // The share of the memory is held until the answer is made.
    let answered = answer(&incoming, operation, sent, Some(bytes)).await;
    drop(body);
    answered
}

async fn answer(
    incoming: &Incoming,
    operation: TerminologyOperation,
    pairs: Vec<(String, String)>,
    body: Option<Vec<u8>>,
) -> Answer {
    let access = incoming.decide(Interaction::ReadOperation)?;
    let id = if incoming.segment("id").is_empty() { None } else { Some(incoming.id(404)?) };
    let accepted = incoming.headers().get_all(header::ACCEPT_LANGUAGE);
    let accepted: Vec<&str> = accepted.filter_map(|value| value.to_str().ok()).collect();
    let accept_language = accepted.join(",");
    let request = TerminologyRequest { operation, id, pairs, body, accept_language };
    let text = interactions::terminology(incoming.service(), &access, request).await?;
    Ok(reply::document(text))
}
