//! Writing a flush to PostgreSQL: one statement per table, its rows as arrays.

use diesel_async::AsyncPgConnection;
use search::{QuantityRow, Registry};

use super::{execute, facts, shields};
use crate::query::put_merge;
use crate::statement::{Bind, Statement};
use crate::stored::{change_number, pack_id, type_number};
use crate::write::{Flush, IndexChange, ResourceRow};
use crate::{Body, StoreError};

/// A column of rows to be written: name, SQL type, values.
pub(super) type Column = (&'static str, &'static str, Bind);

/// Writes everything. Whether what grants open, or where, may have changed by it.
pub(super) async fn flush(
    connection: &mut AsyncPgConnection,
    registry: &Registry,
    flush: Flush,
) -> Result<bool, StoreError> {
    let mut writes_grants = !flush.moves.is_empty() || !flush.merges.is_empty();
    if !flush.directory.is_empty() {
        let rows = &flush.directory;
        let statement = insert(
            "directory",
            vec![
                ("resource_type", "smallint", smalls(rows, |row| type_number(row.resource_type))),
                ("id_hash", "bigint", bigs(rows, |row| row.id_hash)),
                ("book", "bigint", bigs(rows, |row| row.book)),
                ("resource_key", "bigint", bigs(rows, |row| row.key)),
                ("logical_id", "bytea", Bind::BytesList(rows.iter().map(|row| pack_id(&row.id)).collect())),
            ],
        );
        // Another process may have made the same id meanwhile: the error makes the batch start again.
        execute(connection, statement).await?;
    }
    for moved in &flush.moves {
        for table in ["resource", "resource_version", "change_feed"] {
            let mut statement = Statement::new(&format!("UPDATE {table} SET book = "));
            statement.big(moved.new_book).sql(" WHERE book = ").big(moved.old_book);
            statement.sql(" AND resource_key = ").big(moved.key);
            execute(connection, statement).await?;
        }
        let mut statement = Statement::new("UPDATE directory SET book = ");
        statement.big(moved.new_book).sql(" WHERE resource_type = ").small(type_number(moved.resource_type));
        statement.sql(" AND id_hash = ").big(moved.id_hash);
        execute(connection, statement).await?;
        let mut statement =
            Statement::new("INSERT INTO book_move (updated, resource_key, old_book, new_book) VALUES (");
        statement.big(moved.updated).sql(",").big(moved.key).sql(",").big(moved.old_book).sql(",");
        statement.big(moved.new_book).sql(")");
        execute(connection, statement).await?;
    }
    if !flush.versions.is_empty() {
        let rows = &flush.versions;
        let statement = insert(
            "resource_version",
            vec![
                ("book", "bigint", bigs(rows, |row| row.book)),
                ("resource_key", "bigint", bigs(rows, |row| row.key)),
                ("version", "int", Bind::Ints(rows.iter().map(|row| row.version).collect())),
                ("updated", "bigint", bigs(rows, |row| row.updated)),
                ("change", "smallint", smalls(rows, |row| change_number(row.change))),
                ("body", "bytea", bodies(rows.iter().map(|row| row.body.as_ref()))),
                ("visit", "bigint", bigs(rows, |row| row.stamp.visit)),
                ("own_book", "bigint", bigs(rows, |row| row.own_book)),
                ("author", "bigint", bigs(rows, |row| row.stamp.author)),
                ("author_kind", "smallint", smalls(rows, |row| row.stamp.author_kind)),
            ],
        );
        execute(connection, statement).await?;
    }
    if !flush.inserts.is_empty() {
        execute(connection, insert("resource", resource_columns(&flush.inserts))).await?;
    }
    if !flush.updates.is_empty() {
        execute(connection, update(&flush.updates)).await?;
    }
    if !flush.feed.is_empty() {
        let rows = &flush.feed;
        let statement = insert(
            "change_feed",
            vec![
                ("updated", "bigint", bigs(rows, |row| row.0)),
                ("resource_key", "bigint", bigs(rows, |row| row.1)),
                ("version", "int", Bind::Ints(rows.iter().map(|row| row.2).collect())),
                ("book", "bigint", bigs(rows, |row| row.3)),
                ("resource_type", "smallint", smalls(rows, |row| type_number(row.4))),
            ],
        );
        execute(connection, statement).await?;
    }
    writes_grants |= facts::write(connection, &flush.labels, &flush.withdrawn, &flush.facts).await?;
    remove(connection, &flush.removed).await?;
    for (table, columns) in index_columns(&flush.added) {
        execute(connection, insert(table, columns)).await?;
    }
    shields::write(connection, registry, &flush.shields).await?;
    for (book, into, at) in flush.merges {
        for statement in put_merge(book, into, at) {
            execute(connection, statement).await?;
        }
    }
    Ok(writes_grants)
}

