//! What a stored resource lacks in the index when search parameters are new.

use fhir::ResourceType;
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

/// The slots that a walk fills, in order: those of new search parameters, and what the people of a database from before
/// lack, the keys of the matching and the numbers of insurance cards.
pub(crate) fn walked_slots(registry: &Registry) -> Vec<Slot> {
    let (mut slots, _) = registry.unready();
    slots.extend(registry.match_slot());
    slots.extend(registry.identifier_slots(ResourceType::PATIENT));
    slots.sort_unstable();
    slots.dedup();
    slots
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
