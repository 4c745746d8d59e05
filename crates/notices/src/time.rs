//! Days, months and nights in Vietnam, which has had no summer time since 1975.

use fhir::Instant;

use crate::rule::RuleSettings;

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
    // The text of a moment of this zone, as if it were UTC, begins with year and month.
    let text = Instant::from_microseconds(at.microseconds().saturating_add(ZONE)).to_string();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i64>().ok());
    let (year, month) = (number(0..4).unwrap_or_default(), number(5..7).unwrap_or_default());
    year.saturating_mul(12).saturating_add(month)
}

/// A moment as people read it: `28/11/2026 19:05`.
pub(crate) fn for_people(at: Instant) -> String {
    let text = Instant::from_microseconds(at.microseconds().saturating_add(ZONE)).to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    format!("{}/{}/{} {}", part(8..10), part(5..7), part(0..4), part(11..16))
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
        assert_eq!(for_people(at("2026-11-28T17:05:00Z")), "29/11/2026 00:05");
    }
}
