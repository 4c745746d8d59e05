//! Sort values worked out from resources: for cursors, for orders that no index has, and to keep a sorted walk stable
//! while others write.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use diesel::sql_types::BigInt;
use fhir::{Instant, LogicalId, ResourceType};
use search::{Clause, Cursor, Position, Registry, SearchPlan, Sort, SortKey, SortValue};

use super::{Found, Scan, with_resource};
use crate::StoreError;
use crate::query::{self, Gate};
use crate::store::{Store, few, select};
use crate::stored::{VersionRow, VersionTypes, pack_id};

/// Matches that are sorted in memory.
const MOST_SORTED: usize = 10_000;
/// Resources that may have changed since a walk began.
const MOST_CHANGED: u32 = 10_000;
/// Resources that may have been moved to another book since a walk began.
const MOST_MOVED: u32 = 1_000;
/// The same counted with what the caller does not see.
const MOST_MOVED_OF_ALL: u32 = 100_000;
/// How often a page is read again when resources were moved meanwhile.
const ATTEMPTS: usize = 100;

/// What was moved to another book since a walk began: key -> book then, book now.
pub(super) type Moves = HashMap<i64, (i64, i64)>;

/// The cursor of a match.
pub(super) fn cursor(
    registry: &Registry,
    plan: &SearchPlan,
    found: &mut Found,
) -> Result<Cursor, StoreError> {
    let values = match found.values.take() {
        Some(values) => values,
        None => values(registry, &plan.sort, found)?,
    };
    found.values = Some(values.clone());
    Ok(Cursor { values, book: found.book, key: found.key })
}

/// The values of the sort keys, as the index has them.
fn values(registry: &Registry, sort: &[Sort], found: &Found) -> Result<Vec<SortValue>, StoreError> {
    let record = &found.record;
    let plain = |key: &SortKey| match key {
        SortKey::Id => Some(SortValue::Bytes(pack_id(&record.id))),
        SortKey::LastUpdated => Some(SortValue::Integer(record.last_updated.microseconds())),
        _ => None,
    };
    if let Some(values) = sort.iter().map(|sort| plain(&sort.key)).collect() {
        return Ok(values);
    }
    with_resource(found, |resource| {
        let rows = registry.extract(record.resource_type, resource).rows;
        let value = |sort: &Sort| {
            let value = match &sort.key {
                SortKey::Id | SortKey::LastUpdated => plain(&sort.key),
                SortKey::String(slots) => {
                    let rows = rows.strings.iter().filter(|row| slots.contains(&row.slot));
                    outermost(rows.map(|row| row.folded.clone()), sort.descending).map(SortValue::Text)
                }
                SortKey::Date(slots) => {
                    let rows = rows.dates.iter().filter(|row| slots.contains(&row.slot));
                    outermost(rows.map(|row| row.low), sort.descending).map(SortValue::Integer)
                }
                SortKey::Quantity(slots) => {
                    let rows = rows.quantities.iter().filter(|row| slots.contains(&row.slot));
                    outermost(rows.map(|row| row.low.clone()), sort.descending).map(SortValue::Bytes)
                }
                SortKey::Text(slots) => {
                    let texts = registry.sort_texts(record.resource_type, resource, slots);
                    outermost(texts.into_iter(), sort.descending).map(SortValue::Text)
                }
            };
            value.unwrap_or(SortValue::Missing)
        };
        sort.iter().map(value).collect()
    })
}

fn outermost<T: Ord>(values: impl Iterator<Item = T>, largest: bool) -> Option<T> {
    if largest { values.max() } else { values.min() }
}

/// Which of two matches comes first.
fn compare(sort: &[Sort], one: &Cursor, other: &Cursor) -> Ordering {
    let keys = sort.iter().zip(one.values.iter().zip(&other.values)).map(|(sort, (one, other))| {
        match (one, other) {
            (SortValue::Missing, SortValue::Missing) => Ordering::Equal,
            (SortValue::Missing, _) => Ordering::Greater,
            (_, SortValue::Missing) => Ordering::Less,
            (one, other) => {
                let order = by_value(one, other);
                if sort.descending { order.reverse() } else { order }
            }
        }
    });
    let keys = keys.fold(Ordering::Equal, Ordering::then);
    keys.then_with(|| (other.book, other.key).cmp(&(one.book, one.key)))
}

