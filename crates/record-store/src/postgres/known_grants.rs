//! The grants that the writer of the log of accesses knows from one commit to the next. Several servers may share a
//! database, so every transaction that writes grants says so in a setting, as the last thing that it does. Entries with grants
//! that were known before are put down only if it is still what it was before those were read; else they are read again.

use diesel::sql_types::Binary;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};

use super::{execute, load};
use crate::access_log::{GrantRow, GrantTypes, Grants, QueuedEntries, WaitingIn, framed, missing_grants};
use crate::{StoreError, query};

/// Name of the setting: something new whenever grants were written.
const GRANTS_WRITTEN: &str = "grants-written";

/// Commits that rely on nothing known after somebody has written grants: while many do, asking for the setting is in vain.
const AFTER_A_WRITE: u8 = 8;

/// Commits, and says before whether grants were written. All servers that write some say so in one row: it is told in one
/// message with the commit, so that none of them waits for another one that is gone.
pub(super) async fn commit(
    connection: &mut AsyncPgConnection,
    writes_grants: bool,
) -> Result<(), StoreError> {
    if !writes_grants {
        return Ok(connection.batch_execute("COMMIT").await?);
    }
    let number = uuid::Uuid::new_v4().simple();
    let statements = format!(
        "INSERT INTO setting (name, value) VALUES ('{GRANTS_WRITTEN}', '\\x{number}') \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value; COMMIT"
    );
    Ok(connection.batch_execute(&statements).await?)
}

#[derive(Debug, Default)]
pub(super) struct KnownGrants {
    grants: Grants,
    /// What the setting was before the first of them was read.
    written: Option<Vec<u8>>,
    /// Commits that still rely on nothing known.
    wary: u8,
}

impl KnownGrants {
    /// Puts entries down with the grants that they name, in one statement and so in one transaction.
    pub(super) async fn put(
        &mut self,
        connection: &mut AsyncPgConnection,
        entries: &[QueuedEntries],
    ) -> Result<(), StoreError> {
        if self.wary == 0 && self.put_knowing(connection, entries).await? {
            return Ok(());
        }
        self.wary = self.wary.saturating_sub(1);
        let mut grants = Grants::default();
        read_missing(connection, entries, &mut grants).await?;
        execute(connection, framed(entries, &grants).insert(WaitingIn::Database)).await.map(drop)
    }

    /// The same with what is known. `false`: somebody has written grants since, and nothing was put down.
    async fn put_knowing(
        &mut self,
        connection: &mut AsyncPgConnection,
        entries: &[QueuedEntries],
    ) -> Result<bool, StoreError> {
        // Taken: after an error nothing is relied on.
        let written = match self.written.take() {
            Some(written) => written,
            None => {
                self.grants.forget();
                let setting = query::setting(GRANTS_WRITTEN).returning::<(Binary,)>();
                let found: Vec<(Vec<u8>,)> = load(connection, setting).await?;
                found.into_iter().next().map(|(written,)| written).unwrap_or_default()
            }
        };
        self.grants.stay_small();
        read_missing(connection, entries, &mut self.grants).await?;
        let statement = framed(entries, &self.grants).insert_while(GRANTS_WRITTEN, &written);
        if execute(connection, statement).await? == 1 {
            self.written = Some(written);
            return Ok(true);
        }
        self.wary = AFTER_A_WRITE;
        Ok(false)
    }
}

async fn read_missing(
    connection: &mut AsyncPgConnection,
    entries: &[QueuedEntries],
    grants: &mut Grants,
) -> Result<(), StoreError> {
    let missing = missing_grants(entries, grants);
    let mut rows: Vec<GrantRow> = Vec::new();
    for statement in missing.statements() {
        rows.extend(load(connection, statement.returning::<GrantTypes>()).await?);
    }
    grants.learn(missing, rows);
    Ok(())
}
