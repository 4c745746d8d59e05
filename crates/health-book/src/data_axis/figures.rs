//! What is counted of messages: result codes, never a value.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The figures of this server since its start.
#[derive(Debug, Default)]
pub struct AxisFigures(Mutex<BTreeMap<&'static str, u64>>);

impl AxisFigures {
    pub(super) fn came(&self, outcome: &'static str) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counted.entry(outcome).or_default();
        *count = count.saturating_add(1);
    }

    /// Messages by result code: what they were answered, and what came of them.
    pub fn outcomes(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
