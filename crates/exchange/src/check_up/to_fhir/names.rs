//! The names of systems, profiles and extensions that a check-up is written with: those of the national pack where it has one.

macro_rules! vn_core {
    ($path:literal) => {
        concat!("http://fhir.hl7.org.vn/core/", $path)
    };
}

pub(in crate::check_up) const CITIZEN: &str = vn_core!("sid/cccd");
pub(in crate::check_up) const FACILITY: &str = vn_core!("sid/ma-cskcb");
pub(in crate::check_up) const VISIT: &str = vn_core!("sid/ma-lk");
pub(in crate::check_up) const LOCATION: &str = "https://www.gs1.org/gln";
/// Codes of visits that had none and were computed.
pub(in crate::check_up) const COMPUTED_VISIT: &str = "urn:healthbook:check-up-visit";

/// What a visit is for, beside its national type, which says nothing of that.
pub const VISIT_KIND: &str = "urn:healthbook:code-system:visit-kind";
/// The visit is a check-up: known to those, too, who see visits and nothing of what was found.
pub const CHECK_UP_VISIT: &str = "check-up";

/// A field of the message: `XML10.CHIEU_CAO`.
pub(in crate::check_up) const FIELD: &str = "urn:healthbook:code-system:check-up-field";
/// `MA_DICH_VU` as it was sent.
pub(in crate::check_up) const SERVICE: &str = "urn:healthbook:code-system:check-up-service";
/// `MA_CHI_SO` as it was sent.
pub(in crate::check_up) const INDEX: &str = "urn:healthbook:code-system:check-up-index";

pub(in crate::check_up) const SUBJECT: &str = "urn:healthbook:check-up-subject";
pub(in crate::check_up) const FUNDING: &str = "urn:healthbook:check-up-funding";
pub(in crate::check_up) const WORKPLACE: &str = "urn:healthbook:work-or-study-place";
pub(in crate::check_up) const ETHNICITY: &str = vn_core!("StructureDefinition/vn-ext-ethnicity");
pub(in crate::check_up) const OCCUPATION: &str = vn_core!("StructureDefinition/vn-ext-occupation");
pub(in crate::check_up) const PROVINCE: &str = vn_core!("StructureDefinition/vn-ext-province");
pub(in crate::check_up) const WARD: &str = vn_core!("StructureDefinition/vn-ext-ward");
pub(in crate::check_up) const BIRTH_TIME: &str = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
pub(in crate::check_up) const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

pub(super) const BUNDLE_PROFILE: &str =
    vn_core!("StructureDefinition/vn-core-health-checkup-document-bundle");
/// The profile of the `Composition` of a check-up.
pub const COMPOSITION_PROFILE: &str = vn_core!("StructureDefinition/vn-core-composition-health-checkup");
pub(super) const PATIENT_PROFILE: &str = vn_core!("StructureDefinition/vn-core-patient");
pub(super) const ENCOUNTER_PROFILE: &str = vn_core!("StructureDefinition/vn-core-encounter");
/// The profile of the `Observation` with the class of health.
pub const CLASS_PROFILE: &str = vn_core!("StructureDefinition/vn-core-observation-health-classification");
pub(super) const VITAL_PROFILE: &str = vn_core!("StructureDefinition/vn-core-observation-vital-signs");
pub(super) const DIAGNOSIS_PROFILE: &str = vn_core!("StructureDefinition/vn-core-condition-diagnosis");
pub(super) const LAB_PROFILE: &str = vn_core!("StructureDefinition/vn-core-observation-lab");

pub(super) const LOINC: &str = "http://loinc.org";
pub(super) const UCUM: &str = "http://unitsofmeasure.org";
pub(in crate::check_up) const ICD_10: &str = "http://hl7.org/fhir/sid/icd-10";
pub(super) const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(super) const ROLE_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
pub(super) const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
pub(super) const CONDITION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
pub(super) const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
pub(super) const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
pub(super) const IDENTIFIER_TYPE: &str = vn_core!("CodeSystem/vn-identifier-type-cs");
pub(super) const SIGNATURE_TYPE: &str = "urn:iso-astm:E1762-95:2013";

/// The code system of a list of the message.
pub(in crate::check_up) fn system(list: &str) -> &'static str {
    match list {
        "subject" => "urn:healthbook:code-system:checkup-subject",
        "relation-to-child" => "urn:healthbook:code-system:checkup-relation-to-child",
        "birth-problem" => "urn:healthbook:code-system:checkup-birth-problem",
        "vaccination-answer" => "urn:healthbook:code-system:checkup-vaccination-answer",
        "occupation" => "urn:healthbook:code-system:occupation-level-2",
        "funding" => vn_core!("CodeSystem/vn-health-checkup-funding-source-cs"),
        "class" => vn_core!("CodeSystem/vn-health-classification-cs"),
        "ethnic-group" => vn_core!("CodeSystem/vn-ethnicity-cs"),
        "province" => vn_core!("CodeSystem/vn-province-cs"),
        "ward" => vn_core!("CodeSystem/vn-ward-cs"),
        "visit-type" => vn_core!("CodeSystem/vn-encounter-type-cs"),
        _ => FIELD,
    }
}

/// The UCUM code of a unit that laboratories print, where it is another text or the same.
pub(super) fn ucum(unit: &str) -> Option<&'static str> {
    // Giga is not gram.
    if unit == "G/L" {
        return Some("10*9/L");
    }
    Some(match unit.to_lowercase().replace('μ', "µ").as_str() {
        "mmol/l" => "mmol/L",
        "µmol/l" | "umol/l" => "umol/L",
        "g/l" => "g/L",
        "g/dl" => "g/dL",
        "mg/dl" => "mg/dL",
        "mg/l" => "mg/L",
        "u/l" | "iu/l" => "U/L",
        "%" => "%",
        "t/l" => "10*12/L",
        "mm/h" => "mm/h",
        _ => return None,
    })
}
