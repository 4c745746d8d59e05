//! Numbers with a unit: UCUM codes and the calendar durations of FHIRPath.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::units::{self, Measure};

/// A calendar duration such as `1 month`. Unlike `'mo'` it has no fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// `year`
    Year,
    /// `month`
    Month,
    /// `week`
    Week,
    /// `day`
    Day,
    /// `hour`
    Hour,
    /// `minute`
    Minute,
    /// `second`
    Second,
    /// `millisecond`
    Millisecond,
}

impl CalendarUnit {
    /// The unit of a keyword in singular or plural.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "year" | "years" => Self::Year,
            "month" | "months" => Self::Month,
            "week" | "weeks" => Self::Week,
            "day" | "days" => Self::Day,
            "hour" | "hours" => Self::Hour,
            "minute" | "minutes" => Self::Minute,
            "second" | "seconds" => Self::Second,
            "millisecond" | "milliseconds" => Self::Millisecond,
            _ => return None,
        })
    }

    /// The keyword in singular.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
        }
    }

    /// The UCUM code nearest to it; the same length except for years and months.
    pub fn ucum(self) -> &'static str {
        match self {
            Self::Year => "a",
            Self::Month => "mo",
            Self::Week => "wk",
            Self::Day => "d",
            Self::Hour => "h",
            Self::Minute => "min",
            Self::Second => "s",
            Self::Millisecond => "ms",
        }
    }

    /// Whether its length depends on the calendar.
    fn varies(self) -> bool {
        matches!(self, Self::Year | Self::Month)
    }
}

/// The unit of a quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// A UCUM code; `1` for none.
    Ucum(Arc<str>),
    /// A calendar duration.
    Calendar(CalendarUnit),
}

/// A number with a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: Decimal,
    /// The unit.
    pub unit: Unit,
}

impl Quantity {
    /// A number in a UCUM unit.
    pub fn ucum(value: Decimal, code: &str) -> Self {
        Self { value, unit: Unit::Ucum(code.into()) }
    }

    /// A number without a unit.
    pub fn plain(value: Decimal) -> Self {
        Self::ucum(value, "1")
    }

    /// The unit as text: the code or the keyword.
    pub fn unit_text(&self) -> &str {
        match &self.unit {
            Unit::Ucum(code) => code,
            Unit::Calendar(unit) => unit.name(),
        }
    }

    fn code(&self) -> &str {
        match &self.unit {
            Unit::Ucum(code) => code,
            Unit::Calendar(unit) => unit.ucum(),
        }
    }

    /// Both values in one unit, or `None` if they cannot be compared. Years and months of the calendar compare
    /// among themselves, and with their UCUM namesakes only when `loosely`.
    fn common(&self, other: &Self, loosely: bool) -> Option<(Decimal, Decimal)> {
        let months = |unit: &Unit| match unit {
            Unit::Calendar(CalendarUnit::Year) => Some(Decimal::from(12)),
            Unit::Calendar(CalendarUnit::Month) => Some(Decimal::ONE),
            _ => None,
        };
        if self.unit == other.unit {
            return Some((self.value, other.value));
        }
        match (months(&self.unit), months(&other.unit)) {
            (Some(first), Some(second)) => {
                return Some((self.value.checked_mul(first)?, other.value.checked_mul(second)?));
            }
            (None, None) => {}
            _ if loosely => {}
            _ => return None,
        }
        if self.code() == other.code() {
            return Some((self.value, other.value));
        }
        let (first, second) = (units::measure(self.code())?, units::measure(other.code())?);
        if first.dimensions != second.dimensions {
            return None;
        }
        let scale = |value: Decimal, own: Decimal, other: Decimal| value.checked_mul(own)?.checked_mul(other);
        Some((
            scale(self.value, first.numerator, second.denominator)?,
            scale(other.value, second.numerator, first.denominator)?,
        ))
    }

