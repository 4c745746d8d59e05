//! Keys, JSON Web Tokens and DPoP proofs of invented apps and clinics: right ones, and wrong ones on purpose.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA384, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Base64url without padding (RFC 7515, 2).
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url.
#[track_caller]
pub fn from_base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap_or_else(|error| panic!("not base64url: {error}"))
}

/// SHA-256 as base64url: `ath`, `code_challenge`, thumbprints.
pub fn hashed(text: &str) -> String {
    base64url(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// 128 random bits as text: `jti`, `state`, `nonce`.
pub fn random_text() -> String {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    base64url(bytes)
}

/// Seconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

/// The three parts of a token as they are.
#[track_caller]
pub fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap_or_else(|_| panic!("not a JSON Web Token"))
}

/// The header of a token.
#[track_caller]
pub fn header(token: &str) -> Value {
    serde_json::from_slice(&from_base64url(&parts(token)[0])).unwrap()
}

/// The claims of a token.
#[track_caller]
pub fn claims(token: &str) -> Value {
    serde_json::from_slice(&from_base64url(&parts(token)[1])).unwrap()
}

/// An object with some members set; `null` takes a member out.
pub fn with(object: &Value, changes: &Value) -> Value {
    let mut object = object.clone();
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            object[name] = value.clone();
        }
    }
    object
}

/// A key.
pub enum Key {
    /// ES256.
    P256(EcdsaKeyPair),
    /// ES384.
    P384(EcdsaKeyPair),
    /// RS256, RS384, PS384.
    Rsa(RsaKeyPair),
}

impl Key {
    pub fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
    }

    pub fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// The algorithm that SMART and RFC 9449 want for such a key.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Rsa(_) => "RS384",
        }
    }

    /// The public key as JSON, members in the order of RFC 7638, without `kid`.
    pub fn public(&self) -> Value {
        let point = |name: &str, key: &EcdsaKeyPair| {
            let point = key.public_key().as_ref()[1..].to_vec();
            let (x, y) = point.split_at(point.len() / 2);
            json!({"crv": name, "kty": "EC", "x": base64url(x), "y": base64url(y)})
        };
        match self {
            Self::P256(key) => point("P-256", key),
            Self::P384(key) => point("P-384", key),
            Self::Rsa(key) => {
                // RFC 8017, A.1.1: SEQUENCE (4 bytes), INTEGER (4 bytes and a zero), modulus; INTEGER (2 bytes), 65537.
                let der = key.public_key().as_ref().to_vec();
                assert_eq!(der.len(), 9 + 256 + 5, "a public key of 2048 bits");
                json!({"e": base64url(&der[267..]), "kty": "RSA", "n": base64url(&der[9..265])})
            }
        }
    }

    /// The public key with `kid`, `alg` and `use`.
    pub fn published(&self, kid: &str) -> Value {
        with(&self.public(), &json!({"kid": kid, "alg": self.algorithm(), "use": "sig"}))
    }

    /// RFC 7638.
    pub fn thumbprint(&self) -> String {
        hashed(&self.public().to_string())
    }

    /// A signature by the algorithm of the key.
    pub fn signature(&self, input: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) | Self::P384(key) => {
                key.sign(&SystemRandom::new(), input).unwrap().as_ref().to_vec()
            }
            Self::Rsa(_) => self.rsa_signature("RS384", input),
        }
    }

    fn rsa_signature(&self, algorithm: &str, input: &[u8]) -> Vec<u8> {
        let Self::Rsa(key) = self else { panic!("not an RSA key") };
        let encoding: &'static dyn RsaEncoding = match algorithm {
            "RS256" => &RSA_PKCS1_SHA256,
            "RS384" => &RSA_PKCS1_SHA384,
            "PS384" => &RSA_PSS_SHA384,
            _ => panic!("no such algorithm: {algorithm}"),
        };
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(encoding, &SystemRandom::new(), input, &mut signature).unwrap();
        signature
    }

    /// A token with this very header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of_text(&header.to_string(), &claims.to_string())
    }

    /// A token of texts, which need not be JSON; RSA by the `alg` that the header names.
    pub fn token_of_text(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", base64url(header), base64url(claims));
        let algorithm = serde_json::from_str::<Value>(header).unwrap_or_default()["alg"].clone();
        let signature = match (self, algorithm.as_str()) {
            (Self::Rsa(_), Some(name @ ("RS256" | "PS384"))) => self.rsa_signature(name, input.as_bytes()),
            _ => self.signature(input.as_bytes()),
        };
        format!("{input}.{}", base64url(signature))
    }

    /// A client assertion (RFC 7523): header with `kid`.
    pub fn assertion(&self, kid: &str, claims: &Value) -> String {
        self.token(&json!({"alg": self.algorithm(), "typ": "JWT", "kid": kid}), claims)
    }

    /// A DPoP proof (RFC 9449, 4.2); `changes` are made to its claims.
    pub fn proof(&self, method: &str, url: &str, changes: &Value) -> String {
        let claims = json!({"jti": random_text(), "htm": method, "htu": url, "iat": now()});
        self.token(&self.proof_header(), &with(&claims, changes))
    }

    /// The header of a DPoP proof.
    pub fn proof_header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": self.algorithm(), "jwk": self.public()})
    }
}

/// A token under an HMAC, the key of which is text that everybody can know.
pub fn hmac_token(algorithm: &str, header: &Value, claims: &str, secret: &[u8]) -> String {
    let kind = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let header = with(header, &json!({"alg": algorithm}));
    let input = format!("{}.{}", base64url(header.to_string()), base64url(claims));
    let tag = hmac::sign(&hmac::Key::new(kind, secret), input.as_bytes());
    format!("{input}.{}", base64url(tag))
}

/// RFC 7638, 3.1: the thumbprint of the example; whatever rests on it would otherwise be refused for a wrong reason.
#[test]
fn hashes_are_as_in_the_specifications() {
    let key = json!({
        "e": "AQAB", "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    });
    assert_eq!(hashed(&key.to_string()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    // RFC 7636, appendix B.
    assert_eq!(
        hashed("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}
