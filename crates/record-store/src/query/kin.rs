//! Books that are one person's: what was merged, and what follows of it.

use fhir::{Instant, ResourceType};

use crate::statement::{Bind, Statement};
use crate::stored::type_number;

/// The other book replaces the book.
pub(crate) const ABOVE: i16 = 1;
/// The book replaces the other one.
pub(crate) const BELOW: i16 = 2;

/// Appends `n`: the book and whatever was ever merged with it, over others too.
fn neighbours(statement: &mut Statement, book: i64) {
    statement.sql("WITH RECURSIVE n(book) AS (SELECT CAST(").big(book).sql(
        " AS BIGINT) UNION SELECT CASE WHEN m.book = n.book THEN m.into_book ELSE m.book END \
         FROM n JOIN book_merge m ON m.book = n.book OR m.into_book = n.book)",
    );
}

/// Notes that a book is merged into another from a moment on, or is by itself again, and makes anew what follows of it.
pub(crate) fn put_merge(book: i64, into: Option<i64>, at: i64) -> Vec<Statement> {
    let mut ended = Statement::new("UPDATE book_merge SET ended = ");
    ended
        .big(at)
        .sql(" WHERE book = ")
        .big(book)
        .sql(" AND into_book <> ")
        .big(into.unwrap_or(-1))
        .sql(" AND ended = 0");
    let mut statements = vec![ended];
    if let Some(into) = into {
        let mut begun = Statement::new("INSERT INTO book_merge (book, into_book, since, ended) VALUES (");
        begun.big(book).sql(",").big(into).sql(",").big(at).sql(
            ",0) ON CONFLICT (book, into_book) DO UPDATE SET ended = 0, \
             since = CASE WHEN book_merge.ended <> 0 THEN excluded.since ELSE book_merge.since END",
        );
        statements.push(begun);
    }
    let mut gone = Statement::new("");
    neighbours(&mut gone, book);
    gone.sql(" DELETE FROM book_kin WHERE book IN (SELECT book FROM n)");
    statements.push(gone);
    let mut made = Statement::new("");
    neighbours(&mut made, book);
    // `u`: what is above a book, since the last merge on the way. `a`: what is one with it, in whatever direction.
    made.sql(
        ", u(book, other, since) AS (SELECT m.book, m.into_book, m.since FROM book_merge m \
         WHERE m.ended = 0 AND m.book IN (SELECT n.book FROM n) \
         UNION SELECT u.book, m.into_book, CASE WHEN m.since > u.since THEN m.since ELSE u.since END \
         FROM u JOIN book_merge m ON m.book = u.other AND m.ended = 0), \
         a(book, other) AS (SELECT n.book, n.book FROM n \
         UNION SELECT a.book, CASE WHEN m.book = a.other THEN m.into_book ELSE m.book END \
         FROM a JOIN book_merge m ON (m.book = a.other OR m.into_book = a.other) AND m.ended = 0) \
         INSERT INTO book_kin (book, other, relation, since) \
         SELECT a.book, a.other, CASE WHEN EXISTS (SELECT 1 FROM u WHERE u.book = a.book AND u.other = a.other) THEN 1 \
         WHEN EXISTS (SELECT 1 FROM u WHERE u.book = a.other AND u.other = a.book) THEN 2 ELSE 0 END, \
         COALESCE((SELECT min(u.since) FROM u WHERE (u.book = a.book AND u.other = a.other) \
         OR (u.book = a.other AND u.other = a.book)), \
         (SELECT max(u.since) FROM u WHERE u.book IN (a.book, a.other)), 0) FROM a WHERE a.book <> a.other",
    );
    statements.push(made);
    statements
}

/// The books that are one with a book: book, relation, since when.
pub(crate) fn kin(book: i64) -> Statement {
    let mut statement = Statement::new("SELECT k.other, k.relation, k.since FROM book_kin k WHERE k.book = ");
    statement.big(book).sql(" ORDER BY k.other");
    statement
}

/// The book that stands for a book, when that is another one.
pub(crate) fn standing_for(book: i64) -> Statement {
    let mut statement = Statement::new("SELECT k.other FROM book_kin k WHERE k.book = ");
    statement.big(book).sql(" AND k.relation = ").small(ABOVE);
    statement.sql(" AND NOT EXISTS (SELECT 1 FROM book_kin u WHERE u.book = k.other AND u.relation = ");
    statement.small(ABOVE).sql(")");
    statement
}

/// When a book was merged into another, and whether that has ended.
pub(crate) fn merge_of(book: i64, into: i64) -> Statement {
    let mut statement = Statement::new("SELECT m.since, m.ended FROM book_merge m WHERE m.book = ");
    statement.big(book).sql(" AND m.into_book = ").big(into);
    statement
}

/// The hashes of the ids of those who are one with somebody whose id has one of these: of whom, hash.
pub(crate) fn hashes_of_kin(hashes: Vec<i64>, at: Instant) -> Statement {
    let patient = type_number(ResourceType::PATIENT);
    let mut statement = Statement::new(
        "SELECT d.id_hash, r.id_hash FROM directory d JOIN book_kin k ON k.book = d.book \
         JOIN resource r ON r.book = k.other AND r.resource_key = k.other WHERE d.resource_type = ",
    );
    statement.small(patient).sql(" AND d.id_hash IN (");
    statement.list(hashes.into_iter().map(Bind::Big).collect());
    statement.sql(") AND k.since <= ").big(at.microseconds()).sql(" ORDER BY r.id_hash");
    statement
}
