//! The contract with clients as data, and what is made of it: the OpenAPI document, schemas of R4, the catalogue of
//! errors, and the comparison with what was promised before. No input or output.

mod compare;
mod components;
mod errors;
mod openapi;
mod operations;
mod route;
mod routes;
mod schema;
#[cfg(test)]
mod tests;
mod values;
mod yaml;

pub use compare::{Break, compare, may_break};
pub use errors::errors_document;
pub use openapi::openapi;
pub use operations::{OPERATIONS, Operation, Parameter};
pub use route::{Caller, Deprecation, Method, Refusal, Route};
pub use routes::{deprecation, routes};
pub use yaml::{from_yaml, to_yaml};

/// The version of the contract (semantic versioning): what breaks a client raises the first number, what is added the
/// second.
pub const VERSION: &str = "1.0.0";

/// The types of the health book: each has paths of its own in the document.
pub const BOOK_TYPES: [&str; 34] = [
    "AllergyIntolerance",
    "Appointment",
    "AuditEvent",
    "CarePlan",
    "CodeSystem",
    "Communication",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "EpisodeOfCare",
    "FamilyMemberHistory",
    "Immunization",
    "Location",
    "Medication",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "RelatedPerson",
    "ServiceRequest",
    "Task",
    "ValueSet",
];

/// Why no document can be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// The parts that are written by hand are not JSON: a fault of the program.
    #[error("the definitions of the contract cannot be read")]
    Definitions,
    /// It is no YAML, or too much of it.
    #[error("the contract is not YAML that can be read")]
    Yaml,
}
