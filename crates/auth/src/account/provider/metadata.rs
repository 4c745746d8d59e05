//! What the provider says of itself: OpenID Connect Discovery, and its keys.

use fhir::Instant;
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;

use super::super::OutboundAnswer;

/// Seconds for which it is believed.
const FRESH: i64 = 3_600;
/// Before that age, an unknown key is no reason to ask again.
const OLD: i64 = 60;
/// Most keys that are looked at.
const MOST_KEYS: usize = 32;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Said {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    pub(super) jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Debug)]
pub(super) struct Known {
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    /// Whether its answers name it (RFC 9207).
    pub(super) names_itself: bool,
    pub(super) keys: JwkSet,
    fetched: Instant,
}

/// Reads the metadata; the issuer must be the very one that was asked (Discovery 1.0, 4.3).
pub(super) fn read(answer: &OutboundAnswer, issuer: &str) -> Option<Said> {
    let said: Said = serde_json::from_slice(&answer.body).ok()?;
    (answer.status == 200 && said.issuer == issuer).then_some(said)
}

impl Known {
    pub(super) fn new(said: Said, keys: &OutboundAnswer, now: Instant) -> Option<Self> {
        let mut keys: JwkSet = serde_json::from_slice(&keys.body).ok()?;
        keys.keys.truncate(MOST_KEYS);
        Some(Self {
            authorization_endpoint: said.authorization_endpoint,
            token_endpoint: said.token_endpoint,
            names_itself: said.authorization_response_iss_parameter_supported,
            keys,
            fetched: now,
        })
    }

    fn age(&self, now: Instant) -> i64 {
        now.seconds().saturating_sub(self.fetched.seconds())
    }

    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.age(now) < FRESH
    }

    pub(super) fn is_old(&self, now: Instant) -> bool {
        self.age(now) >= OLD
    }
}
