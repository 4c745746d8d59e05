//! By what right a book is open.

/// By what right something may be touched. All but the first two are rows of a book that name who is entitled, from
/// when until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Authority {
    /// What belongs to no book: facilities, staff, products, terminology.
    Shared,
    /// The caller's own book.
    Own,
    /// The citizen has entrusted the book to another citizen (ủy quyền).
    Delegation,
    /// Parent or guardian of a minor (cha, mẹ, người giám hộ).
    Guardian,
    /// The citizen showed a one-time code at the facility.
    Presence,
    /// A visit at the facility.
    Encounter,
    /// Another facility referred the citizen there.
    Referral,
    /// An appointment there.
    Appointment,
    /// The commune health station of the citizen's residence.
    HomeStation,
    /// The code of a prescription was shown.
    Prescription,
    /// Emergency access with a reason.
    Emergency,
    /// The citizen's consent.
    Consent,
    /// The facility registered the person.
    Registration,
    /// A review task of the facility's officer.
    Review,
}

impl Authority {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Shared,
        Self::Own,
        Self::Delegation,
        Self::Guardian,
        Self::Presence,
        Self::Encounter,
        Self::Referral,
        Self::Appointment,
        Self::HomeStation,
        Self::Prescription,
        Self::Emergency,
        Self::Consent,
        Self::Registration,
        Self::Review,
    ];

    /// The name in policies, consents and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Own => "own",
            Self::Delegation => "delegation",
            Self::Guardian => "guardian",
            Self::Presence => "presence",
            Self::Encounter => "encounter",
            Self::Referral => "referral",
            Self::Appointment => "appointment",
            Self::HomeStation => "home-station",
            Self::Prescription => "prescription",
            Self::Emergency => "emergency",
            Self::Consent => "consent",
            Self::Registration => "registration",
            Self::Review => "review",
        }
    }

    /// The authority of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|authority| authority.code() == code)
    }

    /// The number that stands for it in databases: it never changes.
    pub fn number(self) -> i16 {
        match self {
            Self::Shared => 0,
            Self::Own => 1,
            Self::Delegation => 2,
            Self::Guardian => 3,
            Self::Presence => 4,
            Self::Encounter => 5,
            Self::Referral => 6,
            Self::Appointment => 7,
            Self::HomeStation => 8,
            Self::Prescription => 9,
            Self::Emergency => 10,
            Self::Consent => 11,
            Self::Registration => 12,
            Self::Review => 13,
        }
    }

    /// The authority of a number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|authority| authority.number() == number)
    }
}
