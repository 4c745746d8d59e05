//! Storing notices in the books: each `Communication` once, whoever tries it how often.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use notices::AccessRule;
use notices::Texts;
use serde::{Deserialize, Serialize};

use super::preferences;
use super::queue::{self, Channel, Failed, Taken};
use crate::HealthBook;
use crate::ledger::{Entry, read, write};
use crate::notice::{Notice, NoticeKind, communication};
use crate::refusal::internal;

/// A notice that is to be stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) rule: String,
    /// `Patient/..`
    pub(super) patient: String,
    /// `Organization/..`
    pub(super) organization: String,
    /// When the access was, in microseconds.
    pub(super) at: i64,
    pub(super) positions: Vec<u64>,
    pub(super) vietnamese: String,
    pub(super) english: String,
}

/// Stores the notices that are due; how many are new in their books.
pub async fn store_due(book: &HealthBook, now: Instant) -> Result<usize, Problem> {
    let store = book.service().store();
    let mut stored = 0_usize;
    for record in queue::due(store, Channel::Book, now).await? {
        let Some(taken) = queue::take(store, record, now).await? else { continue };
        match store_one(book, &taken).await {
            Ok(notice) => {
                let is_ours = taken.done(store, now).await?;
                if let (Some(notice), true) = (notice, is_ours) {
                    stored = stored.saturating_add(1);
                    book.tell(&[notice]);
                }
            }
            Err(problem) => {
                let failed = taken.failed(store, now).await?;
                let outcome = if failed == Failed::GivenUp { "given-up" } else { "retried" };
                book.figures().message(Channel::Book.code(), outcome);
                tracing::warn!(status = problem.status, outcome, "a notice was not stored");
            }
        }
    }
    Ok(stored)
}

/// `None` when it is stored already, or not wanted.
async fn store_one(book: &HealthBook, taken: &Taken) -> Result<Option<Notice>, Problem> {
    let told: Told = taken.what().ok_or_else(internal)?;
    let rule = AccessRule::from_code(&told.rule).ok_or_else(internal)?;
    let id_of = |reference: &str, kind: &str| {
        let id = reference.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
        LogicalId::try_from(id).map_err(|_| internal())
    };
    let patient = id_of(&told.patient, "Patient")?;
    let organization = id_of(&told.organization, "Organization").ok();
    let id = LogicalId::try_from(told.id.as_str()).map_err(|_| internal())?;
    let service = book.service();
    let wanted = preferences::of(service.store(), &patient, Instant::now()).await?;
    if wanted.off.contains(&told.rule) || read(service, "Communication", &id).await?.is_some() {
        return Ok(None);
    }
    let notice = Notice { kind: NoticeKind::Access(rule), patient, communication: id };
    let about: Vec<String> =
        told.positions.iter().map(|position| format!("AuditEvent/log-{position}")).collect();
    let texts = Texts { vietnamese: told.vietnamese, english: told.english };
    let at = Instant::from_microseconds(told.at).truncated_to_millis();
    let resource = communication(&notice, organization.as_ref(), &about, &texts, at);
    write(service, vec![Entry::new(resource)]).await?;
    Ok(Some(notice))
}
