//! Recording a check-up by form: the texts become a message, and the message is written as one that came by the data axis.

use std::collections::BTreeMap;

use access::Caller;
use exchange::check_up::{AgeGroup, CheckUp, Fault, Format, Raw, Rule};
use fhir::{Instant, LogicalId};
use interactions::{Problem, check_may_put, vietnamese_time};

use super::asked::{ROW_COUNT, asked};
use super::form::{PLACE, keep_those_of, known, recorder};
use super::second::first_of;
use super::write::{transaction, write};
use crate::HealthBook;
use crate::ledger::{read, text};
use crate::noted::told;
use crate::refusal::internal;
use crate::turn;

/// What a form says.
#[derive(Debug, Clone, Default)]
pub struct CheckUpForm {
    /// Texts by place: `XML10.CHIEU_CAO`, `XML11[2].GIA_TRI`. What the form does not ask is not taken.
    pub texts: BTreeMap<String, String>,
    /// For which age the form was that is sent; where it is not told, it is taken to be the right one.
    pub group: Option<AgeGroup>,
    /// That another examination is wanted although there is one within twelve months.
    pub again: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Recorded {
    /// It is in the book.
    Written {
        /// The document.
        composition: LogicalId,
    },
    /// Something is wrong, and nothing was written.
    Wrong {
        /// The name of the person, for the form that is shown again.
        name: String,
        /// For which age the form is.
        group: AgeGroup,
        /// What is wrong.
        faults: Vec<Fault>,
    },
    /// On the day of the visit the person is of another age than the form is for, and nothing was written.
    OtherAge {
        /// The name of the person.
        name: String,
        /// For which age the form has to be.
        group: AgeGroup,
    },
    /// There is one within twelve months, and nothing was written.
    Repeats {
        /// The name of the person.
        name: String,
        /// For which age the form is.
        group: AgeGroup,
        /// Its day.
        day: jiff::civil::Date,
        /// Where it was, if that may be known.
        facility: Option<String>,
    },
}

/// Records a check-up.
pub async fn record(
    book: &HealthBook,
    caller: &Caller,
    patient: &LogicalId,
    form: &CheckUpForm,
    now: Instant,
) -> Result<Recorded, Problem> {
    let service = book.service();
    let recorder = recorder(service, caller, patient, now).await?;
    let stored = recorder.person.record.inspect()?.ok_or_else(Problem::not_found)?;
    let mut known = known(service, &recorder, &stored).await?;
    let visit = form.texts.get("XML2.NGAY_VAO").map(String::as_str).unwrap_or_default();
    let time = vietnamese_time(service, now);
    // Nobody was examined in an hour.
    if time.zip(CheckUp::time_of(visit)).is_some_and(|(time, visit)| visit > time) {
        let group = recorder.group(&known, "", form.group);
        return Ok(Recorded::Wrong { name: recorder.show_name()?, group, faults: vec![Fault::not_yet()] });
    }
    let group = recorder.group(&known, visit, form.group);
    // What was typed into the form of another age would be lost without a word.
    if form.group.is_some_and(|shown| shown != group) {
        return Ok(Recorded::OtherAge { name: recorder.show_name()?, group });
    }
    keep_those_of(group, &mut known);
    let known = known.into_iter().map(|(part, field, text)| ((part, field), text));
    let mut texts: BTreeMap<(&str, &str), String> = known.collect();
    // Rows that say nothing keep their place: a fault names a row by its number.
    let mut rows: Vec<Vec<(&str, String)>> = vec![Vec::new(); ROW_COUNT];
    for asked in asked(group) {
        let Some(text) = form.texts.get(&asked.name()).map(|text| text.trim().to_owned()) else { continue };
        match asked.row.and_then(|row| rows.get_mut(row.checked_sub(1)?)) {
            Some(row) => row.push((asked.field.name, text)),
            None => drop(texts.insert((asked.field.part, asked.field.name), text)),
        }
    }
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let texts = texts.map(|((part, field), text)| (part, field, text));
    let day = time.map(|time| time.date());
    let check_up = match CheckUp::of_fields(day, texts, rows) {
        Ok(check_up) => check_up,
        Err(mut faults) => {
            faults.iter_mut().for_each(|fault| ask_of_guardian(fault, group));
            return Ok(Recorded::Wrong { name: recorder.show_name()?, group, faults });
        }
    };
    let visit = visit_code(patient, &check_up);
    let check_up = check_up.with_visit_code(visit);
    let message = check_up.to_json().into_bytes();
    let all = [check_up];
    let raw = Raw::of(&message, Format::Json, &all);
    let [check_up] = &all;
    let organization = Some(recorder.staff.organization);
    // What was found may give a label that the citizen has closed to the facility.
    let asked = transaction(patient, organization, Vec::new(), check_up, &raw);
    check_may_put(service, &recorder.put, &asked).await?;
    let _turn = turn::wait(service.store(), "check-up", patient.as_str()).await?;
    if !form.again
        && let Some(first) = first_of(service, &recorder.access, patient, check_up).await?
    {
        let id = first.facility.as_deref().and_then(|it| it.strip_prefix("Organization/"));
        let facility = match id.and_then(|id| LogicalId::try_from(id).ok()) {
            Some(id) => read(service, "Organization", &id).await?,
            None => None,
        };
        let facility = facility.map(|found| text(&found.resource, "/name").to_owned());
        told(patient, PLACE);
        return Ok(Recorded::Repeats { name: recorder.show_name()?, group, day: first.day, facility });
    }
    let writing = write(service, &Caller::MESSAGE, patient, organization, check_up, &raw);
    interactions::message(&message).scope(writing).await?;
    let composition = LogicalId::try_from(check_up.composition_id().as_str()).map_err(|_| internal())?;
    Ok(Recorded::Written { composition })
}

/// The code of a visit that is recorded by form: whose it is and when, so that the same is the same again.
fn visit_code(patient: &LogicalId, check_up: &CheckUp) -> String {
    format!("{patient}-{}", check_up.time().strftime("%Y%m%d%H%M"))
}

/// Of a child without a number the form asks that of the guardian, so what is missing is told there.
fn ask_of_guardian(fault: &mut Fault, group: AgeGroup) {
    if group == AgeGroup::Child && (fault.part, fault.field, fault.rule) == ("XML1", "SO_CCCD", Rule::Missing)
    {
        fault.field = "SO_CCCD_NGH";
    }
}
