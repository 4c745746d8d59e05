//! Profiles, from the specification (R4 profiling.html, elementdefinition.html, extensibility.html): small profiles,
//! good and bad instances, and everything that is wrong with them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken premise of a test fails the test")]

mod bindings;
mod cardinality;
mod definitions;
mod extensions;
mod extensions_complex;
mod families;
mod invariants;
mod packages;
mod references;
mod slicing;
mod slicing_kinds;
mod slicing_nested;
mod types;
mod values;
