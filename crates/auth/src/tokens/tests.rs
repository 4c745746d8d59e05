//! Tokens that hold, and all the ways in which one does not.

use access::{Actor, Identity, StaffRole};
use fhir::LogicalId;
use serde_json::{Value, json};

use super::*;

const KEY: [u8; 32] = [7; 32];
const NOW: i64 = 1_780_000_000;

fn at(seconds: i64) -> Instant {
    Instant::from_microseconds(seconds * 1_000_000)
}

fn tokens() -> Tokens {
    Tokens::new(&KEY, "urn:test".to_owned())
}

fn client() -> Subject {
    Subject::ClientSystem {
        client: "his-1".to_owned(),
        facility: Some("01001".to_owned()),
        role: Some("physician".to_owned()),
    }
}

fn token() -> String {
    tokens().issue(&client(), at(NOW), LONGEST_LIFETIME).unwrap()
}

fn claims() -> Value {
    json!({"iss": "urn:test", "aud": "urn:test", "sub": "his-1", "iat": NOW, "nbf": NOW, "exp": NOW + 60,
        "jti": "1", "kind": "client-system"})
}

fn signed(algorithm: Algorithm, claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(&KEY)).unwrap()
}

fn verify(token: &str) -> Result<Caller, TokenError> {
    tokens().verify(token, at(NOW + 1))
}

#[test]
fn a_client_is_known_again() {
    let organization = LogicalId::try_from("01001").unwrap();
    let actor = Actor::Facility { code: "01001".to_owned(), organization, role: StaffRole::System };
    assert_eq!(verify(&token()), Ok(Caller::Authenticated(Identity::new("his-1", actor).into())));
}

#[test]
fn a_citizen_is_known_again_by_the_patient_id() {
    let patient = LogicalId::try_from("p-1").unwrap();
    let subject = Subject::Citizen { patient: patient.clone() };
    let token = tokens().issue(&subject, at(NOW), Duration::from_secs(60)).unwrap();
    let expected = Caller::Authenticated(Identity::new("p-1", Actor::Citizen { patient }).into());
    assert_eq!(verify(&token), Ok(expected));
}

#[test]
fn no_two_tokens_are_equal() {
    assert_ne!(token(), token());
}

#[test]
fn a_life_is_between_one_second_and_ten_minutes() {
    for lifetime in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(601), Duration::MAX] {
        assert_eq!(tokens().issue(&client(), at(NOW), lifetime), Err(TokenError::Lifetime));
    }
    let mut long = claims();
    long["exp"] = json!(NOW + 601);
    assert_eq!(verify(&signed(Algorithm::HS256, &long)), Err(TokenError::Lifetime));
}

#[test]
fn time_is_kept() {
    let token = token();
    assert!(tokens().verify(&token, at(NOW + 599)).is_ok());
    assert_eq!(tokens().verify(&token, at(NOW + 600)), Err(TokenError::Expired));
    assert!(tokens().verify(&token, at(NOW - 5)).is_ok());
    assert_eq!(tokens().verify(&token, at(NOW - 6)), Err(TokenError::NotYetValid));
}

#[test]
fn any_changed_character_breaks_it() {
    let token = token();
    for index in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        // The last character of a part carries bits that base64 ignores or refuses; either way no other
        // content may come out.
        if let Ok(caller) = verify(&changed) {
            assert_eq!(Ok(caller), verify(&token), "at {index}");
        }
    }
}

#[test]
fn the_key_the_issuer_and_the_audience_must_fit() {
    let other = Tokens::new(&[8; 32], "urn:test".to_owned());
    assert_eq!(other.verify(&token(), at(NOW)), Err(TokenError::Signature));
    let other = Tokens::new(&KEY, "urn:other".to_owned());
    assert_eq!(other.verify(&token(), at(NOW)), Err(TokenError::WrongServer));
    for claim in ["iss", "aud"] {
        let mut wrong = claims();
        wrong[claim] = json!("urn:other");
        assert_eq!(verify(&signed(Algorithm::HS256, &wrong)), Err(TokenError::WrongServer), "{claim}");
    }
}

#[test]
fn only_one_algorithm_is_taken() {
    assert!(verify(&signed(Algorithm::HS256, &claims())).is_ok());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        assert_eq!(verify(&signed(algorithm, &claims())), Err(TokenError::Malformed));
    }
    // {"alg":"none","typ":"JWT"}, with and without the signature of the true token.
    let token = token();
    let mut parts = token.split('.').skip(1);
    let (content, signature) = (parts.next().unwrap(), parts.next().unwrap());
    for header in ["eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJhbGciOiJOb25lIn0"] {
        for signature in ["", signature] {
            assert_eq!(verify(&format!("{header}.{content}.{signature}")), Err(TokenError::Malformed));
        }
    }
}

#[test]
fn every_claim_is_needed() {
    for claim in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "kind"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        assert!(verify(&signed(Algorithm::HS256, &claims)).is_err(), "{claim}");
    }
}

#[test]
fn kinds_do_not_mix() {
    for (claim, value) in [("patient", json!("p")), ("kind", json!("citizen")), ("kind", json!("admin"))] {
        let mut claims = claims();
        claims[claim] = value;
        assert_eq!(verify(&signed(Algorithm::HS256, &claims)), Err(TokenError::Malformed), "{claim}");
    }
}

#[test]
fn other_texts_are_refused() {
    for text in ["", ".", "..", "a.b.c", "Bearer", &"a".repeat(5_000)] {
        assert_eq!(verify(text), Err(TokenError::Malformed), "{text}");
    }
}

#[test]
fn the_key_of_the_database_is_not_the_secret() {
    let derived = Tokens::from_database_key(&KEY, "urn:test".to_owned());
    assert_eq!(derived.verify(&token(), at(NOW)), Err(TokenError::Signature));
    let again = Tokens::from_database_key(&KEY, "urn:test".to_owned());
    let token = derived.issue(&client(), at(NOW), LONGEST_LIFETIME).unwrap();
    assert!(again.verify(&token, at(NOW)).is_ok());
}

#[test]
fn no_key_is_shown() {
    assert_eq!(format!("{:?}", tokens()), r#"Tokens { issuer: "urn:test", .. }"#);
}
