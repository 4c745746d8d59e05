//! The text of a field as a value of FHIR, by the kind of the field.

use json::Node;

use super::parts::{Object, boolean, coding, concept, number};
use super::{UCUM, system, ucum};
use crate::check_up::lists;
use crate::check_up::table::{Field, Kind};
use crate::check_up::value;

/// A member `value[x]`.
pub(super) type Valued = (&'static str, Node<'static>);

/// The value of a field.
pub(super) fn value_of(field: &Field, text: &str) -> Valued {
    match field.kind {
        Kind::Number | Kind::Measure if value::number(text).as_deref() == Some(text) => {
            let quantity = Object::default().with("value", number(text)).text("unit", field.unit);
            ("valueQuantity", quantity.text("system", UCUM).text("code", field.unit).node())
        }
        Kind::Digit => ("valueInteger", number(text)),
        Kind::Flag => ("valueBoolean", boolean(text == "1")),
        Kind::Code | Kind::Subject => {
            let codings = vec![coding(system(field.list), text)];
            ("valueCodeableConcept", concept(codings, lists::words(field.list, text)))
        }
        _ => ("valueString", Node::string(text.to_owned())),
    }
}

/// The value of a result with the unit that the sender has: as a quantity where it is a number.
pub(super) fn measured(text: &str, unit: Option<&str>) -> Valued {
    if value::number(text).as_deref() != Some(text) {
        return ("valueString", Node::string(text.to_owned()));
    }
    let mut quantity = Object::default().with("value", number(text));
    if let Some(unit) = unit {
        quantity = quantity.text("unit", unit);
        if let Some(code) = ucum(unit) {
            quantity = quantity.text("system", UCUM).text("code", code);
        }
    }
    ("valueQuantity", quantity.node())
}

/// The two numbers of `120/80`.
pub(in crate::check_up) fn pressure(text: &str) -> Option<(&str, &str)> {
    let (systolic, diastolic) = text.split_once('/')?;
    let is_number = |text: &str| {
        (2..=3).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && !text.starts_with('0')
    };
    (is_number(systolic) && is_number(diastolic)).then_some((systolic, diastolic))
}
