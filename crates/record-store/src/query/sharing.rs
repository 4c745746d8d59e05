//! What is granted and closed in one book, and how much of it somebody sees.

use fhir::ResourceType;

use super::Gate;
use crate::statement::Statement;
use crate::stored::type_number;

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

/// What entitles a grantee to a book at a moment: authority, then type and id of the resource that says so.
pub(crate) fn grants_in_force(book: i64, grantee: i64, now: i64) -> Statement {
    let mut statement = Statement::new(
        "SELECT g.authority, r.resource_type, r.logical_id FROM book_grant g \
         JOIN resource r ON r.book = g.book AND r.resource_key = g.resource_key WHERE g.book = ",
    );
    statement.big(book).sql(" AND g.grantee = ").big(grantee);
    statement.sql(" AND g.begins <= ").big(now).sql(" AND g.ends > ").big(now);
    statement.sql(" ORDER BY g.authority, g.resource_key, g.number");
    statement
}

/// Finds the book of a resource when something in it, or in another one of the person, is closed to a grantee at a moment for
/// whatever purpose, or the visit of the resource carries a label or is not known yet.
pub(crate) fn guarded(book: i64, key: i64, grantee: i64, now: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.book FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.resource_key = ").big(key);
    statement.sql(
        " AND (r.visit = 0 \
         OR EXISTS (SELECT 1 FROM visit_label l WHERE l.book = r.book AND l.visit = r.visit) \
         OR EXISTS (SELECT 1 FROM book_denial d WHERE d.book = r.book",
    );
    denied(&mut statement, grantee, now);
    statement.sql(
        ") OR EXISTS (SELECT 1 FROM book_kin kin JOIN book_denial d ON d.book = kin.other WHERE kin.book = r.book",
    );
    denied(&mut statement, grantee, now);
    statement.sql("))");
    statement
}

/// Appends that the denial `d` is in force for a grantee.
fn denied(statement: &mut Statement, grantee: i64, now: i64) {
    statement.sql(" AND d.grantee IN (0,").big(grantee).sql(") AND d.begins <= ").big(now);
    statement.sql(" AND d.ends > ").big(now);
}

/// The id of the `Patient` of a book.
pub(crate) fn patient_of_book(book: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.logical_id FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.resource_key = ").big(book);
    statement
}

/// The same of a `Patient` that is referred to and does not exist yet. Nothing leads there: the directory is walked.
pub(crate) fn expected_patient_of_book(book: i64) -> Statement {
    let mut statement = Statement::new("SELECT d.logical_id FROM directory d WHERE d.resource_type = ");
    statement.small(type_number(ResourceType::PATIENT)).sql(" AND d.book = ").big(book);
    statement.sql(" AND d.resource_key = ").big(book);
    statement
}

/// The kind of author of a resource's current version.
pub(crate) fn author_kind(book: i64, key: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.author_kind FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.resource_key = ").big(key).sql(" AND r.change <> 2");
    statement
}
