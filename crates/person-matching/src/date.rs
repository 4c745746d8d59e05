//! A birth date as precise as it is known, and how two of them compare.

use jiff::civil::Date;

use crate::field::Outcome;
use crate::slip::is_one_slip;

/// A birth date, as FHIR writes it: a year, a month, or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthDate {
    /// Only the year is known, as of many who were born before 1975.
    Year(i16),
    /// Year and month are known.
    Month(i16, i8),
    /// The day is known.
    Day(Date),
}

impl BirthDate {
    pub(crate) fn year(self) -> i16 {
        match self {
            BirthDate::Year(year) | BirthDate::Month(year, _) => year,
            BirthDate::Day(date) => date.year(),
        }
    }

    /// The day, unless it is the first of January: forms that demand a day get that one for "some day of the year".
    pub(crate) fn meant_day(self) -> Option<Date> {
        match self {
            BirthDate::Day(date) => ((date.month(), date.day()) != (1, 1)).then_some(date),
            _ => None,
        }
    }

    pub(crate) fn compare(self, other: BirthDate) -> Outcome {
        let (Some(one), Some(two)) = (self.meant_day(), other.meant_day()) else {
            let months = (self.meant_month(), other.meant_month());
            let months_differ = matches!(months, (Some(one), Some(two)) if one != two);
            return match (self.year() == other.year(), months_differ) {
                (true, false) => Outcome::YearOnly,
                (true, true) => Outcome::SameYear,
                (false, _) => Outcome::Different,
            };
        };
        let (same_year, same_month, same_day) =
            (one.year() == two.year(), one.month() == two.month(), one.day() == two.day());
        let digits =
            |date: Date| format!("{:02}{:02}{:04}", date.day(), date.month(), date.year().unsigned_abs());
        match (same_year, same_month && same_day) {
            (true, true) => Outcome::Same,
            (true, false) if one.month() == two.day() && one.day() == two.month() => Outcome::Swapped,
            (false, true) if one.year().abs_diff(two.year()) == 1 => Outcome::YearOff,
            _ if is_one_slip(&digits(one), &digits(two)) => Outcome::OneSlip,
            (true, false) => Outcome::SameYear,
            (false, true) => Outcome::SameDay,
            (false, false) => Outcome::Different,
        }
    }

    fn meant_month(self) -> Option<i8> {
        match self {
            BirthDate::Year(_) => None,
            BirthDate::Month(_, month) => Some(month),
            BirthDate::Day(_) => self.meant_day().map(|date| date.month()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn slips_of_dates() {
        let day = |year, month, day| BirthDate::Day(date(year, month, day));
        let born = day(1985, 3, 7);
        for (other, outcome) in [
            (born, Outcome::Same),
            (day(1985, 7, 3), Outcome::Swapped),
            (day(1986, 3, 7), Outcome::YearOff),
            (day(1958, 3, 7), Outcome::OneSlip),
            (day(1995, 3, 7), Outcome::OneSlip),
            (day(1985, 3, 17), Outcome::OneSlip),
            (day(1985, 3, 8), Outcome::OneSlip),
            (day(1985, 3, 18), Outcome::SameYear),
            (day(1985, 1, 1), Outcome::YearOnly),
            (BirthDate::Year(1985), Outcome::YearOnly),
            (BirthDate::Month(1985, 3), Outcome::YearOnly),
            (BirthDate::Month(1985, 4), Outcome::SameYear),
            (BirthDate::Year(1986), Outcome::Different),
            (day(1971, 3, 7), Outcome::SameDay),
            (day(1971, 12, 24), Outcome::Different),
        ] {
            assert_eq!(born.compare(other), outcome, "{other:?}");
            assert_eq!(other.compare(born), outcome, "{other:?}");
        }
        assert_eq!(day(1950, 1, 1).compare(day(1950, 1, 1)), Outcome::YearOnly, "the day says nothing");
    }
}
