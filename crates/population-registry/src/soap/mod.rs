//! The two operations of the national population database in SOAP 1.1 (`docs/registry.md`, section 4).

mod envelope;
mod person;
mod question;
#[cfg(test)]
mod tests;

pub(crate) use envelope::{is_refusal, read_person, read_verification};
pub(crate) use envelope::{write_fault, write_nobody, write_person, write_verification};
pub(crate) use question::{AskedFor, Asker, Operation, read_question, write_question};

/// The namespace of the operations.
pub(crate) const NAMESPACE: &str = "http://dancuquocgia.bca";

/// What an envelope may cost.
pub(crate) const LIMITS: xml::Limits = xml::Limits { depth: 12, bytes: 1 << 20, elements: 2_000 };
