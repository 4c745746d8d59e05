//! Writing a flush to SQLite: one cached statement per row. Inside one transaction that is as fast as
//! multi-row statements and needs no list of statement lengths.

use diesel::SqliteConnection;
use search::Registry;

use super::{execute, facts, shields};
use crate::StoreError;
use crate::query::put_merge;
use crate::statement::{Bind, Statement};
use crate::stored::{change_number, pack_id, type_number};
use crate::write::{Flush, IndexChange, ResourceRow};

/// Writes everything.
pub(super) fn flush(
    connection: &mut SqliteConnection,
    registry: &Registry,
    flush: Flush,
) -> Result<(), StoreError> {
    for row in &flush.directory {
        let columns = "INTO directory (resource_type, id_hash, book, resource_key, logical_id)";
        let values = [
            Bind::Small(type_number(row.resource_type)),
            Bind::Big(row.id_hash),
            Bind::Big(row.book),
            Bind::Big(row.key),
            Bind::Bytes(pack_id(&row.id)),
        ];
        insert(connection, columns, values)?;
    }
    for moved in &flush.moves {
        for table in ["resource", "resource_version", "change_feed"] {
            let mut statement = Statement::new(&format!("UPDATE {table} SET book = "));
            statement.big(moved.new_book).sql(" WHERE book = ").big(moved.old_book);
            statement.sql(" AND resource_key = ").big(moved.key);
            execute(connection, statement)?;
        }
        let mut statement = Statement::new("UPDATE directory SET book = ");
        statement.big(moved.new_book).sql(" WHERE resource_type = ").small(type_number(moved.resource_type));
        statement.sql(" AND id_hash = ").big(moved.id_hash);
        execute(connection, statement)?;
        let places = [moved.updated, moved.key, moved.old_book, moved.new_book].map(Bind::Big);
        insert(connection, "INTO book_move (updated, resource_key, old_book, new_book)", places)?;
    }
    for version in flush.versions {
        let columns = "INTO resource_version (book, resource_key, version, updated, change, body, visit, own_book, author, author_kind)";
        insert(
            connection,
            columns,
            [
                Bind::Big(version.book),
                Bind::Big(version.key),
                Bind::Int(version.version),
                Bind::Big(version.updated),
                Bind::Small(change_number(version.change)),
                Bind::MaybeBytes(version.body.map(|body| body.stored().to_vec())),
                Bind::Big(version.stamp.visit),
                Bind::Big(version.own_book),
                Bind::Big(version.stamp.author),
                Bind::Small(version.stamp.author_kind),
            ],
        )?;
    }
    for row in flush.inserts {
        let columns = "INTO resource (book, resource_key, resource_type, logical_id, version, updated, change, id_hash, present, body, visit, author, author_kind)";
        insert(connection, columns, resource(row))?;
    }
    for row in flush.updates {
        let mut statement = Statement::new("UPDATE resource SET version = ");
        statement.bind(Bind::Int(row.version)).sql(", updated = ").big(row.updated);
        statement.sql(", change = ").small(change_number(row.change)).sql(", present = ").big(row.present);
        statement.sql(", visit = ").big(row.stamp.visit).sql(", author = ").big(row.stamp.author);
        statement.sql(", author_kind = ").small(row.stamp.author_kind);
        statement.sql(", body = ");
        statement.bind(Bind::MaybeBytes(row.body.map(|body| body.stored().to_vec())));
        statement.sql(" WHERE book = ").big(row.book).sql(" AND resource_key = ").big(row.key);
        execute(connection, statement)?;
    }
    for (updated, key, version, book, resource_type) in flush.feed {
        let columns = "INTO change_feed (updated, resource_key, version, book, resource_type)";
        let values = [
            Bind::Big(updated),
            Bind::Big(key),
            Bind::Int(version),
            Bind::Big(book),
            Bind::Small(type_number(resource_type)),
        ];
        insert(connection, columns, values)?;
    }
    facts::write(connection, flush.labels, flush.withdrawn, flush.facts)?;
    for change in flush.removed {
        remove(connection, change)?;
    }
    for change in flush.added {
        add(connection, change, "")?;
    }
    shields::write(connection, registry, &flush.shields)?;
    for (book, into, at) in flush.merges {
        for statement in put_merge(book, into, at) {
            execute(connection, statement)?;
        }
    }
    Ok(())
}

/// Adds those of the rows that are not there yet.
pub(super) fn add_missing(connection: &mut SqliteConnection, change: IndexChange) -> Result<(), StoreError> {
    add(connection, change, " ON CONFLICT DO NOTHING")
}

