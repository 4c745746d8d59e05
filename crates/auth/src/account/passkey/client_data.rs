//! What the browser and the device say beside the signature.

use aws_lc_rs::digest;
use serde::Deserialize;

use super::PasskeyError;
use super::key::Key;
use crate::account::secret::same;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Checks what the browser says (WebAuthn, 7.1 and 7.2): the kind, our challenge, our site, not inside another.
pub(super) fn check(bytes: &[u8], kind: &str, challenge: &str, origin: &str) -> Result<(), PasskeyError> {
    let data: ClientData = serde_json::from_slice(bytes).map_err(|_| PasskeyError::Malformed)?;
    if data.r#type != kind {
        return Err(PasskeyError::Malformed);
    }
    if !same(&data.challenge, challenge) {
        return Err(PasskeyError::NotAsked);
    }
    if data.origin != origin || data.cross_origin { Err(PasskeyError::OtherSite) } else { Ok(()) }
}

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const CREDENTIAL: u8 = 1 << 6;

/// What the device says (WebAuthn, 6.1).
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    flags: u8,
    pub(super) counter: u32,
    rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it; the site must be ours and the user verified.
    pub(super) fn read(bytes: &'a [u8], site: &str) -> Result<Self, PasskeyError> {
        let (hash, rest) = bytes.split_at_checked(32).ok_or(PasskeyError::Malformed)?;
        let (&flags, rest) = rest.split_first().ok_or(PasskeyError::Malformed)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(PasskeyError::Malformed)?;
        if hash != digest::digest(&digest::SHA256, site.as_bytes()).as_ref() {
            return Err(PasskeyError::OtherSite);
        }
        if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
            return Err(PasskeyError::NotVerified);
        }
        Ok(Self { flags, counter: u32::from_be_bytes(*counter), rest })
    }

    /// Id and key of a new credential.
    pub(super) fn credential(&self) -> Result<(Vec<u8>, Key), PasskeyError> {
        if self.flags & CREDENTIAL == 0 {
            return Err(PasskeyError::Malformed);
        }
        // Sixteen bytes name the make of the device: nobody here wants to know.
        let (_, rest) = self.rest.split_at_checked(16).ok_or(PasskeyError::Malformed)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(PasskeyError::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, key) = rest.split_at_checked(length).ok_or(PasskeyError::Malformed)?;
        if !(1..=1_023).contains(&length) {
            return Err(PasskeyError::Malformed);
        }
        Ok((id.to_vec(), Key::read(key)?))
    }
}
