//! One condition as SQL: a test of a candidate whose row of `resource` has a given alias.
//!
//! What the index cannot decide is left to a check in memory; its SQL is a condition that holds wherever the check
//! does ([`Clause::needs_check`]).

use fhir::ResourceType;
use search::{
    ChainTarget, Clause, DateTest, Prefix, QuantityTest, ReferenceTest, Registry, Slot, StringTest,
    TokenTest, UnitTest,
};

use super::BookScope;
use crate::statement::{Bind, Statement};
use crate::stored::{pack_id, type_number};

/// Ends an EXISTS that must stay a test of each candidate: PostgreSQL makes a join of any other and may begin with it.
const AS_TEST: &str = " LIMIT 1 OFFSET 0";

/// Writes conditions: knows the gate, and gives every table of a statement a name of its own.
pub(crate) struct Conditions<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) scope: BookScope,
    names: u32,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(registry: &'a Registry, scope: BookScope) -> Self {
        Self { registry, scope, names: 0 }
    }

    fn name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    /// Appends all clauses, each after ` AND `.
    pub(crate) fn all_of(&mut self, statement: &mut Statement, clauses: &[Clause], row: &str) {
        for clause in clauses {
            statement.sql(" AND ");
            self.test(statement, clause, row);
        }
    }

    /// Appends a test of the resource in `row`.
    pub(crate) fn test(&mut self, statement: &mut Statement, clause: &Clause, row: &str) {
        match clause {
            Clause::All(clauses) => self.joined(statement, clauses, row, " AND ", "1 = 1"),
            Clause::Any(clauses) => self.joined(statement, clauses, row, " OR ", "1 = 0"),
            // What is only known to hold at least where the clause does cannot be turned around.
            Clause::Not(clause) if clause.needs_check() => {
                statement.sql("1 = 1");
            }
            Clause::Not(clause) => {
                statement.sql("NOT ");
                self.test(statement, clause, row);
            }
            Clause::Id(ids) => {
                statement.sql(&format!("{row}.logical_id IN ("));
                statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect()).sql(")");
            }
            Clause::Members(kind, ids) => {
                statement.sql(&format!("({row}.resource_type = ")).small(type_number(*kind));
                statement.sql(&format!(" AND {row}.logical_id IN ("));
                statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect()).sql("))");
            }
            Clause::Places(places) => {
                statement.sql(&format!("({row}.book, {row}.resource_key) IN (VALUES "));
                places_list(statement, places);
                statement.sql(")");
            }
            Clause::Type(types) => {
                statement.sql(&format!("{row}.resource_type IN ("));
                statement.list(types.iter().map(|kind| Bind::Small(type_number(*kind))).collect()).sql(")");
            }
            Clause::LastUpdated(values) => {
                any(statement, values, |statement, value| point(statement, &format!("{row}.updated"), value));
            }
            Clause::Present(bits) => {
                any(statement, bits, |statement, (kind, bit)| {
                    statement.sql(&format!("({row}.resource_type = ")).small(type_number(*kind));
                    statement.sql(&format!(" AND ({row}.present & ")).big(1_i64 << bit).sql(") <> 0)");
                });
            }
            Clause::Check { superset, .. } => self.test(statement, superset, row),
            Clause::Token { .. } if clause.needs_check() => {
                statement.sql("1 = 1");
            }
            Clause::Chain { slots, targets } => self.chain(statement, slots, targets, row),
            Clause::Has { slots, source, clauses } => self.has(statement, slots, *source, clauses, row),
            // Whoever makes a plan looks these up first.
            Clause::Lookup(_) => {
                statement.sql("1 = 0");
            }
            Clause::Token { .. }
            | Clause::String { .. }
            | Clause::Date { .. }
            | Clause::Quantity { .. }
            | Clause::Reference { .. } => {
                let index = self.name('x');
                match index_condition(clause, &index) {
                    Some((table, condition)) => {
                        statement.sql(&format!("EXISTS (SELECT 1 FROM {table} {index} WHERE "));
                        statement.append(condition);
                        statement.sql(&format!(
                            " AND {index}.book = {row}.book AND {index}.resource_key = {row}.resource_key{AS_TEST})"
                        ));
                    }
                    None => {
                        statement.sql("1 = 0");
                    }
                }
            }
        }
    }

    fn joined(&mut self, statement: &mut Statement, clauses: &[Clause], row: &str, joint: &str, empty: &str) {
        if clauses.is_empty() {
            statement.sql(empty);
            return;
        }
        statement.sql("(");
        for (index, clause) in clauses.iter().enumerate() {
            if index > 0 {
                statement.sql(joint);
            }
            self.test(statement, clause, row);
        }
        statement.sql(")");
    }

    /// A reference of the candidate leads to a match. Inside of a book that is asked of the book's own patient, else
    /// the references of all matches are collected once.
    fn chain(&mut self, statement: &mut Statement, slots: &[Slot], targets: &[ChainTarget], row: &str) {
        let own_patient = self.registry.decides_book(slots);
        statement.sql("(");
        for (index, target) in targets.iter().enumerate() {
            if index > 0 {
                statement.sql(" OR ");
            }
            let (found, reference) = (self.name('t'), self.name('x'));
            if target.resource_type == ResourceType::PATIENT && own_patient {
                statement.sql(&format!(
                    "EXISTS (SELECT 1 FROM resource {found} WHERE {found}.book = {row}.book \
                     AND {found}.resource_key = {row}.book AND {found}.change <> 2"
                ));
                self.all_of(statement, &target.clauses, &found);
                self.scope.restrict(statement, &found);
                statement.sql(&format!(" AND EXISTS (SELECT 1 FROM reference_index {reference} WHERE "));
                slots_in(statement, slots, &reference);
                statement.sql(&format!(
                    " AND {reference}.target = {found}.id_hash AND {reference}.target_type = {found}.resource_type \
                     AND {reference}.book = {row}.book AND {reference}.resource_key = {row}.resource_key{AS_TEST}){AS_TEST})"
                ));
            } else {
                statement.sql(&format!(
                    "({row}.book, {row}.resource_key) IN (SELECT {reference}.book, {reference}.resource_key FROM ("
                ));
                self.matches(statement, target.resource_type, &target.clauses, "id_hash");
                statement.sql(&format!(") {found} CROSS JOIN reference_index {reference} WHERE "));
                slots_in(statement, slots, &reference);
                statement.sql(&format!(
                    " AND {reference}.target = {found}.id_hash AND {reference}.target_type = "
                ));
                statement.small(type_number(target.resource_type)).sql(")");
            }
        }
        statement.sql(")");
    }

    /// A match of another type refers to the candidate.
    fn has(
        &mut self,
        statement: &mut Statement,
        slots: &[Slot],
        source: ResourceType,
        clauses: &[Clause],
        row: &str,
    ) {
        let (found, reference) = (self.name('s'), self.name('x'));
        // What refers to a patient in the element that decides is in the patient's book: a code is looked for there
        // first, and then whether its resource refers to the patient.
        let own_patient = self.registry.decides_book(slots);
        let first = clauses.iter().flat_map(Clause::conjuncts).find(super::driver::is_one_code);
        if let Some(condition) = first.filter(|_| own_patient).and_then(|clause| index_condition(clause, "k"))
        {
            statement.sql(&format!(
                "EXISTS (SELECT 1 FROM token_index k CROSS JOIN reference_index {reference} CROSS JOIN resource {found} \
                 WHERE k.book = {row}.book AND "
            ));
            statement.append(condition.1);
            statement.sql(&format!(
                " AND {reference}.book = k.book AND {reference}.resource_key = k.resource_key AND "
            ));
        } else {
            statement.sql(&format!(
                "EXISTS (SELECT 1 FROM reference_index {reference} CROSS JOIN resource {found} WHERE "
            ));
        }
        slots_in(statement, slots, &reference);
        statement.sql(&format!(
            " AND {reference}.target = {row}.id_hash AND {reference}.target_type = {row}.resource_type \
             AND {found}.book = {reference}.book AND {found}.resource_key = {reference}.resource_key \
             AND {found}.change <> 2 AND {found}.resource_type = "
        ));
        statement.small(type_number(source));
        self.all_of(statement, clauses, &found);
        self.scope.restrict(statement, &found);
        statement.sql(AS_TEST).sql(")");
    }

    /// Appends a query of one column of the resources of a type that match, in no order.
    pub(crate) fn matches(
        &mut self,
        statement: &mut Statement,
        resource_type: ResourceType,
        clauses: &[Clause],
        column: &str,
    ) {
        let row = self.name('r');
        let driver = super::driver::first(self.registry, clauses);
        statement.sql(&format!("SELECT {row}.{column} "));
        self.from(statement, &[resource_type], clauses, driver, None, &row);
    }
}

