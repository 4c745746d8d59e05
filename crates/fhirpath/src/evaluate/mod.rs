//! Tree and context to items.
//!
//! Every function appends its items to an output collection of the caller, so that a chain of steps moves
//! nothing around. Each step is paid from a budget, and so is each piece of text that is built: an expression
//! cannot run or grow without bound.

mod arithmetic;
mod boundary;
mod call;
mod collections;
mod conversion;
mod encoding;
mod equality;
mod iteration;
mod math;
mod navigation;
mod operators;
mod references;
mod sorting;
mod temporal_arithmetic;
mod text;
mod types;

use std::cell::{Cell, RefCell};

use regex_lite::Regex;

use crate::context::Context;
use crate::error::EvaluateError;
use crate::item::{Collection, Item};
use crate::tree::{Name, Tree};
use crate::value::Value;

type Outcome = Result<(), EvaluateError>;

/// Bytes of built text that one step pays for.
const BYTES_PER_STEP: usize = 16;

/// What `$this`, `$index` and `$total` mean at a place of the tree.
#[derive(Clone, Copy)]
struct Scope<'s, 'a> {
    this: &'s [Item<'a>],
    index: Option<usize>,
    total: Option<&'s [Item<'a>]>,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The scope of a criterion or projection for one item.
    fn of_item(self, item: &'s Item<'a>, index: usize) -> Self {
        Self { this: std::slice::from_ref(item), index: Some(index), total: self.total }
    }
}

/// One evaluation.
pub(crate) struct Evaluator<'c, 'a> {
    context: &'c Context<'a>,
    steps: Cell<u64>,
    /// The pattern compiled last: `where(matches(...))` asks for the same one again and again.
    pattern: RefCell<Option<(String, Regex)>>,
}

impl<'c, 'a> Evaluator<'c, 'a> {
    pub fn new(context: &'c Context<'a>) -> Self {
        Self::within(context, context.steps)
    }

    /// With another number of steps than the context allows.
    pub fn within(context: &'c Context<'a>, steps: u64) -> Self {
        Self { context, steps: Cell::new(steps), pattern: RefCell::new(None) }
    }

    pub fn steps_left(&self) -> u64 {
        self.steps.get()
    }

    /// Evaluates from the focus of the context.
    pub fn run(&self, tree: &Tree, out: &mut Collection<'a>) -> Outcome {
        let this = std::slice::from_ref(&self.context.focus);
        self.evaluate(tree, Scope { this, index: None, total: None }, out)
    }

    fn charge(&self, steps: usize) -> Outcome {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let left = self.steps.get().checked_sub(steps).ok_or(EvaluateError::TooManySteps)?;
        self.steps.set(left);
        Ok(())
    }

    /// Pays for a text that is about to be built.
    fn charge_bytes(&self, bytes: usize) -> Outcome {
        self.charge(bytes / BYTES_PER_STEP)
    }

    fn evaluate(&self, tree: &Tree, scope: Scope<'_, 'a>, out: &mut Collection<'a>) -> Outcome {
        self.charge(1)?;
        match tree {
            Tree::Literal(value) => out.push(Item::Value(value.clone())),
            Tree::Empty => {}
            Tree::This => self.extend(out, scope.this)?,
            Tree::Index => {
                let index = scope.index.and_then(|index| i64::try_from(index).ok());
                out.extend(index.map(|index| Item::Value(Value::Integer(index))));
            }
            Tree::Total => self.extend(out, scope.total.unwrap_or_default())?,
            Tree::Variable(name) => self.variable(name, out)?,
            Tree::Path { base: None, names } => self.path(scope.this, names, true, out)?,
            Tree::Path { base: Some(base), names } => {
                if self.context.strict {
                    require_element(base, names)?;
                }
                let mut items = Collection::new();
                self.evaluate(base, scope, &mut items)?;
                self.path(&items, names, false, out)?;
            }
            Tree::Indexer { base, index } => {
                self.require_order(base, "[]")?;
                let index = self.collect(index, scope)?;
                if let Some(index) = integer(&index, "[]")? {
                    let mut items = Collection::new();
                    self.evaluate(base, scope, &mut items)?;
                    out.extend(usize::try_from(index).ok().and_then(|index| items.get(index).cloned()));
                }
            }
            Tree::Call { base: None, function, arguments } => {
                self.call(*function, scope.this, arguments, scope, out)?;
            }
            Tree::Call { base: Some(base), function, arguments } => {
                if function.needs_order() {
                    self.require_order(base, function.name())?;
                }
                let mut items = Collection::new();
                self.evaluate(base, scope, &mut items)?;
                self.call(*function, &items, arguments, scope, out)?;
            }
            Tree::TypeTest { base: None, test, specifier } => {
                self.type_test(scope.this, *test, specifier, out)?;
            }
            Tree::TypeTest { base: Some(base), test, specifier } => {
                let mut items = Collection::new();
                self.evaluate(base, scope, &mut items)?;
                self.type_test(&items, *test, specifier, out)?;
            }
            Tree::Unary { negative, operand } => {
                let mut items = Collection::new();
                self.evaluate(operand, scope, &mut items)?;
                self.sign(*negative, &items, out)?;
            }
            Tree::Binary { operator, left, right } => self.binary(*operator, left, right, scope, out)?,
            Tree::Union(members) => {
                let mut all = Collection::new();
                for member in members {
                    self.evaluate(member, scope, &mut all)?;
                }
                self.push_distinct(all, out)?;
            }
        }
        Ok(())
    }

