//! What pages say of a resource: names, values, links.

use ::web::{Language, number_words};
use jiff::civil::Date;
use serde_json::Value;

/// A text at a place, empty without one.
pub(in crate::sign_in) fn text<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

/// A list at a place.
pub(super) fn items<'a>(value: &'a Value, place: &str) -> &'a [Value] {
    value.pointer(place).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The day of birth.
pub(in crate::sign_in) fn birth_date(person: &Value) -> Option<Date> {
    text(person, "/birthDate").parse().ok()
}

/// A concept in words: its text, what a coding is called, else the code.
pub(super) fn concept(concept: &Value) -> String {
    let words = text(concept, "/text");
    if !words.is_empty() {
        return words.to_owned();
    }
    let codings = items(concept, "/coding");
    let named = codings.iter().map(|coding| text(coding, "/display")).find(|display| !display.is_empty());
    named.or_else(|| codings.first().map(|coding| text(coding, "/code"))).unwrap_or_default().to_owned()
}

/// The concept of a member in words.
pub(super) fn concept_of(resource: &Value, member: &str) -> String {
    resource.get(member).map(concept).unwrap_or_default()
}

/// Whether a concept has a code of LOINC.
pub(super) fn has_loinc(resource: &Value, code: &str) -> bool {
    items(resource, "/code/coding")
        .iter()
        .any(|coding| text(coding, "/system") == "http://loinc.org" && text(coding, "/code") == code)
}

/// Type and id of a reference.
pub(super) fn target(reference: &str) -> &str {
    let mut places = reference.rmatch_indices('/');
    match (places.next(), places.next()) {
        (Some(_), Some((place, _))) => reference.get(place + 1..).unwrap_or(reference),
        _ => reference,
    }
}

/// The value of an observation or component in words; nothing without one.
pub(super) fn value(of: &Value, language: Language) -> Option<String> {
    if let Some(quantity) = of.get("valueQuantity") {
        let number = quantity.get("value")?.to_string();
        return Some(
            format!("{} {}", number_words(&number, language), text(quantity, "/unit")).trim().to_owned(),
        );
    }
    if let Some(coded) = of.get("valueCodeableConcept") {
        return Some(concept(coded));
    }
    for member in ["valueString", "valueDateTime", "valueTime"] {
        if let Some(words) = of.get(member).and_then(Value::as_str) {
            return Some(words.to_owned());
        }
    }
    if let Some(number) = of.get("valueInteger") {
        return Some(number.to_string());
    }
    of.get("valueBoolean").and_then(Value::as_bool).map(|is| match is {
        true => language.say("có", "yes").to_owned(),
        false => language.say("không", "no").to_owned(),
    })
}

/// A narrative without its markup. What is left is text, which the page escapes.
pub(super) fn plain(narrative: &str) -> String {
    let mut plain = String::new();
    for piece in narrative.split('<') {
        let words = piece.split_once('>').map_or(piece, |(_, words)| words);
        if !plain.is_empty() && !words.trim().is_empty() {
            plain.push(' ');
        }
        plain.push_str(words.trim());
    }
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    named.iter().fold(plain, |plain, (entity, letter)| plain.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_narrative_becomes_text() {
        let div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">Loại II<br/>a &lt; b &amp;lt;</div>";
        assert_eq!(plain(div), "Loại II a < b &lt;");
        assert_eq!(plain("no markup"), "no markup");
    }

    #[test]
    fn values_are_said_in_the_language() {
        let weight = json!({"valueQuantity": {"value": 61.5, "unit": "kg"}});
        assert_eq!(value(&weight, Language::Vietnamese).as_deref(), Some("61,5 kg"));
        assert_eq!(value(&json!({"valueBoolean": false}), Language::English).as_deref(), Some("no"));
        assert_eq!(value(&json!({}), Language::English), None);
        let named = json!({"coding": [{"code": "x"}, {"display": "Y"}]});
        assert_eq!(concept(&named), "Y");
    }

    #[test]
    fn a_reference_has_a_type_and_an_id() {
        assert_eq!(target("https://a.example/fhir/Organization/1"), "Organization/1");
        assert_eq!(target("Organization/1"), "Organization/1");
        assert_eq!(target("x"), "x");
    }
}
