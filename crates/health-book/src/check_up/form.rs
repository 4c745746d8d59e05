//! The form by which a commune station records a check-up: for whom, by whom, and what the book says already.

use access::{Access, Caller};
use audit_log::Action;
use exchange::check_up::{AgeGroup, FIELDS, Field, texts_of_patient};
use fhir::{Instant, LogicalId};
use interactions::{DuePerson, Problem, Service, vietnamese_time};
use record_store::Showing;

use super::asked::{Text, lacking};
use super::due::{listed, of_station};
use super::rights::{check_book, to_record};
use crate::HealthBook;
use crate::ledger::{items, read, text};
use crate::name::name_of;
use crate::refusal::internal;
use crate::who::Staff;

/// How the log of accesses names it.
pub(super) const PLACE: &str = "station/check-up";

/// What the form begins with.
#[derive(Debug)]
pub struct Begun {
    /// The name of the person.
    pub name: String,
    /// For which age the form is.
    pub group: AgeGroup,
    /// Texts that are known: part, field, text.
    pub texts: Vec<(&'static str, &'static str, String)>,
    /// What the book would have to know before a check-up can be recorded.
    pub lacking: Vec<&'static Field>,
}

/// Somebody who may record for somebody.
pub(super) struct Recorder<'c> {
    pub(super) staff: Staff<'c>,
    pub(super) access: Access,
    /// By which a check-up is put into the book.
    pub(super) put: Access,
    pub(super) person: DuePerson,
    /// Code of the facility.
    pub(super) code: &'c str,
}

impl Recorder<'_> {
    /// The form for the age of the person at a visit; where its day cannot be read, that which is shown, or for the age today. Who
    /// may be of any age counts as an adult.
    pub(super) fn group(&self, texts: &[Text], visit: &str, shown: Option<AgeGroup>) -> AgeGroup {
        let birth = texts.iter().find(|(_, field, _)| *field == "NGAY_SINH");
        let then = birth.and_then(|(_, _, birth)| AgeGroup::of_texts(birth, visit));
        then.or(shown).or(self.person.judged.group).unwrap_or(AgeGroup::Adult)
    }

    /// The `Patient` for a page. That it is shown is noted.
    pub(super) fn show(&self) -> Result<String, Problem> {
        let showing = Showing::begin(&self.access, Action::Read, "")?;
        self.person.record.show(&showing)?.ok_or_else(Problem::not_found)
    }

    /// The name for a page, with the same note.
    pub(super) fn show_name(&self) -> Result<String, Problem> {
        name_in(&self.show()?)
    }
}

fn name_in(patient: &str) -> Result<String, Problem> {
    Ok(name_of(&serde_json::from_str(patient).map_err(|_| internal())?))
}

/// Who may record: whom the gate lets write all that a check-up is into this book, for people of the own list.
pub(super) async fn recorder<'c>(
    service: &Service,
    caller: &'c Caller,
    patient: &LogicalId,
    now: Instant,
) -> Result<Recorder<'c>, Problem> {
    let (staff, access) = of_station(service, caller)?;
    let put = to_record(service, caller)?;
    let person = listed(service, &access, staff.organization, patient, now).await?;
    check_book(service, &put, patient).await?;
    let access::Actor::Facility { code, .. } = &staff.identity.actor else { return Err(internal()) };
    Ok(Recorder { staff, access, put, person, code })
}

/// What the book and the directory say for the message, of whatever age it is.
pub(super) async fn known(
    service: &Service,
    recorder: &Recorder<'_>,
    patient: &str,
) -> Result<Vec<Text>, Problem> {
    let node = json::parse(patient.as_bytes(), &json::Limits::default()).map_err(|_| internal())?;
    let mut texts = texts_of_patient(&node);
    texts.push(("XML2", "MA_CSKCB", recorder.code.to_owned()));
    if let Some(facility) = read(service, "Organization", recorder.staff.organization).await? {
        let numbers = items(&facility.resource, "/identifier").iter();
        let mut locations = numbers.filter(|it| text(it, "/system") == "https://www.gs1.org/gln");
        let location = locations.next().map(|it| text(it, "/value").to_owned());
        texts.extend(location.map(|location| ("XML2", "MA_GTIN_CSKCB", location)));
    }
    Ok(texts)
}

/// Leaves out what the message does not have for an age: the book may know the occupation of a child.
pub(super) fn keep_those_of(group: AgeGroup, texts: &mut Vec<Text>) {
    texts.retain(|(part, name, _)| {
        let field = FIELDS.iter().find(|field| (field.part, field.name) == (*part, *name));
        field.is_some_and(|field| field.groups.contains(&group))
    });
}

/// The form for somebody. That the `Patient` is read is noted.
pub async fn begin(
    book: &HealthBook,
    caller: &Caller,
    patient: &LogicalId,
    now: Instant,
) -> Result<Begun, Problem> {
    let service = book.service();
    let recorder = recorder(service, caller, patient, now).await?;
    let shown = recorder.show()?;
    let mut texts = known(service, &recorder, &shown).await?;
    let time = vietnamese_time(service, now).map(|time| time.strftime("%Y%m%d%H%M").to_string());
    let time = time.unwrap_or_default();
    let group = recorder.group(&texts, &time, None);
    texts.push(("XML2", "NGAY_VAO", time));
    texts.push(("XML1", "LY_DO_VV", "Khám sức khỏe định kỳ".to_owned()));
    keep_those_of(group, &mut texts);
    let lacking = lacking(group, &texts);
    Ok(Begun { name: name_in(&shown)?, group, texts, lacking })
}
