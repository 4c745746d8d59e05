//! The registry of the database, and work on the index: a transaction of its own between the batches.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use search::{Registry, Slot};

use super::writer::Writer;
use super::{execute, flush, load};
use crate::statement::Statement;
use crate::stored::{VersionRow, VersionTypes};
use crate::write::{QueuedUpkeep, Upkeep, reindexed};
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
        let (slots, _) = registry.unready();
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
}
