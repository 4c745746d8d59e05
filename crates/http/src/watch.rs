//! Around every request: its id, its line in the log, its figures, the headers that every answer has.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};
use uuid::Uuid;

use crate::app::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number of a request, in its answer and in both logs.
#[derive(Clone, Copy)]
struct Number(Uuid);

/// The middleware.
pub(crate) async fn watch<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let number = sent_number(request.headers()).unwrap_or_else(Uuid::now_v7);
    request.extensions_mut().insert(Number(number));
    let id = number.to_string();
    let method = known_method(request.method().as_str());
    let state = request.app_data::<Data<State>>().cloned();
    if let Some(state) = &state {
        state.metrics.running.inc();
    }
    let result = next.call(request).await;
    let duration = started.elapsed();
    let (status, path) = match &result {
        // The pattern, not the path: ids stay out of logs and labels.
        Ok(response) => (response.status().as_u16(), response.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code().as_u16(), None),
    };
    let path = path.as_deref().unwrap_or("other");
    if let Some(state) = &state {
        state.metrics.running.dec();
        state.metrics.observe(method, path, status, duration);
    }
    let milliseconds = duration.as_secs_f64() * 1_000.0;
    if status >= 500 {
        tracing::error!(request_id = id.as_str(), method, path, status, milliseconds, "request failed");
    } else {
        tracing::info!(request_id = id.as_str(), method, path, status, milliseconds, "request");
    }
    let mut response = result?;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A browser that shows an answer as a document runs and loads nothing of it. Pages of our own say what they need.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    tell_when(status, headers);
    // RFC 9745 and RFC 8594: what will go away says so in every answer.
    if let Some(told) = contract::deprecation(method, path) {
        if let Ok(since) = HeaderValue::from_str(&told.since_header()) {
            headers.insert(HeaderName::from_static("deprecation"), since);
        }
        headers.insert(HeaderName::from_static("sunset"), HeaderValue::from_static(told.sunset));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Who is refused for now is told when another try makes sense, whoever refused it; who has used up the tries, that none
/// is left (draft-ietf-httpapi-ratelimit-headers).
fn tell_when(status: u16, headers: &mut HeaderMap) {
    if !matches!(status, 429 | 503) {
        return;
    }
    if !headers.contains_key(header::RETRY_AFTER) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let limit = seconds.map(|seconds| HeaderValue::from_str(&format!("\"tries\";r=0;t={seconds}")));
    if let (429, Some(Ok(limit))) = (status, limit) {
        headers.insert(HeaderName::from_static("ratelimit"), limit);
    }
}

/// Methods are a label of the figures, so only known ones are told apart.
fn known_method(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

/// The number that a request has got here.
pub(crate) fn number_of(request: &ServiceRequest) -> Uuid {
    request.extensions().get::<Number>().map_or_else(Uuid::now_v7, |number| number.0)
}

/// The caller's `X-Request-Id` where it is a UUID. Another text would not fit into an entry of the log of accesses, and may
/// tell of somebody in the other log.
fn sent_number(headers: &HeaderMap) -> Option<Uuid> {
    Uuid::try_parse(headers.get(REQUEST_ID)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_for_now_is_told_when_to_come_again() {
        let told = |status: u16, own: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(own) = own {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(own));
            }
            tell_when(status, &mut headers);
            let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            (text("retry-after"), text("ratelimit"))
        };
        assert_eq!(told(503, None), (Some("1".to_owned()), None));
        let limit = Some("\"tries\";r=0;t=600".to_owned());
        assert_eq!(told(429, Some("600")), (Some("600".to_owned()), limit));
        assert_eq!(told(409, Some("1")), (Some("1".to_owned()), None));
        assert_eq!(told(200, None), (None, None));
    }
}
