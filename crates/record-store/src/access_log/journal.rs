//! What one request shows: gathered where the text of a resource is made for an answer, kept before the answer leaves.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use access::{Access, Assistant};
use audit_log::{Action, Outcome};
use fhir::{LogicalId, ResourceType, VersionId};
use search::Named;
use uuid::Uuid;

use super::deed::Deed;
use crate::{Record, StoreError};

tokio::task_local! {
    static CURRENT: Journal;
}

/// Who nobody is.
pub const ANONYMOUS: &str = "anonymous";

/// Resources of one person that are named one by one; of more only the number is kept.
const MOST_NAMED: usize = 1;

/// Who asks, and through what: what all entries of a request share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who, as a reference; `anonymous` for nobody known.
    pub agent: String,
    /// The name under which that somebody is known.
    pub agent_name: String,
    /// The role of the policy.
    pub role: String,
    /// On whose behalf, as a reference.
    pub organization: String,
    /// Its name.
    pub organization_name: String,
    /// The client that asked.
    pub client: String,
    /// Whose session it is where staff sit there, as a reference.
    pub beside: String,
    /// Code of the purpose that was given.
    pub purpose: String,
    /// The version of the policy.
    pub policy: String,
}

impl Origin {
    /// The own book of who asks, also where staff sit there instead.
    pub fn own_book(&self) -> Option<LogicalId> {
        let own = if self.beside.is_empty() { &self.agent } else { &self.beside };
        LogicalId::try_from(own.strip_prefix("Patient/")?).ok()
    }
}

impl From<&Assistant> for Origin {
    /// Staff in a session that they opened for a citizen.
    fn from(assistant: &Assistant) -> Self {
        let facility = |id: &LogicalId| format!("{}/{id}", ResourceType::ORGANIZATION);
        Self {
            agent: assistant.reference(),
            role: Assistant::ROLE.to_owned(),
            organization: assistant.organization.as_ref().map(facility).unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// What a request has shown so far. Cloning it gives another handle to the same journal.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request: Uuid,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    origin: Origin,
    sections: Vec<Section>,
    deeds: Vec<Deed>,
    /// What the request is about beside what its path names: in whose book a refusal of it stands, too.
    concerned: Vec<(ResourceType, LogicalId)>,
}

/// What was shown by one access and in one way.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) access: Option<Access>,
    pub(crate) action: Action,
    pub(crate) outcome: Outcome,
    pub(crate) query: String,
    /// By what right, where no rule of the policy decides.
    pub(crate) authority: &'static str,
    /// What was asked for: where nothing of its book is shown, it stands there nevertheless.
    pub(crate) about: Vec<Named>,
    /// By the number of the book.
    pub(crate) books: BTreeMap<i64, Shown>,
    /// Whether it was taken before.
    taken: bool,
}

/// What was shown of one book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) count: u32,
    pub(crate) named: Vec<(ResourceType, LogicalId, VersionId)>,
}

impl Section {
    fn new(access: Option<Access>, action: Action, outcome: Outcome, query: String) -> Self {
        let books = BTreeMap::new();
        Self { access, action, outcome, query, authority: "", about: Vec::new(), books, taken: false }
    }

    /// Whether what is named is among what is shown, as far as that is known one by one.
    pub(crate) fn shows(&self, named: &Named) -> bool {
        let is_it = |kind: &ResourceType, id: &LogicalId| {
            *id == named.id && (named.types.is_empty() || named.types.contains(kind))
        };
        self.books.values().any(|shown| shown.named.iter().any(|(kind, id, _)| is_it(kind, id)))
    }

    fn is_told(&self) -> bool {
        self.taken && self.books.is_empty()
    }
}

impl Journal {
    /// An empty journal of the request with this number.
    pub fn new(request: Uuid) -> Self {
        Self(Arc::new(Inner { request, pages: Mutex::default() }))
    }

    /// The journal of the request that the running task works for.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs work of the request: what it shows is written here.
    pub async fn scope<F: Future>(&self, work: F) -> F::Output {
        CURRENT.scope(self.clone(), work).await
    }

