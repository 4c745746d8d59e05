//! Regular care of long illnesses: a visit every quarter with one prescription for ninety days.
//!
//! Ninety days is the longest that circular 26/2025 allows for long illnesses.

use crate::body::{Signs, write_signs};
use crate::book::Book;
use crate::calendar::day_of;
use crate::chance::Id;
use crate::facility::Facility;
use crate::illness::{Level, LongIllness};
use crate::laboratory::{Panel, write_panel};
use crate::medicine::write_prescription;
use crate::visit::{Visit, VisitKind};

/// Years before the last one in which these visits are in the book.
const YEARS_BACK: i64 = 2;
const DAYS_OF_SUPPLY: u64 = 90;

/// Whether an illness is under regular treatment: not everybody who is ill is in care.
pub(crate) fn is_in_care(long: &LongIllness) -> bool {
    !long.illness.medicines.is_empty() && long.key.draw("care").per_thousand(560)
}

/// Where the person is in care for long illnesses on the last day of the record.
pub(crate) fn place_of_care(book: &Book) -> Option<Facility> {
    let treated: Vec<LongIllness> =
        book.person.illnesses.iter().filter(|long| is_in_care(long)).copied().collect();
    (!treated.is_empty()).then(|| facility(book, &treated))
}

/// Writes the visits for all illnesses of the person that are under treatment.
pub(crate) fn write_chronic_care(book: &mut Book) {
    let treated: Vec<LongIllness> =
        book.person.illnesses.iter().filter(|long| is_in_care(long)).copied().collect();
    if treated.is_empty() {
        return;
    }
    for year in book.last_year() - YEARS_BACK..=book.last_year() {
        for quarter in 0..4_u64 {
            let slot = year.unsigned_abs() * 4 + quarter;
            let mut chance = book.person.key.child("care quarter", slot).chance();
            let date = day_of(year, 8 + quarter as i64 * 90 + chance.between(0, 14));
            let current: Vec<LongIllness> =
                treated.iter().filter(|long| long.since <= date).copied().collect();
            if current.is_empty() || !chance.per_thousand(880) || !book.has_lived(date) {
                continue;
            }
            let visit = Visit::plan(book, VisitKind::ChronicCare, quarter, date, facility(book, &current));
            write_visit(book, &visit, &current, quarter);
        }
    }
}

fn facility(book: &Book, illnesses: &[LongIllness]) -> Facility {
    let has = |level: Level| illnesses.iter().any(|long| long.illness.level == level);
    match () {
        () if has(Level::Hospital) => book.network.hospital,
        () if has(Level::Centre) => book.network.centre,
        () => book.network.station,
    }
}

fn write_visit(book: &mut Book, visit: &Visit, illnesses: &[LongIllness], quarter: u64) {
    let diagnoses: Vec<Id> = illnesses.iter().map(|long| long.key.id()).collect();
    visit.write(book, None, &diagnoses);
    write_signs(book, visit, Signs::Pressure);
    for panel in panels(illnesses, quarter) {
        write_panel(book, visit, panel);
    }
    let mut given: Vec<&str> = Vec::new();
    for long in illnesses {
        let both = long.key.draw("second medicine").per_thousand(400);
        for medicine in long.illness.medicines.iter().take(if both { 2 } else { 1 }) {
            if !given.contains(medicine) {
                given.push(medicine);
                write_prescription(book, visit, medicine, Some(DAYS_OF_SUPPLY), Some(long.key.id()));
            }
        }
    }
}

fn panels(illnesses: &[LongIllness], quarter: u64) -> Vec<Panel> {
    let has = |codes: &[&str]| illnesses.iter().any(|long| codes.contains(&long.illness.code));
    let mut panels = Vec::new();
    if has(&["E11.9"]) {
        panels.push(Panel::Glucose);
        if quarter.is_multiple_of(2) {
            panels.push(Panel::LongTermGlucose);
        }
    }
    if quarter == 0 && has(&["I10", "E11.9", "E78.2", "I25.9"]) {
        panels.push(Panel::Lipids);
    }
    if (quarter == 2 && has(&["I10", "E11.9"])) || has(&["N18.9"]) {
        panels.push(Panel::Kidney);
    }
    if !quarter.is_multiple_of(2) && has(&["B18.1"]) {
        panels.push(Panel::Liver);
    }
    panels
}
