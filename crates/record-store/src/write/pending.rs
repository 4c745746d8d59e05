//! What a batch has decided and not yet flushed.

use std::collections::HashMap;

use fhir::{LogicalId, ResourceType};
use search::IndexRows;

use super::access_rows::{FactRows, LabelRow, Stamp};
use super::index_difference::difference;
use crate::{Body, Change};

/// The new current state of a resource.
#[derive(Debug, Clone)]
pub(crate) struct ResourceRow {
    pub(crate) book: i64,
    pub(crate) key: i64,
    pub(crate) resource_type: ResourceType,
    pub(crate) id: LogicalId,
    /// Hash of the id, as in references.
    pub(crate) id_hash: i64,
    pub(crate) version: i32,
    pub(crate) updated: i64,
    pub(crate) change: Change,
    /// The parameters that have a value.
    pub(crate) present: i64,
    pub(crate) stamp: Stamp,
    pub(crate) body: Option<Body>,
}

/// A new row of the directory.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryRow {
    pub(crate) resource_type: ResourceType,
    pub(crate) id: LogicalId,
    pub(crate) id_hash: i64,
    pub(crate) book: i64,
    pub(crate) key: i64,
}

/// A resource that changes its book.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) old_book: i64,
    pub(crate) new_book: i64,
    pub(crate) key: i64,
    pub(crate) resource_type: ResourceType,
    pub(crate) id_hash: i64,
    pub(crate) updated: i64,
}

/// A version that is superseded.
#[derive(Debug, Clone)]
pub(crate) struct VersionToKeep {
    pub(crate) book: i64,
    /// Where it stood.
    pub(crate) own_book: i64,
    pub(crate) stamp: Stamp,
    pub(crate) key: i64,
    pub(crate) version: i32,
    pub(crate) updated: i64,
    pub(crate) change: Change,
    pub(crate) body: Option<Body>,
}

/// A resource that the batch has touched: its row and index rows in the database and as they will be.
#[derive(Debug, Clone)]
struct Touched {
    stored_book: Option<i64>,
    stored_rows: IndexRows,
    row: ResourceRow,
    rows: IndexRows,
    facts: FactRows,
    /// Whether it was deleted, though it may be there again.
    was_deleted: bool,
}

/// The grants and denials of one resource.
#[derive(Debug, Clone)]
pub(crate) struct FactsOf {
    pub(crate) book: i64,
    pub(crate) key: i64,
    pub(crate) rows: FactRows,
}

/// Index rows of one resource, to be added or removed.
#[derive(Debug, Clone)]
pub(crate) struct IndexChange {
    pub(crate) book: i64,
    pub(crate) key: i64,
    pub(crate) rows: IndexRows,
}

/// Everything a flush writes, in this order.
#[derive(Debug, Default)]
pub(crate) struct Flush {
    pub(crate) directory: Vec<DirectoryRow>,
    pub(crate) moves: Vec<Move>,
    /// Resources that were not there.
    pub(crate) inserts: Vec<ResourceRow>,
    /// Resources that were there.
    pub(crate) updates: Vec<ResourceRow>,
    pub(crate) versions: Vec<VersionToKeep>,
    /// updated, key, version, book, type.
    pub(crate) feed: Vec<(i64, i64, i32, i64, ResourceType)>,
    pub(crate) labels: Vec<LabelRow>,
    /// Book and key of resources whose grants and denials go, and whether what registered the person stays.
    pub(crate) withdrawn: Vec<(i64, i64, bool)>,
    pub(crate) facts: Vec<FactsOf>,
    pub(crate) removed: Vec<IndexChange>,
    pub(crate) added: Vec<IndexChange>,
    /// Books that go under the location shield or leave it.
    pub(crate) shields: Vec<(i64, bool)>,
    /// Books that become a part of another, or are by themselves again: book, into which, when.
    pub(crate) merges: Vec<(i64, Option<i64>, i64)>,
}

