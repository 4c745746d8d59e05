//! The promises of the nation, checked from outside: determinism, uniqueness, closed references, facts that agree
//! with each other, and figures that agree with what is known of Vietnam from elsewhere.
#![expect(clippy::expect_used, reason = "a test that meets something unexpected has failed")]

mod check_ups;
mod facts;
mod figures;
mod promises;
mod structure;
mod survey;
