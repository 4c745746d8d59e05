//! Why a patch was not applied, and which of its operations is to blame.

use fhir::{Fault, Issue};

/// What is wrong. No text carries a value of the patch or of the resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The patch is not written as its format demands; the name of the rule.
    #[error("the patch cannot be read: {0}")]
    Format(&'static str),
    /// The path leads nowhere, to more than one place, or to a place where the operation makes no sense.
    #[error("the path does not lead to exactly one place")]
    Path,
    /// A position outside of the list.
    #[error("the position is outside of the list")]
    Position,
    /// A `test` that does not hold.
    #[error("the test does not hold")]
    Test,
    /// The operation changes the type, the id or the version.
    #[error("the type, the id and the version cannot be patched")]
    Protected,
    /// `add` of an element that does not repeat and is there already.
    #[error("the element {0} is there and does not repeat")]
    Exists(&'static str),
    /// The type has no element of that name.
    #[error("the element {0} does not exist here")]
    UnknownElement(String),
    /// A value of another type than the element has.
    #[error("the value must be of type {0}")]
    ValueType(String),
    /// Too many operations, or too much work, or a result that is too large or too deep.
    #[error("the patch is too large, or makes the resource too large")]
    TooLarge,
}

/// A refused patch: the reason, and the place of the operation, as `[3]` or `Parameters.parameter[3]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PatchError {
    /// What is wrong.
    pub reason: Reason,
    /// The operation; `None` when it is the patch as a whole.
    pub place: Option<String>,
}

impl PatchError {
    pub(crate) fn whole(reason: Reason) -> Self {
        Self { reason, place: None }
    }

    /// What an `OperationOutcome` says about it.
    pub fn issue(&self) -> Issue {
        let fault = match &self.reason {
            Reason::Format(rule) => Fault::PatchFormat { rule: (*rule).to_owned() },
            Reason::Path => Fault::PatchPath,
            Reason::Position => Fault::PatchPosition,
            Reason::Test => Fault::PatchTest,
            Reason::Protected => Fault::PatchProtected,
            Reason::Exists(name) => Fault::PatchExists { name: (*name).to_owned() },
            Reason::UnknownElement(name) => Fault::UnknownElement { name: name.clone() },
            Reason::ValueType(allowed) => Fault::TypeNotAllowed { allowed: allowed.clone() },
            Reason::TooLarge => Fault::PatchTooLarge,
        };
        match &self.place {
            Some(place) => Issue::error(fault).at(place.clone()),
            None => Issue::error(fault),
        }
    }
}
