//! The statements of a reindex.

use fhir::ResourceType;
use search::Slot;

use crate::query;
use crate::statement::{Bind, Statement};
use crate::stored::type_number;

/// Name of the setting that says how far a reindex is.
pub(super) const REINDEX: &str = "reindex";

/// The tables of the index with their keys.
pub(super) const TABLES: [(&str, &str); 5] = [
    ("token_index", "slot, code, book, resource_key, system"),
    ("string_index", "slot, folded, book, resource_key, exact"),
    ("date_index", "slot, low, high, book, resource_key"),
    ("reference_index", "slot, target, target_type, book, resource_key"),
    ("quantity_index", "slot, unit, low, high, book, resource_key, code, text"),
];

/// The statements that put custom parameters in force: their list and the slots that are new.
pub(super) fn put_parameters(lines: Vec<u8>, slots: Vec<(Slot, String)>) -> Vec<Statement> {
    let mut statements = vec![query::put_setting(crate::database::CUSTOM, lines)];
    statements.extend(slots.into_iter().map(|(slot, name)| {
        let mut statement = Statement::new("INSERT INTO search_slot (slot, expression) VALUES (");
        statement.small(slot.0).sql(",").bind(Bind::Text(name)).sql(")");
        statement
    }));
    statements
}

/// The number of resources of a type.
pub(super) fn count(resource_type: ResourceType) -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM resource r WHERE r.resource_type = ");
    statement.small(type_number(resource_type)).sql(" AND r.change <> 2");
    statement
}

/// Book and key of the resources of a type behind a place.
pub(super) fn places(resource_type: ResourceType, (book, key): (i64, i64), limit: i64) -> Statement {
    let mut statement =
        Statement::new("SELECT r.book, r.resource_key FROM resource r WHERE r.resource_type = ");
    statement.small(type_number(resource_type)).sql(" AND r.change <> 2 AND (r.book, r.resource_key) > (");
    statement.big(book).sql(",").big(key).sql(") ORDER BY r.book, r.resource_key LIMIT ").big(limit);
    statement
}

/// Whether a slot has rows in a table: one or none.
pub(super) fn has_rows(table: &str, slot: Slot) -> Statement {
    let mut statement = Statement::new(&format!("SELECT t.slot FROM {table} t WHERE t.slot = "));
    statement.small(slot.0).sql(" LIMIT 1");
    statement
}

/// Removes some rows of a slot.
pub(super) fn empty((table, key): (&str, &str), slot: Slot, limit: i64) -> Statement {
    let mut statement = Statement::new(&format!("DELETE FROM {table} WHERE slot = "));
    statement.small(slot.0).sql(&format!(" AND ({key}) IN (SELECT {key} FROM {table} WHERE slot = "));
    statement.small(slot.0).sql(" LIMIT ").big(limit).sql(")");
    statement
}
