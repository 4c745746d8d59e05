//! Secrets: making them, keeping only their hashes, comparing them, and sealing what has to be read again.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record_store::Store;

use super::AuthError;

/// What a key of the database is derived for: one use learns nothing about another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    /// From names of accounts to ids. Citizen numbers could all be tried against a plain hash.
    Name,
    /// From addresses to ids of throttles.
    Address,
    /// One-time and activation codes: short, so a plain hash would not hide them.
    Code,
    /// Tokens of forms.
    Form,
    /// Sealed values.
    Seal,
    /// The password of demo accounts.
    Demo,
}

impl Use {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Name => b"healthbook account name",
            Self::Address => b"healthbook client address",
            Self::Code => b"healthbook one-time code",
            Self::Form => b"healthbook form",
            Self::Seal => b"healthbook sealed value",
            Self::Demo => b"healthbook demo password",
        }
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], AuthError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| AuthError::Secret)?;
    Ok(bytes)
}

/// A new secret of 256 bits that fits into a cookie or a url.
pub(crate) fn new_secret() -> Result<String, AuthError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// Under which id a record of a secret is kept: whoever reads the database cannot use what is there.
pub(crate) fn id_of(secret: &str) -> String {
    hex(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}

/// The keyed hash of parts; their boundaries count.
pub(crate) fn keyed(store: &Store, usage: Use, parts: &[&str]) -> String {
    let derived = derived(store, usage);
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex(context.sign().as_ref())
}

fn derived(store: &Store, usage: Use) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, store.link_key()), usage.label())
}

/// Whether two texts are the same, in a time that does not depend on where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// Encrypts a value that has to be read again, bound to whose it is.
pub(crate) fn seal(store: &Store, owner: &str, plain: &[u8]) -> Result<String, AuthError> {
    let nonce = random::<NONCE_LEN>()?;
    let mut bytes = plain.to_vec();
    sealing_key(store)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(owner.as_bytes()),
            &mut bytes,
        )
        .map_err(|_| AuthError::Secret)?;
    let mut all = nonce.to_vec();
    all.append(&mut bytes);
    Ok(URL_SAFE_NO_PAD.encode(all))
}

/// What [`seal`] was given.
pub(crate) fn unseal(store: &Store, owner: &str, sealed: &str) -> Result<Vec<u8>, AuthError> {
    let all = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| AuthError::Corrupt)?;
    let (nonce, rest) = all.split_at_checked(NONCE_LEN).ok_or(AuthError::Corrupt)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| AuthError::Corrupt)?;
    let mut bytes = rest.to_vec();
    let plain = sealing_key(store)?
        .open_in_place(nonce, Aad::from(owner.as_bytes()), &mut bytes)
        .map_err(|_| AuthError::Corrupt)?;
    Ok(plain.to_vec())
}

fn sealing_key(store: &Store) -> Result<LessSafeKey, AuthError> {
    let key = derived(store, Use::Seal);
    UnboundKey::new(&AES_256_GCM, key.as_ref()).map(LessSafeKey::new).map_err(|_| AuthError::Secret)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Letters of codes that people type: none that look like another.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code of three groups of four letters: 60 bits.
pub(crate) fn readable(bytes: &[u8; 12]) -> String {
    let mut text = String::with_capacity(14);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(LETTERS.get(usize::from(byte & 31)).copied().map_or('A', char::from));
    }
    text
}

/// A code as it is typed: without gaps, in capitals.
pub(crate) fn as_typed(code: &str) -> String {
    let kept = code.chars().take(64).filter(char::is_ascii_alphanumeric);
    kept.map(|letter| letter.to_ascii_uppercase()).collect()
}

/// The token that a form carries: bound to a cookie that only the page of this server could have set and read.
pub fn form_token(store: &Store, cookie: &str) -> String {
    keyed(store, Use::Form, &[cookie])
}

/// Whether a form carries the token of the cookie that came with it.
pub fn form_token_holds(store: &Store, cookie: &str, token: &str) -> bool {
    !cookie.is_empty() && same(&form_token(store, cookie), token)
}

/// The one password of the accounts of invented people: another one in every database, the same at every start.
pub fn demo_password(store: &Store) -> String {
    let hash = keyed(store, Use::Demo, &[]);
    let part = |from: usize| hash.get(from..from + 5).unwrap_or_default();
    format!("demo-{}-{}-{}", part(0), part(5), part(10))
}
