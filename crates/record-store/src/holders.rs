//! Who holds identifiers: many asked for together, as a page of the population registry needs them.

use access::Access;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt};
use search::SearchPlan;

use crate::query::{self, Held};
use crate::shield::Sight;
use crate::store::{Engine, Store, blocking};
use crate::stored::{VERSION_COLUMNS, VersionRow, VersionTypes, record};
use crate::{Record, StoreError, postgres, sqlite};

/// Holders of one identifier that are told: more than one is not one.
const MOST: u32 = 2;

type PlacedTypes =
    (BigInt, (BigInt, BigInt, SmallInt, Binary, Integer, BigInt, SmallInt, Nullable<Binary>, Bool));

impl Store {
    /// The holders of the identifiers that each of the plans asks for, at most two for each identifier: one read for all of
    /// them. `None` for a plan that asks for something else than who has an identifier.
    pub async fn holders(
        &self,
        access: &Access,
        plans: &[&SearchPlan],
    ) -> Result<Vec<Option<Vec<Record>>>, StoreError> {
        let registry = self.registry();
        let mut found: Vec<Option<Vec<Record>>> = Vec::with_capacity(plans.len());
        let (mut owners, mut all) = (Vec::new(), Vec::new());
        for (owner, plan) in plans.iter().enumerate() {
            let held = query::held(&registry, plan);
            found.push(held.is_some().then(Vec::new));
            for held in held.into_iter().flatten() {
                owners.push(owner);
                all.push(held);
            }
        }
        for (place, row) in self.held_by(access, all).await? {
            let record = record(row, Sight::of(access))?;
            let owner = owners.get(place).and_then(|owner| found.get_mut(*owner));
            if let Some(Some(records)) = owner
                && !records.iter().any(|known| known.id == record.id)
            {
                records.push(record);
            }
        }
        Ok(found)
    }

    /// The holders of each, with the place in the list.
    async fn held_by(&self, access: &Access, all: Vec<Held>) -> Result<Vec<(usize, VersionRow)>, StoreError> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let gate = self.gate(access).await?;
        match &self.engine {
            Engine::Sqlite(store) => {
                let store = std::sync::Arc::clone(store);
                let read = move || {
                    store.with_reader(|connection| {
                        // One look at the file for all of them.
                        sqlite::at_once(connection, |connection| {
                            let mut found = Vec::with_capacity(all.len());
                            for (place, held) in all.into_iter().enumerate() {
                                let select = query::holders(&gate, held, MOST).returning::<VersionTypes>();
                                let rows: Vec<VersionRow> = sqlite::load(connection, select)?;
                                found.extend(rows.into_iter().map(|row| (place, row)));
                            }
                            Ok(found)
                        })
                    })
                };
                blocking(read).await
            }
            Engine::Postgres(store) => {
                let statement = query::holders_of_all(&gate, &all, VERSION_COLUMNS, MOST);
                let mut connection = store.reader().await?;
                let rows: Vec<(i64, VersionRow)> =
                    postgres::load(&mut connection, statement.returning::<PlacedTypes>()).await?;
                let placed =
                    rows.into_iter().map(|(place, row)| (usize::try_from(place).unwrap_or(usize::MAX), row));
                Ok(placed.collect())
            }
        }
    }
}
