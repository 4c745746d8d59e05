//! `/book`: the pages of the citizen who is signed in (`docs/book-pages.md`). What is shown goes through the gate and
//! leaves its entry in the log of accesses.

pub(super) mod facts;
mod reading;
mod sharing;
mod show;

use ::web::{BookHead, Language};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use auth::account::form_token;
use fhir::{LogicalId, ResourceType};
use serde::Deserialize;

use super::access_log_pages::Reader;
use super::answer::{BOOK, Trouble, redirect};
use super::signed_in_pages::{for_visitor, shown};
use super::visitor::language;
use super::{SignIn, forms, queries};
use crate::app::State;
use reading::Reading;

/// The routes below `/book`.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .app_data(forms())
        .app_data(queries())
        .route("", web::get().to(glance))
        .route("/check-ups/{id}", web::get().to(check_up))
        .route("/timeline", web::get().to(timeline))
        .route("/notices", web::get().to(notices))
        .route("/others", web::get().to(others))
        .route("/who-may", web::get().to(sharing::who_may))
        .route("/block", web::get().to(sharing::block_page))
        .route("/block", web::post().to(sharing::block))
        .route("/lift", web::get().to(sharing::lift_page))
        .route("/lift", web::post().to(sharing::lift))
        .route("/end", web::get().to(sharing::end_page))
        .route("/end", web::post().to(sharing::end))
        .route("/sign-out", web::post().to(sharing::sign_out));
}

/// What a page is asked with.
#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    of: Option<String>,
    page: Option<String>,
    facility: Option<String>,
    block: Option<String>,
    relation: Option<String>,
}

/// What every page is made of.
type Wanted = (Data<SignIn>, Data<State>, HttpRequest, Query<Asked>);

/// A request for a page of a book.
struct Visit<'a> {
    sign_in: &'a SignIn,
    state: &'a State,
    asked: &'a Asked,
    reader: Reader,
    language: Language,
    /// Whose book, when it is not the own one.
    of: Option<LogicalId>,
    form: String,
}

impl<'a> Visit<'a> {
    /// Who asks, or where to go first.
    async fn of((sign_in, state, request, asked): &'a Wanted) -> Result<Result<Self, HttpResponse>, Trouble> {
        let language = language(request, asked.lang.as_deref());
        let Ok(reader) = Reader::of(sign_in, state, request).await? else {
            let to = format!("/auth/sign-in?continue={BOOK}&lang={}", language.code());
            return Ok(Err(redirect(&to, Vec::new())));
        };
        let of = match asked.of.as_deref().filter(|of| !of.is_empty()) {
            None => None,
            Some(of) => Some(LogicalId::try_from(of).map_err(|_| interactions::Problem::not_found())?),
        };
        let own = own_patient(&reader)?;
        let form = form_token(sign_in.accounts.store(), &reader.cookie);
        Ok(Ok(Self { sign_in, state, asked, of: of.filter(|of| *of != own), reader, language, form }))
    }

    fn reading(&self) -> Result<Reading<'_>, Trouble> {
        let patient = match &self.of {
            Some(of) => of.clone(),
            None => own_patient(&self.reader)?,
        };
        Ok(Reading { service: &self.state.app.service, caller: &self.reader.caller, patient })
    }

    fn head<'b>(&'b self, name: &'b str) -> BookHead<'b> {
        let of = self.of.as_ref().map(LogicalId::as_str);
        BookHead { language: self.language, of, name, form: &self.form }
    }
}

fn own_patient(reader: &Reader) -> Result<LogicalId, Trouble> {
    let access::Caller::Authenticated(identity) = &reader.caller else {
        return Err(Trouble::new(StatusCode::FORBIDDEN, ::web::Notice::ForCitizens));
    };
    match &identity.actor {
        access::Actor::Citizen { patient } => Ok(patient.clone()),
        _ => Err(Trouble::new(StatusCode::FORBIDDEN, ::web::Notice::ForCitizens)),
    }
}

/// Makes a page for who is signed in.
async fn visit(
    wanted: &Wanted,
    make: impl AsyncFnOnce(&Visit<'_>) -> Result<HttpResponse, Trouble>,
) -> HttpResponse {
    let (_, _, request, asked) = wanted;
    for_visitor(language(request, asked.lang.as_deref()), Visit::of(wanted), make).await
}

/// `GET /book`
async fn glance(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let reading = visit.reading()?;
        let person = reading.person().await?;
        let glance = show::glance(&reading, &person).await?;
        Ok(shown(
            ::web::GlancePage { head: visit.head(&health_book::name_of(&person)), glance: &glance }.render(),
        ))
    })
    .await
}

/// `GET /book/check-ups/{id}`
async fn check_up(wanted: Wanted, id: Path<String>) -> HttpResponse {
    visit(&wanted, async |visit| {
        let id = LogicalId::try_from(id.as_str()).map_err(|_| interactions::Problem::not_found())?;
        let reading = visit.reading()?;
        let person = reading.person().await?;
        let check_up = show::check_up(&reading, &id, visit.language).await?;
        let name = health_book::name_of(&person);
        Ok(shown(
            ::web::CheckUpPage { head: visit.head(&name), id: id.as_str(), check_up: &check_up }.render(),
        ))
    })
    .await
}

/// `GET /book/timeline`
async fn timeline(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let reading = visit.reading()?;
        let person = reading.person().await?;
        let page = visit.asked.page.as_deref().filter(|page| !page.is_empty());
        let (events, next) = show::timeline(&reading, page, visit.language).await?;
        let name = health_book::name_of(&person);
        let head = visit.head(&name);
        Ok(shown(::web::TimelinePage { head, events: &events, next: next.as_deref() }.render()))
    })
    .await
}

/// `GET /book/notices`
async fn notices(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let reading = visit.reading()?;
        let person = reading.person().await?;
        let notices = show::notices(&reading, visit.language).await?;
        let name = health_book::name_of(&person);
        Ok(shown(::web::NoticesPage { head: visit.head(&name), notices: &notices }.render()))
    })
    .await
}

/// `GET /book/others`
async fn others(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let reading = visit.reading()?;
        let own = own_patient(&visit.reader)?;
        let all = reading.search(ResourceType::PATIENT, &[("_count", "50")]).await?;
        let people: Vec<::web::Person> = all
            .iter()
            .filter(|person| facts::text(person, "/id") != own.as_str())
            .map(|person| ::web::Person {
                id: facts::text(person, "/id").to_owned(),
                name: health_book::name_of(person),
            })
            .collect();
        Ok(shown(::web::BooksPage { head: visit.head(""), people: &people }.render()))
    })
    .await
}
