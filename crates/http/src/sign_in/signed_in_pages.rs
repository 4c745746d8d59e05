//! What all pages of somebody who is signed in share: the book, the station, the log of accesses, the devices.

use ::web::{Language, Notice};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use auth::account::{Session, form_token_holds};

use super::SignIn;
use super::answer::{Trouble, page, redirect};
use super::cookies::Cookie;
use super::session_pages::end_now;
use crate::app::State;

/// Makes a page for who is signed in, or leads to where to go first; what goes wrong is a page in the same language.
pub(super) async fn for_visitor<V>(
    language: Language,
    arriving: impl Future<Output = Result<Result<V, HttpResponse>, Trouble>>,
    make: impl AsyncFnOnce(&V) -> Result<HttpResponse, Trouble>,
) -> HttpResponse {
    let made = async {
        match arriving.await? {
            Ok(visit) => make(&visit).await,
            Err(answer) => Ok(answer),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.page(language))
}

/// A page that is there.
pub(super) fn shown(text: String) -> HttpResponse {
    page(StatusCode::OK, Vec::new(), text)
}

/// Refuses a form that is of no page of ours in this browser.
pub(super) fn check_form(sign_in: &SignIn, cookie: &str, token: &str) -> Result<(), Trouble> {
    match form_token_holds(sign_in.accounts.store(), cookie, token) {
        true => Ok(()),
        false => Err(Trouble::new(StatusCode::FORBIDDEN, Notice::OldForm)),
    }
}

/// Signs this device out.
pub(super) async fn leave(
    sign_in: &SignIn,
    state: &State,
    session: &Session,
) -> Result<HttpResponse, Trouble> {
    end_now(sign_in, state, session, &session.id).await?;
    Ok(signed_out(sign_in))
}

/// Where somebody is whose session has ended.
pub(super) fn signed_out(sign_in: &SignIn) -> HttpResponse {
    redirect("/auth/sign-in", vec![Cookie::Session.clear(sign_in.plain_loopback)])
}
