//! Dates and moments of the nation: day arithmetic that cannot fail, and text as FHIR writes it.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::Date;

/// The day `days` after `date`, or before it when negative.
pub(crate) fn days_after(date: Date, days: i64) -> Date {
    date.saturating_add(SignedDuration::from_hours(24 * days))
}

/// The days from `earlier` to `later`, negative when they are the other way round.
pub(crate) fn days_between(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

/// The day of the year counted from 0; the last day when the year is shorter.
pub(crate) fn day_of(year: i64, day: i64) -> Date {
    let first = Date::new(year.clamp(1, 9998) as i16, 1, 1).unwrap_or(Date::ZERO);
    days_after(first, day.clamp(0, i64::from(first.days_in_year()) - 1))
}

/// Completed years of age on a day.
pub(crate) fn age(born: Date, on: Date) -> i64 {
    let years = i64::from(on.year()) - i64::from(born.year());
    if (on.month(), on.day()) < (born.month(), born.day()) { years - 1 } else { years }
}

/// A day and a minute in Vietnam, which has had one time zone and no summer time since 1975.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) date: Date,
    pub(crate) minute: i64,
}

impl Moment {
    /// The moment so many minutes later.
    pub(crate) fn later(self, minutes: i64) -> Moment {
        let minute = self.minute + minutes;
        Moment { date: days_after(self.date, minute.div_euclid(1440)), minute: minute.rem_euclid(1440) }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}T{:02}:{:02}:00+07:00", self.date, self.minute / 60, self.minute % 60)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_and_ages() {
        assert_eq!(days_after(date(2024, 2, 28), 2), date(2024, 3, 1));
        assert_eq!(days_between(date(2024, 3, 1), date(2024, 2, 28)), -2);
        assert_eq!(day_of(2023, 365), date(2023, 12, 31));
        assert_eq!(age(date(2020, 6, 15), date(2026, 6, 14)), 5);
        let late = Moment { date: date(2026, 12, 31), minute: 1439 };
        assert_eq!(late.later(2).to_string(), "2027-01-01T00:01:00+07:00");
    }
}
