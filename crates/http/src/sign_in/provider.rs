//! To the external provider and back.

use ::web::Notice;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::Answer;
use auth::account::provider::{Callback, Joined, ProviderError};
use fhir::Instant;
use serde::Deserialize;

use super::SignIn;
use super::answer::{Trouble, go_on, redirect};
use super::cookies::Cookie;
use super::pages::{Asked, first_page};
use super::visitor::{language, visitor};
use crate::app::State;

impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Auth(error) => error.into(),
            ProviderError::Down | ProviderError::Metadata => {
                tracing::warn!(error = %error, "the provider is not there");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Notice::ProviderDown)
            }
            error => {
                tracing::warn!(error = %error, "the provider's answer is not believed");
                Self::new(StatusCode::UNAUTHORIZED, Notice::ProviderRefused)
            }
        }
    }
}

/// None is set up.
fn no_provider() -> Trouble {
    Trouble::new(StatusCode::NOT_FOUND, Notice::ProviderDown)
}

/// `GET /auth/provider/start`. When the provider is down, the page that offers the fallback is shown.
pub(crate) async fn start(sign_in: Data<SignIn>, request: HttpRequest, asked: Query<Asked>) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let visitor = visitor(&request, sign_in.trusted_proxies, asked.continue_with.as_deref());
    let started = match &sign_in.provider {
        Some(provider) => provider.start(&sign_in.accounts, &visitor, Instant::now()).await,
        None => {
            let trouble = Some(no_provider());
            return first_page(&sign_in, &request, language, visitor.continue_with.as_deref(), "", trouble);
        }
    };
    match started {
        Ok(started) => {
            redirect(&started.url, vec![Cookie::Step.set(&started.secret, sign_in.plain_loopback)])
        }
        Err(error) => {
            let trouble = Some(error.into());
            first_page(&sign_in, &request, language, visitor.continue_with.as_deref(), "", trouble)
        }
    }
}

/// What the provider sends along.
#[derive(Deserialize)]
pub(crate) struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

/// `GET /auth/provider/callback`
pub(crate) async fn callback(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    returned: Query<Returned>,
) -> HttpResponse {
    let returned = returned.into_inner();
    let callback = Callback { state: returned.state, code: returned.code, iss: returned.iss };
    arrive(&sign_in, &state, &request, &callback).await.unwrap_or_else(|trouble| {
        first_page(&sign_in, &request, language(&request, None), None, "", Some(trouble))
    })
}

async fn arrive(
    sign_in: &SignIn,
    state: &State,
    request: &HttpRequest,
    callback: &Callback,
) -> Result<HttpResponse, Trouble> {
    let provider = sign_in.provider.as_ref().ok_or_else(no_provider)?;
    let (accounts, now) = (&sign_in.accounts, Instant::now());
    let secret = Cookie::Step.of(request.headers(), sign_in.plain_loopback);
    let recognised = provider.finish(accounts, &secret, callback, now).await?;
    let visitor = visitor(request, sign_in.trusted_proxies, None);
    let mut joined = accounts.sign_in_by_provider(&recognised.claims, None, &visitor, now).await?;
    if matches!(joined, Joined::Unknown) {
        let number = &recognised.claims.number;
        let patient = interactions::patient_of_citizen(&state.app.service, number).await;
        let patient = patient.map_err(|_| Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, Notice::Broken))?;
        joined = accounts.sign_in_by_provider(&recognised.claims, patient, &visitor, now).await?;
    }
    match joined {
        Joined::SignedIn(opened) => {
            let answer = Answer::SignedIn(opened, recognised.continue_with);
            go_on(sign_in, answer, Notice::ProviderRefused)
        }
        Joined::Unknown => {
            accounts.refuse_unknown().await?;
            Err(Trouble::new(StatusCode::UNAUTHORIZED, Notice::ProviderRefused))
        }
        Joined::Refused => Err(Trouble::new(StatusCode::UNAUTHORIZED, Notice::ProviderRefused)),
    }
}
