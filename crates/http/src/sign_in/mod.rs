//! Signing in by browser: routes and cookies. The rules are in the auth crate, the pages in the web crate.

mod access_log_files;
mod access_log_pages;
mod activation;
mod answer;
pub(crate) mod book;
mod cookies;
mod pages;
mod passkeys;
mod provider;
mod session_pages;
mod signed_in_pages;
pub(crate) mod station;
mod visitor;

use std::fmt::{Debug, Display};

use actix_web::error::InternalError;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, FormConfig, JsonConfig, QueryConfig, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError as _};
use auth::account::Accounts;
use auth::account::passkey::Site;
use auth::account::provider::Provider;

pub(crate) use answer::page_policy;
pub(crate) use cookies::session_cookie;
pub(crate) use visitor::address_of;

/// Largest form.
const LARGEST_FORM: usize = 16 * 1_024;

/// What signing in needs.
pub struct SignIn {
    /// Accounts and sessions.
    pub accounts: Accounts,
    /// The external provider, if there is one.
    pub provider: Option<Provider>,
    /// The site as browsers know it, for passkeys.
    pub site: Option<Site>,
    /// How many proxies in front of this server can be trusted to tell from where a request comes.
    pub trusted_proxies: usize,
    /// Whether cookies go without `Secure`: on plain HTTP of a loopback address only.
    pub plain_loopback: bool,
}

impl SignIn {
    /// Whether cookies under a public base url may go without `Secure`.
    pub fn is_plain_loopback(base: &str) -> bool {
        let Some(rest) = base.strip_prefix("http://") else { return false };
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

/// Forms of the pages. What is no form is answered by a page, too.
fn forms() -> FormConfig {
    FormConfig::default()
        .limit(LARGEST_FORM)
        .error_handler(|error, request| refused(error.status_code(), error, request))
}

/// Queries of the pages: one that cannot be read is answered by a page, too.
fn queries() -> QueryConfig {
    QueryConfig::default().error_handler(|error, request| refused(error.status_code(), error, request))
}

/// A page in the language that the address asks for, as far as it can be read, else in that of the browser.
fn refused(status: StatusCode, error: impl Debug + Display + 'static, request: &HttpRequest) -> Error {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    let asked = pairs.into_iter().find(|(name, _)| name == "lang").map(|(_, value)| value.into_owned());
    let trouble = answer::Trouble::new(status, ::web::Notice::NotPossible);
    let answer = trouble.page(visitor::language(request, asked.as_deref()));
    InternalError::from_response(error, answer).into()
}

/// The routes below `/auth`.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .app_data(forms())
        .app_data(queries())
        .app_data(JsonConfig::default().limit(LARGEST_FORM))
        .route("/style.css", web::get().to(style))
        .route("/sign-in", web::get().to(pages::start))
        .route("/sign-in/password", web::get().to(pages::start))
        .route("/sign-in/password", web::post().to(pages::password))
        .route("/sign-in/code", web::get().to(pages::code_page))
        .route("/sign-in/code", web::post().to(pages::code))
        .route("/activate", web::get().to(activation::start))
        .route("/activate", web::post().to(activation::activate))
        .route("/passkey.js", web::get().to(passkeys::script))
        .route("/passkey", web::get().to(passkeys::sign_in_page))
        .route("/passkey/add", web::get().to(passkeys::add_page))
        .route("/passkey/sign-in/begin", web::post().to(passkeys::begin_sign_in))
        .route("/passkey/sign-in/finish", web::post().to(passkeys::finish_sign_in))
        .route("/passkey/add/begin", web::post().to(passkeys::begin_add))
        .route("/passkey/add/finish", web::post().to(passkeys::finish_add))
        .route("/provider/start", web::get().to(provider::start))
        .route("/provider/callback", web::get().to(provider::callback))
        .route("/sessions", web::get().to(session_pages::list))
        .route("/sessions/end", web::post().to(session_pages::end))
        .route("/sessions/{session}", web::delete().to(session_pages::delete))
        .route("/access-log", web::get().to(access_log_pages::page_of_log))
        .route("/access-log.pdf", web::get().to(access_log_files::report))
        .route("/access-log/extract", web::get().to(access_log_files::extract))
        .route("/access-log/block", web::post().to(access_log_pages::block))
        .route("/access-log/lift", web::post().to(access_log_pages::lift))
        .route("/sessions/assisted", web::post().to(session_pages::assisted));
}

/// The one style sheet.
pub(crate) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(::web::STYLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_loopback_goes_without_secure() {
        for plain in ["http://127.0.0.1:8080/fhir", "http://localhost/fhir", "http://[::1]:8080/fhir"] {
            assert!(SignIn::is_plain_loopback(plain), "{plain}");
        }
        for other in [
            "https://127.0.0.1/fhir",
            "http://book.example/fhir",
            "http://127.0.0.1.example/fhir",
            "http://localhost.example:80/fhir",
            "http://10.0.0.1/fhir",
        ] {
            assert!(!SignIn::is_plain_loopback(other), "{other}");
        }
    }
}
