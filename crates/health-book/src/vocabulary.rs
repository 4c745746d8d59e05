//! Code systems, extensions and identifier systems that the acts write and read.

use fhir::{Fault, ResourceType};
use interactions::Problem;

/// How a `Consent` relates its book to somebody (category).
pub const RELATION: &str = "urn:healthbook:relation";
/// Labels of the policy in `meta.security` and `provision.securityLabel`.
pub const LABEL: &str = "urn:healthbook:label";
/// Why an emergency access was needed.
pub const EMERGENCY_REASON: &str = "urn:healthbook:emergency-reason";
/// What a `Task` asks for, what a `Communication` is about.
pub const ACT: &str = "urn:healthbook:act";
/// Extension of a `Consent`: who did what through which channel.
pub const EVIDENCE: &str = "urn:healthbook:evidence";
/// Accounts, as identifiers of who acted.
pub const ACCOUNT: &str = "urn:healthbook:account";
/// HL7 v3 confidentiality; `R` is the location shield.
pub const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// HL7 v3 purposes.
pub const PURPOSE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
/// Resource types as codes.
pub const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";
/// Citizen numbers.
pub const CITIZEN_NUMBER: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
/// Codes of facilities.
pub const FACILITY_CODE: &str = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";
/// National prescription codes.
pub const PRESCRIPTION_CODE: &str = "http://fhir.hl7.org.vn/core/sid/prescription-code";
/// The national profile of `Consent`.
pub const CONSENT_PROFILE: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-consent";
/// Its categories.
pub const CONSENT_CATEGORY: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-category-cs";
/// Its extension of the method.
pub const CONSENT_METHOD: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-consent-method";
/// The methods.
pub const CONSENT_METHODS: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-method-cs";
/// The version of the wording that citizens see where they act.
pub const TEXT_VERSION: &str = "1";

/// A resource type by its name.
pub(crate) fn kind(name: &str) -> Result<ResourceType, Problem> {
    name.parse().map_err(|_| Problem::new(500, Fault::Internal))
}
