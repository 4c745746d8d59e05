//! The 146 resource types of R4.

use std::fmt;
use std::str::FromStr;

/// Names in the order of their numbers. The numbers stand in databases: the order never changes.
const NAMES: [&str; 146] = [
    "Account",
    "ActivityDefinition",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Basic",
    "Binary",
    "BiologicallyDerivedProduct",
    "BodyStructure",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CatalogEntry",
    "ChargeItem",
    "ChargeItemDefinition",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "CodeSystem",
    "Communication",
    "CommunicationRequest",
    "CompartmentDefinition",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Contract",
    "Coverage",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "DetectedIssue",
    "Device",
    "DeviceDefinition",
    "DeviceMetric",
    "DeviceRequest",
    "DeviceUseStatement",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "EffectEvidenceSynthesis",
    "Encounter",
    "Endpoint",
    "EnrollmentRequest",
    "EnrollmentResponse",
    "EpisodeOfCare",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "GraphDefinition",
    "Group",
    "GuidanceResponse",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "ImplementationGuide",
    "InsurancePlan",
    "Invoice",
    "Library",
    "Linkage",
    "List",
    "Location",
    "Measure",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationKnowledge",
    "MedicationRequest",
    "MedicationStatement",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "MessageHeader",
    "MolecularSequence",
    "NamingSystem",
    "NutritionOrder",
    "Observation",
    "ObservationDefinition",
    "OperationDefinition",
    "OperationOutcome",
    "Organization",
    "OrganizationAffiliation",
    "Parameters",
    "Patient",
    "PaymentNotice",
    "PaymentReconciliation",
    "Person",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "ResearchStudy",
    "ResearchSubject",
    "RiskAssessment",
    "RiskEvidenceSynthesis",
    "Schedule",
    "SearchParameter",
    "ServiceRequest",
    "Slot",
    "Specimen",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Subscription",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "ValueSet",
    "VerificationResult",
    "VisionPrescription",
];

/// A resource type of R4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceType(u8);

impl ResourceType {
    /// `Bundle`
    pub const BUNDLE: Self = Self::constant("Bundle");
    /// `Binary`
    pub const BINARY: Self = Self::constant("Binary");
    /// `Encounter`
    pub const ENCOUNTER: Self = Self::constant("Encounter");
    /// `OperationOutcome`
    pub const OPERATION_OUTCOME: Self = Self::constant("OperationOutcome");
    /// `Organization`
    pub const ORGANIZATION: Self = Self::constant("Organization");
    /// `Parameters`
    pub const PARAMETERS: Self = Self::constant("Parameters");
    /// `Patient`
    pub const PATIENT: Self = Self::constant("Patient");
    /// `RelatedPerson`
    pub const RELATED_PERSON: Self = Self::constant("RelatedPerson");

    const fn constant(name: &str) -> Self {
        let mut index = 0;
        while index < NAMES.len() {
            if equal(NAMES[index].as_bytes(), name.as_bytes()) {
                return Self(index as u8);
            }
            index += 1;
        }
        // Reached only for a misspelt constant above, and then at compile time.
        Self(u8::MAX)
    }

    /// All types in the order of their numbers.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..146_u8).map(Self)
    }

    /// The number of the type, from 0.
    pub fn index(self) -> u16 {
        u16::from(self.0)
    }

    /// The type of a number.
    pub fn from_index(index: u16) -> Option<Self> {
        u8::try_from(index).ok().filter(|index| usize::from(*index) < NAMES.len()).map(Self)
    }

    /// The name, for example `Patient`.
    pub fn as_str(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("Resource")
    }
}

const fn equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The text is not the name of an R4 resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a resource type of FHIR R4")]
pub struct UnknownResourceType;

impl FromStr for ResourceType {
    type Err = UnknownResourceType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let index = NAMES.binary_search(&name).map_err(|_| UnknownResourceType)?;
        u8::try_from(index).map(Self).map_err(|_| UnknownResourceType)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        assert!(NAMES.is_sorted());
        for resource_type in ResourceType::all() {
            assert_eq!(resource_type.as_str().parse(), Ok(resource_type));
            assert_eq!(ResourceType::from_index(resource_type.index()), Some(resource_type));
        }
        assert_eq!(ResourceType::PATIENT.as_str(), "Patient");
        assert_eq!(ResourceType::from_index(146), None);
        assert_eq!("patient".parse::<ResourceType>(), Err(UnknownResourceType));
    }
}
