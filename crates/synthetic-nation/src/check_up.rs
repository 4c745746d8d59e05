//! Check-ups of the healthy: yearly for adults, at school, and the growth visits of small children.
//!
//! A later issue adds the whole check-up message (KHAMSUCKHOE); the visits written here are the ones it will fill.

use jiff::civil::Date;

use crate::body::{Signs, write_signs};
use crate::book::Book;
use crate::calendar::{age, day_of, days_after};
use crate::facility::Facility;
use crate::illness::illness;
use crate::laboratory::{Panel, write_panel};
use crate::measure::{Category, write_observation};
use crate::systems;
use crate::visit::{Visit, VisitKind};

/// Years before the last one in which check-ups are in the book.
const YEARS_BACK: i64 = 3;

/// Months of age at which a small child is weighed and measured.
const GROWTH_MONTHS: [i64; 11] = [1, 2, 4, 6, 9, 12, 18, 24, 36, 48, 60];

/// The first year of the national programme of a yearly check-up for everybody.
const EVERYBODY_SINCE: i64 = 2026;

/// Writes all check-ups of the person.
pub(crate) fn write_check_ups(book: &mut Book) {
    let mut is_first = true;
    for year in book.last_year() - YEARS_BACK..=book.last_year() {
        let mut chance = book.person.key.child("check-up year", year.unsigned_abs()).chance();
        let date = day_of(year, chance.between(15, 345));
        let years = age(book.person.born, date);
        let goes = chance.per_thousand(share_of_goers(book, years, year));
        if years < 6 || !goes || !book.has_lived(date) {
            continue;
        }
        if years < 18 {
            let visit = Visit::plan(book, VisitKind::CheckUp, 0, date, book.network.station);
            write_visit(book, &visit, "Z00.1");
            write_signs(book, &visit, Signs::Growth);
            continue;
        }
        let facility = facility(book, date, years);
        let visit = Visit::plan(book, VisitKind::CheckUp, 0, date, facility);
        write_adult(book, &visit, years);
        if is_first {
            write_blood_group(book, &visit);
            is_first = false;
        }
    }
    write_growth_visits(book);
}

fn share_of_goers(book: &Book, years: i64, year: i64) -> u64 {
    let usual = match years {
        ..18 => 420,
        _ if book.person.occupation.is_employed() => 520,
        60.. => 400,
        _ => 120,
    };
    if year >= EVERYBODY_SINCE { usual + (1000 - usual) / 2 } else { usual }
}

fn facility(book: &Book, date: Date, years: i64) -> Facility {
    let network = book.network;
    let mut chance = book.person.key.child("check-up place", date.year().unsigned_abs().into()).chance();
    match chance.below(100) {
        0..35 if book.person.occupation.is_employed() => network.clinic,
        0..60 if book.person.occupation.is_employed() => network.hospital,
        0..25 if years < 60 => network.centre,
        _ => network.station,
    }
}

fn write_visit(book: &mut Book, visit: &Visit, reason: &str) {
    let reason = illness(reason).map(|reason| (reason.code, reason.name));
    visit.write(book, reason, &[]);
}

fn write_adult(book: &mut Book, visit: &Visit, years: i64) {
    write_visit(book, visit, "Z00.0");
    write_signs(book, visit, Signs::Full);
    let is_employed = book.person.occupation.is_employed();
    write_panel(book, visit, Panel::Glucose);
    if years >= 45 || (is_employed && years >= 30) {
        write_panel(book, visit, Panel::Lipids);
    }
    if is_employed {
        write_panel(book, visit, Panel::BloodCount { is_infected: false });
        if years >= 40 {
            write_panel(book, visit, Panel::Liver);
            write_panel(book, visit, Panel::Kidney);
        }
    }
}

/// The blood group, found once: O and B are the most common in Vietnam, and nearly everybody is Rh positive.
fn write_blood_group(book: &mut Book, visit: &Visit) {
    let (code, display, text) = match book.person.key.draw("blood group").below(1000) {
        0..421 => ("278147001", "Blood group O Rh(D) positive", "O Rh(+)"),
        421..729 => ("278150003", "Blood group B Rh(D) positive", "B Rh(+)"),
        729..941 => ("278149003", "Blood group A Rh(D) positive", "A Rh(+)"),
        941..997 => ("278151004", "Blood group AB Rh(D) positive", "AB Rh(+)"),
        _ => ("278148006", "Blood group O Rh(D) negative", "O Rh(-)"),
    };
    let id = book.person.key.child("blood group", 1).id();
    let coded = ("882-1", "ABO and Rh group [Type] in Blood", "Nhóm máu ABO và Rh");
    write_observation(book, visit, id, Category::Laboratory, coded, |json| {
        json.concept("valueCodeableConcept", systems::SNOMED, code, display, text);
    });
}

fn write_growth_visits(book: &mut Book) {
    for (number, months) in GROWTH_MONTHS.into_iter().enumerate() {
        let mut chance = book.person.key.child("growth", number as u64).chance();
        let date = days_after(book.person.born, months * 3044 / 100 + chance.between(0, 9));
        let is_recent = i64::from(date.year()) >= book.last_year() - YEARS_BACK;
        if !chance.per_thousand(780) || !is_recent || !book.has_lived(date) {
            continue;
        }
        // Number 0 belongs to the check-up of the year.
        let visit = Visit::plan(book, VisitKind::CheckUp, number as u64 + 1, date, book.network.station);
        write_visit(book, &visit, "Z00.1");
        write_signs(book, &visit, Signs::Growth);
    }
}
