//! A page of matches as SQL, in one of three orders: that of books and keys, by sort values that are collected and
//! sorted, or along an index that is in the order of the sort values already.

use search::{Cursor, Position, SearchPlan, Slot, Sort, SortKey, SortValue};

use super::clause::Conditions;
use super::driver::{Bound, in_books};
use super::gate::RowNames;
use super::walk_range::WalkRange;
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, type_number};

/// How a page is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// The clause that gives the candidates; `None` for all resources of the types.
    pub(crate) driver: Option<usize>,
    /// Follow the index of the only sort key.
    pub(crate) walk: bool,
}

/// The matches on one side of a position, in the order of the pages.
pub(crate) struct Page<'a> {
    pub(crate) plan: &'a SearchPlan,
    pub(crate) route: Route,
    /// The number of [`SearchPlan::book`].
    pub(crate) book: Option<i64>,
    pub(crate) position: &'a Position,
    pub(crate) limit: u32,
    /// Only matches without a value of the sort key, in the order of books and keys.
    pub(crate) missing: bool,
}

impl Page<'_> {
    fn backwards(&self) -> bool {
        matches!(self.position, Position::Before(_))
    }

    fn cursor(&self) -> Option<&Cursor> {
        match self.position {
            Position::First => None,
            Position::After(cursor) | Position::Before(cursor) => Some(cursor),
        }
    }

    fn bound(&self) -> Option<Bound> {
        self.cursor().map(|cursor| Bound { book: cursor.book, key: cursor.key, upwards: self.backwards() })
    }

    /// The statement. Backwards, its rows come in the opposite order.
    pub(crate) fn statement(&self, conditions: &mut Conditions<'_>) -> Statement {
        if self.plan.sort.is_empty() || self.missing {
            self.in_order(conditions)
        } else if self.route.walk {
            self.along_index(conditions)
        } else {
            self.sorted(conditions)
        }
    }

    /// Without sort keys candidates come in the order of the index and the query stops at its limit.
    fn in_order(&self, conditions: &mut Conditions<'_>) -> Statement {
        // Behind the last match that has a value the ones without begin.
        let begun = self.cursor().is_some_and(|cursor| {
            self.plan.sort.is_empty() || matches!(cursor.values.first(), Some(SortValue::Missing))
        });
        let bound = self.bound().filter(|_| begun);
        let mut statement = Statement::new(&format!("SELECT {VERSION_COLUMNS} "));
        let place = Some((self.book, bound));
        conditions.from(&mut statement, &self.plan.types, &self.plan.clauses, self.route.driver, place, "r");
        if let Some(bound) = bound {
            bound.restrict(&mut statement, "r");
        }
        if let Some(sort) = self.plan.sort.first().filter(|_| self.missing) {
            statement.sql(" AND ");
            sort_expression(&mut statement, sort);
            statement.sql(" IS NULL");
        }
        self.until(&mut statement);
        let direction = if self.backwards() { "" } else { " DESC" };
        // The table that gives the candidates, so that its order is seen to be the wanted one.
        let first = if self.route.driver.is_some() { "c" } else { "r" };
        statement.sql(&format!(" ORDER BY {first}.book{direction}, {first}.resource_key{direction}"));
        self.limit(statement)
    }

    /// All matches with their sort values; the page is cut before the bodies are fetched.
    ///
    /// In one book the matches are put in order first and the gate is asked of one after the other until the page is
    /// full: it costs more than the sort value. Where the matches are of many books, most of which may be closed, the
    /// gate comes first.
    fn sorted(&self, conditions: &mut Conditions<'_>) -> Statement {
        let gate = conditions.gate;
        let gate_last = self.book.is_some() && !gate.is_everything();
        let mut statement = Statement::new(&format!(
            "SELECT {VERSION_COLUMNS} FROM (SELECT q.* FROM (SELECT r.book, r.resource_key"
        ));
        if gate_last {
            statement.sql(", r.resource_type, r.visit");
        }
        for (index, sort) in self.plan.sort.iter().enumerate() {
            statement.sql(", ");
            sort_expression(&mut statement, sort);
            statement.sql(&format!(" AS s{index}"));
        }
        statement.sql(" ");
        let place = Some((self.book, None));
        let (types, clauses) = (&self.plan.types, &self.plan.clauses);
        conditions.ungated_from(&mut statement, types, clauses, self.route.driver, place, "r");
        gate.restrict_scope(&mut statement, "r", types);
        if gate_last {
            self.until(&mut statement);
            self.order(&mut statement, "", "r");
            // A limit that is none: the order is made before anything outside is asked.
            statement.sql(&format!(" LIMIT {}", i64::MAX));
        } else {
            gate.restrict_row(&mut statement, &RowNames::of("r"), types);
            self.until(&mut statement);
        }
        statement.sql(") q WHERE 1 = 1");
        if let Some(cursor) = self.cursor() {
            statement.sql(" AND ");
            beyond(&mut statement, &self.plan.sort, cursor, self.backwards());
        }
        if gate_last {
            gate.restrict_row(&mut statement, &RowNames::of("q"), types);
        }
        self.order(&mut statement, "q.", "q");
        let mut statement = self.limit(statement);
        statement.sql(") p CROSS JOIN resource r WHERE r.book = p.book AND r.resource_key = p.resource_key");
        self.order(&mut statement, "p.", "p");
        statement
    }

    /// The index of the only sort key, row by row; of each resource the row that decides. The rows are put in order
    /// before the resources are asked for: PostgreSQL takes book and key for independent, expects a single match of
    /// both, and would rather sort all matches.
    fn along_index(&self, conditions: &mut Conditions<'_>) -> Statement {
        let Some(sort) = self.plan.sort.first() else { return self.in_order(conditions) };
        let (table, first, rest) = match &sort.key {
            SortKey::LastUpdated => ("change_feed", "updated", "version"),
            SortKey::String(_) => ("string_index", "folded", "exact"),
            SortKey::Date(_) => ("date_index", "low", "high"),
            SortKey::Id | SortKey::Quantity(_) | SortKey::Text(_) => return self.sorted(conditions),
        };
        let columns: Vec<&str> = std::iter::once(first).chain(rest.split(", ")).collect();
        let of =
            |table: &str| columns.iter().map(|name| format!("{table}.{name}")).collect::<Vec<_>>().join(", ");
        let value = format!("x.{first}");
        let mut statement =
            Statement::new(&format!("SELECT {VERSION_COLUMNS} FROM (SELECT x.book, x.resource_key, "));
        let begin =
            self.cursor().and_then(|cursor| Some((cursor, cursor.values.first().and_then(cursor_bind)?)));
        let larger = sort.descending == self.backwards();
        let mut range = match &sort.key {
            SortKey::String(slots) | SortKey::Date(slots) => {
                let slot = slots.first().copied().unwrap_or(Slot(0));
                statement.sql(&format!("{}, x.slot FROM {table} x WHERE x.slot = ", of("x"))).small(slot.0);
                let single = conditions.registry.is_single_valued(slot);
                if single { WalkRange::of_dates(self.plan, slot) } else { WalkRange::default() }
            }
            _ => {
                statement.sql(&format!("{} FROM {table} x WHERE x.resource_type = ", of("x")));
                statement.small(self.plan.types.first().map_or(-1, |kind| type_number(*kind)));
                WalkRange::of_changes(self.plan)
            }
        };
        match (&begin, &sort.key) {
            (Some((_, bind)), SortKey::String(_)) => {
                let operator = if larger { ">=" } else { "<=" };
                statement.sql(&format!(" AND {value} {operator} ")).bind(bind.clone());
            }
            // A range, so that SQLite takes the index that is in this order.
            (None, SortKey::String(_)) => {
                statement.sql(" AND x.folded >= ").bind(Bind::Text(String::new()));
            }
            (begin, _) => {
                if let Some((_, Bind::Big(at))) = begin {
                    range.at(*at, larger);
                }
                range.write(&mut statement, &value);
            }
        }
        let books = conditions.books(self.book);
        in_books(&mut statement, books.as_deref(), "x");
        let descending = if sort.descending != self.backwards() { " DESC" } else { "" };
        let keys = if self.backwards() { "" } else { " DESC" };
        let order = format!(" ORDER BY {value}{descending}, x.book{keys}, x.resource_key{keys}");
        statement.sql(&order);
        statement
            .sql(") x CROSS JOIN resource r WHERE r.book = x.book AND r.resource_key = x.resource_key AND ");
        if sort.key == SortKey::LastUpdated {
            statement.sql("r.version = x.version");
        } else {
            let operator = if sort.descending { ">" } else { "<" };
            statement.sql(&format!(
                "NOT EXISTS (SELECT 1 FROM {table} y WHERE y.slot = x.slot AND y.book = x.book \
                 AND y.resource_key = x.resource_key AND ({}) {operator} ({}))",
                of("y"),
                of("x"),
            ));
        }
        if let Some((cursor, bind)) = begin {
            let (strict, keys) = (if larger { ">" } else { "<" }, if self.backwards() { ">" } else { "<" });
            statement.sql(&format!(" AND ({value} {strict} ")).bind(bind);
            statement.sql(&format!(" OR (x.book, x.resource_key) {keys} (")).big(cursor.book).sql(",");
            statement.big(cursor.key).sql("))");
        }
        conditions.of_types(&mut statement, &self.plan.types, "r");
        conditions.all_of(&mut statement, &self.plan.clauses, "r");
        conditions.gate.restrict(&mut statement, "r", &self.plan.types);
        self.until(&mut statement);
        statement.sql(&order);
        self.limit(statement)
    }

    /// The matches of a moment: of what was stored later only what was there then; in a sorted walk those come in
    /// another way ([`changed_since`]).
    fn until(&self, statement: &mut Statement) {
        let Some(until) = self.plan.until else { return };
        statement.sql(" AND (r.updated <= ").big(until.microseconds());
        if self.plan.sort.is_empty() {
            statement.sql(
                " OR (SELECT v.change FROM resource_version v WHERE v.book = r.book \
                 AND v.resource_key = r.resource_key AND v.updated <= ",
            );
            statement.big(until.microseconds()).sql(" ORDER BY v.version DESC LIMIT 1) <> 2");
        }
        statement.sql(")");
    }

    /// The sort values are those of a subquery, or named where they are made. What is missing comes last; to say so by an
    /// expression of its own makes PostgreSQL look for the sort value twice.
    fn order(&self, statement: &mut Statement, values: &str, table: &str) {
        statement.sql(" ORDER BY ");
        let (missing, keys) = if self.backwards() { ("FIRST", "") } else { ("LAST", " DESC") };
        for (index, key) in self.plan.sort.iter().enumerate() {
            let direction = if key.descending != self.backwards() { " DESC" } else { "" };
            statement.sql(&format!("{values}s{index}{direction} NULLS {missing}, "));
        }
        statement.sql(&format!("{table}.book{keys}, {table}.resource_key{keys}"));
    }

    fn limit(&self, mut statement: Statement) -> Statement {
        // A number and not a value: the planner of PostgreSQL chooses by it.
        statement.sql(&format!(" LIMIT {}", self.limit));
        statement
    }
}

