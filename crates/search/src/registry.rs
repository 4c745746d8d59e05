//! The registry: the search parameters of R4 and of one database, with the slot numbers and the hash key of that
//! database.

use std::collections::HashMap;

use fhir::ResourceType;
use jiff::tz::TimeZone;

use crate::definitions::{Definitions, LAST_BIT, SlotDefinition, TypeDefinition};
use crate::parameter::{Parameter, ParameterType, Source};
use crate::{CustomParameter, Hasher, Slot};

/// Name of the slot that holds the keys by which people are matched (`docs/matching.md`).
const MATCH_KEYS: &str = "Patient token match-keys";

/// Search parameters and how their values are indexed in one database. Meant to be shared in an `Arc`.
#[derive(Debug)]
pub struct Registry {
    definitions: Definitions,
    custom: Vec<CustomParameter>,
    /// By index of the slot definition.
    numbers: Vec<Option<Slot>>,
    indexes: HashMap<Slot, usize>,
    hasher: Hasher,
    time_zone: TimeZone,
    base: Option<String>,
    mark: i64,
    match_slot: Option<Slot>,
}

impl Registry {
    /// The names of all slots of R4, of custom parameters and of the matching, for example `Patient token Patient.identifier`. The
    /// names are unique, and a name always means the same values; the store gives each a number, in this
    /// order, and never changes it.
    pub fn slot_expressions(custom: &[CustomParameter]) -> Vec<String> {
        let slots = Definitions::new(custom).slots.into_iter().map(|slot| slot.name);
        slots.chain([MATCH_KEYS.to_owned()]).collect()
    }

    /// The registry of a database. A slot without a number is neither indexed nor searched.
    pub fn new(
        slots: &HashMap<String, Slot>,
        custom: Vec<CustomParameter>,
        hasher: Hasher,
        time_zone: TimeZone,
    ) -> Self {
        let definitions = Definitions::new(&custom);
        let numbers: Vec<Option<Slot>> =
            definitions.slots.iter().map(|slot| slots.get(&slot.name).copied()).collect();
        let indexes =
            numbers.iter().enumerate().filter_map(|(index, slot)| Some(((*slot)?, index))).collect();
        let indexed =
            |parameter: &CustomParameter| CustomParameter { ready: false, ..parameter.clone() }.to_line();
        let mark = hasher.code(&custom.iter().map(indexed).collect::<Vec<_>>().join("\n"));
        let match_slot = slots.get(MATCH_KEYS).copied();
        Self { definitions, custom, numbers, indexes, hasher, time_zone, base: None, mark, match_slot }
    }

    /// The slot of the keys by which people are matched. No search parameter finds what is in it.
    pub fn match_slot(&self) -> Option<Slot> {
        self.match_slot
    }

    /// The custom parameters that it was made with.
    pub fn custom(&self) -> &[CustomParameter] {
        &self.custom
    }

    /// The parameters of R4 alone, for what does not ask a database.
    pub fn of_r4() -> Self {
        Self::new(&HashMap::new(), Vec::new(), Hasher::new([0; 16]), TimeZone::UTC)
    }

    /// A number that is the same for registries of one database that index in the same way: whoever has rows of another
    /// registry must extract them again.
    pub fn mark(&self) -> i64 {
        self.mark
    }

