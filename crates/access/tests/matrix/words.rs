//! The vocabulary of the second model: who, which label, what a citizen said, and the classes of types.
//!
//! Nothing here is read from the policy's text. Classes follow the categories of the R4 definitions
//! (`structuredefinition-category`); where `docs/access.md` names types, these stand here.

use fhir::ResourceType;
use healthbook_access::{OfficerRole, StaffRole};

/// The columns of roles. One citizen is three of them: it depends on whose book it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// In the own book.
    Citizen,
    /// In a book that was entrusted.
    Delegate,
    /// In the book of a child.
    Guardian,
    /// At a facility.
    Staff(StaffRole),
    /// In a public office.
    Officer(OfficerRole),
    /// Not signed in.
    Anonymous,
}

impl Who {
    /// All sixteen.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Citizen, Self::Delegate, Self::Guardian];
        all.extend(StaffRole::ALL.map(Self::Staff));
        all.extend(OfficerRole::ALL.map(Self::Officer));
        all.push(Self::Anonymous);
        all
    }

    /// Whether it is a citizen, in whichever book.
    pub fn is_citizen(self) -> bool {
        matches!(self, Self::Citizen | Self::Delegate | Self::Guardian)
    }
}

/// What the citizen has said besides the relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// A permit of this type and this label, for this purpose, to this grantee. Under `delegation` and `consent` it is
    /// the delegation or the consent itself that names the label; else it stands beside the relation.
    Permit,
    /// A denial of this type and this label, for every purpose, to everybody.
    Denial,
    /// The same, marked to hold in an emergency, too.
    DenialInEmergency,
}

impl Said {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Permit, Self::Denial, Self::DenialInEmergency];
}

/// The ages at which the words of the guardian table change something, and 18, where it ends.
pub const AGES: [u8; 5] = [0, 7, 13, 16, 18];

/// A set of the model's own labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names(pub u32);

impl Names {
    /// The labels that the words or the national list of special secrecy name, by their codes.
    pub const CODES: [&'static str; 16] = [
        "HIV",
        "OST",
        "DRUG_TEST",
        "PSY",
        "SEX",
        "ART_DONOR",
        "SURROGACY",
        "FETAL_SEX",
        "TRANSPLANT_DONOR_RECIPIENT",
        "GENDER_REASSIGN",
        "GENETIC",
        "DV",
        "CHILD_ABUSE",
        "ADOLESCENT",
        "RESTRICTED",
        "R",
    ];
    /// No label.
    pub const NONE: Self = Self(0);
    /// What the policy does not know.
    pub const UNKNOWN: Self = Self(1 << 31);
    /// Every label, `UNKNOWN` among them.
    pub const EVERY: Self = Self(u32::MAX);

    /// The set of one code.
    pub fn of(code: &str) -> Option<Self> {
        Self::CODES.iter().position(|known| *known == code).map(|place| Self(1 << place))
    }

    /// The code of a set of one, for people.
    pub fn name(self) -> String {
        let known = Self::CODES.iter().enumerate().filter(|(place, _)| self.0 & (1 << place) != 0);
        let mut names: Vec<&str> = known.map(|(_, code)| *code).collect();
        if Self::UNKNOWN.is_within(self) {
            names.push("UNKNOWN");
        }
        if names.is_empty() { "none".to_owned() } else { names.join(" and ") }
    }

    /// The set of some codes.
    pub fn these(codes: &[&str]) -> Self {
        Self(
            codes
                .iter()
                .map(|code| Self::of(code).expect("a code of the list").0)
                .fold(0, |all, one| all | one),
        )
    }

    /// These without those.
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// These and those.
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of these are among those.
    pub fn is_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Every label that the model knows but the location shield: `UNKNOWN` is none of them.
    pub fn known() -> Self {
        Self((1 << Self::CODES.len()) - 1).without(Self::shield())
    }

    /// The location shield.
    pub fn shield() -> Self {
        Self::these(&["R"])
    }
}

/// A set of types by names.
#[derive(Debug, Clone)]
pub struct Class(Vec<bool>);

impl Class {
    /// The class of these names; a name that is no type of R4 is a mistake of the model.
    pub fn of(names: &[&str]) -> Self {
        let mut members = vec![false; ResourceType::all().len()];
        for name in names {
            let resource_type: ResourceType =
                name.parse().unwrap_or_else(|_| panic!("{name} is no type of R4"));
            members[usize::from(resource_type.index())] = true;
        }
        Self(members)
    }

