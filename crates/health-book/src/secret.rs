//! Codes that people show: made at random, kept as a keyed hash.

use aws_lc_rs::{hmac, rand};
use interactions::Problem;
use record_store::Store;

use crate::refusal::internal;

/// Letters without those that look alike (Crockford).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 128 bits as 26 letters, for a picture.
pub(crate) fn letters() -> Result<String, Problem> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| internal())?;
    Ok(spelled(u128::from_be_bytes(bytes)))
}

fn spelled(number: u128) -> String {
    let digit =
        |place: u32| LETTERS.get(usize::from((number >> (5 * place)) as u8 & 31)).copied().unwrap_or(b'0');
    (0..26).rev().map(|place| char::from(digit(place))).collect()
}

/// 8 digits, all alike, to be typed.
pub(crate) fn digits() -> Result<String, Problem> {
    // The largest multiple of 10^8 below 2^32: what lies above would make some codes more frequent.
    const FAIR: u32 = 4_200_000_000;
    for _ in 0..64 {
        let mut bytes = [0_u8; 4];
        rand::fill(&mut bytes).map_err(|_| internal())?;
        let number = u32::from_be_bytes(bytes);
        if number < FAIR {
            return Ok(format!("{:08}", number % 100_000_000));
        }
    }
    Err(internal())
}

/// A code as it was typed: blanks and hyphens are for the eye, letters may be small.
pub(crate) fn plain(code: &str) -> String {
    code.chars().filter(|letter| !matches!(letter, ' ' | '-')).flat_map(char::to_uppercase).take(64).collect()
}

/// What is kept of a code. Eight digits could be found from an unkeyed hash.
pub(crate) fn hashed(store: &Store, what: &str, code: &str) -> String {
    let derived =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, store.link_key()), b"healthbook sharing codes");
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()));
    context.update(what.as_bytes());
    context.update(&[0]);
    context.update(code.as_bytes());
    context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_form_and_differ() {
        let (one, other) = (letters().unwrap(), letters().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == 26 && one.bytes().all(|letter| LETTERS.contains(&letter)));
        assert_eq!(spelled(0), "0".repeat(26));
        assert_eq!(spelled(u128::MAX), format!("7{}", "Z".repeat(25)));
        for _ in 0..100 {
            let digits = digits().unwrap();
            assert!(digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit()));
        }
    }

    #[test]
    fn what_is_for_the_eye_is_left_out() {
        assert_eq!(plain("1234 56-78"), "12345678");
        assert_eq!(plain("ab c"), "ABC");
        assert_eq!(plain(&"x".repeat(1_000)).len(), 64);
    }
}
