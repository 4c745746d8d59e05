//! Functions on numbers. What has no real or representable result is empty.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy};

use super::arithmetic::whole;
use super::{Evaluator, Outcome, Scope, single, single_value};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::quantity::Quantity;
use crate::tree::Tree;
use crate::value::Value;

/// Transcendental results are rounded to this many places, which hides the error of their series.
const PLACES: u32 = 16;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn math(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = function.name();
        let wrong = EvaluateError::WrongType(name);
        let Some(item) = single(input, name)? else {
            return Ok(());
        };
        let value = item.value().ok_or(wrong.clone())?;
        if let Value::Quantity(quantity) = &value
            && function == Function::Abs
        {
            let (value, unit) = (quantity.value.abs(), quantity.unit.clone());
            out.push(Item::Value(Value::Quantity(Quantity { value, unit }.into())));
            return Ok(());
        }
        let number = value.as_decimal().ok_or(wrong.clone())?;
        let argument = match arguments {
            [] => None,
            _ => match single_value(&self.argument(arguments, 0, scope)?, name)? {
                None => return Ok(()),
                Some(argument) => Some(argument.as_decimal().ok_or(wrong)?),
            },
        };
        // Series and repeated products cost more than a step.
        self.charge(50)?;
        out.extend(result(function, &value, number, argument).map(Item::Value));
        Ok(())
    }
}

fn result<'a>(
    function: Function,
    value: &Value<'a>,
    number: Decimal,
    argument: Option<Decimal>,
) -> Option<Value<'a>> {
    let is_integer = matches!(value, Value::Integer(_));
    Some(match function {
        Function::Abs if is_integer => return whole(number.abs().to_i64()?),
        Function::Abs => Value::Decimal(number.abs()),
        Function::Ceiling => return whole(number.ceil().to_i64()?),
        Function::Floor => return whole(number.floor().to_i64()?),
        Function::Truncate => return whole(number.trunc().to_i64()?),
        Function::Round => {
            let places = argument.unwrap_or(Decimal::ZERO).to_u32()?;
            let strategy = RoundingStrategy::MidpointAwayFromZero;
            Value::Decimal(number.round_dp_with_strategy(places, strategy))
        }
        Function::Sqrt => Value::Decimal(number.sqrt()?),
        Function::Exp => rounded(number.checked_exp()?),
        Function::Ln => rounded(logarithm(number)?),
        Function::Log => {
            let base = argument?;
            let base = logarithm(base).filter(|base| !base.is_zero())?;
            rounded(logarithm(number)?.checked_div(base)?)
        }
        Function::Power => {
            let exponent = argument?;
            if exponent.is_integer() {
                let exponent = exponent.to_i64().filter(|exponent| exponent.unsigned_abs() <= 100_000)?;
                let power = number.checked_powi(exponent)?;
                return if is_integer && exponent >= 0 {
                    whole(power.to_i64()?)
                } else {
                    Some(Value::Decimal(power))
                };
            }
            if number.is_sign_negative() {
                return None;
            }
            rounded(number.checked_powd(exponent)?)
        }
        _ => return None,
    })
}

fn logarithm(number: Decimal) -> Option<Decimal> {
    if number <= Decimal::ZERO { None } else { number.checked_ln() }
}

fn rounded(number: Decimal) -> Value<'static> {
    Value::Decimal(number.round_dp(PLACES).normalize())
}
