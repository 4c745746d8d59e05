//! The binary operators: logic, membership, order; arithmetic is passed on.

use std::cmp::Ordering;

use super::equality::Truth;
use super::{Evaluator, Outcome, Scope, single, single_value, singleton_boolean};
use crate::error::EvaluateError;
use crate::item::{Collection, Item};
use crate::quantity::Quantity;
use crate::tree::{Operator, Tree};
use crate::value::Value;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn binary(
        &self,
        operator: Operator,
        left: &Tree,
        right: &Tree,
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = operator.symbol();
        let truth = match operator {
            Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                self.logic(operator, left, right, scope)?
            }
            _ => {
                let (left_tree, right_tree) = (left, right);
                let (mut left, mut right) = (Collection::new(), Collection::new());
                self.evaluate(left_tree, scope, &mut left)?;
                self.evaluate(right_tree, scope, &mut right)?;
                match operator {
                    Operator::Equal => self.equal(&left, &right)?,
                    Operator::NotEqual => self.equal(&left, &right)?.map(|equal| !equal),
                    Operator::Equivalent => Some(self.equivalent(&left, &right)?),
                    Operator::NotEquivalent => Some(!self.equivalent(&left, &right)?),
                    Operator::In => self.member(&left, &right, name)?,
                    Operator::Contains => self.member(&right, &left, name)?,
                    Operator::Less => order(&left, &right, name)?.map(Ordering::is_lt),
                    Operator::LessOrEqual => order(&left, &right, name)?.map(Ordering::is_le),
                    Operator::Greater => order(&left, &right, name)?.map(Ordering::is_gt),
                    Operator::GreaterOrEqual => order(&left, &right, name)?.map(Ordering::is_ge),
                    _ => return self.arithmetic(operator, &left, &right, out),
                }
            }
        };
        out.extend(truth.map(Item::from));
        Ok(())
    }

    /// Three-valued logic. The right side is not evaluated when the left decides.
    fn logic(&self, operator: Operator, left: &Tree, right: &Tree, scope: Scope<'_, 'a>) -> Truth {
        let truth = |tree| self.truth(tree, scope, operator.symbol());
        let first = truth(left)?;
        match (operator, first) {
            (Operator::And, Some(false)) => return Ok(Some(false)),
            (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => return Ok(Some(true)),
            _ => {}
        }
        let second = truth(right)?;
        Ok(match operator {
            Operator::And => match (first, second) {
                (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Operator::Or => match (first, second) {
                (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Operator::Implies => match (first, second) {
                (_, Some(true)) => Some(true),
                (Some(true), second) => second,
                _ => None,
            },
            _ => first.zip(second).map(|(first, second)| first != second),
        })
    }

    pub(super) fn truth(&self, tree: &Tree, scope: Scope<'_, 'a>, name: &'static str) -> Truth {
        let mut items = Collection::new();
        self.evaluate(tree, scope, &mut items)?;
        singleton_boolean(&items, name)
    }

    fn member(&self, item: &[Item<'a>], items: &[Item<'a>], name: &'static str) -> Truth {
        match single(item, name)? {
            None => Ok(None),
            Some(item) => self.includes(items, item).map(Some),
        }
    }
}

/// The order of two single values; unknown when one is missing or when precisions do not tell.
fn order(
    left: &[Item<'_>],
    right: &[Item<'_>],
    name: &'static str,
) -> Result<Option<Ordering>, EvaluateError> {
    let (Some(first), Some(second)) = (single(left, name)?, single(right, name)?) else {
        return Ok(None);
    };
    let (first, second) = match (first.value_ref(), second.value_ref()) {
        (Some(first), Some(second)) => (first, second),
        // A primitive without a value is as good as absent; a complex element has no order at all.
        _ => return no_value(left, right, name),
    };
    order_values(&first, &second).ok_or(EvaluateError::WrongType(name))
}

fn no_value(
    left: &[Item<'_>],
    right: &[Item<'_>],
    name: &'static str,
) -> Result<Option<Ordering>, EvaluateError> {
    let complex = |items: &[Item<'_>]| {
        matches!(single_value(items, name), Ok(None))
            && items.iter().filter_map(Item::element).any(|element| !element.is_primitive())
    };
    if complex(left) || complex(right) { Err(EvaluateError::WrongType(name)) } else { Ok(None) }
}

/// The outer `None` means that values of these types have no order.
fn order_values(first: &Value<'_>, second: &Value<'_>) -> Option<Option<Ordering>> {
    match (first, second) {
        (Value::String(first), Value::String(second)) => Some(Some((**first).cmp(&**second))),
        (Value::Temporal(first), Value::Temporal(second)) => Some(first.compare(second)),
        (Value::Quantity(first), Value::Quantity(second)) => Some(first.compare(second)),
        (Value::Quantity(quantity), number) => {
            number.as_decimal().map(|number| quantity.compare(&Quantity::plain(number)))
        }
        (number, Value::Quantity(quantity)) => {
            number.as_decimal().map(|number| Quantity::plain(number).compare(quantity))
        }
        _ => match (first.as_decimal(), second.as_decimal()) {
            (Some(first), Some(second)) => Some(Some(first.cmp(&second))),
            _ => None,
        },
    }
}
