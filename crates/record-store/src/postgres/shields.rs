//! Books that go under the location shield or leave it, on PostgreSQL.

use diesel::sql_types::BigInt;
use diesel_async::AsyncPgConnection;
use search::Registry;

use super::upkeep::{locked, put_present};
use super::{execute, flush, load};
use crate::write::{RESHIELDED_AT_ONCE, reshielded};
use crate::{StoreError, query};

/// Notes it and makes the index of each book anew, in the transaction of the version that says so. Whoever writes into
/// the book has locked its patient as we have, or the resource that is there already, which is locked here before it is
/// read: so nobody writes rows of the state before.
pub(super) async fn write(
    connection: &mut AsyncPgConnection,
    registry: &Registry,
    shields: &[(i64, bool)],
) -> Result<(), StoreError> {
    for (book, shielded) in shields.iter().copied() {
        execute(connection, query::put_shield(book, shielded)).await?;
        let mut after = i64::MIN;
        loop {
            let statement = query::guarded_places(book, after, RESHIELDED_AT_ONCE);
            let places: Vec<(i64, i64)> = load(connection, statement.returning::<(BigInt, BigInt)>()).await?;
            let Some((_, last)) = places.last() else { break };
            after = *last;
            let (mut removed, mut added, mut present) = (Vec::new(), Vec::new(), Vec::new());
            for (row, _) in locked(connection, &places).await? {
                let key = row.1;
                let Some(made) = reshielded(registry, row, shielded)? else { continue };
                removed.push(made.removed);
                added.push(made.added);
                present.push((book, key, made.present));
            }
            flush::remove(connection, &removed).await?;
            flush::add_missing(connection, &added).await?;
            put_present(connection, &present).await?;
        }
    }
    Ok(())
}
