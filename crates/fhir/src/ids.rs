//! Ids and versions of resources.

use std::fmt;
use std::num::NonZeroU32;

/// A logical id: 1 to 64 of `A-Z a-z 0-9 - .` (R4 datatypes, `id`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogicalId(String);

/// The text is not a logical id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 64 characters of A-Z a-z 0-9 - .")]
pub struct InvalidId;

impl LogicalId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for LogicalId {
    type Error = InvalidId;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId)
        }
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The version of a resource: 1, 2, 3, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(NonZeroU32);

impl VersionId {
    /// The version that every resource begins with.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// A version from its number; 0 is none.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// The text is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is a number from 1")]
pub struct InvalidVersion;

impl TryFrom<&str> for VersionId {
    type Error = InvalidVersion;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        plain.then(|| text.parse().ok()).flatten().and_then(Self::new).ok_or(InvalidVersion)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_datatype() {
        for good in ["a", "A-1.b", &"x".repeat(64)] {
            assert!(LogicalId::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", "a_b", "a/b", "ä", &"x".repeat(65)] {
            assert!(LogicalId::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_are_numbers_from_one() {
        assert_eq!(VersionId::try_from("12").map(VersionId::get), Ok(12));
        for bad in ["", "0", "01", "-1", "1.0", "99999999999", "a"] {
            assert!(VersionId::try_from(bad).is_err(), "{bad}");
        }
    }
}
