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
    /// `history-instance`, `history-type`, `history-system`
    History,
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
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::VersionRead,
        Self::Search,
        Self::History,
        Self::ReadOperation,
        Self::Create,
        Self::Update,
        Self::Delete,
    ];

    /// Whether the interaction changes the book.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }
}
