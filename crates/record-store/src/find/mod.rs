//! Finding: from a plan to a page of matches.
//!
//! 1. Joins are resolved ([`resolve`]): a chain whose end matches few resources becomes a list of references.
//! 2. A route is chosen ([`route`]): which clause gives the candidates, or which index is followed.
//! 3. Pages are read until enough matches are found; what only the resource can tell is checked in memory.
//! 4. In a sorted walk what has changed since its beginning is put back where it stood ([`order`]).

mod order;
mod resolve;
mod route;

use access::Access;
use diesel::sql_types::{BigInt, Binary};
use fhir::LogicalId;
use json::{Limits, Node};
use search::{Clause, Cursor, Position, SearchPlan, SortKey, SortValue, Subject, Total};

use crate::query::{self, Conditions, Gate, Page, Route};
use crate::shield::Sight;
use crate::store::{Store, select};
use crate::stored::{VersionRow, VersionTypes, record, unpack_id};
use crate::{Body, Record, SearchPage, StoreError};

use self::order::Moves;

/// Candidates that are read for one page when each has to be checked in memory.
const MOST_CHECKED: usize = 20_000;

/// Candidates that are read at a time.
const BATCH: u32 = 256;

/// A match and where it stands.
#[derive(Debug, Clone)]
struct Found {
    record: Record,
    book: i64,
    key: i64,
    /// The content as it is indexed, where that is a part of it: what the location shield hides is found by nobody.
    indexed: Option<Body>,
    /// The values of the sort keys, once they are needed.
    values: Option<Vec<SortValue>>,
}

impl Found {
    fn new(row: VersionRow, sight: Sight) -> Result<Self, StoreError> {
        let (book, key) = (row.0, row.1);
        let indexed = match row.8 {
            true => record(row.clone(), Sight::Whole)?.indexed()?,
            false => None,
        };
        Ok(Self { record: record(row, sight)?, book, key, indexed, values: None })
    }
}

/// What a scan has found.
#[derive(Default)]
struct Scan {
    found: Vec<Found>,
    /// Where the scan gave up before the end.
    resume: Option<Cursor>,
}

impl Store {
    /// A page of matches, and their number when the plan wants it.
    pub async fn search(&self, access: &Access, plan: &SearchPlan) -> Result<SearchPage, StoreError> {
        let plan = &self.of_one_person(access, plan).await?;
        let gate = &self.search_gate(access, plan).await?;
        let plan = self.resolved(gate, plan).await?;
        let Some(book) = self.plan_book(gate, &plan).await? else {
            let total = wants_total(&plan).then_some(0);
            return Ok(SearchPage { total, ..SearchPage::default() });
        };
        let total = if wants_total(&plan) { self.total(gate, &plan, book).await? } else { None };
        if plan.count_only {
            return Ok(SearchPage { total, ..SearchPage::default() });
        }
        let wanted = usize::try_from(plan.count).unwrap_or(usize::MAX).saturating_add(1);
        let scan = if plan.sort.iter().any(|sort| matches!(sort.key, SortKey::Text(_))) {
            self.sorted_by_text(gate, &plan, book, wanted).await?
        } else {
            let mut scan = match plan.until {
                None => self.scan(gate, &plan, book, wanted).await?,
                Some(until) if plan.sort.is_empty() => {
                    self.in_old_places(gate, &plan, book, wanted, until.microseconds()).await?
                }
                Some(until) => {
                    let mut scan = self.scan(gate, &plan, book, wanted).await?;
                    let changed = self.changed(gate, &plan, until.microseconds()).await?;
                    order::merge(&self.registry(), &plan, &mut scan, changed)?;
                    scan
                }
            };
            scan.found.truncate(wanted);
            scan
        };
        self.page(&plan, scan, total)
    }

