//! The list of who is due, and the reminder.

use ::web::{DueLine, DueListPage, StationNotice};
use access::StaffRole;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Form;
use audit_log::Action;
use exchange::check_up::{AgeGroup, DueState};
use fhir::Instant;
use health_book::check_up;
use interactions::{DuePerson, DueRequest, People, Problem};
use jiff::civil::Date;
use record_store::Showing;
use serde::Deserialize;
use serde_json::Value;

use super::{Visit, Wanted, patient_of, shown, visit};
use crate::sign_in::answer::Trouble;
use crate::sign_in::book::facts::{birth_date, name, text};

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
        let (page, access) = check_up::due_page(service, &visit.caller, &request, Instant::now()).await?;
        let query = "Organization/$check-up-due";
        let showing = Showing::begin(&access, Action::Operation, query).map_err(Problem::from)?;
        let mut lines = Vec::with_capacity(page.people.len());
        for person in &page.people {
            lines.extend(line(visit, person, &showing)?);
        }
        let notice = asked.done.as_deref().and_then(StationNotice::from_code);
        let people = page.request.people.code();
        let state = page.request.state.map(DueState::code);
        let (rule, next) = (page.rule.canonical(), page.next.as_deref());
        let head = visit.head();
        let page =
            DueListPage { head, notice, year: page.year, rule: &rule, people, state, lines: &lines, next };
        Ok(shown(page.render()))
    })
    .await
}

fn line(visit: &Visit<'_>, person: &DuePerson, showing: &Showing) -> Result<Option<DueLine>, Problem> {
    let Some(shown) = person.record.show(showing)? else { return Ok(None) };
    person.confirm(showing);
    let patient: Value =
        serde_json::from_str(&shown).map_err(|_| Problem::new(500, fhir::Fault::Internal))?;
    let judged = &person.judged;
    let records = matches!(visit.role, StaffRole::Physician | StaffRole::StationHead);
    Ok(Some(DueLine {
        id: text(&patient, "/id").to_owned(),
        name: name(&patient),
        birth: birth_date(&patient).map(figures),
        state: judged.state.code(),
        due: figures(judged.due),
        last: judged.last.map(figures),
        class: person.class.as_ref().map(|(class, _)| class.clone()),
        may_record: records && judged.group.is_none_or(|group| group == AgeGroup::Adult),
    }))
}

/// The form of a reminder.
#[derive(Deserialize)]
pub(super) struct Reminder {
    form: String,
    patient: Option<String>,
}

/// `POST /station/remind`
pub(super) async fn remind(wanted: Wanted, form: Form<Reminder>) -> HttpResponse {
    visit(&wanted, async |visit| {
        visit.is_ours(&form.form)?;
        let patient = patient_of(form.patient.as_deref())?;
        let book = &visit.state.app.health_book;
        match check_up::remind(book, &visit.caller, &patient, Instant::now()).await {
            Ok(()) => Ok(visit.back(StationNotice::Reminded)),
            Err(problem) => match StatusCode::from_u16(problem.status) {
                Ok(StatusCode::CONFLICT) => Ok(visit.back(StationNotice::RemindedBefore)),
                Ok(StatusCode::UNPROCESSABLE_ENTITY) => Ok(visit.back(StationNotice::NotPossible)),
                _ => Err(visit.refused(&patient, problem)),
            },
        }
    })
    .await
}
