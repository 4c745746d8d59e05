//! What is granted and closed in one book, and how much of it somebody sees.

use fhir::{LogicalId, ResourceType};
use search::Registry;

use super::Gate;
use super::clause::AS_TEST;
use super::kin::ABOVE;
use crate::statement::{Bind, Statement, padded};
use crate::stored::{pack_id, type_number};

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

/// Books and grantees of one statement.
pub(crate) const MOST_ENTITLED: usize = 512;

/// Grants of one authority that are looked at for one of them, whatever somebody has put into a book.
pub(crate) const MOST_GRANTS: u8 = 64;

/// What entitles grantees to books and has not ended before a moment, for pairs of book and grantee, in the book or in that
/// of who stands for the person: book and grantee, authority, begin and end, purpose, type and visit, then type and id of
/// the resource that says so; the pairs in order, the grants of the book itself first.
pub(crate) fn entitlements(pairs: &[(i64, i64)], from: i64) -> Statement {
    let mut statement = Statement::new("WITH asked(book, grantee) AS (VALUES ");
    for (index, (book, grantee)) in padded(pairs).enumerate() {
        statement.sql(if index > 0 { ",(" } else { "(" }).big(book).sql(",").big(grantee).sql(")");
    }
    // UNION, for padding names the last pair several times.
    statement.sql(
        "), place(book, grantee, other, since) AS (SELECT a.book, a.grantee, a.book, CAST(0 AS BIGINT) FROM asked a \
         UNION SELECT a.book, a.grantee, kin.other, kin.since FROM asked a JOIN book_kin kin ON kin.book = a.book \
         AND kin.relation = ",
    );
    statement.small(ABOVE).sql(
        "), found AS (SELECT q.book, q.grantee, q.other, g.authority, g.resource_key, g.number, \
         CASE WHEN q.since > g.begins THEN q.since ELSE g.begins END AS begins, g.ends, g.purpose, g.resource_type, \
         g.visit, row_number() OVER (PARTITION BY q.book, q.grantee, q.other, g.authority \
         ORDER BY g.resource_key, g.number) AS place \
         FROM place q CROSS JOIN book_grant g WHERE g.book = q.other AND g.grantee = q.grantee \
         AND (q.other = q.book OR g.visit = 0) AND g.ends > ",
    );
    statement.big(from).sql(
        ") SELECT f.book, f.grantee, f.authority, f.begins, f.ends, f.purpose, f.resource_type, f.visit, \
         r.resource_type, r.logical_id \
         FROM found f CROSS JOIN resource r WHERE r.book = f.other AND r.resource_key = f.resource_key AND f.place <= ",
    );
    statement.big(i64::from(MOST_GRANTS)).sql(
        " ORDER BY f.book, f.grantee, CASE WHEN f.other = f.book THEN 0 ELSE 1 END, f.authority, f.resource_key, f.number",
    );
    statement
}

/// Finds the book of a resource when something in it, or in another one of the person, is closed to a grantee at a moment for
/// whatever purpose, or the visit of the resource carries a label or is not known yet.
pub(crate) fn guarded(book: i64, key: i64, grantee: i64, now: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.book FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.resource_key = ").big(key);
    statement.sql(
        " AND (r.visit = 0 \
         OR EXISTS (SELECT 1 FROM visit_label l WHERE l.book = r.book AND l.visit = r.visit",
    );
    statement.sql(AS_TEST).sql(") OR EXISTS (SELECT 1 FROM book_denial d WHERE d.book = r.book");
    denied(&mut statement, grantee, now);
    statement.sql(AS_TEST).sql(
        ") OR EXISTS (SELECT 1 FROM book_kin kin WHERE kin.book = r.book \
         AND EXISTS (SELECT 1 FROM book_denial d WHERE d.book = kin.other",
    );
    denied(&mut statement, grantee, now);
    statement.pieces_of(&[AS_TEST, ")", AS_TEST, "))"]);
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

/// Those of some ids whose current version the server has written.
pub(crate) fn words_of_server(
    registry: &Registry,
    resource_type: ResourceType,
    ids: &[LogicalId],
) -> Statement {
    let mut statement = Statement::new(
        "SELECT d.logical_id FROM directory d JOIN resource r ON r.book = d.book AND r.resource_key = d.resource_key \
         WHERE d.resource_type = ",
    );
    let hash = |id: &LogicalId| Bind::Big(registry.hasher().reference_id(id.as_str()));
    statement.small(type_number(resource_type));
    statement.sql(" AND d.id_hash IN (").list(ids.iter().map(hash).collect());
    statement.sql(") AND d.logical_id IN (").list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect());
    statement.sql(") AND r.change <> 2 AND r.author_kind = 0");
    statement
}
