//! The good resources that the mutants are made of: each is taken as it is.

/// Each base by its name, which is that of its file.
const BASES: [(&str, &str); 41] = bases![
    "adverse-event",
    "allergy",
    "appointment",
    "audit-event",
    "bundle-collection",
    "bundle-document",
    "bundle-message",
    "bundle-searchset",
    "care-plan",
    "claim",
    "code-system",
    "composition",
    "concept-map",
    "condition",
    "consent",
    "coverage",
    "diagnostic-report",
    "encounter",
    "family-member-history",
    "goal",
    "group",
    "immunization",
    "list",
    "location",
    "medication-administration",
    "medication-dispense",
    "medication-request",
    "medication-statement",
    "naming-system",
    "observation",
    "organization",
    "patient",
    "practitioner",
    "procedure",
    "provenance",
    "questionnaire",
    "questionnaire-response",
    "risk-assessment",
    "service-request",
    "task",
    "value-set",
];

/// The names of all bases.
pub fn names() -> impl Iterator<Item = &'static str> {
    BASES.iter().map(|(name, _)| *name)
}

/// The text of a base.
#[track_caller]
pub fn base(name: &str) -> &'static str {
    BASES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no base {name}")).1
}

macro_rules! bases {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("bases/", $name, ".json")))),*]
    };
}
use bases;
