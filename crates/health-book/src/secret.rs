//! Codes that people show: made at random, kept as a keyed hash.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

fn sealing_key(store: &Store) -> Result<RandomizedNonceKey, Problem> {
    let derived =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, store.link_key()), b"healthbook notice preferences");
    RandomizedNonceKey::new(&AES_256_GCM, derived.as_ref()).map_err(|_| internal())
}

/// What has to be read again, bound to a name.
pub(crate) fn seal(store: &Store, name: &str, plain: &[u8]) -> Result<String, Problem> {
    let mut sealed = plain.to_vec();
    let nonce = sealing_key(store)?.seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut sealed);
    let mut whole = nonce.map_err(|_| internal())?.as_ref().to_vec();
    whole.extend(sealed);
    Ok(URL_SAFE_NO_PAD.encode(whole))
}

/// What was sealed under this name.
pub(crate) fn open(store: &Store, name: &str, sealed: &str) -> Result<Vec<u8>, Problem> {
    let whole = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| internal())?;
    let (nonce, rest) = whole.split_at_checked(NONCE_LEN).ok_or_else(internal)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| internal())?;
    let mut rest = rest.to_vec();
    let plain = sealing_key(store)?.open_in_place(nonce, Aad::from(name.as_bytes()), &mut rest);
    Ok(plain.map_err(|_| internal())?.to_vec())
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
