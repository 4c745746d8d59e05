//! What whoever verifies a log can rely on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken premise of a test fails the test"
)]

mod decoding;
mod entry;
mod extract;
mod flips;
mod forging;
mod history;
mod log;
mod segment;
