//! Dates, times and instants of partial precision, as FHIR and FHIRPath write them.
//!
//! A value stands for an interval: `2018-03` is a month, `2018-03-01T10:30` a minute. Two values compare only
//! when their intervals do not overlap or are the same; everything else is unknown. A value without a zone
//! could lie in any zone, so against a value with one its interval is wider by the span of all zones.

use std::cmp::Ordering;
use std::fmt;

/// What a temporal value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemporalKind {
    /// A date: no time, no zone.
    Date,
    /// A date with an optional time and zone; FHIR's `dateTime` and `instant`.
    DateTime,
    /// A time of day without a zone.
    Time,
}

/// The smallest component that was given. Fractions of a second are part of the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// Only the year.
    Year,
    /// Year and month.
    Month,
    /// Year, month and day.
    Day,
    /// Down to the hour.
    Hour,
    /// Down to the minute.
    Minute,
    /// Down to the second or its fraction.
    Second,
}

/// A date, dateTime or time of some precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Temporal {
    pub(crate) kind: TemporalKind,
    pub(crate) precision: Precision,
    pub(crate) year: i16,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    /// Digits of the fraction as written; 0 for none.
    pub(crate) fraction_digits: u8,
    pub(crate) nanosecond: u32,
    pub(crate) offset_minutes: Option<i16>,
}

pub(crate) const NANOSECONDS: i128 = 1_000_000_000;
const DAY_SECONDS: i64 = 86_400;
/// The zones of the world reach from -12:00 to +14:00.
const EASTERNMOST_HOURS: i128 = 14;
const WESTERNMOST_HOURS: i128 = 12;

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

    /// A dateTime with milliseconds from Unix time, shown at that offset from UTC.
    pub fn from_unix(seconds: i64, nanoseconds: u32, offset_minutes: i16) -> Option<Self> {
        let local = i128::from(seconds) + i128::from(offset_minutes) * 60;
        let nanoseconds = nanoseconds.min(999_999_999) / 1_000_000 * 1_000_000;
        let template = Self {
            kind: TemporalKind::DateTime,
            precision: Precision::Second,
            fraction_digits: 3,
            offset_minutes: Some(offset_minutes),
            ..Self::START
        };
        template.with_local(local * NANOSECONDS + i128::from(nanoseconds))
    }

    pub(crate) const START: Self = Self {
        kind: TemporalKind::DateTime,
        precision: Precision::Year,
        year: 1,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        fraction_digits: 0,
        nanosecond: 0,
        offset_minutes: None,
    };

    /// Date, dateTime or time.
    pub fn kind(&self) -> TemporalKind {
        self.kind
    }

    /// The smallest component that was given.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The distance from UTC, if one was given.
    pub fn offset_minutes(&self) -> Option<i16> {
        self.offset_minutes
    }

    /// The date part of a dateTime.
    pub(crate) fn date(&self) -> Self {
        Self {
            kind: TemporalKind::Date,
            precision: self.precision.min(Precision::Day),
            year: self.year,
            month: self.month,
            day: self.day,
            ..Self::START
        }
    }

    /// The time part of a dateTime.
    pub(crate) fn time(&self) -> Self {
        let (year, month, day) = (Self::START.year, Self::START.month, Self::START.day);
        Self { kind: TemporalKind::Time, year, month, day, offset_minutes: None, ..*self }
    }

    /// Nanoseconds since 1970 on the local clock; components not given count as their first value.
    pub(crate) fn local(&self) -> i128 {
        let days = days_from_civil(i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let seconds = days * DAY_SECONDS
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second);
        i128::from(seconds) * NANOSECONDS + i128::from(self.nanosecond)
    }

    /// The same precision, kind and zone at another local time.
    pub(crate) fn with_local(self, local: i128) -> Option<Self> {
        let seconds = i64::try_from(local.div_euclid(NANOSECONDS)).ok()?;
        let (year, month, day) = civil_from_days(seconds.div_euclid(DAY_SECONDS));
        let in_day = seconds.rem_euclid(DAY_SECONDS);
        if !(1..=9999).contains(&year) && self.kind != TemporalKind::Time {
            return None;
        }
        let (year, month, day) = match self.kind {
            TemporalKind::Time => (1, 1, 1),
            _ => (year, month, day),
        };
        Some(Self {
            year: i16::try_from(year).ok()?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
            hour: u8::try_from(in_day / 3600).ok()?,
            minute: u8::try_from(in_day / 60 % 60).ok()?,
            second: u8::try_from(in_day % 60).ok()?,
            nanosecond: u32::try_from(local.rem_euclid(NANOSECONDS)).ok()?,
            ..self
        })
    }

    /// First and last nanosecond this value may mean, in UTC or in an unknown zone.
    fn interval(&self) -> (i128, i128) {
        let start = self.local();
        let end = match self.precision {
            Precision::Year => {
                Self { year: self.year + 1, month: 1, day: 1, ..Self::START }.local() - 1
            }
            Precision::Month => {
                let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
                Self { year, month, day: 1, ..Self::START }.local() - 1
            }
            Precision::Day => start + i128::from(DAY_SECONDS) * NANOSECONDS - 1,
            Precision::Hour => start + 3600 * NANOSECONDS - 1,
            Precision::Minute => start + 60 * NANOSECONDS - 1,
            Precision::Second => start,
        };
        let offset = i128::from(self.offset_minutes.unwrap_or(0)) * 60 * NANOSECONDS;
        (start - offset, end - offset)
    }

    /// The order of two values, or `None` where their precision or zones do not tell.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if (self.kind == TemporalKind::Time) != (other.kind == TemporalKind::Time) {
            return None;
        }
        let (mut first, mut second) = (self.interval(), other.interval());
        let same_zone = self.offset_minutes.is_some() == other.offset_minutes.is_some();
        if !same_zone {
            let zoneless = if self.offset_minutes.is_none() { &mut first } else { &mut second };
            zoneless.0 -= EASTERNMOST_HOURS * 3600 * NANOSECONDS;
            zoneless.1 += WESTERNMOST_HOURS * 3600 * NANOSECONDS;
        }
        if first.1 < second.0 {
            Some(Ordering::Less)
        } else if first.0 > second.1 {
            Some(Ordering::Greater)
        } else if same_zone && first == second && self.precision == other.precision {
            Some(Ordering::Equal)
        } else {
            None
        }
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

