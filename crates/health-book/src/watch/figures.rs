//! What is counted of notices: by rule and by way, never a person.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How far behind the log the worker is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    /// Entries that were not looked at.
    pub entries: u64,
    /// The age of the last one that was; 0 when none is left.
    pub seconds: i64,
}

/// The figures of this server.
#[derive(Debug, Default)]
pub struct Figures {
    stored: Mutex<BTreeMap<&'static str, u64>>,
    messages: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    lag: Mutex<Lag>,
}

fn count<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, key: K) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(1);
}

impl Figures {
    pub(crate) fn stored(&self, code: &'static str) {
        count(&self.stored, code);
    }

    pub(super) fn message(&self, channel: &'static str, outcome: &'static str) {
        count(&self.messages, (channel, outcome));
    }

    pub(super) fn set_lag(&self, lag: Lag) {
        *self.lag.lock().unwrap_or_else(PoisonError::into_inner) = lag;
    }

    /// Notices that were stored, by code.
    pub fn all_stored(&self) -> BTreeMap<&'static str, u64> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Messages, by way and outcome.
    pub fn all_messages(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far behind the worker is.
    pub fn lag(&self) -> Lag {
        *self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
