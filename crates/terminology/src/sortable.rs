//! Bytes that sort like the numbers they stand for, for an index that compares bytes.
//!
//! A number is taken as `0.PPPP` times a power of 100, where every `P` is a pair of decimal digits. One byte tells
//! the sign and the power, then each pair is a byte. `120` takes 3 bytes, `36.6` takes 3, `309.75` takes 4.
//!
//! | First byte      | Meaning                                                                        |
//! |-----------------|--------------------------------------------------------------------------------|
//! | `0x80`          | zero                                                                           |
//! | `0x84`..=`0xFC` | positive, power -60 to 60                                                      |
//! | `0xFD`, `0x83`  | positive, greater or smaller power, which follows in two bytes, plus `0x8000`  |
//! | below `0x80`    | negative: every byte of the positive form inverted, then `0xFF`                |
//!
//! A pair is its value plus 1. So the end of the bytes, which sorts first, stands for zeros; in an inverted form
//! the closing `0xFF` does the same from above.

use num_bigint::BigInt;

use crate::Decimal;

/// Sorts below the bytes of every number: the open start of a range.
pub const LOWEST: &[u8] = &[0x00];

/// Sorts above the bytes of every number: the open end of a range.
pub const HIGHEST: &[u8] = &[0xFF];

/// More than any measurement has, and a bound for the size of an index row.
const KEPT_DIGITS: usize = 40;

const ZERO: u8 = 0x80;
const CENTRE: i64 = 0xC0;
const SMALL_POWER: u8 = 0x83;
const GREAT_POWER: u8 = 0xFD;
const LARGEST_SHORT_POWER: i64 = 60;
const NEGATIVE_END: u8 = 0xFF;

impl Decimal {
    /// Bytes whose order is the order of the numbers; equal numbers have equal bytes.
    ///
    /// The first 40 significant digits count; further ones are cut off (toward zero), so that numbers which differ
    /// only there share their bytes and no two numbers ever change places. Powers of 100 beyond 16 bits, which
    /// nothing that was parsed can reach, are taken as the last one.
    pub fn to_sortable(&self) -> Vec<u8> {
        if self.is_zero() {
            return vec![ZERO];
        }
        let (integer, exponent) = self.parts();
        let text = match u64::try_from(integer.magnitude()) {
            Ok(small) => small.to_string(),
            Err(_) => integer.magnitude().to_string(),
        };
        // The value is 0.text times ten to the power of `point`.
        let point = exponent.saturating_add(text.len() as i64);
        let kept = text.get(..KEPT_DIGITS).unwrap_or(&text).trim_end_matches('0');
        let power = point.div_euclid(2) + point.rem_euclid(2);

        let mut bytes = Vec::with_capacity(kept.len() / 2 + 4);
        push_power(&mut bytes, power);
        let digits = kept.bytes().map(|digit| digit - b'0');
        let mut half = None;
        // An odd point moves the digits by one, so that pairs meet pairs.
        for digit in std::iter::repeat_n(0, usize::from(point.rem_euclid(2) == 1)).chain(digits) {
            match half.take() {
                None => half = Some(digit * 10),
                Some(tens) => bytes.push(tens + digit + 1),
            }
        }
        bytes.extend(half.map(|tens| tens + 1));
        if self.is_negative() {
            for byte in &mut bytes {
                *byte = !*byte;
            }
            bytes.push(NEGATIVE_END);
        }
        bytes
    }

    /// The number of which these are the bytes; `None` for bytes that [`Decimal::to_sortable`] does not make.
    pub fn from_sortable(bytes: &[u8]) -> Option<Self> {
        let (&first, _) = bytes.split_first()?;
        if bytes == [ZERO] {
            return Some(Self::from(0));
        }
        let negative = first < ZERO;
        let positive: Vec<u8> = if negative {
            let (&NEGATIVE_END, inverted) = bytes.split_last()? else {
                return None;
            };
            inverted.iter().map(|byte| !byte).collect()
        } else {
            bytes.to_vec()
        };
        let (power, pairs) = take_power(&positive)?;
        let mut text = String::with_capacity(pairs.len() * 2);
        for &pair in pairs {
            let value = pair.checked_sub(1).filter(|value| *value < 100)?;
            text.push(char::from(b'0' + value / 10));
            text.push(char::from(b'0' + value % 10));
        }
        let integer = BigInt::parse_bytes(text.as_bytes(), 10)?;
        let exponent = (power - pairs.len() as i64) * 2;
        let number = Self::new(if negative { -integer } else { integer }, exponent);
        // One form for one number: whatever else could be read as it is damage.
        (number.to_sortable() == bytes).then_some(number)
    }
}

fn push_power(bytes: &mut Vec<u8>, power: i64) {
    if power.abs() <= LARGEST_SHORT_POWER {
        bytes.push((CENTRE + power) as u8);
        return;
    }
    bytes.push(if power < 0 { SMALL_POWER } else { GREAT_POWER });
    let power = power.clamp(i64::from(i16::MIN), i64::from(i16::MAX));
    bytes.extend(((power + 0x8000) as u16).to_be_bytes());
}

/// The power of 100 at the start of a positive number's bytes, and the pairs after it.
fn take_power(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first == SMALL_POWER || first == GREAT_POWER {
        let (power, pairs) = rest.split_first_chunk::<2>()?;
        return Some((i64::from(u16::from_be_bytes(*power)) - 0x8000, pairs));
    }
    let power = i64::from(first) - CENTRE;
    (power.abs() <= LARGEST_SHORT_POWER).then_some((power, rest))
}
