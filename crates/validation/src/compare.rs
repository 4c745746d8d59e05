//! Values against fixed values, patterns and bounds (R4 `elementdefinition.html`).

use std::cmp::Ordering;

use fhir::PartialDate;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use json::{Node, Value};
use terminology::{CanonicalUnit, Decimal, canonical};

/// The system of UCUM.
const UCUM: &str = "http://unitsofmeasure.org";

/// Whether a value is exactly a fixed one: the same members in any order, numbers with the same digits (`1.0` says
/// something else than `1.00`).
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

/// How a value lies to a bound: numbers, dates, times, and quantities whose units are the same or can be converted.
/// `None`: not comparable, or it cannot be told, as for `2026` and a day of that year.
pub(crate) fn order(value: &Node<'_>, bound: &Node<'_>) -> Option<Ordering> {
    match (&value.value, &bound.value) {
        (Value::Number(value), Value::Number(bound)) => {
            let (value, bound): (Decimal, Decimal) = (Decimal::parse(value)?, Decimal::parse(bound)?);
            Some(value.cmp(&bound))
        }
        (Value::String(value), Value::String(bound)) => {
            match (PartialDate::parse(value), PartialDate::parse(bound)) {
                (Ok(value), Ok(bound)) => dates(value, bound),
                _ => Some(value.parse::<Time>().ok()?.cmp(&bound.parse().ok()?)),
            }
        }
        (Value::Object(_), Value::Object(_)) => quantities(value, bound),
        _ => None,
    }
}

/// Midnight of a day without a zone is that of UTC, or as many microseconds from it.
const WIDEST_OFFSET: i64 = 14 * 3600 * 1_000_000;

/// Dates as the ranges that they cover.
fn dates(value: PartialDate, bound: PartialDate) -> Option<Ordering> {
    let unsure = if value.offset.is_some() == bound.offset.is_some() { 0 } else { WIDEST_OFFSET };
    let (value, bound) = (value.range(&TimeZone::UTC), bound.range(&TimeZone::UTC));
    if value == bound && unsure == 0 {
        Some(Ordering::Equal)
    } else if value.high.saturating_add(unsure) <= bound.low {
        Some(Ordering::Less)
    } else if value.low >= bound.high.saturating_add(unsure) {
        Some(Ordering::Greater)
    } else {
        None
    }
}

fn quantities(value: &Node<'_>, bound: &Node<'_>) -> Option<Ordering> {
    let same = |name: &str| value.text(name) == bound.text(name);
    let (number, limit) = (value.get("value")?, bound.get("value")?);
    if same("system") && same("code") && (value.text("code").is_some() || same("unit")) {
        return order(number, limit);
    }
    let unit = |node: &Node<'_>| canonical(node.text("code").filter(|_| node.text("system") == Some(UCUM))?);
    let (unit, limit_unit) = (unit(value)?, unit(bound)?);
    let convert =
        |unit: &CanonicalUnit, number: &Node<'_>| unit.convert(&Decimal::parse(number.as_number()?)?);
    (unit.unit == limit_unit.unit).then_some(())?;
    Some(convert(&unit, number)?.cmp(&convert(&limit_unit, limit)?))
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
            ("1.0", "1.00", false, false),
            ("1.0", "1.0", true, true),
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
            (r#"{"value":5,"unit":"g"}"#, r#"{"value":3,"unit":"kg"}"#, None),
            (
                r#"{"value":5,"code":"g","system":"http://unitsofmeasure.org"}"#,
                r#"{"value":3,"code":"kg","system":"http://unitsofmeasure.org"}"#,
                Some(Ordering::Less),
            ),
            (
                r#"{"value":5,"code":"m","system":"http://unitsofmeasure.org"}"#,
                r#"{"value":3,"code":"kg","system":"http://unitsofmeasure.org"}"#,
                None,
            ),
            (r#""09:30:00""#, r#""10:00:00""#, Some(Ordering::Less)),
            // The day begins earlier in the east.
            (r#""2026-01-01""#, r#""2025-12-31T23:00:00Z""#, None),
            (r#""2026-01-02""#, r#""2025-12-31T23:00:00Z""#, Some(Ordering::Greater)),
        ] {
            assert_eq!(order(&node(value), &node(bound)), expected, "{value} {bound}");
        }
    }
}
