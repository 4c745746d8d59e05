//! Pages of other origins (CORS): an app in a browser may ask FHIR and the endpoints of programs with a token that it
//! holds. Cookies are never part of it, so the pages for people are not, and without authentication nothing is.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

use crate::app::{Authentication, State};

/// Endpoints of programs beside FHIR.
const ENDPOINTS: [&str; 6] =
    ["/auth/token", "/auth/revoke", "/auth/introspect", "/auth/userinfo", "/auth/register", "/auth/launch"];

const EVERYBODY: HeaderValue = HeaderValue::from_static("*");

/// The middleware.
pub(crate) async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let (path, headers) = (request.path(), request.headers());
    let is_open = path == "/fhir" || path.starts_with("/fhir/") || ENDPOINTS.contains(&path);
    let state = request.app_data::<Data<State>>();
    let is_on = state.is_some_and(|state| matches!(state.app.authentication, Authentication::On(_)));
    if !is_open || !is_on || !headers.contains_key(header::ORIGIN) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let asks_first =
        request.method() == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if asks_first {
        let mut response = HttpResponse::NoContent().finish();
        allow(response.headers_mut());
        return Ok(request.into_response(response).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, EVERYBODY);
    let exposed = "ETag, Last-Modified, Location, Content-Location, WWW-Authenticate, X-Request-Id, Retry-After, RateLimit";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    Ok(response.map_into_left_body())
}

fn allow(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, EVERYBODY);
    let lists: [(HeaderName, &'static str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, DPoP, Content-Type, Accept, Accept-Language, Prefer, If-Match, If-None-Match, \
             If-None-Exist, If-Modified-Since, Idempotency-Key, X-Provenance, X-Request-Id",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    for (name, list) in lists {
        headers.insert(name, HeaderValue::from_static(list));
    }
}
