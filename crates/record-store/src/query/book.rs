//! Whole books and reverse includes.

use fhir::{Instant, ResourceType};
use search::{ReferenceTest, Slot};

use super::driver::in_books;
use super::{Gate, RowNames};
use crate::statement::{Bind, Statement};
use crate::stored::{VERSION_COLUMNS, type_number};

/// Resources of the books of one person in the order of their keys.
pub(crate) fn book_page(
    gate: &Gate,
    books: &[i64],
    types: &[ResourceType],
    since: Option<Instant>,
    after: i64,
    count: u32,
) -> Statement {
    let mut statement = Statement::new(&format!("SELECT {VERSION_COLUMNS} FROM resource r WHERE 1 = 1"));
    in_books(&mut statement, Some(books), "r");
    statement.sql(" AND r.resource_key > ").big(after).sql(" AND r.change <> 2");
    if !types.is_empty() {
        statement.sql(" AND r.resource_type IN (");
        statement.list(types.iter().map(|kind| Bind::Small(type_number(*kind))).collect()).sql(")");
    }
    if let Some(since) = since {
        statement.sql(" AND r.updated >= ").big(since.microseconds());
    }
    gate.restrict_row(&mut statement, &RowNames::of("r").within(books), types);
    gate.restrict_scope(&mut statement, "r", types);
    statement.sql(" ORDER BY r.resource_key LIMIT ").big(i64::from(count) + 1);
    statement
}

/// Resources that refer to any of the targets through any of the slots.
pub(crate) fn reverse_includes(
    gate: &Gate,
    slots: &[Slot],
    targets: &[ReferenceTest],
    limit: u32,
) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT {VERSION_COLUMNS} FROM (SELECT DISTINCT book, resource_key FROM reference_index WHERE slot IN ("
    ));
    statement.list(slots.iter().map(|slot| Bind::Small(slot.0)).collect()).sql(") AND (");
    let mut types: Vec<i16> = targets.iter().filter_map(|target| target.target_type).collect();
    types.sort_unstable();
    types.dedup();
    for (index, kind) in types.into_iter().enumerate() {
        statement.sql(if index > 0 { " OR (target IN (" } else { "(target IN (" });
        let of_type = targets.iter().filter(|target| target.target_type == Some(kind));
        statement.list(of_type.map(|target| Bind::Big(target.target)).collect());
        statement.sql(") AND target_type = ").small(kind).sql(")");
    }
    statement.sql(")) f JOIN resource r ON r.book = f.book AND r.resource_key = f.resource_key WHERE 1 = 1");
    gate.restrict(&mut statement, "r", &[]);
    statement.sql(" ORDER BY r.book DESC, r.resource_key DESC LIMIT ").big(i64::from(limit));
    statement
}
