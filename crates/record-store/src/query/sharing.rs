//! What is granted and closed in one book, and how much of it somebody sees.

use super::Gate;
use crate::statement::Statement;

/// The grants of a book that hold at a moment or later, of the resources that the caller sees: authority, then the
/// columns of [`terms`].
pub(crate) fn grants(gate: &Gate, book: i64, now: i64) -> Statement {
    terms(gate, "book_grant", "authority", book, now)
}

/// The same of denials: whether each holds in an emergency, then the same columns.
pub(crate) fn denials(gate: &Gate, book: i64, now: i64) -> Statement {
    terms(gate, "book_denial", "in_emergency", book, now)
}

fn terms(gate: &Gate, table: &str, kind: &str, book: i64, now: i64) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT t.{kind}, t.grantee, t.begins, t.ends, t.purpose, t.resource_type, t.visit, t.labels, \
         r.resource_type, r.logical_id FROM {table} t \
         JOIN resource r ON r.book = t.book AND r.resource_key = t.resource_key WHERE t.book = "
    ));
    statement.big(book).sql(" AND t.ends > ").big(now);
    gate.restrict(&mut statement, "r", &[]);
    statement.sql(" ORDER BY t.begins, t.resource_key, t.number");
    statement
}

/// The number of current resources of a book by type, as the caller sees it: type, count.
pub(crate) fn book_counts(gate: &Gate, book: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.resource_type, count(*) FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.change <> 2");
    gate.restrict(&mut statement, "r", &[]);
    statement.sql(" GROUP BY r.resource_type ORDER BY r.resource_type");
    statement
}

/// The kind of author of a resource's current version.
pub(crate) fn author_kind(book: i64, key: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.author_kind FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.resource_key = ").big(key).sql(" AND r.change <> 2");
    statement
}
