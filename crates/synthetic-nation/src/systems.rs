//! The names of identifier systems, code systems and extensions that the nation writes.
//!
//! From VN Core 0.6.0 where its pages give them. Those marked "by analogy" follow its naming pattern, because
//! the published pages that could be read do not show them.

pub(crate) const CITIZEN_NUMBER: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
pub(crate) const INSURANCE_CARD: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";
pub(crate) const FACILITY_CODE: &str = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";
pub(crate) const VISIT_CODE: &str = "http://fhir.hl7.org.vn/core/sid/ma-lk";
pub(crate) const PRACTISING_CERTIFICATE: &str = "http://fhir.hl7.org.vn/core/sid/cchn";

pub(crate) const IDENTIFIER_TYPE: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-identifier-type-cs";
pub(crate) const VISIT_TYPE: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-encounter-type-cs";
pub(crate) const CARD_TYPE: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-bhyt-card-type-cs";
pub(crate) const VACCINE_TYPE: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-vaccine-type-cs";
/// By analogy.
pub(crate) const PROVINCE: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-province-cs";
/// By analogy.
pub(crate) const WARD: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-ward-cs";
/// By analogy.
pub(crate) const ETHNICITY: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-ethnicity-cs";
/// The occupation groups of decision 4069, from the guide of the Ministry's side (CC0).
pub(crate) const OCCUPATION: &str = "http://fhir.ehealth.gov.vn/core/CodeSystem/vn-core-occupation-4069";

pub(crate) const PROVINCE_EXTENSION: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-province";
pub(crate) const WARD_EXTENSION: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-ward";
pub(crate) const ETHNICITY_EXTENSION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-ethnicity";
pub(crate) const OCCUPATION_EXTENSION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-occupation";
pub(crate) const CARD_TYPE_EXTENSION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-bhyt-card-type";
pub(crate) const PRIMARY_FACILITY_EXTENSION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-primary-care-facility";
pub(crate) const VACCINATION_PROGRAMME_EXTENSION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-immunization-program-type";

/// Claimed in `meta.profile`, as the other profiles below.
pub(crate) const PATIENT_PROFILE: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-patient";
pub(crate) const ENCOUNTER_PROFILE: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-encounter";
pub(crate) const CONDITION_PROFILE: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-condition";
pub(crate) const DIAGNOSIS_PROFILE: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-condition-diagnosis";
pub(crate) const COVERAGE_PROFILE: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-coverage";
pub(crate) const IMMUNIZATION_PROFILE: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-immunization";
pub(crate) const PRESCRIPTION_PROFILE: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-medication-request";

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const ICD_10: &str = "http://hl7.org/fhir/sid/icd-10";
pub(crate) const ICD_9_CM: &str = "http://hl7.org/fhir/sid/icd-9-cm";
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const ATC: &str = "http://www.whocc.no/atc";
pub(crate) const CVX: &str = "http://hl7.org/fhir/sid/cvx";
pub(crate) const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(crate) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
pub(crate) const ROLE_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
pub(crate) const MARITAL_STATUS: &str = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus";
pub(crate) const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
pub(crate) const ROUTE: &str = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration";
pub(crate) const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Why somebody has an appointment: v2 table 0276.
pub(crate) const APPOINTMENT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v2-0276";
pub(crate) const DIAGNOSTIC_SERVICE: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
pub(crate) const CONDITION_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
pub(crate) const CONDITION_VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
pub(crate) const CONDITION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
pub(crate) const DIAGNOSIS_ROLE: &str = "http://terminology.hl7.org/CodeSystem/diagnosis-role";
pub(crate) const DISCHARGE: &str = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
pub(crate) const ALLERGY_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
pub(crate) const ALLERGY_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
pub(crate) const SUBSCRIBER: &str = "http://terminology.hl7.org/CodeSystem/subscriber-relationship";
pub(crate) const ORGANIZATION_TYPE: &str = "http://terminology.hl7.org/CodeSystem/organization-type";
