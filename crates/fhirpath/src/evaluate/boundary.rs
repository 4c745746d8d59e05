//! `lowBoundary`, `highBoundary`, `precision`: what a value of limited precision may stand for.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Evaluator, Outcome, Scope, single_value};
use crate::calendar::days_in_month;
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::quantity::Quantity;
use crate::temporal::{Precision, Temporal, TemporalKind};
use crate::tree::Tree;
use crate::value::Value;

const DECIMAL_PLACES: i64 = 8;
/// The earliest moment of a day anywhere is in the easternmost zone, the latest in the westernmost.
const EASTERNMOST_MINUTES: i16 = 14 * 60;
const WESTERNMOST_MINUTES: i16 = -12 * 60;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn boundary(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = function.name();
        let Some(value) = single_value(input, name)? else {
            return Ok(());
        };
        let digits = self.integer_argument(arguments, scope, name)?;
        let high = function == Function::HighBoundary;
        let result = match (&value, value.as_decimal()) {
            (Value::Temporal(temporal), _) if function == Function::Precision => {
                Some(Value::Integer(digits_of(temporal)))
            }
            (_, Some(number)) if function == Function::Precision => {
                Some(Value::Integer(i64::from(number.scale())))
            }
            (Value::Temporal(temporal), _) => moment(temporal, digits, high).map(Value::Temporal),
            (Value::Quantity(quantity), _) if function != Function::Precision => {
                number(quantity.value, digits, high)
                    .map(|value| Value::Quantity(Quantity { value, unit: quantity.unit.clone() }.into()))
            }
            (_, Some(value)) => number(value, digits, high).map(Value::Decimal),
            _ => return Err(EvaluateError::WrongType(name)),
        };
        out.extend(result.map(Item::Value));
        Ok(())
    }
}

/// Half a unit of the last place away from the number, rounded outwards.
fn number(value: Decimal, digits: Option<i64>, high: bool) -> Option<Decimal> {
    let places = u32::try_from(digits.unwrap_or(DECIMAL_PLACES))
        .ok()
        .filter(|places| *places <= Decimal::MAX_SCALE)?;
    let half = Decimal::try_new(5, value.scale() + 1).ok()?;
    let (edge, strategy) = if high {
        (value.checked_add(half)?, RoundingStrategy::ToPositiveInfinity)
    } else {
        (value.checked_sub(half)?, RoundingStrategy::ToNegativeInfinity)
    };
    let mut edge = edge.round_dp_with_strategy(places, strategy);
    edge.rescale(places);
    Some(edge)
}

/// The number of digits of a value, which is how the language names its precision.
fn digits_of(temporal: &Temporal) -> i64 {
    let digits = match temporal.precision {
        Precision::Year => 4,
        Precision::Month => 6,
        Precision::Day => 8,
        Precision::Hour => 10,
        Precision::Minute => 12,
        Precision::Second if temporal.fraction_digits == 0 => 14,
        Precision::Second => 17,
    };
    if temporal.kind == TemporalKind::Time { digits - 8 } else { digits }
}

fn moment(temporal: &Temporal, digits: Option<i64>, high: bool) -> Option<Temporal> {
    let default = match temporal.kind {
        TemporalKind::Date => 8,
        TemporalKind::DateTime => 17,
        TemporalKind::Time => 9,
    };
    let digits = digits.unwrap_or(default);
    if digits > default {
        return None;
    }
    let (precision, fraction_digits) = match digits + if temporal.kind == TemporalKind::Time { 8 } else { 0 }
    {
        4 => (Precision::Year, 0),
        6 => (Precision::Month, 0),
        8 => (Precision::Day, 0),
        10 => (Precision::Hour, 0),
        12 => (Precision::Minute, 0),
        14 => (Precision::Second, 0),
        17 => (Precision::Second, 3),
        _ => return None,
    };
    let mut edge = *temporal;
    if high {
        if temporal.precision < Precision::Month {
            edge.month = 12;
        }
        if temporal.precision < Precision::Day {
            edge.day = days_in_month(edge.year, edge.month);
        }
        if temporal.precision < Precision::Hour {
            edge.hour = 23;
        }
        if temporal.precision < Precision::Minute {
            edge.minute = 59;
        }
        if temporal.precision < Precision::Second {
            edge.second = 59;
        }
        if temporal.precision < Precision::Second || temporal.fraction_digits == 0 {
            edge.nanosecond = 999_000_000;
        }
    }
    if edge.kind == TemporalKind::DateTime && precision >= Precision::Hour && edge.offset_minutes.is_none() {
        edge.offset_minutes = Some(if high { WESTERNMOST_MINUTES } else { EASTERNMOST_MINUTES });
    }
    if precision < Precision::Hour {
        edge.offset_minutes = None;
    }
    edge.fraction_digits = fraction_digits;
    Some(edge.truncated(precision))
}
