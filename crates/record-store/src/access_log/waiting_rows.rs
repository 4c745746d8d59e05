//! The rows that wait for a position, one for each commit: where they stand, and how they are read and leave.
//!
//! On PostgreSQL all of them wait in the database. On SQLite those wait there that belong to a write, in its transaction, and
//! what was committed with them; what came without a write waits in a file beside it (`sqlite/beside.rs`). Rows leave the
//! database with the step that gives them a position. Of the file the step only notes up to which number it has taken them,
//! and the next one has them removed.

use audit_log::Entry;
use diesel::sql_types::{BigInt, Binary, Integer};
use fhir::Instant;

use super::sequence::End;
use super::sql;
use crate::StoreError;
use crate::statement::Statement;
use crate::store::{Engine, Store, few, select};
use crate::write::Task;

/// Entries of one step and place. Other writes of the database wait meanwhile.
const MOST_ENTRIES: i64 = 4096;
/// Commits of one step and place.
const MOST_ROWS: i64 = 1024;
/// Rows that cannot be read and are named.
const MOST_NAMED: usize = 5;

/// Where entries wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitingIn {
    /// In the database.
    Database,
    /// In the file beside a SQLite database.
    Beside,
}

impl WaitingIn {
    /// The table that holds them.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Database => "log_waiting",
            Self::Beside => "log_waiting_beside",
        }
    }
}

/// A row: number and entries, each of them with its length before it.
pub(super) type Row = (i64, Vec<u8>);
type RowTypes = (BigInt, Binary);

/// What a step takes: the rows of each place, those that wait longest.
pub(super) struct Waiting {
    pub(super) database: Vec<Row>,
    pub(super) beside: Vec<Row>,
    /// Whether that is everything.
    pub(super) is_all: bool,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.database.is_empty() && self.beside.is_empty()
    }

    /// The entries of both places in one line: each place in its order, and of two rows that first whose first entry is
    /// older.
    pub(super) fn in_order(&self) -> Result<Vec<Entry<'_>>, StoreError> {
        let mut database = entries_of(&self.database)?.into_iter().peekable();
        let mut beside = entries_of(&self.beside)?.into_iter().peekable();
        let time = |row: &Vec<Entry<'_>>| row.first().map(|entry| entry.time);
        let mut found = Vec::new();
        while let Some(row) = match (database.peek(), beside.peek()) {
            (Some(one), Some(other)) if time(other) < time(one) => beside.next(),
            (Some(_), _) => database.next(),
            (None, _) => beside.next(),
        } {
            found.extend(row);
        }
        Ok(found)
    }

    /// What removes those of the rows that wait in the database.
    pub(super) fn removal(&self) -> Vec<Statement> {
        let numbers: Vec<i64> = self.database.iter().map(|(number, _)| *number).collect();
        sql::remove_waiting(&numbers)
    }

    /// Leaves for a later step what is younger than all rows of a place of which more waits: what waits there may be older. The
    /// place with the oldest rows keeps them all, so every step takes something.
    fn cut(&mut self, is_all_of_database: bool, is_all_beside: bool) {
        let mut until: Option<Instant> = None;
        for (rows, is_all) in [(&self.database, is_all_of_database), (&self.beside, is_all_beside)] {
            if let Some(youngest) = rows.iter().filter(|_| !is_all).filter_map(time_of).max() {
                until = Some(until.map_or(youngest, |until| until.min(youngest)));
            }
        }
        let Some(until) = until else { return };
        for rows in [&mut self.database, &mut self.beside] {
            let mut kept = rows.len();
            for (place, row) in rows.iter().enumerate() {
                if time_of(row).is_some_and(|time| time > until) {
                    kept = place;
                    break;
                }
            }
            rows.truncate(kept);
        }
    }

    /// Which rows cannot be read, in words.
    pub(super) fn unreadable(&self) -> String {
        let of = |place: WaitingIn, rows: &[Row]| {
            let numbers = rows.iter().filter(|(_, bytes)| entries(bytes).is_err()).map(|(number, _)| number);
            let numbers: Vec<String> = numbers.take(MOST_NAMED).map(ToString::to_string).collect();
            (!numbers.is_empty()).then(|| format!("{} {}", place.table(), numbers.join(", ")))
        };
        let places = [of(WaitingIn::Database, &self.database), of(WaitingIn::Beside, &self.beside)];
        let places: Vec<String> = places.into_iter().flatten().collect();
        if places.is_empty() {
            return "the last block of log_block does not take what waits".to_owned();
        }
        format!("entries that wait cannot be read ({})", places.join("; "))
    }
}

