//! Setting a password with an activation code.

use ::web::{ActivationPage, Language, Notice};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::password::Weakness;
use auth::account::{Activated, Activation, Answer};
use fhir::Instant;
use serde::Deserialize;

use super::SignIn;
use super::answer::{Trouble, go_on, page};
use super::pages::{Asked, form_cookie, is_ours};
use super::visitor::{language, visitor};

/// `GET /auth/activate`
pub(crate) async fn start(sign_in: Data<SignIn>, request: HttpRequest, asked: Query<Asked>) -> HttpResponse {
    show(&sign_in, &request, language(&request, asked.lang.as_deref()), "", None)
}

fn show(
    sign_in: &SignIn,
    request: &HttpRequest,
    language: Language,
    name: &str,
    trouble: Option<Trouble>,
) -> HttpResponse {
    let (form, mut headers) = form_cookie(sign_in, request);
    let notice = trouble.as_ref().map(|trouble| trouble.notice);
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    headers.extend(trouble.iter().flat_map(Trouble::headers));
    page(status, headers, ActivationPage { language, notice, name, form: &form }.render())
}

/// The form.
#[derive(Deserialize)]
pub(crate) struct Wish {
    form: String,
    name: String,
    code: String,
    password: String,
    again: String,
}

/// `POST /auth/activate`
pub(crate) async fn activate(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    asked: Query<Asked>,
    form: Form<Wish>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    match set(&sign_in, &request, &form).await {
        Ok(response) => response,
        Err(trouble) => show(&sign_in, &request, language, &form.name, Some(trouble)),
    }
}

async fn set(sign_in: &SignIn, request: &HttpRequest, form: &Wish) -> Result<HttpResponse, Trouble> {
    if !is_ours(sign_in, request, &form.form) {
        return Err(Trouble::new(StatusCode::FORBIDDEN, Notice::OldForm));
    }
    if form.password != form.again {
        return Err(Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, Notice::NotTheSame));
    }
    let visitor = visitor(request, sign_in.trusted_proxies, None);
    let wish = Activation { name: &form.name, code: &form.code, password: &form.password, visitor: &visitor };
    match sign_in.accounts.activate(wish, Instant::now()).await? {
        Activated::Done(answer) | Activated::Not(answer) => go_on(sign_in, answer, Notice::WrongActivation),
        Activated::Enrol(step) => go_on(sign_in, Answer::Second(step), Notice::WrongActivation),
        Activated::Weak(weakness) => {
            let notice = match weakness {
                Weakness::TooShort(least) => Notice::TooShort(least),
                Weakness::TooLong => Notice::TooLong,
                Weakness::Common => Notice::Common,
                Weakness::HoldsName => Notice::HoldsName,
            };
            Err(Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, notice))
        }
    }
}
