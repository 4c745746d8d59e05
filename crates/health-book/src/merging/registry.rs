//! What the population registry says of two people being one: its word is carried out, and what cannot be is put on the
//! work list.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::join::{join, kept};
use super::part::part;
use super::work::{Basis, Decision, Item, keep, settle};
use super::{Word, replaced_by};
use crate::HealthBook;
use crate::ledger::{items, read, text};
use crate::refusal::internal;

/// What the registry waits for: that somebody with a number comes into the book.
#[derive(Debug, Serialize, Deserialize)]
struct Awaited {
    person: String,
    number: String,
}

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
    let replacing = interactions::citizens_of_numbers(book.service(), &[number]).await?;
    let [replacing] = replacing.as_slice() else { return wait(book, person, number, now).await };
    if let Some(by) = by.filter(|by| by != replacing) {
        // It was another one before.
        part(book, &by, person).await?;
    }
    merge(book, replacing, person, now).await
}

/// Keeps that somebody is replaced by a number whose holder is not in the book yet.
async fn wait(book: &HealthBook, person: &LogicalId, number: &str, now: Instant) -> Result<(), Problem> {
    let value = kept(&Awaited { person: person.to_string(), number: number.to_owned() })?;
    let record = SecurityRecord::new(SecurityKind::AwaitedMerge, person.as_str(), value);
    let change = SecurityChange::Put(record);
    book.service().store().change_security(change, Vec::new(), now).await?;
    Ok(())
}

/// Merges those whose other side has come into the book.
pub(super) async fn merge_awaited(book: &HealthBook, now: Instant) -> Result<(), Problem> {
    let store = book.service().store();
    for record in store.security_records(SecurityKind::AwaitedMerge, None, now).await? {
        let awaited: Awaited = serde_json::from_str(&record.value).map_err(|_| internal())?;
        let holder = interactions::citizens_of_numbers(book.service(), &[awaited.number.as_str()]).await?;
        let [holder] = holder.as_slice() else { continue };
        let person = LogicalId::try_from(awaited.person.as_str()).map_err(|_| internal())?;
        // What the registry says now, not then.
        let found = read(book.service(), "Patient", &person).await?;
        let links = found.as_ref().map(|found| items(&found.resource, "/link")).unwrap_or_default();
        let is_so = |link: &Value| {
            text(link, "/type") == "replaced-by" && text(link, "/other/identifier/value") == awaited.number
        };
        if links.iter().any(is_so) {
            merge(book, holder, &person, now).await?;
        }
        let done = SecurityChange::Remove(SecurityKind::AwaitedMerge, record.id);
        store.change_security(done, Vec::new(), now).await?;
    }
    Ok(())
}

async fn merge(
    book: &HealthBook,
    survivor: &LogicalId,
    other: &LogicalId,
    now: Instant,
) -> Result<(), Problem> {
    match join(book, survivor, other, Word::Registry).await {
        Ok(()) => settle(book, Decision::Merge, survivor, other, now).await,
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
