//! DPoP (RFC 9449): the caller shows with each request that it holds the key that the token is bound to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fhir::Instant;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::TokenError;
use crate::jose::Unproved;
use crate::keys::thumbprint_ec;
use crate::secret::{encode, same, sha256};

/// A proof holds for so many seconds around its `iat`.
const WINDOW: i64 = 60;

/// Proofs that are remembered at one time; beyond that new ones are refused.
const MOST: usize = 200_000;

/// What a proof must be of.
pub(crate) struct ProofOf<'a> {
    /// The method of the request.
    pub(crate) method: &'a str,
    /// Its address.
    pub(crate) uri: &'a str,
    /// The access token that comes with it.
    pub(crate) token: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
}

/// The public key in a proof. A member for a private half makes it unreadable.
#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: String,
    x: String,
    y: String,
    #[serde(default)]
    d: Option<serde_json::Value>,
}

/// The thumbprint of the key that a proof proves, once for each proof.
pub(crate) fn prove(
    proof: &str,
    of: &ProofOf<'_>,
    seen: &SeenProofs,
    now: Instant,
) -> Result<String, TokenError> {
    let unproved = Unproved::read(proof).ok_or(TokenError::Proof)?;
    let head = &unproved.head;
    if head.alg != "ES256" || head.typ.as_deref() != Some("dpop+jwt") {
        return Err(TokenError::Proof);
    }
    let key: Key =
        head.jwk.clone().and_then(|jwk| serde_json::from_value(jwk).ok()).ok_or(TokenError::Proof)?;
    if key.kty != "EC" || key.crv != "P-256" || key.d.is_some() {
        return Err(TokenError::Proof);
    }
    let verifying = DecodingKey::from_ec_components(&key.x, &key.y).map_err(|_| TokenError::Proof)?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_required_spec_claims::<&str>(&[]);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<Claims>(proof, &verifying, &validation);
    let claims = claims.map_err(|_| TokenError::Proof)?.claims;
    let expected = of.token.map(|token| encode(sha256(token)));
    let token_fits = match (&expected, &claims.ath) {
        (Some(expected), Some(given)) => same(expected, given),
        (None, None) => true,
        _ => false,
    };
    let seconds = now.seconds();
    let is_new = claims.iat >= seconds.saturating_sub(WINDOW) && claims.iat <= seconds.saturating_add(WINDOW);
    let is_named = (1..=256).contains(&claims.jti.len());
    if !token_fits || !is_new || !is_named || claims.htm != of.method || !same_address(&claims.htu, of.uri) {
        return Err(TokenError::Proof);
    }
    let thumbprint = thumbprint_ec("P-256", &key.x, &key.y);
    if seen.is_first(sha256(format!("{thumbprint} {}", claims.jti)), seconds) {
        Ok(thumbprint)
    } else {
        Err(TokenError::Proof)
    }
}

/// Whether two addresses are the same without query and fragment, after the usual normalisation.
fn same_address(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    plain(one).is_some_and(|one| plain(other) == Some(one))
}

/// The proofs that were seen while they hold.
#[derive(Default)]
pub(crate) struct SeenProofs(Mutex<HashMap<[u8; 32], i64>>);

impl SeenProofs {
    fn is_first(&self, proof: [u8; 32], now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.retain(|_, ends| *ends > now);
        }
        if seen.len() >= MOST || seen.get(&proof).is_some_and(|ends| *ends > now) {
            return false;
        }
        // A proof of the future holds until its own window is over.
        seen.insert(proof, now.saturating_add(2 * WINDOW + 1));
        true
    }
}

#[cfg(test)]
mod tests;
