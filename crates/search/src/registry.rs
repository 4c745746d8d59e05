//! The registry: the search parameters of R4 with the slot numbers and the hash key of one database.

use std::collections::HashMap;

use fhir::ResourceType;
use jiff::tz::TimeZone;

use crate::definitions::{R4, TypeDefinition};
use crate::parameter::{Parameter, ParameterType};
use crate::{Hasher, Slot};

/// Search parameters and how their values are indexed in one database. Meant to be shared in an `Arc`.
#[derive(Debug)]
pub struct Registry {
    /// By index of the slot definition.
    numbers: Vec<Option<Slot>>,
    indexes: HashMap<Slot, usize>,
    hasher: Hasher,
    time_zone: TimeZone,
    base: Option<String>,
}

impl Registry {
    /// The names of all slots that this version knows, for example `Patient token Patient.identifier`. The
    /// names are unique, and a name always means the same values; the store gives each a number, in this
    /// order, and never changes it.
    pub fn slot_expressions() -> impl Iterator<Item = String> {
        R4.slots.iter().map(|slot| slot.name.clone())
    }

    /// The registry of a database. A slot without a number is neither indexed nor searched.
    pub fn new(slots: &HashMap<String, Slot>, hasher: Hasher, time_zone: TimeZone) -> Self {
        let numbers: Vec<Option<Slot>> = R4.slots.iter().map(|slot| slots.get(&slot.name).copied()).collect();
        let indexes =
            numbers.iter().enumerate().filter_map(|(index, slot)| Some(((*slot)?, index))).collect();
        Self { numbers, indexes, hasher, time_zone, base: None }
    }

    /// Makes absolute references under this base url (without the last `/`) count as local when they are
    /// indexed. Without it only relative references are.
    #[must_use]
    pub fn with_base(mut self, base: &str) -> Self {
        self.base = Some(base.trim_end_matches('/').to_owned());
        self
    }

    /// Hashes values for this database.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// The zone of dates that are written without one.
    pub fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The search parameters of a resource type by name, those of `Resource` included.
    pub fn parameters(&self, resource_type: ResourceType) -> &'static [Parameter] {
        &R4.of(resource_type).parameters
    }

    /// The slots of a reference parameter of a type; of all of them when none is named. Empty when there is
    /// no such parameter.
    pub fn reference_slots(&self, source: ResourceType, parameter: Option<&str>) -> Vec<Slot> {
        let parameters = self.definition(source).parameters.iter();
        let mut slots: Vec<Slot> = parameters
            .filter(|found| found.kind == ParameterType::Reference)
            .filter(|found| parameter.is_none_or(|code| code == found.code))
            .flat_map(|found| &found.sources)
            .filter_map(|source| self.slot(source.slot))
            .collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    pub(crate) fn base(&self) -> &str {
        self.base.as_deref().unwrap_or_default()
    }

    pub(crate) fn definition(&self, resource_type: ResourceType) -> &'static TypeDefinition {
        R4.of(resource_type)
    }

    pub(crate) fn slot(&self, index: usize) -> Option<Slot> {
        self.numbers.get(index).copied().flatten()
    }

    pub(crate) fn slot_index(&self, slot: Slot) -> Option<usize> {
        self.indexes.get(&slot).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{registry, slot_name};

    #[test]
    fn slot_names_are_unique() {
        let names: Vec<String> = Registry::slot_expressions().collect();
        let unique: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        assert!(names.contains(&"Patient token Patient.identifier".to_owned()));
        assert!(names[0].starts_with("Observation "));
    }

    #[test]
    fn reference_slots_are_those_of_the_parameter() {
        let kind: ResourceType = "Observation".parse().unwrap();
        let registry = registry();
        let names = |parameter| {
            registry.reference_slots(kind, parameter).into_iter().map(slot_name).collect::<Vec<_>>()
        };
        assert_eq!(names(Some("patient")), ["Observation reference Observation.subject"]);
        assert!(names(Some("code")).is_empty());
        assert!(names(None).len() > 8);
    }
}
