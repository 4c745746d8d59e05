//! Whether somebody knows of a visit.

use super::Gate;
use crate::statement::Statement;

/// Finds the book when the caller sees something of a visit in it, or a grant to the caller names the visit: then the
/// answer to who writes for it tells nothing new.
pub(crate) fn known_visit(gate: &Gate, book: i64, visit: i64) -> Statement {
    let mut statement = Statement::new("SELECT k.book FROM (SELECT r.book FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.visit = ").big(visit);
    gate.restrict(&mut statement, "r", &[]);
    gate.naming(&mut statement, book, visit);
    statement.sql(") k LIMIT 1");
    statement
}
