//! The list of who is due, and the reminder.

use ::web::{DueLine, DueListPage, StationNotice};
use actix_web::HttpResponse;
use actix_web::web::Form;
use audit_log::Action;
use exchange::check_up::DueState;
use fhir::Instant;
use health_book::check_up::{self, Reminded};
use health_book::name_of;
use interactions::{DuePerson, DueRequest, People, Problem};
use jiff::civil::Date;
use record_store::Showing;
use serde::Deserialize;
use serde_json::Value;

use super::{Wanted, patient_of, shown, visit};
use crate::sign_in::answer::Trouble;
use crate::sign_in::book::facts::{birth_date, text};

fn figures(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// `GET /station`
pub(super) async fn list(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let asked = visit.asked;
        let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let people = known(&asked.people).unwrap_or_else(|| "home".to_owned());
        let status = known(&asked.status);
        let not_found = || Trouble::from(Problem::not_found());
        let state =
            status.as_deref().map(|code| DueState::of_code(code).ok_or_else(not_found)).transpose()?;
        let request = DueRequest {
            people: People::of_code(&people).ok_or_else(not_found)?,
            state,
            page: known(&asked.page),
            ..DueRequest::default()
        };
        let service = &visit.state.app.service;
        let (page, showing) = check_up::due_page(service, &visit.caller, &request, Instant::now()).await?;
        let may_record = check_up::may_record(service, &visit.caller);
        let mut lines = Vec::with_capacity(page.people.len());
        for person in &page.people {
            lines.extend(line(person, may_record, &showing)?);
        }
        let notice = asked.done.as_deref().and_then(StationNotice::from_code);
        let people = page.request.people.code();
        let state = page.request.state.map(DueState::code);
        let (rule, next) = (page.rule.canonical(), page.next.as_deref());
        let facility = visit.facility().await?;
        let head = visit.head(&facility);
        let page =
            DueListPage { head, notice, year: page.year, rule: &rule, people, state, lines: &lines, next };
        Ok(shown(page.render()))
    })
    .await
}

fn line(person: &DuePerson, may_record: bool, showing: &Showing) -> Result<Option<DueLine>, Problem> {
    let Some(shown) = person.record.show(showing)? else { return Ok(None) };
    person.confirm(showing);
    let patient: Value =
        serde_json::from_str(&shown).map_err(|_| Problem::new(500, fhir::Fault::Internal))?;
    let judged = &person.judged;
    Ok(Some(DueLine {
        id: text(&patient, "/id").to_owned(),
        name: name_of(&patient),
        birth: birth_date(&patient).map(figures),
        state: judged.state.code(),
        due: figures(judged.due),
        last: judged.last.map(figures),
        class: person.class.as_ref().map(|(class, _)| class.clone()),
        may_record,
    }))
}

/// The form of a reminder.
#[derive(Deserialize)]
pub(super) struct Reminder {
    #[serde(default)]
    form: String,
    patient: Option<String>,
}

/// `POST /station/remind`
pub(super) async fn remind(wanted: Wanted, form: Form<Reminder>) -> HttpResponse {
    visit(&wanted, async |visit| {
        visit.is_ours(&form.form)?;
        let patient = patient_of(form.patient.as_deref())?;
        let book = &visit.state.app.health_book;
        let reminded = check_up::remind(book, &visit.caller, &patient, Instant::now()).await;
        Ok(visit.back(
            match reminded.map_err(|problem| visit.refused(Action::Operation, &patient, problem))? {
                Reminded::Sent => StationNotice::Reminded,
                Reminded::Before => StationNotice::RemindedBefore,
                Reminded::NothingToDo => StationNotice::NotPossible,
            },
        ))
    })
    .await
}
