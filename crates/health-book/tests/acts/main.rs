//! The acts on a store of each kind, with a clock that the tests hold: what `docs/sharing.md` promises.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

mod at_once;
mod codes;
mod emergencies;
mod insurance;
mod merging;
mod merging_model;
mod notices;
mod people;
mod registry;
mod relations;
mod shown;
mod world;
