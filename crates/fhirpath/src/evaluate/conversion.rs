//! `toX` and `convertsToX`.

use rust_decimal::Decimal;

use super::{Evaluator, Outcome, Scope, single};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::quantity::{CalendarUnit, Quantity, Unit, parse_plain_decimal};
use crate::temporal::{Temporal, TemporalKind};
use crate::tree::Tree;
use crate::value::Value;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn convert(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        if let Some(item) = single(input, function.name())? {
            out.extend(self.converted(function, item, arguments, scope)?.map(Item::Value));
        }
        Ok(())
    }

    /// Whether the conversion has a result.
    pub(super) fn converts(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        if let Some(item) = single(input, function.name())? {
            out.push(self.converted(function, item, arguments, scope)?.is_some().into());
        }
        Ok(())
    }

    fn converted(
        &self,
        function: Function,
        item: &Item<'a>,
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
    ) -> Result<Option<Value<'a>>, EvaluateError> {
        let Some(value) = item.value() else {
            return Ok(None);
        };
        Ok(match function {
            Function::ToBoolean => boolean(&value).map(Value::Boolean),
            Function::ToInteger => integer(&value).map(Value::Integer),
            Function::ToDecimal => decimal(&value).map(Value::Decimal),
            Function::ToString => Some(match value {
                Value::String(text) => Value::String(text),
                Value::TypeInfo(..) => return Ok(None),
                other => Value::string(other.to_string()),
            }),
            Function::ToDate => date(&value).map(Value::Temporal),
            Function::ToDateTime => date_time(&value).map(Value::Temporal),
            Function::ToTime => time(&value).map(Value::Temporal),
            _ => {
                let unit = self.text_argument(arguments, 0, scope, function.name())?;
                quantity(&value).and_then(|quantity| match unit {
                    None => Some(Value::Quantity(quantity.into())),
                    Some(unit) => in_unit(&quantity, &unit).map(|quantity| Value::Quantity(quantity.into())),
                })
            }
        })
    }
}

fn boolean(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => Some(true),
            "false" | "f" | "no" | "n" | "0" | "0.0" => Some(false),
            _ => None,
        },
        _ => match value.as_decimal()? {
            number if number == Decimal::ONE => Some(true),
            number if number.is_zero() => Some(false),
            _ => None,
        },
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(value) => Some(*value),
        Value::Boolean(value) => Some(i64::from(*value)),
        Value::String(text) => text.parse::<i32>().ok().map(i64::from),
        _ => None,
    }
}

fn decimal(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Boolean(value) => Some(Decimal::from(u8::from(*value))),
        Value::String(text) => parse_plain_decimal(text),
        _ => value.as_decimal(),
    }
}

fn date(value: &Value<'_>) -> Option<Temporal> {
    match value {
        Value::Temporal(temporal) if temporal.kind() != TemporalKind::Time => Some(temporal.date()),
        Value::String(text) => Temporal::parse_date_time(text).map(|temporal| temporal.date()),
        _ => None,
    }
}

fn date_time(value: &Value<'_>) -> Option<Temporal> {
    match value {
        Value::Temporal(temporal) if temporal.kind() != TemporalKind::Time => {
            Some(Temporal { kind: TemporalKind::DateTime, ..*temporal })
        }
        Value::String(text) => Temporal::parse_date_time(text),
        _ => None,
    }
}

fn time(value: &Value<'_>) -> Option<Temporal> {
    match value {
        Value::Temporal(temporal) if temporal.kind() == TemporalKind::Time => Some(*temporal),
        Value::String(text) => Temporal::parse_time(text),
        _ => None,
    }
}

fn quantity(value: &Value<'_>) -> Option<Quantity> {
    match value {
        Value::Quantity(quantity) => Some((**quantity).clone()),
        Value::Boolean(value) => Some(Quantity::plain(Decimal::from(u8::from(*value)))),
        Value::String(text) => Quantity::parse(text),
        _ => value.as_decimal().map(Quantity::plain),
    }
}

/// The same quantity in another unit.
fn in_unit(quantity: &Quantity, unit: &str) -> Option<Quantity> {
    let unit = match CalendarUnit::named(unit) {
        Some(unit) => Unit::Calendar(unit),
        None => Unit::Ucum(unit.into()),
    };
    Quantity { value: Decimal::ZERO, unit }.add(quantity, Decimal::ONE)
}
