//! `/station`: the pages of a health station (`docs/station-pages.md`). What is shown goes through the gate and leaves its entry in
//! the log of accesses.

mod form;
mod list;

use ::web::{Language, Notice, StationHead, StationNotice};
use access::{Actor, Caller, Identity, StaffRole};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::{AccountKind, Session, form_token};
use fhir::{LogicalId, ResourceType};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{STATION, Trouble, redirect};
use super::session_pages::signed_in;
use super::signed_in_pages::{check_form, for_visitor, leave, shown};
use super::visitor::language;
use super::{SignIn, forms};
use crate::app::State;
use crate::logged::note_caller;

/// Roles that work here, in the order in which one counts for somebody who has several.
const ROLES: [StaffRole; 4] =
    [StaffRole::StationHead, StaffRole::Physician, StaffRole::Nurse, StaffRole::Registrar];

/// The routes below `/station`.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .app_data(forms())
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
    role: StaffRole,
    language: Language,
    facility: String,
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
        let role = ROLES.into_iter().find(|role| roles.contains(role)).ok_or_else(not_staff)?;
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
        note_caller(&caller);
        let facility = facility(state, &caller, &organization).await?;
        let form = form_token(sign_in.accounts.store(), &cookie);
        Ok(Ok(Self { sign_in, state, asked, caller, session, cookie, role, language, facility, form }))
    }

    fn head(&self) -> StationHead<'_> {
        StationHead { language: self.language, facility: &self.facility, form: &self.form }
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

/// The name of the facility, which everybody may read.
async fn facility(state: &State, caller: &Caller, id: &LogicalId) -> Result<String, Trouble> {
    let service = &state.app.service;
    let kind = ResourceType::ORGANIZATION;
    let access =
        service.decide(caller, access::Interaction::Read, Some(kind)).map_err(interactions::Problem::from)?;
    let record = interactions::read(service, &access, kind, id).await?;
    let text = record.inspect().map_err(interactions::Problem::from)?.unwrap_or_default();
    let found: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(found.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn patient_of(text: Option<&str>) -> Result<LogicalId, Trouble> {
    Ok(LogicalId::try_from(text.unwrap_or_default()).map_err(|_| interactions::Problem::not_found())?)
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
