//! On update only the difference of the index rows is written.

use search::IndexRows;

/// The rows to be removed and to be added so that `old` becomes `new`.
pub(crate) fn difference(old: &IndexRows, new: &IndexRows) -> (IndexRows, IndexRows) {
    (without(old, new), without(new, old))
}

fn without(rows: &IndexRows, other: &IndexRows) -> IndexRows {
    IndexRows {
        tokens: missing(&rows.tokens, &other.tokens),
        strings: missing(&rows.strings, &other.strings),
        dates: missing(&rows.dates, &other.dates),
        references: missing(&rows.references, &other.references),
        quantities: missing(&rows.quantities, &other.quantities),
        present: rows.present,
    }
}

/// The rows that `other` lacks. A resource has few rows; only a very large one pays for a set.
fn missing<T: Clone + Eq + std::hash::Hash>(rows: &[T], other: &[T]) -> Vec<T> {
    if rows == other {
        return Vec::new();
    }
    if rows.len().min(other.len()) < 32 {
        return rows.iter().filter(|row| !other.contains(row)).cloned().collect();
    }
    let other: std::collections::HashSet<&T> = other.iter().collect();
    rows.iter().filter(|row| !other.contains(row)).cloned().collect()
}
