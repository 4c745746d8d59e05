//! The numbers that stand for people, facilities and visits in rows: keyed hashes, as of references.

use access::{Author, Facts, Grantee};
use fhir::{LogicalId, ResourceType};
use search::Hasher;

use crate::stored::type_number;

/// The number of a name such as `Organization/7`; no logical id contains the slash, so it is never that of an id.
fn named(hasher: &Hasher, kind: &str, id: &LogicalId) -> i64 {
    hasher.reference_id(&format!("{kind}/{id}"))
}

/// The kind of a message: its word opens no book.
pub(crate) const MESSAGE: i16 = 3;

/// Kind and number of an author: 0 the server, 1 a citizen, 2 a facility, 3 a message.
pub(crate) fn author_number(hasher: &Hasher, author: &Author) -> (i16, i64) {
    match author {
        Author::Server => (0, 0),
        Author::Citizen(id) => (1, named(hasher, "Patient", id)),
        Author::Facility(id) => (2, named(hasher, "Organization", id)),
        Author::Message => (MESSAGE, 0),
    }
}

/// The number of who is entitled or shut out.
pub(crate) fn grantee_number(hasher: &Hasher, grantee: &Grantee) -> i64 {
    match grantee {
        Grantee::Organization(id) => named(hasher, "Organization", id),
        Grantee::Patient(id) => named(hasher, "Patient", id),
    }
}

/// The number of a visit: of the `Encounter` that the facts name, else of the resource itself.
pub(crate) fn visit_number(
    hasher: &Hasher,
    resource_type: ResourceType,
    id: &LogicalId,
    facts: &Facts,
) -> i64 {
    match &facts.visit {
        Some(encounter) => hasher.reference_id(encounter.as_str()),
        None if resource_type.as_str() == "Encounter" => hasher.reference_id(id.as_str()),
        None => named(hasher, resource_type.as_str(), id),
    }
}

/// The number of the visit that a grant or denial names: 0 for the whole book.
pub(crate) fn visit_of(hasher: &Hasher, encounter: Option<&LogicalId>) -> i64 {
    encounter.map_or(0, |encounter| hasher.reference_id(encounter.as_str()))
}

/// The number of the type that a grant or denial names: -1 for every one.
pub(crate) fn type_or_all(resource_type: Option<ResourceType>) -> i16 {
    resource_type.map_or(-1, type_number)
}
