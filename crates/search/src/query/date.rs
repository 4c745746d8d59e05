//! Date values and their prefixes (R4 `search.html#prefix`, `search.html#date`).

use fhir::{DateRange, Instant};
use jiff::tz::TimeZone;

use super::prefix::prefixed;
use crate::{DateTest, Prefix};

/// Reads `ge2026-11` and the like. Without a prefix it is `eq`.
///
/// `ap` is the value widened on both sides by a tenth of the distance between its start and now, as R4
/// recommends; a resource matches when its range overlaps that.
pub(super) fn test(value: &str, zone: &TimeZone, now: Instant) -> Option<DateTest> {
    let (prefix, date) = prefixed(value);
    test_with(prefix, date, zone, now)
}

/// The same with the prefix apart.
pub(super) fn test_with(prefix: Prefix, date: &str, zone: &TimeZone, now: Instant) -> Option<DateTest> {
    let DateRange { mut low, mut high } = DateRange::parse(date, zone).ok()?;
    if prefix == Prefix::Approximately {
        let tenth = now.microseconds().saturating_sub(low).saturating_abs() / 10;
        low = low.saturating_sub(tenth);
        high = high.saturating_add(tenth);
    }
    Some(DateTest { prefix, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{moment, registry};

    fn check(value: &str, prefix: Prefix, low: &str, high: &str) {
        let now = Instant::try_from("2026-11-25T00:00:00Z").unwrap();
        let found = test(value, registry().time_zone(), now);
        assert_eq!(found, Some(DateTest { prefix, low: moment(low), high: moment(high) }), "{value}");
    }

    #[test]
    fn precision_gives_the_range() {
        check("2026", Prefix::Equal, "2025-12-31T17:00:00Z", "2026-12-31T17:00:00Z");
        check("eq2026-11-25", Prefix::Equal, "2026-11-24T17:00:00Z", "2026-11-25T17:00:00Z");
        check("ne2026-11-25T10:30Z", Prefix::NotEqual, "2026-11-25T10:30:00Z", "2026-11-25T10:31:00Z");
        for (text, prefix) in [
            ("gt", Prefix::GreaterThan),
            ("lt", Prefix::LessThan),
            ("ge", Prefix::GreaterOrEqual),
            ("le", Prefix::LessOrEqual),
            ("sa", Prefix::StartsAfter),
            ("eb", Prefix::EndsBefore),
        ] {
            check(
                &format!("{text}2026-11-25T10:30:11Z"),
                prefix,
                "2026-11-25T10:30:11Z",
                "2026-11-25T10:30:12Z",
            );
        }
    }

    #[test]
    fn approximately_is_a_tenth_of_the_distance_to_now() {
        check(
            "ap2026-11-15T00:00:00Z",
            Prefix::Approximately,
            "2026-11-14T00:00:00Z",
            "2026-11-16T00:00:01Z",
        );
        check(
            "ap2026-12-05T00:00:00Z",
            Prefix::Approximately,
            "2026-12-04T00:00:00Z",
            "2026-12-06T00:00:01Z",
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", "e", "eq", "xx2026", "eqeq2026", "2026-13", "EQ2026", " 2026", "ế"] {
            assert_eq!(test(bad, registry().time_zone(), Instant::from_microseconds(0)), None, "{bad}");
        }
    }
}
