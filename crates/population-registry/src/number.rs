//! The personal identification number: twelve digits, whose form is all that can be checked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Sex;

/// A number of twelve digits. It has no check digit, and its digits of sex and year may disagree with data that were
/// corrected since.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonalNumber(String);

/// The text is not twelve digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a personal number has twelve digits")]
pub struct NoPersonalNumber;

impl PersonalNumber {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sex and birth year that the digits tell.
    pub fn told(&self) -> Option<(Sex, i16)> {
        let class: i16 = self.0.get(3..4)?.parse().ok()?;
        let year: i16 = self.0.get(4..6)?.parse().ok()?;
        Some((if class % 2 == 0 { Sex::Male } else { Sex::Female }, 1900 + class / 2 * 100 + year))
    }
}

impl TryFrom<&str> for PersonalNumber {
    type Error = NoPersonalNumber;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoPersonalNumber)
        }
    }
}

impl TryFrom<String> for PersonalNumber {
    type Error = NoPersonalNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_from(text.as_str())
    }
}

impl From<PersonalNumber> for String {
    fn from(number: PersonalNumber) -> Self {
        number.0
    }
}

/// Without the digits: what is logged by accident must not name anybody.
impl fmt::Debug for PersonalNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonalNumber")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_and_nothing_else() {
        let number = PersonalNumber::try_from("099304000001").unwrap();
        assert_eq!(number.told(), Some((Sex::Female, 2004)));
        assert_eq!(PersonalNumber::try_from("099065000001").unwrap().told(), Some((Sex::Male, 1965)));
        assert_eq!(format!("{number:?}"), "PersonalNumber");
        for bad in ["", "09930400000", "0993040000011", "09930400000a", "０99304000001", " 99304000001"] {
            assert_eq!(PersonalNumber::try_from(bad), Err(NoPersonalNumber), "{bad}");
        }
    }
}
