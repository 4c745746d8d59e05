//! Numbers and lists of matches: totals, ids for conditions, counts that choose a route, what a walk has to put back.

use search::{Registry, SearchPlan};

use super::Gate;
use super::clause::Conditions;
use super::search::Route;
use crate::shield::is_shielded;
use crate::statement::{Bind, Statement};
use crate::stored::type_number;

/// How many of the first candidates of a route are matches.
pub(crate) fn sample(
    conditions: &mut Conditions<'_>,
    plan: &SearchPlan,
    route: Route,
    size: u32,
) -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM (");
    let driver = route.driver.and_then(|index| plan.clauses.get(index));
    match driver {
        Some(clause) => {
            let mut inner = Statement::default();
            conditions.candidates(&mut inner, &plan.types, clause, None, None);
            statement
                .sql("SELECT * FROM (")
                .append(inner)
                .sql(") a ORDER BY a.book DESC, a.resource_key DESC");
        }
        None => {
            statement.sql("SELECT r.book, r.resource_key FROM resource r WHERE 1 = 1");
            conditions.of_types(&mut statement, &plan.types, "r");
            statement.sql(" ORDER BY r.book DESC, r.resource_key DESC");
        }
    }
    statement.sql(&format!(
        " LIMIT {size}) c CROSS JOIN resource r WHERE r.book = c.book AND r.resource_key = c.resource_key"
    ));
    conditions.of_types(&mut statement, &plan.types, "r");
    conditions.all_of(&mut statement, &plan.clauses, "r");
    conditions.gate.restrict(&mut statement, "r", &plan.types);
    statement
}

/// The ids of the matches, in no particular order, at most `plan.count`.
pub(crate) fn search_ids(
    conditions: &mut Conditions<'_>,
    plan: &SearchPlan,
    driver: Option<usize>,
    book: Option<i64>,
) -> Statement {
    let mut statement = Statement::new("SELECT r.logical_id ");
    conditions.from(&mut statement, &plan.types, &plan.clauses, driver, Some((book, None)), "r");
    statement.sql(&format!(" LIMIT {}", plan.count));
    statement
}

/// The ids that a write relies on, as its caller would find them.
pub(crate) fn expected_ids(registry: &Registry, gate: &Gate, plan: &SearchPlan) -> Statement {
    let driver = super::driver::first(registry, &plan.clauses);
    search_ids(&mut Conditions::new(registry, gate), plan, driver, None)
}

/// The number of matches.
pub(crate) fn search_total(
    conditions: &mut Conditions<'_>,
    plan: &SearchPlan,
    driver: Option<usize>,
    book: Option<i64>,
) -> Statement {
    // One index alone can answer when nothing else has to be looked at: its slots are of the type.
    if let ([clause], Some(0), true, None) =
        (plan.clauses.as_slice(), driver, conditions.gate.is_everything(), plan.until)
        && super::driver::is_of_slots(clause)
    {
        let mut inner = Statement::default();
        let books = conditions.books(book);
        let repeats = conditions.unordered_candidates(&mut inner, &plan.types, clause, books.as_deref());
        let mut statement = Statement::new("SELECT count(*) FROM (");
        if repeats {
            statement.sql("SELECT DISTINCT book, resource_key FROM (").append(inner).sql(") x");
        } else {
            statement.append(inner);
        }
        statement.sql(") c");
        return statement;
    }
    let mut statement = Statement::new("SELECT count(*) ");
    conditions.from(&mut statement, &plan.types, &plan.clauses, driver, Some((book, None)), "r");
    statement
}

/// How many candidates each of some clauses gives, counted up to a limit: number of the clause, count.
pub(crate) fn probe(
    conditions: &mut Conditions<'_>,
    plan: &SearchPlan,
    clauses: &[usize],
    limit: u32,
) -> Statement {
    let mut statement = Statement::default();
    for (nth, index) in clauses.iter().enumerate() {
        let Some(clause) = plan.clauses.get(*index) else { continue };
        statement.sql(if nth > 0 { " UNION ALL " } else { "" });
        statement.sql(&format!("SELECT {index} AS clause, (SELECT count(*) FROM (SELECT * FROM ("));
        conditions.unordered_candidates(&mut statement, &plan.types, clause, None);
        statement.sql(&format!(") a LIMIT {limit}) b) AS found"));
    }
    statement
}

/// The resources of some types that have changed after a moment, as they were then, if they were there: the columns of
/// a version. At most `limit`.
pub(crate) fn changed_since(gate: &Gate, plan: &SearchPlan, until: i64, limit: u32) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT r.book, r.resource_key, r.resource_type, r.logical_id, v.version, v.updated, v.change, v.body, {} \
         FROM (SELECT f.book, f.resource_key, (SELECT w.version FROM resource_version w WHERE w.book = f.book \
         AND w.resource_key = f.resource_key AND w.updated <= ",
        is_shielded("r.book, v.own_book"),
    ));
    statement.big(until).sql(
        " ORDER BY w.version DESC LIMIT 1) AS version \
         FROM (SELECT DISTINCT x.book, x.resource_key FROM change_feed x",
    );
    // What the caller does not see must not count.
    statement.sql(if gate.is_everything() {
        " WHERE "
    } else {
        " CROSS JOIN resource y WHERE y.book = x.book AND y.resource_key = x.resource_key AND "
    });
    if !plan.types.is_empty() {
        statement.sql("x.resource_type IN (");
        statement.list(plan.types.iter().map(|kind| Bind::Small(type_number(*kind))).collect()).sql(") AND ");
    }
    // The limit keeps PostgreSQL from asking for the version once for each version.
    statement.sql("x.updated > ").big(until);
    gate.restrict(&mut statement, "y", &plan.types);
    statement.sql(&format!(") f LIMIT {limit}) g "));
    statement.sql(
        "CROSS JOIN resource r CROSS JOIN resource_version v WHERE r.book = g.book \
         AND r.resource_key = g.resource_key AND v.book = g.book AND v.resource_key = g.resource_key \
         AND v.version = g.version AND v.change <> 2",
    );
    statement
}
