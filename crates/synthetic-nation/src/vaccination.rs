//! Vaccinations: the national schedule for children, the COVID-19 campaign, tetanus in pregnancy, influenza.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{Date, date};

use crate::book::Book;
use crate::calendar::{age, day_of, days_after};
use crate::chance::Key;
use crate::json_text::JsonText;
use crate::people::Occupation;
use crate::plan::Role;
use crate::systems;
use crate::table::{number, rows};

struct Vaccine {
    key: &'static str,
    name: &'static str,
    cvx: &'static str,
    /// The code of VN Core, for the few whose code has been published.
    vietnamese_code: &'static str,
    disease: &'static str,
    route: &'static str,
    programme: &'static str,
    series: u64,
}

struct Dose {
    vaccine: &'static str,
    number: u64,
    due_after: i64,
    first_birth_year: u64,
    sex: &'static str,
}

static VACCINES: LazyLock<Vec<Vaccine>> = LazyLock::new(|| {
    rows(include_str!("../data/vaccines.csv"), 8)
        .map(|row| Vaccine {
            key: row[0],
            name: row[1],
            cvx: row[2],
            vietnamese_code: row[3],
            disease: row[4],
            route: row[5],
            programme: row[6],
            series: number(row[7]),
        })
        .collect()
});

static SCHEDULE: LazyLock<Vec<Dose>> = LazyLock::new(|| {
    rows(include_str!("../data/vaccination_schedule.csv"), 5)
        .map(|row| Dose {
            vaccine: row[0],
            number: number(row[1]),
            due_after: number(row[2]) as i64,
            first_birth_year: number(row[3]),
            sex: row[4],
        })
        .collect()
});

/// The national immunisation register goes back to the children of these years.
const FIRST_REGISTERED_YEAR: i16 = 2010;

/// Months of 2023 in which the vaccines against diphtheria, pertussis and tetanus ran out.
const SHORTAGE: (Date, Date) = (date(2023, 5, 1), date(2023, 12, 15));

/// Writes all vaccinations of the person.
pub(crate) fn write_vaccinations(book: &mut Book) {
    if book.person.born.year() >= FIRST_REGISTERED_YEAR {
        write_schedule(book);
    }
    write_covid(book);
    write_tetanus(book);
    write_influenza(book);
}

fn write_schedule(book: &mut Book) {
    let person = book.person;
    let mut last_doses: HashMap<&str, Date> = HashMap::new();
    for dose in SCHEDULE.iter() {
        let applies = person.born.year().unsigned_abs() as u64 >= dose.first_birth_year
            && (dose.sex == "any" || dose.sex == person.sex.code());
        if !applies {
            continue;
        }
        let key = person.key.child(dose.vaccine, dose.number);
        let mut chance = key.chance();
        let due = days_after(person.born, dose.due_after);
        let delay = match dose.due_after {
            0 => chance.between(0, 1),
            1..=30 => chance.between(0, 20),
            _ => chance.between(0, 24),
        };
        let is_missed = chance.per_thousand(40);
        let mut given = days_after(due, delay);
        if let Some(last) = last_doses.get(dose.vaccine) {
            let gap = if dose.vaccine == "japanese_encephalitis" && dose.number == 2 { 7 } else { 28 };
            given = given.max(days_after(*last, gap));
        }
        let is_short =
            matches!(dose.vaccine, "pentavalent" | "dpt") && SHORTAGE.0 <= due && due <= SHORTAGE.1;
        if is_short && chance.per_thousand(350) {
            write_missed(book, key, dose.vaccine, given);
            given = days_after(given, chance.between(45, 120));
        }
        if is_missed {
            continue;
        }
        last_doses.insert(dose.vaccine, given);
        write_dose(book, key, dose.vaccine, dose.number, given);
    }
}

fn write_covid(book: &mut Book) {
    let person = book.person;
    let mut chance = person.key.draw("covid vaccination");
    let vaccine = match chance.below(100) {
        0..40 => "covid_astrazeneca",
        40..75 => "covid_pfizer",
        _ => "covid_sinopharm",
    };
    let first = days_after(date(2021, 7, 20), chance.between(0, 110));
    if age(person.born, first) < 12 || !chance.per_thousand(930) {
        return;
    }
    let doses = if chance.per_thousand(640) { 3 } else { 2 };
    let mut given = first;
    for number in 1..=doses {
        write_dose(book, person.key.child(vaccine, number), vaccine, number, given);
        given = days_after(given, if number == 1 { chance.between(28, 60) } else { chance.between(90, 170) });
    }
}

