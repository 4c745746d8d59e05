//! Findings: an Observation for each group of fields of the table, and one for each row of results.

use json::Node;

use super::parts::{Object, coding, concept, number};
use super::values::{Valued, measured, pressure, value_of};
use super::*;
use crate::check_up::table::{self, FIELDS, Field, Kind, Place};

/// LOINC of the two numbers of a blood pressure.
pub(in crate::check_up) const SYSTOLIC: &str = "8480-6";
/// The lower one.
pub(in crate::check_up) const DIASTOLIC: &str = "8462-4";

/// The group of a field that stands in an Observation.
fn group(field: &Field) -> Option<(&'static str, &'static str)> {
    match field.place {
        Place::Observation(group) | Place::Component(group) => Some((field.part, group)),
        _ => None,
    }
}

impl Maker<'_> {
    pub(super) fn observations(&mut self) {
        let mut done: Vec<(&'static str, &'static str)> = Vec::new();
        for field in FIELDS.iter() {
            let Some(of) = group(field).filter(|of| !done.contains(of)) else { continue };
            done.push(of);
            self.observation(of);
        }
    }

    fn observation(&mut self, of: (&'static str, &'static str)) {
        let fields: Vec<&'static Field> = FIELDS.iter().filter(|field| group(field) == Some(of)).collect();
        let told = |field: &Field| self.check_up.of(field);
        if !fields.iter().any(|field| told(field).is_some()) {
            return;
        }
        let main = fields.iter().copied().find(|field| matches!(field.place, Place::Observation(_)));
        let category = category(of, main);
        let profile = match category {
            _ if of.1 == "class" => Some(CLASS_PROFILE),
            "vital-signs" => Some(VITAL_PROFILE),
            _ => None,
        };
        let label =
            fields.iter().find(|field| !field.label.is_empty()).filter(|_| self.says_something(&fields));
        let mut components = Vec::new();
        let mut value: Option<Valued> = None;
        if let Some((field, text)) = main.and_then(|field| Some((field, told(field)?))) {
            match pressure(text).filter(|_| field.kind == Kind::Pressure) {
                Some((systolic, diastolic)) => {
                    components.push(millimetres(SYSTOLIC, systolic, "Huyết áp tâm thu"));
                    components.push(millimetres(DIASTOLIC, diastolic, "Huyết áp tâm trương"));
                }
                None => value = Some(value_of(field, text)),
            }
        }
        for field in fields.iter().filter(|field| matches!(field.place, Place::Component(_))) {
            if let Some(text) = told(field) {
                let (member, node) = value_of(field, text);
                components.push(Object::default().with("code", code_of(field)).with(member, node).node());
            }
        }
        let code = match main {
            Some(field) => code_of(field),
            None => {
                let name = format!("{}.{}", of.0, of.1);
                concept(vec![coding(FIELD, &name)], table::find_part(of.0).map(|part| part.vietnamese))
            }
        };
        let labels = label.map_or_else(Vec::new, |field| self.label(field.label));
        let id = self.id(&format!("{}.{}", of.0, of.1));
        let observation = Object::resource("Observation", &id).meta(profile, &labels);
        let observation = self.about(observation, category, code);
        let observation = match value {
            Some((member, node)) => observation.with(member, node),
            None => observation,
        };
        self.enter(of.0, "Observation", id, observation.list("component", components).node());
    }

    fn about(&self, observation: Object, category: &'static str, code: Node<'static>) -> Object {
        observation
            .text("status", "final")
            .list("category", vec![concept(vec![coding(CATEGORY, category)], None)])
            .with("code", code)
            .with("subject", self.patient())
            .with("encounter", self.encounter())
            .text("effectiveDateTime", self.when())
            .list("performer", vec![self.organization()])
    }

    /// Whether what stands under a label says more than that nothing was found: the label hides the visit from many.
    fn says_something(&self, fields: &[&'static Field]) -> bool {
        let class =
            fields.iter().find(|field| field.list == "class").and_then(|field| self.check_up.of(field));
        if let Some(class) = class {
            return !matches!(class, "1" | "2");
        }
        let nothing =
            |text: &str| matches!(text.to_lowercase().as_str(), "0" | "bình thường" | "không" | "không có");
        fields.iter().filter_map(|field| self.check_up.of(field)).any(|text| !nothing(text))
    }

    pub(super) fn rows(&mut self) {
        let mut seen: Vec<String> = Vec::new();
        for row in 0..self.check_up.rows() {
            let text = |field| self.check_up.row_value(row, field);
            let name = format!(
                "{}|{}",
                text("MA_DICH_VU").unwrap_or_default(),
                text("MA_CHI_SO").unwrap_or_default()
            );
            let before = seen.iter().filter(|other| **other == name).count();
            let id = self.id(&format!("{}|{name}|{before}", table::ROWS));
            seen.push(name);
            let node = self.row(row, &id);
            self.enter(table::ROWS, "Observation", id, node);
        }
    }

    fn row(&self, row: usize, id: &str) -> Node<'static> {
        let text = |field| self.check_up.row_value(row, field);
        let codes = [(SERVICE, text("MA_DICH_VU")), (INDEX, text("MA_CHI_SO"))];
        let codes = codes.into_iter().filter_map(|(system, code)| Some(sent_code(system, code?))).collect();
        let category = if text("MA_CHI_SO").is_some() { "laboratory" } else { "procedure" };
        let profile = (category == "laboratory").then_some(LAB_PROFILE);
        let observation = Object::resource("Observation", id)
            .meta(profile, &[])
            .list("identifier", vec![super::parts::identifier(FIELD, table::ROWS)]);
        let observation = self.about(observation, category, concept(codes, Some("Cận lâm sàng")));
        let value = text("GIA_TRI").map(|value| measured(value, text("DON_VI_DO")));
        // A unit without a number has no place in a value.
        let is_quantity = value.as_ref().is_some_and(|(member, _)| *member == "valueQuantity");
        let unit = text("DON_VI_DO").filter(|_| !is_quantity).zip(table::find(table::ROWS, "DON_VI_DO"));
        let unit = unit.map(|(unit, field)| {
            let unit = Node::string(unit.to_owned());
            Object::default().with("code", code_of(field)).with("valueString", unit).node()
        });
        let observation = match value {
            Some((member, node)) => observation.with(member, node),
            None => observation,
        };
        let conclusion = text("KET_LUAN").map(|text| concept(Vec::new(), Some(text)));
        let note = text("MO_TA").map(|text| Object::default().text("text", text).node());
        observation
            .list("interpretation", conclusion.into_iter().collect())
            .list("note", note.into_iter().collect())
            .list("component", unit.into_iter().collect())
            .node()
    }
}

