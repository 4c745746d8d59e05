//! Who writes, and by what right: what the entries of a job's writes have in common.

use std::collections::HashMap;

use access::{Access, Line, Reach};
use audit_log::{Action, Entry};
use fhir::{Instant, ResourceType};
use uuid::Uuid;

use super::authority::Basis;
use super::deed::{OPERATOR, is_command};
use super::journal::{Journal, Origin};
use super::message::Message;
use crate::once::Once;
use crate::store::Store;
use crate::{Job, StoreError, Write};

/// What the entries of a job say besides what is written.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    base: Entry<'static>,
    /// Whether the server writes of its own accord: then that is what was done.
    is_background: bool,
    /// Whether an access of somebody decides, not one of the server or its operator.
    is_of_somebody: bool,
    /// The right of each write; none where whoever writes may do everything.
    rights: Vec<Basis>,
    /// From which message the writes come.
    message: Option<Message>,
    /// The request, where it has its effect once.
    once: Option<Once>,
}

/// The same of one write.
pub(crate) struct WriteSignature<'a> {
    signature: &'a Signature,
    right: Option<&'a Basis>,
}

impl Signature {
    /// The message from which the writes come, and the number of the request.
    pub(crate) fn message(&self) -> Option<(Uuid, Message)> {
        self.message.map(|message| (self.base.request, message))
    }

    /// The request, where it has its effect once.
    pub(crate) fn once(&self) -> Option<&Once> {
        self.once.as_ref()
    }

    pub(crate) fn of_write(&self, index: usize) -> WriteSignature<'_> {
        WriteSignature { signature: self, right: self.rights.get(index) }
    }
}

impl WriteSignature<'_> {
    /// Whether somebody writes who learns by the answer what is there.
    pub(crate) fn is_of_somebody(&self) -> bool {
        self.signature.is_of_somebody
    }

    /// An entry without what is written.
    pub(crate) fn entry(&self, time: Instant, action: Action) -> Entry<'static> {
        let action = if self.signature.is_background { Action::Background } else { action };
        let mut entry = Entry { time, action, ..self.signature.base.clone() };
        if let Some(right) = self.right {
            entry.authority = right.authority.clone().into();
            entry.basis = right.resource.clone().into();
        }
        entry
    }
}

impl Store {
    /// Who writes a job: whoever the request of the running task comes from, else whom the access names, else the server.
    pub(crate) async fn signature(&self, access: &Access, job: &Job) -> Result<Signature, StoreError> {
        self.keep_command().await?;
        let journal = Journal::current();
        let is_background = journal.is_none() && access.subject().is_none() && !is_command();
        let mut origin = journal.as_ref().map(Journal::origin).unwrap_or_default();
        if origin.agent.is_empty() {
            let own = if is_command() { OPERATOR } else { "server" };
            access.subject().unwrap_or(own).clone_into(&mut origin.agent);
        }
        let Origin { agent, agent_name, role, organization, organization_name, client, .. } = origin;
        let everything = Basis::everything();
        let base = Entry {
            request: journal.map_or_else(Uuid::new_v4, |journal| journal.request()),
            agent: agent.into(),
            agent_name: agent_name.into(),
            role: role.into(),
            organization: organization.into(),
            organization_name: organization_name.into(),
            client: client.into(),
            purpose: access.purpose().map_or("", access::Purpose::code).into(),
            authority: everything.authority.into(),
            policy: access.policy_version().to_owned().into(),
            ..Entry::default()
        };
        let mut rights = Vec::new();
        if let Some(reach @ Reach::Lines(lines)) = access.writable() {
            let mut known = HashMap::new();
            for write in &job.writes {
                rights.push(self.right(access, (reach, lines), write, &mut known).await?);
            }
        }
        let is_of_somebody = access.subject().is_some();
        let (message, once) = (Message::current(), Once::current());
        Ok(Signature { base, is_background, is_of_somebody, rights, message, once })
    }

    async fn right(
        &self,
        access: &Access,
        (reach, lines): (&Reach, &[Line]),
        write: &Write,
        known: &mut HashMap<(Option<i64>, ResourceType), Basis>,
    ) -> Result<Basis, StoreError> {
        let kind = write.resource_type;
        let book = match &write.content {
            _ if kind == ResourceType::PATIENT => self.book_of(Some(&write.id)).await?,
            Some(content) if content.patient.is_some() => self.book_of(content.patient.as_ref()).await?,
            Some(_) => Some(0),
            None => self.place(kind, &write.id).await?.map(|(book, _)| book),
        };
        if let Some(right) = known.get(&(book, kind)) {
            return Ok(right.clone());
        }
        let right = match book {
            Some(book) => self.basis_in(access, reach, book, Some(kind)).await?,
            None => Basis::of_new_book(lines, kind),
        };
        known.insert((book, kind), right.clone());
        Ok(right)
    }
}
