//! Writing to SQLite what versions say about access.

use diesel::SqliteConnection;

use super::execute;
use super::flush::insert;
use crate::StoreError;
use crate::statement::{Bind, Statement};
use crate::write::{FactRow, FactsOf, LabelRow, REGISTRATION};

/// Adds labels, takes away the grants and denials of what changed, and adds those that hold now.
pub(super) fn write(
    connection: &mut SqliteConnection,
    labels: Vec<LabelRow>,
    withdrawn: Vec<(i64, i64, bool)>,
    facts: Vec<FactsOf>,
) -> Result<(), StoreError> {
    for row in labels {
        let mut statement =
            Statement::new("INSERT INTO visit_label (book, visit, label, author, resource_key) VALUES (");
        statement.big(row.book).sql(",").big(row.visit).sql(",").big(row.label).sql(",").big(row.author);
        statement.sql(",").big(row.key).sql(") ON CONFLICT DO NOTHING");
        execute(connection, statement)?;
    }
    for (book, key, registered) in withdrawn {
        let mut statement = Statement::new("DELETE FROM book_grant WHERE book = ");
        statement.big(book).sql(" AND resource_key = ").big(key);
        if registered {
            statement.sql(&format!(" AND authority <> {REGISTRATION}"));
        }
        execute(connection, statement)?;
        let mut statement = Statement::new("DELETE FROM book_denial WHERE book = ");
        statement.big(book).sql(" AND resource_key = ").big(key);
        execute(connection, statement)?;
    }
    for FactsOf { book, key, rows } in facts {
        for row in rows.grants {
            let columns = "OR IGNORE INTO book_grant (authority, book, resource_key, number, grantee, begins, ends, purpose, \
                           resource_type, visit, labels)";
            insert(connection, columns, values(book, key, row))?;
        }
        for row in rows.denials {
            let columns = "INTO book_denial (in_emergency, book, resource_key, number, grantee, begins, ends, purpose, \
                           resource_type, visit, labels)";
            insert(connection, columns, values(book, key, row))?;
        }
    }
    Ok(())
}

fn values(book: i64, key: i64, row: FactRow) -> [Bind; 11] {
    let FactRow { number, kind, terms } = row;
    [
        Bind::Small(kind),
        Bind::Big(book),
        Bind::Big(key),
        Bind::Int(number),
        Bind::Big(terms.grantee),
        Bind::Big(terms.begins),
        Bind::Big(terms.ends),
        Bind::Small(terms.purpose),
        Bind::Small(terms.resource_type),
        Bind::Big(terms.visit),
        Bind::Big(terms.labels),
    ]
}
