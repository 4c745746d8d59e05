//! Books that go under the location shield or leave it, on SQLite.

use diesel::SqliteConnection;
use diesel::sql_types::BigInt;
use search::Registry;

use super::{execute, flush, load};
use crate::statement::Statement;
use crate::stored::{VERSION_COLUMNS, VersionRow, VersionTypes};
use crate::write::{RESHIELDED_AT_ONCE, reshielded};
use crate::{StoreError, query};

/// Notes it and makes the index of each book anew, in the transaction of the version that says so.
pub(super) fn write(
    connection: &mut SqliteConnection,
    registry: &Registry,
    shields: &[(i64, bool)],
) -> Result<(), StoreError> {
    for (book, shielded) in shields.iter().copied() {
        execute(connection, query::put_shield(book, shielded))?;
        let mut after = i64::MIN;
        loop {
            let statement = query::guarded_places(book, after, RESHIELDED_AT_ONCE);
            let places: Vec<(i64, i64)> = load(connection, statement.returning::<(BigInt, BigInt)>())?;
            for (book, key) in &places {
                let mut statement = Statement::new(&format!("SELECT {VERSION_COLUMNS} FROM resource r"));
                statement.sql(" WHERE r.book = ").big(*book).sql(" AND r.resource_key = ").big(*key);
                let rows: Vec<VersionRow> = load(connection, statement.returning::<VersionTypes>())?;
                for row in rows {
                    let Some(made) = reshielded(registry, row, shielded)? else { continue };
                    flush::remove(connection, made.removed)?;
                    flush::add_missing(connection, made.added)?;
                    let mut statement = Statement::new("UPDATE resource SET present = ");
                    statement.big(made.present).sql(" WHERE book = ").big(*book);
                    statement.sql(" AND resource_key = ").big(*key);
                    execute(connection, statement)?;
                }
            }
            let Some((_, last)) = places.last() else { break };
            after = *last;
        }
    }
    Ok(())
}