/// The decisions of a batch.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    directory: Vec<DirectoryRow>,
    touched: HashMap<i64, Touched>,
    order: Vec<i64>,
    versions: Vec<VersionToKeep>,
    feed: Vec<(i64, i64, i32, i64, ResourceType)>,
    labels: Vec<LabelRow>,
    shields: Vec<(i64, bool)>,
    merges: Vec<(i64, Option<i64>, i64)>,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.directory.is_empty() && self.touched.is_empty()
    }

    /// A new row of the directory.
    pub(crate) fn register(&mut self, row: DirectoryRow) {
        self.directory.push(row);
    }

    /// A version that is no longer current.
    pub(crate) fn keep(&mut self, version: VersionToKeep) {
        self.versions.push(version);
    }

    /// A book goes under the location shield, or leaves it. Only the last of a batch counts.
    pub(crate) fn shield(&mut self, book: i64, shielded: bool) {
        self.shields.retain(|(known, _)| *known != book);
        self.shields.push((book, shielded));
    }

    /// A book becomes a part of another, or is by itself again. In a batch all count, in their order.
    pub(crate) fn merge(&mut self, book: i64, into: Option<i64>, at: i64) {
        self.merges.push((book, into, at));
    }

    /// Labels that a version gives.
    pub(crate) fn label(&mut self, rows: impl Iterator<Item = LabelRow>) {
        self.labels.extend(rows);
    }

    /// A new current state. `stored` is what the database holds when the batch has not touched the resource
    /// yet: its book and index rows.
    pub(crate) fn put(
        &mut self,
        stored: Option<(i64, IndexRows)>,
        row: ResourceRow,
        rows: IndexRows,
        facts: FactRows,
    ) {
        self.feed.push((row.updated, row.key, row.version, row.book, row.resource_type));
        if let Some(touched) = self.touched.get_mut(&row.key) {
            touched.facts = if row.change == Change::Delete { facts } else { facts.after(&touched.facts) };
            touched.was_deleted |= row.change == Change::Delete;
            touched.row = row;
            touched.rows = rows;
            return;
        }
        self.order.push(row.key);
        let (stored_book, stored_rows) =
            stored.map_or((None, IndexRows::default()), |(book, rows)| (Some(book), rows));
        let was_deleted = row.change == Change::Delete;
        self.touched.insert(row.key, Touched { stored_book, stored_rows, row, rows, facts, was_deleted });
    }

    /// Empties the list into statements to be.
    pub(crate) fn drain(&mut self) -> Flush {
        let mut flush = Flush {
            directory: std::mem::take(&mut self.directory),
            versions: std::mem::take(&mut self.versions),
            feed: std::mem::take(&mut self.feed),
            labels: std::mem::take(&mut self.labels),
            shields: std::mem::take(&mut self.shields),
            merges: std::mem::take(&mut self.merges),
            ..Flush::default()
        };
        for key in std::mem::take(&mut self.order) {
            let Some(touched) = self.touched.remove(&key) else { continue };
            let Touched { stored_book, stored_rows, row, rows, facts, was_deleted } = touched;
            if let Some(book) = stored_book.filter(|book| *book != 0) {
                flush.withdrawn.push((book, key, !was_deleted && book == row.book));
            }
            if facts != FactRows::default() {
                flush.facts.push(FactsOf { book: row.book, key, rows: facts });
            }
            match stored_book {
                Some(book) if book != row.book => {
                    flush.moves.push(Move {
                        old_book: book,
                        new_book: row.book,
                        key,
                        resource_type: row.resource_type,
                        id_hash: row.id_hash,
                        updated: row.updated,
                    });
                    flush.removed.push(IndexChange { book, key, rows: stored_rows });
                    flush.added.push(IndexChange { book: row.book, key, rows });
                    flush.updates.push(row);
                }
                Some(book) => {
                    let (removed, added) = difference(&stored_rows, &rows);
                    flush.removed.push(IndexChange { book, key, rows: removed });
                    flush.added.push(IndexChange { book, key, rows: added });
                    flush.updates.push(row);
                }
                None => {
                    flush.added.push(IndexChange { book: row.book, key, rows });
                    flush.inserts.push(row);
                }
            }
        }
        // A version kept in this batch may name the book from before a move of the same batch.
        for moved in &flush.moves {
            for version in flush.versions.iter_mut().filter(|version| version.key == moved.key) {
                version.book = moved.new_book;
            }
        }
        // Rows in the order of the trees they go to: neighbours are written together.
        flush.directory.sort_by_key(|row| (row.resource_type, row.id_hash));
        flush
    }
}
