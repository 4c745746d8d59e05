//! FHIR R4 (4.0.1) without any input or output: ids, the element table, dates, references, the check of a
//! resource's structure, parts of a resource, and the `OperationOutcome` that says what is wrong.

mod check;
mod date;
mod definitions;
mod fault;
mod fault_entry;
mod fault_macro;
#[cfg(test)]
mod fault_tests;
mod ids;
mod instant;
mod links;
mod outcome;
mod primitive;
mod reference;
mod remedy;
mod resource_type;
mod subset;

pub use check::{check_envelope, check_resource};
pub use date::{DateRange, InvalidDate, PartialDate, Precision};
pub use definitions::{Element, ElementType, Kind, Property, TypeId};
pub use fault::{CATALOGUE, Fault};
pub use fault_entry::CatalogueEntry;
pub use ids::{InvalidId, InvalidVersion, LogicalId, VersionId};
pub use instant::{Instant, InvalidInstant};
pub use links::{LinkKind, references_in, rewrite_links, rewrite_references};
pub use outcome::{Issue, IssueType, Severity, outcome_json};
pub use primitive::fits_primitive;
pub use reference::ReferenceText;
pub use remedy::{Remedy, remedy};
pub use resource_type::{ResourceType, UnknownResourceType};
pub use subset::{Subset, subset};
