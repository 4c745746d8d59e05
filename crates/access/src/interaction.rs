//! The FHIR interactions for which access is asked.

/// The FHIR interaction for which access is asked (R4 `http.html`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// `read`
    Read,
    /// `vread`
    VersionRead,
    /// `search-type`, `search-system`, compartment search
    Search,
    /// `history-instance`
    History,
    /// `history-type`, `history-system`
    TypeHistory,
    /// An operation that only reads, such as `$everything`
    ReadOperation,
    /// `create`
    Create,
    /// `update`
    Update,
    /// `delete`
    Delete,
}

impl Interaction {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::VersionRead,
        Self::Search,
        Self::History,
        Self::TypeHistory,
        Self::ReadOperation,
        Self::Create,
        Self::Update,
        Self::Delete,
    ];

    /// Whether the interaction changes the book.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }

    /// The name on the command line and in print.
    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::VersionRead => "vread",
            Self::Search => "search",
            Self::History => "history",
            Self::TypeHistory => "history-type",
            Self::ReadOperation => "operation",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The interaction of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interaction| interaction.code() == code)
    }

    /// What rules of the policy call it: reading is one thing to them.
    pub(crate) fn action(self) -> Action {
        match self {
            Self::Create => Action::Create,
            Self::Update => Action::Update,
            Self::Delete => Action::Delete,
            _ => Action::Read,
        }
    }
}

/// What rules of the policy distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Every interaction that only reads.
    Read,
    /// `create`
    Create,
    /// `update` and patch
    Update,
    /// `delete`
    Delete,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Create, Self::Update, Self::Delete];

    /// The name in policies.
    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// An interaction of it.
    pub fn interaction(self) -> Interaction {
        match self {
            Self::Read => Interaction::Read,
            Self::Create => Interaction::Create,
            Self::Update => Interaction::Update,
            Self::Delete => Interaction::Delete,
        }
    }
}