    /// The number of the request.
    pub fn request(&self) -> Uuid {
        self.0.request
    }

    /// Says who asks, once that is known.
    pub fn asked_by(&self, origin: Origin) {
        self.write(|pages| pages.origin = origin);
    }

    /// Notes that something was refused: `about` is what was asked for, where the request names one resource.
    pub fn refused(&self, action: Action, about: Option<(ResourceType, LogicalId)>, query: &str) {
        let section = Section::new(None, action, Outcome::Refused, query.to_owned());
        let about = about.into_iter().map(Named::from).collect();
        self.write(|pages| pages.sections.push(Section { about, ..section }));
    }

    /// Notes that something was told that is no resource of a book: of the log itself, or of what was shared. `authority` is
    /// the right to it.
    pub fn asked(
        &self,
        action: Action,
        about: Option<(ResourceType, LogicalId)>,
        query: &str,
        authority: &'static str,
    ) {
        let section = Section::new(None, action, Outcome::Success, query.to_owned());
        let about = about.into_iter().map(Named::from).collect();
        self.write(|pages| pages.sections.push(Section { about, authority, ..section }));
    }

    /// Says what the request is about beside what its path names, before it is known whether it is refused.
    pub fn concerns(&self, resource_type: ResourceType, id: LogicalId) {
        self.write(|pages| pages.concerned.push((resource_type, id)));
    }

    /// What the request is about, as far as that was said since it was asked.
    pub fn concerned(&self) -> Vec<(ResourceType, LogicalId)> {
        self.write(|pages| std::mem::take(&mut pages.concerned))
    }

    /// Whether the request is about somebody whom its path does not name.
    pub fn is_concerned(&self) -> bool {
        self.write(|pages| !pages.concerned.is_empty())
    }

    /// Notes that the act of the request was refused: in the books of all that it was about.
    pub fn act_refused(&self, action: Action, query: &str) {
        let concerned = self.concerned();
        if concerned.is_empty() {
            self.refused(action, None, query);
        }
        for about in concerned {
            self.refused(action, Some(about), query);
        }
    }

    /// Takes over what another journal holds of the same request.
    pub fn adopt(&self, other: &Self) {
        let (sections, deeds) = (other.take(), other.take_deeds());
        self.write(|pages| {
            pages.sections.extend(sections.into_iter().map(|section| Section { taken: false, ..section }));
            pages.deeds.extend(deeds);
        });
    }

    /// Notes what was done or refused beside resources.
    pub(crate) fn did(&self, deed: Deed) {
        self.write(|pages| pages.deeds.push(deed));
    }

    /// References whose names the noted deeds still lack. Whoever could not be told apart is not looked for: how long an
    /// answer takes must not tell whether there is such an account.
    pub fn unnamed(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.write(|pages| {
            for by in pages.deeds.iter().map(|deed| &deed.by).filter(|by| by.agent != ANONYMOUS) {
                let names = [(&by.agent, &by.agent_name), (&by.organization, &by.organization_name)];
                let lacking = names.into_iter().filter(|(it, name)| !it.is_empty() && name.is_empty());
                found.extend(lacking.map(|(it, _)| it.clone()));
            }
        });
        found.sort();
        found.dedup();
        found
    }

    /// Says to the noted deeds how a reference is called.
    pub fn name(&self, reference: &str, name: &str) {
        self.write(|pages| {
            for by in pages.deeds.iter_mut().map(|deed| &mut deed.by).filter(|by| by.agent != ANONYMOUS) {
                let names = [(&by.agent, &mut by.agent_name), (&by.organization, &mut by.organization_name)];
                for (_, text) in names.into_iter().filter(|(it, text)| *it == reference && text.is_empty()) {
                    name.clone_into(text);
                }
            }
        });
    }

    /// Whether somebody known asks.
    pub fn is_of_somebody(&self) -> bool {
        self.write(|pages| !pages.origin.agent.is_empty() && pages.origin.agent != ANONYMOUS)
    }

