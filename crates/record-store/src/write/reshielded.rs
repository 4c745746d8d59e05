//! What of the index changes when a book goes under the location shield, or leaves it.

use access::Shield;
use search::Registry;

use super::IndexChange;
use super::index_difference::difference;
use crate::StoreError;
use crate::shield::Sight;
use crate::stored::{VersionRow, record};

/// Resources that are made ready at a time.
pub(crate) const RESHIELDED_AT_ONCE: i64 = 200;

/// The rows of one resource that must not be there, those that must, and the parameters that have a value. What is
/// there already, or not any more, is among them.
pub(crate) struct Reshielded {
    pub(crate) removed: IndexChange,
    pub(crate) added: IndexChange,
    pub(crate) present: i64,
}

/// Works them out from a current version; `None` for a deletion, and where nothing is hidden.
pub(crate) fn reshielded(
    registry: &Registry,
    row: VersionRow,
    shielded: bool,
) -> Result<Option<Reshielded>, StoreError> {
    let (book, key) = (row.0, row.1);
    let record = record(row, Sight::Whole)?;
    let Some(body) = record.body.filter(|_| Shield::is_about(record.resource_type)) else { return Ok(None) };
    let whole = body.index_rows(registry, record.resource_type, &record.id, false)?;
    let hidden = body.index_rows(registry, record.resource_type, &record.id, true)?;
    let (before, after) = if shielded { (whole, hidden) } else { (hidden, whole) };
    let (removed, added) = difference(&before, &after);
    let change = |rows| IndexChange { book, key, rows };
    Ok(Some(Reshielded { present: after.present, removed: change(removed), added: change(added) }))
}
