//! `/station`: the pages of a health station (`docs/station-pages.md`). What is shown goes through the gate and leaves its entry in
//! the log of accesses.

mod form;
mod list;

use ::web::{Language, Notice, StationHead, StationNotice};
use access::{Actor, Caller, Identity, Interaction};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use audit_log::Action;
use auth::account::{AccountKind, Session, form_token};
use fhir::{LogicalId, ResourceType};
use health_book::check_up;
use interactions::{Problem, Service};
use record_store::Showing;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{STATION, Trouble, redirect};
use super::book::facts::text;
use super::session_pages::signed_in;
use super::signed_in_pages::{check_form, for_visitor, leave, shown};
use super::visitor::language;
use super::{SignIn, forms};
use crate::app::State;
use crate::logged::note_caller;

/// The routes below `/station`.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .app_data(forms().limit(form::largest()))
        .route("", web::get().to(list::list))
        .route("/remind", web::post().to(list::remind))
        .route("/check-up", web::get().to(form::show))
        .route("/check-up", web::post().to(form::record))
        .route("/sign-out", web::post().to(sign_out));
}

/// What a page is asked with.
#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    people: Option<String>,
    status: Option<String>,
    page: Option<String>,
    patient: Option<String>,
    done: Option<String>,
}

/// What every page is made of.
type Wanted = (Data<SignIn>, Data<State>, HttpRequest, Query<Asked>);

/// A request of somebody who works at a station.
struct Visit<'a> {
    sign_in: &'a SignIn,
    state: &'a State,
    asked: &'a Asked,
    caller: Caller,
    session: Session,
    cookie: String,
    organization: LogicalId,
    language: Language,
    form: String,
}

impl<'a> Visit<'a> {
    /// Who asks, or where to go first.
    async fn of((sign_in, state, request, asked): &'a Wanted) -> Result<Result<Self, HttpResponse>, Trouble> {
        let language = language(request, asked.lang.as_deref());
        let Some((session, cookie)) = signed_in(sign_in, request).await? else {
            let to = format!("/auth/sign-in?continue={STATION}&lang={}", language.code());
            return Ok(Err(redirect(&to, Vec::new())));
        };
        let not_staff = || Trouble::new(StatusCode::FORBIDDEN, Notice::ForStaff);
        let AccountKind::Staff { practitioner, code, organization, roles } = &session.kind else {
            return Err(not_staff());
        };
        let role = check_up::ROLES.into_iter().find(|role| roles.contains(role)).ok_or_else(not_staff)?;
        let (code, organization) = (code.clone(), organization.clone());
        let actor = Actor::Facility { code, organization: organization.clone(), role };
        // No app is between: there is no client.
        let identity = Identity {
            client: String::new(),
            session: session.id.clone(),
            practitioner: practitioner.clone(),
            ..Identity::new(&session.account, actor)
        };
        let caller = Caller::Authenticated(identity.into());
        note_caller(&state.app.service, &caller).await?;
        let form = form_token(sign_in.accounts.store(), &cookie);
        Ok(Ok(Self { sign_in, state, asked, caller, session, cookie, organization, language, form }))
    }

    fn head<'b>(&'b self, facility: &'b str) -> StationHead<'b> {
        StationHead { language: self.language, facility, form: &self.form }
    }

    /// The name of the facility, for a page: that it is shown is noted.
    async fn facility(&self) -> Result<String, Trouble> {
        Ok(facility(&self.state.app.service, &self.caller, &self.organization).await?)
    }

    /// That a form is of a page of ours in this browser.
    fn is_ours(&self, token: &str) -> Result<(), Trouble> {
        check_form(self.sign_in, &self.cookie, token)
    }

    /// Back to the list, with what was done.
    fn back(&self, notice: StationNotice) -> HttpResponse {
        redirect(&format!("/station?lang={}&done={}", self.language.code(), notice.code()), Vec::new())
    }
}

async fn facility(service: &Service, caller: &Caller, id: &LogicalId) -> Result<String, Problem> {
    let kind = ResourceType::ORGANIZATION;
    let access = service.decide(caller, Interaction::Read, Some(kind))?;
    let record = interactions::read(service, &access, kind, id).await?;
    let shown = record.show(&Showing::begin(&access, Action::Read, "")?)?.unwrap_or_default();
    let found: Value = serde_json::from_str(&shown).unwrap_or_default();
    Ok(text(&found, "/name").to_owned())
}

fn patient_of(text: Option<&str>) -> Result<LogicalId, Trouble> {
    Ok(LogicalId::try_from(text.unwrap_or_default()).map_err(|_| Problem::not_found())?)
}

/// Makes a page for who is signed in.
async fn visit(
    wanted: &Wanted,
    make: impl AsyncFnOnce(&Visit<'_>) -> Result<HttpResponse, Trouble>,
) -> HttpResponse {
    let (_, _, request, asked) = wanted;
    for_visitor(language(request, asked.lang.as_deref()), Visit::of(wanted), make).await
}

/// A form with a token and nothing else.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    form: String,
}

/// `POST /station/sign-out`
async fn sign_out(wanted: Wanted, form: Form<Sent>) -> HttpResponse {
    visit(&wanted, async |visit| {
        visit.is_ours(&form.form)?;
        leave(visit.sign_in, visit.state, &visit.session).await
    })
    .await
}
