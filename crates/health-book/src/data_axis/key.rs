//! The key that signs answers: a file of the operator, or one that is made once for the database and kept sealed in it.

use exchange::data_axis::SigningKey;
use fhir::Instant;
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};

use crate::refusal::internal;
use crate::secret::{open, seal};

const NAME: &str = "data-axis-key";

/// The key from a file, else that of the database.
pub async fn open_key(store: &Store, file: Option<&[u8]>, now: Instant) -> Result<SigningKey, Problem> {
    if let Some(file) = file {
        return SigningKey::read(file).map_err(|_| internal());
    }
    if let Some(record) = store.security_record(SecurityKind::AxisKey, NAME, now).await? {
        return SigningKey::read(&open(store, NAME, &record.value)?).map_err(|_| internal());
    }
    let made = tokio::task::spawn_blocking(SigningKey::make).await.map_err(|_| internal())?;
    let sealed = seal(store, NAME, &made.map_err(|_| internal())?)?;
    let record = SecurityRecord::new(SecurityKind::AxisKey, NAME, sealed);
    // Where another server was quicker, its key is the one.
    store.change_security(SecurityChange::Insert(record), Vec::new(), now).await?;
    let record = store.security_record(SecurityKind::AxisKey, NAME, now).await?.ok_or_else(internal)?;
    SigningKey::read(&open(store, NAME, &record.value)?).map_err(|_| internal())
}
