//! Exact decimals of any size, as FHIR writes them.
//!
//! A number is kept as an integer and a power of ten, so that nothing is ever rounded, except where a division by
//! a unit's factor has no end. It is kept without trailing zeros: `1.0` and `1.00` are one number, and the
//! precision that is lost with them is read from the text ([`Decimal::implicit_range`]).

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use num_bigint::{BigInt, BigUint, Sign};

/// No measurement has more; a longer text is an attack on the index or on the arithmetic.
const MAX_DIGITS: usize = 400;

/// Room for the digits, sign, point and exponent; a longer text is not even looked at.
const MAX_LENGTH: usize = 500;

/// Largest power of ten of the last written digit, so that `1e999999999` is never written out.
const MAX_EXPONENT: i64 = 1000;

/// The digits of a quotient without an end: more than the sortable form keeps.
const QUOTIENT_DIGITS: i64 = 60;

/// The least integer with more digits than [`QUOTIENT_DIGITS`].
static QUOTIENT_LIMIT: LazyLock<BigUint> =
    LazyLock::new(|| BigUint::from(10_u32).pow(QUOTIENT_DIGITS as u32));

/// How far below its first digit a number is moved to come just beside it: behind every number of 30 digits,
/// before the last of the 40 that the sortable form keeps.
const BESIDE_DIGITS: i64 = 38;

/// The number just beside zero, nearer than any number that can be read or converted.
const BESIDE_ZERO_EXPONENT: i64 = -5000;

/// An exact decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Without a trailing zero, so that equal numbers are equal in their parts.
    digits: BigInt,
    /// The power of ten of the last digit; 0 for zero.
    exponent: i64,
}

impl Decimal {
    /// The number written as `-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?`.
    ///
    /// `None` for anything else, for more than 400 digits or 500 bytes, and when the last digit is worth less than
    /// 1e-1000 or more than 1e1000: numbers come from strangers and must be cheap.
    pub fn parse(lexeme: &str) -> Option<Self> {
        let (digits, exponent) = read(lexeme)?;
        Some(Self::new(digits, exponent))
    }

    /// The numbers that a search means by a number: all that round to it, from the first (inclusive) to the
    /// second (exclusive). `100` is 99.5 to 100.5, `100.00` is 99.995 to 100.005, `1e2` is 50 to 150.
    pub fn implicit_range(lexeme: &str) -> Option<(Self, Self)> {
        let (digits, exponent) = read(lexeme)?;
        let digits = digits * 10;
        Some((Self::new(&digits - 5, exponent - 1), Self::new(digits + 5, exponent - 1)))
    }

    /// `digits` times ten to the power of `exponent`.
    pub(crate) fn new(digits: BigInt, exponent: i64) -> Self {
        // A number that ends in decimal zeros ends in as many binary ones, so most numbers are done here.
        let Some(most) = digits.trailing_zeros() else {
            return Self { digits, exponent: 0 };
        };
        if most == 0 {
            return Self { digits, exponent };
        }
        if let Ok(mut small) = i64::try_from(&digits) {
            let mut zeros = 0;
            while small % 10 == 0 {
                small /= 10;
                zeros += 1;
            }
            return if zeros == 0 {
                Self { digits, exponent }
            } else {
                Self { digits: small.into(), exponent: exponent.saturating_add(zeros) }
            };
        }
        if &digits % 10_u32 != BigInt::ZERO {
            return Self { digits, exponent };
        }
        let text = digits.magnitude().to_string();
        let zeros = text.len() - text.trim_end_matches('0').len();
        Self { digits: digits / power_of_ten(zeros as u64), exponent: exponent.saturating_add(zeros as i64) }
    }

    /// The digits as an integer without trailing zeros, and the power of ten of the last one.
    pub(crate) fn parts(&self) -> (&BigInt, i64) {
        (&self.digits, self.exponent)
    }

