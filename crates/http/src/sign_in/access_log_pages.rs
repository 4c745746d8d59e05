//! Who looked at my book: the page of the citizen who is signed in, and what it lets do.

use ::web::{
    AccessFilter, AccessLogPage, Blocked, FacilityChoice, Language, Notice, WrongPeriodPage, access_lines,
    nameless_facility, period,
};
use access::{Actor, Caller, Identity};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::{AccountKind, Session, form_token};
use fhir::{Instant, LogicalId};
use health_book::blocks;
use interactions::{AccessLogReport, AccessLogRequest, Problem, access_log_report};
use serde::Deserialize;

use super::SignIn;
use super::answer::{ACCESS_LOG, Trouble, page, redirect};
use super::session_pages::signed_in;
use super::signed_in_pages::check_form;
use super::visitor::language;
use crate::app::State;
use crate::logged::note_caller;

/// Entries of a page.
const COUNT: u32 = 60;

/// What can be asked for. What a browser sends empty counts as not sent.
#[derive(Deserialize)]
pub(crate) struct Asked {
    pub(super) lang: Option<String>,
    from: Option<String>,
    to: Option<String>,
    facility: Option<String>,
    own: Option<String>,
    page: Option<String>,
}

impl Asked {
    /// What is shown; of days that are none the page that says so, and nothing else.
    pub(super) fn filter(&self, language: Language) -> Result<AccessFilter, String> {
        let facility = self.facility.as_deref().and_then(|id| LogicalId::try_from(id).ok());
        let facility = facility.map(|id| id.to_string());
        let own = self.own.as_deref().is_some_and(|own| !own.is_empty());
        let typed = |text: &Option<String>| text.clone().unwrap_or_default();
        match period(&typed(&self.from), &typed(&self.to)) {
            Ok((from, to)) => Ok(AccessFilter { from, to, facility, own }),
            Err(typed) => {
                Err(WrongPeriodPage { language, typed: &typed, facility: facility.as_deref(), own }.render())
            }
        }
    }
}

/// A citizen in a browser.
pub(super) struct Reader {
    pub(super) caller: Caller,
    pub(super) session: Session,
    pub(super) cookie: String,
}

impl Reader {
    /// Who is signed in; the answer when that is no citizen. The log of accesses is told.
    pub(super) async fn of(
        sign_in: &SignIn,
        state: &State,
        request: &HttpRequest,
    ) -> Result<Result<Self, HttpResponse>, Trouble> {
        let Some((session, cookie)) = signed_in(sign_in, request).await? else {
            return Ok(Err(redirect(&format!("/auth/sign-in?continue={ACCESS_LOG}"), Vec::new())));
        };
        let AccountKind::Citizen { patient } = &session.kind else {
            return Err(Trouble::new(StatusCode::FORBIDDEN, Notice::ForCitizens));
        };
        let actor = Actor::Citizen { patient: patient.clone() };
        // No app is between: there is no client.
        let identity = Identity {
            client: String::new(),
            session: session.id.clone(),
            assisted_by: session.assisted_by.clone(),
            ..Identity::new(&session.account, actor)
        };
        let caller = Caller::Authenticated(identity.into());
        note_caller(&state.app.service, &caller).await?;
        Ok(Ok(Self { caller, session, cookie }))
    }

    /// Whether the citizen is alone with the device: what staff opened for somebody is for reading.
    pub(super) fn may_change(&self) -> bool {
        self.session.assisted_by.is_none()
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let notice = match status {
            StatusCode::SERVICE_UNAVAILABLE => Notice::Busy,
            status if status.is_client_error() => Notice::NotPossible,
            _ => Notice::Broken,
        };
        Self::new(status, notice)
    }
}

/// `GET /auth/access-log`
pub(crate) async fn page_of_log(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let shown = show(&sign_in, &state, &request, &asked, language).await;
    shown.unwrap_or_else(|trouble| trouble.page(language))
}

async fn show(
    sign_in: &SignIn,
    state: &State,
    request: &HttpRequest,
    asked: &Asked,
    language: Language,
) -> Result<HttpResponse, Trouble> {
    let reader = match Reader::of(sign_in, state, request).await? {
        Ok(reader) => reader,
        Err(answer) => return Ok(answer),
    };
    let filter = match asked.filter(language) {
        Ok(filter) => filter,
        Err(wrong) => return Ok(page(StatusCode::BAD_REQUEST, Vec::new(), wrong)),
    };
    let registry = state.app.service.store().registry();
    let report = read(state, &reader, &filter, asked.page.as_deref(), None).await?;
    let lines = access_lines(&report.entries, &report.patient, registry.time_zone(), language);
    let blocked = blocked(state, &reader, language).await?;
    let facilities = facilities(&report, &filter, &blocked, language);
    let form = reader.may_change().then(|| form_token(sign_in.accounts.store(), &reader.cookie));
    let text = AccessLogPage {
        language,
        filter: &filter,
        lines: &lines,
        facilities: &facilities,
        blocked: &blocked,
        next: report.next.as_deref(),
        form: form.as_deref(),
        zone: registry.time_zone(),
    };
    Ok(page(StatusCode::OK, Vec::new(), text.render()))
}

