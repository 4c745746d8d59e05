//! The log of accesses beside the books: what a request has shown becomes entries, and they are kept before its answer
//! leaves. `docs/access-log.md` is the contract; the format is that of the crate `audit-log`.

mod authority;
mod deed;
mod extract;
mod follow;
mod grants;
mod journal;
mod kept;
mod message;
mod named;
mod origin_of_versions;
mod page;
mod path;
mod rotation;
mod sequence;
mod sequence_error;
mod sequence_state;
mod sequencer;
mod signature;
mod sql;
mod tree;
mod verification;
mod waiting;
mod waiting_fault;
mod waiting_rows;

use std::collections::HashMap;

use audit_log::{Entry, Outcome, Text};
use fhir::{LogicalId, ResourceType};
use search::Named;

use crate::StoreError;
use crate::store::Store;

pub use deed::{Deed, OPERATOR};
pub(crate) use deed::{PendingCommand, beside};
pub use extract::LogPeriod;
pub use follow::{BookReader, LogCursor};
pub(crate) use grants::{GrantRow, GrantTypes, Grants};
pub use journal::{ANONYMOUS, Journal, Origin, Showing};
pub use message::Message;
pub(crate) use message::{MessageRow, put_messages};
pub use page::LogPage;
pub use path::without_id;
pub use rotation::Rotated;
pub use sequence::Sequenced;
pub(crate) use sequence::{END, taken_from_beside};
pub use sequence_error::{Halt, SequenceError};
pub use sequence_state::LogFigures;
pub(crate) use sequence_state::LogState;
pub use sequencer::{Sequencer, SequencerSettings};
pub(crate) use signature::{Signature, WriteSignature};
pub use verification::{IndexFinding, LogReport};
pub(crate) use waiting::{BYTES_IN_A_COMMIT, Frames, Gathering, QueuedEntries, framed, missing_grants};
pub(crate) use waiting_fault::Said;
pub(crate) use waiting_rows::{WaitingIn, removal_of_taken};

use authority::{Basis, Right};
use journal::{Section, Shown};
use named::Places;
use path::may_be_a_number;
use waiting::Pending;

