//! Public keys in COSE (RFC 9053), and what else of a device is in CBOR.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use minicbor::Decoder;
use minicbor::data::Type;
use serde::{Deserialize, Serialize};

use super::PasskeyError;

/// Entries of a map that are looked at.
const MOST_ENTRIES: u64 = 16;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Key {
    /// ES256: the point, uncompressed.
    P256(Vec<u8>),
    /// RS256.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

/// What a COSE map can hold that matters here.
enum Part {
    Number(i64),
    Bytes(Vec<u8>),
}

impl Key {
    /// Reads a COSE key at the start of some bytes; extensions may follow it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        let parts = parts(bytes).ok_or(PasskeyError::Malformed)?;
        let number = |label: i64| {
            parts.iter().find_map(|(key, part)| match part {
                Part::Number(number) if *key == label => Some(*number),
                _ => None,
            })
        };
        let bytes = |label: i64| {
            parts.iter().find_map(|(key, part)| match part {
                Part::Bytes(bytes) if *key == label => Some(bytes.clone()),
                _ => None,
            })
        };
        let key = match (number(1), number(3)) {
            (Some(2), Some(-7)) if number(-1) == Some(1) => {
                let (Some(x), Some(y)) = (bytes(-2), bytes(-3)) else { return Err(PasskeyError::Malformed) };
                if (x.len(), y.len()) != (32, 32) {
                    return Err(PasskeyError::Malformed);
                }
                Self::P256([vec![4], x, y].concat())
            }
            (Some(3), Some(-257)) => {
                let (Some(modulus), Some(exponent)) = (bytes(-1), bytes(-2)) else {
                    return Err(PasskeyError::Malformed);
                };
                if !(256..=1_024).contains(&modulus.len()) || !(1..=8).contains(&exponent.len()) {
                    return Err(PasskeyError::OtherKind);
                }
                Self::Rsa { modulus, exponent }
            }
            _ => return Err(PasskeyError::OtherKind),
        };
        Ok(key)
    }

    /// Whether a signature holds.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }
}

fn parts(bytes: &[u8]) -> Option<Vec<(i64, Part)>> {
    let mut decoder = Decoder::new(bytes);
    let length = decoder.map().ok()??;
    if length > MOST_ENTRIES {
        return None;
    }
    let mut parts: Vec<(i64, Part)> = Vec::new();
    for _ in 0..length {
        let label = decoder.i64().ok()?;
        if parts.iter().any(|(key, _)| *key == label) {
            return None;
        }
        let part = match decoder.datatype().ok()? {
            Type::Bytes => Part::Bytes(decoder.bytes().ok()?.to_vec()),
            _ => Part::Number(decoder.i64().ok()?),
        };
        parts.push((label, part));
    }
    Some(parts)
}

/// `authData` of an attestation object. The attestation itself was not asked for and is not looked at.
pub(super) fn authenticator_data(attestation: &[u8]) -> Option<&[u8]> {
    let mut decoder = Decoder::new(attestation);
    let length = decoder.map().ok()??;
    if length > MOST_ENTRIES {
        return None;
    }
    for _ in 0..length {
        if decoder.str().ok()? == "authData" {
            return decoder.bytes().ok();
        }
        decoder.skip().ok()?;
    }
    None
}
