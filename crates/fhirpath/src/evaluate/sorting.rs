//! `sort()`: each item is given keys that have a total order, which comparison operators do not promise.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Evaluator, Outcome, Scope, single_value};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::temporal::{Temporal, TemporalKind};
use crate::tree::Tree;
use crate::value::{Text, Value};

/// What an item is sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Number(Decimal),
    Text(Text<'a>),
    /// The first moment that the value may mean.
    Moment(i128),
    TimeOfDay(i128),
    /// The base units and the number of them.
    Quantity(String, Decimal),
}

impl<'a> Key<'a> {
    fn of(value: Value<'a>) -> Option<Self> {
        Some(match value {
            Value::Integer(value) => Self::Number(value.into()),
            Value::Decimal(value) => Self::Number(value),
            Value::String(text) => Self::Text(text),
            Value::Temporal(temporal) if temporal.kind() == TemporalKind::Time => {
                Self::TimeOfDay(temporal.local())
            }
            Value::Temporal(temporal) => Self::Moment(first_moment(&temporal)),
            Value::Quantity(quantity) => {
                let (unit, value) = quantity.in_base_units();
                Self::Quantity(unit, value)
            }
            Value::Boolean(_) | Value::TypeInfo(..) => return None,
        })
    }

    /// Whether the two can be told apart by their order.
    fn is_comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quantity(unit, _), Self::Quantity(other, _)) => unit == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

fn first_moment(temporal: &Temporal) -> i128 {
    temporal.local() - i128::from(temporal.offset_minutes().unwrap_or(0)) * 60_000_000_000
}

impl<'a> Evaluator<'_, 'a> {
    /// Sorts by the keys; a key with a minus in front counts downwards. What has no key comes first, whatever
    /// the direction.
    pub(super) fn sort(
        &self,
        input: &[Item<'a>],
        keys: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = Function::Sort.name();
        let default = [Tree::This];
        let keys = if keys.is_empty() { &default[..] } else { keys };
        let mut rows = Vec::with_capacity(input.len());
        for (index, item) in input.iter().enumerate() {
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                let value = self.collect(direction(key).1, scope.of_item(item, index))?;
                values.push(match single_value(&value, name)? {
                    None => None,
                    Some(value) => Some(Key::of(value).ok_or(EvaluateError::WrongType(name))?),
                });
            }
            rows.push((values, item));
        }
        for column in 0..keys.len() {
            let mut present = rows.iter().filter_map(|(values, _)| values.get(column)?.as_ref());
            let Some(first) = present.next() else { continue };
            if !present.all(|other| first.is_comparable(other)) {
                return Err(EvaluateError::WrongType(name));
            }
        }
        let comparisons = rows.len().saturating_mul(rows.len().checked_ilog2().unwrap_or(0) as usize);
        self.charge(comparisons.saturating_mul(keys.len()))?;
        rows.sort_by(|(first, _), (second, _)| {
            let orders = keys.iter().zip(first.iter().zip(second)).map(|(key, (first, second))| {
                let order = first.cmp(second);
                let both = first.is_some() && second.is_some();
                if both && direction(key).0 { order.reverse() } else { order }
            });
            orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        out.extend(rows.into_iter().map(|(_, item)| item.clone()));
        Ok(())
    }
}

/// Whether a key counts downwards, and the key itself.
fn direction(key: &Tree) -> (bool, &Tree) {
    match key {
        Tree::Unary { negative: true, operand } => (true, operand),
        _ => (false, key),
    }
}
