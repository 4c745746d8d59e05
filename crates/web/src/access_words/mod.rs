//! Entries of the log of accesses in plain words, in both languages: what the page shows and the report prints.

mod done;
mod line;
mod people;
mod reasons;
#[cfg(test)]
mod tests;
mod types;

pub use line::{AccessLine, LineOutcome, access_lines, day_words, time_words};
