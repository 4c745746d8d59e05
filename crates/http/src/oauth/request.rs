//! What the endpoints read from a request, and how they answer.

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth::{Auth, Basic, OAuthError, Parameters, TokenRequest};
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::app::{Authentication, State};
use crate::credentials;

/// Longest body of these endpoints.
const MOST_BYTES: usize = 65_536;

/// Time in which it must arrive.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// The service, when authentication is on.
pub(super) fn service(state: &Data<State>) -> Result<Auth, OAuthError> {
    match &state.app.authentication {
        Authentication::On(auth) => Ok(auth.clone()),
        Authentication::Off => Err(error(404, "temporarily_unavailable", "authentication is off")),
    }
}

pub(super) fn error(status: u16, code: &'static str, description: &'static str) -> OAuthError {
    OAuthError { status, code, description }
}

pub(super) fn invalid_request(description: &'static str) -> OAuthError {
    error(400, "invalid_request", description)
}

/// A small body, in time.
pub(super) async fn body(mut payload: Payload) -> Result<Vec<u8>, OAuthError> {
    let reading = async {
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| invalid_request("the body cannot be read"))?;
            if body.len().saturating_add(chunk.len()) > MOST_BYTES {
                return Err(error(413, "invalid_request", "the body is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    let late = error(408, "invalid_request", "the body did not arrive in time");
    tokio::time::timeout(DEADLINE, reading).await.unwrap_or(Err(late))
}

/// The pairs of a form.
pub(super) async fn form(headers: &HeaderMap, payload: Payload) -> Result<Vec<(String, String)>, OAuthError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let plain = kind.split(';').next().unwrap_or_default().trim();
    if !plain.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(invalid_request("the body is application/x-www-form-urlencoded"));
    }
    Ok(pairs(&body(payload).await?))
}

/// The pairs of a query or form.
pub(super) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// A request of a client.
pub(super) async fn of_client(request: &HttpRequest, payload: Payload) -> Result<TokenRequest, OAuthError> {
    let headers = request.headers();
    // What stands in an address lands in logs.
    if !request.query_string().is_empty() {
        return Err(invalid_request("parameters belong into the body"));
    }
    let parameters = Parameters::new(form(headers, payload).await?)?;
    let proof = if headers.contains_key("dpop") {
        let invalid = error(400, "invalid_dpop_proof", "one DPoP proof at a time");
        Some(credentials::proof(headers).ok_or(invalid)?)
    } else {
        None
    };
    Ok(TokenRequest { parameters, basic: basic(headers)?, proof })
}

/// HTTP Basic, its parts encoded as in a form (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<Basic>, OAuthError> {
    let invalid = || error(401, "invalid_client", "HTTP Basic cannot be read");
    let mut shown = headers.get_all(header::AUTHORIZATION);
    let Some(value) = shown.next() else { return Ok(None) };
    if shown.next().is_some() {
        return Err(invalid());
    }
    let (scheme, text) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(invalid)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(invalid());
    }
    let text = decode_base64(text.trim()).ok_or_else(invalid)?;
    let (id, secret) = text.split_once(':').ok_or_else(invalid)?;
    let plain = |part: &str| {
        pairs(format!("a={}", part.replace('&', "%26")).as_bytes()).pop().map(|(_, value)| value)
    };
    let (id, secret) = plain(id).zip(plain(secret)).ok_or_else(invalid)?;
    Ok(Some(Basic { id, secret }))
}

fn decode_base64(text: &str) -> Option<String> {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).ok()?).ok()
}

/// An answer that nobody keeps.
pub(super) fn answer(result: Result<Value, OAuthError>) -> HttpResponse {
    match result {
        Ok(value) => json(200, &value),
        Err(error) => refused(error),
    }
}

pub(super) fn json(status: u16, value: &Value) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status)
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .body(value.to_string())
}

pub(super) fn refused(error: OAuthError) -> HttpResponse {
    let mut response = json(error.status, &error.to_json());
    if error.status == 401 {
        let scheme = if error.code == "invalid_client" {
            "Basic realm=\"healthbook\""
        } else {
            "Bearer realm=\"healthbook\""
        };
        let value = header::HeaderValue::from_static(scheme);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
