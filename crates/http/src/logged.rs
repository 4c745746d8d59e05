//! Around every request: what it shows is in the log of accesses before its answer leaves, or the answer is another one.
//! `docs/access-log.md` is the promise.

use access::Caller;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, ResponseError as _};
use audit_log::Action;
use fhir::{Fault, LogicalId, ResourceType};
use interactions::Refused;
use record_store::Journal;
use uuid::Uuid;

use crate::app::State;
use crate::failure::Failure;

/// The middleware.
pub(crate) async fn keep<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return Ok(request.into_response(Failure::new(500, Fault::Internal).error_response()));
    };
    let journal = Journal::new(number(&request));
    let response = journal.scope(next.call(request)).await?.map_into_boxed_body();
    note_refusal(&journal, &response);
    note_refused_act(&journal, &response);
    match interactions::keep(&state.app.service, &journal).await {
        Ok(()) => Ok(response),
        Err(problem) => {
            tracing::error!("an answer was withheld: its entry in the log of accesses could not be written");
            let (request, _) = response.into_parts();
            Ok(ServiceResponse::new(request, Failure::from(problem).error_response()))
        }
    }
}

/// The number of the request: the caller's `X-Request-Id` where it is one, else a new one.
fn number(request: &ServiceRequest) -> Uuid {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    given.and_then(|text| Uuid::try_parse(text).ok()).unwrap_or_else(Uuid::now_v7)
}

/// Who is let in and refused what is there leaves a trace.
fn note_refusal(journal: &Journal, response: &ServiceResponse) {
    let request = response.request();
    let path = request.match_info();
    let Some(resource_type) = path.get("type").and_then(|name| name.parse::<ResourceType>().ok()) else {
        return;
    };
    let id = path.get("id").and_then(|id| LogicalId::try_from(id).ok());
    let last = request.path().rsplit('/').next().unwrap_or_default();
    let action = match *request.method() {
        // What is posted there writes nothing.
        Method::POST if !last.starts_with(['_', '$']) => Action::Create,
        Method::PUT => Action::Update,
        Method::PATCH => Action::Patch,
        Method::DELETE => Action::Delete,
        _ if path.get("version").is_some() => Action::Vread,
        _ if last == "_history" => Action::History,
        _ if last.starts_with('$') => Action::Operation,
        _ if path.get("member").is_some() => Action::Search,
        _ if id.is_some() => Action::Read,
        _ => Action::Search,
    };
    interactions::note_refusal(journal, response.status().as_u16(), Refused { action, resource_type, id });
}

/// Statuses of acts of sharing that were refused: what was in the way, or too many tries, among them.
const ACT_REFUSED: [u16; 4] = [403, 404, 409, 429];

/// The same of an act of sharing, in the books that it was about. An id in its path is no part of what is noted.
fn note_refused_act(journal: &Journal, response: &ServiceResponse) {
    let request = response.request();
    let Some(path) = request.path().strip_prefix("/access/") else { return };
    if !ACT_REFUSED.contains(&response.status().as_u16()) || !journal.is_of_somebody() {
        return;
    }
    let action = if *request.method() == Method::GET { Action::Operation } else { Action::Sharing };
    let name = path.split('/').next().unwrap_or_default();
    journal.act_refused(action, &format!("access/{name}"));
}

/// Says to the journal of the running request who asks.
pub(crate) fn note_caller(caller: &Caller) {
    if let Some(journal) = Journal::current() {
        journal.asked_by(interactions::origin_of(caller));
    }
}