    /// The page of what was found in the direction of the plan's position.
    fn page(&self, plan: &SearchPlan, scan: Scan, total: Option<u64>) -> Result<SearchPage, StoreError> {
        let Scan { mut found, resume } = scan;
        let count = usize::try_from(plan.count).unwrap_or(usize::MAX);
        let more = found.len() > count;
        found.truncate(count);
        let backwards = matches!(plan.position, Position::Before(_));
        if backwards {
            found.reverse();
        }
        let at = |found: Option<&mut Found>| {
            found.map(|found| order::cursor(&self.registry(), plan, found)).transpose()
        };
        let (first, last) = (at(found.first_mut())?, at(found.last_mut())?);
        // What was to be on the page may be gone: from an empty page the way back begins with the match before it.
        let back = match &plan.position {
            Position::After(cursor) if found.is_empty() => {
                Some(Cursor { key: cursor.key - 1, ..cursor.clone() })
            }
            Position::Before(cursor) if found.is_empty() => {
                Some(Cursor { key: cursor.key + 1, ..cursor.clone() })
            }
            _ => None,
        };
        let (previous, next) = if backwards {
            (first.filter(|_| more).or(resume), last.or(back))
        } else {
            let previous = first.filter(|_| plan.position != Position::First).or(back);
            (previous, last.filter(|_| more).or(resume))
        };
        let records = found.into_iter().map(|found| found.record).collect();
        Ok(SearchPage { records, next, previous, total })
    }

    /// The ids of at most `plan.count` matches, smallest first. Clauses that need the resources themselves are
    /// refused.
    pub async fn search_ids(&self, access: &Access, plan: &SearchPlan) -> Result<Vec<LogicalId>, StoreError> {
        let gate = &self.search_gate(access, plan).await?;
        if plan.clauses.iter().any(Clause::needs_check) {
            return Err(StoreError::TooCostly);
        }
        let Some(book) = self.plan_book(gate, plan).await? else { return Ok(Vec::new()) };
        let route = self.route(gate, plan, book, route::SOME).await?;
        let statement =
            query::search_ids(&mut Conditions::new(&self.registry(), gate), plan, route.driver, book);
        let rows: Vec<(Vec<u8>,)> = select!(self, statement, (Binary,))?;
        let mut ids = rows.iter().map(|(id,)| unpack_id(id)).collect::<Result<Vec<_>, _>>()?;
        ids.sort();
        Ok(ids)
    }

    /// The number of matches; `None` when too many candidates would have to be checked one by one.
    async fn total(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        book: Option<i64>,
    ) -> Result<Option<u64>, StoreError> {
        if plan.clauses.iter().any(Clause::needs_check) {
            let whole = SearchPlan { sort: Vec::new(), position: Position::First, ..plan.clone() };
            let scan = self.scan(gate, &whole, book, usize::MAX).await?;
            return Ok(scan.resume.is_none().then(|| u64::try_from(scan.found.len()).unwrap_or(u64::MAX)));
        }
        let unsorted = SearchPlan { sort: Vec::new(), until: None, ..plan.clone() };
        let route = self.route(gate, &unsorted, book, route::MANY).await?;
        let statement =
            query::search_total(&mut Conditions::new(&self.registry(), gate), &unsorted, route.driver, book);
        let rows: Vec<(i64,)> = select!(self, statement, (BigInt,))?;
        Ok(rows.first().and_then(|(count,)| u64::try_from(*count).ok()))
    }

    /// Reads candidates from the plan's position on until enough matches are found.
    async fn scan(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        book: Option<i64>,
        wanted: usize,
    ) -> Result<Scan, StoreError> {
        self.scan_except(gate, plan, book, wanted, &Moves::new()).await
    }

