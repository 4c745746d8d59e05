//! One key: ES256, its private half sealed in a record.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use fhir::Instant;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use record_store::{SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::secret::{Derived, encode, sha256};
use crate::{AuthError, TokenError};

/// A key.
pub(crate) struct SigningKey {
    /// Its number: the next one has the next.
    pub(crate) number: u32,
    /// Its `kid`: the thumbprint (RFC 7638).
    pub(crate) id: String,
    pub(crate) signs_from: Instant,
    x: String,
    y: String,
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// What the record holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    number: u32,
    signs_from: i64,
    sealed: String,
}

/// The id of the record: texts sort like the numbers.
pub(crate) fn record_id(number: u32) -> String {
    format!("{number:010}")
}

impl SigningKey {
    /// Makes a key, as the record that holds it.
    pub(crate) fn make(
        number: u32,
        signs_from: Instant,
        sealing: &Derived,
    ) -> Result<SecurityRecord, AuthError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let made = made.map_err(|_| AuthError::Key)?;
        let id = record_id(number);
        let sealed = sealing.seal(&id, made.as_ref())?;
        let stored = Stored { number, signs_from: signs_from.microseconds(), sealed };
        let value = serde_json::to_string(&stored).map_err(|_| AuthError::Key)?;
        Ok(SecurityRecord::new(SecurityKind::SigningKey, id, value))
    }

    /// Reads a key from its record.
    pub(crate) fn read(record: &SecurityRecord, sealing: &Derived) -> Result<Self, AuthError> {
        let stored: Stored = serde_json::from_str(&record.value).map_err(|_| AuthError::Broken)?;
        let private = sealing.open(&record.id, &stored.sealed)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private);
        let pair = pair.map_err(|_| AuthError::Key)?;
        // A point that is not compressed: 4, x, y.
        let point = pair.public_key().as_ref();
        let (x, y) = match point.split_first() {
            Some((4, rest)) if rest.len() == 64 => rest.split_at(32),
            _ => return Err(AuthError::Key),
        };
        let (x, y) = (encode(x), encode(y));
        let verifying = DecodingKey::from_ec_components(&x, &y).map_err(|_| AuthError::Key)?;
        Ok(Self {
            number: stored.number,
            id: thumbprint_ec("P-256", &x, &y),
            signs_from: Instant::from_microseconds(stored.signs_from),
            signing: EncodingKey::from_ec_der(&private),
            verifying,
            x,
            y,
        })
    }

    /// Signs claims as a token of a type.
    pub(crate) fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<String, TokenError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(kind.to_owned());
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| TokenError::Signing)
    }

    /// The signature of any text, for tokens that the server would not make.
    #[cfg(test)]
    pub(crate) fn signature(&self, text: &str) -> String {
        jsonwebtoken::crypto::sign(text.as_bytes(), &self.signing, Algorithm::ES256).unwrap()
    }

    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    /// The public half (RFC 7517).
    pub(crate) fn to_jwk(&self) -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y, "kid": self.id, "use": "sig", "alg": "ES256"})
    }
}

/// The thumbprint of a public key on a curve (RFC 7638).
pub(crate) fn thumbprint_ec(curve: &str, x: &str, y: &str) -> String {
    encode(sha256(format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#)))
}
