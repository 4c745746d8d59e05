//! What can be measured: LOINC code, unit and the range of healthy adults, and the Observation that says it.

use crate::book::Book;
use crate::chance::Id;
use crate::decimal::Decimal;
use crate::json_text::JsonText;
use crate::systems;
use crate::visit::Visit;

/// Something that is measured.
#[derive(Debug)]
pub(crate) struct Measure {
    pub(crate) loinc: &'static str,
    pub(crate) display: &'static str,
    pub(crate) vietnamese: &'static str,
    /// Unit as printed, and in UCUM.
    pub(crate) unit: &'static str,
    pub(crate) ucum: &'static str,
    pub(crate) places: u32,
    /// Reference range, for laboratory values.
    pub(crate) range: Option<(f64, f64)>,
}

const fn vital(
    loinc: &'static str,
    display: &'static str,
    vietnamese: &'static str,
    unit: &'static str,
    ucum: &'static str,
    places: u32,
) -> Measure {
    Measure { loinc, display, vietnamese, unit, ucum, places, range: None }
}

pub(crate) const WEIGHT: Measure = vital("29463-7", "Body weight", "Cân nặng", "kg", "kg", 1);
pub(crate) const HEIGHT: Measure = vital("8302-2", "Body height", "Chiều cao", "cm", "cm", 1);
pub(crate) const BODY_MASS_INDEX: Measure =
    vital("39156-5", "Body mass index (BMI) [Ratio]", "Chỉ số khối cơ thể", "kg/m²", "kg/m2", 1);
pub(crate) const HEART_RATE: Measure = vital("8867-4", "Heart rate", "Mạch", "lần/phút", "/min", 0);
pub(crate) const TEMPERATURE: Measure = vital("8310-5", "Body temperature", "Nhiệt độ", "°C", "Cel", 1);
pub(crate) const OXYGEN: Measure =
    vital("2708-6", "Oxygen saturation in Arterial blood", "Độ bão hòa oxy", "%", "%", 0);
pub(crate) const SYSTOLIC: Measure =
    vital("8480-6", "Systolic blood pressure", "Huyết áp tâm thu", "mmHg", "mm[Hg]", 0);
pub(crate) const DIASTOLIC: Measure =
    vital("8462-4", "Diastolic blood pressure", "Huyết áp tâm trương", "mmHg", "mm[Hg]", 0);
pub(crate) const BIRTH_WEIGHT: Measure =
    vital("8339-4", "Birth weight Measured", "Cân nặng khi sinh", "g", "g", 0);
pub(crate) const BIRTH_LENGTH: Measure =
    vital("89269-5", "Body height Measured --at birth", "Chiều dài khi sinh", "cm", "cm", 1);
pub(crate) const GESTATION: Measure =
    vital("11884-4", "Gestational age Estimated", "Tuổi thai", "tuần", "wk", 0);
pub(crate) const FETAL_HEART_RATE: Measure =
    vital("55283-6", "Fetal Heart rate", "Tim thai", "lần/phút", "/min", 0);

/// The category of an Observation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    VitalSigns,
    Laboratory,
    Exam,
}

impl Category {
    fn coded(self) -> (&'static str, &'static str) {
        match self {
            Category::VitalSigns => ("vital-signs", "Vital Signs"),
            Category::Laboratory => ("laboratory", "Laboratory"),
            Category::Exam => ("exam", "Exam"),
        }
    }
}

/// Writes the Observation of one measured value and returns its id.
pub(crate) fn write_measure(
    book: &mut Book,
    visit: &Visit,
    category: Category,
    measure: &Measure,
    value: Decimal,
) -> Id {
    let id = visit.resource_id(measure.loinc);
    write_observation(
        book,
        visit,
        id,
        category,
        (measure.loinc, measure.display, measure.vietnamese),
        |json| {
            json.quantity("valueQuantity", value, measure.unit, measure.ucum);
            if let Some((low, high)) = measure.range {
                let (code, display) = match value.value() {
                    number if number < low => ("L", "Low"),
                    number if number > high => ("H", "High"),
                    _ => ("N", "Normal"),
                };
                json.concepts("interpretation", systems::INTERPRETATION, code, display, "");
                json.list_of_one("referenceRange", |json| {
                    for (name, limit) in [("low", low), ("high", high)] {
                        json.quantity(
                            name,
                            Decimal::rounded(limit, measure.places),
                            measure.unit,
                            measure.ucum,
                        );
                    }
                });
            }
        },
    );
    id
}

/// Writes the Observation of a blood pressure with its two components.
pub(crate) fn write_blood_pressure(book: &mut Book, visit: &Visit, systolic: Decimal, diastolic: Decimal) {
    let code = ("85354-9", "Blood pressure panel with all children optional", "Huyết áp");
    let id = visit.resource_id("85354-9");
    write_observation(book, visit, id, Category::VitalSigns, code, |json| {
        json.list("component", |json| {
            for (measure, value) in [(&SYSTOLIC, systolic), (&DIASTOLIC, diastolic)] {
                json.item(|json| {
                    json.concept("code", systems::LOINC, measure.loinc, measure.display, measure.vietnamese);
                    json.quantity("valueQuantity", value, measure.unit, measure.ucum);
                });
            }
        });
    });
}

/// Writes an Observation; `content` writes the value and what follows it.
pub(crate) fn write_observation(
    book: &mut Book,
    visit: &Visit,
    id: Id,
    category: Category,
    (loinc, display, vietnamese): (&str, &str, &str),
    content: impl FnOnce(&mut JsonText),
) {
    let patient = book.person.id;
    let (category_code, category_name) = category.coded();
    let wait = if category == Category::Laboratory { 15 } else { 8 };
    book.bundle.resource("Observation", id, |json| {
        json.plain("status", "final");
        json.concepts("category", systems::OBSERVATION_CATEGORY, category_code, category_name, "");
        json.concept("code", systems::LOINC, loinc, display, vietnamese);
        json.reference("subject", "Patient", patient);
        json.reference("encounter", "Encounter", visit.id);
        json.plain("effectiveDateTime", visit.start.later(wait));
        json.list_of_one("performer", |json| json.reference_members("Practitioner", visit.doctor));
        content(json);
    });
}
