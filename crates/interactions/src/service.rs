//! What every interaction needs: the store, the gate, and how the server is called.

use std::sync::{Arc, PoisonError, RwLock};

use access::{Access, Caller, Denied, Interaction, Policy};
use record_store::Store;
use tokio::sync::Notify;

use crate::capability::Capabilities;
use crate::definitions::Definitions;
use crate::page::PageLinks;

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
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            base: "http://127.0.0.1:8080/fhir".to_owned(),
            default_count: 20,
            most_count: 1_000,
            most_entries: 10_000,
        }
    }
}

struct Inner {
    store: Store,
    policy: Policy,
    settings: ServiceSettings,
    links: PageLinks,
    capabilities: Capabilities,
    definitions: RwLock<Arc<Definitions>>,
    /// Wakes who works at reindexes.
    reindexes: Notify,
}

/// The FHIR service. Cloning it is cheap and gives another handle to the same service.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

impl Service {
    /// A service over a store.
    pub fn new(store: Store, settings: ServiceSettings) -> Self {
        let links = PageLinks::new(store.link_key());
        let (capabilities, reindexes) = (Capabilities::default(), Notify::new());
        let definitions = RwLock::new(Arc::new(Definitions::r4()));
        Self(Arc::new(Inner { store, policy: Policy, settings, links, capabilities, definitions, reindexes }))
    }

    /// What resources are judged by now. It may be exchanged at any time: ask once for each resource.
    pub(crate) fn definitions(&self) -> Arc<Definitions> {
        Arc::clone(&self.0.definitions.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other definitions in force, from the next resource on.
    pub fn set_definitions(&self, definitions: Definitions) {
        *self.0.definitions.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(definitions);
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

    /// Asks the gate.
    pub fn decide(&self, caller: &Caller, interaction: Interaction) -> Result<Access, Denied> {
        self.0.policy.decide(caller, interaction)
    }

    /// Asks the gate for a patch. Who patches a resource reads it too: by `test`, and by what comes back.
    pub fn decide_patch(&self, caller: &Caller) -> Result<Access, Denied> {
        self.decide(caller, Interaction::Read)?;
        self.decide(caller, Interaction::Update)
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
