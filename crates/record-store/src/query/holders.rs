//! Who holds identifiers: many asked for together, each by a look at the index.

use fhir::ResourceType;
use search::{Clause, Registry, SearchPlan, Slot, TokenTest};

use super::Gate;
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, type_number};

/// An identifier of resources of a type, as the index knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) resource_type: ResourceType,
    pub(crate) slot: Slot,
    pub(crate) code: i64,
    pub(crate) system: i32,
}

/// The identifiers of a plan that asks for nothing else than who has one of them.
pub(crate) fn held(registry: &Registry, plan: &SearchPlan) -> Option<Vec<Held>> {
    let ([resource_type], [Clause::Token { slots, values }]) =
        (plan.types.as_slice(), plan.clauses.as_slice())
    else {
        return None;
    };
    let [slot] = slots.as_slice() else { return None };
    if plan.until.is_some() || !registry.is_identifying(*slot) {
        return None;
    }
    let of = |value: &TokenTest| {
        let (code, system) = value.code.zip(value.system)?;
        Some(Held { resource_type: *resource_type, slot: *slot, code, system })
    };
    values.iter().map(of).collect()
}

const ROWS: &str = "x.book AND r.resource_key = x.resource_key AND r.change <> 2 AND r.resource_type = ";

/// The holders of one identifier, at most `most`, as [`VersionTypes`](crate::stored::VersionTypes).
pub(crate) fn holders(gate: &Gate, held: Held, most: u32) -> Statement {
    let mut statement = Statement::new("SELECT ");
    statement.sql(VERSION_COLUMNS).sql(" FROM token_index x CROSS JOIN resource r WHERE x.slot = ");
    statement.small(held.slot.0).sql(" AND x.code = ").big(held.code);
    statement.sql(" AND x.system = ").bind(Bind::Int(held.system));
    statement.sql(" AND r.book = ").sql(ROWS).small(type_number(held.resource_type));
    gate.restrict(&mut statement, "r", &[held.resource_type]);
    statement.sql(&format!(" LIMIT {most}"));
    statement
}

/// The same of many identifiers of one slot in one statement (PostgreSQL): the place of each in the list, and `columns` of
/// its holders. The limit makes each a look at the index, whatever the database thinks of its tables.
pub(crate) fn holders_of_all(gate: &Gate, all: &[Held], columns: &str, most: u32) -> Statement {
    let mut statement = Statement::new("SELECT w.place, h.* FROM unnest(");
    let places = (0_i64..).take(all.len()).collect();
    statement.bind(Bind::Bigs(places)).sql("::bigint[],");
    statement.bind(Bind::Smalls(all.iter().map(|held| held.slot.0).collect())).sql("::smallint[],");
    statement.bind(Bind::Bigs(all.iter().map(|held| held.code).collect())).sql("::bigint[],");
    statement.bind(Bind::Ints(all.iter().map(|held| held.system).collect())).sql("::int[],");
    let types = all.iter().map(|held| type_number(held.resource_type)).collect();
    statement
        .bind(Bind::Smalls(types))
        .sql("::smallint[]) AS w(place, slot, code, system, resource_type) CROSS JOIN LATERAL (SELECT ");
    statement.sql(columns).sql(
        " FROM (SELECT i.book, i.resource_key FROM token_index i WHERE i.slot = w.slot AND i.code = w.code \
         AND i.system = w.system OFFSET 0) x CROSS JOIN resource r WHERE r.book = ",
    );
    statement.sql(ROWS).sql("w.resource_type");
    let mut types: Vec<ResourceType> = all.iter().map(|held| held.resource_type).collect();
    types.sort_unstable();
    types.dedup();
    gate.restrict(&mut statement, "r", &types);
    statement.sql(&format!(" LIMIT {most}) h"));
    statement
}
