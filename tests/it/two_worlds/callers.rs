//! Who asks, and what docs/access.md says about that kind of caller.

use super::population::{Cast, own_patient};

/// Kinds of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Citizen,
    Delegate,
    Guardian,
    Physician,
    Emergency,
    Nurse,
    Pharmacist,
    Laboratory,
    Registrar,
    FacilityOfficer,
    /// A facility's system with granular scopes.
    NarrowSystem,
    Auditor,
    /// A physician's app that was started for one patient.
    Launched,
}

pub const CLINICAL: [&str; 9] = [
    "Encounter",
    "Observation",
    "Condition",
    "MedicationRequest",
    "DiagnosticReport",
    "ServiceRequest",
    "Procedure",
    "Immunization",
    "AllergyIntolerance",
];
const PERSON: [&str; 3] = ["Patient", "RelatedPerson", "Appointment"];
const LABORATORY: [&str; 5] = ["Patient", "ServiceRequest", "Observation", "DiagnosticReport", "Encounter"];
const PHARMACY: [&str; 3] = ["Patient", "AllergyIntolerance", "MedicationRequest"];
const RECEPTION: [&str; 4] = ["Patient", "Appointment", "Encounter", "RelatedPerson"];
const EMERGENCY: [&str; 7] = [
    "Patient",
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "Immunization",
    "Observation",
    "Procedure",
];

/// Relations of care.
const CARE: [&str; 6] = ["presence", "encounter", "referral", "appointment", "home-station", "consent"];

/// Which labels a line bears, besides those that the grant itself opens.
#[derive(Debug, Clone, Copy)]
pub enum Bears {
    Nothing,
    Everything,
    AllBut(&'static [&'static str]),
}

/// What is visible by which right.
#[derive(Debug, Clone)]
pub struct Line {
    pub rights: &'static [&'static str],
    /// Empty for all types.
    pub types: Vec<&'static str>,
    pub bears: Bears,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Citizen,
        Self::Delegate,
        Self::Guardian,
        Self::Physician,
        Self::Emergency,
        Self::Nurse,
        Self::Pharmacist,
        Self::Laboratory,
        Self::Registrar,
        Self::FacilityOfficer,
        Self::NarrowSystem,
        Self::Auditor,
        Self::Launched,
    ];

    /// The place in the cast of the citizen who asks.
    pub fn citizen(self) -> Option<usize> {
        match self {
            Self::Citizen => Some(0),
            Self::Delegate => Some(1),
            Self::Guardian => Some(2),
            _ => None,
        }
    }

    /// Whether it asks for a facility: always the first one of the cast.
    pub fn is_of_facility(self) -> bool {
        self.citizen().is_none() && self != Self::Auditor
    }

    pub fn purpose(self) -> &'static str {
        match self {
            Self::Citizen | Self::Delegate | Self::Guardian => "PATRQT",
            Self::Emergency => "BTG",
            _ => "TREAT",
        }
    }

    /// The patient of the launch context: no other book is open.
    pub fn within(self) -> Option<String> {
        (self == Self::Launched).then(|| own_patient(0))
    }

    /// A search with this parameter must find an Observation that may be seen.
    pub fn observation_filter(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::NarrowSystem => Some(("category", &["laboratory"])),
            Self::Emergency => Some(("code", &["882-1", "883-9"])),
            _ => None,
        }
    }

    pub fn lines(self) -> Vec<Line> {
        let care = |types: &[&'static str], bears| Line { rights: &CARE, types: types.to_vec(), bears };
        let own = Line { rights: &["own"], types: Vec::new(), bears: Bears::Everything };
        let of = |right: &'static [&'static str], types: Vec<&'static str>| Line {
            rights: right,
            types,
            bears: Bears::Nothing,
        };
        let all: Vec<&str> = CLINICAL.into_iter().chain(PERSON).collect();
        match self {
            Self::Citizen => vec![own],
            Self::Delegate => vec![own, of(&["delegation"], all)],
            Self::Guardian => vec![own, of(&["guardian"], Vec::new())],
            Self::Physician | Self::Nurse | Self::Launched => vec![care(&all, Bears::Nothing)],
            Self::Emergency => vec![Line {
                rights: &["emergency"],
                types: EMERGENCY.to_vec(),
                bears: Bears::AllBut(&["DV", "CHILD_ABUSE"]),
            }],
            Self::Pharmacist => {
                vec![care(&PHARMACY, Bears::Nothing), of(&["prescription"], PHARMACY.to_vec())]
            }
            Self::Laboratory => vec![care(&LABORATORY, Bears::Nothing)],
            Self::Registrar => vec![care(&RECEPTION, Bears::Nothing)],
            Self::NarrowSystem => vec![care(&["Patient", "Observation"], Bears::Nothing)],
            Self::FacilityOfficer => vec![of(&["review"], vec!["Task"])],
            Self::Auditor => Vec::new(),
        }
    }

    /// Arguments of `healthbook token`.
    pub fn token(self, cast: &Cast) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
        if let Some(place) = self.citizen() {
            add("--citizen", &cast.citizens[place].0);
            if self != Self::Citizen {
                // Not only the own book.
                add("--scope", "user/*.cruds");
            }
            return words;
        }
        if self == Self::Auditor {
            add("--officer", "auditor");
            return words;
        }
        let (code, _, client) = &cast.facilities[0];
        add("--client", client);
        add("--facility", code);
        let role = match self {
            Self::Physician | Self::Emergency | Self::Launched => "physician",
            Self::Nurse => "nurse",
            Self::Pharmacist => "pharmacist",
            Self::Laboratory => "laboratory",
            Self::Registrar => "registrar",
            Self::FacilityOfficer => "facility-officer",
            _ => "",
        };
        if !role.is_empty() {
            add("--role", role);
        }
        match self {
            Self::Emergency => add("--purpose", "BTG"),
            Self::NarrowSystem => {
                add("--scope", "system/Observation.rs?category=laboratory system/Patient.rs");
            }
            Self::Launched => {
                add("--scope", "patient/*.cruds");
                add("--patient", &own_patient(0));
            }
            _ => {}
        }
        words
    }
}
