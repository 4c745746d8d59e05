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
use interactions::{Problem, Refused, Service};
use record_store::Journal;

use crate::app::State;
use crate::failure::Failure;
use crate::watch;

/// The middleware.
pub(crate) async fn keep<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return Ok(request.into_response(Failure::new(500, Fault::Internal).error_response()));
    };
    let journal = Journal::new(watch::number_of(&request));
    let response = journal.scope(next.call(request)).await?.map_into_boxed_body();
    note_refusal(&journal, &response);
    note_refused_act(&journal, &response);
    note_refused_proof(&journal, &response);
    match interactions::keep(&state.app.service, &journal).await {
        Ok(()) => Ok(response),
        Err(problem) => {
            tracing::error!("an answer was withheld: its entry in the log of accesses could not be written");
            let (request, _) = response.into_parts();
            Ok(ServiceResponse::new(request, Failure::from(problem).error_response()))
        }
    }
}

/// Who is let in and refused what is there leaves a trace, in each book that the request was about.
fn note_refusal(journal: &Journal, response: &ServiceResponse) {
    let status = response.status().as_u16();
    if status < 400 {
        return;
    }
    let request = response.request();
    // As the routes read it: a letter may have been sent as its number.
    let Some(path) = request.match_info().as_str().strip_prefix("/fhir/") else { return };
    if let Some(refused) = asked(request.method(), path) {
        interactions::note_refusal(journal, status, refused);
    }
}

/// What a request below the FHIR base asks for. Its path says it, whichever route serves it, so that none is forgotten.
fn asked(method: &Method, path: &str) -> Option<Refused> {
    let segments: Vec<&str> = path.split('/').collect();
    let resource_type = segments.first()?.parse::<ResourceType>().ok()?;
    let id = segments.get(1).and_then(|id| LogicalId::try_from(*id).ok());
    let last = segments.last().copied().unwrap_or_default();
    let action = match *method {
        // What is posted there writes nothing.
        Method::POST if !last.starts_with(['_', '$']) => Action::Create,
        Method::PUT => Action::Update,
        Method::PATCH => Action::Patch,
        Method::DELETE => Action::Delete,
        _ if last.starts_with('$') => Action::Operation,
        _ => match segments.as_slice() {
            [_, _, "_history", _] => Action::Vread,
            [.., "_history"] => Action::History,
            [_, _] if id.is_some() => Action::Read,
            _ => Action::Search,
        },
    };
    Some(Refused { action, resource_type, id })
}

/// Statuses of acts of sharing that were refused: what was in the way, or too many tries, among them. Where it was looked up whom
/// an act is about every answer tells of them: a birth date that fits is refused in another way than one that does not.
const ACT_REFUSED: [u16; 4] = [403, 404, 409, 429];

/// The same of an act of sharing, or of a page that does one, in the books that it was about. An id in its path is no part of
/// what is noted.
fn note_refused_act(journal: &Journal, response: &ServiceResponse) {
    let (request, status) = (response.request(), response.status().as_u16());
    let path = request.match_info().as_str();
    let act = path.strip_prefix("/access/").and_then(|path| path.split('/').next());
    let tells = (act.is_some() && ACT_REFUSED.contains(&status)) || (status >= 400 && journal.is_concerned());
    if !tells || path.starts_with("/fhir") || !journal.is_of_somebody() {
        return;
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let action = if reads { Action::Operation } else { Action::Sharing };
    let name = match act {
        Some(name) => format!("access/{name}"),
        None => request.match_pattern().unwrap_or_default().trim_start_matches('/').to_owned(),
    };
    journal.act_refused(action, &name);
}

/// The same of a part of the log that is asked for below `/transparency`: in the book of who asks. A number in the path is no part
/// of what is noted: it may be anybody's.
fn note_refused_proof(journal: &Journal, response: &ServiceResponse) {
    let Some(path) = response.request().match_info().as_str().strip_prefix("/transparency/") else { return };
    let action = match path.split('/').next() {
        Some("extract") => Action::Export,
        Some("proof") => Action::Read,
        _ => return,
    };
    if matches!(response.status().as_u16(), 403 | 404) && journal.is_of_somebody() {
        let own = journal.origin().own_book().map(|patient| (ResourceType::PATIENT, patient));
        let name = if action == Action::Read { "transparency/proof" } else { "transparency/extract" };
        journal.refused(action, own, name);
    }
}

/// Says to the journal of the running request who asks, and how that somebody is called: the entry of a write is made with it.
pub(crate) async fn note_caller(service: &Service, caller: &Caller) -> Result<(), Problem> {
    note_reader(caller);
    match Journal::current() {
        Some(journal) => interactions::name_asker(service, &journal).await,
        None => Ok(()),
    }
}

/// The same of who only reads: the name is looked up when what was shown is kept.
pub(crate) fn note_reader(caller: &Caller) {
    if let Some(journal) = Journal::current() {
        journal.asked_by(interactions::origin_of(caller));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_follows_from_the_path_whichever_route_it_is() {
        for (method, path, action, id) in [
            ("GET", "Patient/p", Action::Read, Some("p")),
            ("GET", "Patient/p/_history", Action::History, Some("p")),
            ("GET", "Patient/p/_history/2", Action::Vread, Some("p")),
            ("GET", "Patient/p/Observation", Action::Search, Some("p")),
            ("POST", "Patient/p/Observation/_search", Action::Search, Some("p")),
            ("GET", "Patient/p/$summary", Action::Operation, Some("p")),
            ("POST", "Patient/p/$link", Action::Operation, Some("p")),
            ("POST", "Patient/p/$no-such-thing", Action::Operation, Some("p")),
            ("GET", "Patient/$summary", Action::Operation, None),
            ("POST", "Patient/$match", Action::Operation, None),
            ("GET", "Patient/_history", Action::History, None),
            ("POST", "Patient/_search", Action::Search, None),
            ("GET", "Patient", Action::Search, None),
            ("POST", "Patient", Action::Create, None),
            ("PUT", "Patient/p", Action::Update, Some("p")),
            ("PATCH", "Patient/p", Action::Patch, Some("p")),
            ("DELETE", "Patient/p", Action::Delete, Some("p")),
            ("DELETE", "Patient/p/_history", Action::Delete, Some("p")),
        ] {
            let found = asked(&method.parse().unwrap(), path).unwrap();
            assert_eq!(
                (found.action, found.id.as_ref().map(LogicalId::as_str)),
                (action, id),
                "{method} {path}"
            );
            assert_eq!(found.resource_type, ResourceType::PATIENT, "{method} {path}");
        }
        for path in ["", "metadata", "$reindex", "_history", "_search", "Nothing/p"] {
            assert_eq!(asked(&Method::GET, path), None, "{path}");
        }
    }
}
