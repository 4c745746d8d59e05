//! JSON Web Tokens before anybody believes them: three parts, strict JSON, known members.
//!
//! A token of another kind is refused before a signature is looked at, and what a token says about its own key
//! (`jwk`, `jku`, `x5u`, `x5c`) is never followed.

use json::Limits;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::secret::decode;

/// Longer texts are not looked at: a token has one to two thousand bytes.
pub(crate) const LONGEST_TOKEN_BYTES: usize = 8_192;

/// Deepest nesting of what a token says.
const DEPTH: usize = 8;

/// What the head of a token says, as far as anybody asks.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) typ: Option<String>,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    /// For proofs only, where the key is what is proved.
    #[serde(default)]
    pub(crate) jwk: Option<Value>,
    /// What must be understood. Nothing is.
    #[serde(default)]
    crit: Option<Value>,
    #[serde(default)]
    b64: Option<Value>,
}

/// A token taken apart. Nothing about it is proved.
pub(crate) struct Unproved {
    pub(crate) head: Head,
    payload: Vec<u8>,
}

impl Unproved {
    /// Takes a token apart; `None` when it is none.
    pub(crate) fn read(token: &str) -> Option<Self> {
        if token.len() > LONGEST_TOKEN_BYTES {
            return None;
        }
        let mut parts = token.split('.');
        let (head, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || signature.is_empty() {
            return None;
        }
        let head: Head = strict(&decode(head)?)?;
        let payload = decode(payload)?;
        let known = head.crit.is_none() && head.b64.is_none();
        (known && is_strict(&payload)).then_some(Self { head, payload })
    }

    /// What the token claims, before its signature is checked: to find out whose key it should be.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.payload).ok()
    }
}

/// JSON without repeated names and without depth.
pub(crate) fn strict<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    if is_strict(bytes) { serde_json::from_slice(bytes).ok() } else { None }
}

fn is_strict(bytes: &[u8]) -> bool {
    json::parse(bytes, &Limits { depth: DEPTH }).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::encode;

    fn read(head: &str, payload: &str) -> Option<Unproved> {
        Unproved::read(&format!("{}.{}.c2ln", encode(head), encode(payload)))
    }

    #[test]
    fn repeated_names_depth_and_critical_members_are_refused() {
        assert!(read(r#"{"alg":"ES256"}"#, "{}").is_some());
        for (head, payload) in [
            (r#"{"alg":"ES256","alg":"none"}"#, "{}"),
            (r#"{"alg":"ES256"}"#, r#"{"sub":"a","sub":"b"}"#),
            (r#"{"alg":"ES256"}"#, r#"{"sub":"a","\u0073ub":"b"}"#),
            (r#"{"alg":"ES256","crit":["exp"]}"#, "{}"),
            (r#"{"alg":"ES256","b64":false}"#, "{}"),
            (r#"{"alg":"ES256"}"#, "[[[[[[[[[[]]]]]]]]]]"),
            (r#"{"alg":1}"#, "{}"),
            ("", "{}"),
            (r#"{"alg":"ES256"}"#, "{"),
        ] {
            assert!(read(head, payload).is_none(), "{head} {payload}");
        }
    }

    #[test]
    fn a_token_has_three_parts() {
        let head = encode(r#"{"alg":"ES256"}"#);
        for token in [
            "",
            ".",
            "..",
            &head,
            &format!("{head}.e30"),
            &format!("{head}.e30."),
            &format!("{head}.e30.a.b"),
            &format!("{head}=.e30.a"),
        ] {
            assert!(Unproved::read(token).is_none(), "{token}");
        }
        assert!(Unproved::read(&format!("{head}.e30.{}", "a".repeat(LONGEST_TOKEN_BYTES))).is_none());
    }
}
