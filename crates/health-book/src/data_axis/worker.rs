//! The worker: takes messages from the queue, a few at a time, beside those of other servers.

use std::time::Duration;

use access::Caller;
use auth::account::{DataSender, active_sender};
use exchange::check_up::{self, Raw};
use exchange::data_axis::ResultCode;
use fhir::Instant;
use futures_util::StreamExt as _;
use interactions::Problem;
use record_store::{AxisMessage, AxisState, Journal};

use super::DataAxis;
use super::intake::format_of;
use crate::HealthBook;
use crate::check_up::{Person, guessed, is_passing, person, repeated, write};
use crate::moment::plus;
use crate::noted::told;
use crate::refusal::internal;

/// Messages that are worked at together.
const TOGETHER: u32 = 16;
/// Seconds until another server may take a message of which nothing was heard.
const TAKEN: i64 = 10;
/// Longest time between two tries, in seconds.
const LONGEST_PAUSE: i64 = 300;
/// A message that cannot be written for another reason than a busy database is tried so often.
const TRIES: i32 = 5;
const IDLE: Duration = Duration::from_millis(250);
/// Where a sender is told of an earlier check-up.
const PLACE: &str = "api/platform/data-sync/state";

/// Works until the server ends.
pub async fn work_at_axis(book: HealthBook, axis: DataAxis) {
    loop {
        match step(&book, &axis).await {
            Ok(true) => {}
            // What is due later, or came to another server, is seen by and by.
            Ok(false) => drop(tokio::time::timeout(IDLE, axis.came.notified()).await),
            Err(problem) => {
                tracing::warn!(status = problem.status, "the queue of the data axis was not worked at");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Works at what is due; `false` when nothing was.
async fn step(book: &HealthBook, axis: &DataAxis) -> Result<bool, Problem> {
    let due = book.service().store().due_axis_messages(Instant::now(), TOGETHER).await?;
    if due.is_empty() {
        return Ok(false);
    }
    let together = usize::try_from(TOGETHER).unwrap_or(1);
    let work = due.into_iter().map(|message| async move {
        if let Err(problem) = one(book, axis, &message).await {
            tracing::warn!(status = problem.status, "a message of the data axis waits");
        }
    });
    futures_util::stream::iter(work).buffer_unordered(together).collect::<Vec<()>>().await;
    Ok(true)
}

/// What came of a message.
enum Outcome {
    Is(AxisState, String),
    /// Tried again later.
    Later(&'static str),
}

async fn one(book: &HealthBook, axis: &DataAxis, seen: &AxisMessage) -> Result<(), Problem> {
    let store = book.service().store();
    let Some(message) = store.take_axis_message(seen, plus(Instant::now(), TAKEN)).await? else {
        return Ok(());
    };
    let outcome = match work(book, &message).await {
        Ok(outcome) => outcome,
        // A mistake of ours is a 500, too, and stays one: it is not tried for ever.
        Err(problem) if problem.status != 500 && is_passing(problem.status) => Outcome::Later("busy"),
        Err(_) if message.tries < TRIES => Outcome::Later("failed"),
        Err(problem) => {
            let codes: Vec<&str> = problem.issues.iter().map(|issue| issue.fault.code()).collect();
            Outcome::Is(AxisState::Failed, codes.join(", "))
        }
    };
    let now = Instant::now();
    let (state, reason, due) = match outcome {
        Outcome::Is(state, reason) => (state, reason, now),
        Outcome::Later(reason) => {
            let pause = 1_i64 << message.tries.clamp(0, 16);
            (AxisState::Waiting, reason.to_owned(), plus(now, pause.min(LONGEST_PAUSE)))
        }
    };
    if store.settle_axis_message(&message.id, state, &reason, due).await? {
        let counted = match state {
            AxisState::Waiting => "retry",
            AxisState::Stored | AxisState::Replaced => ResultCode::Saved.code(),
            AxisState::NotVerified => ResultCode::VerifyFail.code(),
            AxisState::Failed => ResultCode::SaveFail.code(),
        };
        axis.figures.came(counted);
    }
    Ok(())
}

fn not_verified(reason: &str) -> Outcome {
    Outcome::Is(AxisState::NotVerified, reason.to_owned())
}

/// In the log of accesses it is the sender's organization that did it.
fn journal_of(sender: &DataSender) -> Journal {
    let journal = Journal::new(uuid::Uuid::now_v7());
    journal.asked_by(sender.origin());
    journal
}

async fn work(book: &HealthBook, message: &AxisMessage) -> Result<Outcome, Problem> {
    let (store, now) = (book.service().store(), Instant::now());
    let sender = active_sender(store, &message.sender, now).await.map_err(|_| internal())?;
    let Some(sender) = sender else {
        return Ok(Outcome::Is(AxisState::Failed, "sender-disabled".to_owned()));
    };
    if store.is_axis_message_replaced(message).await? {
        return Ok(Outcome::Is(AxisState::Replaced, "replaced".to_owned()));
    }
    let (content, format) = (message.content.clone(), format_of(message.format));
    let read = tokio::task::spawn_blocking(move || check_up::read(&content, format));
    let Ok(check_ups) = read.await.map_err(|_| internal())? else {
        return Ok(Outcome::Is(AxisState::Failed, "content".to_owned()));
    };
    // Everybody is known before anything is written.
    let mut people = Vec::with_capacity(check_ups.len());
    for check_up in &check_ups {
        match person(book, &check_up.identity(), now).await? {
            Person::Is(id) => people.push(id),
            Person::Nobody(reason, meant) => {
                let journal = journal_of(&sender);
                journal.scope(async { guessed(meant) }).await;
                interactions::keep(book.service(), &journal).await?;
                return Ok(not_verified(reason.reason()));
            }
            Person::Later => return Ok(Outcome::Later("registry-unavailable")),
        }
    }
    let raw = Raw::of(&message.content, format, &check_ups);
    let mut repeats = None;
    for (check_up, patient) in check_ups.iter().zip(&people) {
        // Before it is written itself. Of a message with several people the first that repeats one is told.
        if repeats.is_none() {
            let first = repeated(book.service(), &sender.organization, patient, check_up, now).await?;
            repeats = first.map(|first| (patient, first));
        }
        let journal = journal_of(&sender);
        interactions::name_asker(book.service(), &journal).await?;
        let organization = Some(&sender.organization);
        let writing = write(book.service(), &Caller::MESSAGE, patient, organization, check_up, &raw);
        let done = journal.scope(interactions::message(&message.content).scope(writing)).await;
        interactions::keep(book.service(), &journal).await?;
        done?;
    }
    if let Some((patient, _)) = &repeats {
        // On disk before the sender can ask for it, and only once all is stored that the state is about.
        let journal = journal_of(&sender);
        journal.scope(async { told(patient, PLACE) }).await;
        interactions::keep(book.service(), &journal).await?;
    }
    Ok(Outcome::Is(AxisState::Stored, repeats.map(|(_, first)| first.reason()).unwrap_or_default()))
}
