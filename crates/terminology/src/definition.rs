//! A definition of any kind, read from its resource.

use std::sync::Arc;

use json::Node;

use crate::code_system::CodeSystem;
use crate::concept_map::ConceptMap;
use crate::edition::Edition;
use crate::value_set::ValueSet;

/// Why a definition cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// Not a CodeSystem, ValueSet or ConceptMap.
    #[error("the resource is not a CodeSystem, ValueSet or ConceptMap")]
    OtherType,
    /// Nothing by which it could be found.
    #[error("the definition has no url")]
    NoUrl,
    /// Concepts inside of concepts without end.
    #[error("the concepts are nested too deeply")]
    TooDeep,
    /// More concepts than fit.
    #[error("the definition has too many concepts")]
    TooLarge,
}

/// A definition. Cloning is cheap.
#[derive(Debug, Clone)]
pub enum Definition {
    /// A code system, or a supplement of one.
    CodeSystem(Arc<CodeSystem>),
    /// A value set.
    ValueSet(Arc<ValueSet>),
    /// A concept map.
    ConceptMap(Arc<ConceptMap>),
}

impl Definition {
    /// Reads a resource.
    pub fn read(resource: &Node<'_>) -> Result<Self, DefinitionError> {
        Ok(match resource.text("resourceType") {
            Some("CodeSystem") => Self::CodeSystem(Arc::new(CodeSystem::read(resource)?)),
            Some("ValueSet") => Self::ValueSet(Arc::new(ValueSet::read(resource)?)),
            Some("ConceptMap") => Self::ConceptMap(Arc::new(ConceptMap::read(resource)?)),
            _ => return Err(DefinitionError::OtherType),
        })
    }

    /// Url, version and dates.
    pub fn edition(&self) -> &Edition {
        match self {
            Self::CodeSystem(system) => &system.edition,
            Self::ValueSet(set) => &set.edition,
            Self::ConceptMap(map) => &map.edition,
        }
    }

    /// How many concepts it holds: what it weighs in memory.
    pub fn weight(&self) -> usize {
        match self {
            Self::CodeSystem(system) => system.concepts.len(),
            Self::ValueSet(set) => set.weight(),
            Self::ConceptMap(map) => map.weight(),
        }
    }
}