impl Store {
    /// How many entries wait, and since when the oldest of them does.
    pub(super) async fn count_waiting(&self) -> Result<(u64, Option<Instant>), StoreError> {
        let mut places = vec![(WaitingIn::Database, i64::MIN)];
        if matches!(self.engine, Engine::Sqlite(_)) {
            // Where the end cannot be read, all that lies there may wait.
            let behind = self.log_end().await.map_or(i64::MIN, |end| end.beside);
            places.push((WaitingIn::Beside, behind));
        }
        let (mut entries, mut oldest) = (0, None);
        for (place, behind) in places {
            let rows: Vec<(i64,)> = select!(self, count_behind(place, behind), (BigInt,))?;
            let count = rows.first().and_then(|(count,)| u64::try_from(*count).ok()).unwrap_or(0);
            entries += count;
            if count > 0 {
                let first: Vec<Row> = few!(self, first_behind(place, behind), RowTypes)?;
                oldest = first.first().and_then(time_of).into_iter().chain(oldest).min();
            }
        }
        Ok((entries, oldest))
    }

    /// What waits behind the end of the log.
    pub(super) async fn waiting_entries(&self, end: &End) -> Result<Waiting, StoreError> {
        let (database, is_all) = self.waiting_in(WaitingIn::Database, i64::MIN).await?;
        let (beside, is_all_beside) = match &self.engine {
            Engine::Sqlite(_) => self.waiting_in(WaitingIn::Beside, end.beside).await?,
            Engine::Postgres(_) => (Vec::new(), true),
        };
        let mut waiting = Waiting { database, beside, is_all: is_all && is_all_beside };
        if !waiting.is_all {
            waiting.cut(is_all, is_all_beside);
        }
        Ok(waiting)
    }

    /// Lets the writer remove what earlier steps have taken from the file beside the database. That they are on disk is known:
    /// the end of the log was read there.
    pub(super) fn forget_taken(&self, end: &End) {
        if let Engine::Sqlite(store) = &self.engine
            && end.beside > 0
        {
            // Where the queue is full it is for the next step.
            let _ = store.queue.try_send(Task::Taken(end.beside));
        }
    }

    /// The rows of a place behind a number, as many as a step takes, and whether these are all.
    async fn waiting_in(&self, place: WaitingIn, behind: i64) -> Result<(Vec<Row>, bool), StoreError> {
        let counted: Vec<(i64, i32)> = few!(self, oldest(place, behind), (BigInt, Integer))?;
        let mut is_all = i64::try_from(counted.len()).is_ok_and(|rows| rows < MOST_ROWS);
        let mut until = None;
        let mut entries = 0;
        for (number, count) in counted {
            if until.is_some() && entries + i64::from(count) > MOST_ENTRIES {
                is_all = false;
                break;
            }
            entries += i64::from(count.max(0));
            until = Some(number);
        }
        let rows: Vec<Row> = match until {
            Some(number) => select!(self, between(place, behind, number), RowTypes)?,
            None => Vec::new(),
        };
        Ok((rows, is_all))
    }

    /// The rows that came last, at most so many of each place: of a place the newest first.
    pub(super) async fn newest_waiting(&self, limit: i64) -> Result<Vec<Row>, StoreError> {
        let mut rows: Vec<Row> = Vec::new();
        if matches!(self.engine, Engine::Sqlite(_)) {
            // First the end: what is taken meanwhile is found twice, not never.
            let taken = self.log_end().await?.beside;
            rows = select!(self, newest(WaitingIn::Beside, taken, limit), RowTypes)?;
        }
        rows.extend(self.newest_with_writes(limit).await?);
        Ok(rows)
    }

    /// Those of them in which entries of writes may stand.
    pub(super) async fn newest_with_writes(&self, limit: i64) -> Result<Vec<Row>, StoreError> {
        select!(self, newest(WaitingIn::Database, i64::MIN, limit), RowTypes)
    }
}

/// The entries of each row.
fn entries_of(rows: &[Row]) -> Result<Vec<Vec<Entry<'_>>>, StoreError> {
    rows.iter().map(|(_, bytes)| entries(bytes)).collect()
}

/// The entries of a row.
pub(super) fn entries(mut bytes: &[u8]) -> Result<Vec<Entry<'_>>, StoreError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(StoreError::Corrupt)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (leaf, rest) = rest.split_at_checked(length).ok_or(StoreError::Corrupt)?;
        entries.push(Entry::from_leaf_bytes(leaf).map_err(|_| StoreError::Corrupt)?);
        bytes = rest;
    }
    Ok(entries)
}

/// Number and count of the rows behind a number that wait longest.
fn oldest(place: WaitingIn, behind: i64) -> Statement {
    let mut statement = Statement::new("SELECT w.number, w.count");
    from(&mut statement, place, behind);
    statement.sql(" ORDER BY w.number LIMIT ").big(MOST_ROWS);
    statement
}

