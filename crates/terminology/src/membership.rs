//! Whether a code is in a value set, in three values.

/// Whether a code is in a value set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// It is.
    Member,
    /// It is not.
    NotMember,
    /// It cannot be told: the value set, or a code system that it needs, is not here or not complete.
    Unknown,
}

impl Membership {
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Member, _) | (_, Self::Member) => Self::Member,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::NotMember,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        self.not().or(other.not()).not()
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Member => Self::NotMember,
            Self::NotMember => Self::Member,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Membership {
    fn from(is_member: bool) -> Self {
        if is_member { Self::Member } else { Self::NotMember }
    }
}
