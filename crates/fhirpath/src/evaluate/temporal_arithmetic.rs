//! Dates and times plus and minus durations.
//!
//! The result has the precision of the date. A duration finer than that is converted to it first and its
//! remainder dropped; months and years keep to the calendar, so January 31 plus a month is the last of February.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::calendar::days_in_month;
use crate::error::EvaluateError;
use crate::quantity::{CalendarUnit, Quantity, Unit};
use crate::temporal::{NANOSECONDS, Precision, Temporal, TemporalKind};

const DAY: i128 = 86_400 * NANOSECONDS;

/// The date plus (or minus) the duration; `None` when it leaves the years 1 to 9999.
pub(super) fn add(
    temporal: Temporal,
    duration: &Quantity,
    subtract: bool,
) -> Result<Option<Temporal>, EvaluateError> {
    let wrong = EvaluateError::WrongType(if subtract { "-" } else { "+" });
    let unit = match &duration.unit {
        Unit::Calendar(unit) => *unit,
        Unit::Ucum(code) => definite(code).ok_or(wrong.clone())?,
    };
    if temporal.kind == TemporalKind::Time && nanoseconds(unit).is_none_or(|length| length >= DAY) {
        return Err(wrong);
    }
    let amount = if subtract { -duration.value } else { duration.value };
    Ok(shift(temporal, amount, unit))
}

/// The unit of a UCUM code. A mean month or year (`mo`, `a`) cannot be added to a date.
fn definite(code: &str) -> Option<CalendarUnit> {
    Some(match code {
        "wk" => CalendarUnit::Week,
        "d" => CalendarUnit::Day,
        "h" => CalendarUnit::Hour,
        "min" => CalendarUnit::Minute,
        "s" => CalendarUnit::Second,
        "ms" => CalendarUnit::Millisecond,
        _ => return CalendarUnit::named(code),
    })
}

fn nanoseconds(unit: CalendarUnit) -> Option<i128> {
    Some(match unit {
        CalendarUnit::Year | CalendarUnit::Month => return None,
        CalendarUnit::Week => 7 * DAY,
        CalendarUnit::Day => DAY,
        CalendarUnit::Hour => 3600 * NANOSECONDS,
        CalendarUnit::Minute => 60 * NANOSECONDS,
        CalendarUnit::Second => NANOSECONDS,
        CalendarUnit::Millisecond => NANOSECONDS / 1000,
    })
}

fn shift(temporal: Temporal, amount: Decimal, unit: CalendarUnit) -> Option<Temporal> {
    let Some(length) = nanoseconds(unit) else {
        let months = if unit == CalendarUnit::Year { 12 } else { 1 }
            * amount.trunc().to_i64()?.clamp(-200_000, 200_000);
        return shift_months(temporal, months);
    };
    let total = if length > NANOSECONDS {
        amount.trunc().to_i128()?.checked_mul(length)?
    } else {
        amount.checked_mul(Decimal::from_i128_with_scale(length, 0))?.trunc().to_i128()?
    };
    let step = match temporal.precision {
        Precision::Year => {
            return shift_months(temporal, i64::try_from(total / DAY / 365).ok()?.checked_mul(12)?);
        }
        Precision::Month => return shift_months(temporal, i64::try_from(total / DAY / 30).ok()?),
        Precision::Day => DAY,
        Precision::Hour => 3600 * NANOSECONDS,
        Precision::Minute => 60 * NANOSECONDS,
        Precision::Second => 1,
    };
    let local = temporal.local().checked_add(total / step * step)?;
    let local = if temporal.kind == TemporalKind::Time { local.rem_euclid(DAY) } else { local };
    let mut result = temporal.with_local(local)?;
    if result.nanosecond != 0 {
        result.fraction_digits = result.fraction_digits.max(3);
    }
    Some(result)
}

fn shift_months(temporal: Temporal, months: i64) -> Option<Temporal> {
    let months = if temporal.precision == Precision::Year { months / 12 * 12 } else { months };
    let index = (i64::from(temporal.year) * 12 + i64::from(temporal.month) - 1).checked_add(months)?;
    let year = i16::try_from(index.div_euclid(12)).ok().filter(|year| (1..=9999).contains(year))?;
    let month = u8::try_from(index.rem_euclid(12) + 1).ok()?;
    Some(Temporal { year, month, day: temporal.day.min(days_in_month(year, month)), ..temporal })
}
