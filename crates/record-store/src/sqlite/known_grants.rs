//! The grants that the writer thread knows from one commit of the log to the next. All that this server writes passes
//! through that thread, and SQLite tells of what others have written.

use diesel::SqliteConnection;
use diesel::sql_types::BigInt;

use super::load;
use crate::StoreError;
use crate::access_log::{GrantRow, GrantTypes, Grants, QueuedEntries, missing_grants};
use crate::statement::Statement;

#[derive(Debug, Default)]
pub(super) struct KnownGrants {
    grants: Grants,
    /// `PRAGMA data_version`: it changes when another connection has written.
    version: Option<i64>,
}

impl KnownGrants {
    /// Reads what some entries name and is not known yet.
    pub(super) fn read_for(
        &mut self,
        connection: &mut SqliteConnection,
        entries: &[QueuedEntries],
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        // Before the grants: what is written between the two is seen the next time.
        let version = data_version(connection)?;
        if self.version != version {
            self.forget();
            self.version = version;
        }
        self.grants.stay_small();
        let missing = missing_grants(entries, &self.grants);
        let mut rows: Vec<GrantRow> = Vec::new();
        for statement in missing.statements() {
            rows.extend::<Vec<GrantRow>>(load(connection, statement.returning::<GrantTypes>())?);
        }
        self.grants.learn(missing, rows);
        Ok(())
    }

    pub(super) fn known(&self) -> &Grants {
        &self.grants
    }

    /// This connection writes what may be a grant.
    pub(super) fn forget(&mut self) {
        self.grants.forget();
    }
}

fn data_version(connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let statement = Statement::new("PRAGMA data_version");
    let rows: Vec<(i64,)> = load(connection, statement.returning::<(BigInt,)>())?;
    Ok(rows.first().map(|(version,)| *version))
}
