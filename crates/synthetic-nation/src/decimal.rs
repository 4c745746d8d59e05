//! Decimal numbers with a fixed number of places: a laboratory that reports 5.60 did not report 5.6.

use std::fmt;

/// A number of hundredths, tenths or units, written with all its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal {
    units: i64,
    places: u32,
}

impl Decimal {
    /// The number rounded to `places` places.
    pub(crate) fn rounded(value: f64, places: u32) -> Decimal {
        Decimal { units: (value * 10_i64.pow(places) as f64).round() as i64, places }
    }

    /// The value that is written, for further arithmetic.
    pub(crate) fn value(self) -> f64 {
        self.units as f64 / 10_i64.pow(self.places) as f64
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places == 0 {
            return write!(out, "{}", self.units);
        }
        let scale = 10_i64.pow(self.places);
        let sign = if self.units < 0 { "-" } else { "" };
        let (whole, rest) = (self.units.abs() / scale, self.units.abs() % scale);
        write!(out, "{sign}{whole}.{rest:0width$}", width = self.places as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept() {
        assert_eq!(Decimal::rounded(5.6, 2).to_string(), "5.60");
        assert_eq!(Decimal::rounded(-0.05, 2).to_string(), "-0.05");
        assert_eq!(Decimal::rounded(120.4, 0).to_string(), "120");
        assert_eq!(Decimal::rounded(22.96, 1).to_string(), "23.0");
    }
}
