//! Moments: durations added, ends of written periods, birthdays at midnight in Vietnam.

use fhir::{DateRange, Instant};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Seconds of an hour.
pub const HOUR: i64 = 3_600;
/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// What has no end.
pub const NEVER: Instant = Instant::from_microseconds(i64::MAX);

/// So many seconds later, or earlier.
pub fn plus(at: Instant, seconds: i64) -> Instant {
    Instant::from_microseconds(at.microseconds().saturating_add(seconds.saturating_mul(1_000_000)))
}

/// The zone in which people are born and come of age.
pub fn zone() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(7)))
}

/// A birth date: `YYYY-MM-DD` and nothing else.
pub fn birth_date(text: &str) -> Option<Date> {
    let date: Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
    (date.to_string() == text).then_some(date)
}

/// The first moment of the birthday on which somebody has this age. Who was born on 29 February has it on 1 March
/// in other years.
pub fn birthday(birth: Date, age: i16) -> Option<Instant> {
    let year = birth.year().checked_add(age)?;
    let date = Date::new(year, birth.month(), birth.day()).or_else(|_| Date::new(year, 3, 1)).ok()?;
    let start = zone().to_timestamp(date.to_datetime(Time::midnight())).ok()?;
    Some(Instant::from_microseconds(start.as_microsecond()))
}

/// Whether somebody has this age.
pub fn is_of_age(birth: Date, age: i16, now: Instant) -> bool {
    birthday(birth, age).is_some_and(|reached| reached <= now)
}

/// The day in Vietnam.
pub fn day(at: Instant) -> Option<Date> {
    Some(zone().to_datetime(Timestamp::from_microsecond(at.microseconds()).ok()?).date())
}

/// The same day of another month or year, cut to the month's end.
pub fn days_later(date: Date, days: i32) -> Option<Date> {
    date.checked_add(i64::from(days).days()).ok()
}

/// The first moment that a written date covers.
pub fn start_of(text: &str) -> Option<Instant> {
    DateRange::parse(text, &zone()).ok().map(|range| Instant::from_microseconds(range.low))
}

/// The first moment after a written end: what is written is part of the period (R4 datatypes, `Period`).
pub fn end_of(text: &str) -> Option<Instant> {
    DateRange::parse(text, &zone()).ok().map(|range| Instant::from_microseconds(range.high))
}

/// How an end is written: the last millisecond before it, but nothing before the beginning.
pub fn written_end(begins: Instant, ends: Instant) -> String {
    let last = Instant::from_microseconds(ends.microseconds().saturating_sub(1_000)).truncated_to_millis();
    last.max(begins.truncated_to_millis()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majority_begins_at_midnight_in_vietnam() {
        let birth = birth_date("2008-11-28").unwrap();
        let eighteen = birthday(birth, 18).unwrap();
        assert_eq!(eighteen.to_string(), "2026-11-27T17:00:00.000Z");
        assert!(!is_of_age(birth, 18, Instant::from_microseconds(eighteen.microseconds() - 1)));
        assert!(is_of_age(birth, 18, eighteen));
        let leap = birth_date("2008-02-29").unwrap();
        assert_eq!(birthday(leap, 18).unwrap().to_string(), "2026-02-28T17:00:00.000Z", "1 March");
        assert_eq!(birthday(leap, 16).unwrap().to_string(), "2024-02-28T17:00:00.000Z", "29 February");
    }

    #[test]
    fn only_whole_dates_are_birth_dates() {
        assert!(birth_date("1990-05-04").is_some());
        for bad in [
            "",
            "1990",
            "1990-05",
            "1990-13-01",
            "1990-02-30",
            "19900504",
            "1990-05-04T00:00:00Z",
            "+001990-05",
        ] {
            assert!(birth_date(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_written_end_is_the_first_moment_after() {
        assert_eq!(end_of("2026-11-28").unwrap().to_string(), "2026-11-28T17:00:00.000Z");
        assert_eq!(end_of("2026-11-28T09:59:59.999Z").unwrap().to_string(), "2026-11-28T10:00:00.000Z");
        let (noon, later) =
            (start_of("2026-11-28T10:00:00.000Z").unwrap(), plus(start_of("2026-11-28").unwrap(), DAY));
        assert_eq!(end_of(&written_end(noon, later)), Some(later));
        assert_eq!(written_end(noon, noon), noon.to_string(), "never before the beginning (R4 per-1)");
        assert_eq!(start_of("2026-11-28").unwrap().to_string(), "2026-11-27T17:00:00.000Z");
        assert!(end_of("soon").is_none());
    }

    #[test]
    fn nothing_overflows() {
        assert_eq!(plus(NEVER, DAY), NEVER);
        assert_eq!(plus(Instant::from_microseconds(0), i64::MAX), NEVER);
    }
}
