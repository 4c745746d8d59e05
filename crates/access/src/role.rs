//! What a caller is, as rules of the policy name it.

use crate::{Actor, OfficerRole, StaffRole};

/// What a caller is: a citizen, a role at a facility, a public office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A citizen, for the own book and for entrusted ones.
    Citizen,
    /// Somebody at a facility, or its system.
    Staff(StaffRole),
    /// A public office.
    Officer(OfficerRole),
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Citizen,
        Self::Staff(StaffRole::Physician),
        Self::Staff(StaffRole::Nurse),
        Self::Staff(StaffRole::Pharmacist),
        Self::Staff(StaffRole::Laboratory),
        Self::Staff(StaffRole::Registrar),
        Self::Staff(StaffRole::StationHead),
        Self::Staff(StaffRole::FacilityOfficer),
        Self::Staff(StaffRole::System),
        Self::Officer(OfficerRole::Ministry),
        Self::Officer(OfficerRole::Auditor),
        Self::Officer(OfficerRole::Operator),
        Self::Officer(OfficerRole::Administrator),
    ];

    /// The name in policies and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Staff(role) => role.code(),
            Self::Officer(role) => role.code(),
        }
    }

    /// The role of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Its place in tables.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Citizen => 0,
            Self::Staff(role) => 1 + role as usize,
            Self::Officer(role) => 9 + role as usize,
        }
    }
}

impl Actor {
    /// The role in which it acts.
    pub fn role(&self) -> Role {
        match self {
            Self::Citizen { .. } => Role::Citizen,
            Self::Facility { role, .. } => Role::Staff(*role),
            Self::Officer { role } => Role::Officer(*role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_one_name_and_one_place() {
        for (place, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role.index(), place);
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
    }
}
