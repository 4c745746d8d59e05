//! What the judgement of one resource may cost. Expressions, profiles and look-ups draw on the same budget, so that no
//! resource and no package can keep a processor for long.

use std::cell::Cell;

use fhirpath::{Context, EvaluateError, Expression};

/// Steps for any resource, and more for each byte of a large one. Real resources need less than one for ten bytes.
const STEPS: u64 = 5_000_000;
const STEPS_OF_BYTE: u64 = 5;

/// Steps that are left.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
    is_spent: Cell<bool>,
}

impl Budget {
    /// The budget of a resource of that many bytes.
    pub(crate) fn of(bytes: u32) -> Self {
        let steps = STEPS + STEPS_OF_BYTE * u64::from(bytes);
        Self { left: Cell::new(steps), is_spent: Cell::new(false) }
    }

    /// Whether more was asked for than there was.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    /// Takes steps; false when there are not so many any more.
    pub(crate) fn take(&self, steps: usize) -> bool {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.left.get().checked_sub(steps) {
            Some(left) => self.left.set(left),
            None => self.is_spent.set(true),
        }
        !self.is_spent.get()
    }

    /// Whether an expression is true. One that fails on this resource tells nothing against it, and neither does one for
    /// which nothing is left: that is told of the resource as a whole.
    pub(crate) fn holds(&self, expression: &Expression, context: &Context<'_>) -> bool {
        if self.is_spent() {
            return true;
        }
        let mut left = self.left.get();
        let result = expression.evaluate_boolean_within(context, &mut left);
        self.left.set(left);
        match result {
            Ok(result) => result == Some(true),
            Err(EvaluateError::TooManySteps) => {
                self.is_spent.set(true);
                true
            }
            Err(_) => true,
        }
    }
}
