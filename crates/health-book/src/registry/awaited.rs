//! Children whose representative is not in the book yet, and people whose number is replaced by one that nobody in the book
//! has yet: kept until that person comes, on whatever way.
//!
//! Who names somebody keeps that first and looks for her then; who comes is written first and looks for who waits then. So
//! one of the two sees the other, however their steps lie. What a server that ended left undone the walk finds.

use std::time::{Duration, Instant as Moment};

use fhir::{Fault, Instant, LogicalId};
use futures_util::stream::{self, StreamExt};
use interactions::Problem;
use record_store::{Record, SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::sleep;

use super::apply::is_of_database;
use super::effects::{changes_guardian, is_deceased, named_now, represented};
use super::lease::Held;
use super::page::{PARALLEL, PARALLEL_IN_A_PAGE};
use super::told::Told;
use super::worker::AFTER_FAILURE;
use crate::HealthBook;
use crate::guardians::follow_registry;
use crate::ledger::{found_of, read};
use crate::merging::{numbers as numbers_of, settle_awaited};
use crate::moment::plus;
use crate::refusal::internal;
use crate::secret::hashed;

const KIND: SecurityKind = SecurityKind::AwaitedGuardian;
/// All who wait.
pub(super) const KINDS: [SecurityKind; 2] = [KIND, SecurityKind::AwaitedMerge];
/// Records that are looked at together.
const PAGE: u32 = 500;
/// How often a guardian is made anew when others write the child at the same time.
const ROUNDS: usize = 8;
/// Between two walks over all who wait.
const BETWEEN: Duration = Duration::from_secs(600);
/// Seconds for which a child is waited for that was to be written.
const LIFE: i64 = 86_400;

/// What is kept of a child that waits. It has no end of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Its number.
    child: String,
    /// In microseconds: until then the child may still have to be written. While there is one, a guardian of before may have
    /// to be ended.
    open: Option<i64>,
}

/// Under which who waits for the holder of a number is kept.
pub(crate) fn owner(store: &Store, number: &str) -> String {
    hashed(store, "registry-awaited", number)
}

fn of(store: &Store, number: Option<&str>) -> String {
    owner(store, number.unwrap_or_default())
}

fn id_of(store: &Store, child: &str, number: Option<&str>) -> String {
    let mut id = owner(store, &format!("{child} {}", number.unwrap_or_default()));
    id.truncate(32);
    id
}

/// That a child waits for somebody: under the hash of her number, so that who comes finds it. Without a number it waits for
/// the end of who was its guardian.
fn record(
    store: &Store,
    child: &str,
    number: Option<&str>,
    open: Option<Instant>,
) -> Result<SecurityRecord, Problem> {
    let value = value(&Kept { child: child.to_owned(), open: open.map(Instant::microseconds) })?;
    Ok(SecurityRecord::new(KIND, id_of(store, child, number), value).of(of(store, number)))
}

fn value(kept: &Kept) -> Result<String, Problem> {
    serde_json::to_string(kept).map_err(|_| internal())
}

/// A child whose guardian is to be as the registry says.
#[derive(Debug)]
pub(super) struct Ward {
    /// Its number.
    pub(super) child: String,
    pub(super) patient: LogicalId,
    /// The number of the representative; none when nobody is it any more.
    pub(super) number: Option<String>,
    /// Whether somebody else may be it still.
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

    /// Does it, and gives those for whom nobody is awaited. Again it changes nothing.
    pub(super) async fn close(self, book: &HealthBook, now: Instant) -> Result<Vec<Ward>, Problem> {
        let present = guardians_of(book, &numbers(&self.wards)).await?;
        let (mut done, mut left) = (Vec::new(), Vec::new());
        let following =
            self.wards.into_iter().zip(present).map(|(ward, guardian)| follow(book, ward, guardian, now));
        let mut following = stream::iter(following).buffered(PARALLEL_IN_A_PAGE);
        while let Some(followed) = following.next().await {
            match followed? {
                (ward, true) => done.push(ward),
                (ward, false) => left.push(ward),
            }
        }
        wait(book, &left, now).await?;
        // Between the look and the word she may have come without finding it.
        for (ward, guardian) in left.iter().zip(guardians_of(book, &numbers(&left)).await?) {
            if guardian.is_some() {
                self::done(book, ward, now).await?;
            }
        }
        arrived(book, &self.came, now).await?;
        Ok(done)
    }
}

