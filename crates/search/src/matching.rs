//! A clause tested in memory, on the resource and its index rows. The store does so where its index cannot tell all.

use fhir::{Instant, LogicalId, ResourceType};
use json::Node;

use crate::{
    Clause, DateRow, DateTest, IndexRows, Prefix, QuantityRow, QuantityTest, Registry, Slot, StringRow,
    StringTest, TokenRow, UnitTest,
};

/// A resource that is tested.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: &'a LogicalId,
    /// When it was stored.
    pub updated: Instant,
    /// The resource.
    pub resource: &'a Node<'a>,
    /// Its index rows.
    pub rows: &'a IndexRows,
}

impl Clause {
    /// Whether the index alone cannot decide the clause.
    pub fn needs_check(&self) -> bool {
        match self {
            Self::Check { .. } => true,
            // The index of tokens begins with the code.
            Self::Token { values, .. } => values.iter().any(|value| value.code.is_none()),
            _ => self.inner().any(|part| part.needs_check()),
        }
    }

    /// Whether the clause asks about other resources, which memory cannot decide.
    pub fn has_join(&self) -> bool {
        matches!(self, Self::Chain { .. } | Self::Has { .. } | Self::Places(_))
            || self.parts().iter().any(Self::has_join)
    }

    fn inner(&self) -> Box<dyn Iterator<Item = &Clause> + '_> {
        match self {
            Self::Chain { targets, .. } => Box::new(targets.iter().flat_map(|target| &target.clauses)),
            _ => Box::new(self.parts().iter()),
        }
    }
}

impl Registry {
    /// Whether a clause without joins and lookups holds for a resource.
    pub fn holds(&self, clause: &Clause, subject: &Subject<'_>) -> bool {
        match clause {
            Clause::All(clauses) => clauses.iter().all(|clause| self.holds(clause, subject)),
            Clause::Any(clauses) => clauses.iter().any(|clause| self.holds(clause, subject)),
            Clause::Not(clause) => !self.holds(clause, subject),
            Clause::Id(ids) => ids.contains(subject.id),
            Clause::Members(kind, ids) => *kind == subject.resource_type && ids.contains(subject.id),
            Clause::Type(types) => types.contains(&subject.resource_type),
            Clause::LastUpdated(values) => {
                let at = subject.updated.microseconds();
                values.iter().any(|value| date_holds(value, at, at.saturating_add(1)))
            }
            Clause::Present(bits) => bits.iter().any(|(kind, bit)| {
                *kind == subject.resource_type && subject.rows.present & (1_i64 << bit) != 0
            }),
            Clause::Check { check, .. } => self.check(check, subject.resource_type, subject.resource),
            Clause::Chain { .. } | Clause::Has { .. } | Clause::Lookup(_) | Clause::Places(_) => false,
            _ => holds_for_rows(clause, subject.rows),
        }
    }
}

/// The same for clauses that rows alone decide.
pub(crate) fn holds_for_rows(clause: &Clause, rows: &IndexRows) -> bool {
    match clause {
        Clause::All(clauses) => clauses.iter().all(|clause| holds_for_rows(clause, rows)),
        Clause::Any(clauses) => clauses.iter().any(|clause| holds_for_rows(clause, rows)),
        Clause::Not(clause) => !holds_for_rows(clause, rows),
        Clause::Token { slots, values } => any(&rows.tokens, slots, |row: &TokenRow| {
            values.iter().any(|value| {
                value.code.is_none_or(|code| code == row.code)
                    && value.system.is_none_or(|system| system == row.system)
            })
        }),
        Clause::String { slots, values } => {
            any(&rows.strings, slots, |row: &StringRow| values.iter().any(|value| string_holds(value, row)))
        }
        Clause::Date { slots, values } => any(&rows.dates, slots, |row: &DateRow| {
            values.iter().any(|value| date_holds(value, row.low, row.high))
        }),
        Clause::Quantity { slots, values } => any(&rows.quantities, slots, |row: &QuantityRow| {
            values.iter().any(|value| quantity_holds(value, row))
        }),
        Clause::Reference { slots, values } => any(&rows.references, slots, |row| {
            values.iter().any(|value| {
                value.target == row.target && value.target_type.is_none_or(|kind| kind == row.target_type)
            })
        }),
        _ => false,
    }
}

trait Slotted {
    fn slot(&self) -> Slot;
}

macro_rules! slotted {
    ($($row:ty),*) => { $(impl Slotted for $row { fn slot(&self) -> Slot { self.slot } })* };
}
slotted!(TokenRow, StringRow, DateRow, QuantityRow, crate::ReferenceRow);

fn any<T: Slotted>(rows: &[T], slots: &[Slot], test: impl Fn(&T) -> bool) -> bool {
    rows.iter().any(|row| slots.contains(&row.slot()) && test(row))
}

fn string_holds(value: &StringTest, row: &StringRow) -> bool {
    match value {
        StringTest::StartsWith(start) => row.folded.starts_with(start.as_str()),
        StringTest::Contains(part) => row.folded.contains(part.as_str()),
        StringTest::EndsWith(end) => row.folded.ends_with(end.as_str()),
        StringTest::Folded(text) => row.folded == *text,
        StringTest::Exact { exact, .. } => row.exact == *exact,
    }
}

/// The resource's range `[low, high)` against the search range (R4 `search.html#prefix`).
fn date_holds(value: &DateTest, low: i64, high: i64) -> bool {
    match value.prefix {
        Prefix::Equal => low >= value.low && high <= value.high,
        Prefix::NotEqual => low < value.low || high > value.high,
        Prefix::GreaterThan => high > value.high,
        Prefix::LessThan => low < value.low,
        Prefix::GreaterOrEqual => high > value.high || low >= value.low,
        Prefix::LessOrEqual => low < value.low || high <= value.high,
        Prefix::StartsAfter => low >= value.high,
        Prefix::EndsBefore => high <= value.low,
        Prefix::Approximately | Prefix::Overlaps => low < value.high && high > value.low,
    }
}

/// The closed range of a row against the search value.
fn quantity_holds(value: &QuantityTest, row: &QuantityRow) -> bool {
    let (low, high) = match (value.unit, &row.given) {
        (UnitTest::Unit(unit), _) if unit != row.unit => return false,
        (UnitTest::Text(text), _) if text != row.code && text != row.text => return false,
        (UnitTest::Unit(_), _) | (_, None) => (&row.low, &row.high),
        (_, Some((low, high))) => (low, high),
    };
    match value.prefix {
        Prefix::Equal => *low >= value.low && *high < value.high,
        Prefix::NotEqual => *low < value.low || *high >= value.high,
        Prefix::GreaterThan => *high > value.high,
        Prefix::LessThan => *low < value.low,
        Prefix::GreaterOrEqual => *high > value.high || *low >= value.low,
        Prefix::LessOrEqual => *low < value.low || *high <= value.high,
        Prefix::StartsAfter => *low > value.high,
        Prefix::EndsBefore => *high < value.low,
        Prefix::Approximately | Prefix::Overlaps => *low < value.high && *high >= value.low,
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
