//! The rules and what can be configured of them (sections 1 and 2).

/// Why a citizen is told about an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessRule {
    /// A facility that has never been in this book.
    NewFacility,
    /// Staff whose name hints at a relative.
    SameFamily,
    /// The citizen is staff of the same facility.
    Colleague,
    /// A person who reads in many books within a short time.
    ManyBooks,
    /// A role that does not work at night, at night.
    Night,
}

impl AccessRule {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NewFacility, Self::SameFamily, Self::Colleague, Self::ManyBooks, Self::Night];

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NewFacility => "new-facility",
            Self::SameFamily => "same-family",
            Self::Colleague => "colleague",
            Self::ManyBooks => "many-books",
            Self::Night => "night",
        }
    }

    /// The rule of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// Whether the officer of the facility is told as well: it is about how somebody works, not about one book.
    pub fn is_pattern(self) -> bool {
        matches!(self, Self::ManyBooks | Self::Night)
    }
}

/// What can be configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSettings {
    /// A person may read in so many books within the window.
    pub many_books: usize,
    /// The window, in microseconds.
    pub window: i64,
    /// Roles that do not work at night.
    pub day_roles: Vec<String>,
    /// The hour at which the night begins.
    pub night_begins: u8,
    /// The hour at which it ends.
    pub night_ends: u8,
    /// Entries that are older, in microseconds, give no notice.
    pub oldest: i64,
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            many_books: 60,
            window: 3_600 * 1_000_000,
            day_roles: ["registrar", "station-head", "assisted"].map(str::to_owned).to_vec(),
            night_begins: 22,
            night_ends: 6,
            oldest: 7 * 24 * 3_600 * 1_000_000,
        }
    }
}
