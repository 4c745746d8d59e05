//! The registry of the database, and work on the index: a transaction of its own between the batches.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use fhir::ResourceType;
use search::{Registry, Slot};

use super::writer::Writer;
use super::{execute, facts, flush, load, shields};
use crate::statement::Statement;
use crate::stored::{VersionRow, VersionTypes};
use crate::write::{
    KnownRow, KnownTypes, QueuedUpkeep, ReadFacts, Rechecked, Upkeep, patients, recheck, reindexed, versions,
    walked_slots,
};
use crate::{StoreError, database, query};

impl Writer {
    /// The registry that the database asks for. Inside a transaction that writes nobody can change it any more, so no
    /// batch ever writes by parameters that another process has replaced.
    pub(super) fn registry_of_database(&mut self) -> Result<Arc<Registry>, StoreError> {
        let select = query::setting(database::CUSTOM).returning::<(Binary,)>();
        let found: Vec<(Vec<u8>,)> = load(&mut self.connection, select)?;
        let lines = found.into_iter().next().map(|(lines,)| lines).unwrap_or_default();
        if let Some(registry) = self.registry.of(&lines) {
            return Ok(registry);
        }
        let slots: Vec<(i16, String)> =
            load(&mut self.connection, query::slots().returning::<(SmallInt, Text)>())?;
        let slots: HashMap<String, Slot> = slots.into_iter().map(|(slot, name)| (name, Slot(slot))).collect();
        Ok(self.registry.replace(&slots, lines))
    }

    /// Does some work on the index and answers whether its claim held.
    pub(super) fn upkeep(&mut self, queued: QueuedUpkeep) {
        let outcome = self.work(queued.upkeep);
        // Nobody may be waiting any more; what is done stays done.
        let _ = queued.reply.send(outcome);
    }

    fn work(&mut self, upkeep: Upkeep) -> Result<bool, StoreError> {
        self.connection.batch_execute("BEGIN IMMEDIATE")?;
        match self.claim_and_work(upkeep) {
            Ok(true) => match self.connection.batch_execute("COMMIT") {
                Ok(()) => Ok(true),
                Err(error) => self.roll_back(error.into()),
            },
            Ok(false) => {
                self.connection.batch_execute("ROLLBACK")?;
                Ok(false)
            }
            Err(error) => self.roll_back(error),
        }
    }

    fn claim_and_work(&mut self, upkeep: Upkeep) -> Result<bool, StoreError> {
        if execute(&mut self.connection, upkeep.claim)? != 1 {
            return Ok(false);
        }
        for statement in upkeep.statements {
            execute(&mut self.connection, statement)?;
        }
        if upkeep.places.is_empty() {
            return Ok(true);
        }
        let registry = self.registry_of_database()?;
        if let Some(reader) = &upkeep.reader {
            for (book, key) in upkeep.places {
                self.recheck(&registry, reader.as_ref(), book, key)?;
            }
            return Ok(true);
        }
        let slots = walked_slots(&registry);
        for (book, key) in upkeep.places {
            let mut statement = Statement::new(&format!(
                "SELECT {}, r.present FROM resource r",
                crate::stored::VERSION_COLUMNS
            ));
            statement.sql(" WHERE r.book = ").big(book).sql(" AND r.resource_key = ").big(key);
            let rows: Vec<(VersionRow, i64)> =
                load(&mut self.connection, statement.returning::<(VersionTypes, BigInt)>())?;
            for (row, present) in rows {
                let Some(found) = reindexed(&registry, &slots, row, present)? else { continue };
                flush::add_missing(&mut self.connection, found.missing)?;
                if let Some(present) = found.present {
                    let mut statement = Statement::new("UPDATE resource SET present = ");
                    statement
                        .big(present)
                        .sql(" WHERE book = ")
                        .big(book)
                        .sql(" AND resource_key = ")
                        .big(key);
                    execute(&mut self.connection, statement)?;
                }
            }
        }
        Ok(true)
    }

    fn recheck(
        &mut self,
        registry: &Registry,
        reader: &dyn ReadFacts,
        book: i64,
        key: i64,
    ) -> Result<(), StoreError> {
        let connection = &mut self.connection;
        let known: Vec<KnownRow> = load(connection, versions(book, key).returning::<KnownTypes>())?;
        let mut books = HashMap::new();
        for patient in patients(registry, &known)? {
            let place = query::place(registry, ResourceType::PATIENT, &patient);
            let place: Vec<(i64, i64)> = load(connection, place.returning::<(BigInt, BigInt)>())?;
            books.extend(place.first().map(|(book, _)| (patient, *book)));
        }
        let Rechecked { statements, labels, withdrawn, facts, shields: changed } =
            recheck(registry, reader, &known, &books)?;
        for statement in statements {
            execute(connection, statement)?;
        }
        facts::write(connection, labels, withdrawn, facts)?;
        shields::write(connection, registry, &changed)
    }
}
