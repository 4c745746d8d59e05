//! From ids to resources.

use fhir::{LogicalId, ResourceType, VersionId};

use search::Registry;

use super::BookScope;
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, pack_id, type_number, version_number};

/// Appends the condition that a row of the directory is of that id: its hash leads there, its text decides.
pub(super) fn named(
    statement: &mut Statement,
    registry: &Registry,
    resource_type: ResourceType,
    id: &LogicalId,
    table: &str,
) {
    statement.sql(&format!("{table}.resource_type = ")).small(type_number(resource_type));
    statement.sql(&format!(" AND {table}.id_hash = ")).big(registry.hasher().reference_id(id.as_str()));
    statement.sql(&format!(" AND {table}.logical_id = ")).bind(Bind::Bytes(pack_id(id)));
}

/// The current version of one resource, as [`VersionTypes`](crate::stored::VersionTypes).
pub(crate) fn read(
    registry: &Registry,
    scope: BookScope,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT {VERSION_COLUMNS} FROM directory d \
         JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key WHERE "
    ));
    named(&mut statement, registry, resource_type, id, "d");
    scope.restrict(&mut statement, "r");
    statement
}

/// One version of one resource, as [`VersionTypes`](crate::stored::VersionTypes).
pub(crate) fn read_version(
    registry: &Registry,
    scope: BookScope,
    resource_type: ResourceType,
    id: &LogicalId,
    version: VersionId,
) -> Statement {
    let mut statement = read(registry, scope, resource_type, id);
    statement.sql(" AND r.version = ").bind(Bind::Int(version_number(version)));
    statement.sql(
        " UNION ALL SELECT r.book, r.resource_key, r.resource_type, r.logical_id, v.version, v.updated, \
         v.change, v.body FROM directory d JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key \
         JOIN resource_version v ON v.book = d.book AND v.resource_key = d.resource_key \
         WHERE ",
    );
    named(&mut statement, registry, resource_type, id, "d");
    statement.sql(" AND v.version = ").bind(Bind::Int(version_number(version)));
    scope.restrict(&mut statement, "r");
    statement
}

/// Directory and current version of one id: book, key, and version, updated, change, body when it exists.
pub(crate) fn lookup(registry: &Registry, resource_type: ResourceType, id: &LogicalId) -> Statement {
    let mut statement = Statement::new(
        "SELECT d.book, d.resource_key, r.version, r.updated, r.change, r.body FROM directory d \
         LEFT JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key WHERE ",
    );
    named(&mut statement, registry, resource_type, id, "d");
    statement
}

/// Number of current resources by type: type, count.
pub(crate) fn counts() -> Statement {
    Statement::new(
        "SELECT resource_type, count(*) FROM resource WHERE change <> 2 GROUP BY resource_type \
         ORDER BY resource_type",
    )
}

/// Book and key of an id.
pub(crate) fn place(registry: &Registry, resource_type: ResourceType, id: &LogicalId) -> Statement {
    let mut statement = Statement::new("SELECT book, resource_key FROM directory WHERE ");
    named(&mut statement, registry, resource_type, id, "directory");
    statement
}

/// The value of a setting of the database.
pub(crate) fn setting(name: &str) -> Statement {
    let mut statement = Statement::new("SELECT value FROM setting WHERE name = ");
    statement.bind(Bind::Text(name.to_owned()));
    statement
}

/// Sets a setting of the database.
pub(crate) fn put_setting(name: &str, value: Vec<u8>) -> Statement {
    let mut statement = Statement::new("INSERT INTO setting (name, value) VALUES (");
    statement.bind(Bind::Text(name.to_owned())).sql(",").bind(Bind::Bytes(value));
    statement.sql(") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    statement
}

/// Numbers and names of all slots.
pub(crate) fn slots() -> Statement {
    Statement::new("SELECT slot, expression FROM search_slot")
}
