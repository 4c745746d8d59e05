//! The endpoints that programs ask.

use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use auth::OAuthError;
use fhir::Instant;
use serde_json::{Value, json};

use super::request::{answer, body, error, json as respond, of_client, refused, service};
use crate::app::State;
use crate::credentials::Credentials;
use crate::negotiation::Format;

/// `GET /fhir/.well-known/smart-configuration`: JSON, whatever the caller accepts.
pub(super) async fn smart_configuration(state: Data<State>, request: HttpRequest) -> HttpResponse {
    // It is no resource: it is never written as XML.
    request.extensions_mut().insert(Format::Json);
    public(service(&state).map(|auth| auth.smart_configuration()))
}

/// `GET /.well-known/openid-configuration`
pub(super) async fn openid_configuration(state: Data<State>) -> HttpResponse {
    public(service(&state).map(|auth| auth.openid_configuration()))
}

/// `GET /auth/jwks`
pub(super) async fn key_set(state: Data<State>) -> HttpResponse {
    public(service(&state).map(|auth| auth.key_set(Instant::now())))
}

/// What everybody may know, also pages of other origins, and keep for a while.
fn public(result: Result<Value, OAuthError>) -> HttpResponse {
    let mut response = match result {
        Ok(value) => respond(200, &value),
        Err(error) => return refused(error),
    };
    let headers = response.headers_mut();
    headers.remove("pragma");
    for (name, value) in [("cache-control", "public, max-age=300"), ("access-control-allow-origin", "*")] {
        let name = actix_web::http::header::HeaderName::from_static(name);
        headers.insert(name, actix_web::http::header::HeaderValue::from_static(value));
    }
    response
}

/// `POST /auth/token`
pub(super) async fn token(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answering = async {
        let (auth, request) = (service(&state)?, of_client(&request, payload).await?);
        auth.token(&request, Instant::now()).await
    };
    answer(answering.await)
}

/// `POST /auth/introspect`
pub(super) async fn introspect(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answering = async {
        let (auth, request) = (service(&state)?, of_client(&request, payload).await?);
        auth.introspect(&request, Instant::now()).await
    };
    answer(answering.await)
}

/// `POST /auth/revoke`
pub(super) async fn revoke(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answering = async {
        let (auth, request) = (service(&state)?, of_client(&request, payload).await?);
        auth.revoke(&request, Instant::now()).await.map(|()| json!({}))
    };
    answer(answering.await)
}

/// `POST /auth/register`
pub(super) async fn register(state: Data<State>, payload: Payload) -> HttpResponse {
    let answering = async {
        let auth = service(&state)?;
        let registration = auth::Registration::read(&body(payload).await?)?;
        auth.register(registration, Instant::now()).await
    };
    match answering.await {
        Ok(value) => respond(201, &value),
        Err(error) => refused(error),
    }
}

/// `POST /auth/launch`
pub(super) async fn launch(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answering = async {
        let auth = service(&state)?;
        let (caller, _) = caller(&state, &request).await?;
        let launch = auth.launch(&caller, &body(payload).await?, Instant::now()).await?;
        Ok(json!({"launch": launch.launch, "expires_in": launch.expires_in}))
    };
    answer(answering.await)
}

/// `GET /auth/userinfo`
pub(super) async fn user_info(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let answering = async {
        let auth = service(&state)?;
        let (_, token) = caller(&state, &request).await?;
        auth.user_info(token.as_deref().unwrap_or_default(), Instant::now()).await
    };
    answer(answering.await)
}

async fn caller(
    state: &Data<State>,
    request: &HttpRequest,
) -> Result<(access::Caller, Option<String>), OAuthError> {
    let invalid = |failure: crate::failure::Failure| match failure.problem.status {
        503 => error(503, "temporarily_unavailable", "try again in a moment"),
        _ => error(401, "invalid_token", "the access token is not valid"),
    };
    let credentials = Credentials::read(&state.app.authentication, request).map_err(invalid)?;
    credentials.settle(Instant::now()).await.map_err(invalid)
}
