//! Days, months and nights in Vietnam, which has had no summer time since 1975.

use fhir::Instant;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};

use crate::rule::RuleSettings;
use crate::text::Texts;

const HOUR: i64 = 3_600 * 1_000_000;
const DAY: i64 = 24 * HOUR;
const ZONE: i64 = 7 * HOUR;

/// The day, counted from 1970.
pub(crate) fn day(at: Instant) -> i64 {
    at.microseconds().saturating_add(ZONE).div_euclid(DAY)
}

/// The hour of the day.
fn hour(at: Instant) -> i64 {
    at.microseconds().saturating_add(ZONE).rem_euclid(DAY) / HOUR
}

/// The night in which a moment is, named by the day on which it begins; `None` by day.
pub(crate) fn night(at: Instant, settings: &RuleSettings) -> Option<i64> {
    let hour = hour(at);
    if hour >= i64::from(settings.night_begins) {
        Some(day(at))
    } else {
        (hour < i64::from(settings.night_ends)).then(|| day(at).saturating_sub(1))
    }
}

/// The month of the calendar, counted from year 0.
pub(crate) fn month(at: Instant) -> i64 {
    let moment = in_vietnam(at);
    i64::from(moment.year()) * 12 + i64::from(moment.month())
}

/// A moment as people read it, in Vietnam: `28/11/2026 19:05`, `28 November 2026, 19:05`.
pub fn for_people(at: Instant) -> Texts {
    let moment = in_vietnam(at);
    Texts {
        vietnamese: moment.strftime("%d/%m/%Y %H:%M").to_string(),
        english: moment.strftime("%-d %B %Y, %H:%M").to_string(),
    }
}

/// A day as people read it, in Vietnam: `28/11/2026`, `28 November 2026`.
pub fn day_for_people(at: Instant) -> Texts {
    let day = in_vietnam(at);
    Texts { vietnamese: day.strftime("%d/%m/%Y").to_string(), english: day.strftime("%-d %B %Y").to_string() }
}

/// What clock and calendar say there.
fn in_vietnam(at: Instant) -> DateTime {
    let moment = Timestamp::from_microsecond(at.microseconds()).unwrap_or(Timestamp::MAX);
    TimeZone::fixed(offset(7)).to_datetime(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::try_from(text).unwrap()
    }

    #[test]
    fn a_night_is_named_by_the_day_on_which_it_begins() {
        let settings = RuleSettings::default();
        let evening = night(at("2026-11-28T22:00:00+07:00"), &settings);
        assert_eq!(evening, Some(day(at("2026-11-28T12:00:00+07:00"))));
        assert_eq!(night(at("2026-11-29T05:59:59+07:00"), &settings), evening);
        assert_eq!(night(at("2026-11-29T06:00:00+07:00"), &settings), None);
        assert_eq!(night(at("2026-11-28T21:59:59+07:00"), &settings), None);
        assert_ne!(night(at("2026-11-29T22:00:00+07:00"), &settings), evening);
    }

    #[test]
    fn months_and_days_are_those_of_vietnam() {
        assert_ne!(month(at("2026-11-30T23:59:59+07:00")), month(at("2026-12-01T00:00:00+07:00")));
        assert_eq!(month(at("2026-12-01T00:00:00+07:00")), month(at("2026-12-31T12:00:00Z")));
        assert_eq!(day(at("2026-11-28T17:00:00Z")), day(at("2026-11-28T16:59:59Z")) + 1);
        let moment = for_people(at("2026-11-28T17:05:00Z"));
        assert_eq!((&*moment.vietnamese, &*moment.english), ("29/11/2026 00:05", "29 November 2026, 00:05"));
        // Which number is the day and which the month is not left to the reader.
        assert_eq!(for_people(at("2026-12-01T04:18:00+07:00")).english, "1 December 2026, 04:18");
    }
}
