//! The part of every query that the gate decides: which books it may see.

use fhir::ResourceType;

use crate::statement::{Bind, Statement};
use crate::stored::type_number;

/// [`access::Books`] with the book's number looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BookScope {
    /// Everything.
    All,
    /// One book and the facility directory of the shared book. A book that does not exist is -1.
    One(i64),
}

/// Types of the shared book that whoever may read any book may read: they describe facilities, staff and
/// products, never a patient.
const SHARED_TYPES: [&str; 13] = [
    "CodeSystem",
    "ConceptMap",
    "Endpoint",
    "HealthcareService",
    "Location",
    "Medication",
    "NamingSystem",
    "Organization",
    "OrganizationAffiliation",
    "Practitioner",
    "PractitionerRole",
    "Schedule",
    "ValueSet",
];

/// The numbers of [`SHARED_TYPES`].
pub(crate) fn shared_types() -> Vec<i16> {
    SHARED_TYPES.iter().filter_map(|name| name.parse::<ResourceType>().ok()).map(type_number).collect()
}

impl BookScope {
    /// Appends ` AND <the caller may see table.book>`.
    pub(crate) fn restrict(self, statement: &mut Statement, table: &str) {
        if let Self::One(book) = self {
            statement.sql(&format!(" AND ({table}.book = ")).big(book);
            statement.sql(&format!(" OR ({table}.book = 0 AND {table}.resource_type IN ("));
            statement.list(shared_types().into_iter().map(Bind::Small).collect()).sql(")))");
        }
    }
}
