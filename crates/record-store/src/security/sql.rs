//! The statements about what signing in keeps.

use fhir::Instant;

use super::{SecurityChange, SecurityRecord};
use crate::statement::{Bind, Statement};

const COLUMNS: &str =
    "SELECT s.id, s.owner, s.version, s.expires, s.value FROM security_record s WHERE s.kind = ";

/// The record of an id: id, owner, version, expires, value.
pub(super) fn record(kind: i16, id: &str, now: Instant) -> Statement {
    let mut statement = Statement::new(COLUMNS);
    statement.small(kind).sql(" AND s.id = ").bind(Bind::Text(id.to_owned()));
    lives(&mut statement, "s", now);
    statement
}

/// The records of an owner, or all.
pub(super) fn records(kind: i16, owner: Option<&str>, now: Instant) -> Statement {
    let mut statement = Statement::new(COLUMNS);
    statement.small(kind);
    if let Some(owner) = owner {
        statement.sql(" AND s.owner = ").bind(Bind::Text(owner.to_owned()));
    }
    lives(&mut statement, "s", now);
    statement
}

/// The records of any of these owners.
pub(super) fn records_of(kind: i16, owners: &[String], now: Instant) -> Statement {
    let mut statement = Statement::new(COLUMNS);
    statement.small(kind).sql(" AND s.owner IN (");
    statement.list(owners.iter().map(|owner| Bind::Text(owner.clone())).collect()).sql(")");
    lives(&mut statement, "s", now);
    statement
}

/// Some records behind an id.
pub(super) fn behind(kind: i16, id: &str, now: Instant, most: u32) -> Statement {
    let mut statement = Statement::new(COLUMNS);
    statement.small(kind).sql(" AND s.id > ").bind(Bind::Text(id.to_owned()));
    lives(&mut statement, "s", now);
    statement.sql(" ORDER BY s.id LIMIT ").big(i64::from(most));
    statement
}

/// Some records of an owner, those that end first at the front.
pub(super) fn first(kind: i16, owner: &str, now: Instant, most: u32) -> Statement {
    let mut statement = records(kind, Some(owner), now);
    statement.sql(" ORDER BY s.expires LIMIT ").big(i64::from(most));
    statement
}

/// How many records an owner has.
pub(super) fn count(kind: i16, owner: &str) -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM security_record s WHERE s.kind = ");
    statement.small(kind).sql(" AND s.owner = ").bind(Bind::Text(owner.to_owned()));
    statement
}

fn lives(statement: &mut Statement, table: &str, now: Instant) {
    statement.sql(&format!(" AND ({table}.expires = 0 OR {table}.expires > "));
    statement.big(now.microseconds()).sql(")");
}

/// A change. It touches exactly one row when its premise holds, none otherwise.
pub(super) fn change(change: SecurityChange, now: Instant) -> Statement {
    match change {
        SecurityChange::Insert(record) => {
            let mut statement = insert(record);
            statement.sql(" WHERE security_record.expires <> 0 AND security_record.expires <= ");
            statement.big(now.microseconds());
            statement
        }
        SecurityChange::Put(record) => insert(record),
        SecurityChange::Replace(record) => {
            let mut statement = Statement::new("UPDATE security_record SET version = version + 1, owner = ");
            statement.bind(Bind::Text(record.owner)).sql(", expires = ").big(end(record.expires));
            statement.sql(", value = ").bind(Bind::Text(record.value));
            statement.sql(" WHERE kind = ").small(record.kind.number());
            statement.sql(" AND id = ").bind(Bind::Text(record.id));
            statement.sql(" AND version = ").bind(Bind::Int(record.version));
            lives(&mut statement, "security_record", now);
            statement
        }
        SecurityChange::Remove(kind, id) => {
            let mut statement = Statement::new("DELETE FROM security_record WHERE kind = ");
            statement.small(kind.number()).sql(" AND id = ").bind(Bind::Text(id));
            lives(&mut statement, "security_record", now);
            statement
        }
        SecurityChange::RemoveOf(kind, owner) => {
            let mut statement = Statement::new("DELETE FROM security_record WHERE kind = ");
            statement.small(kind.number()).sql(" AND owner = ").bind(Bind::Text(owner));
            statement
        }
        SecurityChange::Revoke(revoked, at) => {
            let (kind, id) = revoked.parts();
            let mut statement = Statement::new("INSERT INTO revocation (kind, id, at) VALUES (");
            statement.small(kind).sql(",").bind(Bind::Text(id.to_owned())).sql(",").big(at.microseconds());
            statement.sql(") ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at");
            statement
        }
    }
}

fn insert(record: SecurityRecord) -> Statement {
    let mut statement =
        Statement::new("INSERT INTO security_record (kind, id, owner, version, expires, value) VALUES (");
    statement.small(record.kind.number()).sql(",").bind(Bind::Text(record.id)).sql(",");
    statement.bind(Bind::Text(record.owner)).sql(",1,").big(end(record.expires)).sql(",");
    statement.bind(Bind::Text(record.value));
    statement.sql(
        ") ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, version = security_record.version + 1, \
         expires = excluded.expires, value = excluded.value",
    );
    statement
}

fn end(expires: Option<Instant>) -> i64 {
    expires.map_or(0, Instant::microseconds)
}

/// What was revoked after a moment: kind, id, until when.
pub(super) fn revocations_since(since: Instant) -> Statement {
    let mut statement = Statement::new("SELECT r.kind, r.id, r.at FROM revocation r WHERE r.at > ");
    statement.big(since.microseconds());
    statement
}

/// Removes records that have ended, some at a time.
pub(super) fn remove_ended(now: Instant) -> Statement {
    let mut statement = Statement::new(
        "DELETE FROM security_record WHERE (kind, id) IN (SELECT e.kind, e.id FROM security_record e \
         WHERE e.expires <> 0 AND e.expires <= ",
    );
    statement.big(now.microseconds()).sql(" ORDER BY e.expires LIMIT 1000)");
    statement
}

/// When the first record ended, if one has.
pub(super) fn first_ended(now: Instant) -> Statement {
    let mut statement =
        Statement::new("SELECT s.expires FROM security_record s WHERE s.expires <> 0 AND s.expires <= ");
    statement.big(now.microseconds()).sql(" ORDER BY s.expires LIMIT 1");
    statement
}

/// Removes old revocations.
pub(super) fn remove_revocations(before: Instant) -> Statement {
    let mut statement = Statement::new("DELETE FROM revocation WHERE at < ");
    statement.big(before.microseconds());
    statement
}
