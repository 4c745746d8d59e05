//! Which function does what: the one place where names meet code.

use super::{Evaluator, Outcome, Scope, integer, single, single_value, singleton_boolean};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::tree::Tree;
use crate::value::{Text, Value};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn call(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        use Function as F;
        let name = function.name();
        match function {
            F::Where
            | F::Select
            | F::All
            | F::Exists
            | F::Repeat
            | F::Aggregate
            | F::Iif
            | F::Sort
            | F::Trace => self.iterate(function, input, arguments, scope, out),
            F::Empty
            | F::Count
            | F::Not
            | F::AllTrue
            | F::AllFalse
            | F::AnyTrue
            | F::AnyFalse
            | F::IsDistinct => self.summary(function, input, out),
            F::Distinct => self.push_distinct(input.into(), out),
            F::First | F::Last | F::Tail | F::Single => self.part(function, input, out),
            F::Skip | F::Take => {
                let count = self.integer_argument(arguments, scope, name)?;
                self.part_of_count(function, input, count, out)
            }
            F::SubsetOf | F::SupersetOf | F::Union | F::Combine | F::Intersect | F::Exclude => {
                let other = match arguments {
                    [argument] => self.collect(argument, scope)?,
                    _ => Collection::new(),
                };
                self.combine(function, input, other, out)
            }
            F::Children => self.children(input, out),
            F::Descendants => self.descendants(input, out),
            F::Extension => match self.text_argument(arguments, 0, scope, name)? {
                Some(url) => self.extensions(input, &url, out),
                None => Ok(()),
            },
            F::HasValue => {
                let value = single(input, name)?.is_some_and(|item| match item {
                    Item::Element(element) => element.is_primitive() && element.has_value(),
                    Item::Value(_) => true,
                });
                out.push(value.into());
                Ok(())
            }
            F::GetValue => {
                let primitive =
                    |item: &&Item<'a>| item.element().is_none_or(|element| element.is_primitive());
                out.extend(single(input, name)?.filter(primitive).and_then(Item::value).map(Item::Value));
                Ok(())
            }
            F::Resolve => self.resolve(input, out),
            F::Type => {
                self.charge(input.len())?;
                out.extend(input.iter().map(|item| {
                    let (namespace, name) = item.type_name();
                    Item::Value(Value::TypeInfo(namespace, name))
                }));
                Ok(())
            }
            F::ConformsTo => {
                if let Some(url) = self.text_argument(arguments, 0, scope, name)? {
                    out.extend(self.conforms_to(input, &url)?.map(Item::from));
                }
                Ok(())
            }
            F::MemberOf | F::HtmlChecks => Err(EvaluateError::Unsupported(name)),
            F::Now | F::Today | F::TimeOfDay => {
                let now = self.context.now.ok_or(EvaluateError::NoCurrentTime)?;
                out.push(Item::Value(Value::Temporal(match function {
                    F::Today => now.date(),
                    F::TimeOfDay => now.time(),
                    _ => now,
                })));
                Ok(())
            }
            F::Comparable => {
                let Some(Value::Quantity(first)) = single_value(input, name)? else {
                    return Ok(());
                };
                let other = self.argument(arguments, 0, scope)?;
                let Some(Value::Quantity(second)) = single_value(&other, name)? else {
                    return Ok(());
                };
                out.push(first.comparable(&second).into());
                Ok(())
            }
            F::LowBoundary | F::HighBoundary | F::Precision => {
                self.boundary(function, input, arguments, scope, out)
            }
            F::Abs
            | F::Ceiling
            | F::Exp
            | F::Floor
            | F::Ln
            | F::Log
            | F::Power
            | F::Round
            | F::Sqrt
            | F::Truncate => self.math(function, input, arguments, scope, out),
            F::ToBoolean
            | F::ToDate
            | F::ToDateTime
            | F::ToDecimal
            | F::ToInteger
            | F::ToQuantity
            | F::ToString
            | F::ToTime => self.convert(function, input, arguments, scope, out),
            F::ConvertsToBoolean => self.converts(F::ToBoolean, input, arguments, scope, out),
            F::ConvertsToDate => self.converts(F::ToDate, input, arguments, scope, out),
            F::ConvertsToDateTime => self.converts(F::ToDateTime, input, arguments, scope, out),
            F::ConvertsToDecimal => self.converts(F::ToDecimal, input, arguments, scope, out),
            F::ConvertsToInteger => self.converts(F::ToInteger, input, arguments, scope, out),
            F::ConvertsToQuantity => self.converts(F::ToQuantity, input, arguments, scope, out),
            F::ConvertsToString => self.converts(F::ToString, input, arguments, scope, out),
            F::ConvertsToTime => self.converts(F::ToTime, input, arguments, scope, out),
            F::Contains
            | F::Decode
            | F::Encode
            | F::EndsWith
            | F::Escape
            | F::IndexOf
            | F::Join
            | F::LastIndexOf
            | F::Length
            | F::Lower
            | F::Matches
            | F::MatchesFull
            | F::Replace
            | F::ReplaceMatches
            | F::Split
            | F::StartsWith
            | F::Substring
            | F::ToChars
            | F::Trim
            | F::Unescape
            | F::Upper => self.text(function, input, arguments, scope, out),
        }
    }

    /// The value of an argument that is evaluated once, from `$this`. A missing one is empty.
    pub(super) fn argument(
        &self,
        arguments: &[Tree],
        index: usize,
        scope: Scope<'_, 'a>,
    ) -> Result<Collection<'a>, EvaluateError> {
        match arguments.get(index) {
            Some(argument) => self.collect(argument, scope),
            None => Ok(Collection::new()),
        }
    }

    pub(super) fn text_argument(
        &self,
        arguments: &[Tree],
        index: usize,
        scope: Scope<'_, 'a>,
        name: &'static str,
    ) -> Result<Option<Text<'a>>, EvaluateError> {
        match single_value(&self.argument(arguments, index, scope)?, name)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(EvaluateError::WrongType(name)),
        }
    }

    pub(super) fn integer_argument(
        &self,
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        name: &'static str,
    ) -> Result<Option<i64>, EvaluateError> {
        integer(&self.argument(arguments, 0, scope)?, name)
    }

    /// Functions that tell something of the whole collection.
    fn summary(&self, function: Function, input: &[Item<'a>], out: &mut Collection<'a>) -> Outcome {
        let name = function.name();
        let all = |wanted: bool, any: bool| -> Result<bool, EvaluateError> {
            for item in input {
                let Some(Value::Boolean(value)) = item.value() else {
                    return Err(EvaluateError::WrongType(name));
                };
                if (value == wanted) == any {
                    return Ok(any);
                }
            }
            Ok(!any)
        };
        let truth = match function {
            Function::Count => {
                out.extend(i64::try_from(input.len()).ok().map(|count| Item::Value(Value::Integer(count))));
                return Ok(());
            }
            Function::Empty => Some(input.is_empty()),
            Function::Not => singleton_boolean(input, name)?.map(|value| !value),
            Function::AllTrue => Some(all(true, false)?),
            Function::AllFalse => Some(all(false, false)?),
            Function::AnyTrue => Some(all(true, true)?),
            Function::AnyFalse => Some(all(false, true)?),
            _ => {
                let mut distinct = Collection::new();
                self.push_distinct(input.into(), &mut distinct)?;
                Some(distinct.len() == input.len())
            }
        };
        out.extend(truth.map(Item::from));
        Ok(())
    }
}
