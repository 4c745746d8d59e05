//! How much of an index a walk along dates or times has to see. All bounds become one range: SQLite uses one bound at each
//! end and tests row by row what any other says.

use search::{Clause, DateTest, Prefix, SearchPlan, Slot};

use super::driver::DAY;
use crate::statement::Statement;

/// A range of the values that a walk follows.
#[derive(Debug, Clone, Default)]
pub(super) struct WalkRange {
    low: Option<i64>,
    /// The first value beyond.
    high: Option<i64>,
    /// The slot, and a moment after which the dates have to end.
    ends_after: Option<(Slot, i64)>,
}

impl WalkRange {
    /// What the clauses say of where the only value of a slot begins.
    pub(super) fn of_dates(plan: &SearchPlan, slot: Slot) -> Self {
        let mut range = Self::default();
        for clause in &plan.clauses {
            if let Clause::Date { slots, values } = clause
                && let ([only], [value]) = (slots.as_slice(), values.as_slice())
                && *only == slot
            {
                match value.prefix {
                    Prefix::Equal => range.within(Some(value.low), Some(value.high)),
                    Prefix::LessThan | Prefix::EndsBefore => range.within(None, Some(value.low)),
                    Prefix::LessOrEqual => range.within(None, Some(value.high)),
                    Prefix::StartsAfter => range.within(Some(value.high), None),
                    Prefix::GreaterThan | Prefix::GreaterOrEqual => {
                        range.ends_after = Some((slot, value.low))
                    }
                    Prefix::NotEqual | Prefix::Approximately | Prefix::Overlaps => {}
                }
            }
        }
        range
    }

    /// What the moment of the walk and the clauses say of the time of a change.
    pub(super) fn of_changes(plan: &SearchPlan) -> Self {
        let mut range = Self::default();
        if let Some(until) = plan.until {
            range.within(None, Some(until.microseconds().saturating_add(1)));
        }
        for clause in &plan.clauses {
            let Clause::LastUpdated(values) = clause else { continue };
            let [DateTest { prefix, low, high }] = values.as_slice() else { continue };
            match prefix {
                Prefix::Equal | Prefix::Approximately | Prefix::Overlaps => {
                    range.within(Some(*low), Some(*high))
                }
                Prefix::LessThan | Prefix::EndsBefore => range.within(None, Some(*low)),
                Prefix::LessOrEqual => range.within(None, Some(*high)),
                Prefix::GreaterOrEqual => range.within(Some(*low), None),
                Prefix::GreaterThan | Prefix::StartsAfter => range.within(Some(*high), None),
                Prefix::NotEqual => {}
            }
        }
        range
    }

    /// Begins or ends at the value where a page begins.
    pub(super) fn at(&mut self, value: i64, upwards: bool) {
        if upwards {
            self.within(Some(value), None);
        } else {
            self.within(None, Some(value.saturating_add(1)));
        }
    }

    fn within(&mut self, low: Option<i64>, high: Option<i64>) {
        self.low = self.low.max(low);
        self.high = match (self.high, high) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Appends the range of a column. There is always a lower end: with it SQLite takes the index that begins with the
    /// value, and no other.
    pub(super) fn write(&self, statement: &mut Statement, column: &str) {
        if let Some(high) = self.high {
            statement.sql(&format!(" AND {column} < ")).big(high);
        }
        statement.sql(&format!(" AND {column} >= "));
        match (self.low, self.ends_after) {
            // What lasts at most a day and ends after a moment begins less than a day before it; of what is longer the
            // earliest is asked for.
            (None, Some((slot, moment))) => {
                let day_before = moment.saturating_sub(DAY);
                statement.sql(&format!(
                    "coalesce((SELECT min(z.low) FROM date_index z WHERE z.high - z.low > {DAY} AND z.slot = "
                ));
                statement
                    .small(slot.0)
                    .sql(" AND z.high > ")
                    .big(moment)
                    .sql(" AND z.low < ")
                    .big(day_before);
                statement.sql("), ").big(day_before).sql(")");
            }
            (low, _) => {
                statement.big(low.unwrap_or(i64::MIN));
            }
        }
    }
}
