//! Pregnancy and birth, told twice and alike: in the book of the mother and in the book of the child.

use jiff::civil::Date;

use crate::body::{Signs, write_signs};
use crate::book::Book;
use crate::calendar::{Moment, days_after, days_between};
use crate::chance::Key;
use crate::condition::write_diagnosis;
use crate::decimal::Decimal;
use crate::facility::Facility;
use crate::illness::illness;
use crate::measure::{
    BIRTH_LENGTH, BIRTH_WEIGHT, Category, FETAL_HEART_RATE, GESTATION, write_measure, write_observation,
};
use crate::medicine::write_prescription;
use crate::plan::{Birth, Role};
use crate::procedure::write_procedure;
use crate::systems;
use crate::visit::{Visit, VisitKind};

/// Weeks of pregnancy in which the mother is seen.
const PRENATAL_WEEKS: [i64; 5] = [9, 15, 23, 31, 37];

/// Years before the last one in which births, and pregnancies, are in the book.
const YEARS_OF_BIRTHS: i64 = 10;
const YEARS_OF_PREGNANCIES: i64 = 4;

/// How a birth went; both books ask it here.
struct Course {
    facility: Facility,
    is_caesarean: bool,
    moment: Moment,
}

fn course(book: &Book, slot: u64, date: Date) -> Course {
    let key: Key = book.household.key.child("birth", slot);
    let mut chance = key.chance();
    let facility = if chance.per_thousand(620) { book.network.hospital } else { book.network.centre };
    let is_caesarean = chance.per_thousand(340);
    // A caesarean is mostly done by day, other children come when they come.
    let minute = if is_caesarean { chance.between(8 * 60, 17 * 60) } else { chance.between(0, 1439) };
    Course { facility, is_caesarean, moment: Moment { date, minute } }
}

/// The pregnancy that the person is in on the last day of the record, once it has been seen by a midwife.
pub(crate) fn pregnancy(role: Role, births: &[Birth], until: Date) -> Option<Birth> {
    let is_expected = |birth: &&Birth| birth.date > until && days_between(until, birth.date) < 210;
    births.iter().filter(|_| role == Role::Mother).find(is_expected).copied()
}

/// Writes pregnancies and deliveries of a mother.
pub(crate) fn write_maternity(book: &mut Book) {
    if book.person.role != Role::Mother {
        return;
    }
    let household = book.household;
    for birth in &household.births {
        let year = i64::from(birth.date.year());
        if year >= book.last_year() - YEARS_OF_PREGNANCIES {
            write_pregnancy(book, birth);
        }
        if year >= book.last_year() - YEARS_OF_BIRTHS && book.has_lived(birth.date) {
            write_delivery(book, birth);
        }
    }
}

fn write_pregnancy(book: &mut Book, birth: &Birth) {
    let start = days_after(birth.date, -280);
    let is_current = birth.date > book.person.until;
    let reason = illness("Z34.9").map(|reason| (reason.code, reason.name));
    for (number, weeks) in PRENATAL_WEEKS.into_iter().enumerate() {
        let date = days_after(start, weeks * 7);
        if !book.has_lived(date) {
            break;
        }
        let facility = if weeks < 20 { book.network.centre } else { book.network.station };
        // Two pregnancies may touch one year: the order of the birth keeps their visits apart.
        let number = birth.order * 10 + number as u64;
        let visit = Visit::plan(book, VisitKind::Prenatal, number, date, facility);
        visit.write(book, reason, &[]);
        write_signs(book, &visit, Signs::Pressure);
        let weeks_text = Decimal::rounded(weeks as f64, GESTATION.places);
        write_measure(book, &visit, Category::Exam, &GESTATION, weeks_text);
        if weeks > 12 {
            let beats = Decimal::rounded(145.0 + visit.draw("fetus").bell() * 6.0, FETAL_HEART_RATE.places);
            write_measure(book, &visit, Category::Exam, &FETAL_HEART_RATE, beats);
        }
        if weeks == 9 && is_current {
            write_expectation(book, &visit, birth.date);
        }
        if weeks == 15 {
            write_prescription(book, &visit, "iron_folic", Some(90), None);
        }
    }
}

/// That she is pregnant, and when the child is expected.
fn write_expectation(book: &mut Book, visit: &Visit, due: Date) {
    let status = ("82810-3", "Pregnancy status", "Tình trạng thai nghén");
    write_observation(book, visit, visit.resource_id("82810-3"), Category::Exam, status, |json| {
        json.concept("valueCodeableConcept", systems::SNOMED, "77386006", "Pregnant", "Đang mang thai");
    });
    let date = ("11778-8", "Delivery date Estimated", "Ngày dự sinh");
    write_observation(book, visit, visit.resource_id("11778-8"), Category::Exam, date, |json| {
        json.plain("valueDateTime", due);
    });
}

fn write_delivery(book: &mut Book, birth: &Birth) {
    let course = course(book, birth.slot, birth.date);
    let Some(diagnosis) = illness(if course.is_caesarean { "O82" } else { "O80" }) else {
        return;
    };
    let nights = if course.is_caesarean { 5 } else { 3 };
    let visit = Visit::plan(book, VisitKind::Delivery, 0, birth.date, course.facility)
        .starting(course.moment.later(-150))
        .for_nights(nights, book);
    let condition = write_diagnosis(book, &visit, diagnosis, 42);
    visit.write(book, None, &[condition]);
    write_signs(book, &visit, Signs::Pressure);
    write_procedure(book, &visit, diagnosis.code, condition);
}

/// Writes the birth of a child into its own book.
pub(crate) fn write_birth(book: &mut Book) {
    let person = book.person;
    if person.role != Role::Child || i64::from(person.born.year()) < book.last_year() - YEARS_OF_BIRTHS {
        return;
    }
    let Some(birth) = book
        .household
        .births
        .iter()
        .find(|birth| book.household.key.child("member", birth.slot) == person.key)
    else {
        return;
    };
    let course = course(book, birth.slot, person.born);
    let nights = if course.is_caesarean { 5 } else { 3 };
    let visit = Visit::plan(book, VisitKind::Birth, 0, person.born, course.facility)
        .starting(course.moment)
        .for_nights(nights, book);
    let reason = illness("Z38.0").map(|reason| (reason.code, reason.name));
    visit.write(book, reason, &[]);
    let grams = Decimal::rounded(crate::body::weight(person, person.born) * 100.0, 0).value() * 10.0;
    write_measure(book, &visit, Category::VitalSigns, &BIRTH_WEIGHT, Decimal::rounded(grams, 0));
    let length = Decimal::rounded(crate::body::height(person, person.born), BIRTH_LENGTH.places);
    write_measure(book, &visit, Category::VitalSigns, &BIRTH_LENGTH, length);
}
