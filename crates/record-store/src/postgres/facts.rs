//! Writing to PostgreSQL what versions say about access.

use diesel_async::AsyncPgConnection;

use super::execute;
use super::flush::{Column, bigs, insert, rows, smalls};
use crate::StoreError;
use crate::statement::{Bind, Statement};
use crate::write::{FactRow, FactsOf, LabelRow, REGISTRATION};

/// Adds labels, takes away the grants and denials of what changed, and adds those that hold now. Whether there were grants to
/// be taken away or added.
pub(super) async fn write(
    connection: &mut AsyncPgConnection,
    labels: &[LabelRow],
    withdrawn: &[(i64, i64, bool)],
    facts: &[FactsOf],
) -> Result<bool, StoreError> {
    let mut changed = 0;
    if !labels.is_empty() {
        let mut statement = insert(
            "visit_label",
            vec![
                ("book", "bigint", bigs(labels, |row| row.book)),
                ("visit", "bigint", bigs(labels, |row| row.visit)),
                ("label", "bigint", bigs(labels, |row| row.label)),
                ("author", "bigint", bigs(labels, |row| row.author)),
                ("resource_key", "bigint", bigs(labels, |row| row.key)),
            ],
        );
        statement.sql(" ON CONFLICT DO NOTHING");
        execute(connection, statement).await?;
    }
    if !withdrawn.is_empty() {
        for (table, kept, is_grant) in [
            ("book_grant", format!(" AND (w.registered = 0 OR t.authority <> {REGISTRATION})"), true),
            ("book_denial", String::new(), false),
        ] {
            let mut statement = Statement::new(&format!("DELETE FROM {table} t USING "));
            let places = vec![
                ("book", "bigint", bigs(withdrawn, |row| row.0)),
                ("resource_key", "bigint", bigs(withdrawn, |row| row.1)),
                ("registered", "smallint", smalls(withdrawn, |row| i16::from(row.2))),
            ];
            rows(&mut statement, places);
            statement.sql(" WHERE t.book = w.book AND t.resource_key = w.resource_key").sql(&kept);
            let removed = execute(connection, statement).await?;
            changed += if is_grant { removed } else { 0 };
        }
    }
    let grants: Vec<_> =
        facts.iter().flat_map(|of| of.rows.grants.iter().map(move |row| (of, row))).collect();
    if !grants.is_empty() {
        let mut statement = insert("book_grant", columns(&grants, "authority"));
        // What registered the person may be there still.
        statement.sql(" ON CONFLICT DO NOTHING");
        changed += execute(connection, statement).await?;
    }
    let denials: Vec<_> =
        facts.iter().flat_map(|of| of.rows.denials.iter().map(move |row| (of, row))).collect();
    if !denials.is_empty() {
        execute(connection, insert("book_denial", columns(&denials, "in_emergency"))).await?;
    }
    Ok(changed > 0)
}

fn columns(rows: &[(&FactsOf, &FactRow)], kind: &'static str) -> Vec<Column> {
    vec![
        ("book", "bigint", bigs(rows, |(of, _)| of.book)),
        ("resource_key", "bigint", bigs(rows, |(of, _)| of.key)),
        ("number", "int", Bind::Ints(rows.iter().map(|(_, row)| row.number).collect())),
        (kind, "smallint", smalls(rows, |(_, row)| row.kind)),
        ("grantee", "bigint", bigs(rows, |(_, row)| row.terms.grantee)),
        ("begins", "bigint", bigs(rows, |(_, row)| row.terms.begins)),
        ("ends", "bigint", bigs(rows, |(_, row)| row.terms.ends)),
        ("purpose", "smallint", smalls(rows, |(_, row)| row.terms.purpose)),
        ("resource_type", "smallint", smalls(rows, |(_, row)| row.terms.resource_type)),
        ("visit", "bigint", bigs(rows, |(_, row)| row.terms.visit)),
        ("labels", "bigint", bigs(rows, |(_, row)| row.terms.labels)),
    ]
}
