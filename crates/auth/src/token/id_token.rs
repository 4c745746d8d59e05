//! The ID token of OpenID Connect: tells the client who has signed in.

use serde::Serialize;

use crate::TokenError;
use crate::keys::SigningKey;
use crate::secret::{encode, sha256};

/// Its claims.
#[derive(Debug, Default, Serialize)]
pub(crate) struct IdToken {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    pub(crate) acr: String,
    pub(crate) amr: Vec<String>,
    pub(crate) sid: String,
    #[serde(skip_serializing_if = "Option::is_none", rename = "fhirUser")]
    pub(crate) fhir_user: Option<String>,
    pub(crate) at_hash: String,
}

impl IdToken {
    /// The same for the access token that it comes with: `at_hash` is the left half of its hash.
    #[must_use]
    pub(crate) fn with(mut self, access_token: &str) -> Self {
        let hash = sha256(access_token);
        self.at_hash = encode(hash.get(..16).unwrap_or_default());
        self
    }

    pub(crate) fn sign(&self, key: &SigningKey) -> Result<String, TokenError> {
        key.sign("JWT", self)
    }
}
