//! One worker at a time at a work of a database: a record that ends by itself and is prolonged by who has it.

use std::time::{Duration, Instant as Moment};

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store, StoreError};

use crate::moment::plus;

/// After so many seconds without a word of its holder a lease is free.
const LIFE: i64 = 6;

/// Up to when a lease is certainly held, and how many times it was taken anew: what was read under an earlier time may be of
/// before another one's work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) generation: u64,
    until: Option<Moment>,
}

impl Held {
    /// Whether nobody else can have it.
    pub(super) fn is_now(&self) -> bool {
        self.until.is_some_and(|until| Moment::now() < until)
    }
}

/// The lease, or the wish for it.
#[derive(Clone)]
pub(super) struct Lease {
    store: Store,
    name: String,
    holder: String,
    /// The version of the record while it is held.
    version: Option<i32>,
    held: Held,
}

impl Lease {
    /// The lease of a work.
    pub(super) fn new(store: &Store, name: impl Into<String>) -> Self {
        Self {
            store: store.clone(),
            name: name.into(),
            holder: uuid::Uuid::now_v7().to_string(),
            version: None,
            held: Held::default(),
        }
    }

    /// Up to when it is held, as far as is known.
    pub(super) fn held(&self) -> Held {
        self.held
    }

    /// Takes or prolongs it; `false` when another server has it.
    pub(super) async fn hold(&mut self, now: Instant) -> Result<bool, StoreError> {
        let record = SecurityRecord::new(SecurityKind::RegistryLease, self.name.clone(), self.holder.clone());
        let record = record.until(plus(now, LIFE));
        // The end in the database comes after this one.
        let until = Moment::now().checked_add(Duration::from_secs(LIFE.unsigned_abs()));
        if let Some(version) = self.version {
            let record = SecurityRecord { version, ..record.clone() };
            if self.store.change_security(SecurityChange::Replace(record), Vec::new(), now).await? {
                self.version = Some(version.saturating_add(1));
                self.held.until = until;
                return Ok(true);
            }
            self.version = None;
            self.held.until = None;
        }
        if !self.store.change_security(SecurityChange::Insert(record), Vec::new(), now).await? {
            return Ok(false);
        }
        // Where one that has ended stood still, the versions go on from it.
        let Some(kept) = self.kept(now).await? else { return Ok(false) };
        self.version = Some(kept.version);
        self.held = Held { generation: self.held.generation.saturating_add(1), until };
        Ok(true)
    }

    /// The record, while it is this holder's.
    async fn kept(&self, now: Instant) -> Result<Option<SecurityRecord>, StoreError> {
        let kept = self.store.security_record(SecurityKind::RegistryLease, &self.name, now).await?;
        Ok(kept.filter(|kept| kept.value == self.holder))
    }

    /// Gives it back, so that nobody waits for its end. Nothing when another server has it.
    pub(super) async fn release(self, now: Instant) -> Result<(), StoreError> {
        if let Some(kept) = self.kept(now).await? {
            // One that has ended is as good as none.
            let ended = SecurityChange::Replace(kept.until(now));
            self.store.change_security(ended, Vec::new(), now).await?;
        }
        Ok(())
    }
}