    fn collect(&self, tree: &Tree, scope: Scope<'_, 'a>) -> Result<Collection<'a>, EvaluateError> {
        let mut out = Collection::new();
        self.evaluate(tree, scope, &mut out)?;
        Ok(out)
    }

    fn extend(&self, out: &mut Collection<'a>, items: &[Item<'a>]) -> Outcome {
        self.charge(items.len())?;
        out.extend(items.iter().cloned());
        Ok(())
    }

    fn variable(&self, name: &str, out: &mut Collection<'a>) -> Outcome {
        if let Some((_, value)) = self.context.variables.iter().find(|(known, _)| known == name) {
            return self.extend(out, value);
        }
        let fixed = match name {
            "context" => return self.extend(out, std::slice::from_ref(&self.context.focus)),
            "resource" => return self.extend(out, std::slice::from_ref(&self.context.resource)),
            "rootResource" => return self.extend(out, std::slice::from_ref(&self.context.root_resource)),
            "ucum" => "http://unitsofmeasure.org".to_owned(),
            "sct" => "http://snomed.info/sct".to_owned(),
            "loinc" => "http://loinc.org".to_owned(),
            _ => match (name.strip_prefix("vs-"), name.strip_prefix("ext-")) {
                (Some(value_set), _) => format!("http://hl7.org/fhir/ValueSet/{value_set}"),
                (_, Some(extension)) => format!("http://hl7.org/fhir/StructureDefinition/{extension}"),
                _ => return Err(EvaluateError::UnknownVariable(name.to_owned())),
            },
        };
        out.push(Value::string(fixed).into());
        Ok(())
    }

    /// In a strict evaluation, refuses to take a position in what has no order.
    fn require_order(&self, base: &Tree, function: &'static str) -> Outcome {
        match base {
            Tree::Call { function: before, .. } if self.context.strict && before.loses_order() => {
                Err(EvaluateError::Unordered(function))
            }
            _ => Ok(()),
        }
    }
}

/// After a cast, a name must be an element of that type, also when the cast selects nothing.
fn require_element(base: &Tree, names: &[Name]) -> Outcome {
    let (Tree::TypeTest { specifier, .. }, Some(name)) = (base, names.first()) else {
        return Ok(());
    };
    match specifier.fhir {
        Some(type_id) if name.element_of(type_id).is_none() => {
            Err(EvaluateError::UnknownElement(name.text.to_string()))
        }
        _ => Ok(()),
    }
}

/// The only item, or none.
fn single<'i, 'a>(items: &'i [Item<'a>], name: &'static str) -> Result<Option<&'i Item<'a>>, EvaluateError> {
    match items {
        [] => Ok(None),
        [item] => Ok(Some(item)),
        _ => Err(EvaluateError::NotSingle(name)),
    }
}

/// The only value, or none; an element that has no value counts as none.
fn single_value<'a>(items: &[Item<'a>], name: &'static str) -> Result<Option<Value<'a>>, EvaluateError> {
    Ok(single(items, name)?.and_then(Item::value))
}

/// The truth of a collection: its only boolean, `true` for any other single item, unknown when empty.
pub(crate) fn singleton_boolean(
    items: &[Item<'_>],
    name: &'static str,
) -> Result<Option<bool>, EvaluateError> {
    Ok(single(items, name)?.map(|item| match item {
        Item::Value(Value::Boolean(value)) => *value,
        Item::Element(element) => element.node().as_bool().unwrap_or(true),
        Item::Value(_) => true,
    }))
}

fn integer(items: &[Item<'_>], name: &'static str) -> Result<Option<i64>, EvaluateError> {
    match single_value(items, name)? {
        None => Ok(None),
        Some(Value::Integer(value)) => Ok(Some(value)),
        Some(_) => Err(EvaluateError::WrongType(name)),
    }
}
