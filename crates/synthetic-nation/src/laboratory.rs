//! Laboratory panels: the values, and the DiagnosticReport that holds them together.

use crate::book::Book;
use crate::chance::{Chance, Id};
use crate::decimal::Decimal;
use crate::measure::{Category, Measure, write_measure};
use crate::people::{Person, Sex};
use crate::systems;
use crate::visit::Visit;

const fn value(
    loinc: &'static str,
    display: &'static str,
    vietnamese: &'static str,
    unit: (&'static str, &'static str),
    places: u32,
    range: (f64, f64),
) -> Measure {
    Measure { loinc, display, vietnamese, unit: unit.0, ucum: unit.1, places, range: Some(range) }
}

const MMOL: (&str, &str) = ("mmol/L", "mmol/L");
const PER_LITRE: (&str, &str) = ("U/L", "U/L");

const GLUCOSE: Measure = value(
    "14771-0",
    "Fasting glucose [Moles/volume] in Serum or Plasma",
    "Glucose lúc đói",
    MMOL,
    2,
    (3.9, 6.4),
);
const LONG_TERM_GLUCOSE: Measure =
    value("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "HbA1c", ("%", "%"), 1, (4.0, 6.0));
const CHOLESTEROL: Measure = value(
    "14647-2",
    "Cholesterol [Moles/volume] in Serum or Plasma",
    "Cholesterol toàn phần",
    MMOL,
    2,
    (3.1, 5.2),
);
const HDL: Measure =
    value("14646-4", "Cholesterol in HDL [Moles/volume] in Serum or Plasma", "HDL-C", MMOL, 2, (0.9, 2.1));
const LDL: Measure =
    value("22748-8", "Cholesterol in LDL [Moles/volume] in Serum or Plasma", "LDL-C", MMOL, 2, (0.0, 3.4));
const TRIGLYCERIDE: Measure =
    value("14927-8", "Triglyceride [Moles/volume] in Serum or Plasma", "Triglycerid", MMOL, 2, (0.4, 1.7));
const CREATININE: Measure = value(
    "14682-9",
    "Creatinine [Moles/volume] in Serum or Plasma",
    "Creatinin",
    ("µmol/L", "umol/L"),
    0,
    (44.0, 106.0),
);
const AST: Measure = value(
    "1920-8",
    "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
    "AST (GOT)",
    PER_LITRE,
    0,
    (5.0, 40.0),
);
const ALT: Measure = value(
    "1742-6",
    "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
    "ALT (GPT)",
    PER_LITRE,
    0,
    (5.0, 40.0),
);
const HAEMOGLOBIN: Measure =
    value("718-7", "Hemoglobin [Mass/volume] in Blood", "Huyết sắc tố", ("g/dL", "g/dL"), 1, (12.0, 16.5));
const RED_CELLS: Measure = value(
    "789-8",
    "Erythrocytes [#/volume] in Blood by Automated count",
    "Hồng cầu",
    ("T/L", "10*12/L"),
    2,
    (3.8, 5.8),
);
const WHITE_CELLS: Measure = value(
    "6690-2",
    "Leukocytes [#/volume] in Blood by Automated count",
    "Bạch cầu",
    ("G/L", "10*9/L"),
    1,
    (4.0, 10.0),
);
const PLATELETS: Measure = value(
    "777-3",
    "Platelets [#/volume] in Blood by Automated count",
    "Tiểu cầu",
    ("G/L", "10*9/L"),
    0,
    (150.0, 400.0),
);

/// A group of tests that is ordered together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panel {
    Glucose,
    LongTermGlucose,
    Lipids,
    Kidney,
    Liver,
    BloodCount { is_infected: bool },
}