/// Whether it is done: not when somebody is awaited, or when it failed.
pub(super) async fn follow(
    book: &HealthBook,
    mut ward: Ward,
    guardian: Option<LogicalId>,
    now: Instant,
) -> Result<(Ward, bool), Problem> {
    if guardian.is_none() && !ward.had_other {
        return Ok((ward, false));
    }
    let named = Named { number: ward.number.clone(), guardian };
    let Some(named) = kept_on_failure(follow_book(book, &ward.patient, named, ward.had_other, now).await)?
    else {
        return Ok((ward, false));
    };
    let is_done = named.guardian.is_some() || named.number.is_none();
    ward.had_other = false;
    ward.number = named.number;
    Ok((ward, is_done))
}

/// Whom the book names as the representative of a child: the number, and who has it, when that person is there.
struct Named {
    number: Option<String>,
    guardian: Option<LogicalId>,
}

/// Makes the guardian of a child whom the book names, and looks whether it names another one by now, or whether that one has
/// died: the two may have been written meanwhile, with what follows from it done before this. A death is written before it
/// is looked for what it ends: it ends this, too, or it is seen here.
async fn follow_book(
    book: &HealthBook,
    child: &LogicalId,
    mut named: Named,
    mut had_other: bool,
    now: Instant,
) -> Result<Named, Problem> {
    for _ in 0..ROUNDS {
        follow_registry(book, child, named.guardian.as_ref(), had_other, now).await?;
        had_other = true;
        let found = read(book.service(), "Patient", child).await?;
        let number = represented(book, found.as_ref().map(|found| &found.resource), now);
        if number == named.number {
            if !is_dead(book, named.guardian.as_ref()).await? {
                return Ok(named);
            }
            named.guardian = None;
            continue;
        }
        let guardian = guardians_of(book, &[number.as_deref()]).await?.pop().flatten();
        named = Named { number, guardian };
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

async fn is_dead(book: &HealthBook, person: Option<&LogicalId>) -> Result<bool, Problem> {
    let Some(person) = person else { return Ok(false) };
    let found = read(book.service(), "Patient", person).await?;
    Ok(is_deceased(found.as_ref().map(|found| &found.resource)))
}

fn numbers(wards: &[Ward]) -> Vec<Option<&str>> {
    wards.iter().map(|ward| ward.number.as_deref()).collect()
}

/// Who has each of the numbers and lives: nobody dead becomes a guardian.
async fn guardians_of(
    book: &HealthBook,
    numbers: &[Option<&str>],
) -> Result<Vec<Option<LogicalId>>, Problem> {
    let asked: Vec<Vec<&str>> = numbers.iter().flatten().map(|number| vec![*number]).collect();
    let mut found = holders_of(book, &asked).await?.into_iter();
    let guardian = |number: &Option<&str>| {
        let (id, patient) = number.and_then(|_| found.next())??;
        (!is_deceased(Some(&patient))).then_some(id)
    };
    Ok(numbers.iter().map(guardian).collect())
}

/// The one `Patient` of each of the numbers. Who cannot be read is as good as nobody: that keeps up nobody else.
async fn holders_of(
    book: &HealthBook,
    numbers: &[Vec<&str>],
) -> Result<Vec<Option<(LogicalId, Value)>>, Problem> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let only = |records: Vec<Record>| {
        let [record] = records.as_slice() else { return None };
        let found = found_of(record).ok().flatten()?;
        Some((record.id.clone(), found.resource))
    };
    let found = interactions::holders_of_numbers(book.service(), numbers).await?;
    Ok(found.into_iter().map(only).collect())
}

/// Keeps that children wait. After it one has to look whether the representatives are there.
pub(super) async fn wait(book: &HealthBook, wards: &[Ward], now: Instant) -> Result<(), Problem> {
    let store = book.service().store();
    let mut kept = Vec::with_capacity(wards.len());
    for ward in wards {
        let open = ward.had_other.then(|| plus(now, LIFE));
        kept.push(SecurityChange::Put(record(store, &ward.child, ward.number.as_deref(), open)?));
    }
    if let Some(last) = kept.pop() {
        store.change_security(last, kept, now).await?;
    }
    Ok(())
}

/// Keeps that a child waits for whom the book names: her death ends that she is its guardian, and may turn out to be none.
pub(crate) async fn await_guardian(
    book: &HealthBook,
    child: &LogicalId,
    now: Instant,
) -> Result<(), Problem> {
    let Some(found) = read(book.service(), "Patient", child).await? else { return Ok(()) };
    let number = represented(book, Some(&found.resource), now);
    let Some(its) = numbers_of(&found.resource).first().filter(|_| number.is_some()).copied() else {
        return Ok(());
    };
    let ward = Ward { child: its.to_owned(), patient: child.clone(), number, had_other: false };
    wait(book, &[ward], now).await
}

/// Keeps before a child is written that its guardian is to follow: what is told once only, by an answer, is done even if the
/// server ends on the way. `before`: the `Patient`, where there is one.
pub(super) async fn intend(
    book: &HealthBook,
    told: &Told<'_>,
    before: Option<&Value>,
    now: Instant,
) -> Result<(), Problem> {
    if !changes_guardian(book, told, before, now) {
        return Ok(());
    }
    let store = book.service().store();
    let number = named_now(book, told, now);
    let kept = record(store, told.record.number.as_str(), number, Some(plus(now, LIFE)))?;
    store.change_security(SecurityChange::Put(kept), Vec::new(), now).await?;
    Ok(())
}

/// Somebody with these numbers has come into the book: who waits for one of them waits no more.
pub(super) async fn arrived(book: &HealthBook, numbers: &[String], now: Instant) -> Result<(), Problem> {
    if numbers.is_empty() {
        return Ok(());
    }
    let store = book.service().store();
    let owners: Vec<String> = numbers.iter().map(|number| owner(store, number)).collect();
    for kind in KINDS {
        settle(book, kind, store.security_records_of(kind, &owners, now).await?, now).await?;
    }
    Ok(())
}

/// What fails for one child is tried again by the next walk, and keeps nobody up; a database that is busy does. Nothing when
/// it failed.
fn kept_on_failure<T>(done: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match done {
        Err(problem) if !is_of_database(&problem) => {
            tracing::warn!(status = problem.status, "somebody is awaited still");
            Ok(None)
        }
        done => done.map(Some),
    }
}

/// Does for those who wait what the book says now, as far as whom they wait for is there.
async fn settle(
    book: &HealthBook,
    kind: SecurityKind,
    records: Vec<SecurityRecord>,
    now: Instant,
) -> Result<(), Problem> {
    if kind == KIND {
        return settle_guardians(book, records, now).await;
    }
    // Merges take turns.
    for record in records {
        kept_on_failure(settle_awaited(book, record, now).await)?;
    }
    Ok(())
}

async fn settle_guardians(
    book: &HealthBook,
    records: Vec<SecurityRecord>,
    now: Instant,
) -> Result<(), Problem> {
    let kept = |record: SecurityRecord| {
        // One from before holds the number alone.
        let kept = serde_json::from_str(&record.value);
        let kept = kept.unwrap_or_else(|_| Kept { child: record.value.clone(), open: None });
        (record, kept)
    };
    let records: Vec<(SecurityRecord, Kept)> = records.into_iter().map(kept).collect();
    let asked: Vec<Vec<&str>> = records.iter().map(|(_, kept)| vec![kept.child.as_str()]).collect();
    let children = holders_of(book, &asked).await?;
    let named: Vec<Option<String>> = children
        .iter()
        .map(|child| represented(book, child.as_ref().map(|(_, patient)| patient), now))
        .collect();
    let guardians = guardians_of(book, &named.iter().map(Option::as_deref).collect::<Vec<_>>()).await?;
    let people = children.into_iter().zip(named.into_iter().zip(guardians));
    let settling = records.into_iter().zip(people).map(|((record, kept), (child, (number, guardian)))| {
        settle_one(book, Waiting { record, kept, child, named: Named { number, guardian } }, now)
    });
    let mut settling = stream::iter(settling).buffer_unordered(PARALLEL);
    while let Some(settled) = settling.next().await {
        kept_on_failure(settled)?;
    }
    Ok(())
}

/// Who waits, and what the book knows of it.
struct Waiting {
    record: SecurityRecord,
    kept: Kept,
    child: Option<(LogicalId, Value)>,
    named: Named,
}

async fn settle_one(book: &HealthBook, waiting: Waiting, now: Instant) -> Result<(), Problem> {
    let Waiting { record, kept, child, mut named } = waiting;
    let store = book.service().store();
    let is_over = kept.open.is_some_and(|until| until <= now.microseconds());
    // It may be about to be written, or be two for a moment: not for ever.
    let Some((patient, _)) = child else {
        return match kept.open {
            Some(_) if is_over => end(store, record, now).await,
            Some(_) => Ok(()),
            None => keep(store, record, kept, Some(plus(now, LIFE)), now).await,
        };
    };
    // Of who is no minor, or is dead, nobody is named.
    let is_meant = |named: &Named| of(store, named.number.as_deref()) == record.owner;
    if kept.open.is_some() || (is_meant(&named) && named.guardian.is_some()) {
        named = follow_book(book, &patient, named, true, now).await?;
    }
    let is_meant = is_meant(&named);
    let is_there = is_meant && named.guardian.is_some();
    match (is_meant, kept.open) {
        // Another one is the representative; but this one may be about to be written.
        (false, Some(_)) if !is_over => Ok(()),
        (true, Some(_)) if !is_there && named.number.is_some() => keep(store, record, kept, None, now).await,
        (true, None) if !is_there => Ok(()),
        _ => end(store, record, now).await,
    }
}

/// Keeps until when the child may still have to be written, unless it was kept anew meanwhile.
async fn keep(
    store: &Store,
    record: SecurityRecord,
    kept: Kept,
    open: Option<Instant>,
    now: Instant,
) -> Result<(), Problem> {
    let value = value(&Kept { open: open.map(Instant::microseconds), ..kept })?;
    let kept = SecurityChange::Replace(SecurityRecord { value, ..record });
    store.change_security(kept, Vec::new(), now).await?;
    Ok(())
}

/// Nobody is awaited any more, unless it was kept anew meanwhile: one that has ended is as good as none.
pub(crate) async fn end(store: &Store, record: SecurityRecord, now: Instant) -> Result<(), Problem> {
    store.change_security(SecurityChange::Replace(record.until(now)), Vec::new(), now).await?;
    Ok(())
}

/// Takes back what was kept for a child whose guardian is as the registry says.
pub(super) async fn done(book: &HealthBook, ward: &Ward, now: Instant) -> Result<(), Problem> {
    let store = book.service().store();
    match store.security_record(KIND, &id_of(store, &ward.child, ward.number.as_deref()), now).await? {
        Some(kept) => settle_guardians(book, vec![kept], now).await,
        None => Ok(()),
    }
}

/// Looks at all who wait, now and then, while the lease is held: what was begun by a server that has ended is done.
pub(super) async fn work_at_awaited(book: HealthBook, held: watch::Receiver<Held>) {
    let is_held = || held.borrow().is_now();
    loop {
        // Who takes the lease over begins at once.
        while !is_held() {
            sleep(AFTER_FAILURE).await;
        }
        for kind in KINDS {
            let mut place = Some(String::new());
            while let Some(behind) = place.take_if(|_| is_held()) {
                place = match walk(&book, kind, &behind, Instant::now()).await {
                    Ok(next) => next,
                    Err(problem) => {
                        tracing::warn!(status = problem.status, "who waits for somebody was not looked at");
                        sleep(AFTER_FAILURE).await;
                        Some(behind)
                    }
                };
            }
        }
        let walked = Moment::now();
        while is_held() && walked.elapsed() < BETWEEN {
            sleep(AFTER_FAILURE).await;
        }
    }
}

/// One look at some of them behind a place; the next place, when there may be more.
pub(super) async fn walk(
    book: &HealthBook,
    kind: SecurityKind,
    behind: &str,
    now: Instant,
) -> Result<Option<String>, Problem> {
    let store = book.service().store();
    let page = store.security_records_behind(kind, behind, now, PAGE).await?;
    let next = page.last().map(|last| last.id.clone());
    kept_on_failure(settle(book, kind, page, now).await)?;
    Ok(next)
}
