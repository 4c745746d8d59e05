//! The next visit that is agreed on: everybody alive is expected somewhere within three months.
//!
//! It is what makes a demonstration a joy: a facility sees whom it has a living relation with, and an appointment is one.

use crate::book::Book;
use crate::calendar::{Moment, days_after};
use crate::chronic_care::place_of_care;
use crate::facility::Facility;
use crate::maternity::pregnancy;
use crate::systems;

/// Days from the last day of the record: not so near that a demonstration would lose its relations at once.
const DAYS_AHEAD: (i64, i64) = (14, 84);
const MINUTES: i64 = 30;

/// Where, the code of v2 table 0276 with its name, and what for.
type Purpose = (Facility, &'static str, &'static str, &'static str);

/// Writes the Appointment.
pub(crate) fn write_next_visit(book: &mut Book) {
    let person = book.person;
    if person.died.is_some() {
        return;
    }
    let key = person.key.child("next visit", 0);
    let (facility, kind, kind_name, words) = purpose(book);
    let mut chance = key.draw("time");
    let date = days_after(person.until, chance.between(DAYS_AHEAD.0, DAYS_AHEAD.1));
    let start = Moment { date, minute: chance.between(14, 30) * 30 };
    book.bundle.resource("Appointment", key.id(), |json| {
        json.plain("status", "booked");
        json.concept("appointmentType", systems::APPOINTMENT_REASON, kind, kind_name, "");
        json.text("description", words);
        json.list_of_one("supportingInformation", |json| {
            json.reference_members("Organization", facility.id());
        });
        json.plain("start", start);
        json.plain("end", start.later(MINUTES));
        json.number("minutesDuration", MINUTES);
        json.plain("created", person.until);
        json.list("participant", |json| {
            for (target, id) in [("Patient", person.id), ("Location", facility.location_id())] {
                json.item(|json| {
                    json.reference("actor", target, id);
                    json.plain("required", "required");
                    json.plain("status", "accepted");
                });
            }
        });
    });
}

fn purpose(book: &Book) -> Purpose {
    let (person, network) = (book.person, book.network);
    if pregnancy(person.role, &book.household.births, person.until).is_some() {
        return (network.hospital, "ROUTINE", "Routine appointment - default if not valued", "Khám thai");
    }
    if let Some(facility) = place_of_care(book) {
        return (facility, "FOLLOWUP", "A follow up visit from a previous appointment", "Tái khám");
    }
    let place = match person.key.child("next visit place", 0).chance().below(100) {
        0..30 => network.hospital,
        30..55 => network.clinic,
        55..80 => network.centre,
        _ => network.station,
    };
    (place, "CHECKUP", "A routine check-up, such as an annual physical", "Khám sức khỏe định kỳ")
}