/// Days from 1970-01-01 in the proleptic Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

pub(crate) fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
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

    fn date_time(text: &str) -> Temporal {
        Temporal::parse_date_time(text).unwrap()
    }

    #[test]
    fn civil_days_round_trip() {
        for days in (-719_162..2_932_897).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
    }

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
            assert_eq!(date_time(text).to_string(), text);
        }
        for text in ["", "15", "2015-13", "2015-02-30", "2015-02-04T24", "2015-02T10", "2015-02-04T10:00:00.", "2015-02-04T10:00+15:00x"] {
            assert!(Temporal::parse_date_time(text).is_none(), "{text}");
        }
        assert_eq!(Temporal::parse_time("10:30").unwrap().to_string(), "10:30");
    }

    #[test]
    fn compares_only_what_is_known() {
        let compare = |a: &str, b: &str| date_time(a).compare(&date_time(b));
        assert_eq!(compare("2018-03", "2018-03-01"), None);
        assert_eq!(compare("2018-03", "2018-04-01"), Some(Ordering::Less));
        assert_eq!(compare("2012-04-15T15:00:00+02:00", "2012-04-15T16:00:00+03:00"), Some(Ordering::Equal));
        assert_eq!(compare("2012-04-15T15:00:00Z", "2012-04-15T10:00:00"), None);
        assert_eq!(compare("2012-04-15T15:00:00Z", "2012-04-17T10:00:00"), Some(Ordering::Less));
        assert_eq!(compare("2012-04-15T15:30:31", "2012-04-15T15:30:31.0"), Some(Ordering::Equal));
    }

    #[test]
    fn unix_time_has_an_offset() {
        let now = Temporal::from_unix(0, 5_000_000, 420).unwrap();
        assert_eq!(now.to_string(), "1970-01-01T07:00:00.005+07:00");
    }
}
