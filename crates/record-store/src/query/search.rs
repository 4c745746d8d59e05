//! A search plan as SQL.
//!
//! One clause, the driver, is the source of candidates; the others test each candidate. Both databases get
//! the order of the joins from us: which clause is selective is known here, not to their planners. Without
//! sort keys the candidates come in the order of the index and the query stops at its limit.

use search::{Clause, Cursor, SearchPlan, Sort, SortKey, SortValue};

use super::BookScope;
use super::clause::{candidates, rank, test};
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, pack_id, type_number};

/// A page of matches; one row more than asked tells that another page follows. `book` is the number of
/// [`SearchPlan::book`].
pub(crate) fn search(scope: BookScope, plan: &SearchPlan, book: Option<i64>) -> Statement {
    if plan.sort.is_empty() {
        let mut statement = Statement::new(&format!("SELECT {VERSION_COLUMNS}"));
        matches(&mut statement, scope, plan, book);
        if let Some(after) = &plan.after {
            statement
                .sql(" AND (r.book, r.resource_key) < (")
                .big(after.book)
                .sql(",")
                .big(after.key)
                .sql(")");
        }
        statement.sql(" ORDER BY r.book DESC, r.resource_key DESC");
        return limit(statement, plan);
    }
    // The page is cut before the bodies are fetched.
    let mut statement = Statement::new(&format!(
        "SELECT {VERSION_COLUMNS} FROM (SELECT q.* FROM (SELECT r.book, r.resource_key"
    ));
    for (index, sort) in plan.sort.iter().enumerate() {
        statement.sql(", ");
        sort_expression(&mut statement, sort);
        statement.sql(&format!(" AS s{index}"));
    }
    matches(&mut statement, scope, plan, book);
    statement.sql(") q");
    if let Some(after) = &plan.after {
        statement.sql(" WHERE ");
        after_cursor(&mut statement, &plan.sort, after);
    }
    order(&mut statement, &plan.sort, "q");
    let mut statement = limit(statement, plan);
    statement.sql(") p CROSS JOIN resource r WHERE r.book = p.book AND r.resource_key = p.resource_key");
    order(&mut statement, &plan.sort, "p");
    statement
}

/// The ids of the matches, in no particular order, at most `plan.count`.
pub(crate) fn search_ids(scope: BookScope, plan: &SearchPlan, book: Option<i64>) -> Statement {
    let mut statement = Statement::new("SELECT r.logical_id");
    matches(&mut statement, scope, plan, book);
    statement.sql(" LIMIT ").big(i64::from(plan.count));
    statement
}

/// The number of matches.
pub(crate) fn search_total(scope: BookScope, plan: &SearchPlan, book: Option<i64>) -> Statement {
    // One index alone can answer when nothing else has to be looked at.
    if let ([clause], BookScope::All) = (plan.clauses.as_slice(), scope)
        && rank(clause).is_some()
        && !matches!(clause, Clause::Id(_) | Clause::Any(_) | Clause::Nothing)
    {
        let mut inner = Statement::default();
        let repeats = candidates(&mut inner, clause, book);
        let mut statement = Statement::new("SELECT count(*) FROM (");
        if repeats {
            statement.sql("SELECT DISTINCT book, resource_key FROM (").append(inner).sql(") x");
        } else {
            statement.append(inner);
        }
        statement.sql(") c");
        return statement;
    }
    let mut statement = Statement::new("SELECT count(*)");
    matches(&mut statement, scope, plan, book);
    statement
}

/// The value of one sort key of one resource, to be put into a cursor.
pub(crate) fn sort_value(sort: &Sort, book: i64, key: i64) -> Statement {
    let mut statement = Statement::new("SELECT ");
    sort_expression(&mut statement, sort);
    statement.sql(" FROM resource r WHERE r.book = ").big(book).sql(" AND r.resource_key = ").big(key);
    statement
}

