//! Messages of senders, and how far they have come.

use actix_web::http::header;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::{DataSender, SenderKnown};
use fhir::{Fault, Instant};
use health_book::data_axis::{self, Answered, DataAxis, ResultCode};

use super::answer;
use super::login::sign_in;
use crate::app::State;
use crate::body::read_json;
use crate::failure::Failure;
use crate::negotiation::is_json;

/// The header and value by which the service is named.
const SERVICE: (&str, &str) = ("service-type", "100");

/// `POST /api/platform/data-sync/push`
pub(super) async fn push(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let (axis, now) = (axis(&state)?, Instant::now());
    // Who may not send gets no body read.
    let sender = match sender(&state, &request, now).await? {
        Ok(sender) => sender,
        Err(code) => return closing(axis, 200, code, payload, now),
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_right = header(SERVICE.0) == Some(SERVICE.1)
        && is_json(header(header::CONTENT_TYPE.as_str()).unwrap_or_default());
    if !is_right {
        return closing(axis, 200, ResultCode::InvalidRequest, payload, now);
    }
    let mut body = match read_json(&state, request.headers(), payload).await {
        Ok(body) => body,
        // What is too large is answered in the words of the protocol, and the connection is closed.
        Err(failure) if failure.problem.status == 413 => {
            let refused = data_axis::refused(axis, ResultCode::InvalidRequest, now)?;
            let mut response = answer(413, refused.text);
            response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
            return Ok(response);
        }
        Err(failure) => return Err(failure),
    };
    let Answered { text, is_full } =
        data_axis::push(&state.app.health_book, axis, &sender, body.take(), now).await?;
    // Without room the same may be sent again: `Retry-After`.
    Ok(answer(if is_full { 503 } else { 200 }, text))
}

/// `GET /api/platform/data-sync/state/{id}`
pub(super) async fn state(
    state: Data<State>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (axis, now) = (axis(&state)?, Instant::now());
    let sender = match sender(&state, &request, now).await? {
        Ok(sender) => sender,
        Err(code) => return Ok(answer(200, data_axis::refused(axis, code, now)?.text)),
    };
    let told = data_axis::state(&state.app.health_book, axis, &sender, &id, now).await?;
    Ok(answer(200, told.text))
}

/// `GET /api/platform/data-sync/key`: by which answers are verified.
pub(super) async fn key(state: Data<State>) -> Result<HttpResponse, Failure> {
    let key = axis(&state)?.public_key();
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/x-pem-file")).body(key))
}

fn axis(state: &State) -> Result<&DataAxis, Failure> {
    state.app.health_book.axis().ok_or_else(|| Failure::new(404, Fault::UnknownPath))
}

/// Who shows a token, or the result code for whoever does not show one that holds.
async fn sender(
    state: &State,
    request: &HttpRequest,
    now: Instant,
) -> Result<Result<DataSender, ResultCode>, Failure> {
    let mut shown = request.headers().get_all(header::AUTHORIZATION);
    let value = shown.next().and_then(|value| value.to_str().ok()).filter(|_| shown.next().is_none());
    let token = value.and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return Ok(Err(ResultCode::Permission)) };
    match sign_in(state)?.accounts.sender_of_token(token.trim(), now).await {
        Ok(SenderKnown::Is(sender)) => Ok(Ok(*sender)),
        Ok(SenderKnown::Expired) => Ok(Err(ResultCode::Expired)),
        Ok(SenderKnown::Nobody) => Ok(Err(ResultCode::Permission)),
        Err(error) => {
            tracing::error!(error = %error, "a token of a sender could not be looked at");
            Err(Failure::new(503, Fault::Busy))
        }
    }
}

/// An answer without the body having been read: nothing more is asked on this connection.
fn closing(
    axis: &DataAxis,
    status: u16,
    code: ResultCode,
    payload: Payload,
    now: Instant,
) -> Result<HttpResponse, Failure> {
    crate::body::hold(payload);
    let mut response = answer(status, data_axis::refused(axis, code, now)?.text);
    response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    Ok(response)
}
