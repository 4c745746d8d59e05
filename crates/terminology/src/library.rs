//! The code systems, value sets and concept maps that are known, and what they say.

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

/// Code systems, value sets and concept maps by canonical url and version. Immutable; cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Library {}

impl Library {
    /// What R4 itself defines for its bindings.
    pub fn r4() -> Self {
        Self {}
    }

    /// Whether a code is in a value set. `value_set` is a canonical url, with or without `|version`. A code without
    /// a system (an element of type code) is a member when any system of the set has it.
    pub fn membership(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        let _ = (value_set, system, code);
        Membership::Unknown
    }

    /// stub
    pub fn extended<'n>(
        &self,
        _resources: impl Iterator<Item = &'n json::Node<'n>>,
    ) -> Result<Self, std::fmt::Error> {
        Ok(self.clone())
    }

    /// stub
    pub fn is_known_code(&self, _system: &str, _code: &str) -> Option<bool> {
        None
    }
}
