//! Children whose representative is not in the book yet: kept until that person comes, on whatever way.
//!
//! Who names somebody keeps that first and looks for her then; who comes is written first and looks for who waits then. So
//! one of the two sees the other, however their steps lie. What a server that ended left undone the walk finds.

use std::time::Duration;

use fhir::{Instant, LogicalId};
use futures_util::future::join_all;
use interactions::Problem;
use record_store::{Record, SecurityChange, SecurityKind, SecurityRecord, Store};

use super::effects::{guardian_of, is_deceased, is_minor};
use super::page::is_of_database;
use super::patient::{Verified, representative};
use super::told::Told;
use crate::HealthBook;
use crate::guardians::follow_registry;
use crate::ledger::{found_of, read, text};
use crate::moment::plus;
use crate::secret::hashed;

const KIND: SecurityKind = SecurityKind::AwaitedGuardian;
/// Records that are looked at together.
const PAGE: u32 = 500;
/// Between two walks over all who wait.
const BETWEEN: Duration = Duration::from_secs(600);
/// Seconds after which a child is not waited for that never came into the book itself.
const LIFE: i64 = 86_400;

fn of(store: &Store, number: &str) -> String {
    hashed(store, "registry-awaited", number)
}

/// That a child waits for somebody: under the hash of her number, so that who comes finds it.
fn record(store: &Store, child: &str, number: &str) -> SecurityRecord {
    let (owner, mut id) = (of(store, number), of(store, &format!("{child} {number}")));
    id.truncate(32);
    SecurityRecord::new(KIND, id, child.to_owned()).of(owner)
}

/// A child whose representative is to become its guardian.
#[derive(Debug)]
pub(super) struct Ward {
    /// Its number.
    pub(super) child: String,
    pub(super) patient: LogicalId,
    /// The number of the representative.
    pub(super) number: String,
    /// Whether somebody else may have been it before.
    pub(super) had_other: bool,
}

/// What is left to do after people were written, for all of them together.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) wards: Vec<Ward>,
    /// The numbers of those for whom somebody may have waited.
    pub(super) came: Vec<String>,
}

impl Open {
    pub(super) fn add(&mut self, other: Open) {
        self.wards.extend(other.wards);
        self.came.extend(other.came);
    }

    /// Does it. Again it changes nothing.
    pub(super) async fn close(self, book: &HealthBook, now: Instant) -> Result<(), Problem> {
        let present = guardians_of(book, &self.wards).await?;
        let guarded = self.wards.into_iter().zip(present).map(async |(ward, guardian)| {
            if guardian.is_some() || ward.had_other {
                match follow_registry(book, &ward.patient, guardian.as_ref(), now).await {
                    Err(problem) if is_of_database(&problem) => return Err(problem),
                    Err(problem) => tracing::warn!(status = problem.status, "a guardian is awaited"),
                    Ok(()) if guardian.is_some() => return Ok(None),
                    Ok(()) => {}
                }
            }
            Ok(Some(ward))
        });
        let mut absent = Vec::new();
        for ward in join_all(guarded).await {
            absent.extend(ward?);
        }
        wait(book, &absent, now).await?;
        // Between the look and the word she may have come without finding it.
        for (ward, guardian) in absent.iter().zip(guardians_of(book, &absent).await?) {
            if guardian.is_some() {
                kept_on_failure(done(book, &ward.child, &ward.number, now).await)?;
            }
        }
        arrived(book, &self.came, now).await
    }
}

/// Those of the representatives who are there and live.
async fn guardians_of(book: &HealthBook, wards: &[Ward]) -> Result<Vec<Option<LogicalId>>, Problem> {
    if wards.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<Vec<&str>> = wards.iter().map(|ward| vec![ward.number.as_str()]).collect();
    let found = interactions::holders_of_numbers(book.service(), &numbers).await?;
    let living = |records: Vec<Record>| {
        let [record] = records.as_slice() else { return Ok(None) };
        let found = found_of(record)?.filter(|found| !is_deceased(Some(&found.resource)));
        Ok(found.map(|_| record.id.clone()))
    };
    found.into_iter().map(living).collect()
}

/// Keeps that children wait. After it one has to look whether the representatives are there.
pub(super) async fn wait(book: &HealthBook, wards: &[Ward], now: Instant) -> Result<(), Problem> {
    let store = book.service().store();
    let mut kept = wards.iter().map(|ward| SecurityChange::Put(record(store, &ward.child, &ward.number)));
    let Some(first) = kept.next() else { return Ok(()) };
    store.change_security(first, kept.collect(), now).await?;
    Ok(())
}

