//! The log of accesses in the store, on both databases: `docs/access-log.md`, sections 5, 7 and 8.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

// The crate of the format, under the name that its own tests give it.
extern crate audit_log as healthbook_audit_log;

mod appending;
mod beside;
mod crash;
mod deeds;
mod following;
mod named;
mod reading;
mod rights;
mod rotation;
mod size;
mod standing_still;
mod support;
mod tampering;
#[path = "../../../audit-log/tests/it/log.rs"]
#[allow(dead_code, reason = "a part of what the tests of the format use")]
mod work;
#[path = "../gate/world.rs"]
#[allow(dead_code, reason = "a part of what the tests of the gate use")]
mod world;
mod writes;
