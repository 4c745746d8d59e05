//! The registry of the database, and work on the index: a transaction of its own between the batches.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use fhir::ResourceType;
use search::{Registry, Slot};

use super::known_grants::commit;
use super::writer::Writer;
use super::{execute, facts, flush, load, shields};
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, VersionRow, VersionTypes};
use crate::write::{
    KnownRow, KnownTypes, QueuedUpkeep, ReadFacts, Rechecked, Upkeep, patients, recheck, reindexed, versions,
    walked_slots,
};
use crate::{StoreError, database, query};

/// Names the advisory lock on the custom search parameters: shared by every batch, alone for their change.
const PARAMETERS_LOCK: i64 = 0x4865_616c_7468_7370;

impl Writer {
    /// Begins a transaction and gives the registry that the database asks for. Until the end of the transaction no
    /// other process can change it, so no batch ever writes by parameters that another process has replaced.
    pub(super) async fn begin(
        &mut self,
        connection: &mut AsyncPgConnection,
        alone: bool,
    ) -> Result<Arc<Registry>, StoreError> {
        let shared = if alone { "" } else { "_shared" };
        // The statement that reads begins after the lock is there, so it sees what was changed under the lock.
        connection
            .batch_execute(&format!("BEGIN; SELECT pg_advisory_xact_lock{shared}({PARAMETERS_LOCK})"))
            .await?;
        let select = query::setting(database::CUSTOM).returning::<(Binary,)>();
        let found: Vec<(Vec<u8>,)> = load(connection, select).await?;
        let lines = found.into_iter().next().map(|(lines,)| lines).unwrap_or_default();
        if let Some(registry) = self.registry.of(&lines) {
            return Ok(registry);
        }
        let slots: Vec<(i16, String)> =
            load(connection, query::slots().returning::<(SmallInt, Text)>()).await?;
        let slots: HashMap<String, Slot> = slots.into_iter().map(|(slot, name)| (name, Slot(slot))).collect();
        Ok(self.registry.replace(&slots, lines))
    }

    /// Does some work on the index and answers whether its claim held.
    pub(super) async fn upkeep(&mut self, queued: QueuedUpkeep) {
        let outcome = self.work(queued.upkeep).await;
        // Nobody may be waiting any more; what is done stays done.
        let _ = queued.reply.send(outcome);
    }

    async fn work(&mut self, upkeep: Upkeep) -> Result<bool, StoreError> {
        let mut connection = self.connected().await?;
        let registry = self.begin(&mut connection, upkeep.alone).await?;
        let held = claim_and_work(&mut connection, &registry, upkeep).await?;
        match held {
            Some(writes_grants) => commit(&mut connection, writes_grants).await?,
            None => connection.batch_execute("ROLLBACK").await?,
        }
        // After an error the connection is dropped with its transaction.
        self.give_back(connection);
        Ok(held.is_some())
    }
}

/// Does the work when its claim holds, and says whether it has written grants.
async fn claim_and_work(
    connection: &mut AsyncPgConnection,
    registry: &Registry,
    upkeep: Upkeep,
) -> Result<Option<bool>, StoreError> {
    if execute(connection, upkeep.claim).await? != 1 {
        return Ok(None);
    }
    for statement in upkeep.statements {
        execute(connection, statement).await?;
    }
    if upkeep.places.is_empty() {
        return Ok(Some(false));
    }
    if let Some(reader) = &upkeep.reader {
        let mut writes_grants = false;
        locked(connection, &upkeep.places).await?;
        for (book, key) in upkeep.places {
            writes_grants |= recheck_one(connection, registry, reader.as_ref(), book, key).await?;
        }
        return Ok(Some(writes_grants));
    }
    let slots = walked_slots(registry);
    let (mut missing, mut present) = (Vec::new(), Vec::new());
    for (row, stored) in locked(connection, &upkeep.places).await? {
        let Some(found) = reindexed(registry, &slots, row, stored)? else { continue };
        let (book, key) = (found.missing.book, found.missing.key);
        present.extend(found.present.map(|present| (book, key, present)));
        missing.push(found.missing);
    }
    flush::add_missing(connection, &missing).await?;
    put_present(connection, &present).await?;
    Ok(Some(false))
}

/// Notes which parameters have a value: book, key, a bit for each.
pub(super) async fn put_present(
    connection: &mut AsyncPgConnection,
    present: &[(i64, i64, i64)],
) -> Result<(), StoreError> {
    if present.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&(i64, i64, i64)) -> i64| Bind::Bigs(present.iter().map(value).collect());
    let mut statement = Statement::new("UPDATE resource t SET present = w.present FROM unnest(");
    statement.bind(column(|row| row.0)).sql("::bigint[],").bind(column(|row| row.1)).sql("::bigint[],");
    statement.bind(column(|row| row.2)).sql(
        "::bigint[]) AS w(book, resource_key, present) WHERE t.book = w.book AND t.resource_key = w.resource_key",
    );
    execute(connection, statement).await.map(drop)
}

/// The current versions at these places. Their directory rows are locked first and in the order of every other writer,
/// so that no writer is between reading a version and replacing it; only a statement that begins after the lock sees
/// what the writer before us has committed.
pub(super) async fn locked(
    connection: &mut AsyncPgConnection,
    places: &[(i64, i64)],
) -> Result<Vec<(VersionRow, i64)>, StoreError> {
    let joined = |statement: &mut Statement| {
        statement.sql(" FROM unnest(").bind(Bind::Bigs(places.iter().map(|place| place.0).collect()));
        statement.sql("::bigint[],").bind(Bind::Bigs(places.iter().map(|place| place.1).collect()));
        statement.sql(
            "::bigint[]) AS w(book, resource_key) \
             JOIN resource r ON r.book = w.book AND r.resource_key = w.resource_key",
        );
    };
    let mut statement = Statement::new("SELECT d.resource_key");
    joined(&mut statement);
    statement.sql(
        " JOIN directory d ON d.resource_type = r.resource_type AND d.id_hash = r.id_hash \
         ORDER BY d.resource_key FOR UPDATE OF d",
    );
    let _: Vec<(i64,)> = load(connection, statement.returning::<(BigInt,)>()).await?;
    let mut statement = Statement::new(&format!("SELECT {VERSION_COLUMNS}, r.present"));
    joined(&mut statement);
    load(connection, statement.returning::<(VersionTypes, BigInt)>()).await
}

/// Reads all versions of a resource again. Whether grants were written.
async fn recheck_one(
    connection: &mut AsyncPgConnection,
    registry: &Registry,
    reader: &dyn ReadFacts,
    book: i64,
    key: i64,
) -> Result<bool, StoreError> {
    let known: Vec<KnownRow> = load(connection, versions(book, key).returning::<KnownTypes>()).await?;
    let mut books = HashMap::new();
    for patient in patients(registry, &known)? {
        let place = query::place(registry, ResourceType::PATIENT, &patient);
        let place: Vec<(i64, i64)> = load(connection, place.returning::<(BigInt, BigInt)>()).await?;
        books.extend(place.first().map(|(book, _)| (patient, *book)));
    }
    let Rechecked { statements, labels, withdrawn, facts, shields: changed } =
        recheck(registry, reader, &known, &books)?;
    for statement in statements {
        execute(connection, statement).await?;
    }
    let writes_grants = facts::write(connection, &labels, &withdrawn, &facts).await?;
    shields::write(connection, registry, &changed).await?;
    Ok(writes_grants)
}
