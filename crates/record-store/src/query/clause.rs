//! One condition as SQL, in two forms: as the source of candidates and as a test of a candidate.

use search::{Clause, DateTest, Prefix, ReferenceTest, Slot, StringTest, TokenTest};

use crate::statement::{Bind, Statement};
use crate::stored::pack_id;

/// A condition on one index table: its name and what a row must be.
struct IndexCondition {
    table: &'static str,
    condition: Statement,
    /// Whether one resource can have only one row that fits, so that candidates need no DISTINCT.
    single: bool,
}

/// Whether a clause can be the source of candidates: it has rows in an index table, and not nearly all.
pub(super) fn rank(clause: &Clause) -> Option<u8> {
    match clause {
        Clause::Id(_) | Clause::Nothing => Some(0),
        Clause::Token { values, .. } if values.iter().all(|value| value.code.is_some()) => Some(2),
        Clause::Reference { .. } => Some(1),
        Clause::String { values, .. }
            if values.iter().all(|value| !matches!(value, StringTest::Contains(_))) =>
        {
            Some(3)
        }
        Clause::Date { values, .. } if values.iter().all(|value| value.prefix == Prefix::Equal) => Some(4),
        Clause::Any(clauses) if clauses.iter().all(|clause| matches!(clause, Clause::Reference { .. })) => {
            Some(1)
        }
        _ => None,
    }
}

/// Appends a query of the candidates: book and key. `book` restricts it to one book. Returns whether a
/// candidate can come twice.
pub(super) fn candidates(statement: &mut Statement, clause: &Clause, book: Option<i64>) -> bool {
    match clause {
        Clause::Any(clauses) if !clauses.is_empty() => {
            for (index, clause) in clauses.iter().enumerate() {
                if index > 0 {
                    statement.sql(" UNION ALL ");
                }
                candidates(statement, clause, book);
            }
            clauses.len() > 1 || true_for_many(clauses)
        }
        _ => match index_condition(clause) {
            Some(IndexCondition { table, condition, single }) => {
                statement.sql(&format!("SELECT x.book, x.resource_key FROM {table} x WHERE "));
                statement.append(condition);
                if let Some(book) = book {
                    statement.sql(" AND x.book = ").big(book);
                }
                !single
            }
            None => {
                statement.sql("SELECT x.book, x.resource_key FROM resource x WHERE 1 = 0");
                false
            }
        },
    }
}

fn true_for_many(clauses: &[Clause]) -> bool {
    clauses.iter().any(|clause| index_condition(clause).is_some_and(|condition| !condition.single))
}

/// Appends a test of the candidate whose row of `resource` is `r`.
pub(super) fn test(statement: &mut Statement, clause: &Clause) {
    match clause {
        Clause::Nothing => {
            statement.sql("1 = 0");
        }
        Clause::Id(ids) => {
            statement.sql("r.logical_id IN (");
            statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect()).sql(")");
        }
        Clause::LastUpdated(values) => {
            any(statement, values, |statement, value| point(statement, "r.updated", value));
        }
        Clause::Any(clauses) if clauses.is_empty() => {
            statement.sql("1 = 0");
        }
        Clause::Any(clauses) => any(statement, clauses, test),
        _ => match index_condition(clause) {
            Some(IndexCondition { table, condition, .. }) => {
                statement.sql(&format!("EXISTS (SELECT 1 FROM {table} x WHERE "));
                statement.append(condition);
                statement.sql(" AND x.book = r.book AND x.resource_key = r.resource_key)");
            }
            None => {
                statement.sql("1 = 0");
            }
        },
    }
}

fn any<T>(statement: &mut Statement, values: &[T], mut write: impl FnMut(&mut Statement, &T)) {
    statement.sql("(");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            statement.sql(" OR ");
        }
        write(statement, value);
    }
    statement.sql(")");
}

fn slots_in(statement: &mut Statement, slots: &[Slot]) {
    if let [slot] = slots {
        statement.sql("x.slot = ").small(slot.0);
    } else {
        statement.sql("x.slot IN (");
        statement.list(slots.iter().map(|slot| Bind::Small(slot.0)).collect()).sql(")");
    }
}

fn index_condition(clause: &Clause) -> Option<IndexCondition> {
    let mut condition = Statement::default();
    let (table, slots, values) = match clause {
        Clause::Token { slots, values } => ("token_index", slots, values.len()),
        Clause::String { slots, values } => ("string_index", slots, values.len()),
        Clause::Date { slots, values } => ("date_index", slots, values.len()),
        Clause::Reference { slots, values } => ("reference_index", slots, values.len()),
        _ => return None,
    };
    if slots.is_empty() || values == 0 {
        return None;
    }
    slots_in(&mut condition, slots);
    condition.sql(" AND ");
    let mut single = slots.len() == 1 && values == 1;
    match clause {
        Clause::Token { values, .. } => {
            single &= values.iter().all(|value| value.system.is_some() && value.code.is_some());
            tokens(&mut condition, values);
        }
        Clause::String { values, .. } => {
            single = false;
            any(&mut condition, values, string);
        }
        Clause::Date { values, .. } => {
            single = false;
            any(&mut condition, values, range);
        }
        Clause::Reference { values, .. } => {
            single &= values.iter().all(|value| value.target_type.is_some());
            references(&mut condition, values);
        }
        _ => return None,
    }
    Some(IndexCondition { table, condition, single })
}

