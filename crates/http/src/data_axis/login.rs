//! Signing a sender in.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::{SenderAnswer, TOKEN_LIFE};
use fhir::{Fault, Instant};
use health_book::data_axis::{ResultCode, login_answer};
use serde::Deserialize;

use super::answer;
use crate::app::State;
use crate::body::read_json;
use crate::failure::Failure;
use crate::negotiation::is_json;
use crate::sign_in::{SignIn, address_of};

#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

#[derive(Deserialize)]
struct Refresh {
    refresh_token: String,
}

/// `POST /api/auth/login`
pub(super) async fn login(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let now = Instant::now();
    let Some(Login { username, password }) = body(&state, &request, payload).await? else {
        return Ok(answer(200, login_answer(ResultCode::InvalidRequest, None, now.microseconds() / 1_000)));
    };
    let sign_in = sign_in(&state)?;
    let address = address_of(&request, sign_in.trusted_proxies);
    respond(sign_in.accounts.sign_in_sender(&username, &password, address, now).await, now)
}

/// `POST /api/auth/refresh`
pub(super) async fn refresh(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let now = Instant::now();
    let Some(Refresh { refresh_token }) = body(&state, &request, payload).await? else {
        return Ok(answer(200, login_answer(ResultCode::InvalidRequest, None, now.microseconds() / 1_000)));
    };
    respond(sign_in(&state)?.accounts.refresh_sender(&refresh_token, now).await, now)
}

/// Signing in, where this server has it.
pub(super) fn sign_in(state: &State) -> Result<&SignIn, Failure> {
    state.app.sign_in.as_deref().ok_or_else(|| Failure::new(404, Fault::UnknownPath))
}

async fn body<T: for<'d> Deserialize<'d>>(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Option<T>, Failure> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !is_json(kind.unwrap_or_default()) {
        return Ok(None);
    }
    let body = read_json(state, request.headers(), payload).await?;
    Ok(serde_json::from_slice(&body.bytes).ok())
}

fn respond(
    done: Result<SenderAnswer, auth::account::AuthError>,
    now: Instant,
) -> Result<HttpResponse, Failure> {
    let milliseconds = now.microseconds() / 1_000;
    Ok(match done {
        Ok(SenderAnswer::SignedIn(tokens)) => {
            let tokens = Some((tokens.token.as_str(), tokens.refresh.as_str(), TOKEN_LIFE));
            answer(200, login_answer(ResultCode::Accepted, tokens, milliseconds))
        }
        Ok(SenderAnswer::Refused) => answer(200, login_answer(ResultCode::AccountFail, None, milliseconds)),
        Ok(SenderAnswer::Wait(seconds)) => {
            let mut response = answer(429, login_answer(ResultCode::AccountFail, None, milliseconds));
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Err(auth::account::AuthError::Busy) => return Err(Failure::new(503, Fault::Busy)),
        Err(error) => {
            tracing::error!(error = %error, "a sender could not be signed in");
            return Err(Failure::new(500, Fault::Internal));
        }
    })
}
