//! `private_key_jwt` (RFC 7523, SMART asymmetric authentication): a client shows that it holds its key.

use std::sync::Arc;

use fhir::Instant;
use jsonwebtoken::{Algorithm, Validation};
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::Deserialize;
use serde_json::{Number, Value};

use super::Client;
use super::key_set::KeySet;
use crate::jose::Unproved;
use crate::secret::id_of;
use crate::{Auth, AuthError};

/// An assertion may end so many seconds from now at most.
const LONGEST: i64 = 300;

/// Clocks of others may differ by this much.
const TOLERANCE: i64 = 5;

/// Its claims.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: Number,
    jti: String,
    #[serde(default)]
    nbf: Option<Number>,
    #[serde(default)]
    iat: Option<Number>,
}

/// An assertion that nobody has checked, and whose it should be.
pub(super) struct Assertion {
    unproved: Unproved,
    claims: Claims,
}

impl Assertion {
    /// Reads it; `None` when it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let unproved = Unproved::read(text)?;
        let claims: Claims = unproved.claims()?;
        (claims.iss == claims.sub).then_some(Self { unproved, claims })
    }

    /// The client that it should be of.
    pub(super) fn client(&self) -> &str {
        &self.claims.sub
    }

    /// Whether it is a client's and holds now, for the first time.
    pub(super) async fn proves(
        &self,
        text: &str,
        client: &Client,
        auth: &Auth,
        now: Instant,
    ) -> Result<bool, AuthError> {
        let (head, claims) = (&self.unproved.head, &self.claims);
        let algorithm = match head.alg.as_str() {
            "ES384" => Algorithm::ES384,
            "RS384" => Algorithm::RS384,
            _ => return Ok(false),
        };
        let kind = head.typ.as_deref().unwrap_or("JWT");
        let (Some(kid), true) = (head.kid.as_deref(), kind.eq_ignore_ascii_case("JWT")) else {
            return Ok(false);
        };
        if client.id != claims.sub || !is_for(&claims.aud, auth) || !self.is_of_now(now.seconds()) {
            return Ok(false);
        }
        let Some(key) = key(client, auth, kid, algorithm).await else { return Ok(false) };
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims::<&str>(&[]);
        // Checked above, against what was handed in.
        validation.validate_exp = false;
        validation.validate_aud = false;
        if jsonwebtoken::decode::<Value>(text, &key, &validation).is_err() {
            return Ok(false);
        }
        let ends = seconds(&claims.exp).unwrap_or(0).saturating_add(TOLERANCE);
        let used = SecurityRecord::new(
            SecurityKind::UsedIdentifier,
            id_of(format!("assertion {} {}", client.id, claims.jti)),
            String::from("{}"),
        );
        let used = used.until(Instant::from_microseconds(ends.saturating_mul(1_000_000)));
        auth.change(SecurityChange::Insert(used), Vec::new(), now).await
    }

    fn is_of_now(&self, now: i64) -> bool {
        let latest = now.saturating_add(TOLERANCE);
        let has_begun = |time: &Option<Number>| match time {
            None => true,
            Some(time) => seconds(time).is_some_and(|time| time <= latest),
        };
        let in_time = seconds(&self.claims.exp)
            .is_some_and(|ends| ends > now && ends <= latest.saturating_add(LONGEST));
        in_time
            && has_begun(&self.claims.nbf)
            && has_begun(&self.claims.iat)
            && (1..=256).contains(&self.claims.jti.len())
    }
}

/// The token endpoint and nothing else.
fn is_for(audience: &Value, auth: &Auth) -> bool {
    let own = auth.token_endpoint();
    match audience {
        Value::String(text) => *text == own,
        Value::Array(items) => matches!(items.as_slice(), [Value::String(text)] if *text == own),
        _ => false,
    }
}

/// A time: a number, with or without a fraction.
fn seconds(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let seconds = number.as_f64()?.floor();
        // Beyond this a float is no exact second any more, and no time of ours.
        #[expect(clippy::cast_possible_truncation, reason = "within the range of exact integers")]
        (0.0..9.0e15).contains(&seconds).then_some(seconds as i64)
    })
}

async fn key(
    client: &Client,
    auth: &Auth,
    kid: &str,
    algorithm: Algorithm,
) -> Option<jsonwebtoken::DecodingKey> {
    if let Some(jwks) = &client.jwks {
        return KeySet::read(jwks)?.key(kid, algorithm);
    }
    let uri = client.jwks_uri.as_deref()?;
    let find = |set: Option<Arc<KeySet>>| set.and_then(|set| set.key(kid, algorithm));
    match find(auth.remote_keys().get(uri, false).await) {
        Some(key) => Some(key),
        None => find(auth.remote_keys().get(uri, true).await),
    }
}
