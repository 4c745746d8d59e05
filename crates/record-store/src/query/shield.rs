//! Books under the location shield.

use access::Shield;
use fhir::{LogicalId, ResourceType};
use search::Registry;

use super::directory::named;
use crate::statement::{Bind, Statement};
use crate::stored::type_number;

/// Puts a book under the shield, or takes it out.
pub(crate) fn put_shield(book: i64, shielded: bool) -> Statement {
    if shielded {
        let mut statement = Statement::new("INSERT INTO shielded_book (book) VALUES (");
        statement.big(book).sql(") ON CONFLICT DO NOTHING");
        return statement;
    }
    let mut statement = Statement::new("DELETE FROM shielded_book WHERE book = ");
    statement.big(book);
    statement
}

/// The places of a book whose resources tell a place, behind a key: book, key.
pub(crate) fn guarded_places(book: i64, after: i64, limit: i64) -> Statement {
    let mut statement = Statement::new("SELECT r.book, r.resource_key FROM resource r WHERE r.book = ");
    statement.big(book).sql(" AND r.resource_key > ").big(after).sql(" AND r.resource_type IN (");
    statement.list(Shield::PARTLY.iter().map(|kind| Bind::Small(type_number(*kind))).collect());
    statement.sql(") ORDER BY r.resource_key LIMIT ").big(limit);
    statement
}

/// The book of a patient, if it is under the shield.
pub(crate) fn shielded_book(registry: &Registry, patient: &LogicalId) -> Statement {
    let mut statement =
        Statement::new("SELECT d.book FROM directory d JOIN shielded_book sb ON sb.book = d.book WHERE ");
    named(&mut statement, registry, ResourceType::PATIENT, patient, "d");
    statement
}
