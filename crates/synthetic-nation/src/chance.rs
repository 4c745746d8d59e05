//! Where every drawn fact comes from: a tree of keys, and a stream of numbers under each key.
//!
//! A key is made from the key above it, a word and a number: seed -> household 17 -> member 2 -> visit 5.
//! Nothing is ever drawn from a shared stream, so any household can be computed alone, and a new kind of
//! fact does not move the facts that were there before.
//!
//! The arithmetic is the splitmix64 finaliser (Steele, Lea and Flood 2014; public domain), written out here
//! so that no dependency can ever change the nation. Only integers, and the four float operations and the
//! square root that IEEE 754 fixes to the last bit, are used: the bytes are the same on every machine.

use std::fmt;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of splitmix64: a bijection of 64 bits that spreads every input bit over the output.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The name of one fact, event or thing in the nation: 128 bits that depend on nothing but their path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    high: u64,
    low: u64,
}

impl Key {
    /// The root of a tree of keys.
    pub(crate) fn root(seed: u64) -> Key {
        Key { high: mix(seed ^ STEP), low: mix(seed.wrapping_add(STEP)) }
    }

    /// The key of the thing called `word` number `number` below this one.
    pub(crate) fn child(self, word: &str, number: u64) -> Key {
        // FNV-1a: enough to tell our few dozen words apart; the mixing is done below.
        let word = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let branch = mix(word ^ mix(number.wrapping_add(STEP)));
        Key { high: mix(self.high ^ branch), low: mix(self.low.wrapping_add(branch.rotate_left(32)) ^ STEP) }
    }

    /// The stream of numbers of this key, always from its start.
    pub(crate) fn chance(self) -> Chance {
        Chance { state: self.high ^ self.low.rotate_left(17) }
    }

    /// The stream of numbers of the thing called `word` below this one.
    pub(crate) fn draw(self, word: &str) -> Chance {
        self.child(word, 0).chance()
    }

    /// The resource id of the thing that this key names.
    pub(crate) fn id(self) -> Id {
        Id(self)
    }
}

/// A resource id in the shape of a version 8 UUID (RFC 9562: bits of the maker's own choice).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(Key);

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let high = (self.0.high & !0xf000) | 0x8000;
        let low = (self.0.low & !(0b11 << 62)) | (0b10 << 62);
        let mut text = [b'-'; 36];
        let mut at = 0;
        for half in [high, low] {
            for nibble in 0..16 {
                if matches!(at, 8 | 13 | 18 | 23) {
                    at += 1;
                }
                text[at] = DIGITS[((half >> (60 - 4 * nibble)) & 15) as usize];
                at += 1;
            }
        }
        out.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// A stream of drawn numbers.
pub struct Chance {
    state: u64,
}

impl Chance {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A whole number below `limit`; 0 when there is nothing to choose from.
    pub fn below(&mut self, limit: u64) -> u64 {
        // Multiply and shift: the bias is below 2^-32 for the small limits used here.
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A whole number from `least` to `most`, both possible.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least + 1).max(1) as u64) as i64
    }

    /// True so many times in a thousand.
    pub fn per_thousand(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    /// A number from 0 up to, not including, 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number from a bell-shaped curve around 0 with spread 1 that never leaves -4.3..4.3.
    ///
    /// A sum of six parts instead of the usual logarithm: logarithms differ between machines in the last bit.
    pub(crate) fn bell(&mut self) -> f64 {
        let sum: f64 = (0..6).map(|_| self.part()).sum();
        (sum - 3.0) / 0.5_f64.sqrt()
    }

    /// One of the items, likely in proportion to its weight.
    pub(crate) fn weighted<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> u64) -> Option<&'a T> {
        let mut left = self.below(items.iter().map(&weight).sum());
        for item in items {
            let share = weight(item);
            if left < share {
                return Some(item);
            }
            left -= share;
        }
        items.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_shape_of_a_uuid() {
        let id = Key::root(1).child("household", 3).id().to_string();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "8");
        assert!("89ab".contains(&id[19..20]));
        assert!(id.chars().all(|c| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c)));
    }

    #[test]
    fn the_stream_never_changes() {
        let mut chance = Key::root(42).child("household", 7).chance();
        let drawn: Vec<u64> = (0..4).map(|_| chance.below(1_000_000)).collect();
        assert_eq!(drawn, STREAM_OF_HOUSEHOLD_7, "every nation ever published depends on these numbers");
    }

    const STREAM_OF_HOUSEHOLD_7: [u64; 4] = [751_712, 642_497, 132_612, 627_127];

    #[test]
    fn the_bell_has_spread_one() {
        let mut chance = Key::root(5).chance();
        let drawn: Vec<f64> = (0..20_000).map(|_| chance.bell()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