    /// Whether the type is in it.
    pub fn has(&self, resource_type: ResourceType) -> bool {
        self.0[usize::from(resource_type.index())]
    }

    /// Both classes.
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| *one || *two).collect())
    }
}

/// "Shared directory types": facilities, staff, products, terminology, and the definitions that a client needs.
pub const DIRECTORY: &[&str] = &[
    "Organization",
    "OrganizationAffiliation",
    "Location",
    "HealthcareService",
    "Endpoint",
    "Practitioner",
    "PractitionerRole",
    "Medication",
    "MedicationKnowledge",
    "Substance",
    "DeviceDefinition",
    "CodeSystem",
    "ConceptMap",
    "NamingSystem",
    "TerminologyCapabilities",
    "ValueSet",
    "CapabilityStatement",
    "CompartmentDefinition",
    "ImplementationGuide",
    "OperationDefinition",
    "SearchParameter",
    "StructureDefinition",
    "StructureMap",
    "Questionnaire",
    "PlanDefinition",
    "ActivityDefinition",
    "InsurancePlan",
    "CatalogEntry",
    "GraphDefinition",
    "MessageDefinition",
    "Library",
    "Measure",
    "Schedule",
    "Slot",
];

/// What a facility officer keeps.
pub const FACILITY_DIRECTORY: &[&str] =
    &["Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService"];

/// "Clinical types": the categories `Clinical.*` of R4 without messages, definitions and guidance, the clinical part of
/// `Base.Management`, and clinical documents; no messages and no provenance.
pub const CLINICAL: &[&str] = &[
    "AdverseEvent",
    "AllergyIntolerance",
    "ClinicalImpression",
    "Condition",
    "DetectedIssue",
    "FamilyMemberHistory",
    "Procedure",
    "BodyStructure",
    "DiagnosticReport",
    "ImagingStudy",
    "Media",
    "MolecularSequence",
    "Observation",
    "QuestionnaireResponse",
    "Specimen",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "CarePlan",
    "CareTeam",
    "Goal",
    "NutritionOrder",
    "RequestGroup",
    "RiskAssessment",
    "ServiceRequest",
    "VisionPrescription",
    "DeviceRequest",
    "DeviceUseStatement",
    "SupplyDelivery",
    "SupplyRequest",
    "Encounter",
    "EpisodeOfCare",
    "Flag",
    "Composition",
    "DocumentReference",
];

/// Clinical, too, although R4 counts them elsewhere: what the person bears, what a document consists
/// of, what a list of medicines is made of.
pub const BESIDE_CLINICAL: &[&str] = &["Device", "DocumentManifest", "List", "Medication"];

/// The class *person*: read with the clinical types, and not written with them.
pub const PERSON: &[&str] = &["Patient", "Appointment", "Coverage", "RelatedPerson"];

/// The emergency set.
pub const EMERGENCY: &[&str] = &[
    "Patient",
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "Immunization",
    "Observation",
    "Device",
    "Procedure",
];

/// What a registrar handles.
pub const REGISTRATION: &[&str] = &["Patient", "Coverage", "Appointment", "Encounter", "RelatedPerson"];

/// What a laboratory reads.
pub const LABORATORY_READ: &[&str] = &[
    "Patient",
    "ServiceRequest",
    "Specimen",
    "Observation",
    "DiagnosticReport",
    "ImagingStudy",
    "Encounter",
    "Media",
];

/// What a laboratory writes.
pub const LABORATORY_WRITE: &[&str] =
    &["Specimen", "Observation", "DiagnosticReport", "ImagingStudy", "Media"];

/// What a pharmacist reads.
pub const PHARMACY_READ: &[&str] =
    &["Patient", "AllergyIntolerance", "MedicationRequest", "MedicationDispense"];

/// What a nurse writes.
pub const NURSE_WRITE: &[&str] = &[
    "Observation",
    "MedicationAdministration",
    "Immunization",
    "Procedure",
    "Encounter",
    "AllergyIntolerance",
];

/// What a citizen writes in the own book.
pub const CITIZEN_WRITE: &[&str] =
    &["Consent", "Appointment", "Observation", "QuestionnaireResponse", "Communication", "Task"];
