//! From ids to resources.

use fhir::{LogicalId, ResourceType, VersionId};

use search::Registry;

use super::Gate;
use super::history::book_then;
use super::kin::BELOW;
use crate::shield::is_shielded;
use crate::statement::{Bind, Statement};
use crate::stored::{MOVED, VERSION_COLUMNS, pack_id, type_number, version_number};

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
    gate: &Gate,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT {VERSION_COLUMNS} FROM directory d \
         JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key WHERE "
    ));
    named(&mut statement, registry, resource_type, id, "d");
    gate.restrict(&mut statement, "r", &[resource_type]);
    statement
}

/// The current versions of resources of one type, and maybe some others whose ids have the same hash, in no order.
pub(crate) fn read_all(
    registry: &Registry,
    gate: &Gate,
    resource_type: ResourceType,
    ids: &[&LogicalId],
) -> Statement {
    let hashes = ids.iter().map(|id| Bind::Big(registry.hasher().reference_id(id.as_str())));
    let mut statement = Statement::new(&format!(
        "SELECT {VERSION_COLUMNS} FROM directory d \
         JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key WHERE d.resource_type = "
    ));
    statement.small(type_number(resource_type)).sql(" AND d.id_hash IN (").list(hashes.collect()).sql(")");
    gate.restrict(&mut statement, "r", &[resource_type]);
    statement
}

/// One version of one resource, as [`VersionTypes`](crate::stored::VersionTypes).
pub(crate) fn read_version(
    registry: &Registry,
    gate: &Gate,
    resource_type: ResourceType,
    id: &LogicalId,
    version: VersionId,
) -> Statement {
    let mut statement = read(registry, gate, resource_type, id);
    statement.sql(" AND r.version = ").bind(Bind::Int(version_number(version)));
    let (book, shielded) = (book_then("r.book", "v.own_book"), is_shielded("r.book, v.own_book"));
    statement.sql(&format!(
        " UNION ALL SELECT {book} AS book, r.resource_key, r.resource_type, r.logical_id, v.version, v.updated, \
         v.change, v.body, {shielded} \
         FROM directory d JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key \
         JOIN resource_version v ON v.book = d.book AND v.resource_key = d.resource_key \
         WHERE "
    ));
    named(&mut statement, registry, resource_type, id, "d");
    statement.sql(" AND v.version = ").bind(Bind::Int(version_number(version)));
    gate.restrict(&mut statement, "r", &[resource_type]);
    gate.restrict_past(&mut statement, "r", ("v.own_book", "v.visit"), &[resource_type]);
    statement
}

/// When the last version before one was stored that was not moved.
pub(crate) fn said_before(
    registry: &Registry,
    resource_type: ResourceType,
    id: &LogicalId,
    version: VersionId,
) -> Statement {
    let mut statement = Statement::new(
        "SELECT v.updated FROM directory d \
         JOIN resource_version v ON v.book = d.book AND v.resource_key = d.resource_key WHERE ",
    );
    named(&mut statement, registry, resource_type, id, "d");
    statement.sql(" AND v.version < ").bind(Bind::Int(version_number(version)));
    statement.sql(" AND v.change <> ").small(MOVED).sql(" ORDER BY v.version DESC LIMIT 1");
    statement
}

/// Directory and current version of one id: book, key, and version, updated, change, body, visit, author
/// when it exists; and whether the book is under the location shield.
pub(crate) fn lookup(registry: &Registry, resource_type: ResourceType, id: &LogicalId) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT d.book, d.resource_key, r.version, r.updated, r.change, r.body, r.visit, r.author, r.author_kind, \
         {} FROM directory d LEFT JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key WHERE ",
        is_shielded("d.book"),
    ));
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

/// Where there is what has one of these types and ids, and maybe others whose ids have the same hash: type, id, book.
pub(crate) fn books_of_ids(registry: &Registry, types: &[ResourceType], ids: &[&LogicalId]) -> Statement {
    let types = types.iter().map(|kind| Bind::Small(type_number(*kind))).collect();
    let hashes = ids.iter().map(|id| Bind::Big(registry.hasher().reference_id(id.as_str()))).collect();
    let mut statement =
        Statement::new("SELECT resource_type, logical_id, book FROM directory WHERE resource_type IN (");
    statement.list(types).sql(") AND id_hash IN (").list(hashes).sql(")");
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

/// The number of the current version of an id.
pub(crate) fn current_version(
    registry: &Registry,
    gate: &Gate,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Statement {
    let mut statement = Statement::new(
        "SELECT r.version FROM directory d \
         JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key WHERE ",
    );
    named(&mut statement, registry, resource_type, id, "d");
    gate.restrict(&mut statement, "r", &[resource_type]);
    statement
}

/// The books that grants open to somebody at a moment, and those that they replace: all, some of them more than once, unless
/// there are `limit` rows. No more grants are read than that, whatever else is open; the sums are those of their index.
pub(crate) fn granted_books(grantee: i64, now: i64, limit: usize) -> Statement {
    let mut statement =
        Statement::new("WITH open AS (SELECT g.book FROM book_grant g WHERE g.grantee + 0 = ");
    statement.big(grantee).sql(" AND g.ends + 0 > ").big(now).sql(" AND g.begins <= ").big(now);
    statement.sql(&format!(
        " LIMIT {limit}) SELECT o.book FROM open o UNION ALL \
         SELECT k.other FROM open o JOIN book_kin k ON k.book = o.book AND k.relation = {BELOW}"
    ));
    statement
}

/// Changes one row when a setting still holds `before`.
pub(crate) fn claim(name: &str, before: Option<&[u8]>, after: Vec<u8>) -> Statement {
    match before {
        Some(before) => {
            let mut statement = Statement::new("UPDATE setting SET value = ");
            statement.bind(Bind::Bytes(after)).sql(" WHERE name = ").bind(Bind::Text(name.to_owned()));
            statement.sql(" AND value = ").bind(Bind::Bytes(before.to_vec()));
            statement
        }
        None => {
            let mut statement = Statement::new("INSERT INTO setting (name, value) VALUES (");
            statement.bind(Bind::Text(name.to_owned())).sql(",").bind(Bind::Bytes(after));
            statement.sql(") ON CONFLICT (name) DO NOTHING");
            statement
        }
    }
}

/// Book and key of everything behind a place.
pub(crate) fn places_behind((book, key): (i64, i64), limit: i64) -> Statement {
    let mut statement =
        Statement::new("SELECT r.book, r.resource_key FROM resource r WHERE (r.book, r.resource_key) > (");
    statement.big(book).sql(",").big(key).sql(") ORDER BY r.book, r.resource_key LIMIT ").big(limit);
    statement
}
