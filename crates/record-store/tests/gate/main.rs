//! The gate inside of the store, on both databases: `docs/access.md`, sections 1 to 3.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

mod books;
mod crowds;
mod expectations;
mod labels;
mod limits;
mod merged;
mod past;
mod shield;
mod shield_races;
mod sorted;
mod two_worlds;
mod walk;
mod world;
mod writes;
