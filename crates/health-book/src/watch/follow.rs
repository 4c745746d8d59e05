//! One step along the log: entries are read, judged, and what comes of them is put down together with how far it came.

use std::collections::{BTreeSet, HashSet};

use access::role_in_words;
use aws_lc_rs::digest;
use fhir::Instant;
use interactions::Problem;
use notices::{Facts, Hint, Observer, RuleSettings, Seen, judge, message_of, texts};
use record_store::{BookReader, LogCursor, SecurityRecord};

use super::facts::Known;
use super::figures::Lag;
use super::inbox::Told;
use super::queue::{self, Channel};
use super::{message, patterns};
use crate::HealthBook;

/// Blocks of the log in one step: 4,096 entries.
const BLOCKS: u32 = 16;
const ENTRIES: u64 = 4_096;
/// Steps back to the beginning of the window, when a server starts.
const MOST_BACK: u32 = 1_000;
/// Notices that may wait to be stored before more are looked for.
const MOST_WAITING: u64 = 1_000;
/// Notices of which it is remembered that they were put down.
const MOST_REMEMBERED: usize = 100_000;

/// What a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Entries that were looked at for good.
    pub entries: usize,
    /// Whether there may be more at once.
    pub more: bool,
}

/// Follows the log.
pub struct Follower {
    book: HealthBook,
    observer: Observer,
    /// The first entry that the observer has not seen.
    looked: Option<u64>,
    known: Known,
    told: HashSet<String>,
}

impl Follower {
    /// Who follows the log for a health book.
    pub fn new(book: HealthBook, rules: RuleSettings) -> Self {
        let observer = Observer::new(rules);
        Self { book, observer, looked: None, known: Known::default(), told: HashSet::new() }
    }

    /// The next step.
    pub async fn step(&mut self, now: Instant) -> Result<Step, Problem> {
        let step = self.try_step(now).await;
        if !step.as_ref().is_ok_and(|step| step.entries > 0) {
            // What was to be put down may not have been.
            self.told.clear();
        }
        step
    }

    async fn try_step(&mut self, now: Instant) -> Result<Step, Problem> {
        let book = self.book.clone();
        let store = book.service().store();
        if queue::count(store, Channel::Book).await? >= MOST_WAITING {
            return Ok(Step { entries: 0, more: false });
        }
        let cursor = store.log_cursor().await?;
        self.catch_up(&cursor, now).await?;
        let entries = store.log_entries_from(cursor.position(), BLOCKS).await?;
        let Some((last, newest)) = entries.last().map(|(position, entry)| (*position, entry.time)) else {
            book.figures().set_lag(Lag::default());
            return Ok(Step { entries: 0, more: false });
        };
        let (mut seen, mut messages) = (Vec::new(), Vec::new());
        for (position, entry) in &entries {
            seen.extend(self.observer.look(*position, entry, now));
            messages.extend(message_of(entry).map(|id| (entry.patient.to_string(), id.to_owned())));
        }
        let end = last.saturating_add(1);
        self.looked = Some(end);
        let (readers, mut records) = self.judge_all(&seen, now).await?;
        for (patient, id) in messages {
            records.extend(message::messages(&book, &patient, &id, now).await?);
        }
        if !store.move_log_cursor(&cursor, end, &readers, records, now).await? {
            // Another server was faster. What it put down is not known here.
            return Ok(Step { entries: 0, more: false });
        }
        let left = store.log_size().await?.saturating_sub(end);
        let age = now.microseconds().saturating_sub(newest.microseconds()).max(0) / 1_000_000;
        let seconds = if left == 0 { 0 } else { age };
        book.figures().set_lag(Lag { entries: left, seconds });
        Ok(Step { entries: entries.len(), more: left > 0 })
    }