    /// The same without what was moved.
    async fn scan_except(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        book: Option<i64>,
        wanted: usize,
        moves: &Moves,
    ) -> Result<Scan, StoreError> {
        let route = self.route(gate, plan, book, route::SOME).await?;
        let checks: Vec<&Clause> = plan.clauses.iter().filter(|clause| clause.needs_check()).collect();
        let mut scan = Scan::default();
        let mut scanned = 0;
        for missing in phases(plan, route) {
            let mut position = plan.position.clone();
            loop {
                let limit = if checks.is_empty() {
                    u32::try_from(wanted.saturating_sub(scan.found.len())).unwrap_or(BATCH).min(4 * BATCH)
                } else {
                    BATCH
                };
                let page = Page { plan, route, book, position: &position, limit, missing };
                let statement = page.statement(&mut Conditions::new(&self.registry(), gate));
                let rows: Vec<VersionRow> = select!(self, statement, VersionTypes)?;
                let exhausted = rows.len() < usize::try_from(limit).unwrap_or(usize::MAX);
                scanned += rows.len();
                let mut last = None;
                for row in rows {
                    let mut found = Found::new(row, gate.sight())?;
                    let holds = !moves.contains_key(&found.key)
                        && (checks.is_empty() || self.holds(&checks, &found)?);
                    if holds {
                        scan.found.push(found.clone());
                        if scan.found.len() >= wanted {
                            return Ok(scan);
                        }
                    }
                    if !exhausted {
                        found.values = None;
                        last = Some(found);
                    }
                }
                let Some(mut last) = last else { break };
                let cursor = order::cursor(&self.registry(), plan, &mut last)?;
                if !checks.is_empty() && scanned >= MOST_CHECKED {
                    scan.resume = Some(cursor);
                    return Ok(scan);
                }
                position = match position {
                    Position::Before(_) => Position::Before(cursor),
                    _ => Position::After(cursor),
                };
            }
        }
        Ok(scan)
    }

    /// Whether clauses hold for a resource.
    fn holds(&self, clauses: &[&Clause], found: &Found) -> Result<bool, StoreError> {
        let record = &found.record;
        with_resource(found, |resource| {
            let rows = self.registry().extract(record.resource_type, resource).rows;
            let subject = Subject {
                resource_type: record.resource_type,
                id: &record.id,
                updated: record.last_updated,
                resource,
                rows: &rows,
            };
            clauses.iter().all(|clause| self.registry().holds(clause, &subject))
        })
    }

    /// The number of the book that holds every match: `None` when that book does not exist, so nothing can
    /// match; `Some(None)` when the plan is not bound to one book.
    async fn plan_book(&self, gate: &Gate, plan: &SearchPlan) -> Result<Option<Option<i64>>, StoreError> {
        match &plan.book {
            None => Ok(Some(None)),
            Some(patient) => {
                let book = self.book_of(Some(patient)).await?;
                // A book that is not there and one that is closed go the same way.
                Ok(if gate.is_everything() { book.map(Some) } else { Some(Some(book.unwrap_or(-1))) })
            }
        }
    }
}

/// Whether the matches without a sort value are read apart, in which order.
fn phases(plan: &SearchPlan, route: Route) -> Vec<bool> {
    if !route.walk || plan.sort.is_empty() {
        return vec![false];
    }
    let at_missing = |cursor: &Cursor| matches!(cursor.values.first(), Some(SortValue::Missing));
    let always = plan.sort.iter().all(|sort| sort.key == SortKey::LastUpdated);
    match &plan.position {
        _ if always => vec![false],
        Position::First => vec![false, true],
        Position::After(cursor) if at_missing(cursor) => vec![true],
        Position::After(_) => vec![false, true],
        Position::Before(cursor) if at_missing(cursor) => vec![true, false],
        Position::Before(_) => vec![false],
    }
}

fn wants_total(plan: &SearchPlan) -> bool {
    plan.count_only || plan.total != Total::None
}

/// Reads the content of a match, as it is indexed.
fn with_resource<T>(found: &Found, read: impl FnOnce(&Node<'_>) -> T) -> Result<T, StoreError> {
    let Record { id, version, last_updated, .. } = &found.record;
    let body = found.indexed.as_ref().or(found.record.body.as_ref()).ok_or(StoreError::Corrupt)?;
    let text = body.render(id, *version, *last_updated)?;
    let resource =
        json::parse(text.as_bytes(), &Limits { depth: usize::MAX }).map_err(|_| StoreError::Corrupt)?;
    Ok(read(&resource))
}
