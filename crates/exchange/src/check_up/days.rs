//! The days of the message: the decision writes `yyyyMMddHHmm` and `yyyyMMdd`, its printed sample `ddMMyyyy`.
//!
//! Both are read. Of eight digits at most one reading is a day of the years 1900 to 2100: the month of the one stands where
//! the century of the other does. Six digits (`ddMMyy`, `yyMMdd`) tell neither order nor century, and are refused.

use jiff::civil::{Date, DateTime};

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoDay {
    /// It is none in any order.
    Wrong,
    /// It can be read as more than one.
    Ambiguous,
}

/// The years that a day of a message can be of.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2100;

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    YEARS.contains(&date.year()).then_some(date)
}

/// The day of eight digits.
fn day(digits: &str) -> Result<Date, NoDay> {
    let by = |year: std::ops::Range<usize>, month: std::ops::Range<usize>, day: std::ops::Range<usize>| {
        date(digits.get(year)?, digits.get(month)?, digits.get(day)?)
    };
    match (by(0..4, 4..6, 6..8), by(4..8, 2..4, 0..2)) {
        (Some(_), Some(_)) => Err(NoDay::Ambiguous),
        (Some(date), None) | (None, Some(date)) => Ok(date),
        (None, None) => Err(NoDay::Wrong),
    }
}

/// Reads a day, with hour and minute where they are told.
pub(super) fn read(text: &str) -> Result<DateTime, NoDay> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoDay::Wrong);
    }
    match text.len() {
        6 => Err(NoDay::Ambiguous),
        8 => Ok(day(text)?.at(0, 0, 0, 0)),
        12 => {
            let (digits, time) = text.split_at(8);
            let (hour, minute) = time.split_at(2);
            let (hour, minute): (i8, i8) =
                (hour.parse().map_err(|_| NoDay::Wrong)?, minute.parse().map_err(|_| NoDay::Wrong)?);
            if hour > 23 || minute > 59 {
                return Err(NoDay::Wrong);
            }
            Ok(day(digits)?.at(hour, minute, 0, 0))
        }
        _ => Err(NoDay::Wrong),
    }
}

/// `yyyyMMddHHmm`.
pub(super) fn write_time(time: DateTime) -> String {
    format!("{}{:02}{:02}", write_day(time.date()), time.hour(), time.minute())
}

/// `yyyyMMdd`.
pub(super) fn write_day(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// `yyyy-MM-dd`, as FHIR has it.
pub(super) fn fhir_day(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// `yyyy-MM-ddTHH:mm:00+07:00`: Vietnam has one zone and no summer time.
pub(super) fn fhir_time(time: DateTime) -> String {
    format!("{}T{:02}:{:02}:00+07:00", fhir_day(time.date()), time.hour(), time.minute())
}

/// Reads what [`fhir_day`] and [`fhir_time`] write.
pub(super) fn from_fhir(text: &str) -> Option<DateTime> {
    let date: Date = text.get(..10)?.parse().ok()?;
    match text.get(10..) {
        None | Some("") => Some(date.at(0, 0, 0, 0)),
        Some(time) => {
            let hour = time.get(1..3)?.parse().ok()?;
            let minute = time.get(4..6)?.parse().ok()?;
            Some(date.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read_and_the_decision_is_written() {
        for (text, day) in [
            ("202406150512", "202406150512"),
            ("20240615", "202406150000"),
            ("15062024", "202406150000"),
            ("18062026", "202606180000"),
            ("150620240512", "202406150512"),
            ("20102019", "201910200000"),
            ("20012001", "200101200000"),
            ("19121920", "192012190000"),
        ] {
            assert_eq!(read(text).map(write_time), Ok(day.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_day_of_these_years_can_be_read_as_another() {
        let mut date = jiff::civil::date(1900, 1, 1);
        let last = jiff::civil::date(2100, 12, 31);
        while date < last {
            let reversed = format!("{:02}{:02}{:04}", date.day(), date.month(), date.year());
            assert_eq!(day(&write_day(date)), Ok(date));
            assert_eq!(day(&reversed), Ok(date));
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2024",
            "20240230",
            "31042024",
            "2024061505",
            "202406152400",
            "202406151060",
            "2024-06-15",
            "18991231",
            "01011899",
        ] {
            assert_eq!(read(text), Err(NoDay::Wrong), "{text}");
        }
        for text in ["010203", "240615"] {
            assert_eq!(read(text), Err(NoDay::Ambiguous), "{text}");
        }
    }

    #[test]
    fn fhir_and_back() {
        let time = read("202406150512").unwrap();
        assert_eq!(fhir_time(time), "2024-06-15T05:12:00+07:00");
        assert_eq!(from_fhir(&fhir_time(time)), Some(time));
        assert_eq!(from_fhir("2024-06-15"), Some(time.date().at(0, 0, 0, 0)));
        assert_eq!(from_fhir("2024"), None);
    }
}
