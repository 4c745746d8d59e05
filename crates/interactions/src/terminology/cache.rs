//! Definitions that were read from stored resources, kept by version: a large one is not read anew for each question.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fhir::{LogicalId, ResourceType, VersionId};
use terminology::Definition;

/// Concepts of all definitions that are kept.
const MOST_CONCEPTS: usize = 500_000;
/// Definitions that are kept.
const MOST_DEFINITIONS: usize = 1_000;

type Key = (ResourceType, LogicalId, VersionId);

#[derive(Default)]
struct Kept {
    definitions: HashMap<Key, Definition>,
    concepts: usize,
}

/// What a version of a resource says never changes, so whoever may read it may have what was read before.
#[derive(Default)]
pub(crate) struct DefinitionCache(Mutex<Kept>);

impl DefinitionCache {
    pub(crate) fn get(&self, key: &Key) -> Option<Definition> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).definitions.get(key).cloned()
    }

    pub(crate) fn put(&self, key: Key, definition: Definition) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = definition.weight();
        if kept.concepts + weight > MOST_CONCEPTS || kept.definitions.len() >= MOST_DEFINITIONS {
            // Whatever is in use comes back with the next question.
            *kept = Kept::default();
        }
        if weight <= MOST_CONCEPTS && kept.definitions.insert(key, definition).is_none() {
            kept.concepts += weight;
        }
    }
}