/// Removes those of the rows that are there.
pub(super) async fn remove(
    connection: &mut AsyncPgConnection,
    changes: &[IndexChange],
) -> Result<(), StoreError> {
    for (table, columns) in index_columns(changes) {
        execute(connection, delete(table, columns)).await?;
    }
    Ok(())
}

/// Adds those of the rows that are not there yet.
pub(super) async fn add_missing(
    connection: &mut AsyncPgConnection,
    changes: &[IndexChange],
) -> Result<(), StoreError> {
    for (table, columns) in index_columns(changes) {
        let mut statement = insert(table, columns);
        statement.sql(" ON CONFLICT DO NOTHING");
        execute(connection, statement).await?;
    }
    Ok(())
}

pub(super) fn smalls<T>(rows: &[T], value: impl Fn(&T) -> i16) -> Bind {
    Bind::Smalls(rows.iter().map(value).collect())
}

pub(super) fn bigs<T>(rows: &[T], value: impl Fn(&T) -> i64) -> Bind {
    Bind::Bigs(rows.iter().map(value).collect())
}

fn bodies<'a>(bodies: impl Iterator<Item = Option<&'a Body>>) -> Bind {
    Bind::MaybeBytesList(bodies.map(|body| body.map(|body| body.stored().to_vec())).collect())
}

fn resource_columns(rows: &[ResourceRow]) -> Vec<Column> {
    vec![
        ("book", "bigint", bigs(rows, |row| row.book)),
        ("resource_key", "bigint", bigs(rows, |row| row.key)),
        ("resource_type", "smallint", smalls(rows, |row| type_number(row.resource_type))),
        ("logical_id", "bytea", Bind::BytesList(rows.iter().map(|row| pack_id(&row.id)).collect())),
        ("version", "int", Bind::Ints(rows.iter().map(|row| row.version).collect())),
        ("updated", "bigint", bigs(rows, |row| row.updated)),
        ("change", "smallint", smalls(rows, |row| change_number(row.change))),
        ("id_hash", "bigint", bigs(rows, |row| row.id_hash)),
        ("present", "bigint", bigs(rows, |row| row.present)),
        ("body", "bytea", bodies(rows.iter().map(|row| row.body.as_ref()))),
        ("visit", "bigint", bigs(rows, |row| row.stamp.visit)),
        ("author", "bigint", bigs(rows, |row| row.stamp.author)),
        ("author_kind", "smallint", smalls(rows, |row| row.stamp.author_kind)),
    ]
}

/// Appends `unnest(...) AS w(...)`.
pub(super) fn rows(statement: &mut Statement, columns: Vec<Column>) {
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    statement.sql("unnest(");
    for (index, (_, kind, values)) in columns.into_iter().enumerate() {
        statement.sql(if index > 0 { "," } else { "" }).bind(values).sql(&format!("::{kind}[]"));
    }
    statement.sql(&format!(") AS w({})", names.join(",")));
}

pub(super) fn insert(table: &str, columns: Vec<Column>) -> Statement {
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    let mut statement = Statement::new(&format!("INSERT INTO {table} ({}) SELECT * FROM ", names.join(",")));
    rows(&mut statement, columns);
    statement
}

fn delete(table: &str, columns: Vec<Column>) -> Statement {
    // Columns that may be NULL say nothing that the key does not.
    let key = columns.iter().filter(|(_, _, values)| !matches!(values, Bind::MaybeBytesList(_)));
    let equal: Vec<String> = key.map(|(name, ..)| format!("t.{name} = w.{name}")).collect();
    let mut statement = Statement::new(&format!("DELETE FROM {table} t USING "));
    rows(&mut statement, columns);
    statement.sql(" WHERE ").sql(&equal.join(" AND "));
    statement
}

