//! Entries of the log of accesses in plain words, in both languages: what the page shows and the report prints.

mod acts;
#[cfg(test)]
mod acts_tests;
mod commands;
mod done;
mod line;
mod operations;
mod people;
mod places;
mod reasons;
mod sign_in;
#[cfg(test)]
mod tests;
mod times;
mod types;
mod verb;

pub use line::{AccessLine, LineOutcome, access_lines, nameless_facility};
pub use times::{day_words, time_words, zone_words};
