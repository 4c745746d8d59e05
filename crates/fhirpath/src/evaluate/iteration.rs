//! Functions whose argument is evaluated for each item: `where`, `select`, `all`, `repeat` and others.

use super::{Evaluator, Outcome, Scope, singleton_boolean};
use crate::error::EvaluateError;
use crate::function::Function;
use crate::item::{Collection, Item};
use crate::tree::Tree;
use crate::value::Value;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn iterate(
        &self,
        function: Function,
        input: &[Item<'a>],
        arguments: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = function.name();
        match (function, arguments) {
            (Function::Where, [criteria]) => {
                for (index, item) in input.iter().enumerate() {
                    if self.truth(criteria, scope.of_item(item, index), name)? == Some(true) {
                        out.push(item.clone());
                    }
                }
            }
            (Function::Select, [projection]) => {
                for (index, item) in input.iter().enumerate() {
                    self.evaluate(projection, scope.of_item(item, index), out)?;
                }
            }
            (Function::Exists, []) => out.push((!input.is_empty()).into()),
            (Function::Exists, [criteria]) => {
                let mut found = false;
                for (index, item) in input.iter().enumerate() {
                    if self.truth(criteria, scope.of_item(item, index), name)? == Some(true) {
                        found = true;
                        break;
                    }
                }
                out.push(found.into());
            }
            (Function::All, [criteria]) => {
                let mut all = true;
                for (index, item) in input.iter().enumerate() {
                    if self.truth(criteria, scope.of_item(item, index), name)? != Some(true) {
                        all = false;
                        break;
                    }
                }
                out.push(all.into());
            }
            (Function::Repeat, [projection]) => self.repeat(input, projection, scope, out)?,
            (Function::Aggregate, [aggregator, rest @ ..]) => {
                let mut total = self.argument(rest, 0, scope)?;
                for (index, item) in input.iter().enumerate() {
                    let inner = Scope { total: Some(&total), ..scope.of_item(item, index) };
                    total = self.collect(aggregator, inner)?;
                }
                out.extend(total);
            }
            (Function::Iif, [criterion, rest @ ..]) => self.choose(input, criterion, rest, scope, out)?,
            (Function::Sort, keys) => self.sort(input, keys, scope, out)?,
            // Nothing is written anywhere: the items may be personal. The projection is evaluated so that its
            // mistakes are found.
            (Function::Trace, [name, projection @ ..]) => {
                self.collect(name, scope)?;
                for (index, item) in input.iter().enumerate() {
                    self.argument(projection, 0, scope.of_item(item, index))?;
                }
                self.extend(out, input)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The projection of the items, the projection of that, and so on, each new item once.
    fn repeat(
        &self,
        input: &[Item<'a>],
        projection: &Tree,
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let mut found = Collection::new();
        let mut current: Collection<'a> = input.into();
        while !current.is_empty() {
            let mut next = Collection::new();
            for (index, item) in current.iter().enumerate() {
                for item in self.collect(projection, scope.of_item(item, index))? {
                    if !self.includes(&found, &item)? {
                        found.push(item.clone());
                        next.push(item);
                    }
                }
            }
            current = next;
        }
        out.extend(found);
        Ok(())
    }

    fn choose(
        &self,
        input: &[Item<'a>],
        criterion: &Tree,
        results: &[Tree],
        scope: Scope<'_, 'a>,
        out: &mut Collection<'a>,
    ) -> Outcome {
        let name = Function::Iif.name();
        if input.len() > 1 {
            return Err(EvaluateError::NotSingle(name));
        }
        let inner = Scope { this: input, ..scope };
        let criterion = self.collect(criterion, inner)?;
        let truth = match singleton_boolean(&criterion, name)? {
            Some(true) if !matches!(criterion.first().and_then(Item::value), Some(Value::Boolean(_))) => {
                return Err(EvaluateError::WrongType(name));
            }
            truth => truth == Some(true),
        };
        match results.get(usize::from(!truth)) {
            Some(result) => self.evaluate(result, inner, out),
            None => Ok(()),
        }
    }
}
