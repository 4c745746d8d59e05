//! A body over a life: height, weight, pulse and blood pressure that fit age, sex, illness and each other.
//!
//! Every body keeps its place among its peers: who is tall at six is tall at sixty.

use jiff::civil::Date;

use crate::book::Book;
use crate::calendar::{age, days_between};
use crate::decimal::Decimal;
use crate::measure::{
    BODY_MASS_INDEX, Category, HEART_RATE, HEIGHT, OXYGEN, TEMPERATURE, WEIGHT, write_blood_pressure,
    write_measure,
};
use crate::people::{Person, Sex};
use crate::visit::{Visit, VisitKind};

/// Age in years, then height in centimetres and weight in kilograms of boys and of girls: rounded WHO medians,
/// the last years lowered to the young adults of Vietnam.
const GROWTH: [(f64, [f64; 2], [f64; 2]); 23] = [
    (0.0, [49.5, 3.2], [49.0, 3.1]),
    (0.25, [61.0, 6.2], [59.5, 5.7]),
    (0.5, [67.0, 7.7], [65.5, 7.2]),
    (0.75, [71.5, 8.7], [70.0, 8.1]),
    (1.0, [75.5, 9.4], [74.0, 8.8]),
    (1.5, [82.0, 10.7], [80.5, 10.1]),
    (2.0, [87.0, 12.0], [86.0, 11.4]),
    (3.0, [95.5, 14.0], [94.5, 13.7]),
    (4.0, [102.5, 16.0], [102.0, 15.7]),
    (5.0, [109.0, 18.0], [108.5, 17.7]),
    (6.0, [115.0, 20.3], [114.5, 19.8]),
    (7.0, [121.0, 22.7], [120.0, 22.2]),
    (8.0, [126.0, 25.3], [126.0, 25.0]),
    (9.0, [131.5, 28.3], [132.0, 28.2]),
    (10.0, [137.0, 31.5], [138.0, 32.0]),
    (11.0, [142.5, 35.0], [144.5, 36.5]),
    (12.0, [149.0, 39.5], [150.0, 40.8]),
    (13.0, [156.0, 44.5], [153.5, 44.0]),
    (14.0, [161.0, 49.5], [155.0, 46.0]),
    (15.0, [164.5, 53.0], [155.8, 47.5]),
    (16.0, [166.5, 56.0], [156.0, 48.5]),
    (17.0, [167.5, 58.0], [156.2, 49.0]),
    (18.0, [168.0, 60.0], [156.5, 50.5]),
];

/// Pulse at rest by age.
const PULSE: [(f64, f64); 6] =
    [(0.0, 135.0), (1.0, 118.0), (5.0, 95.0), (12.0, 82.0), (18.0, 75.0), (90.0, 73.0)];

fn between(points: impl Iterator<Item = (f64, f64)>, at: f64) -> f64 {
    let mut before: Option<(f64, f64)> = None;
    for point in points {
        if at <= point.0 {
            let (from, value) = before.unwrap_or(point);
            let width = (point.0 - from).max(0.001);
            return value + (point.1 - value) * ((at - from) / width).clamp(0.0, 1.0);
        }
        before = Some(point);
    }
    before.map_or(0.0, |point| point.1)
}

fn exact_age(person: &Person, on: Date) -> f64 {
    days_between(person.born, on) as f64 / 365.25
}

/// Median height and weight of a child.
fn growth(sex: Sex, years: f64) -> [f64; 2] {
    [0, 1].map(|part| {
        let points = GROWTH
            .iter()
            .map(|(age, boys, girls)| (*age, if sex == Sex::Male { boys[part] } else { girls[part] }));
        between(points, years)
    })
}

/// Height in centimetres on a day.
pub(crate) fn height(person: &Person, on: Date) -> f64 {
    let place = person.key.draw("height").bell();
    let years = exact_age(person, on);
    if years < 18.0 {
        return growth(person.sex, years)[0] * (1.0 + place * 0.036);
    }
    // Each generation grew taller than the one before it, and the old shrink a little.
    let generation = f64::from(2005 - i32::from(person.born.year())).clamp(0.0, 55.0) * 0.09;
    let shrunk = (years - 60.0).max(0.0) * 0.05;
    growth(person.sex, 18.0)[0] * (1.0 + place * 0.036) - generation - shrunk
}

/// Weight in kilograms on a day.
pub(crate) fn weight(person: &Person, on: Date) -> f64 {
    let place = person.key.draw("weight").bell();
    let years = exact_age(person, on);
    if years < 18.0 {
        // The tall are heavier, twice as much in proportion, so that the body mass index stays that of a child.
        let tall = person.key.draw("height").bell();
        return growth(person.sex, years)[1] * (1.0 + tall * 0.072 + place * 0.085);
    }
    let heavy =
        if person.has("E11.9", on) { 1.2 } else { 0.0 } + if person.has("K76.0", on) { 1.5 } else { 0.0 };
    let index = 21.2 + place * 2.6 + (years - 18.0).min(32.0) * 0.055 + heavy;
    let metres = height(person, on) / 100.0;
    index.clamp(15.5, 36.0) * metres * metres
}

