//! Decimal numbers without rounding: a whole number times a power of ten.

use std::cmp::Ordering;

#[derive(Debug, Clone, Copy)]
pub struct Exact {
    pub mantissa: i128,
    pub exponent: i32,
}

impl Exact {
    pub const fn new(mantissa: i128, exponent: i32) -> Self {
        Self { mantissa, exponent }
    }

    /// Reads `-12.50`, `1e2`. The exponent is that of the last written digit, so it tells the precision.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, power) = match text.split_once(['e', 'E']) {
            Some((digits, power)) => (digits, power.trim_start_matches('+').parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = whole.trim_start_matches('-');
        if plain.is_empty() || (digits.contains('.') && fraction.is_empty()) {
            return None;
        }
        if !plain.chars().chain(fraction.chars()).all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(Self::new(mantissa, power - i32::try_from(fraction.len()).ok()?))
    }

    pub fn times(self, other: Self) -> Self {
        Self::new(self.mantissa * other.mantissa, self.exponent + other.exponent)
    }

    pub fn plus(self, other: Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self::new(self.at(exponent) + other.at(exponent), exponent)
    }

    pub fn minus(self, other: Self) -> Self {
        self.plus(Self::new(-other.mantissa, other.exponent))
    }

    pub fn magnitude(self) -> Self {
        Self::new(self.mantissa.abs(), self.exponent)
    }

    /// Half a unit of the last written digit.
    pub fn half_step(self) -> Self {
        Self::new(5, self.exponent - 1)
    }

    fn at(self, exponent: i32) -> i128 {
        let power = u32::try_from(self.exponent - exponent).expect("a smaller exponent");
        self.mantissa * 10_i128.checked_pow(power).expect("numbers of the pools are small")
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let exponent = self.exponent.min(other.exponent);
        self.at(exponent).cmp(&other.at(exponent))
    }
}
