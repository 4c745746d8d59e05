//! What the population registry says of two people being one: its word is carried out, and what cannot be is put on the
//! work list.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde_json::Value;

use super::join::join;
use super::part::part;
use super::work::{Basis, Decision, Item, keep, settle};
use super::{Word, replaced_by, replacing_numbers};
use crate::HealthBook;
use crate::ledger::read;
use crate::refusal::internal;
use crate::registry::{end_awaited, owner_of_awaited};

const KIND: SecurityKind = SecurityKind::AwaitedMerge;

/// Follows a record of somebody. `number`: the one that replaces the number of the record; `before`: the `Patient` before
/// the record was written; `again`: whether a server may have ended after it was.
pub(crate) async fn follow(
    book: &HealthBook,
    person: &LogicalId,
    number: Option<&str>,
    before: Option<&Value>,
    again: bool,
    now: Instant,
) -> Result<(), Problem> {
    let was_replaced = before.is_some_and(|before| replaced_by(before).is_some());
    if number.is_none() && !was_replaced && !again {
        return Ok(());
    }
    let Some(found) = read(book.service(), "Patient", person).await? else { return Ok(()) };
    let by = replaced_by(&found.resource).filter(|_| Word::of(&found.resource) == Some(Word::Registry));
    let Some(number) = number else {
        // The number is in force again.
        return match by {
            Some(by) => part(book, &by, person).await,
            None => Ok(()),
        };
    };
    let Some(replacing) = holder(book, number).await? else { return wait(book, person, number, now).await };
    if let Some(by) = by.filter(|by| *by != replacing) {
        // It was another one before.
        part(book, &by, person).await?;
    }
    merge(book, &replacing, person, now).await
}

async fn holder(book: &HealthBook, number: &str) -> Result<Option<LogicalId>, Problem> {
    let mut found = interactions::citizens_of_numbers(book.service(), &[number]).await?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Keeps that somebody is replaced by a number whose holder is not in the book yet: under the hash of the number, so that
/// who comes finds it.
async fn wait(book: &HealthBook, person: &LogicalId, number: &str, now: Instant) -> Result<(), Problem> {
    let store = book.service().store();
    let record = SecurityRecord::new(KIND, person.as_str(), String::new());
    let record = record.of(owner_of_awaited(store, number));
    store.change_security(SecurityChange::Put(record), Vec::new(), now).await?;
    // Between the look and the word the holder may have come without finding it.
    if holder(book, number).await?.is_none() {
        return Ok(());
    }
    match store.security_record(KIND, person.as_str(), now).await? {
        Some(record) => settle_awaited(book, record, now).await,
        None => Ok(()),
    }
}

/// Merges somebody whose other side has come into the book, by what the registry says now.
pub(crate) async fn settle_awaited(
    book: &HealthBook,
    record: SecurityRecord,
    now: Instant,
) -> Result<(), Problem> {
    let store = book.service().store();
    let person = LogicalId::try_from(record.id.as_str()).map_err(|_| internal())?;
    let found = read(book.service(), "Patient", &person).await?;
    // One from before has no hash.
    let is_meant = |number: &&str| record.owner.is_empty() || owner_of_awaited(store, number) == record.owner;
    let mut numbers = found.iter().flat_map(|found| replacing_numbers(&found.resource));
    if let Some(number) = numbers.find(is_meant) {
        let Some(holder) = holder(book, number).await? else { return Ok(()) };
        merge(book, &holder, &person, now).await?;
    }
    end_awaited(store, record, now).await
}

async fn merge(
    book: &HealthBook,
    survivor: &LogicalId,
    other: &LogicalId,
    now: Instant,
) -> Result<(), Problem> {
    match join(book, survivor, other, Word::Registry).await {
        Ok(false) => Ok(()),
        Ok(true) => settle(book, Decision::Merge, survivor, other, now).await,
        // The rules do not let it: people decide.
        Err(problem) if matches!(problem.status, 409 | 422) => {
            keep(book, conflict(survivor, other, &problem, now), now).await.map(drop)
        }
        Err(problem) => Err(problem),
    }
}

fn conflict(survivor: &LogicalId, other: &LogicalId, problem: &Problem, now: Instant) -> Item {
    let fault = problem.issues.first().map(|issue| &issue.fault);
    let reason = match fault {
        Some(fhir::Fault::Sharing { rule, .. }) => rule.clone(),
        Some(fault) => fault.code().to_owned(),
        None => String::new(),
    };
    Item {
        decision: Decision::Merge,
        survivor: survivor.to_string(),
        other: other.to_string(),
        entry: None,
        basis: Basis::Registry,
        reason,
        evidence: Vec::new(),
        since: now.to_string(),
        proposal: None,
    }
}