    /// Whether nothing was shown since it was kept.
    pub fn is_empty(&self) -> bool {
        self.write(|pages| pages.deeds.is_empty() && pages.sections.iter().all(Section::is_told))
    }

    /// Who asked.
    pub fn origin(&self) -> Origin {
        self.write(|pages| pages.origin.clone())
    }

    /// What was shown since the last time. The sections stay, for who shows by one of them may go on.
    pub(crate) fn take(&self) -> Vec<Section> {
        self.write(|pages| {
            let new = pages.sections.iter_mut().filter(|section| !section.is_told());
            new.map(|section| {
                let books = std::mem::take(&mut section.books);
                // That it was asked for is told once, whatever is shown later.
                let about = std::mem::take(&mut section.about);
                section.taken = true;
                Section { books, about, ..section.clone() }
            })
            .collect()
        })
    }

    pub(super) fn take_deeds(&self) -> Vec<Deed> {
        self.write(|pages| std::mem::take(&mut pages.deeds))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Pages) -> T) -> T {
        // Whoever panicked with the lock left whole sections only.
        change(&mut self.0.pages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The way in which resources are about to be shown: by which access, for what. Whoever makes the text of a resource for
/// an answer needs one, and so nothing is shown that is not in the journal.
#[derive(Debug)]
pub struct Showing {
    journal: Option<Journal>,
    section: usize,
}

impl Showing {
    /// Begins to show in the request of the running task. Outside of a request only the server itself and its operator
    /// see anything.
    ///
    /// # Errors
    /// [`StoreError::NotLogged`] when somebody else asks and no request is being logged.
    pub fn begin(access: &Access, action: Action, query: impl Into<String>) -> Result<Self, StoreError> {
        Self::begin_named(access, action, query, Vec::new())
    }

    /// The same of what is asked about one resource: where nothing of its book is shown, it stands in that book nevertheless.
    ///
    /// # Errors
    /// As [`Showing::begin`].
    pub fn begin_about(
        access: &Access,
        action: Action,
        query: impl Into<String>,
        about: Option<(ResourceType, LogicalId)>,
    ) -> Result<Self, StoreError> {
        Self::begin_named(access, action, query, about.into_iter().map(Named::from).collect())
    }

    /// The same of whatever is named.
    ///
    /// # Errors
    /// As [`Showing::begin`].
    pub fn begin_named(
        access: &Access,
        action: Action,
        query: impl Into<String>,
        about: Vec<Named>,
    ) -> Result<Self, StoreError> {
        let section = Section::new(Some(access.clone()), action, Outcome::Success, query.into());
        Self::begin_section(access, Section { about, ..section })
    }

    /// The same by a right of its own: whose book it is does not matter.
    ///
    /// # Errors
    /// As [`Showing::begin`].
    pub fn begin_by(
        access: &Access,
        action: Action,
        query: impl Into<String>,
        authority: &'static str,
    ) -> Result<Self, StoreError> {
        let section = Section::new(Some(access.clone()), action, Outcome::Success, query.into());
        Self::begin_section(access, Section { authority, ..section })
    }

    fn begin_section(access: &Access, section: Section) -> Result<Self, StoreError> {
        let Some(journal) = Journal::current() else {
            return match access.subject() {
                None => Ok(Self { journal: None, section: 0 }),
                Some(_) => Err(StoreError::NotLogged),
            };
        };
        let section = journal.write(|pages| {
            pages.sections.push(section);
            pages.sections.len() - 1
        });
        Ok(Self { journal: Some(journal), section })
    }

    /// Notes that a resource is shown.
    pub(crate) fn note(&self, record: &Record) {
        let Some(journal) = &self.journal else { return };
        journal.write(|pages| {
            let Some(section) = pages.sections.get_mut(self.section) else { return };
            let shown = section.books.entry(record.book).or_default();
            shown.count = shown.count.saturating_add(1);
            if shown.named.len() <= MOST_NAMED {
                shown.named.push((record.resource_type, record.id.clone(), record.version));
            }
        });
    }
}
