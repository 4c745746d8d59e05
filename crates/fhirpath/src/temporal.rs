//! Dates, times and instants of partial precision, as FHIR and FHIRPath write them.
//!
//! A value stands for an interval: `2018-03` is a month, `2018-03-01T10:30` a minute. Two values compare only
//! when their intervals do not overlap or are the same; everything else is unknown. A value without a zone
//! could lie in any zone, so against a value with one its interval is wider by the span of all zones.

use std::cmp::Ordering;

use crate::calendar::{civil_from_days, days_from_civil};

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

    /// The value at a precision that is not finer than its components: what is below is forgotten.
    pub(crate) fn truncated(self, precision: Precision) -> Self {
        let keep = |least: Precision, value: u8, first: u8| if precision >= least { value } else { first };
        Self {
            precision,
            month: keep(Precision::Month, self.month, 1),
            day: keep(Precision::Day, self.day, 1),
            hour: keep(Precision::Hour, self.hour, 0),
            minute: keep(Precision::Minute, self.minute, 0),
            second: keep(Precision::Second, self.second, 0),
            nanosecond: if self.fraction_digits == 0 { 0 } else { self.nanosecond },
            ..self
        }
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
            Precision::Year => Self { year: self.year + 1, month: 1, day: 1, ..Self::START }.local() - 1,
            Precision::Month => {
                let (year, month) =
                    if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn date_time(text: &str) -> Temporal {
        Temporal::parse_date_time(text).unwrap()
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
