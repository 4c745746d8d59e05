//! Points in time, to the microsecond.

use std::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

/// The text is not a FHIR instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an instant: YYYY-MM-DDThh:mm:ss with a zone")]
pub struct InvalidInstant;

impl Instant {
    /// The present.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// From microseconds since 1970.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Microseconds since 1970.
    pub fn microseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Without what is below a millisecond: FHIR's `lastUpdated` is shown in milliseconds, and what is shown
    /// must compare equal to what is stored.
    pub fn truncated_to_millis(self) -> Self {
        Self(self.0.div_euclid(1_000) * 1_000)
    }
}

impl TryFrom<&str> for Instant {
    type Error = InvalidInstant;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| InvalidInstant)?;
        Ok(Self(timestamp.as_microsecond()))
    }
}

/// UTC with milliseconds: `2026-11-25T03:30:11.123Z`.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(formatter, "{timestamp:.3}"),
            Err(_) => formatter.write_str("9999-12-31T23:59:59.999Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_milliseconds_and_reads_them_back() {
        let instant = Instant::try_from("2026-11-25T10:30:11.120+07:00").unwrap();
        assert_eq!(instant.to_string(), "2026-11-25T03:30:11.120Z");
        assert_eq!(Instant::try_from(instant.to_string().as_str()), Ok(instant));
        assert_eq!(Instant::from_microseconds(-1).truncated_to_millis().microseconds(), -1_000);
        assert!(Instant::try_from("2026-11-25").is_err());
    }
}
