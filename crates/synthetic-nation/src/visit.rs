//! A visit: one Encounter with its code (MA_LK), and the frame for everything that is found and given in it.

use jiff::civil::Date;

use crate::book::Book;
use crate::calendar::Moment;
use crate::chance::{Chance, Id, Key};
use crate::facility::Facility;
use crate::systems;

/// Why somebody comes; each kind numbers its visits by itself within a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VisitKind {
    CheckUp,
    ChronicCare,
    Acute,
    Stay,
    Emergency,
    Prenatal,
    Delivery,
    Birth,
}

impl VisitKind {
    fn word(self) -> &'static str {
        match self {
            VisitKind::CheckUp => "check-up",
            VisitKind::ChronicCare => "chronic care",
            VisitKind::Acute => "acute",
            VisitKind::Stay => "stay",
            VisitKind::Emergency => "emergency",
            VisitKind::Prenatal => "prenatal",
            VisitKind::Delivery => "delivery",
            VisitKind::Birth => "birth",
        }
    }

    /// The letter in the visit code.
    fn letter(self) -> char {
        match self {
            VisitKind::CheckUp => 'K',
            VisitKind::ChronicCare => 'M',
            VisitKind::Acute => 'C',
            VisitKind::Stay => 'N',
            VisitKind::Emergency => 'E',
            VisitKind::Prenatal => 'T',
            VisitKind::Delivery => 'D',
            VisitKind::Birth => 'S',
        }
    }

    /// Form of care after decision 1804/QD-BYT: code and name.
    fn form_of_care(self) -> (&'static str, &'static str) {
        match self {
            VisitKind::CheckUp => ("15", "Khám sức khỏe định kỳ"),
            VisitKind::ChronicCare => {
                ("05", "Điều trị ngoại trú bệnh mạn tính dài ngày, có khám bệnh và lĩnh thuốc")
            }
            VisitKind::Acute | VisitKind::Prenatal | VisitKind::Emergency => ("01", "Khám bệnh"),
            VisitKind::Stay | VisitKind::Delivery | VisitKind::Birth => ("03", "Điều trị nội trú"),
        }
    }

    fn class(self) -> (&'static str, &'static str) {
        match self {
            VisitKind::Stay | VisitKind::Delivery | VisitKind::Birth => ("IMP", "inpatient encounter"),
            VisitKind::Emergency => ("EMER", "emergency"),
            _ => ("AMB", "ambulatory"),
        }
    }
}

/// One visit.
pub(crate) struct Visit {
    pub(crate) key: Key,
    pub(crate) id: Id,
    pub(crate) kind: VisitKind,
    pub(crate) facility: Facility,
    pub(crate) doctor: Id,
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    number: u64,
}

impl Visit {
    /// Visit number `number` of its kind in the year of `date`, in the opening hours of the facility.
    pub(crate) fn plan(book: &Book, kind: VisitKind, number: u64, date: Date, facility: Facility) -> Visit {
        let key = Visit::key(book, kind, number, date);
        let mut chance = key.draw("time");
        // Births and emergencies keep no opening hours.
        let minute = match kind {
            VisitKind::Emergency | VisitKind::Delivery => chance.between(0, 1439),
            _ => chance.between(7 * 60, 16 * 60),
        };
        let start = Moment { date, minute };
        let doctors = facility.kind.staff_size() - 1;
        Visit {
            key,
            id: key.id(),
            kind,
            facility,
            doctor: facility.staff_member(chance.below(doctors)).practitioner_id(),
            start,
            end: start.later(chance.between(20, 75)),
            number,
        }
    }

    /// The key of a visit, for those who must know it before it is written.
    pub(crate) fn key(book: &Book, kind: VisitKind, number: u64, date: Date) -> Key {
        let year = date.year().unsigned_abs();
        book.person.key.child(kind.word(), u64::from(year) * 100 + number)
    }