/// Keeps before a child is written that its representative is to be looked for: what is told once only, by an answer, is
/// done even if the server ends on the way.
pub(super) async fn intend(book: &HealthBook, told: &Told<'_>, now: Instant) -> Result<(), Problem> {
    let Some(number) = representative(told.record) else { return Ok(()) };
    if !is_minor(book, told.record.birth_date, now) {
        return Ok(());
    }
    let child = told.record.number.as_str();
    if let [id] = interactions::citizens_of_numbers(book.service(), &[child]).await?.as_slice()
        && let Some(found) = read(book.service(), "Patient", id).await?
        && Verified::of(&found.resource).is_some_and(|known| known.representative.as_deref() == Some(number))
    {
        return Ok(());
    }
    let store = book.service().store();
    let kept = record(store, child, number).until(plus(now, LIFE));
    store.change_security(SecurityChange::Put(kept), Vec::new(), now).await?;
    Ok(())
}

/// Somebody with these numbers has come into the book: who waits for one of them waits no more.
pub(super) async fn arrived(book: &HealthBook, numbers: &[String], now: Instant) -> Result<(), Problem> {
    if numbers.is_empty() {
        return Ok(());
    }
    let store = book.service().store();
    let owners: Vec<String> = numbers.iter().map(|number| of(store, number)).collect();
    settle_all(book, store.security_records_of(KIND, &owners, now).await?, now).await
}

async fn settle_all(book: &HealthBook, records: Vec<SecurityRecord>, now: Instant) -> Result<(), Problem> {
    for settled in join_all(records.into_iter().map(|record| settle(book, record, now))).await {
        kept_on_failure(settled)?;
    }
    Ok(())
}

/// What fails for one child is tried again by the next walk, and keeps nobody up; a database that is busy does.
fn kept_on_failure(settled: Result<(), Problem>) -> Result<(), Problem> {
    match settled {
        Err(problem) if !is_of_database(&problem) => {
            tracing::warn!(status = problem.status, "a guardian is awaited still");
            Ok(())
        }
        settled => settled,
    }
}

/// Makes the representative the guardian if she is there, by what the book knows of the child now.
async fn settle(book: &HealthBook, record: SecurityRecord, now: Instant) -> Result<(), Problem> {
    let service = book.service();
    let found = interactions::citizens_of_numbers(service, &[record.value.as_str()]).await?;
    // It may be about to be written, or be two for a moment.
    let [child] = found.as_slice() else { return Ok(()) };
    let Some(found) = read(service, "Patient", child).await? else { return Ok(()) };
    let number = Verified::of(&found.resource).and_then(|known| known.representative);
    let number = number.filter(|number| of(service.store(), number) == record.owner);
    let number = number.filter(|_| is_child(book, &found.resource, now));
    if let Some(number) = number {
        let Some(guardian) = guardian_of(book, &number).await? else { return keep(book, record, now).await };
        follow_registry(book, child, Some(&guardian), now).await?;
    }
    // Gone, unless it was kept anew meanwhile: one that has ended is as good as none.
    let ended = SecurityChange::Replace(record.until(now));
    service.store().change_security(ended, Vec::new(), now).await?;
    Ok(())
}

/// Who is in the book waits without an end.
async fn keep(book: &HealthBook, record: SecurityRecord, now: Instant) -> Result<(), Problem> {
    if record.expires.is_some() {
        let kept = SecurityChange::Replace(SecurityRecord { expires: None, ..record });
        book.service().store().change_security(kept, Vec::new(), now).await?;
    }
    Ok(())
}

fn is_child(book: &HealthBook, patient: &serde_json::Value, now: Instant) -> bool {
    let born = population_registry::BirthDate::try_from(text(patient, "/birthDate"));
    !is_deceased(Some(patient)) && born.is_ok_and(|born| is_minor(book, born, now))
}

/// Takes back what was kept for a child, when its representative has become the guardian.
pub(super) async fn done(book: &HealthBook, child: &str, number: &str, now: Instant) -> Result<(), Problem> {
    let store = book.service().store();
    match store.security_record(KIND, &record(store, child, number).id, now).await? {
        Some(kept) => settle(book, kept, now).await,
        None => Ok(()),
    }
}

/// Looks at all who wait, now and then: what was begun by a server that has ended is done.
pub(super) async fn work_at_awaited(book: HealthBook) {
    loop {
        if let Err(problem) = walk(&book, Instant::now()).await {
            tracing::warn!(status = problem.status, "who waits for a guardian was not looked at");
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// One look at all of them.
pub(super) async fn walk(book: &HealthBook, now: Instant) -> Result<(), Problem> {
    let mut place = String::new();
    loop {
        let store = book.service().store();
        let page = store.security_records_behind(KIND, &place, now, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        place.clone_from(&last.id);
        settle_all(book, page, now).await?;
    }
}
