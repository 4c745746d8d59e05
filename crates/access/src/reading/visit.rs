//! The visit of a resource: the `Encounter` that it names.

use fhir::{LogicalId, ResourceType};
use json::Node;

use super::reference;

/// Where the types of R4 name an `Encounter` (every element of `profiles-resources` whose type is a reference to one).
/// `Encounter.partOf` is not among them: an `Encounter` belongs to itself.
const PLACES: [(&str, &[&str]); 35] = [
    ("AdverseEvent", &["encounter"]),
    ("AllergyIntolerance", &["encounter"]),
    ("CarePlan", &["encounter"]),
    ("CareTeam", &["encounter"]),
    ("ChargeItem", &["context"]),
    ("Claim", &["item", "encounter"]),
    ("ClinicalImpression", &["encounter"]),
    ("Communication", &["encounter"]),
    ("CommunicationRequest", &["encounter"]),
    ("Composition", &["encounter"]),
    ("Condition", &["encounter"]),
    ("Contract", &["term", "action", "context"]),
    ("DeviceRequest", &["encounter"]),
    ("DiagnosticReport", &["encounter"]),
    ("DocumentReference", &["context", "encounter"]),
    ("ExplanationOfBenefit", &["item", "encounter"]),
    ("Flag", &["encounter"]),
    ("GuidanceResponse", &["encounter"]),
    ("ImagingStudy", &["encounter"]),
    ("Immunization", &["encounter"]),
    ("List", &["encounter"]),
    ("Media", &["encounter"]),
    ("MedicationAdministration", &["context"]),
    ("MedicationDispense", &["context"]),
    ("MedicationRequest", &["encounter"]),
    ("MedicationStatement", &["context"]),
    ("NutritionOrder", &["encounter"]),
    ("Observation", &["encounter"]),
    ("Procedure", &["encounter"]),
    ("QuestionnaireResponse", &["encounter"]),
    ("RequestGroup", &["encounter"]),
    ("RiskAssessment", &["encounter"]),
    ("ServiceRequest", &["encounter"]),
    ("Task", &["encounter"]),
    ("VisionPrescription", &["encounter"]),
];

/// The visits that a resource names; each once.
pub(super) fn named(resource_type: ResourceType, node: &Node<'_>) -> Vec<LogicalId> {
    let place = PLACES.iter().find(|(of, _)| *of == resource_type.as_str());
    let Some((_, path)) = place else { return Vec::new() };
    let found = at(node, path).into_iter().filter_map(|found| reference(found, "Encounter"));
    let mut found: Vec<LogicalId> = found.collect();
    found.sort();
    found.dedup();
    found
}

/// The values at a path through lists.
fn at<'n, 'a>(node: &'n Node<'a>, path: &[&str]) -> Vec<&'n Node<'a>> {
    let mut found = vec![node];
    for name in path {
        found = found.into_iter().filter_map(|node| node.get(name)).flat_map(Node::each).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_an_element_of_its_type() {
        for (name, path) in PLACES {
            let resource_type: ResourceType = name.parse().unwrap();
            let first = path.first().unwrap();
            assert!(fhir::TypeId::of_resource(resource_type).element(first).is_some(), "{name}.{first}");
        }
    }
}
