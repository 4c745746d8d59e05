//! Name and password, then the code.

use ::web::{CodePage, EnrolmentPage, Language, Notice, SignInPage};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::{Answer, Attempt, Factor, form_token, form_token_holds};
use fhir::Instant;
use serde::Deserialize;

use super::SignIn;
use super::answer::{Trouble, go_on, page, redirect};
use super::cookies::Cookie;
use super::visitor::{is_id, language, visitor};

/// What a page may be asked with.
#[derive(Deserialize)]
pub(crate) struct Asked {
    pub(super) lang: Option<String>,
    #[serde(rename = "continue")]
    pub(super) continue_with: Option<String>,
}

/// What binds forms to a browser: the cookie that is there, or a new one with the header that sets it.
pub(super) fn form_cookie(sign_in: &SignIn, request: &HttpRequest) -> (String, Vec<(HeaderName, String)>) {
    let plain = sign_in.plain_loopback;
    let there = Cookie::Form.of(request.headers(), plain);
    if is_id(&there) {
        return (form_token(sign_in.accounts.store(), &there), Vec::new());
    }
    let new = uuid::Uuid::new_v4().to_string();
    (form_token(sign_in.accounts.store(), &new), vec![Cookie::Form.set(&new, plain)])
}

/// Whether a form came from a page of ours in this browser.
pub(super) fn is_ours(sign_in: &SignIn, request: &HttpRequest, token: &str) -> bool {
    let cookie = Cookie::Form.of(request.headers(), sign_in.plain_loopback);
    form_token_holds(sign_in.accounts.store(), &cookie, token)
}

/// `GET /auth/sign-in`
pub(crate) async fn start(sign_in: Data<SignIn>, request: HttpRequest, asked: Query<Asked>) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let continue_with = asked.continue_with.as_deref().filter(|id| is_id(id));
    first_page(&sign_in, &request, language, continue_with, "", None)
}

/// The first page, perhaps with what went wrong.
pub(super) fn first_page(
    sign_in: &SignIn,
    request: &HttpRequest,
    language: Language,
    continue_with: Option<&str>,
    name: &str,
    trouble: Option<Trouble>,
) -> HttpResponse {
    let (form, mut headers) = form_cookie(sign_in, request);
    let notice = trouble.as_ref().map(|trouble| trouble.notice);
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    headers.extend(trouble.iter().flat_map(Trouble::headers));
    let provider = sign_in.provider.is_some();
    let text = SignInPage { language, notice, name, form: &form, continue_with, provider }.render();
    page(status, headers, text)
}

/// The first form.
#[derive(Deserialize)]
pub(crate) struct Password {
    form: String,
    name: String,
    password: String,
    #[serde(rename = "continue")]
    continue_with: Option<String>,
}

/// `POST /auth/sign-in/password`
pub(crate) async fn password(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    asked: Query<Asked>,
    form: Form<Password>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let visitor = visitor(&request, sign_in.trusted_proxies, form.continue_with.as_deref());
    let result = if is_ours(&sign_in, &request, &form.form) {
        let attempt = Attempt { name: &form.name, password: &form.password, visitor: &visitor };
        let answer = sign_in.accounts.sign_in(attempt, Instant::now()).await;
        answer.map_err(Trouble::from).and_then(|answer| go_on(&sign_in, answer, Notice::WrongPassword))
    } else {
        Err(Trouble::new(StatusCode::FORBIDDEN, Notice::OldForm))
    };
    result.unwrap_or_else(|trouble| {
        let continue_with = visitor.continue_with.as_deref();
        first_page(&sign_in, &request, language, continue_with, &form.name, Some(trouble))
    })
}

/// `GET /auth/sign-in/code`
pub(crate) async fn code_page(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    asked: Query<Asked>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    second_page(&sign_in, &request, language, None).await
}

/// The page of the code, or of the app that is set up.
pub(super) async fn second_page(
    sign_in: &SignIn,
    request: &HttpRequest,
    language: Language,
    trouble: Option<Trouble>,
) -> HttpResponse {
    let secret = Cookie::Step.of(request.headers(), sign_in.plain_loopback);
    let now = Instant::now();
    let factor = match sign_in.accounts.waits_for(&secret, now).await {
        Ok(Some(factor)) => factor,
        Ok(None) => return redirect("/auth/sign-in", Vec::new()),
        Err(error) => return Trouble::from(error).page(language),
    };
    let (form, mut headers) = form_cookie(sign_in, request);
    let notice = trouble.as_ref().map(|trouble| trouble.notice);
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    headers.extend(trouble.iter().flat_map(Trouble::headers));
    let text = match sign_in.accounts.enrolment(&secret, now).await {
        Ok(Some(app)) => {
            EnrolmentPage { language, notice, secret: &app.secret, uri: &app.uri, form: &form }.render()
        }
        Ok(None) => CodePage { language, notice, form: &form, app: factor == Factor::App }.render(),
        Err(error) => return Trouble::from(error).page(language),
    };
    page(status, headers, text)
}

/// The second form.
#[derive(Deserialize)]
pub(crate) struct Code {
    form: String,
    code: String,
}

/// `POST /auth/sign-in/code`
pub(crate) async fn code(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    asked: Query<Asked>,
    form: Form<Code>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    if !is_ours(&sign_in, &request, &form.form) {
        let trouble = Trouble::new(StatusCode::FORBIDDEN, Notice::OldForm);
        return second_page(&sign_in, &request, language, Some(trouble)).await;
    }
    let secret = Cookie::Step.of(request.headers(), sign_in.plain_loopback);
    let visitor = visitor(&request, sign_in.trusted_proxies, None);
    let answer = sign_in.accounts.second_factor(&secret, &form.code, &visitor, Instant::now()).await;
    match answer.map_err(Trouble::from) {
        Ok(Answer::Over) => {
            let trouble = Trouble::new(StatusCode::UNAUTHORIZED, Notice::Over);
            first_page(&sign_in, &request, language, None, "", Some(trouble))
        }
        Ok(answer) => match go_on(&sign_in, answer, Notice::WrongCode) {
            Ok(response) => response,
            Err(trouble) => second_page(&sign_in, &request, language, Some(trouble)).await,
        },
        Err(trouble) => trouble.page(language),
    }
}