/// A code as it was sent. One with double spaces is no code in FHIR, and stands as its display.
fn sent_code(system: &'static str, code: &str) -> Node<'static> {
    let is_code = code.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    Object::default().text("system", system).text(if is_code { "code" } else { "display" }, code).node()
}

fn category((part, group): (&str, &str), main: Option<&Field>) -> &'static str {
    match part {
        "XML1" if group == "blood-group" => "laboratory",
        "XML1" | "XML5" | "XML6" | "XML9" => "survey",
        _ if main
            .is_some_and(|field| matches!(field.kind, Kind::Number | Kind::Measure | Kind::Pressure)) =>
        {
            "vital-signs"
        }
        _ => "exam",
    }
}

fn millimetres(loinc: &str, value: &str, text: &str) -> Node<'static> {
    let quantity = Object::default().with("value", number(value)).text("unit", "mmHg");
    let quantity = quantity.text("system", UCUM).text("code", "mm[Hg]").node();
    let code = concept(vec![coding(LOINC, loinc)], Some(text));
    Object::default().with("code", code).with("valueQuantity", quantity).node()
}

/// LOINC where there is a code, the field always.
pub(super) fn code_of(field: &Field) -> Node<'static> {
    let mut codings = Vec::new();
    if !field.loinc.is_empty() {
        codings.push(coding(LOINC, field.loinc));
    }
    codings.push(coding(FIELD, &field.code()));
    concept(codings, Some(field.vietnamese))
}