/// Appends `FROM ... WHERE ...` of the matches; their row of `resource` is `r`.
fn matches(statement: &mut Statement, scope: BookScope, plan: &SearchPlan, book: Option<i64>) {
    let driver = choose_driver(plan, book.is_some());
    match driver.map(|index| &plan.clauses[index]) {
        Some(Clause::Id(ids)) => {
            statement.sql(" FROM directory c CROSS JOIN resource r WHERE c.resource_type = ");
            statement.small(type_number(plan.resource_type)).sql(" AND c.logical_id IN (");
            statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect());
            statement.sql(") AND r.book = c.book AND r.resource_key = c.resource_key AND r.change <> 2");
        }
        Some(clause) => {
            let mut inner = Statement::default();
            let repeats = candidates(&mut inner, clause, book);
            statement.sql(" FROM (");
            if repeats {
                statement.sql("SELECT DISTINCT book, resource_key FROM (").append(inner).sql(") x");
            } else {
                statement.append(inner);
            }
            statement
                .sql(") c CROSS JOIN resource r WHERE r.book = c.book AND r.resource_key = c.resource_key");
            statement.sql(" AND r.resource_type = ").small(type_number(plan.resource_type));
            // Deleted resources have no index rows; the condition is for the planner's partial index only.
            statement.sql(" AND r.change <> 2");
        }
        None => {
            statement.sql(" FROM resource r WHERE r.resource_type = ").small(type_number(plan.resource_type));
            statement.sql(" AND r.change <> 2");
            if let Some(book) = book {
                statement.sql(" AND r.book = ").big(book);
            }
        }
    }
    for (index, clause) in plan.clauses.iter().enumerate() {
        if Some(index) != driver {
            statement.sql(" AND ");
            test(statement, clause);
        }
    }
    scope.restrict(statement, "r");
}

/// The clause that will leave the fewest candidates. Inside one book the reference to its patient says
/// nothing more, so any other clause is better.
fn choose_driver(plan: &SearchPlan, in_book: bool) -> Option<usize> {
    let weight = |clause: &Clause| {
        rank(clause).map(|rank| if in_book && matches!(clause, Clause::Reference { .. }) { 9 } else { rank })
    };
    plan.clauses
        .iter()
        .enumerate()
        .filter_map(|(index, clause)| Some((weight(clause)?, index)))
        .min()
        .map(|(_, index)| index)
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
        SortKey::String(slots) => ("string_index", "folded", slots),
        SortKey::Date(slots) => ("date_index", "low", slots),
    };
    let function = if sort.descending { "max" } else { "min" };
    statement.sql(&format!("(SELECT {function}(y.{column}) FROM {table} y WHERE y.slot IN ("));
    statement.list(slots.iter().map(|slot| Bind::Small(slot.0)).collect());
    statement.sql(") AND y.book = r.book AND y.resource_key = r.resource_key)");
}

fn order(statement: &mut Statement, sort: &[Sort], table: &str) {
    statement.sql(" ORDER BY ");
    for (index, key) in sort.iter().enumerate() {
        let direction = if key.descending { " DESC" } else { "" };
        statement.sql(&format!("({table}.s{index} IS NULL), {table}.s{index}{direction}, "));
    }
    statement.sql(&format!("{table}.book DESC, {table}.resource_key DESC"));
}

fn limit(mut statement: Statement, plan: &SearchPlan) -> Statement {
    statement.sql(" LIMIT ").big(i64::from(plan.count) + 1);
    statement
}

/// Appends "comes after the cursor": for some key all before it are equal and it is further on.
fn after_cursor(statement: &mut Statement, sort: &[Sort], after: &Cursor) {
    statement.sql("(");
    for end in 0..=sort.len() {
        if end > 0 {
            statement.sql(" OR ");
        }
        statement.sql("(");
        for (index, key) in sort.iter().take(end).enumerate() {
            equals(statement, index, &key.key, after.values.get(index));
            statement.sql(" AND ");
        }
        match sort.get(end) {
            Some(key) => further(statement, end, key, after.values.get(end)),
            None => {
                statement
                    .sql("(q.book, q.resource_key) < (")
                    .big(after.book)
                    .sql(",")
                    .big(after.key)
                    .sql(")");
            }
        }
        statement.sql(")");
    }
    statement.sql(")");
}

fn cursor_bind(key: &SortKey, value: &SortValue) -> Option<Bind> {
    match (key, value) {
        (_, SortValue::Missing) => None,
        (_, SortValue::Integer(value)) => Some(Bind::Big(*value)),
        (SortKey::Id, SortValue::Text(id)) => {
            fhir::LogicalId::try_from(id.as_str()).ok().map(|id| Bind::Bytes(pack_id(&id)))
        }
        (_, SortValue::Text(text)) => Some(Bind::Text(text.clone())),
    }
}

fn equals(statement: &mut Statement, index: usize, key: &SortKey, value: Option<&SortValue>) {
    match value.and_then(|value| cursor_bind(key, value)) {
        Some(value) => statement.sql(&format!("q.s{index} = ")).bind(value),
        None => statement.sql(&format!("q.s{index} IS NULL")),
    };
}

fn further(statement: &mut Statement, index: usize, sort: &Sort, value: Option<&SortValue>) {
    match value.and_then(|value| cursor_bind(&sort.key, value)) {
        Some(value) => {
            let operator = if sort.descending { "<" } else { ">" };
            statement.sql(&format!("(q.s{index} {operator} ")).bind(value);
            statement.sql(&format!(" OR q.s{index} IS NULL)"))
        }
        None => statement.sql("1 = 0"),
    };
}