fn tokens(statement: &mut Statement, values: &[TokenTest]) {
    // A list of codes of one system, the usual form of an OR, is one IN.
    let system = values.first().and_then(|value| value.system);
    if values.len() > 1 && values.iter().all(|value| value.code.is_some() && value.system == system) {
        statement.sql("x.code IN (");
        statement.list(values.iter().filter_map(|value| value.code).map(Bind::Big).collect()).sql(")");
        if let Some(system) = system {
            statement.sql(" AND x.system = ").bind(Bind::Int(system));
        }
        return;
    }
    any(statement, values, |statement, value| {
        match value.code {
            Some(code) => statement.sql("x.code = ").big(code),
            None => statement.sql("1 = 1"),
        };
        if let Some(system) = value.system {
            statement.sql(" AND x.system = ").bind(Bind::Int(system));
        }
    });
}

fn references(statement: &mut Statement, values: &[ReferenceTest]) {
    any(statement, values, |statement, value| {
        statement.sql("x.target = ").big(value.target);
        if let Some(target_type) = value.target_type {
            statement.sql(" AND x.target_type = ").small(target_type);
        }
    });
}

fn string(statement: &mut Statement, value: &StringTest) {
    match value {
        StringTest::StartsWith(start) => {
            statement.sql("(x.folded >= ").bind(Bind::Text(start.clone()));
            if let Some(end) = after_prefix(start) {
                statement.sql(" AND x.folded < ").bind(Bind::Text(end));
            }
            statement.sql(")");
        }
        StringTest::Contains(part) => {
            let pattern: String = part
                .chars()
                .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
                .collect();
            statement.sql("x.folded LIKE ").bind(Bind::Text(format!("%{pattern}%"))).sql(" ESCAPE '\\'");
        }
        StringTest::Exact { folded, exact } => {
            statement.sql("(x.folded = ").bind(Bind::Text(folded.clone()));
            statement.sql(" AND x.exact = ").bind(Bind::Text(exact.clone())).sql(")");
        }
    }
}

/// The smallest text, by code point, that is greater than every text with this beginning. UTF-8 bytes sort
/// like code points, which is how both databases compare this column.
fn after_prefix(start: &str) -> Option<String> {
    let mut characters: Vec<char> = start.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            _ => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// The resource's range `[x.low, x.high)` against the search range (R4 `search.html#prefix`).
fn range(statement: &mut Statement, value: &DateTest) {
    let DateTest { prefix, low, high } = *value;
    match prefix {
        Prefix::Equal => {
            statement.sql("(x.low >= ").big(low).sql(" AND x.low < ").big(high);
            statement.sql(" AND x.high <= ").big(high).sql(")");
        }
        Prefix::Approximately => {
            statement.sql("(x.low < ").big(high).sql(" AND x.high > ").big(low).sql(")");
        }
        Prefix::NotEqual => {
            statement.sql("(x.low < ").big(low).sql(" OR x.high > ").big(high).sql(")");
        }
        Prefix::GreaterThan => {
            statement.sql("x.high > ").big(high);
        }
        Prefix::LessThan => {
            statement.sql("x.low < ").big(low);
        }
        // "or fully contained": the range above together with the search value's own range.
        Prefix::GreaterOrEqual => {
            statement.sql("(x.high > ").big(high).sql(" OR x.low >= ").big(low).sql(")");
        }
        Prefix::LessOrEqual => {
            statement.sql("(x.low < ").big(low).sql(" OR x.high <= ").big(high).sql(")");
        }
        Prefix::StartsAfter => {
            statement.sql("x.low >= ").big(high);
        }
        Prefix::EndsBefore => {
            statement.sql("x.high <= ").big(low);
        }
    }
}

/// The same for a point in time.
fn point(statement: &mut Statement, column: &str, value: &DateTest) {
    let DateTest { prefix, low, high } = *value;
    let mut compare = |operator: &str, bound: i64| {
        statement.sql(&format!("{column} {operator} ")).big(bound);
    };
    match prefix {
        Prefix::Equal | Prefix::Approximately => {
            compare(">=", low);
            statement.sql(" AND ");
            statement.sql(&format!("{column} < ")).big(high);
        }
        Prefix::NotEqual => {
            statement.sql(&format!("({column} < ")).big(low);
            statement.sql(&format!(" OR {column} >= ")).big(high).sql(")");
        }
        Prefix::GreaterThan | Prefix::StartsAfter => compare(">=", high),
        Prefix::LessThan | Prefix::EndsBefore => compare("<", low),
        Prefix::GreaterOrEqual => compare(">=", low),
        Prefix::LessOrEqual => compare("<", high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_just_above_it() {
        assert_eq!(after_prefix("ng").as_deref(), Some("nh"));
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(after_prefix(""), None);
    }
}
