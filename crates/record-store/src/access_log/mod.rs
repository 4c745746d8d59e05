//! The log of accesses beside the books: what a request has shown becomes entries, and they are kept before its answer
//! leaves. `docs/access-log.md` is the contract; the format is that of the crate `audit-log`.

mod authority;
mod deed;
mod extract;
mod follow;
mod journal;
mod kept;
mod message;
mod origin_of_versions;
mod page;
mod rotation;
mod sequence;
mod sequencer;
mod signature;
mod sql;
mod tree;
mod verification;
mod waiting;

use audit_log::{Entry, Text};
use fhir::{LogicalId, ResourceType};

use crate::StoreError;
use crate::store::Store;

pub use deed::{Deed, OPERATOR};
pub(crate) use deed::{PendingCommand, beside};
pub use follow::{BookReader, LogCursor};
pub use journal::{ANONYMOUS, Journal, Origin, Showing};
pub use message::Message;
pub(crate) use message::{MessageRow, put_messages};
pub use page::LogPage;
pub use rotation::Rotated;
pub use sequence::Sequenced;
pub use sequencer::{Sequencer, SequencerSettings};
pub(crate) use signature::{Signature, WriteSignature};
pub use verification::{IndexFinding, LogReport};
pub(crate) use waiting::{BYTES_IN_A_COMMIT, Frames, QueuedEntries};

use authority::Basis;
use journal::{Section, Shown};

impl Store {
    /// Keeps what a request has shown. When this has succeeded it is on disk, and the answer may leave.
    pub async fn keep(&self, journal: &Journal) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        for section in journal.take() {
            self.entries_of(journal, section, &mut entries).await?;
        }
        for deed in journal.take_deeds() {
            entries.push(deed.entry(journal.request())?);
        }
        self.append_to_log(entries).await
    }

    async fn entries_of(
        &self,
        journal: &Journal,
        section: Section,
        entries: &mut Vec<Entry<'static>>,
    ) -> Result<(), StoreError> {
        let origin = journal.origin();
        let base = base(journal, &origin, &section)?;
        if section.books.is_empty() {
            let book = match &section.about {
                Some((resource_type, id)) => {
                    self.place(*resource_type, id).await?.map_or(0, |(book, _)| book)
                }
                None => 0,
            };
            let resource =
                section.about.as_ref().map(|(kind, id)| format!("{kind}/{id}")).unwrap_or_default();
            let patient = self.patient_of(book).await?;
            entries.push(Entry {
                salt: salt()?,
                patient: patient.into(),
                resource: resource.into(),
                ..base.clone()
            });
            return Ok(());
        }
        for (book, shown) in section.books {
            let patient = self.patient_of(book).await?;
            let basis = match &section.access {
                Some(access) => self.basis(access, book, &shown).await?,
                None => Basis::default(),
            };
            let Shown { count, named } = shown;
            let named = if count as usize == named.len() { named } else { Vec::new() };
            let of_person = Entry {
                patient: patient.into(),
                shown: count,
                authority: basis.authority.into(),
                basis: basis.resource.into(),
                ..base.clone()
            };
            let only = named.first().filter(|_| named.len() == 1);
            let resource = only.map(|(kind, id, _)| format!("{kind}/{id}")).unwrap_or_default();
            let version = only.map(|(_, _, version)| version.to_string()).unwrap_or_default();
            entries.push(Entry {
                salt: salt()?,
                resource: resource.into(),
                version: version.into(),
                ..of_person
            });
        }
        Ok(())
    }

    /// The patient of a book as a reference; empty for the shared one.
    async fn patient_of(&self, book: i64) -> Result<String, StoreError> {
        if book == 0 {
            return Ok(String::new());
        }
        let patient: Option<LogicalId> = match self.known_books.patient(book) {
            Some(patient) => Some(patient),
            None => {
                let patient = self.read_patient_of(book).await?;
                if let Some(patient) = &patient {
                    self.known_books.add(patient, book);
                }
                patient
            }
        };
        Ok(patient.map(|patient| format!("{}/{patient}", ResourceType::PATIENT)).unwrap_or_default())
    }
}

/// What all entries of a section share.
fn base(journal: &Journal, origin: &Origin, section: &Section) -> Result<Entry<'static>, StoreError> {
    let text = |text: &str| Text::from(text.to_owned());
    let access = section.access.as_ref();
    Ok(Entry {
        time: access.map_or_else(fhir::Instant::now, access::Access::at),
        request: journal.request(),
        action: section.action,
        outcome: section.outcome,
        agent: text(match (origin.agent.as_str(), access.and_then(access::Access::subject)) {
            ("", Some(subject)) => subject,
            ("", None) => "server",
            (agent, _) => agent,
        }),
        agent_name: text(&origin.agent_name),
        role: text(&origin.role),
        organization: text(&origin.organization),
        organization_name: text(&origin.organization_name),
        client: text(&origin.client),
        query: text(&section.query),
        purpose: text(access.and_then(access::Access::purpose).map_or("", access::Purpose::code)),
        policy: text(access.map_or("", access::Access::policy_version)),
        ..Entry::default()
    })
}

/// What keeps an entry from being guessed from its hash.
pub(crate) fn salt() -> Result<[u8; 16], StoreError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Unusable(error.to_string()))?;
    Ok(salt)
}