/// Which vital signs a visit takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    /// All that a check-up takes.
    Full,
    /// Blood pressure and pulse.
    Pressure,
    /// Weight and height of a child.
    Growth,
    /// Temperature of somebody who is acutely ill; in hospital also pulse, blood pressure and oxygen.
    Illness { has_fever: bool },
}

/// Writes the vital signs of a visit.
pub(crate) fn write_signs(book: &mut Book, visit: &Visit, signs: Signs) {
    let is_child = age(book.person.born, visit.start.date) < 12;
    match signs {
        Signs::Full => {
            write_size(book, visit);
            write_pressure(book, visit);
            write_pulse(book, visit, 0.0);
        }
        Signs::Pressure => {
            write_pressure(book, visit);
            write_pulse(book, visit, 0.0);
        }
        Signs::Growth => {
            write_size(book, visit);
            if !is_child {
                write_pressure(book, visit);
            }
        }
        Signs::Illness { has_fever } => {
            let mut chance = visit.draw("temperature");
            let degrees = if has_fever { 38.4 + chance.bell() * 0.45 } else { 36.8 + chance.bell() * 0.2 };
            let degrees = Decimal::rounded(degrees.clamp(36.1, 40.4), TEMPERATURE.places);
            write_measure(book, visit, Category::VitalSigns, &TEMPERATURE, degrees);
            if is_child {
                write_measure(book, visit, Category::VitalSigns, &WEIGHT, measured_weight(book, visit));
            }
            if visit.kind == VisitKind::Stay || visit.kind == VisitKind::Emergency {
                write_pulse(book, visit, (degrees.value() - 37.0).max(0.0) * 8.0);
                if !is_child {
                    write_pressure(book, visit);
                }
                let share = Decimal::rounded(97.0 + chance.bell(), OXYGEN.places);
                let share = share.min(Decimal::rounded(100.0, OXYGEN.places));
                write_measure(book, visit, Category::VitalSigns, &OXYGEN, share);
            }
        }
    }
}

fn measured_weight(book: &Book, visit: &Visit) -> Decimal {
    let swing = 1.0 + visit.draw("weight").bell() * 0.008;
    Decimal::rounded(weight(book.person, visit.start.date) * swing, WEIGHT.places)
}

fn write_size(book: &mut Book, visit: &Visit) {
    let kilograms = measured_weight(book, visit);
    let centimetres = Decimal::rounded(height(book.person, visit.start.date), HEIGHT.places);
    write_measure(book, visit, Category::VitalSigns, &WEIGHT, kilograms);
    write_measure(book, visit, Category::VitalSigns, &HEIGHT, centimetres);
    if age(book.person.born, visit.start.date) >= 2 {
        // From the written values, so that a reader who recomputes it finds the same.
        let metres = centimetres.value() / 100.0;
        let index = Decimal::rounded(kilograms.value() / (metres * metres), BODY_MASS_INDEX.places);
        write_measure(book, visit, Category::VitalSigns, &BODY_MASS_INDEX, index);
    }
}

fn write_pulse(book: &mut Book, visit: &Visit, faster: f64) {
    let years = exact_age(book.person, visit.start.date);
    let rest = between(PULSE.into_iter(), years);
    let beats = rest * (1.0 + visit.draw("pulse").bell() * 0.09) + faster;
    let beats = Decimal::rounded(beats, HEART_RATE.places);
    write_measure(book, visit, Category::VitalSigns, &HEART_RATE, beats);
}

fn write_pressure(book: &mut Book, visit: &Visit) {
    let person = book.person;
    let on = visit.start.date;
    let years = exact_age(person, on);
    let place = person.key.draw("pressure").bell();
    let mut chance = visit.draw("pressure");
    let mut systolic = match years {
        ..18.0 => 84.0 + years * 1.8,
        _ => 113.0 + (years - 18.0) * 0.25,
    };
    systolic += place * 6.0 + chance.bell() * 5.0;
    if person.has("I10", on) {
        // Two visits in three find it under control.
        systolic += if chance.per_thousand(660) { 8.0 } else { 25.0 };
    }
    let systolic = Decimal::rounded(systolic.clamp(75.0, 205.0), 0);
    let diastolic = systolic.value() * 0.36 + 33.0 + chance.bell() * 4.0 - (years - 60.0).max(0.0) * 0.15;
    let diastolic = Decimal::rounded(diastolic.clamp(42.0, systolic.value() - 25.0), 0);
    write_blood_pressure(book, visit, systolic, diastolic);
}
