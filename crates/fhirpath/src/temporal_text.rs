//! How dates and times are read and written.

use std::fmt;

use crate::calendar::days_in_month;
use crate::temporal::{Precision, Temporal, TemporalKind};

impl Temporal {
    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub fn parse_date(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text.as_bytes() };
        let value = reader.date(TemporalKind::Date)?;
        reader.rest.is_empty().then_some(value)
    }

    /// Reads a date, optionally followed by `T`, a time and a zone.
    pub fn parse_date_time(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text.as_bytes() };
        let mut value = reader.date(TemporalKind::DateTime)?;
        if reader.take(b'T') && !reader.rest.is_empty() {
            if value.precision != Precision::Day {
                return None;
            }
            reader.time(&mut value)?;
            value.offset_minutes = reader.zone()?;
        }
        reader.rest.is_empty().then_some(value)
    }

    /// Reads `hh`, `hh:mm` or `hh:mm:ss` with an optional fraction.
    pub fn parse_time(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text.as_bytes() };
        let mut value = Self { kind: TemporalKind::Time, ..Self::START };
        reader.time(&mut value)?;
        reader.rest.is_empty().then_some(value)
    }
}

struct Reader<'t> {
    rest: &'t [u8],
}

impl Reader<'_> {
    fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn digits(&mut self, count: usize) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let mut value = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u16::from(digit - b'0');
        }
        self.rest = rest;
        Some(value)
    }

    fn two(&mut self, range: std::ops::RangeInclusive<u8>) -> Option<u8> {
        let value = u8::try_from(self.digits(2)?).ok()?;
        range.contains(&value).then_some(value)
    }

    fn date(&mut self, kind: TemporalKind) -> Option<Temporal> {
        let year = i16::try_from(self.digits(4)?).ok().filter(|year| *year > 0)?;
        let mut value = Temporal { kind, year, ..Temporal::START };
        if self.take(b'-') {
            value.month = self.two(1..=12)?;
            value.precision = Precision::Month;
            if self.take(b'-') {
                value.day = self.two(1..=days_in_month(year, value.month))?;
                value.precision = Precision::Day;
            }
        }
        Some(value)
    }

    fn time(&mut self, value: &mut Temporal) -> Option<()> {
        value.hour = self.two(0..=23)?;
        value.precision = Precision::Hour;
        if !self.take(b':') {
            return Some(());
        }
        value.minute = self.two(0..=59)?;
        value.precision = Precision::Minute;
        if !self.take(b':') {
            return Some(());
        }
        value.second = self.two(0..=60)?;
        value.precision = Precision::Second;
        if self.take(b'.') {
            let mut unit = 100_000_000;
            while let Some((digit, rest)) = self.rest.split_first() {
                if !digit.is_ascii_digit() {
                    break;
                }
                // Digits beyond the nanosecond are read but carry nothing.
                value.nanosecond += u32::from(digit - b'0') * unit;
                unit /= 10;
                value.fraction_digits = value.fraction_digits.saturating_add(1).min(9);
                self.rest = rest;
            }
            if value.fraction_digits == 0 {
                return None;
            }
        }
        Some(())
    }

    fn zone(&mut self) -> Option<Option<i16>> {
        if self.take(b'Z') {
            return Some(Some(0));
        }
        let sign = match self.rest.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Some(None),
        };
        self.rest = self.rest.get(1..)?;
        let hours = self.two(0..=14)?;
        if !self.take(b':') {
            return None;
        }
        let minutes = self.two(0..=59)?;
        Some(Some(sign * (i16::from(hours) * 60 + i16::from(minutes))))
    }
}

/// The FHIR form, which is also the literal without its `@`.
impl fmt::Display for Temporal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != TemporalKind::Time {
            write!(out, "{:04}", self.year)?;
            if self.precision >= Precision::Month {
                write!(out, "-{:02}", self.month)?;
            }
            if self.precision >= Precision::Day {
                write!(out, "-{:02}", self.day)?;
            }
            if self.precision >= Precision::Hour {
                out.write_str("T")?;
            }
        }
        if self.precision >= Precision::Hour {
            write!(out, "{:02}", self.hour)?;
        }
        if self.precision >= Precision::Minute {
            write!(out, ":{:02}", self.minute)?;
        }
        if self.precision >= Precision::Second {
            write!(out, ":{:02}", self.second)?;
            if self.fraction_digits > 0 {
                let digits = format!("{:09}", self.nanosecond);
                write!(out, ".{}", digits.get(..usize::from(self.fraction_digits)).unwrap_or(&digits))?;
            }
        }
        match self.offset_minutes {
            None => Ok(()),
            Some(0) => out.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let offset = offset.unsigned_abs();
                write!(out, "{sign}{:02}:{:02}", offset / 60, offset % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_every_precision() {
        for text in [
            "2015",
            "2015-02",
            "2015-02-04",
            "2015-02-04T14",
            "2015-02-04T14:34",
            "2015-02-04T14:34:28",
            "2015-02-04T14:34:28.123",
            "2015-02-04T14:34:28Z",
            "2015-02-04T14:34:28.1+07:00",
            "2015-02-04T14:34-05:30",
        ] {
            assert_eq!(Temporal::parse_date_time(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "15",
            "2015-13",
            "2015-02-30",
            "2015-02-04T24",
            "2015-02T10",
            "2015-02-04T10:00:00.",
            "2015-02-04T10:00+15:00x",
        ] {
            assert!(Temporal::parse_date_time(text).is_none(), "{text}");
        }
        assert_eq!(Temporal::parse_time("10:30").unwrap().to_string(), "10:30");
    }
}