/// Two doses in the first pregnancy, one in each later one.
fn write_tetanus(book: &mut Book) {
    if book.person.role != Role::Mother {
        return;
    }
    let mut number = 0;
    for birth in &book.household.births {
        let doses: &[i64] = if birth.order == 1 { &[126, 91] } else { &[105] };
        for days_before in doses {
            number += 1;
            let given = days_after(birth.date, -days_before);
            // Earlier doses were written on paper.
            if given.year() >= 2015 && number <= 5 {
                write_dose(book, book.person.key.child("tetanus", number), "tetanus", number, given);
            }
        }
    }
}

fn write_influenza(book: &mut Book) {
    let person = book.person;
    let share = match person.occupation {
        Occupation::Health => 600,
        Occupation::SmallChild if book.household.place.ward.is_urban => 180,
        Occupation::Professional | Occupation::Administration => 90,
        Occupation::Retired => 60,
        _ => 12,
    };
    for year in book.last_year() - 3..=book.last_year() {
        let key = person.key.child("influenza", year.unsigned_abs());
        let mut chance = key.chance();
        let given = day_of(year, chance.between(220, 330));
        if chance.per_thousand(share) && age(person.born, given) >= 1 {
            write_dose(book, key, "influenza", 1, given);
        }
    }
}

fn write_dose(book: &mut Book, key: Key, vaccine: &str, number: u64, given: Date) {
    let Some(vaccine) = VACCINES.iter().find(|known| known.key == vaccine) else {
        return;
    };
    if !book.has_lived(given) {
        return;
    }
    let patient = book.person.id;
    let station = book.network.station;
    let nurse = station.staff_member(station.kind.staff_size() - 1).practitioner_id();
    let mut chance = key.draw("lot");
    book.bundle.resource("Immunization", key.id(), |json| {
        json.claim(systems::IMMUNIZATION_PROFILE);
        write_programme(json, vaccine);
        json.plain("status", "completed");
        write_vaccine_code(json, vaccine);
        json.reference("patient", "Patient", patient);
        json.plain("occurrenceDateTime", given);
        json.number("primarySource", true);
        json.reference("location", "Location", station.location_id());
        json.plain("lotNumber", format_args!("MAU{:02}{:04}", given.year() % 100, chance.below(10_000)));
        json.concept("route", systems::ROUTE, vaccine.route, "", "");
        json.list("performer", |json| {
            json.item(|json| json.reference("actor", "Practitioner", nurse));
            json.item(|json| json.reference("actor", "Organization", station.id()));
        });
        json.list_of_one("protocolApplied", |json| {
            json.list_of_one("targetDisease", |json| json.text("text", vaccine.disease));
            json.number("doseNumberPositiveInt", number);
            json.number("seriesDosesPositiveInt", vaccine.series.max(number));
        });
    });
}

/// A dose that was due and not given, because there was no vaccine.
fn write_missed(book: &mut Book, key: Key, vaccine: &str, on: Date) {
    let Some(vaccine) = VACCINES.iter().find(|known| known.key == vaccine) else {
        return;
    };
    if !book.has_lived(on) {
        return;
    }
    let patient = book.person.id;
    book.bundle.resource("Immunization", key.child("missed", 0).id(), |json| {
        json.claim(systems::IMMUNIZATION_PROFILE);
        write_programme(json, vaccine);
        json.plain("status", "not-done");
        json.concept("statusReason", systems::ACT_REASON, "OSTOCK", "product out of stock", "Hết vắc xin");
        write_vaccine_code(json, vaccine);
        json.reference("patient", "Patient", patient);
        json.plain("occurrenceDateTime", on);
        json.number("primarySource", true);
    });
}

fn write_programme(json: &mut JsonText, vaccine: &Vaccine) {
    json.list_of_one("extension", |json| {
        json.plain("url", systems::VACCINATION_PROGRAMME_EXTENSION);
        json.plain("valueCode", vaccine.programme);
    });
}

fn write_vaccine_code(json: &mut JsonText, vaccine: &Vaccine) {
    json.object("vaccineCode", |json| {
        json.list("coding", |json| {
            if !vaccine.vietnamese_code.is_empty() {
                json.item(|json| json.coding(systems::VACCINE_TYPE, vaccine.vietnamese_code, ""));
            }
            json.item(|json| json.coding(systems::CVX, vaccine.cvx, ""));
        });
        json.text("text", vaccine.name);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_knows_its_vaccines() {
        assert!(VACCINES.len() >= 18 && SCHEDULE.len() >= 23);
        for dose in SCHEDULE.iter() {
            let vaccine = VACCINES.iter().find(|vaccine| vaccine.key == dose.vaccine);
            assert!(vaccine.is_some_and(|vaccine| dose.number <= vaccine.series), "{}", dose.vaccine);
        }
    }
}
