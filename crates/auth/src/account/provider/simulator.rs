//! A small provider for development and tests: invented people, and on demand a bad answer.
//!
//! It holds no HTTP: the routes are in the HTTP crate, and tests call it directly.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fhir::Instant;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use url::Url;

use super::super::AuthError;
use super::super::secret::new_secret;

/// Codes that wait at one time.
const MOST_CODES: usize = 1_000;

/// `acr` of the simulator's level 2.
pub const LEVEL: &str = "urn:healthbook:simulator:level-2";
/// The claim of the citizen number.
pub const NUMBER_CLAIM: &str = "citizen_number";

/// Somebody who can sign in there.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The citizen number.
    pub number: String,
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)*) => {
        /// What can be wrong with an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the command line.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

faults! {
    /// Another `nonce`.
    WrongNonce = "wrong-nonce";
    /// Another `iss` in the ID token.
    OtherIssuer = "other-iss";
    /// Another `iss` in the redirect.
    OtherIssuerInRedirect = "other-iss-in-redirect";
    /// Another `state` in the redirect.
    WrongState = "wrong-state";
    /// Another `aud`.
    OtherAudience = "other-aud";
    /// `alg` is `none`.
    Unsigned = "unsigned";
    /// Signed with another key under the same `kid`.
    OtherKey = "other-key";
    /// `exp` is over.
    Expired = "expired";
    /// `acr` of level 1.
    LowLevel = "low-level";
    /// No citizen number.
    NoNumber = "no-number";
}

struct Grant {
    person: Person,
    nonce: String,
    client: String,
    redirect: String,
    challenge: String,
}

/// The provider.
pub struct Simulator {
    issuer: String,
    key: EncodingKey,
    other_key: EncodingKey,
    jwk: Value,
    people: Vec<Person>,
    fault: Option<Fault>,
    codes: Mutex<HashMap<String, Grant>>,
}

impl Simulator {
    /// A provider of an issuer for some people. Its key is made anew at each start.
    pub fn new(issuer: String, people: Vec<Person>, fault: Option<Fault>) -> Result<Self, AuthError> {
        let (key, jwk) = new_key()?;
        let (other_key, _) = new_key()?;
        Ok(Self { issuer, key, other_key, jwk, people, fault, codes: Mutex::default() })
    }

    /// Who can sign in.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// `/.well-known/openid-configuration`
    pub fn discovery(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": [LEVEL],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// `/jwks`
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    /// Somebody was chosen on the page: where the browser goes, with the query of the request.
    pub fn choose(&self, query: &HashMap<String, String>, person: usize) -> Option<String> {
        let get = |name: &str| query.get(name).cloned().filter(|value| value.len() <= 2_048);
        let grant = Grant {
            person: self.people.get(person)?.clone(),
            nonce: get("nonce")?,
            client: get("client_id")?,
            redirect: get("redirect_uri")?,
            challenge: get("code_challenge")?,
        };
        let mut url = Url::parse(&grant.redirect).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let code = new_secret().ok()?;
        let mut codes = self.codes.lock().ok()?;
        if codes.len() >= MOST_CODES {
            codes.clear();
        }
        codes.insert(code.clone(), grant);
        let state = get("state").filter(|_| self.fault != Some(Fault::WrongState));
        let issuer = match self.fault {
            Some(Fault::OtherIssuerInRedirect) => "http://127.0.0.1:1",
            _ => &self.issuer,
        };
        url.query_pairs_mut().extend_pairs([
            ("code", code.as_str()),
            ("state", state.as_deref().unwrap_or("another")),
            ("iss", issuer),
        ]);
        Some(url.into())
    }

    /// `/token`; an error has the name that RFC 6749 gives it.
    pub fn token(&self, form: &HashMap<String, String>, now: Instant) -> Result<Value, &'static str> {
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let grant = self.codes.lock().ok().and_then(|mut codes| codes.remove(get("code")));
        let grant = grant.ok_or("invalid_grant")?;
        let verifier = digest::digest(&digest::SHA256, get("code_verifier").as_bytes());
        let holds = URL_SAFE_NO_PAD.encode(verifier.as_ref()) == grant.challenge
            && get("redirect_uri") == grant.redirect
            && get("client_id") == grant.client
            && get("grant_type") == "authorization_code";
        if !holds {
            return Err("invalid_grant");
        }
        let id_token = self.id_token(&grant, now.seconds()).ok_or("server_error")?;
        Ok(json!({ "access_token": "none", "token_type": "Bearer", "expires_in": 60, "id_token": id_token }))
    }

    fn id_token(&self, grant: &Grant, now: i64) -> Option<String> {
        let is = |fault| self.fault == Some(fault);
        let pick = |fault, bad: &str, good: &str| if is(fault) { bad.to_owned() } else { good.to_owned() };
        let subject = digest::digest(&digest::SHA256, grant.person.number.as_bytes());
        let mut claims = json!({
            "iss": pick(Fault::OtherIssuer, "http://127.0.0.1:1", &self.issuer),
            "sub": URL_SAFE_NO_PAD.encode(subject.as_ref()),
            "aud": pick(Fault::OtherAudience, "another", &grant.client),
            "iat": now,
            "exp": if is(Fault::Expired) { now - 600 } else { now + 300 },
            "nonce": pick(Fault::WrongNonce, "another", &grant.nonce),
            "acr": pick(Fault::LowLevel, "urn:healthbook:simulator:level-1", LEVEL),
            "name": grant.person.name,
        });
        if !is(Fault::NoNumber) {
            claims.as_object_mut()?.insert(NUMBER_CLAIM.to_owned(), grant.person.number.clone().into());
        }
        if is(Fault::Unsigned) {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            return Some(format!(
                "{}.{}.",
                part(&json!({ "alg": "none", "kid": "simulator" })),
                part(&claims)
            ));
        }
        let header = Header { kid: Some("simulator".to_owned()), ..Header::new(Algorithm::ES256) };
        let key = if is(Fault::OtherKey) { &self.other_key } else { &self.key };
        jsonwebtoken::encode(&header, &claims, key).ok()
    }
}

fn new_key() -> Result<(EncodingKey, Value), AuthError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| AuthError::Secret)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| AuthError::Secret)?;
    let point = pair.public_key().as_ref().get(1..).ok_or(AuthError::Secret)?;
    let (x, y) = point.split_at_checked(32).ok_or(AuthError::Secret)?;
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "simulator",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    Ok((EncodingKey::from_ec_der(pkcs8.as_ref()), jwk))
}
