//! `+ - * / div mod &` and the signs. A result that cannot be represented is empty, as is a division by zero.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Evaluator, Outcome, single, temporal_arithmetic};
use crate::error::EvaluateError;
use crate::item::{Collection, Item};
use crate::quantity::Quantity;
use crate::tree::Operator;
use crate::value::Value;

/// A whole number in the 32 bits that the language gives to it.
pub(super) fn whole(value: i64) -> Option<Value<'static>> {
    i32::try_from(value).is_ok().then_some(Value::Integer(value))
}

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn arithmetic(
        &self,
        operator: Operator,
        left: &[Item<'a>],
        right: &[Item<'a>],
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = operator.symbol();
        let (first, second) = (single(left, name)?, single(right, name)?);
        if operator == Operator::Concatenate {
            let text = |item: Option<&Item<'a>>| match item.map(Item::value) {
                None | Some(None) => Ok(String::new()),
                Some(Some(Value::String(text))) => Ok(text.to_string()),
                Some(Some(_)) => Err(EvaluateError::WrongType(name)),
            };
            let (mut first, second) = (text(first)?, text(second)?);
            self.charge_bytes(first.len() + second.len())?;
            first.push_str(&second);
            out.push(Value::string(first).into());
            return Ok(());
        }
        let (Some(first), Some(second)) = (first, second) else {
            return Ok(());
        };
        let wrong = EvaluateError::WrongType(name);
        let (Some(first), Some(second)) = (first.value(), second.value()) else {
            return Err(wrong);
        };
        let result = match (first, second) {
            (Value::String(first), Value::String(second)) if operator == Operator::Add => {
                self.charge_bytes(first.len() + second.len())?;
                Some(Value::string(format!("{}{}", &*first, &*second)))
            }
            (Value::Temporal(temporal), Value::Quantity(quantity)) => match operator {
                Operator::Add => temporal_arithmetic::add(temporal, &quantity, false)?.map(Value::Temporal),
                Operator::Subtract => {
                    temporal_arithmetic::add(temporal, &quantity, true)?.map(Value::Temporal)
                }
                _ => return Err(wrong),
            },
            (Value::Quantity(first), Value::Quantity(second)) => quantities(operator, &first, &second)?,
            (Value::Quantity(quantity), number) => {
                let number = number.as_decimal().map(Quantity::plain).ok_or(wrong)?;
                quantities(operator, &quantity, &number)?
            }
            (number, Value::Quantity(quantity)) => {
                let number = number.as_decimal().map(Quantity::plain).ok_or(wrong)?;
                quantities(operator, &number, &quantity)?
            }
            (Value::Integer(first), Value::Integer(second)) if operator != Operator::Divide => {
                integers(operator, first, second)
            }
            (first, second) => match (first.as_decimal(), second.as_decimal()) {
                (Some(first), Some(second)) => decimals(operator, first, second),
                _ => return Err(wrong),
            },
        };
        out.extend(result.map(Item::Value));
        Ok(())
    }

    pub(super) fn sign(&self, negative: bool, operand: &[Item<'a>], out: &mut Collection<'a>) -> Outcome {
        let name = if negative { "-" } else { "+" };
        let Some(item) = single(operand, name)? else {
            return Ok(());
        };
        let signed = |value: Decimal| if negative { -value } else { value };
        let value = match item.value() {
            Some(Value::Integer(value)) if negative => value.checked_neg().and_then(whole),
            Some(Value::Integer(value)) => whole(value),
            Some(Value::Decimal(value)) => Some(Value::Decimal(signed(value))),
            Some(Value::Quantity(quantity)) => {
                let (value, unit) = (signed(quantity.value), quantity.unit.clone());
                Some(Value::Quantity(Quantity { value, unit }.into()))
            }
            _ => return Err(EvaluateError::WrongType(name)),
        };
        out.extend(value.map(Item::Value));
        Ok(())
    }
}

fn integers(operator: Operator, first: i64, second: i64) -> Option<Value<'static>> {
    whole(match operator {
        Operator::Add => first.checked_add(second)?,
        Operator::Subtract => first.checked_sub(second)?,
        Operator::Multiply => first.checked_mul(second)?,
        Operator::WholeDivide => first.checked_div(second)?,
        Operator::Modulo => first.checked_rem(second)?,
        _ => return None,
    })
}

fn decimals(operator: Operator, first: Decimal, second: Decimal) -> Option<Value<'static>> {
    Some(Value::Decimal(match operator {
        Operator::Add => first.checked_add(second)?,
        Operator::Subtract => first.checked_sub(second)?,
        Operator::Multiply => first.checked_mul(second)?,
        Operator::Divide => first.checked_div(second)?,
        Operator::Modulo => first.checked_rem(second)?,
        Operator::WholeDivide => return whole(first.checked_div(second)?.trunc().to_i64()?),
        _ => return None,
    }))
}

fn quantities(
    operator: Operator,
    first: &Quantity,
    second: &Quantity,
) -> Result<Option<Value<'static>>, EvaluateError> {
    let result = match operator {
        Operator::Add => first.add(second, Decimal::ONE),
        Operator::Subtract => first.add(second, Decimal::NEGATIVE_ONE),
        Operator::Multiply => first.multiply(second),
        Operator::Divide => first.divide(second),
        _ => return Err(EvaluateError::WrongType(operator.symbol())),
    };
    Ok(result.map(|quantity| Value::Quantity(quantity.into())))
}
