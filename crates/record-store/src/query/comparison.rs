//! Comparisons of index rows with search values, as SQL.

use search::{Clause, DateTest, Prefix, QuantityTest, ReferenceTest, Slot, StringTest, TokenTest, UnitTest};

use crate::statement::{Bind, Statement};

pub(super) fn any<T>(statement: &mut Statement, values: &[T], mut write: impl FnMut(&mut Statement, &T)) {
    if values.is_empty() {
        statement.sql("1 = 0");
        return;
    }
    statement.sql("(");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            statement.sql(" OR ");
        }
        write(statement, value);
    }
    statement.sql(")");
}

pub(super) fn slots_in(statement: &mut Statement, slots: &[Slot], index: &str) {
    if let [slot] = slots {
        statement.sql(&format!("{index}.slot = ")).small(slot.0);
    } else {
        statement.sql(&format!("{index}.slot IN ("));
        statement.list(slots.iter().map(|slot| Bind::Small(slot.0)).collect()).sql(")");
    }
}

/// The index table of a clause and what its row must be; `None` when no row can be.
pub(super) fn index_condition(clause: &Clause, index: &str) -> Option<(&'static str, Statement)> {
    let mut condition = Statement::default();
    let (table, slots, empty) = match clause {
        Clause::Token { slots, values } => ("token_index", slots, values.is_empty()),
        Clause::String { slots, values } => ("string_index", slots, values.is_empty()),
        Clause::Date { slots, values } => ("date_index", slots, values.is_empty()),
        Clause::Quantity { slots, values } => ("quantity_index", slots, values.is_empty()),
        Clause::Reference { slots, values } => ("reference_index", slots, values.is_empty()),
        _ => return None,
    };
    if slots.is_empty() || empty {
        return None;
    }
    slots_in(&mut condition, slots, index);
    condition.sql(" AND ");
    match clause {
        Clause::Token { values, .. } => tokens(&mut condition, values, index),
        Clause::String { values, .. } => {
            any(&mut condition, values, |statement, value| string(statement, value, index));
        }
        Clause::Date { values, .. } => {
            any(&mut condition, values, |statement, value| range(statement, value, index))
        }
        Clause::Quantity { values, .. } => {
            any(&mut condition, values, |statement, value| quantity(statement, value, index));
        }
        Clause::Reference { values, .. } => references(&mut condition, values, index),
        _ => return None,
    }
    Some((table, condition))
}

fn tokens(statement: &mut Statement, values: &[TokenTest], x: &str) {
    // A list of codes of one system, the usual form of an OR, is one IN.
    let system = values.first().and_then(|value| value.system);
    if values.len() > 1 && values.iter().all(|value| value.code.is_some() && value.system == system) {
        statement.sql(&format!("{x}.code IN ("));
        statement.list(values.iter().filter_map(|value| value.code).map(Bind::Big).collect()).sql(")");
        if let Some(system) = system {
            statement.sql(&format!(" AND {x}.system = ")).bind(Bind::Int(system));
        }
        return;
    }
    if values.len() > 1 && values.iter().all(|value| value.code.is_some()) {
        // Of codes of several systems the index is asked for the codes: of an OR of pairs it would be read from end to end.
        statement.sql(&format!("{x}.code IN ("));
        statement.list(values.iter().filter_map(|value| value.code).map(Bind::Big).collect()).sql(") AND ");
    }
    any(statement, values, |statement, value| {
        match value.code {
            Some(code) => statement.sql(&format!("{x}.code = ")).big(code),
            None => statement.sql("1 = 1"),
        };
        if let Some(system) = value.system {
            statement.sql(&format!(" AND {x}.system = ")).bind(Bind::Int(system));
        }
    });
}

/// By type, so that a long list is one IN and not a tree of ORs.
fn references(statement: &mut Statement, values: &[ReferenceTest], x: &str) {
    let mut types: Vec<Option<i16>> = values.iter().map(|value| value.target_type).collect();
    types.sort_unstable();
    types.dedup();
    any(statement, &types, |statement, kind| {
        let of_type = values.iter().filter(|value| value.target_type == *kind);
        let targets: Vec<Bind> = of_type.map(|value| Bind::Big(value.target)).collect();
        statement.sql(&format!("({x}.target IN (")).list(targets).sql(")");
        if let Some(kind) = kind {
            statement.sql(&format!(" AND {x}.target_type = ")).small(*kind);
        }
        statement.sql(")");
    });
}

fn string(statement: &mut Statement, value: &StringTest, x: &str) {
    match value {
        StringTest::StartsWith(start) => {
            statement.sql(&format!("({x}.folded >= ")).bind(Bind::Text(start.clone()));
            if let Some(end) = after_prefix(start) {
                statement.sql(&format!(" AND {x}.folded < ")).bind(Bind::Text(end));
            }
            statement.sql(")");
        }
        StringTest::Contains(part) => like(statement, x, &format!("%{}%", escaped(part))),
        StringTest::EndsWith(end) => like(statement, x, &format!("%{}", escaped(end))),
        StringTest::Folded(text) => {
            statement.sql(&format!("{x}.folded = ")).bind(Bind::Text(text.clone()));
        }
        StringTest::Exact { folded, exact } => {
            statement.sql(&format!("({x}.folded = ")).bind(Bind::Text(folded.clone()));
            statement.sql(&format!(" AND {x}.exact = ")).bind(Bind::Text(exact.clone())).sql(")");
        }
    }
}