/// Whether the index of a sort key can be followed.
pub(crate) fn can_walk(plan: &SearchPlan) -> bool {
    match plan.sort.as_slice() {
        [Sort { key: SortKey::LastUpdated, .. }] => plan.types.len() == 1,
        [Sort { key: SortKey::String(slots) | SortKey::Date(slots), .. }] => slots.len() == 1,
        _ => false,
    }
}

fn sort_expression(statement: &mut Statement, sort: &Sort) {
    let (table, column, slots) = match &sort.key {
        SortKey::Id => {
            statement.sql("r.logical_id");
            return;
        }
        SortKey::LastUpdated => {
            statement.sql("r.updated");
            return;
        }
        // Whoever sorts by a text does so in memory.
        SortKey::Text(_) => {
            statement.sql("NULL");
            return;
        }
        SortKey::String(slots) => ("string_index", "folded", slots),
        SortKey::Date(slots) => ("date_index", "low", slots),
        SortKey::Quantity(slots) => ("quantity_index", "low", slots),
    };
    let function = if sort.descending { "max" } else { "min" };
    // PostgreSQL has no smallest of bytes; the first in the order is it.
    let (select, end) = if matches!(sort.key, SortKey::Quantity(_)) {
        let direction = if sort.descending { " DESC" } else { "" };
        (format!("y.{column}"), format!(" ORDER BY y.{column}{direction} LIMIT 1"))
    } else {
        (format!("{function}(y.{column})"), String::new())
    };
    statement.sql(&format!("(SELECT {select} FROM {table} y WHERE y.slot IN ("));
    statement.list(slots.iter().map(|slot| Bind::Small(slot.0)).collect());
    statement.sql(&format!(") AND y.book = r.book AND y.resource_key = r.resource_key{end})"));
}