impl Panel {
    fn coded(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Panel::Glucose => (GLUCOSE.loinc, GLUCOSE.display, "Xét nghiệm glucose máu"),
            Panel::LongTermGlucose => {
                (LONG_TERM_GLUCOSE.loinc, LONG_TERM_GLUCOSE.display, "Xét nghiệm HbA1c")
            }
            Panel::Lipids => ("24331-1", "Lipid 1996 panel - Serum or Plasma", "Bộ xét nghiệm lipid máu"),
            Panel::Kidney => (CREATININE.loinc, CREATININE.display, "Xét nghiệm chức năng thận"),
            Panel::Liver => {
                ("24325-3", "Hepatic function 2000 panel - Serum or Plasma", "Xét nghiệm men gan")
            }
            Panel::BloodCount { .. } => {
                ("58410-2", "CBC panel - Blood by Automated count", "Tổng phân tích tế bào máu")
            }
        }
    }

    fn values(self, person: &Person, visit: &Visit) -> Vec<(&'static Measure, f64)> {
        let on = visit.start.date;
        let mut chance = visit.draw(self.coded().0);
        let has = |code: &str| person.has(code, on);
        // The part of a value that belongs to the person and not to the day.
        let own = |word: &str| person.key.draw(word).bell();
        let is_man = person.sex == Sex::Male;
        match self {
            Panel::Glucose => vec![(&GLUCOSE, sugar(person, visit, &mut chance))],
            Panel::LongTermGlucose => {
                // The regression that laboratories print: glucose = 1.59 HbA1c - 2.59.
                let percent =
                    (sugar(person, visit, &mut chance) + 2.59) / 1.59 + if has("E11.9") { 0.2 } else { 0.4 };
                vec![(&LONG_TERM_GLUCOSE, percent)]
            }
            Panel::Lipids => {
                let more = if has("E78.2") { 1.0 } else { 0.0 };
                let triglyceride =
                    (1.3 + more * 0.9 + own("fat") * 0.35 + chance.bell() * 0.2).clamp(0.5, 4.2);
                let hdl = (1.32 + own("hdl") * 0.2 + chance.bell() * 0.06).clamp(0.7, 2.2);
                let ldl = (2.7 + more * 1.0 + own("ldl") * 0.5 + chance.bell() * 0.2).clamp(1.0, 6.0);
                // Friedewald's sum, on the values as they are written.
                let rounded = |number| Decimal::rounded(number, 2).value();
                let total = rounded(ldl) + rounded(hdl) + rounded(triglyceride) / 2.2;
                vec![(&CHOLESTEROL, total), (&HDL, hdl), (&LDL, ldl), (&TRIGLYCERIDE, triglyceride)]
            }
            Panel::Kidney => {
                let usual = if is_man { 84.0 } else { 64.0 } + if has("N18.9") { 85.0 } else { 0.0 };
                vec![(&CREATININE, usual + own("creatinine") * 9.0 + chance.bell() * 5.0)]
            }
            Panel::Liver => {
                let more = if has("B18.1") || has("K76.0") { 1.7 } else { 1.0 };
                let usual = (23.0 + own("liver") * 5.0).max(11.0) * more;
                let swing = chance.bell();
                vec![(&AST, usual + swing * 3.0), (&ALT, usual * 1.06 + swing * 3.5)]
            }
            Panel::BloodCount { is_infected } => {
                let haemoglobin =
                    if is_man { 14.6 } else { 13.0 } + own("haemoglobin") * 0.7 + chance.bell() * 0.3;
                let white = if is_infected { 11.6 } else { 6.9 } + chance.bell() * 1.3;
                vec![
                    (&RED_CELLS, haemoglobin / 2.95),
                    (&HAEMOGLOBIN, haemoglobin),
                    (&WHITE_CELLS, white),
                    (&PLATELETS, 255.0 + own("platelets") * 35.0 + chance.bell() * 15.0),
                ]
            }
        }
    }
}

/// Fasting glucose of the day; both glucose panels of a visit see the same.
fn sugar(person: &Person, visit: &Visit, chance: &mut Chance) -> f64 {
    let own = person.key.draw("sugar").bell();
    let day = visit.draw("sugar").bell() + chance.bell() * 0.1;
    match person.has("E11.9", visit.start.date) {
        true => (7.6 + own * 0.9 + day * 0.8).max(5.2),
        false => (5.1 + own * 0.3 + day * 0.25).clamp(3.8, 6.6),
    }
}

/// Writes the Observations of a panel and its DiagnosticReport.
pub(crate) fn write_panel(book: &mut Book, visit: &Visit, panel: Panel) {
    let results: Vec<Id> = panel
        .values(book.person, visit)
        .into_iter()
        .map(|(measure, number)| {
            let number = Decimal::rounded(number, measure.places);
            write_measure(book, visit, Category::Laboratory, measure, number)
        })
        .collect();
    let patient = book.person.id;
    let (code, display, vietnamese) = panel.coded();
    let id = visit.key.child("report", 0).child(code, 0).id();
    book.bundle.resource("DiagnosticReport", id, |json| {
        json.plain("status", "final");
        json.concepts("category", systems::DIAGNOSTIC_SERVICE, "LAB", "Laboratory", "");
        json.concept("code", systems::LOINC, code, display, vietnamese);
        json.reference("subject", "Patient", patient);
        json.reference("encounter", "Encounter", visit.id);
        json.plain("effectiveDateTime", visit.start.later(15));
        json.plain("issued", visit.start.later(90));
        json.list_of_one("performer", |json| json.reference_members("Organization", visit.facility.id()));
        json.list("result", |json| {
            for result in results {
                json.item(|json| json.reference_members("Observation", result));
            }
        });
    });
}