    /// The same visit, lasting so many nights.
    pub(crate) fn for_nights(mut self, nights: i64, book: &Book) -> Visit {
        let end = Moment { date: self.start.date, minute: 10 * 60 }.later(nights * 1440);
        // A stay that is not over by the last day of the record ends on it.
        let last = Moment { date: book.person.until, minute: 23 * 60 + 59 };
        self.end = end.min(last).max(self.start.later(30));
        self
    }

    /// The same visit, starting at another moment and half an hour long.
    pub(crate) fn starting(mut self, start: Moment) -> Visit {
        self.start = start;
        self.end = start.later(30);
        self
    }

    /// The same visit, ending when another one starts.
    pub(crate) fn before(self, next: &Visit) -> Visit {
        let length = self.key.draw("wait").between(40, 200);
        let mut visit = self.starting(next.start.later(-length));
        visit.end = next.start;
        visit
    }

    /// The stream of numbers for one kind of finding of this visit.
    pub(crate) fn draw(&self, word: &str) -> Chance {
        self.key.draw(word)
    }

    /// The id of a resource of this visit.
    pub(crate) fn resource_id(&self, word: &str) -> Id {
        self.key.child(word, 1).id()
    }

    /// Unique in the nation, and so within the facility: day, person, kind and number in the year.
    fn code(&self, serial: u64) -> String {
        let date = self.start.date;
        let letter = self.kind.letter();
        format!(
            "LK{:02}{:02}{:02}{serial:09}{letter}{}",
            date.year() % 100,
            date.month(),
            date.day(),
            self.number
        )
    }

    /// Writes the Encounter; `diagnoses` are its Conditions, the most important first. `reason` is the code and name of a reason that is no diagnosis of the person.
    pub(crate) fn write(&self, book: &mut Book, reason: Option<(&str, &str)>, diagnoses: &[Id]) {
        let patient = book.person.id;
        let code = self.code(book.person.serial);
        let (class, class_name) = self.kind.class();
        let (form, form_name) = self.kind.form_of_care();
        book.bundle.resource("Encounter", self.id, |json| {
            json.claim(systems::ENCOUNTER_PROFILE);
            json.list_of_one("identifier", |json| {
                json.concept("type", systems::IDENTIFIER_TYPE, "MA_LK", "Mã liên kết hồ sơ BHYT", "");
                json.identifier(systems::VISIT_CODE, code);
            });
            json.plain("status", "finished");
            json.object("class", |json| json.coding(systems::ACT_CODE, class, class_name));
            json.concepts("type", systems::VISIT_TYPE, form, form_name, "");
            json.reference("subject", "Patient", patient);
            json.list_of_one("participant", |json| json.reference("individual", "Practitioner", self.doctor));
            json.period("period", self.start, Some(self.end));
            if let Some((code, name)) = reason {
                json.concepts("reasonCode", systems::ICD_10, code, name, "");
            }
            if !diagnoses.is_empty() {
                json.list("diagnosis", |json| {
                    for (place, condition) in diagnoses.iter().enumerate() {
                        let (role, name) = match (place, class) {
                            (0, "IMP") => ("DD", "Discharge diagnosis"),
                            (0, _) => ("CC", "Chief complaint"),
                            _ => ("CM", "Comorbidity diagnosis"),
                        };
                        json.item(|json| {
                            json.reference("condition", "Condition", *condition);
                            json.concept("use", systems::DIAGNOSIS_ROLE, role, name, "");
                            json.number("rank", place + 1);
                        });
                    }
                });
            }
            if class == "IMP" {
                json.object("hospitalization", |json| {
                    json.concept("dischargeDisposition", systems::DISCHARGE, "home", "Home", "Ra viện");
                });
            }
            json.list_of_one("location", |json| {
                json.reference("location", "Location", self.facility.location_id());
            });
            json.reference("serviceProvider", "Organization", self.facility.id());
        });
    }
}
