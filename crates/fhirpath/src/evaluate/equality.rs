//! `=` and `~`, and what is built on them: distinctness, subsets, membership.

use std::borrow::Cow;
use std::collections::HashSet;

use json::{Node, Value as Json};
use rust_decimal::Decimal;

use super::Evaluator;
use crate::error::EvaluateError;
use crate::item::{Collection, ElementItem, Item};
use crate::quantity::{Quantity, precision};
use crate::temporal::TemporalKind;
use crate::value::{Text, Value, parse_decimal};

/// Three-valued truth, or a failure.
pub(super) type Truth = Result<Option<bool>, EvaluateError>;

impl<'a> Evaluator<'_, 'a> {
    /// `=` of two collections; unknown when one is empty or when precisions do not tell.
    pub(super) fn equal(&self, left: &[Item<'a>], right: &[Item<'a>]) -> Truth {
        if left.is_empty() || right.is_empty() {
            return Ok(None);
        }
        if left.len() != right.len() {
            return Ok(Some(false));
        }
        let mut known = true;
        for (first, second) in left.iter().zip(right) {
            match self.equal_items(first, second)? {
                Some(false) => return Ok(Some(false)),
                Some(true) => {}
                None => known = false,
            }
        }
        Ok(known.then_some(true))
    }

    /// `~` of two collections: the same items in any order.
    pub(super) fn equivalent(&self, left: &[Item<'a>], right: &[Item<'a>]) -> Result<bool, EvaluateError> {
        if left.len() != right.len() {
            return Ok(false);
        }
        let mut open: Vec<&Item<'a>> = right.iter().collect();
        for first in left {
            let mut found = None;
            for (index, second) in open.iter().enumerate() {
                if self.equivalent_items(first, second)? {
                    found = Some(index);
                    break;
                }
            }
            match found {
                Some(index) => open.swap_remove(index),
                None => return Ok(false),
            };
        }
        Ok(true)
    }

    pub(super) fn equal_items(&self, first: &Item<'a>, second: &Item<'a>) -> Truth {
        self.charge(1)?;
        if let (Item::Element(first), Item::Element(second)) = (first, second) {
            return self.equal_elements(first, second);
        }
        match (first.value_ref(), second.value_ref()) {
            (Some(first), Some(second)) => {
                self.charge_texts(&first, &second)?;
                Ok(equal_values(&first, &second))
            }
            _ => Ok(Some(false)),
        }
    }

    fn equal_elements(&self, first: &ElementItem<'a>, second: &ElementItem<'a>) -> Truth {
        if std::ptr::eq(first.node(), second.node()) && first.has_value() {
            return Ok(Some(true));
        }
        match (first.value(), second.value()) {
            (Some(first), Some(second)) => {
                self.charge_texts(&first, &second)?;
                Ok(equal_values(&first, &second))
            }
            (None, None) => {
                let same_siblings = match (first.sibling(), second.sibling()) {
                    (Some(first), Some(second)) => self.equal_nodes(first, second, false)?,
                    (None, None) => true,
                    _ => false,
                };
                // What has a value is told by its value; extensions alone count only without one.
                let siblings_count = !first.has_value() && !second.has_value();
                Ok(Some(if siblings_count {
                    same_siblings && first.type_id() == second.type_id()
                } else {
                    self.equal_nodes(first.node(), second.node(), false)?
                }))
            }
            _ => Ok(Some(false)),
        }
    }

    pub(super) fn equivalent_items(
        &self,
        first: &Item<'a>,
        second: &Item<'a>,
    ) -> Result<bool, EvaluateError> {
        self.charge(1)?;
        match (first.value_ref(), second.value_ref()) {
            (Some(first), Some(second)) => {
                self.charge_texts(&first, &second)?;
                Ok(equivalent_values(&first, &second))
            }
            (None, None) => match (first.node(), second.node()) {
                (Some(first), Some(second)) => self.equal_nodes(first, second, true),
                _ => Ok(false),
            },
            _ => Ok(false),
        }
    }

    fn charge_texts(&self, first: &Value<'_>, second: &Value<'_>) -> Result<(), EvaluateError> {
        match (first, second) {
            (Value::String(first), Value::String(second)) => self.charge_bytes(first.len().min(second.len())),
            _ => Ok(()),
        }
    }

    /// Structural equality of two parts of resources; loosely, the order in arrays and the case of texts do
    /// not count.
    fn equal_nodes(&self, first: &Node<'_>, second: &Node<'_>, loosely: bool) -> Result<bool, EvaluateError> {
        self.charge(1)?;
        match (&first.value, &second.value) {
            (Json::Null, Json::Null) => Ok(true),
            (Json::Boolean(first), Json::Boolean(second)) => Ok(first == second),
            (Json::Number(first), Json::Number(second)) => Ok(first == second
                || parse_decimal(first).is_some_and(|first| parse_decimal(second) == Some(first))),
            (Json::String(first), Json::String(second)) => {
                self.charge_bytes(first.len().min(second.len()))?;
                Ok(first == second || loosely && folded(first) == folded(second))
            }
            (Json::Array(first), Json::Array(second)) if first.len() == second.len() => {
                if loosely {
                    return self.equal_unordered(first, second);
                }
                for (first, second) in first.iter().zip(second) {
                    if !self.equal_nodes(first, second, loosely)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Json::Object(members), Json::Object(others)) if members.len() == others.len() => {
                for (name, member) in members {
                    match second.get(name) {
                        Some(other) if self.equal_nodes(member, other, loosely)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn equal_unordered(&self, first: &[Node<'_>], second: &[Node<'_>]) -> Result<bool, EvaluateError> {
        let mut open: Vec<&Node<'_>> = second.iter().collect();
        for node in first {
            let mut found = None;
            for (index, other) in open.iter().enumerate() {
                if self.equal_nodes(node, other, true)? {
                    found = Some(index);
                    break;
                }
            }
            match found {
                Some(index) => open.swap_remove(index),
                None => return Ok(false),
            };
        }
        Ok(true)
    }

    /// Whether an item equal to that one is among them.
    pub(super) fn includes(&self, items: &[Item<'a>], wanted: &Item<'a>) -> Result<bool, EvaluateError> {
        for item in items {
            if self.equal_items(item, wanted)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Appends the items without repetitions among themselves.
    pub(super) fn push_distinct(
        &self,
        items: Collection<'a>,
        out: &mut Collection<'a>,
    ) -> Result<(), EvaluateError> {
        // Codes and ids in thousands: texts need not be compared each with each.
        let texts: Option<Vec<Cow<'a, str>>> =
            if items.len() > MANY { items.iter().map(plain_text).collect() } else { None };
        if let Some(texts) = texts {
            self.charge(texts.len())?;
            let mut seen = HashSet::with_capacity(texts.len());
            out.extend(
                items.into_iter().zip(texts).filter_map(|(item, text)| seen.insert(text).then_some(item)),
            );
            return Ok(());
        }
        let start = out.len();
        for item in items {
            if !self.includes(out.get(start..).unwrap_or_default(), &item)? {
                out.push(item);
            }
        }
        Ok(())
    }
}

/// Items from which on their texts are hashed.
const MANY: usize = 16;

/// The text of an item whose value is a string, and equal to another one exactly when the texts are.
fn plain_text<'a>(item: &Item<'a>) -> Option<Cow<'a, str>> {
    match item {
        Item::Element(element) => match element.value() {
            Some(Value::String(_)) => element.text().map(Cow::Borrowed),
            _ => None,
        },
        Item::Value(Value::String(Text::Borrowed(text))) => Some(Cow::Borrowed(text)),
        Item::Value(Value::String(text)) => Some(Cow::Owned(text.to_string())),
        Item::Value(_) => None,
    }
}

/// `=` of two values; values of different kinds are not equal.
fn equal_values(first: &Value<'_>, second: &Value<'_>) -> Option<bool> {
    match (first, second) {
        (Value::Boolean(first), Value::Boolean(second)) => Some(first == second),
        (Value::Integer(first), Value::Integer(second)) => Some(first == second),
        (Value::String(first), Value::String(second)) => Some(first == second),
        (Value::TypeInfo(..), Value::TypeInfo(..)) => Some(first == second),
        (Value::Temporal(first), Value::Temporal(second)) => {
            if (first.kind() == TemporalKind::Time) != (second.kind() == TemporalKind::Time) {
                return Some(false);
            }
            first.compare(second).map(|order| order.is_eq())
        }
        (Value::Quantity(first), Value::Quantity(second)) => first.compare(second).map(|order| order.is_eq()),
        (Value::Quantity(quantity), number) | (number, Value::Quantity(quantity)) => {
            let Some(number) = number.as_decimal() else {
                return Some(false);
            };
            Quantity::plain(number).compare(quantity).map(|order| order.is_eq())
        }
        _ => Some(match (first.as_decimal(), second.as_decimal()) {
            (Some(first), Some(second)) => first == second,
            _ => false,
        }),
    }
}

fn equivalent_values(first: &Value<'_>, second: &Value<'_>) -> bool {
    match (first, second) {
        (Value::String(first), Value::String(second)) => folded(first) == folded(second),
        (Value::Temporal(first), Value::Temporal(second)) => {
            first.compare(second).is_some_and(|order| order.is_eq())
        }
        (Value::Quantity(first), Value::Quantity(second)) => first.equivalent(second),
        (Value::Quantity(quantity), number) | (number, Value::Quantity(quantity)) => {
            number.as_decimal().is_some_and(|number| Quantity::plain(number).equivalent(quantity))
        }
        _ => match (first.as_decimal(), second.as_decimal()) {
            (Some(first), Some(second)) => equivalent_decimals(first, second),
            _ => equal_values(first, second) == Some(true),
        },
    }
}

/// Equality at the precision of the less precise number; trailing zeros do not count.
fn equivalent_decimals(first: Decimal, second: Decimal) -> bool {
    let digits = precision(first).min(precision(second));
    first.round_dp(digits) == second.round_dp(digits)
}

/// Lower case with single blanks: what `~` sees of a text.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}