fn resource(row: ResourceRow) -> [Bind; 13] {
    [
        Bind::Big(row.book),
        Bind::Big(row.key),
        Bind::Small(type_number(row.resource_type)),
        Bind::Bytes(pack_id(&row.id)),
        Bind::Int(row.version),
        Bind::Big(row.updated),
        Bind::Small(change_number(row.change)),
        Bind::Big(row.id_hash),
        Bind::Big(row.present),
        Bind::MaybeBytes(row.body.map(|body| body.stored().to_vec())),
        Bind::Big(row.stamp.visit),
        Bind::Big(row.stamp.author),
        Bind::Small(row.stamp.author_kind),
    ]
}

pub(super) fn insert<const N: usize>(
    connection: &mut SqliteConnection,
    columns: &str,
    values: [Bind; N],
) -> Result<(), StoreError> {
    let mut statement = Statement::new("INSERT ");
    statement.sql(columns).sql(" VALUES (");
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            statement.sql(",");
        }
        statement.bind(value);
    }
    statement.sql(")");
    execute(connection, statement).map(drop)
}

/// The index rows of one resource as table, columns and values.
fn rows(change: IndexChange) -> impl Iterator<Item = (&'static str, Vec<(&'static str, Bind)>)> {
    let IndexChange { book, key, rows } = change;
    let place = move |mut values: Vec<(&'static str, Bind)>| {
        values.push(("book", Bind::Big(book)));
        values.push(("resource_key", Bind::Big(key)));
        values
    };
    let tokens = rows.tokens.into_iter().map(move |row| {
        let values = vec![
            ("slot", Bind::Small(row.slot.0)),
            ("code", Bind::Big(row.code)),
            ("system", Bind::Int(row.system)),
        ];
        ("token_index", place(values))
    });
    let strings = rows.strings.into_iter().map(move |row| {
        let values = vec![
            ("slot", Bind::Small(row.slot.0)),
            ("folded", Bind::Text(row.folded)),
            ("exact", Bind::Text(row.exact)),
        ];
        ("string_index", place(values))
    });
    let dates = rows.dates.into_iter().map(move |row| {
        let values = vec![
            ("slot", Bind::Small(row.slot.0)),
            ("low", Bind::Big(row.low)),
            ("high", Bind::Big(row.high)),
        ];
        ("date_index", place(values))
    });
    let references = rows.references.into_iter().map(move |row| {
        let values = vec![
            ("slot", Bind::Small(row.slot.0)),
            ("target", Bind::Big(row.target)),
            ("target_type", Bind::Small(row.target_type)),
        ];
        ("reference_index", place(values))
    });
    let quantities = rows.quantities.into_iter().map(move |row| {
        let (given_low, given_high) = row.given.unzip();
        let values = vec![
            ("slot", Bind::Small(row.slot.0)),
            ("unit", Bind::Int(row.unit)),
            ("low", Bind::Bytes(row.low)),
            ("high", Bind::Bytes(row.high)),
            ("code", Bind::Int(row.code)),
            ("text", Bind::Int(row.text)),
            ("given_low", Bind::MaybeBytes(given_low)),
            ("given_high", Bind::MaybeBytes(given_high)),
        ];
        ("quantity_index", place(values))
    });
    tokens.chain(strings).chain(dates).chain(references).chain(quantities)
}

fn add(connection: &mut SqliteConnection, change: IndexChange, repeated: &str) -> Result<(), StoreError> {
    for (table, values) in rows(change) {
        let mut statement = Statement::new("INSERT INTO ");
        statement.sql(table).sql(" (");
        for (index, (column, _)) in values.iter().enumerate() {
            statement.sql(if index > 0 { "," } else { "" }).sql(column);
        }
        statement.sql(") VALUES (");
        for (index, (_, value)) in values.into_iter().enumerate() {
            if index > 0 {
                statement.sql(",");
            }
            statement.bind(value);
        }
        statement.sql(")").sql(repeated);
        execute(connection, statement)?;
    }
    Ok(())
}

pub(super) fn remove(connection: &mut SqliteConnection, change: IndexChange) -> Result<(), StoreError> {
    for (table, values) in rows(change) {
        let mut statement = Statement::new("DELETE FROM ");
        statement.sql(table).sql(" WHERE ");
        // Columns that may be NULL say nothing that the key does not.
        let key = values.into_iter().filter(|(_, value)| !matches!(value, Bind::MaybeBytes(_)));
        for (index, (column, value)) in key.enumerate() {
            statement.sql(if index > 0 { " AND " } else { "" }).sql(column).sql(" = ").bind(value);
        }
        execute(connection, statement)?;
    }
    Ok(())
}
