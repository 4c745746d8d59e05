//! A parsed expression: the public face of the crate.

use std::fmt;
use std::sync::Arc;

use crate::context::Context;
use crate::error::{EvaluateError, ParseError};
use crate::evaluate::Evaluator;
use crate::item::Collection;
use crate::parser;
use crate::tree::Tree;

/// An expression, parsed once and evaluated many times. Cloning is cheap.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    tree: Arc<Tree>,
}

impl Expression {
    /// Reads an expression. Functions and types are checked here, so that a spelling mistake is found when an
    /// expression is registered and not when it silently finds nothing.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { tree: Arc::new(parser::parse(text)?) })
    }

    /// The items that the expression selects. They borrow from the resource, not from the expression.
    pub fn evaluate<'a>(&self, context: &Context<'a>) -> Result<Collection<'a>, EvaluateError> {
        let mut out = Collection::new();
        Evaluator::new(context).run(&self.tree, &mut out)?;
        Ok(out)
    }

    /// Whether the expression is true: a single `true`, or a single item that is not a boolean. Empty is
    /// `None`.
    pub fn evaluate_boolean(&self, context: &Context<'_>) -> Result<Option<bool>, EvaluateError> {
        let items = self.evaluate(context)?;
        crate::evaluate::singleton_boolean(&items, "the expression")
    }

    /// The same for many expressions on one budget: takes the steps that were needed from `steps`, which take the place of
    /// those of the context.
    pub fn evaluate_boolean_within(
        &self,
        context: &Context<'_>,
        steps: &mut u64,
    ) -> Result<Option<bool>, EvaluateError> {
        let (mut out, evaluator) = (Collection::new(), Evaluator::within(context, *steps));
        let result = evaluator.run(&self.tree, &mut out);
        *steps = evaluator.steps_left();
        result?;
        crate::evaluate::singleton_boolean(&out, "the expression")
    }

    /// The members of a union at the top, or the expression itself. Items that two members select are one
    /// item of the union but two of its branches.
    pub fn branches(&self) -> Vec<Self> {
        match &*self.tree {
            Tree::Union(members) => {
                members.iter().map(|tree| Self { tree: Arc::new(tree.clone()) }).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The type that the path starts from: `Patient` in `Patient.name`, `Observation` in
    /// `(Observation.value as Quantity)`. A union has one only if all its members agree.
    pub fn root_type(&self) -> Option<&str> {
        root_type(&self.tree)
    }
}

fn root_type(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Path { base: None, names } => {
            names.first().filter(|name| name.type_id.is_some()).map(|name| &*name.text)
        }
        Tree::Path { base: Some(base), .. } | Tree::Indexer { base, .. } => root_type(base),
        Tree::Call { base, .. } | Tree::TypeTest { base, .. } => root_type(base.as_deref()?),
        Tree::Unary { operand, .. } => root_type(operand),
        Tree::Binary { left, .. } => root_type(left),
        Tree::Union(members) => {
            let first = root_type(members.first()?)?;
            members.iter().all(|member| root_type(member) == Some(first)).then_some(first)
        }
        _ => None,
    }
}

/// The canonical text; parsing it gives the same expression.
impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(out)
    }
}

impl std::str::FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
