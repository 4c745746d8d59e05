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
fn shuffled(key: Key, place: u64, digits: u32) -> u64 {
    let size = 10_u64.pow(digits);
    let mut chance = key.chance();
    let last_digit = [1, 3, 7, 9].get(chance.below(4) as usize).copied().unwrap_or(1);
    let factor = (size / 20 + chance.below(size / 20)) * 10 + last_digit;
    (place * factor + chance.below(size)) % size
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_shuffle_meets_every_number_once() {
        let met: HashSet<u64> = (0..10_000).map(|place| shuffled(Key::root(3), place, 4)).collect();
        assert_eq!(met.len(), 10_000);
    }

    #[test]
    fn the_form_of_a_citizen_number() {
        let number = citizen_number(Key::root(1), 17, Sex::Female, 2004);
        assert!(number.starts_with("099304") && number.len() == 12, "{number}");
        assert!(citizen_number(Key::root(1), 17, Sex::Male, 1968).starts_with("099068"));
    }
}