/// Appends "comes after the cursor" (or before it): for some key all before it are equal and it is further on.
fn beyond(statement: &mut Statement, sort: &[Sort], cursor: &Cursor, backwards: bool) {
    statement.sql("(");
    for end in 0..=sort.len() {
        statement.sql(if end > 0 { " OR (" } else { "(" });
        for index in 0..end {
            equals(statement, index, cursor.values.get(index));
            statement.sql(" AND ");
        }
        match sort.get(end) {
            Some(key) => further(statement, end, key.descending, cursor.values.get(end), backwards),
            None => {
                let operator = if backwards { ">" } else { "<" };
                statement.sql(&format!("(q.book, q.resource_key) {operator} ("));
                statement.big(cursor.book).sql(",").big(cursor.key).sql(")");
            }
        }
        statement.sql(")");
    }
    statement.sql(")");
}

fn cursor_bind(value: &SortValue) -> Option<Bind> {
    match value {
        SortValue::Missing => None,
        SortValue::Integer(value) => Some(Bind::Big(*value)),
        SortValue::Text(text) => Some(Bind::Text(text.clone())),
        SortValue::Bytes(bytes) => Some(Bind::Bytes(bytes.clone())),
    }
}

fn equals(statement: &mut Statement, index: usize, value: Option<&SortValue>) {
    match value.and_then(cursor_bind) {
        Some(value) => statement.sql(&format!("q.s{index} = ")).bind(value),
        None => statement.sql(&format!("q.s{index} IS NULL")),
    };
}

fn further(
    statement: &mut Statement,
    index: usize,
    descending: bool,
    value: Option<&SortValue>,
    backwards: bool,
) {
    match (value.and_then(cursor_bind), backwards) {
        (Some(value), _) => {
            let operator = if descending == backwards { ">" } else { "<" };
            statement.sql(&format!("(q.s{index} {operator} ")).bind(value);
            // What is missing comes last.
            statement.sql(&if backwards { ")".to_owned() } else { format!(" OR q.s{index} IS NULL)") });
        }
        (None, true) => {
            statement.sql(&format!("q.s{index} IS NOT NULL"));
        }
        (None, false) => {
            statement.sql("1 = 0");
        }
    };
}