fn update(updates: &[ResourceRow]) -> Statement {
    let mut statement = Statement::new(
        "UPDATE resource t SET version = w.version, updated = w.updated, change = w.change, present = w.present, \
         body = w.body, visit = w.visit, author = w.author, author_kind = w.author_kind FROM ",
    );
    rows(&mut statement, resource_columns(updates));
    statement.sql(" WHERE t.book = w.book AND t.resource_key = w.resource_key");
    statement
}

/// The index rows of many resources, table by table; tables without rows are left out.
fn index_columns(changes: &[IndexChange]) -> Vec<(&'static str, Vec<Column>)> {
    let mut tables = Vec::new();
    let tokens: Vec<_> = flat(changes, |change| &change.rows.tokens);
    if !tokens.is_empty() {
        let mut columns = place(&tokens, |row| row.slot.0);
        columns.push(("code", "bigint", bigs(&tokens, |row| row.2.code)));
        columns.push(("system", "int", Bind::Ints(tokens.iter().map(|row| row.2.system).collect())));
        tables.push(("token_index", columns));
    }
    let strings: Vec<_> = flat(changes, |change| &change.rows.strings);
    if !strings.is_empty() {
        let mut columns = place(&strings, |row| row.slot.0);
        columns.push((
            "folded",
            "text",
            Bind::Texts(strings.iter().map(|row| row.2.folded.clone()).collect()),
        ));
        columns.push(("exact", "text", Bind::Texts(strings.iter().map(|row| row.2.exact.clone()).collect())));
        tables.push(("string_index", columns));
    }
    let dates: Vec<_> = flat(changes, |change| &change.rows.dates);
    if !dates.is_empty() {
        let mut columns = place(&dates, |row| row.slot.0);
        columns.push(("low", "bigint", bigs(&dates, |row| row.2.low)));
        columns.push(("high", "bigint", bigs(&dates, |row| row.2.high)));
        tables.push(("date_index", columns));
    }
    let references: Vec<_> = flat(changes, |change| &change.rows.references);
    if !references.is_empty() {
        let mut columns = place(&references, |row| row.slot.0);
        columns.push(("target", "bigint", bigs(&references, |row| row.2.target)));
        columns.push(("target_type", "smallint", smalls(&references, |row| row.2.target_type)));
        tables.push(("reference_index", columns));
    }
    let quantities: Vec<_> = flat(changes, |change| &change.rows.quantities);
    if !quantities.is_empty() {
        let ints =
            |value: fn(&QuantityRow) -> i32| Bind::Ints(quantities.iter().map(|row| value(row.2)).collect());
        let bytes = |value: fn(&QuantityRow) -> &Vec<u8>| {
            Bind::BytesList(quantities.iter().map(|row| value(row.2).clone()).collect())
        };
        let given = |high: bool| {
            let end = |row: &QuantityRow| {
                row.given.as_ref().map(|(from, to)| if high { to.clone() } else { from.clone() })
            };
            Bind::MaybeBytesList(quantities.iter().map(|row| end(row.2)).collect())
        };
        let mut columns = place(&quantities, |row| row.slot.0);
        columns.push(("unit", "int", ints(|row| row.unit)));
        columns.push(("low", "bytea", bytes(|row| &row.low)));
        columns.push(("high", "bytea", bytes(|row| &row.high)));
        columns.push(("code", "int", ints(|row| row.code)));
        columns.push(("text", "int", ints(|row| row.text)));
        columns.push(("given_low", "bytea", given(false)));
        columns.push(("given_high", "bytea", given(true)));
        tables.push(("quantity_index", columns));
    }
    tables
}

/// Book, key and row, for all resources.
fn flat<'a, T>(
    changes: &'a [IndexChange],
    rows: impl Fn(&'a IndexChange) -> &'a Vec<T>,
) -> Vec<(i64, i64, &'a T)> {
    changes.iter().flat_map(|change| rows(change).iter().map(|row| (change.book, change.key, row))).collect()
}

fn place<T>(rows: &[(i64, i64, &T)], slot: impl Fn(&T) -> i16) -> Vec<Column> {
    vec![
        ("book", "bigint", bigs(rows, |row| row.0)),
        ("resource_key", "bigint", bigs(rows, |row| row.1)),
        ("slot", "smallint", Bind::Smalls(rows.iter().map(|row| slot(row.2)).collect())),
    ]
}