impl Store {
    /// Keeps what a request has shown. When this has succeeded it is on disk, and the answer may leave.
    pub async fn keep(&self, journal: &Journal) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        let mut gathered = Gathered::default();
        for section in journal.take() {
            let of_nothing = self.entries_of_nothing(journal, &section, &mut gathered.places).await?;
            self.entries_of(journal, section, &mut gathered.places, &mut entries).await?;
            for entry in of_nothing {
                gathered.add(entry, &mut entries);
            }
        }
        for deed in journal.take_deeds() {
            entries.push(deed.entry(journal.request())?.into());
        }
        self.append_pending(entries).await
    }

    /// That something was asked of people of whom nothing is shown, or was refused: one for each of what is named. Where nothing
    /// is shown and nobody's book holds what is named, there is one without a person.
    async fn entries_of_nothing(
        &self,
        journal: &Journal,
        section: &Section,
        places: &mut Places,
    ) -> Result<Vec<Entry<'static>>, StoreError> {
        let unseen: Vec<&Named> = section.about.iter().filter(|named| !section.shows(named)).collect();
        self.find_places(&unseen, section.outcome == Outcome::Refused, places).await?;
        let mut told: Vec<(i64, String)> = Vec::new();
        for named in &unseen {
            for (kind, book) in places.get(*named).into_iter().flatten() {
                if *book != 0 && !section.books.contains_key(book) {
                    told.push((*book, format!("{kind}/{}", named.id)));
                }
            }
        }
        if told.is_empty() && section.books.is_empty() {
            let resource = match unseen.as_slice() {
                [Named { types, id }] if types.len() == 1 && !may_be_a_number(id) => {
                    types.first().map(|kind| format!("{kind}/{id}"))
                }
                _ => None,
            };
            told.push((0, resource.unwrap_or_default()));
        }
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let base = base(journal, &journal.origin(), section)?;
        let mut entries = Vec::with_capacity(told.len());
        for (book, resource) in told {
            let patient = self.patient_of(book).await?.into();
            let mut entry = Entry { salt: salt()?, patient, resource: resource.into(), ..base.clone() };
            self.keep_path_of_own(&mut entry, book, None, places).await?;
            entries.push(entry);
        }
        Ok(entries)
    }

    async fn entries_of(
        &self,
        journal: &Journal,
        section: Section,
        places: &mut Places,
        entries: &mut Vec<Pending>,
    ) -> Result<(), StoreError> {
        let origin = journal.origin();
        let base = base(journal, &origin, &section)?;
        for (book, shown) in section.books {
            let patient = self.patient_of(book).await?;
            let right = match &section.access {
                Some(_) if !section.authority.is_empty() => Right::Known(Basis::of(section.authority)),
                Some(access) => self.right_to_show(access, book, &shown).await?,
                None => Right::Known(Basis::default()),
            };
            let Shown { count, named } = &shown;
            let only = named.first().filter(|_| named.len() == 1 && *count == 1);
            let resource = only.map(|(kind, id, _)| format!("{kind}/{id}")).unwrap_or_default();
            let version = only.map(|(_, _, version)| version.to_string()).unwrap_or_default();
            let mut entry = Entry {
                salt: salt()?,
                patient: patient.into(),
                resource: resource.into(),
                version: version.into(),
                shown: *count,
                ..base.clone()
            };
            self.keep_path_of_own(&mut entry, book, Some(&shown), places).await?;
            entries.push(Pending::new(entry, right));
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

/// Entries of one request that show nothing: of the same kind about the same person there is one, however often it was
/// asked. Else a single request could bury what the log says of a person.
#[derive(Default)]
struct Gathered {
    /// By action, outcome, patient and place.
    entries: HashMap<(u8, Outcome, String, String), usize>,
    /// Where it is that was asked for.
    places: Places,
}

impl Gathered {
    fn add(&mut self, entry: Entry<'static>, entries: &mut Vec<Pending>) {
        // A search that shows nothing of anybody is nobody's: it hides nothing.
        if entry.patient.is_empty() && entry.outcome != Outcome::Refused {
            entries.push(entry.into());
            return;
        }
        let place = entry.query.split('?').next().unwrap_or_default().to_owned();
        let key = (entry.action.number(), entry.outcome, entry.patient.to_string(), place);
        let place = key.3.clone();
        let before = self.entries.get(&key).and_then(|index| entries.get_mut(*index));
        let Some(Pending { entry: before, .. }) = before else {
            self.entries.insert(key, entries.len());
            entries.push(entry.into());
            return;
        };
        // What they do not all say, the one does not say.
        if before.resource != entry.resource {
            before.resource = Text::default();
        }
        if before.query != entry.query {
            before.query = place.into();
        }
    }
}

/// What all entries of a section share.
fn base(journal: &Journal, origin: &Origin, section: &Section) -> Result<Entry<'static>, StoreError> {
    let text = |text: &str| Text::from(text.to_owned());
    let access = section.access.as_ref();
    let (purpose, policy) = match access {
        Some(access) => (access.purpose().map_or("", access::Purpose::code), access.policy_version()),
        None => (origin.purpose.as_str(), origin.policy.as_str()),
    };
    // Nothing gave a right to what was refused.
    let is_refused = section.outcome == Outcome::Refused;
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
        purpose: text(purpose),
        authority: text(section.authority),
        basis: text(if is_refused { "" } else { &origin.beside }),
        policy: text(policy),
        ..Entry::default()
    })
}

/// What keeps an entry from being guessed from its hash.
pub(crate) fn salt() -> Result<[u8; 16], StoreError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Unusable(error.to_string()))?;
    Ok(salt)
}