/// Appends `(book, key), ...`, filled up to a power of two so that few statements are prepared.
pub(super) fn places_list(statement: &mut Statement, places: &[(i64, i64)]) {
    let wanted = places.len().next_power_of_two();
    let last = places.last().copied();
    let filled = places.iter().copied().chain(std::iter::repeat_with(|| last).flatten()).take(wanted);
    for (index, (book, key)) in filled.enumerate() {
        statement.sql(if index > 0 { ",(" } else { "(" }).big(book).sql(",").big(key).sql(")");
    }
}

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

fn references(statement: &mut Statement, values: &[ReferenceTest], x: &str) {
    let kind = values.first().and_then(|value| value.target_type);
    if values.len() > 1 && kind.is_some() && values.iter().all(|value| value.target_type == kind) {
        statement.sql(&format!("{x}.target IN ("));
        statement.list(values.iter().map(|value| Bind::Big(value.target)).collect());
        statement.sql(&format!(") AND {x}.target_type = ")).small(kind.unwrap_or(-1));
        return;
    }
    any(statement, values, |statement, value| {
        statement.sql(&format!("{x}.target = ")).big(value.target);
        if let Some(target_type) = value.target_type {
            statement.sql(&format!(" AND {x}.target_type = ")).small(target_type);
        }
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
