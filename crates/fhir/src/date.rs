//! Dates of any precision as ranges of time (R4 datatypes, `date`, `dateTime`, `instant`; `search.html#date`).

use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A half-open range of microseconds since 1970 UTC: what a date of some precision covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    /// First microsecond.
    pub low: i64,
    /// First microsecond after; `i64::MAX` when it cannot be expressed.
    pub high: i64,
}

/// How much of a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2026`
    Year,
    /// `2026-11`
    Month,
    /// `2026-11-25`
    Day,
    /// `2026-11-25T10:30`: in searches only
    Minute,
    /// `2026-11-25T10:30:11`
    Second,
    /// `2026-11-25T10:30:11.120`: so many digits
    Fraction(u8),
}

/// A date as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialDate {
    /// The first moment it covers, as civil time.
    pub start: DateTime,
    /// Its precision.
    pub precision: Precision,
    /// Its zone: seconds east of UTC, when it is written.
    pub offset: Option<i32>,
}

/// The text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone")]
pub struct InvalidDate;

impl PartialDate {
    /// Reads a date of any precision. Whether the precision and the zone are allowed where it stands is for
    /// the caller to say.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        parse(text).ok_or(InvalidDate)
    }

    /// The time it covers. A date without a zone is one of `zone`.
    pub fn range(&self, zone: &TimeZone) -> DateRange {
        let low = self.microsecond(self.start, zone);
        let next = match self.precision {
            Precision::Year => self.start.checked_add(1.year()),
            Precision::Month => self.start.checked_add(1.month()),
            Precision::Day => self.start.checked_add(1.day()),
            Precision::Minute => self.start.checked_add(1.minute()),
            Precision::Second => self.start.checked_add(1.second()),
            Precision::Fraction(digits) => {
                let step = 10_i64.pow(9 - u32::from(digits.min(6)));
                self.start.checked_add(step.nanoseconds())
            }
        };
        let high = next.map_or(i64::MAX, |next| self.microsecond(next, zone));
        DateRange { low, high }
    }

    fn microsecond(&self, civil: DateTime, zone: &TimeZone) -> i64 {
        let timestamp = match self.offset {
            Some(seconds) => Offset::from_seconds(seconds).and_then(|offset| offset.to_timestamp(civil)),
            None => zone.to_timestamp(civil),
        };
        match timestamp {
            Ok(timestamp) => timestamp.as_microsecond(),
            Err(_) if civil.year() > 0 => i64::MAX,
            Err(_) => i64::MIN,
        }
    }
}

impl DateRange {
    /// The time that a written date covers; without a zone it is one of `zone`.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, InvalidDate> {
        Ok(PartialDate::parse(text)?.range(zone))
    }
}

fn digits(bytes: &[u8]) -> Option<i32> {
    bytes
        .iter()
        .try_fold(0_i32, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i32::from(byte - b'0')))
}

fn field(bytes: &[u8], at: usize, length: usize) -> Option<i32> {
    digits(bytes.get(at..at + length)?)
}

fn separator(bytes: &[u8], at: usize, expected: u8) -> Option<()> {
    (bytes.get(at) == Some(&expected)).then_some(())
}

fn small(value: i32) -> Option<i8> {
    i8::try_from(value).ok()
}

fn civil(year: i32, month: i32, day: i32) -> Option<jiff::civil::Date> {
    let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
    jiff::civil::Date::new(year, small(month)?, small(day)?).ok()
}

fn parse(text: &str) -> Option<PartialDate> {
    let bytes = text.as_bytes();
    let year = field(bytes, 0, 4)?;
    let whole = |date: jiff::civil::Date, precision| PartialDate {
        start: date.to_datetime(jiff::civil::Time::midnight()),
        precision,
        offset: None,
    };
    if bytes.len() == 4 {
        return Some(whole(civil(year, 1, 1)?, Precision::Year));
    }
    separator(bytes, 4, b'-')?;
    let month = field(bytes, 5, 2)?;
    if bytes.len() == 7 {
        return Some(whole(civil(year, month, 1)?, Precision::Month));
    }
    separator(bytes, 7, b'-')?;
    let date = civil(year, month, field(bytes, 8, 2)?)?;
    if bytes.len() == 10 {
        return Some(whole(date, Precision::Day));
    }
    separator(bytes, 10, b'T')?;
    time(bytes, date)
}

