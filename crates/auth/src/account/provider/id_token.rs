//! The provider's ID token (OpenID Connect Core, 3.1.3.7): whom it names, if it holds.

use fhir::Instant;
use jsonwebtoken::jwk::{JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::secret::same;
use super::ProviderSettings;

/// Clocks may differ by so many seconds.
const TOLERANCE: i64 = 30;
/// Longer ones are not looked at.
const LONGEST: usize = 16 * 1_024;

/// Why an ID token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Not readable, another algorithm, a claim that is missing.
    #[error("the ID token is malformed")]
    Malformed,
    /// Its key is none of the provider's.
    #[error("the ID token is signed with a key that is not known")]
    UnknownKey,
    /// The signature, issuer or audience.
    #[error("the ID token does not hold")]
    Invalid,
    /// Over, or not begun.
    #[error("the ID token is not valid now")]
    Time,
    /// Made for another sign-in.
    #[error("the ID token is of another sign-in")]
    Nonce,
    /// The person was not recognised at level 2.
    #[error("the identity is not verified well enough")]
    Level,
    /// It names no citizen number.
    #[error("the ID token names no citizen number")]
    NoNumber,
}

/// What an ID token says.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who says it.
    pub issuer: String,
    /// Who it is there.
    pub subject: String,
    /// The verified citizen number.
    pub number: String,
}

/// Shows nobody.
impl std::fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Claims").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Raw {
    iss: String,
    sub: String,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: String,
    acr: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Verifies a token.
pub(super) fn verify(
    token: &str,
    keys: &JwkSet,
    settings: &ProviderSettings,
    nonce: &str,
    now: Instant,
) -> Result<Claims, IdTokenError> {
    if token.len() > LONGEST {
        return Err(IdTokenError::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| IdTokenError::Malformed)?;
    if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256) {
        return Err(IdTokenError::Malformed);
    }
    let signs = |key: &&jsonwebtoken::jwk::Jwk| {
        key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
    };
    let mut candidates = keys.keys.iter().filter(signs).filter(|key| key.common.key_id == header.kid);
    let (Some(key), None) = (candidates.next(), candidates.next()) else {
        return Err(IdTokenError::UnknownKey);
    };
    let key = DecodingKey::from_jwk(key).map_err(|_| IdTokenError::UnknownKey)?;
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.client_id]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    // The times are checked below, against the time that is handed in.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let raw = jsonwebtoken::decode::<Raw>(token, &key, &validation)
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => IdTokenError::Malformed,
            _ => IdTokenError::Invalid,
        })?
        .claims;
    check(raw, settings, nonce, now.seconds())
}

fn check(raw: Raw, settings: &ProviderSettings, nonce: &str, now: i64) -> Result<Claims, IdTokenError> {
    let several = raw.aud.as_array().is_some_and(|audience| audience.len() > 1);
    if (several || raw.azp.is_some()) && raw.azp.as_deref() != Some(&settings.client_id) {
        return Err(IdTokenError::Invalid);
    }
    if raw.exp.saturating_add(TOLERANCE) <= now || raw.iat > now.saturating_add(TOLERANCE) {
        return Err(IdTokenError::Time);
    }
    if !same(&raw.nonce, nonce) {
        return Err(IdTokenError::Nonce);
    }
    if raw.acr.as_deref() != Some(&settings.level) {
        return Err(IdTokenError::Level);
    }
    if raw.sub.is_empty() || raw.sub.len() > 255 {
        return Err(IdTokenError::Malformed);
    }
    let number = raw.rest.get(&settings.number_claim).and_then(Value::as_str).unwrap_or_default();
    if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(IdTokenError::NoNumber);
    }
    Ok(Claims { issuer: raw.iss, subject: raw.sub, number: number.to_owned() })
}
