//! The search parameters in force. They are replaced while everybody works; whoever began with the former ones ends with
//! them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use search::{Registry, Slot};

use crate::database;

/// The registry in force, shared by everybody who uses one open store.
#[derive(Clone)]
pub(crate) struct CurrentRegistry(Arc<RwLock<Made>>);

#[derive(Clone)]
struct Made {
    registry: Arc<Registry>,
    /// The setting with the custom parameters that it was made of.
    lines: Vec<u8>,
}

impl CurrentRegistry {
    pub(crate) fn new(registry: Registry, lines: Vec<u8>) -> Self {
        Self(Arc::new(RwLock::new(Made { registry: Arc::new(registry), lines })))
    }

    /// The registry in force now.
    pub(crate) fn get(&self) -> Arc<Registry> {
        self.made().registry
    }

    /// The registry in force if it is made of this setting.
    pub(crate) fn of(&self, lines: &[u8]) -> Option<Arc<Registry>> {
        let made = self.made();
        (made.lines == lines).then_some(made.registry)
    }

    /// Makes the registry of this setting and puts it in force.
    pub(crate) fn replace(&self, slots: &HashMap<String, Slot>, lines: Vec<u8>) -> Arc<Registry> {
        let now = self.get();
        let custom = database::parameters(&lines);
        // Outside of the lock: working out all definitions takes some milliseconds.
        let registry = Arc::new(Registry::new(slots, custom, now.hasher().clone(), now.time_zone().clone()));
        let made = Made { registry: Arc::clone(&registry), lines };
        // Nothing that could panic happens under the lock, so what it holds is whole.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = made;
        registry
    }

    fn made(&self) -> Made {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
