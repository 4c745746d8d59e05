//! The devices on which somebody is signed in: page and JSON; ending a session; the assisted channel.

use ::web::{Language, SessionLine, SessionsPage, time_words};
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{Data, Form, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use audit_log::Action;
use auth::account::{AccountKind, Presence, Session, assist, end_session, form_token, session_of, sessions};
use fhir::{Instant, ResourceType};
use record_store::Journal;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Trouble, page, redirect};
use super::pages::Asked;
use super::signed_in_pages::{check_form, signed_out};
use super::visitor::{language, visitor};
use super::{SignIn, session_cookie};
use crate::app::{Authentication, State};

/// Who is signed in, with the cookie.
pub(super) async fn signed_in(
    sign_in: &SignIn,
    request: &HttpRequest,
) -> Result<Option<(Session, String)>, Trouble> {
    let cookie = session_cookie(request, sign_in.plain_loopback);
    let session = session_of(sign_in.accounts.store(), &cookie, Instant::now()).await?;
    Ok(session.map(|session| (session, cookie)))
}

fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}

fn not_signed_in() -> HttpResponse {
    HttpResponse::Unauthorized().json(json!({ "error": "login_required" }))
}

/// `GET /auth/sessions`
pub(crate) async fn list(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    show(&sign_in, &state, &request, language).await.unwrap_or_else(|trouble| trouble.page(language))
}

/// The devices of a citizen are told to staff who sit there for them: the book says so.
fn note_devices(own: &Session) {
    let (Some(assistant), AccountKind::Citizen { patient }, Some(journal)) =
        (&own.assisted_by, &own.kind, Journal::current())
    else {
        return;
    };
    journal.asked_by(assistant.into());
    let about = Some((ResourceType::PATIENT, patient.clone()));
    journal.asked(Action::Operation, about, "auth/sessions", interactions::OWN_LOG);
}

async fn show(
    sign_in: &SignIn,
    state: &State,
    request: &HttpRequest,
    language: Language,
) -> Result<HttpResponse, Trouble> {
    let Some((own, cookie)) = signed_in(sign_in, request).await? else {
        return Ok(if wants_json(request) { not_signed_in() } else { redirect("/auth/sign-in", Vec::new()) });
    };
    let all = sessions(sign_in.accounts.store(), &own.account, Instant::now()).await?;
    note_devices(&own);
    if wants_json(request) {
        let lines: Vec<_> = all
            .iter()
            .map(|session| {
                json!({
                    "id": session.id, "device": session.device, "place": session.place,
                    "signed_in": session.auth_time.to_string(), "last_used": session.used.to_string(),
                    "own": session.id == own.id, "new_device": session.new_device,
                    "assisted": session.assisted_by.is_some(), "acr": session.acr, "amr": session.amr,
                })
            })
            .collect();
        return Ok(HttpResponse::Ok().json(json!({ "sessions": lines })));
    }
    let registry = state.app.service.store().registry();
    let words = |time| time_words(time, registry.time_zone(), language);
    let lines: Vec<SessionLine> = all
        .into_iter()
        .map(|session| SessionLine {
            own: session.id == own.id,
            since: words(session.auth_time),
            used: words(session.used),
            assisted: session.assisted_by.is_some(),
            new_device: session.new_device,
            id: session.id,
            device: session.device,
            place: session.place,
        })
        .collect();
    let form = form_token(sign_in.accounts.store(), &cookie);
    let citizen = matches!(own.kind, AccountKind::Citizen { .. });
    let text = SessionsPage { language, sessions: &lines, form: &form, citizen }.render();
    Ok(page(StatusCode::OK, Vec::new(), text))
}

/// Ends a session; its tokens are dead for this server when that is answered.
pub(super) async fn end_now(
    sign_in: &SignIn,
    state: &State,
    own: &Session,
    id: &str,
) -> Result<bool, Trouble> {
    let now = Instant::now();
    let ended = end_session(sign_in.accounts.store(), own, id, now).await?;
    if let (true, Authentication::On(auth)) = (ended, &state.app.authentication)
        && let Err(error) = auth.read_revocations(now).await
    {
        // They are read again twice a second, and nobody is believed when that fails.
        tracing::warn!(error = %error, "what was revoked cannot be read");
    }
    Ok(ended)
}

/// The form that ends a session.
#[derive(Deserialize)]
pub(crate) struct End {
    form: String,
    session: String,
}

/// `POST /auth/sessions/end`
pub(crate) async fn end(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
    form: Form<End>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    end_one(&sign_in, &state, &request, &form).await.unwrap_or_else(|trouble| trouble.page(language))
}

async fn end_one(
    sign_in: &SignIn,
    state: &State,
    request: &HttpRequest,
    form: &End,
) -> Result<HttpResponse, Trouble> {
    let Some((own, cookie)) = signed_in(sign_in, request).await? else {
        return Ok(redirect("/auth/sign-in", Vec::new()));
    };
    check_form(sign_in, &cookie, &form.form)?;
    end_now(sign_in, state, &own, &form.session).await?;
    Ok(if form.session == own.id { signed_out(sign_in) } else { redirect("/auth/sessions", Vec::new()) })
}

/// `DELETE /auth/sessions/{session}`. A page from elsewhere cannot send it: the cookie is `SameSite=Lax`, and there is no
/// leave by CORS.
pub(crate) async fn delete(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let deleted = async {
        let Some((own, _)) = signed_in(&sign_in, &request).await? else { return Ok(not_signed_in()) };
        let ended = end_now(&sign_in, &state, &own, &id).await?;
        Ok(if ended {
            HttpResponse::NoContent().finish()
        } else {
            HttpResponse::NotFound().json(json!({ "error": "not_found" }))
        })
    };
    deleted.await.unwrap_or_else(trouble_as_json)
}

fn trouble_as_json(trouble: Trouble) -> HttpResponse {
    let mut response = HttpResponse::build(trouble.status);
    for header in trouble.headers() {
        response.append_header(header);
    }
    response.json(json!({ "error": "server_error" }))
}

/// Staff open a session for a citizen who is present.
#[derive(Deserialize)]
pub(crate) struct Assisted {
    number: String,
    presence: String,
}

/// `POST /auth/sessions/assisted`: JSON, so that no form from elsewhere can send it. The answer carries the session as
/// a value and not as a cookie: the staff stay who they are.
pub(crate) async fn assisted(
    sign_in: Data<SignIn>,
    request: HttpRequest,
    wish: Json<Assisted>,
) -> HttpResponse {
    let opened = async {
        let Some((staff, _)) = signed_in(&sign_in, &request).await? else { return Ok(not_signed_in()) };
        let presence = match wish.presence.as_str() {
            "document" => Presence::Document,
            _ => return Ok(HttpResponse::BadRequest().json(json!({ "error": "invalid_request" }))),
        };
        let visitor = visitor(&request, sign_in.trusted_proxies, None);
        let accounts = &sign_in.accounts;
        let opened = assist(accounts, &staff, &wish.number, presence, &visitor, Instant::now()).await?;
        Ok(match opened {
            Some(opened) => HttpResponse::Created()
                .json(json!({ "session": opened.cookie, "id": opened.session.id, "expires_in": 900 })),
            None => HttpResponse::Forbidden().json(json!({ "error": "access_denied" })),
        })
    };
    opened.await.unwrap_or_else(trouble_as_json)
}
