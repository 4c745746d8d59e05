//! What somebody does that neither shows nor writes a resource: signing in, tokens, commands of the operator.
//!
//! In a request it is noted in the journal, and so kept before the answer leaves. A command has no journal: what it does
//! is kept in the transaction of its first change.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use audit_log::{Action, Entry, Outcome};
use fhir::{Instant, LogicalId, ResourceType};
use uuid::Uuid;

use super::journal::{Journal, Origin};
use super::waiting::Frames;
use super::waiting_rows::WaitingIn;
use crate::StoreError;
use crate::statement::Statement;
use crate::store::Store;

/// Who runs commands beside the server.
pub const OPERATOR: &str = "operator";

tokio::task_local! {
    static COMMAND: Command;
}

/// The command that the running task works for, with what is not on disk of it yet.
#[derive(Clone)]
struct Command(Arc<Mutex<Option<Deed>>>);

/// What somebody did, or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What was done.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it.
    pub by: Origin,
    /// Whose book it is about.
    pub patient: Option<LogicalId>,
    /// What it is about, as a reference; may be empty.
    pub resource: String,
    /// Which of several ways, or the name of the command.
    pub query: String,
    /// Code of the purpose; may be empty.
    pub purpose: String,
    time: Instant,
}

impl Deed {
    /// Something that succeeded, by whoever the running task works for.
    pub fn new(action: Action, query: impl Into<String>) -> Self {
        Self {
            action,
            outcome: Outcome::Success,
            by: Origin::acting(),
            patient: None,
            resource: String::new(),
            query: query.into(),
            purpose: String::new(),
            time: Instant::now(),
        }
    }

    /// The same by somebody.
    #[must_use]
    pub fn by(self, by: Origin) -> Self {
        Self { by, ..self }
    }

    /// The same about the book of a person.
    #[must_use]
    pub fn of(self, patient: Option<LogicalId>) -> Self {
        Self { patient, ..self }
    }

    /// The same about a resource.
    #[must_use]
    pub fn about(self, resource: impl Into<String>) -> Self {
        Self { resource: resource.into(), ..self }
    }

    /// The same for a purpose.
    #[must_use]
    pub fn with_purpose(self, purpose: &str) -> Self {
        Self { purpose: purpose.to_owned(), ..self }
    }

    /// The same, but it was refused.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { outcome: Outcome::Refused, ..self }
    }

    /// Says of the command that the running task works for whose book it is about.
    pub fn concerns(patient: &LogicalId) {
        change_command(|pending| {
            if let Some(deed) = pending {
                deed.patient = Some(patient.clone());
            }
        });
    }

    pub(super) fn entry(self, request: Uuid) -> Result<Entry<'static>, StoreError> {
        let patient = self.patient.map(|id| format!("{}/{id}", ResourceType::PATIENT));
        Ok(Entry {
            salt: super::salt()?,
            time: self.time,
            request,
            action: self.action,
            outcome: self.outcome,
            agent: self.by.agent.into(),
            agent_name: self.by.agent_name.into(),
            role: self.by.role.into(),
            organization: self.by.organization.into(),
            organization_name: self.by.organization_name.into(),
            client: self.by.client.into(),
            patient: patient.unwrap_or_default().into(),
            resource: self.resource.into(),
            query: self.query.into(),
            purpose: self.purpose.into(),
            ..Entry::default()
        })
    }
}

impl Origin {
    /// Whoever the running task works for: the operator of a command, who sent the request, else the server.
    pub fn acting() -> Self {
        let named = |agent: &str| Self { agent: agent.to_owned(), ..Self::default() };
        if COMMAND.try_with(|_| ()).is_ok() {
            return named(OPERATOR);
        }
        let origin = Journal::current().map(|journal| journal.origin());
        origin.filter(|origin| !origin.agent.is_empty()).unwrap_or_else(|| named("server"))
    }
}

/// Whether the running task works for a command of the operator.
pub(super) fn is_command() -> bool {
    COMMAND.try_with(|_| ()).is_ok()
}

/// Changes what waits of the running command; nothing outside of one.
fn change_command<T>(change: impl FnOnce(&mut Option<Deed>) -> T) -> Option<T> {
    let lock = |command: &Command| change(&mut command.0.lock().unwrap_or_else(PoisonError::into_inner));
    COMMAND.try_with(lock).ok()
}

/// What is not on disk yet of the running command, as the statement that puts it there.
pub(crate) struct PendingCommand {
    deed: Option<Deed>,
    pub(crate) statement: Option<Statement>,
}

impl PendingCommand {
    /// Takes it: whoever does puts it on disk or gives it back.
    pub(crate) fn take() -> Result<Self, StoreError> {
        let deed = change_command(Option::take).flatten();
        let statement = deed.clone().map(|deed| insert(vec![deed])).transpose()?;
        Ok(Self { deed, statement })
    }

    /// The change did not happen: another one may.
    pub(crate) fn give_back(self) {
        if let Some(deed) = self.deed {
            change_command(|pending| *pending = Some(deed));
        }
    }
}

/// The statement that puts deeds on disk.
fn insert(deeds: Vec<Deed>) -> Result<Statement, StoreError> {
    let (mut frames, request) = (Frames::default(), Uuid::now_v7());
    for deed in deeds {
        frames.push(&deed.entry(request)?);
    }
    Ok(frames.insert(WaitingIn::Database))
}

/// What a change of the security records leaves in the log: in the transaction where there is no journal.
pub(crate) fn beside(deeds: &[Deed]) -> Result<Vec<Statement>, StoreError> {
    if deeds.is_empty() || Journal::current().is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![insert(deeds.to_vec())?])
}

impl Store {
    /// Notes something that was done without a change: in the journal of the request, else on disk at once.
    pub async fn note(&self, deed: Deed) -> Result<(), StoreError> {
        match Journal::current() {
            Some(journal) => {
                journal.did(deed);
                Ok(())
            }
            None => self.append_to_log(vec![deed.entry(Uuid::now_v7())?]).await,
        }
    }

    /// Runs a command of the operator. Its entry is kept in the transaction of its first change, before its first write of
    /// a resource, or, when it changed nothing, at its end; with outcome 8 when it failed before it was kept.
    pub async fn logged<T, E: From<StoreError>>(
        &self,
        deed: impl FnOnce() -> Deed,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let command = Command(Arc::default());
        let work = async {
            change_command(|pending| *pending = Some(deed()));
            let done = work.await;
            if let Some(mut deed) = change_command(Option::take).flatten() {
                if done.is_err() {
                    deed.outcome = Outcome::Failed;
                }
                self.append_to_log(vec![deed.entry(Uuid::now_v7())?]).await?;
            }
            done
        };
        COMMAND.scope(command, work).await
    }

    /// Puts the entry of the running command on disk, if it is not there yet.
    pub(super) async fn keep_command(&self) -> Result<(), StoreError> {
        match change_command(Option::take).flatten() {
            Some(deed) => self.append_to_log(vec![deed.entry(Uuid::now_v7())?]).await,
            None => Ok(()),
        }
    }
}