fn by_value(one: &SortValue, other: &SortValue) -> Ordering {
    match (one, other) {
        (SortValue::Integer(one), SortValue::Integer(other)) => one.cmp(other),
        (SortValue::Text(one), SortValue::Text(other)) => one.cmp(other),
        (SortValue::Bytes(one), SortValue::Bytes(other)) => one.cmp(other),
        _ => Ordering::Equal,
    }
}

/// Whether a match is on the side of the position that the page is on.
fn is_beyond(plan: &SearchPlan, cursor: &Cursor) -> bool {
    match &plan.position {
        Position::First => true,
        Position::After(position) => compare(&plan.sort, cursor, position) == Ordering::Greater,
        Position::Before(position) => compare(&plan.sort, cursor, position) == Ordering::Less,
    }
}

/// Sorts matches in the direction of the page.
fn sort(registry: &Registry, plan: &SearchPlan, found: &mut Vec<Found>) -> Result<(), StoreError> {
    let mut placed = Vec::with_capacity(found.len());
    for mut found in std::mem::take(found) {
        placed.push((cursor(registry, plan, &mut found)?, found));
    }
    placed.sort_by(|(one, _), (other, _)| compare(&plan.sort, one, other));
    if matches!(plan.position, Position::Before(_)) {
        placed.reverse();
    }
    found.extend(placed.into_iter().map(|(_, found)| found));
    Ok(())
}

/// Puts matches that were moved by a change where they stood.
pub(super) fn merge(
    registry: &Registry,
    plan: &SearchPlan,
    scan: &mut Scan,
    moved: Vec<Found>,
) -> Result<(), StoreError> {
    if moved.is_empty() {
        return Ok(());
    }
    // What changed after the scan had read it is in both.
    let keys: Vec<i64> = moved.iter().map(|found| found.key).collect();
    scan.found.retain(|found| !keys.contains(&found.key));
    // Where the scan gave up the next page goes on.
    let end = scan.resume.as_ref();
    let next_page = match plan.position {
        Position::Before(_) => Ordering::Less,
        _ => Ordering::Greater,
    };
    for mut found in moved {
        let place = cursor(registry, plan, &mut found)?;
        if end.is_none_or(|end| compare(&plan.sort, &place, end) != next_page) {
            scan.found.push(found);
        }
    }
    sort(registry, plan, &mut scan.found)
}

impl Store {
    /// The matches that have changed since a moment and stood, then, on the side of the position that the page is on.
    /// They are shown as they are now.
    pub(super) async fn changed(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        until: i64,
    ) -> Result<Vec<Found>, StoreError> {
        let statement = query::changed_since(gate, plan, until, MOST_CHANGED + 1);
        let rows: Vec<VersionRow> = select!(self, statement, VersionTypes)?;
        if rows.len() > usize::try_from(MOST_CHANGED).unwrap_or(usize::MAX) {
            return Err(StoreError::WalkEnded);
        }
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let moves = self.moves(gate, until).await?;
        let mut ids: Vec<(ResourceType, LogicalId)> = Vec::new();
        let mut stood = HashMap::new();
        for row in rows {
            let mut found = Found::new(row, gate.sight())?;
            found.book = moves.get(&found.key).map_or(found.book, |(then, _)| *then);
            let cursor = cursor(&self.registry(), plan, &mut found)?;
            if is_beyond(plan, &cursor) {
                ids.push((found.record.resource_type, found.record.id));
                stood.insert(found.key, cursor);
            }
        }
        ids.sort();
        let mut matches = Vec::new();
        // By id, which stays when a resource is moved meanwhile.
        for ids in ids.chunks(500) {
            let mut now =
                SearchPlan { sort: Vec::new(), until: None, position: Position::First, ..plan.clone() };
            now.clauses.push(Clause::members(ids.to_vec()));
            matches.extend(self.scan(gate, &now, None, usize::MAX).await?.found);
        }
        matches.retain_mut(|found| {
            let before = stood.remove(&found.key);
            if let Some(before) = before {
                (found.book, found.values) = (before.book, Some(before.values));
                return true;
            }
            false
        });
        Ok(matches)
    }

