//! What every interaction needs: the store, the gate, and how the server is called.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use access::{Access, Caller, Denied, Interaction, Policy};
use fhir::{Instant, ResourceType};
use record_store::Store;
use terminology::Library;
use tokio::sync::Notify;

use crate::access_log::Names;
use crate::capability::Capabilities;
use crate::definitions::{CurrentDefinitions, Definitions};
use crate::idempotency::Running;
use crate::names::KnownNames;
use crate::page::PageLinks;
use crate::policy::CurrentPolicy;
use crate::terminology::DefinitionCache;

/// How the server presents itself.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Public base url of the FHIR API without a `/` at its end, for example `http://127.0.0.1:8080/fhir`.
    pub base: String,
    /// Matches on a page when the caller does not say.
    pub default_count: u32,
    /// Most matches on a page.
    pub most_count: u32,
    /// Most entries of a batch or transaction.
    pub most_entries: usize,
    /// Most bytes of resources in the answer to a batch or transaction.
    pub most_answer_bytes: usize,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            base: "http://127.0.0.1:8080/fhir".to_owned(),
            default_count: 20,
            most_count: 1_000,
            most_entries: 10_000,
            most_answer_bytes: 64 << 20,
        }
    }
}

struct Inner {
    store: Store,
    policy: CurrentPolicy,
    settings: ServiceSettings,
    links: PageLinks,
    capabilities: Capabilities,
    definitions: CurrentDefinitions,
    /// Wakes who works at reindexes.
    reindexes: Notify,
    definition_cache: DefinitionCache,
    names: Names,
    known_names: OnceLock<Arc<dyn KnownNames>>,
    running: Running,
    registry_owned: AtomicBool,
}

/// The FHIR service. Cloning it is cheap and gives another handle to the same service.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

impl Service {
    /// A service over a store. It knows no packages before [`follow_packages`](crate::follow_packages).
    pub fn new(store: Store, settings: ServiceSettings) -> Self {
        let links = PageLinks::new(store.link_key());
        let (capabilities, reindexes) = (Capabilities::default(), Notify::new());
        let (definitions, definition_cache) = (CurrentDefinitions::default(), DefinitionCache::default());
        let policy = CurrentPolicy::default();
        Self(Arc::new(Inner {
            store,
            policy,
            settings,
            links,
            capabilities,
            definitions,
            definition_cache,
            names: Names::default(),
            known_names: OnceLock::new(),
            registry_owned: AtomicBool::new(false),
            reindexes,
            running: Running::default(),
        }))
    }

    /// Names of those who ask, for the log of accesses.
    pub(crate) fn names(&self) -> &Names {
        &self.0.names
    }

    /// Says who knows how clients and accounts are called, once people sign in; the first one counts.
    pub fn ask_for_names(&self, names: Arc<dyn KnownNames>) {
        // Whoever comes second is not asked.
        let _ = self.0.known_names.set(names);
    }

    /// Who knows how clients and accounts are called; nobody without sign-in.
    pub(crate) fn known_names(&self) -> Option<&dyn KnownNames> {
        self.0.known_names.get().map(AsRef::as_ref)
    }

    /// Whether people sign in, so that nobody writes the log of accesses.
    pub(crate) fn has_sign_in(&self) -> bool {
        self.known_names().is_some()
    }

    /// The requests with a key that run here.
    pub(crate) fn running(&self) -> &Running {
        &self.0.running
    }

    /// From now on citizen numbers and whom they describe belong to the population registry (`docs/registry-sync.md`).
    pub fn leave_numbers_to_registry(&self) {
        self.0.registry_owned.store(true, Ordering::Relaxed);
    }

    /// Whether that is so.
    pub(crate) fn has_registry(&self) -> bool {
        self.0.registry_owned.load(Ordering::Relaxed)
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// How the server presents itself.
    pub fn settings(&self) -> &ServiceSettings {
        &self.0.settings
    }

    /// Public base url without a `/` at its end.
    pub fn base(&self) -> &str {
        &self.0.settings.base
    }

    /// Asks the gate. `about` is the type of the resource, where the request names one.
    pub fn decide(
        &self,
        caller: &Caller,
        interaction: Interaction,
        about: Option<ResourceType>,
    ) -> Result<Access, Denied> {
        check_written(caller, interaction, about)?;
        self.policy().decide(caller, interaction, about, Instant::now())
    }

    /// Asks the gate for the writes of one transaction together.
    pub fn decide_all(
        &self,
        caller: &Caller,
        writes: &[(Interaction, ResourceType)],
    ) -> Result<Access, Denied> {
        for (interaction, about) in writes {
            check_written(caller, *interaction, Some(*about))?;
        }
        self.policy().decide_all(caller, writes, Instant::now())
    }

    /// Asks the gate for a write by criteria or with `If-None-Exist`: its answer tells what a search finds, so it needs the
    /// right to search besides.
    pub fn decide_conditional(
        &self,
        caller: &Caller,
        write: Interaction,
        about: Option<ResourceType>,
    ) -> Result<Access, Denied> {
        check_written(caller, write, about)?;
        match about {
            Some(about) => self.policy().decide_conditional(caller, write, about, Instant::now()),
            // Of what is no type nothing is found.
            None => self.decide(caller, write, None),
        }
    }

    /// Asks the gate for a patch by criteria.
    pub fn decide_conditional_patch(
        &self,
        caller: &Caller,
        about: Option<ResourceType>,
    ) -> Result<Access, Denied> {
        check_written(caller, Interaction::Update, about)?;
        self.decide(caller, Interaction::Read, about)?;
        self.decide_conditional(caller, Interaction::Update, about)
    }

    /// The policy in force. It may be replaced at any time: whoever asks twice may get two answers.
    pub fn policy(&self) -> Policy {
        self.0.policy.get()
    }

    pub(crate) fn current_policy(&self) -> &CurrentPolicy {
        &self.0.policy
    }

    /// Asks the gate for a patch. Who patches a resource reads it too: by `test`, and by what comes back.
    pub fn decide_patch(&self, caller: &Caller, about: Option<ResourceType>) -> Result<Access, Denied> {
        check_written(caller, Interaction::Update, about)?;
        self.decide(caller, Interaction::Read, about)?;
        self.decide(caller, Interaction::Update, about)
    }

    /// The packages in force and what is demanded. They may be replaced at any time: whoever asks twice may get two
    /// answers.
    pub fn packages(&self) -> Arc<Definitions> {
        self.0.definitions.get()
    }

    pub(crate) fn definitions(&self) -> &CurrentDefinitions {
        &self.0.definitions
    }

    /// The code systems, value sets and concept maps in use.
    pub fn library(&self) -> Library {
        self.0.definitions.get().validator().library().clone()
    }

    pub(crate) fn definition_cache(&self) -> &DefinitionCache {
        &self.0.definition_cache
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.0.capabilities
    }

    pub(crate) fn reindexes(&self) -> &Notify {
        &self.0.reindexes
    }

    pub(crate) fn links(&self) -> &PageLinks {
        &self.0.links
    }
}

/// Entries of the log of accesses are made by the server: whoever signs in writes none, whatever the policy says.
fn check_written(
    caller: &Caller,
    interaction: Interaction,
    about: Option<ResourceType>,
) -> Result<(), Denied> {
    let writes = matches!(interaction, Interaction::Create | Interaction::Update | Interaction::Delete);
    let is_log = about.is_some_and(|about| about.as_str() == crate::AUDIT_EVENT);
    match caller {
        Caller::Authenticated(_) if writes && is_log => Err(Denied::NeverWritten),
        _ => Ok(()),
    }
}