    /// The order of two quantities, or `None` if their units cannot be compared.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        self.common(other, false).map(|(first, second)| first.cmp(&second))
    }

    /// Whether the units measure the same kind of thing.
    pub fn comparable(&self, other: &Self) -> bool {
        self.common(other, false).is_some()
    }

    /// Equality at the precision of the less precise number.
    pub fn equivalent(&self, other: &Self) -> bool {
        let Some((first, second)) = self.common(other, true) else {
            return false;
        };
        if first == second {
            return true;
        }
        // The precision is that of the number as written, so it is applied in the unit of that number.
        let (coarse, fine) =
            if precision(self.value) <= precision(other.value) { (self, other) } else { (other, self) };
        let Some(ratio) = coarse.ratio(fine) else {
            return false;
        };
        let digits = precision(coarse.value);
        fine.value
            .checked_mul(ratio)
            .is_some_and(|value| value.round_dp(digits) == coarse.value.round_dp(digits))
    }

    /// How many of this unit one unit of the other is.
    fn ratio(&self, other: &Self) -> Option<Decimal> {
        if self.code() == other.code() {
            return Some(Decimal::ONE);
        }
        units::measure(other.code())?.ratio(&units::measure(self.code())?)
    }

    /// The product, in base units where both have one.
    pub fn multiply(&self, other: &Self) -> Option<Self> {
        if other.code() == "1" {
            return Some(Self { value: self.value.checked_mul(other.value)?, unit: self.unit.clone() });
        }
        if self.code() == "1" {
            return other.multiply(self);
        }
        let measure = self.measure()?.times(&other.measure()?)?;
        let value = self.value.checked_mul(other.value)?;
        Some(Self::ucum(measure.in_base_units(value)?, &measure.code()))
    }

    /// The quotient, in base units where both have one; `None` for a division by zero.
    pub fn divide(&self, other: &Self) -> Option<Self> {
        let value = self.value.checked_div(other.value)?;
        if other.code() == "1" {
            return Some(Self { value, unit: self.unit.clone() });
        }
        if self.code() == other.code() {
            return Some(Self::plain(value));
        }
        let measure = self.measure()?.times(&other.measure()?.inverse()?)?;
        Some(Self::ucum(measure.in_base_units(value)?, &measure.code()))
    }

    fn measure(&self) -> Option<Measure> {
        match self.unit {
            Unit::Calendar(unit) if unit.varies() => None,
            _ => units::measure(self.code()),
        }
    }

    /// The base units and the number of them; the unit itself when it has no measure.
    pub(crate) fn in_base_units(&self) -> (String, Decimal) {
        let measured =
            self.measure().and_then(|measure| Some((measure.code(), measure.in_base_units(self.value)?)));
        measured.unwrap_or_else(|| (self.unit_text().to_owned(), self.value))
    }

    /// The sum in the unit of the first; `None` if the units differ in kind.
    pub fn add(&self, other: &Self, sign: Decimal) -> Option<Self> {
        self.common(other, false)?;
        let ratio = match (&self.unit, &other.unit) {
            (Unit::Calendar(CalendarUnit::Year), Unit::Calendar(CalendarUnit::Month)) => {
                Decimal::ONE.checked_div(Decimal::from(12))?
            }
            (Unit::Calendar(CalendarUnit::Month), Unit::Calendar(CalendarUnit::Year)) => Decimal::from(12),
            _ => self.ratio(other)?,
        };
        let value = self.value.checked_add(other.value.checked_mul(ratio)?.checked_mul(sign)?)?;
        Some(Self { value, unit: self.unit.clone() })
    }

    /// Reads what `toQuantity()` accepts: a number, and after it a quoted unit or a calendar duration.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end)?;
        let value = parse_plain_decimal(number)?;
        let unit = unit.trim();
        if unit.is_empty() {
            return Some(Self::plain(value));
        }
        if let Some(code) = unit.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return (!code.is_empty()).then(|| Self::ucum(value, code));
        }
        CalendarUnit::named(unit).map(|unit| Self { value, unit: Unit::Calendar(unit) })
    }
}

/// A number of the form `(+|-)? digits (. digits)?`.
pub fn parse_plain_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

/// Decimal places without trailing zeros.
pub fn precision(value: Decimal) -> u32 {
    value.normalize().scale()
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Ucum(code) => write!(out, "{} '{code}'", self.value),
            Unit::Calendar(unit) if self.value.abs() == Decimal::ONE => {
                write!(out, "{} {}", self.value, unit.name())
            }
            Unit::Calendar(unit) => write!(out, "{} {}s", self.value, unit.name()),
        }
    }
}