fn like(statement: &mut Statement, x: &str, pattern: &str) {
    statement.sql(&format!("{x}.folded LIKE ")).bind(Bind::Text(pattern.to_owned())).sql(" ESCAPE '\\'");
}

fn escaped(part: &str) -> String {
    part.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// The smallest text, by code point, that is greater than every text with this beginning. UTF-8 bytes sort
/// like code points, which is how both databases compare this column.
pub(super) fn after_prefix(start: &str) -> Option<String> {
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

/// The resource's range `[low, high)` against the search range (R4 `search.html#prefix`).
fn range(statement: &mut Statement, value: &DateTest, x: &str) {
    let DateTest { prefix, low, high } = *value;
    let (from, to) = (format!("{x}.low"), format!("{x}.high"));
    match prefix {
        Prefix::Equal => {
            statement.sql(&format!("({from} >= ")).big(low).sql(&format!(" AND {from} < ")).big(high);
            statement.sql(&format!(" AND {to} <= ")).big(high).sql(")");
        }
        Prefix::Approximately | Prefix::Overlaps => {
            statement.sql(&format!("({from} < ")).big(high).sql(&format!(" AND {to} > ")).big(low).sql(")");
        }
        Prefix::NotEqual => {
            statement.sql(&format!("({from} < ")).big(low).sql(&format!(" OR {to} > ")).big(high).sql(")");
        }
        Prefix::GreaterThan => {
            statement.sql(&format!("{to} > ")).big(high);
        }
        Prefix::LessThan => {
            statement.sql(&format!("{from} < ")).big(low);
        }
        // "or fully contained": the range above together with the search value's own range.
        Prefix::GreaterOrEqual => {
            statement.sql(&format!("({to} > ")).big(high).sql(&format!(" OR {from} >= ")).big(low).sql(")");
        }
        Prefix::LessOrEqual => {
            statement.sql(&format!("({from} < ")).big(low).sql(&format!(" OR {to} <= ")).big(high).sql(")");
        }
        Prefix::StartsAfter => {
            statement.sql(&format!("{from} >= ")).big(high);
        }
        Prefix::EndsBefore => {
            statement.sql(&format!("{to} <= ")).big(low);
        }
    }
}

/// The closed range of a number against the search value.
fn quantity(statement: &mut Statement, value: &QuantityTest, x: &str) {
    let QuantityTest { prefix, unit, low, high } = value;
    let bytes = |value: &[u8]| Bind::Bytes(value.to_vec());
    let (from, to) = match unit {
        UnitTest::Unit(unit) => {
            statement.sql(&format!("({x}.unit = ")).bind(Bind::Int(*unit)).sql(" AND ");
            (format!("{x}.low"), format!("{x}.high"))
        }
        UnitTest::Any | UnitTest::Text(_) => {
            statement.sql("(");
            if let UnitTest::Text(text) = unit {
                statement.sql(&format!("({x}.code = ")).bind(Bind::Int(*text));
                statement.sql(&format!(" OR {x}.text = ")).bind(Bind::Int(*text)).sql(") AND ");
            }
            (format!("coalesce({x}.given_low, {x}.low)"), format!("coalesce({x}.given_high, {x}.high)"))
        }
    };
    let mut compare = |column: &str, operator: &str, bound: &[u8]| {
        statement.sql(&format!("{column} {operator} ")).bind(bytes(bound));
    };
    match prefix {
        Prefix::Equal => {
            compare(&from, ">=", low);
            // Nothing that begins above the end can end below it: a bound for the index.
            compare(&format!(" AND {from}"), "<", high);
            compare(&format!(" AND {to}"), "<", high);
        }
        Prefix::NotEqual => {
            compare(&format!("({from}"), "<", low);
            compare(&format!(" OR {to}"), ">=", high);
            statement.sql(")");
        }
        Prefix::Approximately | Prefix::Overlaps => {
            compare(&from, "<", high);
            compare(&format!(" AND {to}"), ">=", low);
        }
        Prefix::GreaterThan => compare(&to, ">", high),
        Prefix::LessThan => compare(&from, "<", low),
        Prefix::GreaterOrEqual => {
            compare(&format!("({to}"), ">", high);
            compare(&format!(" OR {from}"), ">=", low);
            statement.sql(")");
        }
        Prefix::LessOrEqual => {
            compare(&format!("({from}"), "<", low);
            compare(&format!(" OR {to}"), "<=", high);
            statement.sql(")");
        }
        Prefix::StartsAfter => compare(&from, ">", high),
        Prefix::EndsBefore => compare(&to, "<", low),
    }
    statement.sql(")");
}

/// A date test of a point in time.
pub(super) fn point(statement: &mut Statement, column: &str, value: &DateTest) {
    let DateTest { prefix, low, high } = *value;
    let mut compare = |operator: &str, bound: i64| {
        statement.sql(&format!("{column} {operator} ")).big(bound);
    };
    match prefix {
        Prefix::Equal | Prefix::Approximately | Prefix::Overlaps => {
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