pub(super) async fn read(
    state: &State,
    reader: &Reader,
    filter: &AccessFilter,
    page: Option<&str>,
    print: Option<u32>,
) -> Result<AccessLogReport, Trouble> {
    let organization = filter.facility.as_deref().and_then(|id| LogicalId::try_from(id).ok());
    let request = AccessLogRequest {
        from: filter.from,
        to: filter.to,
        organization: organization.as_ref(),
        own: filter.own,
        page: page.filter(|page| !page.is_empty()),
        count: print.unwrap_or(COUNT),
        print: print.is_some(),
    };
    Ok(access_log_report(&state.app.service, &reader.caller, &request).await?)
}

/// The facilities that the citizen has blocked.
pub(super) async fn blocked(
    state: &State,
    reader: &Reader,
    language: Language,
) -> Result<Vec<Blocked>, Trouble> {
    let found = blocks::facilities(&state.app.health_book, &reader.caller, Instant::now()).await?;
    let blocked = found.into_iter().map(|blocked| Blocked {
        block: blocked.block.to_string(),
        facility: choice(&blocked.organization.to_string(), &blocked.name, language),
    });
    Ok(blocked.collect())
}

/// The facilities of a page, those that are blocked, and the one that was chosen, by name.
pub(super) fn facilities(
    report: &AccessLogReport,
    filter: &AccessFilter,
    blocked: &[Blocked],
    language: Language,
) -> Vec<FacilityChoice> {
    let named = report.entries.iter().filter_map(|(_, entry)| {
        let (_, id) = entry.organization.split_once('/')?;
        Some(choice(id, &entry.organization_name, language))
    });
    let blocked = blocked.iter().map(|blocked| blocked.facility.clone());
    // Of whom nothing is shown no name is known.
    let chosen = filter.facility.as_ref().map(|id| choice(id, "", language));
    let mut found: Vec<FacilityChoice> = Vec::new();
    for facility in named.chain(blocked).chain(chosen) {
        if found.iter().all(|known| known.id != facility.id) {
            found.push(facility);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// A facility by its name; in words where it has none.
fn choice(id: &str, name: &str, language: Language) -> FacilityChoice {
    let mut name = name.to_owned();
    if name.is_empty() {
        let mut letters = nameless_facility(language).chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase).chain(letters));
    }
    FacilityChoice { id: id.to_owned(), name }
}

/// The form that blocks a facility or lifts a block.
#[derive(Deserialize)]
pub(crate) struct Change {
    form: String,
    facility: Option<String>,
    block: Option<String>,
}

/// `POST /auth/access-log/block`
pub(crate) async fn block(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
    form: Form<Change>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let changed = change(&sign_in, &state, &request, &form, language, async |caller| {
        let organization = form.facility.as_deref().unwrap_or_default();
        let organization = LogicalId::try_from(organization).map_err(|_| Problem::not_found())?;
        blocks::block_organization(&state.app.health_book, &caller, &organization, Instant::now()).await
    });
    changed.await.unwrap_or_else(|trouble| trouble.page(language))
}

/// `POST /auth/access-log/lift`
pub(crate) async fn lift(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
    form: Form<Change>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let changed = change(&sign_in, &state, &request, &form, language, async |caller| {
        let block = form.block.as_deref().unwrap_or_default();
        blocks::lift(&state.app.health_book, &caller, block, Instant::now()).await
    });
    changed.await.unwrap_or_else(|trouble| trouble.page(language))
}

/// Does what a form of the page asks for, and leads back to the page.
async fn change(
    sign_in: &SignIn,
    state: &State,
    request: &HttpRequest,
    form: &Change,
    language: Language,
    act: impl AsyncFnOnce(Caller) -> Result<(), Problem>,
) -> Result<HttpResponse, Trouble> {
    let reader = match Reader::of(sign_in, state, request).await? {
        Ok(reader) => reader,
        Err(answer) => return Ok(answer),
    };
    check_form(sign_in, &reader.cookie, &form.form)?;
    if !reader.may_change() {
        return Err(Trouble::new(StatusCode::FORBIDDEN, Notice::NotPossible));
    }
    act(reader.caller).await?;
    Ok(redirect(&format!("/auth/access-log?lang={}", language.code()), Vec::new()))
}
