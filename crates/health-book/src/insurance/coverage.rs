//! `Coverage` by the word of social insurance: one for each card, a new version when the card changes, closed when another
//! one replaces it or it no longer holds.

use jiff::civil::Date;
use population_registry::{Card, CardClass, CardReport};
use serde_json::{Map, Value, json};

use super::submitted::number_of;
use super::{CARD, insurer};
use crate::ledger::{Found, items, text};
use crate::vocabulary::FACILITY_CODE;

const PROFILE: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-coverage";
const CARD_TYPE: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-bhyt-card-type";
const CARD_TYPES: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-bhyt-card-type-cs";
const FACILITY: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-primary-care-facility";
const CLASS: &str = "http://terminology.hl7.org/CodeSystem/coverage-class";

/// A `Coverage` as it is to be.
pub(super) struct Wanted {
    pub(super) number: String,
    pub(super) resource: Value,
    /// Whether the person is covered by it.
    pub(super) is_in_force: bool,
}

/// The cards of a report, the one that counts last. `asked` is the number under which it was looked for.
pub(super) fn wanted(patient: &str, asked: &str, report: &CardReport, known: &[Found]) -> Vec<Wanted> {
    let make = |card: &Card, is_in_force: bool| {
        let before = of_number(known, &card.number).map(|found| &found.resource);
        let resource = written(patient, card, is_in_force, before);
        Wanted { number: card.number.clone(), resource, is_in_force }
    };
    let by_number = Card { number: asked.to_owned(), ..Card::default() };
    // Who says no more than that a card does not hold means the one that was asked for.
    let card = report.card.as_ref().or_else(|| of_number(known, asked).map(|_| &by_number));
    match report.result.class {
        CardClass::Valid => card.map(|card| make(card, true)).into_iter().collect(),
        CardClass::ValidWithNewCard | CardClass::ExpiredWithNewCard => {
            let new = report.new_card.as_ref();
            let old = card.map(|card| make(&closed(card, new), new.is_none()));
            old.into_iter().chain(new.map(|new| make(new, true))).collect()
        }
        CardClass::Expired | CardClass::Revoked | CardClass::Reduced => {
            card.map(|card| make(card, false)).into_iter().collect()
        }
        // The question may be wrong: nothing is known of a card.
        CardClass::NotFound
        | CardClass::Mismatch
        | CardClass::ChildWithoutCard
        | CardClass::Operator
        | CardClass::Retry => Vec::new(),
    }
}

/// The one of a number in the book.
pub(super) fn of_number<'f>(known: &'f [Found], number: &str) -> Option<&'f Found> {
    known.iter().find(|found| number_of(&found.resource) == Some(number))
}

/// The old card: over on the day before the new one begins, if it was not over before.
fn closed(card: &Card, new: Option<&Card>) -> Card {
    let last = new.and_then(|new| new.from).and_then(|from| from.yesterday().ok());
    let until = match (card.until, last) {
        (Some(until), Some(last)) => Some(until.min(last)),
        (until, last) => until.or(last),
    };
    // A new card may begin with the old one.
    let until = until.map(|until| card.from.map_or(until, |from| until.max(from)));
    Card { until, ..card.clone() }
}

fn written(patient: &str, card: &Card, is_in_force: bool, before: Option<&Value>) -> Value {
    let mut coverage = match before {
        Some(Value::Object(members)) => members.clone(),
        _ => Map::from_iter([("resourceType".to_owned(), json!("Coverage"))]),
    };
    let old = before.cloned().unwrap_or(Value::Null);
    let mut put = |name: &str, value: Value| coverage.insert(name.to_owned(), value);
    put("meta", json!({"profile": [PROFILE]}));
    let others = items(&old, "/extension").iter();
    let others = others.filter(|it| ![CARD_TYPE, FACILITY].contains(&text(it, "/url")));
    let mut extensions: Vec<Value> = others.cloned().collect();
    // Fifteen places: group, benefit, province, number.
    let (group, benefit) = match card.number.len() {
        15 => (card.number.get(..2), card.number.get(2..3)),
        _ => (None, None),
    };
    if let Some(group) = group {
        let concept = json!({"coding": [{"system": CARD_TYPES, "code": group}]});
        extensions.push(json!({"url": CARD_TYPE, "valueCodeableConcept": concept}));
    }
    let told = card.facility.as_deref().map(|facility| {
        let identifier = json!({"system": FACILITY_CODE, "value": facility});
        json!({"url": FACILITY, "valueReference": {"type": "Organization", "identifier": identifier}})
    });
    let kept = || items(&old, "/extension").iter().find(|it| text(it, "/url") == FACILITY).cloned();
    extensions.extend(told.or_else(kept));
    if !extensions.is_empty() {
        put("extension", Value::Array(extensions));
    }
    put("identifier", json!([{"system": CARD, "value": card.number}]));
    put("status", json!(if is_in_force { "active" } else { "cancelled" }));
    let kind = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PUBLICPOL"});
    put("type", json!({"coding": [kind], "text": "Bảo hiểm y tế"}));
    put("subscriber", json!({"reference": format!("Patient/{patient}")}));
    put("subscriberId", json!(card.number));
    put("beneficiary", json!({"reference": format!("Patient/{patient}")}));
    put("payor", json!([insurer()]));
    let day = |day: Option<Date>, name: &str| {
        day.map(|day| json!(day.to_string())).or_else(|| old.pointer(&format!("/period/{name}")).cloned())
    };
    let period: Map<String, Value> = [("start", day(card.from, "start")), ("end", day(card.until, "end"))]
        .into_iter()
        .filter_map(|(name, day)| Some((name.to_owned(), day?)))
        .collect();
    if !period.is_empty() {
        put("period", Value::Object(period));
    }
    if let Some(benefit) = benefit {
        let kind = json!({"coding": [{"system": CLASS, "code": "class"}]});
        put("class", json!([{"type": kind, "value": benefit, "name": share(benefit)}]));
    }
    Value::Object(coverage)
}

/// What the fund pays, by the third place of a card.
fn share(benefit: &str) -> &'static str {
    match benefit {
        "1" | "2" | "5" => "100 %",
        "3" => "95 %",
        "4" => "80 %",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(from: &str, until: &str) -> Card {
        let day = |text: &str| text.parse().ok();
        Card { number: "GD4990990000011".into(), facility: None, from: day(from), until: day(until) }
    }

    #[test]
    fn an_old_card_ends_on_the_day_before_the_new_one_begins() {
        let end = |old: Card, new: &Card| closed(&old, Some(new)).until.map(|day| day.to_string());
        let new = card("2026-06-01", "2027-12-31");
        assert_eq!(end(card("2026-01-01", "2026-12-31"), &new).as_deref(), Some("2026-05-31"));
        assert_eq!(end(card("2025-01-01", "2025-12-31"), &new).as_deref(), Some("2025-12-31"));
        assert_eq!(end(card("2026-06-01", "2026-12-31"), &new).as_deref(), Some("2026-06-01"));
        assert_eq!(end(card("", ""), &new).as_deref(), Some("2026-05-31"));
    }
}
