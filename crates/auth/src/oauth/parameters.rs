//! What a request says, and how it is refused.

use serde_json::{Value, json};

/// A refusal (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct OAuthError {
    /// The status of the HTTP answer.
    pub status: u16,
    /// `error`
    pub code: &'static str,
    /// `error_description`
    pub description: &'static str,
}

impl OAuthError {
    pub(crate) const fn new(status: u16, code: &'static str, description: &'static str) -> Self {
        Self { status, code, description }
    }

    pub(crate) const fn invalid_request(description: &'static str) -> Self {
        Self::new(400, "invalid_request", description)
    }

    pub(crate) const fn invalid_grant(description: &'static str) -> Self {
        Self::new(400, "invalid_grant", description)
    }

    pub(crate) const fn invalid_scope(description: &'static str) -> Self {
        Self::new(400, "invalid_scope", description)
    }

    pub(crate) const fn invalid_client() -> Self {
        Self::new(401, "invalid_client", "the client is not known, or has not shown that it is this one")
    }

    /// The body of the answer.
    pub fn to_json(self) -> Value {
        json!({"error": self.code, "error_description": self.description})
    }
}

/// The parameters of a request. Empty ones count as absent (RFC 6749, section 3.1).
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Parameters, each of which stands once.
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self, OAuthError> {
        let parameters = Self { pairs };
        if parameters.is_repeated(None) {
            return Err(OAuthError::invalid_request("a parameter is repeated"));
        }
        Ok(parameters)
    }

    /// Parameters as they came: who reads them must ask for repetitions.
    pub(super) fn unchecked(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// Whether one of these, or any at all, stands more than once.
    pub(super) fn is_repeated(&self, names: Option<&[&str]>) -> bool {
        self.pairs.iter().enumerate().any(|(at, (name, _))| {
            names.is_none_or(|names| names.contains(&name.as_str()))
                && self.pairs.iter().skip(at.saturating_add(1)).any(|(other, _)| other == name)
        })
    }

    /// A parameter that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    pub(super) fn need(&self, name: &str, without: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or(OAuthError::invalid_request(without))
    }
}

/// HTTP Basic of a client.
#[derive(Clone)]
pub struct Basic {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}
