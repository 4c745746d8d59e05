//! Who is on the list, and what was found of them.

use std::collections::BTreeMap;

use access::Access;
use exchange::check_up::{CLASS_PROFILE, DueRule};
use fhir::LogicalId;
use jiff::civil::Date;
use json::Node;
use record_store::Record;

use super::examinations::{MOST_OF_PAGE, examinations_of, list_of};
use super::{DuePerson, Examination};
use crate::search::{own_search_all, with_resource};
use crate::{Problem, Service};

/// A person of the facility.
pub(super) struct Described {
    pub(super) record: Record,
    /// The first day that the birth can have been on, and the last one.
    birth: Option<(Date, Date)>,
    /// Whether other records were joined into this one: their check-ups name those.
    is_joined: bool,
}

impl Described {
    /// Who stands in a record; nobody when it is out of use or its person is dead.
    pub(super) fn of(record: Record) -> Result<Option<Self>, Problem> {
        let (is_there, is_joined, birth) = with_resource(&record, |patient| {
            let has_link = |kind: &str| {
                let links = patient.get("link").map(Node::items).unwrap_or_default();
                links.iter().any(|link| link.text("type") == Some(kind))
            };
            let says = |name: &str| patient.get(name).and_then(Node::as_bool);
            let is_dead = patient.get("deceasedDateTime").is_some() || says("deceasedBoolean") == Some(true);
            let is_there = says("active") != Some(false) && !is_dead && !has_link("replaced-by");
            let birth = patient.text("birthDate").and_then(days_of);
            (is_there, has_link("replaces"), birth)
        })?;
        Ok(is_there.then_some(Self { record, birth, is_joined }))
    }

    /// Whether the rule asks for a check-up of this year: not of who was born later.
    pub(super) fn is_asked(&self, year: i16, today: Date) -> bool {
        self.birth.is_none_or(|(first, _)| first.year() <= year && first <= today)
    }

    pub(super) fn judge(
        self,
        rule: &DueRule,
        year: i16,
        today: Date,
        examinations: Vec<Examination>,
    ) -> DuePerson {
        let days: Vec<Date> = examinations.iter().map(|it| it.day).collect();
        let mut judged = rule.judge(year, today, self.birth.map(|(first, _)| first), &days);
        let youngest = rule.judge(year, today, self.birth.map(|(_, last)| last), &days);
        // Of some only the year of birth is known: the form is known where it is the same for all its days.
        judged.group = judged.group.filter(|group| Some(*group) == youngest.group);
        let last = examinations.into_iter().find(|it| Some(it.day) == judged.last);
        DuePerson { record: self.record, judged, last, class: None }
    }
}

/// The first and the last day of a date: of some only the year of birth is known, or the month.
fn days_of(date: &str) -> Option<(Date, Date)> {
    let day = |text: String| text.parse::<Date>().ok();
    match date.len() {
        4 => day(format!("{date}-01-01")).map(|first| (first, first.last_of_year())),
        7 => day(format!("{date}-01")).map(|first| (first, first.last_of_month())),
        _ => day(date.to_owned()).map(|day| (day, day)),
    }
}

/// The check-ups of people, by person.
pub(super) async fn examined(
    service: &Service,
    access: &Access,
    people: &[Described],
) -> Result<BTreeMap<LogicalId, Vec<Examination>>, Problem> {
    let (joined, alone): (Vec<_>, Vec<_>) = people.iter().partition(|person| person.is_joined);
    let ids: Vec<LogicalId> = alone.iter().map(|person| person.record.id.clone()).collect();
    let mut known = examinations_of(service, access, &ids).await?;
    for person in joined {
        let id = person.record.id.clone();
        let of_all = examinations_of(service, access, std::slice::from_ref(&id)).await?;
        known.insert(id, of_all.into_values().flatten().collect());
    }
    Ok(known)
}

/// Adds the class that the last check-up found, where the caller sees it.
pub(super) async fn add_classes(
    service: &Service,
    access: &Access,
    people: &mut [DuePerson],
) -> Result<(), Problem> {
    let examined = people.iter().filter(|person| person.last.is_some());
    let ids: Vec<LogicalId> = examined.map(|person| person.record.id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let pairs = [
        ("patient", list_of(&ids)),
        ("_profile", CLASS_PROFILE.to_owned()),
        ("status:not", "entered-in-error".to_owned()),
    ];
    let mut classes = Vec::new();
    for record in own_search_all(service, access, "Observation", &pairs, MOST_OF_PAGE).await? {
        let found = with_resource(&record, |node| {
            let visit = node.get("encounter").and_then(|visit| visit.text("reference")).map(str::to_owned);
            let codings =
                node.get("valueCodeableConcept")?.get("coding").map(Node::items).unwrap_or_default();
            let code = codings.first()?.text("code")?.to_owned();
            Some((visit, code))
        })?;
        if let Some((visit, code)) = found {
            classes.push((visit, format!("Observation/{}", record.id), code, record));
        }
    }
    for person in people {
        let Some(last) = &person.last else { continue };
        let is_its = |(visit, place, ..): &(Option<String>, String, String, Record)| {
            (visit.is_some() && *visit == last.visit) || last.entries.contains(place)
        };
        if let Some(index) = classes.iter().position(is_its) {
            let (_, _, code, record) = classes.swap_remove(index);
            person.class = Some((code, record));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_a_first_and_a_last_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (date, first, last) in [
            ("1950", "1950-01-01", "1950-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2023-02", "2023-02-01", "2023-02-28"),
            ("2020-11-30", "2020-11-30", "2020-11-30"),
        ] {
            assert_eq!(days_of(date), Some((day(first), day(last))), "{date}");
        }
        for none in ["", "50", "2024-13", "today"] {
            assert_eq!(days_of(none), None, "{none}");
        }
    }
}
