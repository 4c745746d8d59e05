//! What a stored resource lacks in the index when search parameters are new.

use search::{Registry, Slot};

use super::IndexChange;
use crate::StoreError;
use crate::shield::Sight;
use crate::stored::{VersionRow, record};

/// The rows of a resource that may be missing, and the parameters that have a value.
pub(crate) struct Reindexed {
    pub(crate) missing: IndexChange,
    /// `None` when it is stored so already.
    pub(crate) present: Option<i64>,
}

/// Extracts the rows of the slots from a current version; `None` for a deletion.
pub(crate) fn reindexed(
    registry: &Registry,
    slots: &[Slot],
    row: VersionRow,
    present: i64,
) -> Result<Option<Reindexed>, StoreError> {
    let (book, key) = (row.0, row.1);
    let shielded = row.8;
    let record = record(row, Sight::Whole)?;
    let Some(body) = &record.body else { return Ok(None) };
    let mut rows = body.index_rows(registry, record.resource_type, &record.id, shielded)?;
    let is_new = |slot: Slot| slots.binary_search(&slot).is_ok();
    rows.tokens.retain(|row| is_new(row.slot));
    rows.strings.retain(|row| is_new(row.slot));
    rows.dates.retain(|row| is_new(row.slot));
    rows.references.retain(|row| is_new(row.slot));
    rows.quantities.retain(|row| is_new(row.slot));
    let present = (rows.present != present).then_some(rows.present);
    Ok(Some(Reindexed { missing: IndexChange { book, key, rows }, present }))
}