fn time(bytes: &[u8], date: jiff::civil::Date) -> Option<PartialDate> {
    let (hour, minute) = (field(bytes, 11, 2)?, field(bytes, 14, 2)?);
    separator(bytes, 13, b':')?;
    let mut at = 16;
    let (mut second, mut nanosecond, mut precision) = (0, 0, Precision::Minute);
    if bytes.get(at) == Some(&b':') {
        second = field(bytes, at + 1, 2)?;
        at += 3;
        precision = Precision::Second;
        if bytes.get(at) == Some(&b'.') {
            let length = bytes.get(at + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let kept = length.min(9);
            let value = field(bytes, at + 1, kept)?;
            (length > 0).then_some(())?;
            nanosecond = value * 10_i32.pow(9 - u32::try_from(kept).ok()?);
            precision = Precision::Fraction(u8::try_from(kept).ok()?);
            at += 1 + length;
        }
    }
    // R4 lets a leap second be written; it is the first moment of the next minute.
    let leap = second == 60;
    let second = if leap { 59 } else { second };
    let mut start = DateTime::from_parts(
        date,
        jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond).ok()?,
    );
    if leap {
        start = start.checked_add(1.second()).ok()?;
    }
    Some(PartialDate { start, precision, offset: offset(bytes.get(at..)?)? })
}

/// `Z`, `+07:00`, `-03:30`, or nothing; from -14:00 to +14:00.
fn offset(bytes: &[u8]) -> Option<Option<i32>> {
    let sign = match bytes {
        [] => return Some(None),
        [b'Z'] => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    separator(bytes, 3, b':')?;
    let (hours, minutes) = (field(bytes, 1, 2)?, field(bytes, 4, 2)?);
    let seconds = hours * 3_600 + minutes * 60;
    (bytes.len() == 6 && minutes < 60 && seconds <= 14 * 3_600).then_some(Some(sign * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> (i64, i64) {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let DateRange { low, high } = DateRange::parse(text, &zone).unwrap();
        (low, high)
    }

    fn utc(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn precision_is_a_range_in_the_local_zone() {
        assert_eq!(range("2026"), (utc("2025-12-31T17:00:00Z"), utc("2026-12-31T17:00:00Z")));
        assert_eq!(range("2024-02"), (utc("2024-01-31T17:00:00Z"), utc("2024-02-29T17:00:00Z")));
        assert_eq!(range("2026-11-25"), (utc("2026-11-24T17:00:00Z"), utc("2026-11-25T17:00:00Z")));
        assert_eq!(range("2026-11-25T10:30"), (utc("2026-11-25T03:30:00Z"), utc("2026-11-25T03:31:00Z")));
        assert_eq!(range("2026-11-25T10:30:11Z"), (utc("2026-11-25T10:30:11Z"), utc("2026-11-25T10:30:12Z")));
        assert_eq!(
            range("2026-11-25T10:30:11.12+07:00"),
            (utc("2026-11-25T03:30:11.12Z"), utc("2026-11-25T03:30:11.13Z"))
        );
    }

    #[test]
    fn edges() {
        assert_eq!(range("2016-12-31T23:59:60Z").0, utc("2017-01-01T00:00:00Z"));
        assert_eq!(range("9999").1, i64::MAX);
        assert_eq!(range("2026-11-25T10:30:11.123456789Z").1 - range("2026-11-25T10:30:11.123456789Z").0, 1);
        for bad in [
            "",
            "26",
            "2026-13",
            "2026-02-30",
            "2026-1-1",
            "2026-11-25T",
            "2026-11-25T10",
            "2026-11-25T24:00:00Z",
            "2026-11-25T10:30:11.Z",
            "2026-11-25T10:30:11+15:00",
            "2026-11-25T10:30:11+0700",
            "0000",
            "2026-11-25 ",
        ] {
            assert!(PartialDate::parse(bad).is_err(), "{bad}");
        }
    }
}
