//! What the environment may change.

use std::sync::LazyLock;

/// `HEALTHBOOK_ORACLE_LENIENT`: refused queries, and what docs/search.md promises but the store does not do yet
/// ([`crate::compare::pending`]), are counted and printed, but are no failure.
pub static LENIENT: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os("HEALTHBOOK_ORACLE_LENIENT").is_some());

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// `HEALTHBOOK_ROUNDS`: comparisons on each backend.
pub fn rounds() -> u64 {
    number("HEALTHBOOK_ROUNDS").unwrap_or(3_000)
}

/// `HEALTHBOOK_SEED`: the seed of the first set.
pub fn seed() -> u64 {
    number("HEALTHBOOK_SEED").unwrap_or(1)
}

/// `HEALTHBOOK_QUERIES`: queries for each set.
pub fn queries_of_a_set() -> u64 {
    number("HEALTHBOOK_QUERIES").unwrap_or(250)
}
