//! Values against fixed values, patterns and bounds (R4 `elementdefinition.html`).

use std::cmp::Ordering;

use fhir::PartialDate;
use jiff::tz::TimeZone;
use json::{Node, Value};
use terminology::Decimal;

/// Whether a value is exactly a fixed one: the same members in any order, numbers with the same value.
pub(crate) fn equals(fixed: &Node<'_>, value: &Node<'_>) -> bool {
    match (&fixed.value, &value.value) {
        (Value::Object(wanted), Value::Object(members)) => {
            wanted.len() == members.len()
                && wanted
                    .iter()
                    .all(|(name, wanted)| value.get(name).is_some_and(|value| equals(wanted, value)))
        }
        (Value::Array(wanted), Value::Array(items)) => {
            wanted.len() == items.len() && wanted.iter().zip(items).all(|(wanted, item)| equals(wanted, item))
        }
        (Value::Number(_), Value::Number(_)) => order(value, fixed) == Some(Ordering::Equal),
        (fixed, value) => fixed == value,
    }
}

/// Whether a value has at least what a pattern says: members that may have others beside them, and for each item of an
/// array of the pattern an item that has it.
pub(crate) fn contains(pattern: &Node<'_>, value: &Node<'_>) -> bool {
    match (&pattern.value, &value.value) {
        (Value::Object(wanted), Value::Object(_)) => {
            wanted.iter().all(|(name, wanted)| value.get(name).is_some_and(|value| contains(wanted, value)))
        }
        (Value::Array(wanted), Value::Array(items)) => {
            wanted.iter().all(|wanted| items.iter().any(|item| contains(wanted, item)))
        }
        _ => equals(pattern, value),
    }
}

/// How a value lies to a bound: numbers, dates, and the values of quantities of one unit. `None`: not comparable.
pub(crate) fn order(value: &Node<'_>, bound: &Node<'_>) -> Option<Ordering> {
    match (&value.value, &bound.value) {
        (Value::Number(value), Value::Number(bound)) => {
            let (value, bound): (Decimal, Decimal) = (Decimal::parse(value)?, Decimal::parse(bound)?);
            Some(value.cmp(&bound))
        }
        (Value::String(value), Value::String(bound)) => {
            let (value, bound) = (PartialDate::parse(value).ok()?, PartialDate::parse(bound).ok()?);
            (value.precision == bound.precision).then_some(())?;
            Some(value.range(&TimeZone::UTC).low.cmp(&bound.range(&TimeZone::UTC).low))
        }
        (Value::Object(_), Value::Object(_)) => {
            (value.text("code") == bound.text("code")).then_some(())?;
            order(value.get("value")?, bound.get("value")?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &'static str) -> Node<'static> {
        json::parse(text.as_bytes(), &json::Limits::default()).unwrap()
    }

    #[test]
    fn fixed_is_exact_and_a_pattern_is_a_part() {
        for (wanted, value, is_fixed, is_pattern) in [
            (r#""a""#, r#""a""#, true, true),
            (r#""a""#, r#""A""#, false, false),
            ("1.0", "1.00", true, true),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true, true),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, false, true),
            (
                r#"{"coding":[{"system":"s","code":"c"}]}"#,
                r#"{"coding":[{"code":"x"},{"system":"s","code":"c","display":"d"}]}"#,
                false,
                true,
            ),
            (
                r#"{"coding":[{"system":"s","code":"c"}]}"#,
                r#"{"coding":[{"system":"s","code":"d"}]}"#,
                false,
                false,
            ),
        ] {
            assert_eq!(equals(&node(wanted), &node(value)), is_fixed, "{wanted} {value}");
            assert_eq!(contains(&node(wanted), &node(value)), is_pattern, "{wanted} {value}");
        }
    }

    #[test]
    fn bounds_compare_what_can_be_compared() {
        for (value, bound, expected) in [
            ("2", "10", Some(Ordering::Less)),
            ("10.0", "10", Some(Ordering::Equal)),
            (r#""2026-01-02""#, r#""2026-01-01""#, Some(Ordering::Greater)),
            (r#""2026-01""#, r#""2026-01-01""#, None),
            (r#"{"value":5,"code":"kg"}"#, r#"{"value":3,"code":"kg"}"#, Some(Ordering::Greater)),
            (r#"{"value":5,"code":"g"}"#, r#"{"value":3,"code":"kg"}"#, None),
        ] {
            assert_eq!(order(&node(value), &node(bound)), expected, "{value} {bound}");
        }
    }
}
