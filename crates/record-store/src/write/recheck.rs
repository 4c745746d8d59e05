//! What stored versions say about access, read again: after a change of the rules, and for what was stored before there
//! were any.

use std::collections::HashMap;
use std::fmt::Debug;

use access::{Facts, WriteContext};
use diesel::sql_types::{BigInt, SmallInt};
use fhir::{Instant, LogicalId, ResourceType};
use json::Node;
use search::Registry;

use super::FactsOf;
use super::access_rows::{FactRows, LabelRow, REGISTRATION, Stamp, label_rows, stamp};
use crate::StoreError;
use crate::shield::{Sight, is_shielded};
use crate::statement::{Bind, Statement};
use crate::stored::{MOVED, VERSION_COLUMNS, VersionRow, VersionTypes, record, type_number};

/// Reads from a resource what it says about access, by the rules in force.
pub trait ReadFacts: Debug + Send + Sync {
    /// The facts; `None` where the rules cannot read it, so that what was read before stays.
    fn facts(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
        resource: &Node<'_>,
        context: &WriteContext,
    ) -> Option<Facts>;
}

/// A version, the book in which it stood (-1 when that is not known), visit, author and kind of author.
pub(crate) type KnownTypes = (VersionTypes, BigInt, (BigInt, BigInt, SmallInt));
/// A row of [`KnownTypes`].
pub(crate) type KnownRow = (VersionRow, i64, (i64, i64, i16));

/// All versions of a resource, the current one last, as [`KnownTypes`].
pub(crate) fn versions(book: i64, key: i64) -> Statement {
    let mut statement = Statement::new(&format!(
        "SELECT r.book, r.resource_key, r.resource_type, r.logical_id, v.version, v.updated, v.change, v.body, \
         {}, v.own_book, v.visit, v.author, v.author_kind FROM resource r \
         JOIN resource_version v ON v.book = r.book AND v.resource_key = r.resource_key WHERE r.book = ",
        is_shielded("r.book"),
    ));
    statement.big(book).sql(" AND r.resource_key = ").big(key);
    statement.sql(&format!(
        " UNION ALL SELECT {VERSION_COLUMNS}, r.book, r.visit, r.author, r.author_kind FROM resource r WHERE r.book = "
    ));
    statement.big(book).sql(" AND r.resource_key = ").big(key).sql(" ORDER BY 5");
    statement
}

/// What has to be written for one resource.
#[derive(Debug, Default)]
pub(crate) struct Rechecked {
    pub(crate) statements: Vec<Statement>,
    pub(crate) labels: Vec<LabelRow>,
    pub(crate) withdrawn: Vec<(i64, i64, bool)>,
    pub(crate) facts: Vec<FactsOf>,
    /// The book that goes under the location shield, or leaves it.
    pub(crate) shields: Vec<(i64, bool)>,
}

/// The patients whose books have to be known.
pub(crate) fn patients(registry: &Registry, versions: &[KnownRow]) -> Result<Vec<LogicalId>, StoreError> {
    let mut found = Vec::new();
    for (row, own_book, _) in versions {
        if *own_book < 0 {
            found.extend(
                with(row, |resource_type, _, node| registry.extract(resource_type, node).patient)?.flatten(),
            );
        }
    }
    Ok(found)
}

