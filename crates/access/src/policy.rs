//! The rules, and the proof that they were asked.

use fhir::LogicalId;

use crate::{Caller, Role};

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
    /// Whether the interaction changes the book.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }
}

/// The books an access covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Books {
    /// Every book and the shared book.
    All,
    /// The book of one citizen, and what the shared book holds about facilities and practitioners.
    One(LogicalId),
}

/// Proof of a decision: which books may be touched. Only [`Policy`] makes one.
#[derive(Debug, Clone)]
pub struct Access {
    books: Books,
    writes: bool,
    facility: Option<String>,
}

impl Access {
    /// The books that may be touched.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// The facility that asks, if the caller is bound to one.
    pub fn facility(&self) -> Option<&str> {
        self.facility.as_deref()
    }

    /// Whether writing was granted.
    pub fn may_write(&self) -> bool {
        self.writes
    }
}

/// Why the gate stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("authentication is required")]
    Unauthenticated,
    /// The caller is known and may not.
    #[error("the caller may not do this")]
    Forbidden,
}

/// The rules in force. Deny by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy;

impl Policy {
    /// Decides one interaction of one caller.
    pub fn decide(&self, caller: &Caller, interaction: Interaction) -> Result<Access, Denied> {
        let access = match caller {
            Caller::Anonymous => return Err(Denied::Unauthenticated),
            Caller::Unrestricted | Caller::Background { .. } => {
                Access { books: Books::All, writes: true, facility: None }
            }
            Caller::Authenticated { role: Role::ClientSystem { facility }, .. } => {
                Access { books: Books::All, writes: true, facility: facility.clone() }
            }
            Caller::Authenticated { role: Role::Citizen { patient }, .. } => {
                Access { books: Books::One(patient.clone()), writes: false, facility: None }
            }
        };
        if interaction.writes() && !access.writes { Err(Denied::Forbidden) } else { Ok(access) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citizen() -> Caller {
        let patient = LogicalId::try_from("a").unwrap();
        Caller::Authenticated { subject: "099".into(), role: Role::Citizen { patient } }
    }

    #[test]
    fn nobody_gets_nothing() {
        let decision = Policy.decide(&Caller::Anonymous, Interaction::Read);
        assert_eq!(decision.err(), Some(Denied::Unauthenticated));
    }

    #[test]
    fn a_citizen_reads_one_book_and_writes_none() {
        let access = Policy.decide(&citizen(), Interaction::Search).unwrap();
        assert!(matches!(access.books(), Books::One(patient) if patient.as_str() == "a"));
        assert!(!access.may_write());
        assert_eq!(Policy.decide(&citizen(), Interaction::Update).err(), Some(Denied::Forbidden));
    }
}