    /// All slots that are indexed.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.indexes.keys().copied()
    }

    /// The slots of the custom parameters that are not ready, and the types that have them.
    pub fn unready(&self) -> (Vec<Slot>, Vec<ResourceType>) {
        let (mut indexes, mut types) = (Vec::new(), Vec::new());
        for custom in self.custom.iter().filter(|custom| !custom.ready) {
            for resource_type in custom.types() {
                let known = self.definition(resource_type).parameter(&custom.code);
                let Some(known) = known.filter(|known| known.url == custom.url) else { continue };
                types.push(resource_type);
                let of_source = |source: &Source| [Some(source.slot), source.words, source.identifiers];
                indexes.extend(known.sources.iter().flat_map(of_source).flatten());
            }
        }
        types.sort_unstable();
        types.dedup();
        let mut slots: Vec<Slot> = indexes.into_iter().filter_map(|index| self.slot(index)).collect();
        slots.sort_unstable();
        slots.dedup();
        (slots, types)
    }

    /// A bit of the presence mask that no parameter of these types has, the highest first.
    pub fn free_bit(&self, types: &[ResourceType], taken: &[u8]) -> Option<u8> {
        (0..=LAST_BIT).rev().find(|bit| !taken.contains(bit) && self.is_free_bit(types, *bit))
    }

    /// Whether no parameter of these types has a bit of the presence mask.
    pub fn is_free_bit(&self, types: &[ResourceType], bit: u8) -> bool {
        let has = |known: &Parameter| known.bit == Some(bit);
        !types.iter().any(|kind| self.parameters(*kind).iter().any(has))
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
    pub fn parameters(&self, resource_type: ResourceType) -> &[Parameter] {
        &self.definitions.of(resource_type).parameters
    }

    /// The slots of a reference parameter of a type; of all of them when none is named. Empty when there is
    /// no such parameter.
    pub fn reference_slots(&self, source: ResourceType, parameter: Option<&str>) -> Vec<Slot> {
        let parameters = self.definition(source).parameters.iter();
        let references = parameters
            .filter(|found| found.kind == ParameterType::Reference)
            .filter(|found| parameter.is_none_or(|code| code == found.code));
        self.slots_of(references.flat_map(|found| &found.sources))
    }

    /// The slots of sources, each once.
    pub(crate) fn slots_of<'s>(&self, sources: impl IntoIterator<Item = &'s Source>) -> Vec<Slot> {
        let mut slots: Vec<Slot> = sources.into_iter().filter_map(|source| self.slot(source.slot)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The slots of the identifiers of a type.
    pub fn identifier_slots(&self, resource_type: ResourceType) -> Vec<Slot> {
        let found = self.definition(resource_type).parameter("identifier");
        self.slots_of(found.into_iter().flat_map(|found| &found.sources))
    }

    /// Whether a slot holds identifiers, nearly every one of which is of one resource only.
    pub fn is_identifying(&self, slot: Slot) -> bool {
        self.slot_definition(slot).is_some_and(|slot| slot.name.ends_with(".identifier"))
    }

    /// Whether these slots alone decide in whose book a resource is: a resource that refers to a patient in them is
    /// part of that patient's book.
    pub fn decides_book(&self, slots: &[Slot]) -> bool {
        !slots.is_empty()
            && slots.iter().all(|slot| {
                self.slot_definition(*slot).is_some_and(|found| {
                    let deciding = self.definition(found.resource_type).deciding_slot;
                    deciding.and_then(|index| self.slot(index)) == Some(*slot)
                })
            })
    }

    /// Whether a resource can have only one value in a slot.
    pub fn is_single_valued(&self, slot: Slot) -> bool {
        let index = self.indexes.get(&slot);
        index.is_some_and(|index| {
            self.slot_at(*index)
                .is_some_and(|found| self.definition(found.resource_type).single.contains(index))
        })
    }

    /// The type whose values a slot holds.
    pub fn slot_type(&self, slot: Slot) -> Option<ResourceType> {
        self.slot_definition(slot).map(|slot| slot.resource_type)
    }

    pub(crate) fn base(&self) -> &str {
        self.base.as_deref().unwrap_or_default()
    }

    pub(crate) fn definition(&self, resource_type: ResourceType) -> &TypeDefinition {
        self.definitions.of(resource_type)
    }

    pub(crate) fn slot(&self, index: usize) -> Option<Slot> {
        self.numbers.get(index).copied().flatten()
    }

    pub(crate) fn slot_at(&self, index: usize) -> Option<&SlotDefinition> {
        self.definitions.slots.get(index)
    }

    pub(crate) fn slot_definition(&self, slot: Slot) -> Option<&SlotDefinition> {
        self.slot_at(*self.indexes.get(&slot)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{registry, slot_name};

    #[test]
    fn slot_names_are_unique() {
        let names = Registry::slot_expressions(&[]);
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
