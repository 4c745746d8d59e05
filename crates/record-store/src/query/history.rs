//! History: of an instance from its book, of types and of everything from the change feed.

use fhir::ResourceType;
use search::Registry;

use super::Gate;
use super::clause::places_list;
use super::directory::named;
use crate::shield::is_shielded;
use crate::statement::{Bind, Statement};
use crate::stored::type_number;
use crate::{HistoryScope, HistoryWindow};

/// All versions with the columns of [`VersionTypes`](crate::stored::VersionTypes), as a table `h`.
fn versions(
    statement: &mut Statement,
    registry: &Registry,
    scope: &HistoryScope,
    bounds: &dyn Fn(&mut Statement),
) {
    match scope {
        HistoryScope::Book(patient) => {
            // The book of a patient has the number of its `Patient`.
            let mut of_book = |from: &str| {
                statement.sql(from);
                named(statement, registry, ResourceType::PATIENT, patient, "d");
            };
            of_book(
                "(SELECT r.book, r.resource_key, r.resource_type, r.logical_id, r.version, r.updated, r.change, \
                 r.body, r.visit, r.book AS own_book, r.visit AS own_visit FROM directory d JOIN resource r ON r.book = d.book \
                 WHERE ",
            );
            of_book(
                " UNION ALL SELECT r.book, r.resource_key, r.resource_type, r.logical_id, v.version, v.updated, \
                 v.change, v.body, r.visit, v.own_book, v.visit AS own_visit FROM directory d \
                 JOIN resource r ON r.book = d.book \
                 JOIN resource_version v ON v.book = r.book AND v.resource_key = r.resource_key \
                 WHERE ",
            );
            statement.sql(") h WHERE 1 = 1");
            bounds(statement);
        }
        HistoryScope::Instance(resource_type, id) => {
            let mut of_instance = |from: &str| {
                statement.sql(from);
                named(statement, registry, *resource_type, id, "d");
            };
            of_instance(
                "(SELECT r.book, r.resource_key, r.resource_type, r.logical_id, r.version, r.updated, r.change, \
                 r.body, r.visit, r.book AS own_book, r.visit AS own_visit FROM directory d JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key \
                 WHERE ",
            );
            of_instance(
                " UNION ALL SELECT r.book, r.resource_key, r.resource_type, r.logical_id, v.version, v.updated, \
                 v.change, v.body, r.visit, v.own_book, v.visit AS own_visit FROM directory d \
                 JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key \
                 JOIN resource_version v ON v.book = d.book AND v.resource_key = d.resource_key \
                 WHERE ",
            );
            statement.sql(") h WHERE 1 = 1");
            bounds(statement);
        }
        HistoryScope::Type(_) | HistoryScope::System => {
            statement.sql(
                "(SELECT f.book, f.resource_key, f.resource_type, r.logical_id, f.version, f.updated, \
                 CASE WHEN v.version IS NULL THEN r.change ELSE v.change END AS change, \
                 CASE WHEN v.version IS NULL THEN r.body ELSE v.body END AS body, r.visit, \
                 CASE WHEN v.version IS NULL THEN r.book ELSE v.own_book END AS own_book, \
                 CASE WHEN v.version IS NULL THEN r.visit ELSE v.visit END AS own_visit \
                 FROM change_feed f JOIN resource r ON r.book = f.book AND r.resource_key = f.resource_key \
                 LEFT JOIN resource_version v ON v.book = f.book AND v.resource_key = f.resource_key \
                 AND v.version = f.version) h WHERE 1 = 1",
            );
            if let HistoryScope::Type(resource_type) = scope {
                statement.sql(" AND h.resource_type = ").small(type_number(*resource_type));
            }
            bounds(statement);
        }
    }
}

fn bounds(statement: &mut Statement, gate: &Gate, scope: &HistoryScope, window: &HistoryWindow) {
    if let Some(since) = window.since {
        statement.sql(" AND h.updated >= ").big(since.microseconds());
    }
    if let Some(until) = window.until {
        statement.sql(" AND h.updated <= ").big(until.microseconds());
    }
    if let Some((low, high)) = window.at {
        // Current at some time in the range: stored before its end, and not replaced before its start.
        statement.sql(" AND h.updated < ").big(high);
        statement.sql(
            " AND NOT EXISTS (SELECT 1 FROM change_feed n WHERE n.resource_key = h.resource_key \
             AND n.book = h.book AND n.version = h.version + 1 AND n.updated < ",
        );
        // Times are shown in milliseconds: what was replaced in the first of them was not current any more.
        statement.big(low.saturating_add(1_000)).sql(")");
    }
    let types = match scope {
        HistoryScope::Instance(kind, _) | HistoryScope::Type(kind) => vec![*kind],
        HistoryScope::System | HistoryScope::Book(_) => Vec::new(),
    };
    gate.restrict(statement, "h", &types);
    gate.restrict_past(statement, "h", ("h.own_book", "h.own_visit"), &types);
}

/// The book in which a version stood, out of which it is shown: another one than that of the resource, where it was moved
/// since. Of some versions it is not known.
pub(super) fn book_then(book: &str, own_book: &str) -> String {
    format!("CASE WHEN {own_book} < 0 THEN {book} ELSE {own_book} END")
}

/// A page, newest first; one row more than asked tells that another page follows.
pub(crate) fn history(
    registry: &Registry,
    gate: &Gate,
    scope: &HistoryScope,
    window: &HistoryWindow,
) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT {} AS book, h.resource_key, h.resource_type, h.logical_id, h.version, h.updated, h.change, h.body, \
         {} FROM ",
        book_then("h.book", "h.own_book"),
        is_shielded("h.book, h.own_book"),
    ));
    versions(&mut statement, registry, scope, &|statement| bounds(statement, gate, scope, window));
    if let Some(after) = window.after {
        statement.sql(" AND (h.updated, h.resource_key, h.version) < (").big(after.updated).sql(",");
        statement.big(after.key).sql(",").bind(Bind::Int(after.version)).sql(")");
    }
    statement.sql(" ORDER BY h.updated DESC, h.resource_key DESC, h.version DESC LIMIT ");
    statement.big(i64::from(window.count) + 1);
    statement
}

/// The newest time of all versions, if there is any.
pub(crate) fn newest() -> Statement {
    Statement::new("SELECT updated FROM change_feed ORDER BY updated DESC LIMIT 1")
}

/// The resources that were moved to another book after a moment, the first move first: book before, book after, key.
/// At most `limit`.
pub(crate) fn moved_since(until: i64, limit: u32) -> Statement {
    let mut statement =
        Statement::new("SELECT m.old_book, m.new_book, m.resource_key FROM book_move m WHERE m.updated > ");
    statement.big(until).sql(&format!(" ORDER BY m.updated LIMIT {limit}"));
    statement
}

/// Which of these places hold a resource that is there for the caller: book and key.
pub(crate) fn there(gate: &Gate, places: &[(i64, i64)]) -> Statement {
    let mut statement = Statement::new(
        "SELECT r.book, r.resource_key FROM resource r WHERE (r.book, r.resource_key) IN (VALUES ",
    );
    places_list(&mut statement, places);
    statement.sql(")");
    gate.restrict(&mut statement, "r", &[]);
    statement
}

/// The number of versions in the window.
pub(crate) fn history_total(
    registry: &Registry,
    gate: &Gate,
    scope: &HistoryScope,
    window: &HistoryWindow,
) -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM ");
    versions(&mut statement, registry, scope, &|statement| bounds(statement, gate, scope, window));
    statement
}
