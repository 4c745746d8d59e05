//! A birth date as registries know it: a day, or no more than the year.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A birth date.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BirthDate {
    /// Only the year is known.
    Year(i16),
    /// The day.
    Day(Date),
}

/// The text is not a birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a birth date is YYYY-MM-DD or YYYY")]
pub struct NoBirthDate;

impl BirthDate {
    /// The year.
    pub fn year(self) -> i16 {
        match self {
            Self::Year(year) => year,
            Self::Day(date) => date.year(),
        }
    }

    /// Whether both can be the birth date of one person.
    pub fn agrees_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Day(one), Self::Day(other)) => one == other,
            _ => self.year() == other.year(),
        }
    }

    /// From the digits of the registry: `19650512`, or `1965`; unknown days are sometimes zeros.
    pub fn from_digits(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let year: i16 = text.get(..4)?.parse().ok().filter(|year| (1800..=2199).contains(year))?;
        match text.len() {
            4 => Some(Self::Year(year)),
            8 if text.ends_with("00") => Some(Self::Year(year)),
            8 => {
                let (month, day) = (text.get(4..6)?.parse().ok()?, text.get(6..8)?.parse().ok()?);
                Date::new(year, month, day).ok().map(Self::Day)
            }
            _ => None,
        }
    }

    /// The digits of the registry.
    pub fn digits(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Day(date) => format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()),
        }
    }
}

/// As FHIR writes it: `1965-05-12` or `1965`.
impl fmt::Display for BirthDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(formatter, "{year:04}"),
            Self::Day(date) => write!(formatter, "{date}"),
        }
    }
}

/// Without the date.
impl fmt::Debug for BirthDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BirthDate")
    }
}

impl TryFrom<&str> for BirthDate {
    type Error = NoBirthDate;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let dashes = text.bytes().filter(|byte| *byte == b'-').count();
        let is_fhir = text.len() == 4 || (text.len() == 10 && dashes == 2);
        let digits = text.replace('-', "");
        let date = Self::from_digits(&digits).filter(|date| is_fhir && date.to_string() == text);
        date.ok_or(NoBirthDate)
    }
}

impl TryFrom<String> for BirthDate {
    type Error = NoBirthDate;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_from(text.as_str())
    }
}

impl From<BirthDate> for String {
    fn from(date: BirthDate) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_or_a_year() {
        let day = BirthDate::from_digits("19650512").unwrap();
        assert_eq!((day.to_string().as_str(), day.digits().as_str()), ("1965-05-12", "19650512"));
        assert_eq!(BirthDate::try_from("1965-05-12"), Ok(day));
        let year = BirthDate::from_digits("1965").unwrap();
        assert_eq!(BirthDate::from_digits("19650000"), Some(year));
        assert_eq!(BirthDate::try_from("1965"), Ok(year));
        assert!(day.agrees_with(year) && year.agrees_with(day) && !day.agrees_with(BirthDate::Year(1966)));
        assert!(!day.agrees_with(BirthDate::from_digits("19651205").unwrap()));
        for bad in ["", "65", "196505", "19650230", "19651301", "1965051a", "17990101", "１９６５"] {
            assert_eq!(BirthDate::from_digits(bad), None, "{bad}");
        }
        for bad in ["1965-5-12", "19650512", "1965-05", "1965-05-12T00:00:00Z", "1965-0512-", ""] {
            assert_eq!(BirthDate::try_from(bad), Err(NoBirthDate), "{bad}");
        }
    }
}
