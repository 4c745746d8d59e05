//! Whether two descriptions mean one person: the promise is `docs/matching.md`.
//!
//! Pure: no store, no clock. A caller that has people in a store does three things:
//! 1. keeps [`index_keys`] of every person beside that person;
//! 2. looks up the people who share one of the [`query_keys`] of a query;
//! 3. lets a [`Matcher`] rank them: each gets a [`Grade`], a score and the [`Evidence`] for it.

mod date;
mod field;
mod grade;
mod household;
mod keys;
mod matcher;
#[cfg(test)]
mod matcher_tests;
mod name;
mod names;
mod number;
mod numbers;
mod patient;
mod person;
mod slip;
mod sound;
mod typing;
mod weights;

pub use date::BirthDate;
pub use field::{Evidence, Field, Outcome};
pub use grade::{Grade, Rule};
pub use keys::{MOST_CANDIDATES, MOST_OF_A_KEY, index_keys, query_keys};
pub use matcher::{Match, Matcher};
pub use name::Name;
pub use number::{Number, NumberKind};
pub use patient::{READ_FROM, VERIFIED};
pub use person::{Death, Person, Query, Sex};