    /// Whether the number is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    /// Whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        self.digits.sign() == Sign::Minus
    }

    /// The number without its sign.
    pub fn abs(&self) -> Self {
        Self { digits: self.digits.magnitude().clone().into(), exponent: self.exponent }
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Self {
        let (left, right, exponent) = self.aligned(other);
        Self::new(left + right, exponent)
    }

    /// The difference.
    pub fn subtract(&self, other: &Self) -> Self {
        let (left, right, exponent) = self.aligned(other);
        Self::new(left - right, exponent)
    }

    /// The product.
    pub fn multiply(&self, other: &Self) -> Self {
        Self::new(&self.digits * &other.digits, self.exponent.saturating_add(other.exponent))
    }

    /// A tenth, which is what a search takes for "approximately".
    pub fn tenth(&self) -> Self {
        self.times_power_of_ten(-1)
    }

    /// A number just above: no number of up to 30 digits lies between, and its sortable form is greater.
    pub fn just_above(&self) -> Self {
        self.add(&self.least_step())
    }

    /// A number just below: no number of up to 30 digits lies between, and its sortable form is less.
    pub fn just_below(&self) -> Self {
        self.subtract(&self.least_step())
    }

    /// The quotient by a positive integer that shares no factor with ten.
    ///
    /// Exact when it ends, which is when the integer divides the digits; else 60 digits, cut off. Cutting off
    /// depends on nothing but the number, so equal quantities stay equal whatever unit they come from.
    pub(crate) fn divide(&self, divisor: &BigInt) -> Self {
        if *divisor == BigInt::from(1) || self.is_zero() {
            return self.clone();
        }
        let whole = &self.digits / divisor;
        if &whole * divisor == self.digits {
            return Self::new(whole, self.exponent);
        }
        // A quotient has as many digits as the difference of the two counts, or one more.
        let more = QUOTIENT_DIGITS + digit_count(divisor) - digit_count(&self.digits);
        let shift = more.max(0);
        let quotient = &self.digits * power_of_ten(shift.unsigned_abs()) / divisor;
        // Counting digits is dear, and half of all quotients need it not.
        if quotient.magnitude() < &*QUOTIENT_LIMIT {
            return Self::new(quotient, self.exponent - shift);
        }
        let surplus = digit_count(&quotient) - QUOTIENT_DIGITS;
        Self::new(quotient / power_of_ten(surplus.unsigned_abs()), self.exponent - shift + surplus)
    }

    /// The power of ten of the first digit; of no meaning for zero.
    pub(crate) fn leading_exponent(&self) -> i64 {
        self.exponent.saturating_add(digit_count(&self.digits) - 1)
    }

    fn times_power_of_ten(&self, power: i64) -> Self {
        if self.is_zero() {
            return self.clone();
        }
        Self { digits: self.digits.clone(), exponent: self.exponent.saturating_add(power) }
    }

    fn least_step(&self) -> Self {
        let exponent =
            if self.is_zero() { BESIDE_ZERO_EXPONENT } else { self.leading_exponent() - BESIDE_DIGITS };
        Self { digits: 1.into(), exponent }
    }

    /// The digits of both numbers as multiples of the same power of ten, which comes third.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i64) {
        // Zero has no place of its own: it must not draw out a number far from one.
        let exponent = match (self.is_zero(), other.is_zero()) {
            (true, _) => other.exponent,
            (_, true) => self.exponent,
            _ => self.exponent.min(other.exponent),
        };
        let digits = |number: &Self| match number.exponent.saturating_sub(exponent) {
            shift @ 1.. => &number.digits * power_of_ten(shift.unsigned_abs()),
            _ => number.digits.clone(),
        };
        (digits(self), digits(other), exponent)
    }
}

/// The integer of all digits and the power of ten of the last one, as they are written.
fn read(lexeme: &str) -> Option<(BigInt, i64)> {
    if lexeme.len() > MAX_LENGTH {
        return None;
    }
    let (negative, unsigned) = match lexeme.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, lexeme),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || leading_zero || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if whole.len() + fraction.len() > MAX_DIGITS {
        return None;
    }
    let exponent = exponent.checked_sub(fraction.len() as i64)?;
    if exponent.unsigned_abs() > MAX_EXPONENT.unsigned_abs() {
        return None;
    }
    let digits = if whole.len() + fraction.len() <= 18 {
        let value = whole
            .bytes()
            .chain(fraction.bytes())
            .fold(0, |value: i64, byte| value * 10 + i64::from(byte - b'0'));
        BigInt::from(value)
    } else {
        BigInt::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10)?
    };
    Some((if negative { -digits } else { digits }, exponent))
}

/// How many decimal digits an integer has; 1 for zero.
fn digit_count(integer: &BigInt) -> i64 {
    match u128::try_from(integer.magnitude()) {
        Ok(0) => 1,
        Ok(small) => i64::from(small.ilog10()) + 1,
        Err(_) => integer.magnitude().to_string().len() as i64,
    }
}

fn power_of_ten(exponent: u64) -> BigInt {
    // Numbers are bounded where they come in, far below what would not fit.
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(u32::MAX))
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::new(value.into(), 0)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.digits.sign().cmp(&other.digits.sign());
        if signs != Ordering::Equal || self.is_zero() {
            return signs;
        }
        let magnitudes = self.leading_exponent().cmp(&other.leading_exponent());
        if magnitudes != Ordering::Equal {
            return if self.is_negative() { magnitudes.reverse() } else { magnitudes };
        }
        // With the same first place, aligning costs no more digits than the longer number has.
        let (left, right, _) = self.aligned(other);
        left.cmp(&right)
    }
}

impl fmt::Display for Decimal {
    /// Plain notation for usual sizes (`0.05`, `-1200`), else with an exponent (`1.5e-22`). [`Decimal::parse`]
    /// reads both.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.magnitude().to_string();
        if self.is_negative() {
            formatter.write_str("-")?;
        }
        let leading = self.leading_exponent();
        if !(-7..=20).contains(&leading) {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            return write!(formatter, "{first}{point}{rest}e{leading}");
        }
        if leading < 0 {
            let zeros = (-leading - 1).unsigned_abs() as usize;
            return write!(formatter, "0.{:0<zeros$}{digits}", "");
        }
        let whole = leading.unsigned_abs() as usize + 1;
        match digits.split_at_checked(whole) {
            Some((whole, "")) => formatter.write_str(whole),
            Some((whole, fraction)) => write!(formatter, "{whole}.{fraction}"),
            None => write!(formatter, "{digits:0<whole$}"),
        }
    }
}
