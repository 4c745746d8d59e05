//! Visits for what passes, and stays in hospital for what is worse.

use jiff::civil::Date;

use crate::body::{Signs, write_signs};
use crate::book::Book;
use crate::calendar::{age, day_of};
use crate::chance::Id;
use crate::condition::write_diagnosis;
use crate::illness::{Course, Illness, Level, draw_illness};
use crate::laboratory::{Panel, write_panel};
use crate::medicine::write_prescription;
use crate::procedure::write_procedure;
use crate::visit::{Visit, VisitKind};

/// Years before the last one in which these visits are in the book.
const YEARS_BACK: i64 = 3;

/// Chances to fall ill in a year.
const TRIES: u64 = 4;

/// Writes the visits for acute illnesses and the stays in hospital.
pub(crate) fn write_acute_care(book: &mut Book) {
    // Some people are ill more often than others, all their life.
    let frailty = 60 + book.person.key.draw("frailty").below(81);
    for year in book.last_year() - YEARS_BACK..=book.last_year() {
        for number in 0..TRIES {
            let slot = year.unsigned_abs() * 10 + number;
            let mut chance = book.person.key.child("falls ill", slot).chance();
            let date = day_of(year, chance.between(0, 364));
            if !book.has_lived(date) {
                continue;
            }
            let years = age(book.person.born, date);
            if chance.per_thousand(visits_share(years) * frailty / 100) {
                let found = draw_illness(&mut chance, Course::Acute, book.person.sex, years);
                if let Some(illness) = found {
                    write_visit(book, number, date, illness);
                }
            }
            if number == 0 && chance.per_thousand(stays_share(years) * frailty / 100) {
                let found = draw_illness(&mut chance, Course::Stay, book.person.sex, years);
                if let Some(illness) = found {
                    write_stay(book, day_of(year, chance.between(0, 364)), illness);
                }
            }
        }
    }
}

/// In a thousand, for each of the tries of a year.
fn visits_share(years: i64) -> u64 {
    match years {
        ..6 => 250,
        6..16 => 100,
        16..60 => 80,
        _ => 130,
    }
}

fn stays_share(years: i64) -> u64 {
    match years {
        ..6 => 55,
        6..45 => 20,
        45..65 => 40,
        _ => 90,
    }
}

fn has_fever(illness: &Illness) -> bool {
    matches!(illness.code.as_bytes().first(), Some(b'A' | b'B'))
        || ["J02.9", "J03.9", "J06.9", "J11", "J12.9", "J18.9", "J20.9", "H66.9", "R50.9", "K35.8"]
            .contains(&illness.code)
}

fn write_visit(book: &mut Book, number: u64, date: Date, illness: &Illness) {
    let facility = match illness.level {
        Level::Station => book.network.station,
        Level::Centre => book.network.centre,
        Level::Hospital => book.network.hospital,
    };
    let visit = Visit::plan(book, VisitKind::Acute, number, date, facility);
    let days = visit.draw("course").between(4, 12);
    let diagnosis = write_diagnosis(book, &visit, illness, days);
    visit.write(book, None, &[diagnosis]);
    write_signs(book, &visit, Signs::Illness { has_fever: has_fever(illness) });
    let needs_blood_count = illness.code == "A90" || visit.draw("blood count").per_thousand(80);
    if needs_blood_count && illness.level != Level::Station {
        write_panel(book, &visit, Panel::BloodCount { is_infected: has_fever(illness) });
    }
    write_medicines(book, &visit, illness, diagnosis);
}

fn write_medicines(book: &mut Book, visit: &Visit, illness: &Illness, condition: Id) {
    let is_short = visit.draw("medicines").per_thousand(400);
    let number = if is_short { 1 } else { illness.medicines.len() };
    for medicine in illness.medicines.iter().take(number) {
        write_prescription(book, visit, medicine, None, Some(condition));
    }
}

fn write_stay(book: &mut Book, date: Date, illness: &Illness) {
    if !book.has_lived(date) {
        return;
    }
    let hospital = book.network.hospital;
    let planned = Visit::plan(book, VisitKind::Stay, 0, date, hospital);
    let nights = planned.draw("nights").between(2, 9);
    let visit = planned.for_nights(nights, book);
    let is_urgent = ["S06.0", "S52.5", "S72.0", "I63.9", "G45.9", "I20.9", "K35.8"].contains(&illness.code);
    let diagnosis = write_diagnosis(book, &visit, illness, nights + 14);
    if is_urgent || visit.draw("urgent").per_thousand(250) {
        // The emergency room of the same hospital, in the hours before.
        let arrival = Visit::plan(book, VisitKind::Emergency, 0, date, hospital).before(&visit);
        arrival.write(book, None, &[diagnosis]);
        write_signs(book, &arrival, Signs::Illness { has_fever: has_fever(illness) });
    }
    visit.write(book, None, &[diagnosis]);
    write_signs(book, &visit, Signs::Illness { has_fever: has_fever(illness) });
    write_panel(book, &visit, Panel::BloodCount { is_infected: has_fever(illness) });
    if age(book.person.born, date) >= 40 {
        write_panel(book, &visit, Panel::Glucose);
        write_panel(book, &visit, Panel::Kidney);
    }
    write_procedure(book, &visit, illness.code, diagnosis);
    write_medicines(book, &visit, illness, diagnosis);
}
