//! The factor of a unit as an exact fraction.
//!
//! Most factors are decimals. The others come from a division in a definition: a degree Fahrenheit is 5/9 kelvin,
//! a US survey foot 1200/3937 metres.

use num_bigint::BigInt;

use crate::Decimal;

/// The largest numerator and denominator, in bits, and the largest power of ten: far beyond any unit in use, and
/// small enough that a made-up one costs nothing.
const MAX_BITS: u64 = 4096;
const MAX_EXPONENT: u64 = 1000;
const MAX_POWER: u32 = 100;

/// A positive fraction.
#[derive(Clone, Debug)]
pub(crate) struct Fraction {
    numerator: Decimal,
    /// Shares no factor with ten, so that a value divides by it exactly or never ends.
    denominator: BigInt,
}

impl Fraction {
    pub(crate) fn one() -> Self {
        Self::from_decimal(Decimal::from(1))
    }

    pub(crate) fn from_decimal(numerator: Decimal) -> Self {
        Self { numerator, denominator: 1.into() }
    }

    /// `None` when the product is larger than any real unit.
    pub(crate) fn multiply(&self, other: &Self) -> Option<Self> {
        Self {
            numerator: self.numerator.multiply(&other.numerator),
            denominator: &self.denominator * &other.denominator,
        }
        .bounded()
    }

    /// The fraction to a power, which may be negative. `None` when it is larger than any real unit.
    pub(crate) fn power(&self, exponent: i32) -> Option<Self> {
        let times = exponent.unsigned_abs();
        let (digits, ten) = self.numerator.parts();
        if times > MAX_POWER || (digits.bits() + self.denominator.bits()) * u64::from(times) > MAX_BITS * 2 {
            return None;
        }
        let digits = digits.pow(times);
        let denominator = self.denominator.pow(times);
        let ten = ten * i64::from(times);
        if exponent < 0 {
            Self::divide(denominator, digits, -ten)
        } else {
            Self::divide(digits, denominator, ten)
        }
    }

    /// A value times this fraction.
    pub(crate) fn apply(&self, value: &Decimal) -> Decimal {
        value.multiply(&self.numerator).divide(&self.denominator)
    }

    fn divide(mut numerator: BigInt, mut denominator: BigInt, mut ten: i64) -> Option<Self> {
        // What a denominator shares with ten goes into the power of ten: 1/4 is 25/100.
        for (factor, counterpart) in [(2, 5), (5, 2)] {
            while &denominator % factor == BigInt::ZERO {
                denominator /= factor;
                numerator *= counterpart;
                ten -= 1;
            }
        }
        Self { numerator: Decimal::new(numerator, ten), denominator }.bounded()
    }

    fn bounded(self) -> Option<Self> {
        let (digits, ten) = self.numerator.parts();
        let small = digits.bits() <= MAX_BITS && self.denominator.bits() <= MAX_BITS;
        (small && ten.unsigned_abs() <= MAX_EXPONENT).then_some(self)
    }
}
