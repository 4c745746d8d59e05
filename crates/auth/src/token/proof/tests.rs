//! Proofs that hold, and all the ways in which one does not.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_780_000_000;
const URI: &str = "https://book.example/fhir/Patient/1";

struct Holder {
    private: Vec<u8>,
    jwk: Value,
}

impl Holder {
    fn new() -> Self {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let private = made.unwrap().as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])});
        Self { private, jwk }
    }

    /// A proof with a head of any form.
    fn sign(&self, head: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let key = EncodingKey::from_ec_der(&self.private);
        let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::ES256).unwrap();
        format!("{text}.{signature}")
    }

    fn head(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk})
    }
}

fn claims() -> Value {
    json!({"jti": "a", "htm": "GET", "htu": URI, "iat": NOW, "ath": encode(sha256("token"))})
}

fn check(proof: &str, seen: &SeenProofs) -> Result<String, TokenError> {
    let of = ProofOf { method: "GET", uri: URI, token: Some("token") };
    prove(proof, &of, seen, Instant::from_microseconds(NOW * 1_000_000))
}

fn with(mut value: Value, name: &str, new: Value) -> Value {
    value[name] = new;
    value
}

#[test]
fn a_proof_holds_once() {
    let (holder, seen) = (Holder::new(), SeenProofs::default());
    let proof = holder.sign(&holder.head(), &claims());
    assert!(check(&proof, &seen).is_ok());
    assert_eq!(check(&proof, &seen), Err(TokenError::Proof));
    // Another key may use the same identifier.
    let other = Holder::new();
    assert!(check(&other.sign(&other.head(), &claims()), &seen).is_ok());
}

#[test]
fn query_and_fragment_do_not_count_and_case_of_the_host_neither() {
    let (holder, seen) = (Holder::new(), SeenProofs::default());
    for (at, uri) in ["https://BOOK.example:443/fhir/Patient/1", "https://book.example/fhir/Patient/1?a=b#c"]
        .iter()
        .enumerate()
    {
        let claims = with(with(claims(), "htu", json!(uri)), "jti", json!(at.to_string()));
        assert!(check(&holder.sign(&holder.head(), &claims), &seen).is_ok(), "{uri}");
    }
}

#[test]
fn a_proof_of_something_else_is_refused() {
    let (holder, seen) = (Holder::new(), SeenProofs::default());
    for (name, value) in [
        ("htm", json!("POST")),
        ("htm", json!("get")),
        ("htu", json!("https://book.example/fhir/Patient/2")),
        ("htu", json!("http://book.example/fhir/Patient/1")),
        ("htu", json!("https://other.example/fhir/Patient/1")),
        ("htu", json!("/fhir/Patient/1")),
        ("iat", json!(NOW - 61)),
        ("iat", json!(NOW + 61)),
        ("iat", json!(NOW.to_string())),
        ("ath", json!(encode(sha256("other")))),
        ("ath", Value::Null),
        ("jti", json!("")),
        ("jti", json!("a".repeat(257))),
    ] {
        let proof = holder.sign(&holder.head(), &with(claims(), name, value.clone()));
        assert_eq!(check(&proof, &seen), Err(TokenError::Proof), "{name} {value}");
    }
    let mut secret = holder.jwk.clone();
    secret["d"] = json!("AAAA");
    for (name, value) in [
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("jwk", Value::Null),
        ("jwk", secret),
        ("jwk", Holder::new().jwk),
        ("crit", json!(["jti"])),
    ] {
        let proof = holder.sign(&with(holder.head(), name, value.clone()), &claims());
        assert_eq!(check(&proof, &seen), Err(TokenError::Proof), "{name} {value}");
    }
}