    /// Looks again at what is needed to judge what comes: the last window when a server starts, else what another server
    /// has judged meanwhile.
    async fn catch_up(&mut self, cursor: &LogCursor, now: Instant) -> Result<(), Problem> {
        let mut from = match self.looked {
            Some(looked) => looked,
            None => self.window(cursor.position()).await?,
        };
        while from < cursor.position() {
            let entries = self.book.service().store().log_entries_from(from, BLOCKS).await?;
            for (position, entry) in entries.iter().filter(|(position, _)| *position < cursor.position()) {
                self.observer.look(*position, entry, now);
            }
            match entries.last() {
                Some((last, _)) => from = last.saturating_add(1),
                None => break,
            }
        }
        self.looked = Some(self.looked.unwrap_or_default().max(cursor.position()));
        Ok(())
    }

    /// A position from which on all of the window before a position is read.
    async fn window(&self, position: u64) -> Result<u64, Problem> {
        let store = self.book.service().store();
        let first = |entries: Vec<(u64, _)>| {
            entries.into_iter().next().map(|(_, entry): (_, audit_log::Entry<'_>)| entry.time)
        };
        let Some(last) = first(store.log_entries_from(position.saturating_sub(1), 1).await?) else {
            return Ok(position);
        };
        let begins = last.microseconds().saturating_sub(self.observer.settings().window);
        let mut from = position;
        for _ in 0..MOST_BACK {
            from = from.saturating_sub(ENTRIES);
            let time = first(store.log_entries_from(from, 1).await?);
            if from == 0 || time.is_none_or(|time| time.microseconds() <= begins) {
                break;
            }
        }
        Ok(from)
    }

    /// Facilities that are in a book, and what is to be put down.
    async fn judge_all(
        &mut self,
        seen: &[Seen],
        now: Instant,
    ) -> Result<(Vec<BookReader>, Vec<SecurityRecord>), Problem> {
        let reader = |seen: &Seen| BookReader {
            patient: seen.patient.clone(),
            organization: seen.organization.clone(),
        };
        let service = self.book.service().clone();
        let all: BTreeSet<BookReader> = seen.iter().map(reader).collect();
        let all: Vec<BookReader> = all.into_iter().collect();
        let mut known: HashSet<BookReader> = service.store().known_readers(&all).await?.into_iter().collect();
        let new: Vec<BookReader> = all.into_iter().filter(|reader| !known.contains(reader)).collect();
        let mut records = Vec::new();
        for seen in seen {
            let is_known = !known.insert(reader(seen));
            let facts = match self.known.facts(&service, seen, is_known, now).await {
                Ok(facts) => facts,
                // The database is away: the same step comes again.
                Err(problem) if problem.status >= 500 => return Err(problem),
                // Nothing that is written in a book may hold up what is told to everybody else.
                Err(_) => {
                    tracing::warn!("an access was judged without facts: they could not be looked up");
                    Facts { is_known_facility: is_known, ..Facts::default() }
                }
            };
            for hint in judge(seen, &facts) {
                self.put_down(&hint, seen, now, &mut records)?;
            }
        }
        Ok((new, records))
    }

    fn put_down(
        &mut self,
        hint: &Hint,
        seen: &Seen,
        now: Instant,
        records: &mut Vec<SecurityRecord>,
    ) -> Result<(), Problem> {
        if self.told.len() >= MOST_REMEMBERED {
            self.told.clear();
        }
        if self.told.insert(hint.once.clone()) {
            let role = role_in_words(&seen.role).unwrap_or((&seen.role, &seen.role));
            let texts = texts(hint.rule, seen, role, hint.at, self.observer.settings());
            let id = id_of(&hint.once);
            let told = Told {
                id: id.clone(),
                rule: hint.rule.code().to_owned(),
                patient: hint.patient.clone(),
                organization: seen.organization.clone(),
                at: hint.at.microseconds(),
                positions: hint.positions.clone(),
                vietnamese: texts.vietnamese,
                english: texts.english,
            };
            records.push(queue::waiting(Channel::Book, &id, &told, now)?);
        }
        if let Some(pattern) = &hint.pattern
            && self.told.insert(pattern.clone())
        {
            records.push(patterns::record(&id_of(pattern), hint, seen));
        }
        Ok(())
    }
}

/// The same for what is told once only, so that several servers and many tries make one notice.
fn id_of(once: &str) -> String {
    let hash = digest::digest(&digest::SHA256, once.as_bytes());
    let hex: String = hash.as_ref().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    format!("notice-{hex}")
}
