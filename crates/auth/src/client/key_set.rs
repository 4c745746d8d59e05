//! The public keys of a client (RFC 7517): which one a token was signed with.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Most keys of one client.
const MOST: usize = 20;

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

    /// Whether a client can authenticate with it.
    pub(super) fn is_usable(&self) -> bool {
        self.keys.iter().any(|key| {
            let named = key.kid.as_deref().is_some_and(|kid| !kid.is_empty());
            named && [Algorithm::ES384, Algorithm::RS384].iter().any(|algorithm| key.fits(*algorithm))
        })
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
