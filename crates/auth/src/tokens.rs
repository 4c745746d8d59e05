//! Making tokens and checking them.

use std::fmt;
use std::time::Duration;

use access::Caller;
use aws_lc_rs::hmac;
use fhir::Instant;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

use crate::claims::{Claims, SubjectKind};
use crate::{Subject, TokenError};

/// The longest life of an access token.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(600);

/// Clocks of two servers may differ by this much.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

/// Longer texts are not looked at: a token of ours has some 500 bytes.
const LONGEST_TOKEN_BYTES: usize = 4_096;

/// Makes and checks access tokens.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    issuer: String,
    validation: Validation,
}

/// Shows no key.
impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens under a secret. The issuer is the audience too: who makes the tokens here also takes them.
    pub fn new(secret: &[u8; 32], issuer: String) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The times are checked below, against the time that is handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            issuer,
            validation,
        }
    }

    /// Tokens under a secret that is derived from the key of a database: HMAC-SHA256 over a label, so that
    /// the other uses of that key learn nothing about this one.
    pub fn from_database_key(key: &[u8; 32], issuer: String) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"healthbook access token");
        let mut secret = [0; 32];
        for (to, from) in secret.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        Self::new(&secret, issuer)
    }

    /// Makes a token.
    pub fn issue(&self, subject: &Subject, now: Instant, lifetime: Duration) -> Result<String, TokenError> {
        let seconds = i64::try_from(lifetime.as_secs()).map_err(|_| TokenError::Lifetime)?;
        if seconds < 1 || lifetime > LONGEST_LIFETIME {
            return Err(TokenError::Lifetime);
        }
        let now = now.seconds();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: String::new(),
            iat: now,
            nbf: now,
            exp: now + seconds,
            jti: uuid::Uuid::new_v4().to_string(),
            kind: SubjectKind::ClientSystem,
            patient: None,
            facility: None,
            role: None,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims.name_subject(subject), &self.signing)
            .map_err(|_| TokenError::Signing)
    }

    /// Whom a token names, if it holds now.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Caller, TokenError> {
        if token.len() > LONGEST_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation)?.claims;
        check_times(&claims, now.seconds())?;
        if claims.jti.is_empty() {
            return Err(TokenError::Malformed);
        }
        Ok(claims.subject()?.into_caller())
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), TokenError> {
    let longest = LONGEST_LIFETIME.as_secs().cast_signed();
    if claims.exp <= now {
        return Err(TokenError::Expired);
    }
    if claims.nbf > now.saturating_add(CLOCK_TOLERANCE_SECONDS)
        || claims.iat > now.saturating_add(CLOCK_TOLERANCE_SECONDS)
    {
        return Err(TokenError::NotYetValid);
    }
    // A token of ours never lives longer, whatever its signature says.
    if claims.exp.saturating_sub(claims.iat) > longest { Err(TokenError::Lifetime) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
