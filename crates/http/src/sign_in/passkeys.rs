//! Passkeys: the page, its script, and what the script asks. Bodies are JSON, which no form from elsewhere can send.

use ::web::PasskeyPage;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::passkey::{Challenge, PasskeyError, Response, Site};
use auth::account::{Answer, session_of};
use fhir::Instant;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Trouble, destination, page_with_script};
use super::cookies::Cookie;
use super::pages::Asked;
use super::visitor::{is_id, language, visitor};
use super::{SignIn, session_cookie};

/// `GET /auth/passkey.js`
pub(crate) async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(::web::PASSKEY_SCRIPT)
}

/// `GET /auth/passkey`
pub(crate) async fn sign_in_page(request: HttpRequest, asked: Query<Asked>) -> HttpResponse {
    show(&request, &asked, false)
}

/// `GET /auth/passkey/add`
pub(crate) async fn add_page(request: HttpRequest, asked: Query<Asked>) -> HttpResponse {
    show(&request, &asked, true)
}

fn show(request: &HttpRequest, asked: &Asked, add: bool) -> HttpResponse {
    let language = language(request, asked.lang.as_deref());
    let continue_with = asked.continue_with.as_deref().filter(|id| is_id(id));
    page_with_script(PasskeyPage { language, add, continue_with }.render())
}

/// What the script sends first.
#[derive(Deserialize)]
pub(crate) struct Begin {
    #[serde(rename = "continue")]
    continue_with: Option<String>,
}

/// What the script learns of a failure: that it was one. Why is for the log.
fn refused(error: PasskeyError) -> HttpResponse {
    match error {
        PasskeyError::Auth(error) => {
            let trouble = Trouble::from(error);
            HttpResponse::build(trouble.status).json(json!({ "error": "server_error" }))
        }
        error => {
            tracing::info!(error = %error, "a passkey was not taken");
            HttpResponse::build(StatusCode::FORBIDDEN).json(json!({ "error": "access_denied" }))
        }
    }
}

fn site(sign_in: &SignIn) -> Result<&Site, PasskeyError> {
    sign_in.site.as_ref().ok_or(PasskeyError::OtherSite)
}

fn asks(sign_in: &SignIn, challenge: Challenge) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(Cookie::Step.set(&challenge.secret, sign_in.plain_loopback))
        .json(json!({ "options": challenge.options }))
}

/// `POST /auth/passkey/sign-in/begin`
pub(crate) async fn begin_sign_in(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    begin: Json<Begin>,
) -> HttpResponse {
    let visitor = visitor(&request, sign_in.trusted_proxies, begin.continue_with.as_deref());
    let asked =
        async { sign_in.accounts.begin_passkey_sign_in(site(&sign_in)?, &visitor, Instant::now()).await };
    asked.await.map_or_else(refused, |challenge| asks(&sign_in, challenge))
}

/// `POST /auth/passkey/sign-in/finish`
pub(crate) async fn finish_sign_in(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    response: Json<Response>,
) -> HttpResponse {
    let visitor = visitor(&request, sign_in.trusted_proxies, None);
    let plain = sign_in.plain_loopback;
    let secret = Cookie::Step.of(request.headers(), plain);
    let (accounts, now) = (&sign_in.accounts, Instant::now());
    let answer =
        async { accounts.finish_passkey_sign_in(site(&sign_in)?, &secret, &response, &visitor, now).await };
    match answer.await {
        Ok(Answer::SignedIn(opened, continue_with)) => HttpResponse::Ok()
            .append_header(Cookie::Session.set(&opened.cookie, plain))
            .append_header(Cookie::Step.clear(plain))
            .json(json!({ "location": destination(continue_with.as_deref()) })),
        Ok(_) => refused(PasskeyError::Unknown),
        Err(error) => refused(error),
    }
}

/// `POST /auth/passkey/add/begin`
pub(crate) async fn begin_add(sign_in: Data<SignIn>, request: HttpRequest, _: Json<Begin>) -> HttpResponse {
    let cookie = session_cookie(&request, sign_in.plain_loopback);
    let now = Instant::now();
    let asked = async {
        let session = session_of(sign_in.accounts.store(), &cookie, now).await?;
        let session = session.ok_or(PasskeyError::NotNow)?;
        sign_in.accounts.begin_passkey(site(&sign_in)?, &session, now).await
    };
    asked.await.map_or_else(refused, |challenge| asks(&sign_in, challenge))
}

/// `POST /auth/passkey/add/finish`
pub(crate) async fn finish_add(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    response: Json<Response>,
) -> HttpResponse {
    let plain = sign_in.plain_loopback;
    let cookie = session_cookie(&request, plain);
    let secret = Cookie::Step.of(request.headers(), plain);
    let now = Instant::now();
    let added = async {
        let session = session_of(sign_in.accounts.store(), &cookie, now).await?;
        let session = session.ok_or(PasskeyError::NotNow)?;
        sign_in.accounts.finish_passkey(site(&sign_in)?, &session, &secret, &response, now).await
    };
    added.await.map_or_else(refused, |()| {
        HttpResponse::Ok()
            .insert_header(Cookie::Step.clear(plain))
            .json(json!({ "location": "/auth/sessions" }))
    })
}
