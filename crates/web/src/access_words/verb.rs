//! A verb in both languages: as what was done is told, and as what was only tried is.

use audit_log::{Entry, Outcome};

use crate::Language;

/// What somebody does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb<'a> {
    vietnamese: &'a str,
    /// `read`
    past: &'a str,
    /// What follows `tried to`.
    plain: &'a str,
}

impl<'a> Verb<'a> {
    pub(super) const fn new(vietnamese: &'a str, past: &'a str, plain: &'a str) -> Self {
        Self { vietnamese, past, plain }
    }

    /// As the entry says that it ended: what was refused or broke was tried, and not done.
    pub(super) fn told(self, entry: &Entry<'_>, language: Language) -> String {
        match (language, entry.outcome == Outcome::Success) {
            (Language::Vietnamese, true) => self.vietnamese.to_owned(),
            (Language::Vietnamese, false) => format!("thử {}", self.vietnamese),
            (Language::English, true) => self.past.to_owned(),
            (Language::English, false) => format!("tried to {}", self.plain),
        }
    }
}
