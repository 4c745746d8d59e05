//! People by the keys of the matching.

use fhir::ResourceType;
use search::Slot;

use super::Gate;
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, type_number};

/// Name of the setting that says whether everybody has the keys, or how far the walk is that gives them.
pub(crate) const MATCH_KEYS: &str = "match-keys";

/// Key, book and resource key of at most `most` people of each key.
pub(crate) fn people_of_keys(slot: Slot, keys: &[i64], most: i64) -> Statement {
    let mut statement = Statement::default();
    for (index, key) in keys.iter().enumerate() {
        statement.sql(if index > 0 { " UNION ALL " } else { "" });
        statement.sql(
            "SELECT k.code, k.book, k.resource_key FROM \
             (SELECT t.code, t.book, t.resource_key FROM token_index t WHERE t.slot = ",
        );
        statement.small(slot.0).sql(" AND t.code = ").big(*key).sql(" LIMIT ").big(most).sql(") AS k");
    }
    statement
}

/// The people in these books, as [`VersionTypes`](crate::stored::VersionTypes); a book may have further ones.
pub(crate) fn people_at(gate: &Gate, places: &[(i64, i64)]) -> Statement {
    let mut statement =
        Statement::new(&format!("SELECT {VERSION_COLUMNS} FROM resource r WHERE r.resource_type = "));
    statement.small(type_number(ResourceType::PATIENT)).sql(" AND r.change <> 2 AND r.book IN (");
    statement.list(places.iter().map(|(book, _)| Bind::Big(*book)).collect()).sql(")");
    gate.restrict(&mut statement, "r", &[ResourceType::PATIENT]);
    statement
}

/// The number of people.
pub(crate) fn count_people() -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM resource r WHERE r.resource_type = ");
    statement.small(type_number(ResourceType::PATIENT)).sql(" AND r.change <> 2");
    statement
}
