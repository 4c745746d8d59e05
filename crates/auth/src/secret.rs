//! Random texts, hashes, and keys that are derived from the key of the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::{constant_time, digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::AuthError;

/// Base64 for addresses, without padding (RFC 7515).
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of such a text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// 256 random bits as text.
pub(crate) fn random() -> Result<String, AuthError> {
    Ok(encode(random_bytes()?))
}

/// 256 random bits.
pub(crate) fn random_bytes() -> Result<[u8; 32], AuthError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| AuthError::Key)?;
    Ok(bytes)
}

/// SHA-256.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes.as_ref()).as_ref()) {
        *to = *from;
    }
    hash
}

/// The id of a record whose name is a secret.
pub(crate) fn id_of(secret: impl AsRef<[u8]>) -> String {
    encode(sha256(secret))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// Keys for different uses from the key of the database: none of them tells anything about another (HKDF).
#[derive(Clone)]
pub(crate) struct Derived([u8; 32]);

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl Derived {
    pub(crate) fn new(database_key: &[u8; 32], purpose: &'static str) -> Result<Self, AuthError> {
        let info = [purpose.as_bytes()];
        let extracted = Salt::new(HKDF_SHA256, b"healthbook signing in").extract(database_key);
        let mut key = [0; 32];
        let expanded = extracted.expand(&info, Length).map_err(|_| AuthError::Key)?;
        expanded.fill(&mut key).map_err(|_| AuthError::Key)?;
        Ok(Self(key))
    }

    /// HMAC-SHA256.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        for part in parts {
            // The length goes first, so that no two lists of parts look alike.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }

    /// AES-256-GCM under a random nonce, bound to a name.
    pub(crate) fn seal(&self, name: &str, plain: &[u8]) -> Result<String, AuthError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(|_| AuthError::Key)?;
        let mut sealed = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| AuthError::Key)?;
        let mut whole = nonce.as_ref().to_vec();
        whole.extend(sealed);
        Ok(encode(whole))
    }

    /// What was sealed under this name.
    pub(crate) fn open(&self, name: &str, sealed: &str) -> Result<Vec<u8>, AuthError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(|_| AuthError::Key)?;
        let whole = decode(sealed).ok_or(AuthError::Broken)?;
        let (nonce, rest) = whole.split_at_checked(NONCE_LEN).ok_or(AuthError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| AuthError::Broken)?;
        let mut rest = rest.to_vec();
        let plain =
            key.open_in_place(nonce, Aad::from(name.as_bytes()), &mut rest).map_err(|_| AuthError::Key)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_name_and_key_only() {
        let key = Derived::new(&[7; 32], "one").unwrap();
        let sealed = key.seal("a", b"secret").unwrap();
        assert_eq!(key.open("a", &sealed).unwrap(), b"secret");
        assert!(key.open("b", &sealed).is_err());
        assert!(Derived::new(&[7; 32], "two").unwrap().open("a", &sealed).is_err());
        assert!(Derived::new(&[8; 32], "one").unwrap().open("a", &sealed).is_err());
        for broken in ["", "a", "AAAA", &sealed[1..]] {
            assert!(key.open("a", broken).is_err(), "{broken}");
        }
        assert_ne!(sealed, key.seal("a", b"secret").unwrap());
    }

    #[test]
    fn parts_of_a_mac_do_not_run_together() {
        let key = Derived::new(&[7; 32], "one").unwrap();
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    }
}
