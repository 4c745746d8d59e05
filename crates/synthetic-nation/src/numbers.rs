//! Citizen numbers that can never belong to anybody, and that no two people of the nation share.
//!
//! A real number starts with the code of a province or a country; 099 is none, so it is the test range. Then
//! follow the digit of century and sex, two digits of the birth year, and six digits that the state draws at
//! random. Here the six come from the place of the household among a million: within one household no two
//! people of one sex share a birth year (see `plan.rs`), so a number names one person by construction.

use crate::chance::Key;
use crate::people::Sex;

/// The households that can be told apart by six digits.
pub(crate) const HOUSEHOLDS_IN_A_ROUND: u64 = 1_000_000;

/// The citizen number of the member of this sex and birth year in a household.
pub(crate) fn citizen_number(nation: Key, household: u64, sex: Sex, birth_year: i64) -> String {
    let century = if birth_year >= 2000 { 2 } else { 0 };
    let digit = century + if sex == Sex::Female { 1 } else { 0 };
    let class = (birth_year.unsigned_abs() << 1) | u64::from(sex == Sex::Female);
    let tail = shuffled(nation.child("citizen numbers", class), household % HOUSEHOLDS_IN_A_ROUND, 6);
    format!("099{digit}{:02}{tail:06}", birth_year.rem_euclid(100))
}

/// The ten-digit social insurance number of the person with this serial number.
pub(crate) fn social_insurance_number(nation: Key, serial: u64) -> String {
    format!("9{:09}", shuffled(nation.child("social insurance numbers", 0), serial % 1_000_000_000, 9))
}

/// A place in another order of all numbers of so many digits: times a factor without 2 and 5, plus a shift.
pub(crate) fn shuffled(key: Key, place: u64, digits: u32) -> u64 {
    let Order { size, factor, shift } = Order::draw(key, digits);
    (place * factor + shift) % size
}

/// The place that [`shuffled`] has given this number.
pub(crate) fn unshuffled(key: Key, number: u64, digits: u32) -> u64 {
    let Order { size, factor, shift } = Order::draw(key, digits);
    // Euler: the factor to the power of phi(size) is 1, and phi of a power of ten is four tenths of it.
    let (mut inverse, mut power, mut exponent) = (1_u64, factor % size, size / 10 * 4 - 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            inverse = inverse * power % size;
        }
        power = power * power % size;
        exponent /= 2;
    }
    (number + size - shift) % size * inverse % size
}

/// Another order of all numbers below a power of ten, at most 10^9.
struct Order {
    size: u64,
    factor: u64,
    shift: u64,
}

impl Order {
    fn draw(key: Key, digits: u32) -> Order {
        let size = 10_u64.pow(digits);
        let mut chance = key.chance();
        let last_digit = [1, 3, 7, 9].get(chance.below(4) as usize).copied().unwrap_or(1);
        let factor = (size / 20 + chance.below(size / 20)) * 10 + last_digit;
        Order { size, factor, shift: chance.below(size) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_shuffle_meets_every_number_once() {
        let met: HashSet<u64> = (0..10_000).map(|place| shuffled(Key::root(3), place, 4)).collect();
        assert_eq!(met.len(), 10_000);
        for place in (0..10_000).step_by(37) {
            assert_eq!(unshuffled(Key::root(3), shuffled(Key::root(3), place, 4), 4), place);
        }
    }

    #[test]
    fn the_form_of_a_citizen_number() {
        let number = citizen_number(Key::root(1), 17, Sex::Female, 2004);
        assert!(number.starts_with("099304") && number.len() == 12, "{number}");
        assert!(citizen_number(Key::root(1), 17, Sex::Male, 1968).starts_with("099068"));
    }
}
