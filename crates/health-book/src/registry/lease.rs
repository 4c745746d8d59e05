//! One worker at a time at a work of a database: a record that ends by itself and is prolonged by who has it.

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store, StoreError};

use crate::moment::plus;

/// After so many seconds without a word of its holder a lease is free.
const LIFE: i64 = 6;

/// The lease, or the wish for it.
#[derive(Clone)]
pub(super) struct Lease {
    store: Store,
    name: String,
    holder: String,
    /// The version of the record while it is held.
    version: Option<i32>,
}

impl Lease {
    /// The lease of a work.
    pub(super) fn new(store: &Store, name: impl Into<String>) -> Self {
        Self {
            store: store.clone(),
            name: name.into(),
            holder: uuid::Uuid::now_v7().to_string(),
            version: None,
        }
    }

    /// Takes or prolongs it; `false` when another server has it.
    pub(super) async fn hold(&mut self, now: Instant) -> Result<bool, StoreError> {
        let record = SecurityRecord::new(SecurityKind::RegistryLease, self.name.clone(), self.holder.clone());
        let record = record.until(plus(now, LIFE));
        if let Some(version) = self.version {
            let record = SecurityRecord { version, ..record.clone() };
            if self.store.change_security(SecurityChange::Replace(record), Vec::new(), now).await? {
                self.version = Some(version.saturating_add(1));
                return Ok(true);
            }
            self.version = None;
        }
        let is_mine = self.store.change_security(SecurityChange::Insert(record), Vec::new(), now).await?;
        self.version = is_mine.then_some(1);
        Ok(is_mine)
    }

    /// Gives it back, so that nobody waits for its end. Nothing when another server has it.
    pub(super) async fn release(self, now: Instant) -> Result<(), StoreError> {
        let kept = self.store.security_record(SecurityKind::RegistryLease, &self.name, now).await?;
        if let Some(kept) = kept.filter(|kept| kept.value == self.holder) {
            // One that has ended is as good as none.
            let ended = SecurityChange::Replace(kept.until(now));
            self.store.change_security(ended, Vec::new(), now).await?;
        }
        Ok(())
    }
}
