//! The promises of `docs/check-up.md`: every rule of every field, the samples in both formats, and FHIR there and back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails this way")]

#[path = "check_up/fhir.rs"]
mod fhir_documents;
#[path = "check_up/hostile.rs"]
mod hostile;
#[path = "check_up/rules.rs"]
mod rules;
#[path = "check_up/samples.rs"]
mod samples;
