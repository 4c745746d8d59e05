//! Pages and redirects as HTTP answers, with the headers that protect them.

use ::web::{Language, Notice};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use auth::account::{Answer, AuthError};

use super::SignIn;
use super::cookies::Cookie;

/// What a page may load, our style sheet and nothing else, and where its forms may lead: to this server and, of the page
/// that answers an app, to that app. Browsers hold the redirect that follows a form against `form-action`.
pub(crate) fn page_policy(target: Option<&str>) -> String {
    let target = target.map(|target| format!(" {target}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// A page.
pub(super) fn page(status: StatusCode, headers: Vec<(HeaderName, String)>, text: String) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    protect(&mut response, headers);
    response.content_type("text/html; charset=utf-8").body(text)
}

/// The one page with a script, which is a file of ours and asks this server only.
pub(super) fn page_with_script(text: String) -> HttpResponse {
    let mut response = page(StatusCode::OK, Vec::new(), text);
    let policy = format!("{}; script-src 'self'; connect-src 'self'", page_policy(None));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What waits when somebody wanted to open the book before signing in; no authorization has this id.
pub(super) const BOOK: &str = "book";

/// The same of the page that tells who looked.
pub(super) const ACCESS_LOG: &str = "access-log";

/// The same of the pages of a station.
pub(super) const STATION: &str = "station";

/// Where a sign-in leads to: the authorization that waits, the book, who looked at it, the station, or the devices.
pub(super) fn destination(continue_with: Option<&str>) -> String {
    match continue_with {
        None => "/auth/sessions".to_owned(),
        Some(BOOK) => "/book".to_owned(),
        Some(ACCESS_LOG) => "/auth/access-log".to_owned(),
        Some(STATION) => "/station".to_owned(),
        Some(id) => format!("/auth/consent?continue={id}"),
    }
}

/// A redirect after a form.
pub(super) fn redirect(to: &str, headers: Vec<(HeaderName, String)>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    protect(&mut response, headers);
    response.insert_header((header::LOCATION, to.to_owned())).finish()
}

fn protect(response: &mut HttpResponseBuilder, headers: Vec<(HeaderName, String)>) {
    response.insert_header((header::CONTENT_SECURITY_POLICY, page_policy(None)));
    response.insert_header((header::REFERRER_POLICY, "no-referrer"));
    response.insert_header((header::X_FRAME_OPTIONS, "DENY"));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    for header in headers {
        response.append_header(header);
    }
}

/// What went wrong, with its status and the time after which another try makes sense.
pub(super) struct Trouble {
    pub(super) status: StatusCode,
    pub(super) notice: Notice,
    pub(super) retry_after: Option<u32>,
}

impl Trouble {
    pub(super) fn new(status: StatusCode, notice: Notice) -> Self {
        Self { status, notice, retry_after: None }
    }

    fn busy() -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, notice: Notice::Busy, retry_after: Some(1) }
    }

    pub(super) fn wait(seconds: u32) -> Self {
        let notice = Notice::Wait(seconds);
        Self { status: StatusCode::TOO_MANY_REQUESTS, notice, retry_after: Some(seconds) }
    }

    pub(super) fn headers(&self) -> Vec<(HeaderName, String)> {
        self.retry_after.iter().map(|seconds| (header::RETRY_AFTER, seconds.to_string())).collect()
    }

    /// As a page of its own.
    pub(super) fn page(&self, language: Language) -> HttpResponse {
        let text = ::web::MessagePage { language, notice: self.notice }.render();
        page(self.status, self.headers(), text)
    }
}

impl From<AuthError> for Trouble {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Busy => Self::busy(),
            AuthError::Store(error) if error.is_passing() => {
                tracing::warn!(error = %error, "signing in has to wait");
                Self::busy()
            }
            AuthError::Sending => Self::new(StatusCode::BAD_GATEWAY, Notice::NotSent),
            error => {
                tracing::error!(error = %error, "signing in failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, Notice::Broken)
            }
        }
    }
}

/// An answer of signing in as HTTP; what is refused is for the page that asked.
pub(super) fn go_on(sign_in: &SignIn, answer: Answer, refused: Notice) -> Result<HttpResponse, Trouble> {
    let plain = sign_in.plain_loopback;
    match answer {
        Answer::SignedIn(opened, continue_with) => {
            // What bound forms before, anybody may have planted: it ends here.
            let cookies = vec![
                Cookie::Session.set(&opened.cookie, plain),
                Cookie::Step.clear(plain),
                Cookie::Form.clear(plain),
            ];
            Ok(redirect(&destination(continue_with.as_deref()), cookies))
        }
        Answer::Second(step) => {
            Ok(redirect("/auth/sign-in/code", vec![Cookie::Step.set(&step.secret, plain)]))
        }
        Answer::Refused => Err(Trouble::new(StatusCode::UNAUTHORIZED, refused)),
        Answer::Wait(seconds) => Err(Trouble::wait(seconds)),
        Answer::Over => Err(Trouble::new(StatusCode::UNAUTHORIZED, Notice::Over)),
    }
}
