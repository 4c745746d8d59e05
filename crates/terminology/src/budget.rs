//! What one question may cost. Work is paid for before it is done.

/// A number of steps. Once it did not suffice, nothing can be paid any more.
#[derive(Debug, Clone)]
pub struct Budget {
    most: usize,
    left: Option<usize>,
}

/// A question that would cost more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the question would take too many steps")]
pub struct TooCostly;

impl Budget {
    /// So many steps.
    pub fn new(most: usize) -> Self {
        Self { most, left: Some(most) }
    }

    /// Pays for steps; `None` when there are not enough left.
    pub(crate) fn spend(&mut self, steps: usize) -> Option<()> {
        self.left = self.left.and_then(|left| left.checked_sub(steps));
        self.left.map(|_| ())
    }

    /// Ends the question.
    pub(crate) fn refuse(&mut self) {
        self.left = None;
    }

    /// Whether something could not be paid.
    pub fn is_exceeded(&self) -> bool {
        self.left.is_none()
    }

    /// The steps that were paid; all of them when they did not suffice.
    pub fn spent(&self) -> usize {
        self.most.saturating_sub(self.left.unwrap_or(0))
    }
}
