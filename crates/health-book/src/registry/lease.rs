//! One worker at a time on a database: a record that ends by itself and is prolonged by who has it.

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store, StoreError};

use crate::moment::plus;

/// After so many seconds without a word of its holder a lease is free.
const LIFE: i64 = 6;
const NAME: &str = "feed";

/// The lease, or the wish for it.
pub(super) struct Lease {
    store: Store,
    holder: String,
    /// The version of the record while it is held.
    version: Option<i32>,
}

impl Lease {
    pub(super) fn new(store: &Store) -> Self {
        Self { store: store.clone(), holder: uuid::Uuid::now_v7().to_string(), version: None }
    }

    /// Takes or prolongs it; `false` when another server has it.
    pub(super) async fn hold(&mut self, now: Instant) -> Result<bool, StoreError> {
        let record = SecurityRecord::new(SecurityKind::RegistryLease, NAME, self.holder.clone());
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
}
