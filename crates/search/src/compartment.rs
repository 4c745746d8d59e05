//! Compartments (R4 `compartmentdefinition.html`): which resources belong to a patient, an encounter, a
//! practitioner, a related person or a device, and by which parameters.

use std::collections::HashMap;
use std::sync::LazyLock;

use fhir::{LogicalId, ResourceType};

use crate::{Clause, ReferenceTest, Registry};

const TABLE: &str = include_str!("../../fhir/definitions/r4-compartments.tsv");

type Members = HashMap<(ResourceType, ResourceType), Vec<&'static str>>;

/// By compartment and resource type: the parameters.
static MEMBERS: LazyLock<Members> = LazyLock::new(|| TABLE.lines().filter_map(line).collect());

fn line(line: &'static str) -> Option<((ResourceType, ResourceType), Vec<&'static str>)> {
    let mut fields = line.split('\t');
    let compartment = fields.next()?.parse().ok()?;
    let resource_type = fields.next()?.parse().ok()?;
    // `{def}` stands for the resource itself.
    let codes = fields.next()?.split(',').filter(|code| *code != "{def}").collect();
    Some(((compartment, resource_type), codes))
}

/// The parameters by which resources of a type belong to a compartment.
pub(crate) fn parameters(compartment: ResourceType, resource_type: ResourceType) -> &'static [&'static str] {
    MEMBERS.get(&(compartment, resource_type)).map(Vec::as_slice).unwrap_or_default()
}

impl Registry {
    /// The types that have a compartment.
    pub fn compartment_types() -> Vec<ResourceType> {
        let mut types: Vec<ResourceType> = MEMBERS.keys().map(|(compartment, _)| *compartment).collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The types that a compartment can hold, its own type included.
    pub fn compartment_members(compartment: ResourceType) -> Vec<ResourceType> {
        ResourceType::all().filter(|kind| Self::is_member(compartment, *kind)).collect()
    }

    /// Whether resources of a type can be in a compartment.
    pub fn is_member(compartment: ResourceType, resource_type: ResourceType) -> bool {
        let exists = || MEMBERS.keys().any(|(other, _)| *other == compartment);
        MEMBERS.contains_key(&(compartment, resource_type)) || (compartment == resource_type && exists())
    }

    /// Whether resources of a type can lie in the book of a patient: those of the compartment, and what else can be about
    /// somebody.
    pub fn lies_in_books(&self, resource_type: ResourceType) -> bool {
        resource_type == ResourceType::PATIENT || !self.definition(resource_type).patient_slots.is_empty()
    }

    /// The condition that resources of a type are in a compartment; `None` when the type cannot be in it.
    ///
    /// The compartment of a patient holds of all patients this one only: `Patient.link` does not open the
    /// book of another.
    pub fn compartment(
        &self,
        compartment: ResourceType,
        id: &LogicalId,
        resource_type: ResourceType,
    ) -> Option<Clause> {
        if !Self::is_member(compartment, resource_type) {
            return None;
        }
        if compartment == resource_type {
            return Some(Clause::Id(vec![id.clone()]));
        }
        let definition = self.definition(resource_type);
        let sources = parameters(compartment, resource_type)
            .iter()
            .filter_map(|code| definition.parameter(code))
            .flat_map(|parameter| &parameter.sources);
        let slots = self.slots_of(sources);
        if slots.is_empty() {
            return Some(Clause::NOTHING);
        }
        let target = self.hasher().reference_id(id.as_str());
        let target_type = i16::try_from(compartment.index()).ok();
        Some(Clause::Reference { slots, values: vec![ReferenceTest { target, target_type }] })
    }

    /// The book that holds all of a compartment's resources of a type, if that can be told.
    pub fn compartment_book(
        &self,
        compartment: ResourceType,
        id: &LogicalId,
        resource_type: ResourceType,
    ) -> Option<LogicalId> {
        if !Self::is_member(compartment, resource_type) {
            return None;
        }
        let definition = self.definition(resource_type);
        let deciding = definition.deciding_slot?;
        let only = definition.patient_slots.iter().flatten().all(|slot| *slot == deciding);
        (compartment == ResourceType::PATIENT && only).then(|| id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::registry;

    fn kind(name: &str) -> ResourceType {
        name.parse().unwrap()
    }

    #[test]
    fn membership_follows_the_table() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(MEMBERS.len(), lines);
        let names: Vec<String> = Registry::compartment_types().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"]);
        assert!(Registry::is_member(kind("Patient"), kind("Observation")));
        assert!(Registry::is_member(kind("Device"), kind("Device")));
        assert!(!Registry::is_member(kind("Patient"), kind("Organization")));
        assert!(!Registry::is_member(kind("Organization"), kind("Organization")));
        for ((compartment, resource_type), codes) in &*MEMBERS {
            for code in codes {
                let parameter = registry().definition(*resource_type).parameter(code);
                assert!(
                    parameter.is_some_and(|found| found.searchable),
                    "{compartment} {resource_type} {code}"
                );
            }
        }
    }

    #[test]
    fn a_clause_names_the_slots_of_all_parameters() {
        let registry = registry();
        let id = LogicalId::try_from("p1").unwrap();
        let clause = registry.compartment(kind("Patient"), &id, kind("Observation"));
        let Some(Clause::Reference { slots, values }) = clause else { panic!("{clause:?}") };
        assert_eq!(slots.len(), 2);
        let target_type = i16::try_from(ResourceType::PATIENT.index()).ok();
        assert_eq!(values, [ReferenceTest { target: registry.hasher().reference_id("p1"), target_type }]);
        assert_eq!(
            registry.compartment(kind("Patient"), &id, kind("Patient")),
            Some(Clause::Id(vec![id.clone()]))
        );
        assert_eq!(registry.compartment(kind("Patient"), &id, kind("Location")), None);
        // A performer may be the patient of another book.
        assert_eq!(registry.compartment_book(kind("Patient"), &id, kind("Observation")), None);
        assert_eq!(registry.compartment_book(kind("Patient"), &id, kind("Immunization")), Some(id.clone()));
        assert_eq!(registry.compartment_book(kind("Encounter"), &id, kind("Immunization")), None);
    }
}