fn with<T>(
    row: &VersionRow,
    read: impl FnOnce(ResourceType, &LogicalId, &Node<'_>) -> T,
) -> Result<Option<T>, StoreError> {
    let record = record(row.clone(), Sight::Whole)?;
    let Some(text) = record.inspect()? else { return Ok(None) };
    let limits = json::Limits { depth: usize::MAX };
    let node = json::parse(text.as_bytes(), &limits).map_err(|_| StoreError::Corrupt)?;
    Ok(Some(read(record.resource_type, &record.id, &node)))
}

/// Reads all versions of one resource again. `books` holds the books of [`patients`].
pub(crate) fn recheck(
    registry: &Registry,
    reader: &dyn ReadFacts,
    versions: &[KnownRow],
    books: &HashMap<LogicalId, i64>,
) -> Result<Rechecked, StoreError> {
    let mut rechecked = Rechecked::default();
    let Some((last, ..)) = versions.last() else { return Ok(rechecked) };
    let (book, key, current, shielded) = (last.0, last.1, last.4, last.8);
    let hasher = registry.hasher();
    let (mut visit, mut own_book) = (0, book);
    let mut touched = vec![book];
    let (mut all_read, mut is_shielded_now) = (true, false);
    let mut finished = None;
    let mut said = Instant::from_microseconds(i64::MIN);
    for (row, known_book, (known_visit, author, author_kind)) in versions {
        let (version, updated, change) = (row.4, row.5, row.6);
        // Moving says nothing anew: what a version opens is counted from when it was said.
        if change != MOVED {
            said = Instant::from_microseconds(updated);
        }
        let context = WriteContext { at: said, first: version == 1, finished };
        let read = with(row, |resource_type, id, node| {
            let facts = reader.facts(resource_type, id, node, &context);
            let patient = registry.extract(resource_type, node).patient;
            let stands = match &patient {
                _ if resource_type == ResourceType::PATIENT => Some(book),
                Some(patient) => books.get(patient).copied(),
                None => Some(0),
            };
            let known = stamp(
                hasher,
                resource_type,
                id,
                facts.as_ref().unwrap_or(&Facts::default()),
                (*author_kind, *author),
            );
            (facts, stands, known, patient)
        })?;
        // A deletion belongs where the version before it did.
        let mut own_stamp = Stamp { visit, author: *author, author_kind: *author_kind };
        let (mut own_facts, mut patient) = (None, None);
        if let Some((facts, stands, known, named)) = read {
            own_book = if *known_book < 0 { stands.unwrap_or(-1) } else { *known_book };
            visit = if facts.is_none() && *known_visit != 0 { *known_visit } else { known.visit };
            all_read &= facts.is_some();
            if finished.is_none() && facts.as_ref().is_some_and(|facts| facts.finished) {
                finished = Some(said);
            }
            (own_stamp, own_facts, patient) = (Stamp { visit, ..known }, facts, named);
        }
        if version == current {
            own_book = book;
            let mut statement = Statement::new("UPDATE resource SET visit = ");
            statement.big(visit).sql(" WHERE book = ").big(book).sql(" AND resource_key = ").big(key);
            rechecked.statements.push(statement);
        } else {
            let mut statement = Statement::new("UPDATE resource_version SET visit = ");
            statement.big(visit).sql(", own_book = ").big(own_book).sql(" WHERE book = ").big(book);
            statement.sql(" AND resource_key = ").big(key).sql(" AND version = ").bind(Bind::Int(version));
            rechecked.statements.push(statement);
        }
        let Some(facts) = own_facts else { continue };
        touched.push(own_book);
        rechecked.labels.extend(label_rows((own_book, key), facts.labels, &own_stamp));
        is_shielded_now = facts.shielded;
        if version == current && book > 0 {
            let mut rows = FactRows::of(hasher, (book, patient.as_ref()), &facts, &own_stamp);
            // What registered the person was said by the first version.
            rows.grants.retain(|row| row.kind != REGISTRATION);
            rechecked.withdrawn.push((book, key, true));
            rechecked.facts.push(FactsOf { book, key, rows });
        }
    }
    if !all_read {
        // What cannot be read any more keeps its labels, grants and denials.
        (rechecked.withdrawn, rechecked.facts) = (Vec::new(), Vec::new());
        return Ok(rechecked);
    }
    // After a deletion what the last content said still holds.
    if last.2 == type_number(ResourceType::PATIENT) && is_shielded_now != shielded {
        rechecked.shields.push((book, is_shielded_now));
    }
    touched.sort_unstable();
    touched.dedup();
    for book in touched {
        let mut statement = Statement::new("DELETE FROM visit_label WHERE book = ");
        statement.big(book).sql(" AND resource_key = ").big(key);
        rechecked.statements.push(statement);
    }
    Ok(rechecked)
}