fn between(place: WaitingIn, behind: i64, until: i64) -> Statement {
    let mut statement = Statement::new("SELECT w.number, w.entries");
    from(&mut statement, place, behind);
    statement.sql(" AND w.number <= ").big(until).sql(" ORDER BY w.number");
    statement
}

fn count_behind(place: WaitingIn, behind: i64) -> Statement {
    let mut statement = Statement::new("SELECT CAST(coalesce(sum(w.count), 0) AS BIGINT)");
    from(&mut statement, place, behind);
    statement
}

fn first_behind(place: WaitingIn, behind: i64) -> Statement {
    let mut statement = Statement::new("SELECT w.number, w.entries");
    from(&mut statement, place, behind);
    statement.sql(" AND w.count > 0 ORDER BY w.number LIMIT 1");
    statement
}

fn newest(place: WaitingIn, behind: i64, limit: i64) -> Statement {
    let mut statement = Statement::new("SELECT w.number, w.entries");
    from(&mut statement, place, behind);
    statement.sql(" ORDER BY w.number DESC LIMIT ").big(limit);
    statement
}

fn from(statement: &mut Statement, place: WaitingIn, behind: i64) {
    statement.pieces_of(&[" FROM ", place.table(), " w WHERE w.number > "]).big(behind);
}

/// Removes what was taken from the file beside the database, some rows at once, but for the last row of all: no number is ever
/// given again.
pub(crate) fn removal_of_taken(until: i64) -> Statement {
    let mut statement = Statement::new(
        "DELETE FROM log_waiting_beside WHERE number IN (SELECT w.number FROM log_waiting_beside w WHERE w.number <= ",
    );
    statement
        .big(until)
        .sql(" AND w.number < (SELECT max(number) FROM log_waiting_beside) ORDER BY w.number LIMIT ");
    statement.big(4 * MOST_ROWS).sql(")");
    statement
}

/// The time of the first entry of a row. What cannot be read has none: it is named when its turn comes.
fn time_of(row: &Row) -> Option<Instant> {
    // Its length, and as many bytes.
    let first =
        row.1.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize).unwrap_or_default();
    let first = row.1.get(..first.saturating_add(4)).unwrap_or(&row.1);
    entries(first).ok()?.first().map(|entry| entry.time)
}

#[cfg(test)]
mod tests {
    use super::super::waiting::Frames;
    use super::*;

    fn row(number: i64, times: &[i64]) -> Row {
        let mut frames = Frames::default();
        for time in times {
            let time = fhir::Instant::from_microseconds(*time);
            frames.push(&Entry { time, shown: u32::try_from(number).unwrap(), ..Entry::default() });
        }
        (number, frames.into_bytes())
    }

    #[test]
    fn rows_of_both_places_come_in_the_order_of_their_time_and_stay_whole() {
        let database = vec![row(1, &[10, 50]), row(2, &[5]), row(3, &[30])];
        let beside = vec![row(7, &[]), row(8, &[9]), row(9, &[30, 1]), row(10, &[40])];
        let waiting = Waiting { database, beside, is_all: true };
        let order: Vec<u32> = waiting.in_order().unwrap().iter().map(|entry| entry.shown).collect();
        assert_eq!(order, [8, 1, 1, 2, 3, 9, 9, 10]);
        let times = |rows: &[Row]| rows.iter().map(|row| time_of(row).unwrap().microseconds()).collect();
        let left = |database: &[i64], beside: &[i64], all: (bool, bool)| -> [Vec<i64>; 2] {
            let rows = |of: &[i64]| of.iter().map(|time| row(1, &[*time])).collect();
            let mut waiting = Waiting { database: rows(database), beside: rows(beside), is_all: false };
            waiting.cut(all.0, all.1);
            [times(&waiting.database), times(&waiting.beside)]
        };
        assert_eq!(left(&[1, 3, 2], &[2, 9, 1], (true, false)), [vec![1, 3, 2], vec![2, 9, 1]]);
        assert_eq!(
            left(&[1, 3, 2], &[2, 4, 1], (false, true)),
            [vec![1, 3, 2], vec![2]],
            "1 comes when 4 does"
        );
        assert_eq!(left(&[8, 1, 9], &[2, 4, 1], (false, false)), [vec![], vec![2, 4, 1]]);
        assert_eq!(left(&[8], &[2, 9], (true, true)), [vec![8], vec![2, 9]]);
        let broken = Waiting { database: Vec::new(), beside: vec![(1, vec![0, 0, 0, 9, 1])], is_all: true };
        assert!(broken.in_order().is_err());
        assert!(broken.unreadable().contains("log_waiting_beside 1"), "{}", broken.unreadable());
    }
}
