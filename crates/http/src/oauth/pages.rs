//! What a browser is led through: authorization and consent.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth::{Auth, AuthError, Authorization, ConsentForm, ConsentQuestion, ConsentStep, OAuthError};
use fhir::Instant;
use web::{Consent, ConsentChoice, Language};

use super::request::{form, pairs, service};
use crate::app::State;
use crate::language::page_language;
use crate::sign_in::page_policy;

/// The names of the cookie of a session: over https, and on a loopback address without.
const COOKIES: [&str; 2] = ["__Host-session", "session"];

/// `GET /auth/authorize`
pub(super) async fn authorize(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let pairs = pairs(request.query_string().as_bytes());
    authorized(&state, &request, pairs).await
}

/// `POST /auth/authorize`
pub(super) async fn posted_authorize(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    match form(request.headers(), payload).await {
        Ok(pairs) => authorized(&state, &request, pairs).await,
        Err(error) => page_of(&request, error),
    }
}

async fn authorized(
    state: &Data<State>,
    request: &HttpRequest,
    pairs: Vec<(String, String)>,
) -> HttpResponse {
    let auth = match service(state) {
        Ok(auth) => auth,
        Err(error) => return page_of(request, error),
    };
    let cookie = cookie(request, &auth);
    match auth.authorize(pairs, cookie.as_deref(), Instant::now()).await {
        Ok(Authorization::Redirect(to)) => redirect(&to),
        Ok(Authorization::Page(error)) => page_of(request, error),
        Err(error) => broken(request, error),
    }
}

/// `GET /auth/consent?continue=TRANSACTION`
pub(super) async fn consent(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let auth = match service(&state) {
        Ok(auth) => auth,
        Err(error) => return page_of(&request, error),
    };
    let (cookie, transaction) = (cookie(&request, &auth), transaction(&request));
    match auth.consent(&transaction, cookie.as_deref(), Instant::now()).await {
        // Who has just signed in comes here by the redirect after a form, which must not lead to other servers.
        Ok(ConsentStep::Redirect(to)) if !to.starts_with('/') => {
            html(200, None, web::back_to_app(&to, language(&request)))
        }
        other => step(&request, other),
    }
}

/// `POST /auth/consent?continue=TRANSACTION`
pub(super) async fn decide(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let auth = match service(&state) {
        Ok(auth) => auth,
        Err(error) => return page_of(&request, error),
    };
    let fields = match form(request.headers(), payload).await {
        Ok(fields) => fields,
        Err(error) => return page_of(&request, error),
    };
    let field = |name: &str| {
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let form = ConsentForm {
        form_token: field("form_token"),
        decision: field("decision"),
        patient: field("patient"),
        role: field("role"),
    };
    let (cookie, transaction) = (cookie(&request, &auth), transaction(&request));
    step(&request, auth.decide(&transaction, cookie.as_deref(), &form, Instant::now()).await)
}

fn step(request: &HttpRequest, step: Result<ConsentStep, AuthError>) -> HttpResponse {
    match step {
        Ok(ConsentStep::Ask(question)) => ask(request, *question),
        Ok(ConsentStep::Redirect(to)) => redirect(&to),
        Ok(ConsentStep::Page(error)) => page_of(request, error),
        Err(error) => broken(request, error),
    }
}

fn ask(request: &HttpRequest, question: ConsentQuestion) -> HttpResponse {
    let choices = |choices: Vec<auth::Choice>| {
        choices.into_iter().map(|choice| ConsentChoice { value: choice.value, label: choice.label }).collect()
    };
    let target = question.target;
    let body = web::consent(
        &Consent {
            action: auth::consent_path(&question.transaction),
            form_token: question.form_token,
            client: question.client,
            host: question.host,
            scopes: question.scopes,
            others: question.others,
            patients: choices(question.patients),
            patient_wanted: question.patient_wanted,
            roles: choices(question.roles),
        },
        language(request),
    );
    html(200, Some(&target), body)
}

fn asked(request: &HttpRequest, wanted: &str) -> Option<String> {
    let found = pairs(request.query_string().as_bytes()).into_iter().find(|(name, _)| name == wanted);
    found.map(|(_, value)| value)
}

fn transaction(request: &HttpRequest) -> String {
    asked(request, "continue").unwrap_or_default()
}

fn language(request: &HttpRequest) -> Language {
    let asked = asked(request, "lang").as_deref().and_then(Language::from_code);
    asked.unwrap_or_else(|| page_language(request.headers()))
}

/// The cookie of the session: the plain name counts only where no other can be set.
fn cookie(request: &HttpRequest, auth: &Auth) -> Option<String> {
    let secure = auth.settings().issuer.starts_with("https:");
    let [guarded, plain] = COOKIES;
    let wanted = if secure { guarded } else { plain };
    let mut found = request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned());
    let cookie = found.next();
    // Two of one name: one of them was put there by somebody else.
    if found.next().is_some() { None } else { cookie }
}

fn redirect(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

fn broken(request: &HttpRequest, error: AuthError) -> HttpResponse {
    page_of(request, OAuthError::from(error))
}

fn page_of(request: &HttpRequest, error: OAuthError) -> HttpResponse {
    let body = web::refused_authorization(error.code, error.description, language(request));
    html(error.status, None, body)
}

/// A page; of a form whose answer leads to an app, with where that is.
fn html(status: u16, target: Option<&str>, body: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status)
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::CONTENT_SECURITY_POLICY, page_policy(target)))
        .body(body)
}
