//! The public keys of a client (RFC 7517): which one a token was signed with.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use crate::secret::decode;

/// Most keys of one client.
const MOST: usize = 20;

/// Fewest bits of an RSA key (RFC 7518, section 3.3).
const RSA_BITS: usize = 2_048;

/// A set.
#[derive(Debug, Deserialize)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    /// The private half, and what belongs to a secret key.
    #[serde(default)]
    d: Option<Value>,
    #[serde(default)]
    k: Option<Value>,
}

impl KeySet {
    /// Reads a set; `None` when it is none, has too many keys, or tells a secret.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let set: Self = serde_json::from_value(value.clone()).ok()?;
        let is_public = set.keys.iter().all(|key| key.d.is_none() && key.k.is_none());
        (is_public && set.keys.len() <= MOST).then_some(set)
    }

    /// Whether a client can authenticate with it: there is a key for that, and none of those is weak.
    pub(super) fn is_usable(&self) -> bool {
        let mut signing = self.keys.iter().filter(|key| {
            let named = key.kid.as_deref().is_some_and(|kid| !kid.is_empty());
            named && [Algorithm::ES384, Algorithm::RS384].iter().any(|algorithm| key.fits(*algorithm))
        });
        signing.clone().next().is_some() && signing.all(Key::is_sound)
    }

    /// The key of an id for an algorithm. Two keys of one id are none.
    pub(super) fn key(&self, kid: &str, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut fitting =
            self.keys.iter().filter(|key| key.kid.as_deref() == Some(kid) && key.fits(algorithm));
        let key = fitting.next()?;
        if fitting.next().is_some() {
            return None;
        }
        match algorithm {
            Algorithm::ES384 => DecodingKey::from_ec_components(key.x.as_deref()?, key.y.as_deref()?).ok(),
            Algorithm::RS384 => DecodingKey::from_rsa_components(key.n.as_deref()?, key.e.as_deref()?).ok(),
            _ => None,
        }
    }
}

impl Key {
    /// Whether it is a point of the curve, or long enough.
    fn is_sound(&self) -> bool {
        let part = |text: &Option<String>| text.as_deref().and_then(decode);
        if self.kty == "RSA" {
            let (Some(modulus), Some(exponent)) = (part(&self.n), part(&self.e)) else { return false };
            let bits = modulus.iter().position(|byte| *byte != 0).and_then(|zeros| {
                let first = modulus.get(zeros)?;
                let bytes = modulus.len().checked_sub(zeros)?;
                bytes.checked_mul(8)?.checked_sub(usize::try_from(first.leading_zeros()).ok()?)
            });
            return bits.is_some_and(|bits| bits >= RSA_BITS) && exponent.iter().any(|byte| *byte != 0);
        }
        let (Some(x), Some(y)) = (part(&self.x), part(&self.y)) else { return false };
        ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, [&[4], &x[..], &y[..]].concat()).is_ok()
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let (kind, name) = match algorithm {
            Algorithm::ES384 => ("EC", "ES384"),
            Algorithm::RS384 => ("RSA", "RS384"),
            _ => return false,
        };
        let on_curve = kind == "RSA" || self.crv.as_deref() == Some("P-384");
        let signs = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        self.kty == kind && on_curve && signs && self.alg.as_deref().is_none_or(|alg| alg == name)
    }
}