    /// What was moved to another book since a moment.
    async fn moves(&self, gate: &Gate, until: i64) -> Result<Moves, StoreError> {
        let most = if gate.is_everything() { MOST_MOVED } else { MOST_MOVED_OF_ALL };
        let statement = query::moved_since(until, most + 1);
        // A few rows at most: on SQLite that takes less than handing it to another thread.
        let rows: Vec<(i64, i64, i64)> = few!(self, statement, (BigInt, BigInt, BigInt))?;
        if rows.len() > usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(StoreError::WalkEnded);
        }
        let mut moves = Moves::new();
        for (old_book, new_book, key) in rows {
            moves.entry(key).or_insert((old_book, new_book)).1 = new_book;
        }
        if gate.is_everything() || moves.is_empty() {
            return Ok(moves);
        }
        // What the caller does not see must not count.
        let places: Vec<(i64, i64)> = moves.iter().map(|(key, (_, now))| (*now, *key)).collect();
        let mut seen = HashSet::new();
        for places in places.chunks(500) {
            let there: Vec<(i64, i64)> = select!(self, query::there(gate, places), (BigInt, BigInt))?;
            seen.extend(there.into_iter().map(|(_, key)| key));
        }
        moves.retain(|key, _| seen.contains(key));
        if moves.len() > usize::try_from(MOST_MOVED).unwrap_or(usize::MAX) {
            return Err(StoreError::WalkEnded);
        }
        Ok(moves)
    }

    /// A page in the order of books and keys, in which a resource keeps the place that it had at a moment.
    pub(super) async fn in_old_places(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        book: Option<i64>,
        wanted: usize,
        until: i64,
    ) -> Result<Scan, StoreError> {
        let mut moves = Moves::new();
        for _ in 0..ATTEMPTS {
            let mut scan = self.scan_except(gate, plan, book, wanted, &moves).await?;
            let mut moved = Vec::new();
            let places: Vec<(i64, i64)> = moves.iter().map(|(key, (_, now))| (*now, *key)).collect();
            for places in places.chunks(500) {
                let mut now = SearchPlan { position: Position::First, ..plan.clone() };
                now.clauses.push(Clause::Places(places.to_vec()));
                moved.extend(self.scan(gate, &now, None, usize::MAX).await?.found);
            }
            // What is moved while the page is read may have been seen in both places or in none.
            let after = self.moves(gate, until).await?;
            if after == moves {
                for found in &mut moved {
                    found.book = moves.get(&found.key).map_or(found.book, |(then, _)| *then);
                }
                let is_here = |found: &Found| {
                    is_beyond(plan, &Cursor { values: Vec::new(), book: found.book, key: found.key })
                };
                moved.retain(is_here);
                merge(&self.registry(), plan, &mut scan, moved)?;
                return Ok(scan);
            }
            moves = after;
        }
        Err(StoreError::Busy)
    }

    /// A page in an order that only the resources themselves have.
    pub(super) async fn sorted_by_text(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        book: Option<i64>,
        wanted: usize,
    ) -> Result<Scan, StoreError> {
        let all = SearchPlan { sort: Vec::new(), position: Position::First, until: None, ..plan.clone() };
        let mut scan = self.scan(gate, &all, book, MOST_SORTED + 1).await?;
        if scan.resume.is_some() || scan.found.len() > MOST_SORTED {
            return Err(StoreError::TooCostly);
        }
        if let Some(until) = plan.until {
            let until = Instant::microseconds(until);
            scan.found.retain(|found| found.record.last_updated.microseconds() <= until);
            let whole = SearchPlan { position: Position::First, ..plan.clone() };
            let changed = self.changed(gate, &whole, until).await?;
            merge(&self.registry(), &whole, &mut scan, changed)?;
        }
        sort(&self.registry(), plan, &mut scan.found)?;
        let mut beyond = Vec::new();
        for mut found in scan.found {
            if is_beyond(plan, &cursor(&self.registry(), plan, &mut found)?) {
                beyond.push(found);
                if beyond.len() >= wanted {
                    break;
                }
            }
        }
        Ok(Scan { found: beyond, resume: None })
    }
}
