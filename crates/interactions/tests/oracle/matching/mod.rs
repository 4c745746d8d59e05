//! The matching rules, one module for each type of parameter, written from docs/search.md and R4.

pub mod dates;
pub mod engine;
pub mod escapes;
pub mod exact;
pub mod filter;
pub mod filter_test;
pub mod near;
pub mod quantities;
pub mod references;
pub mod sorting;
pub mod strings;
pub mod tokens;
pub mod uris;
pub mod words;

/// The query cannot be read: the store has to refuse it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub String);

/// What a rule answers.
pub type Answer<T> = Result<T, Invalid>;

pub fn invalid<T>(text: &str) -> Answer<T> {
    Err(Invalid(text.to_owned()))
}

/// Comparison prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
}

impl Prefix {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "lt" => Self::Lt,
            "ge" => Self::Ge,
            "le" => Self::Le,
            "sa" => Self::Sa,
            "eb" => Self::Eb,
            "ap" => Self::Ap,
            _ => return None,
        })
    }

    /// The prefix of a value and the rest.
    pub fn split(value: &str) -> (Self, &str) {
        match value.get(..2).and_then(Self::named) {
            Some(prefix) => (prefix, &value[2..]),
            None => (Self::Eq, value),
        }
    }
}
