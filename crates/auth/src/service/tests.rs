//! Tokens that are believed, and all the ways in which one is not.

use access::{Actor, Purpose, StaffRole};
use fhir::LogicalId;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use record_store::StoreSettings;
use serde_json::json;
use test_support::TestDatabase;

use super::*;
use crate::secret::{decode, encode};
use crate::{LONGEST_LIFETIME, Subject};

const NOW: i64 = 1_780_000_000;

fn at(seconds: i64) -> Instant {
    Instant::from_microseconds(seconds * 1_000_000)
}

fn settings(sandbox: bool) -> AuthSettings {
    AuthSettings {
        issuer: "https://book.example".to_owned(),
        fhir_base: "https://book.example/fhir".to_owned(),
        sandbox,
        local_peers: false,
    }
}

async fn open(database: &TestDatabase) -> Auth {
    let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
    Auth::open(store, settings(false), at(NOW)).await.unwrap()
}

fn grant() -> Grant {
    Grant {
        account: "his-1".to_owned(),
        client: "his-1".to_owned(),
        session: "s-1".to_owned(),
        subject: Subject::Facility {
            code: "01001".to_owned(),
            organization: LogicalId::try_from("org-1").unwrap(),
            role: StaffRole::Nurse,
        },
        purpose: Purpose::Treatment,
        scope: "user/*.rs".to_owned(),
        patient: None,
        practitioner: None,
        assisted_by: None,
        key: None,
    }
}

fn standing(token: &str) -> Standing {
    Standing { token: token.to_owned(), proof: None }
}

fn check(auth: &Auth, token: &str) -> Result<Caller, Refused> {
    auth.0.revocations.pretend(true);
    auth.check(&standing(token), at(NOW + 1))
}

fn refused(error: TokenError) -> Result<Caller, Refused> {
    Err(Refused::Invalid(error))
}

#[tokio::test]
async fn a_token_names_its_caller() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    let token = auth.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    let Ok(Caller::Authenticated(identity)) = check(&auth, &token) else { panic!() };
    let organization = LogicalId::try_from("org-1").unwrap();
    let actor = Actor::Facility { code: "01001".to_owned(), organization, role: StaffRole::Nurse };
    assert_eq!((identity.actor.clone(), identity.session.as_str()), (actor, "s-1"));
    assert_eq!(identity.scopes.resources.len(), 1);
    // From the cache it is the same, until its time is over.
    assert!(check(&auth, &token).is_ok());
    auth.0.revocations.pretend(true);
    assert_eq!(auth.check(&standing(&token), at(NOW + 600)), refused(TokenError::Expired));
    assert_eq!(auth.issue(&grant(), at(NOW), Duration::from_secs(601)), Err(TokenError::Lifetime));
    assert_eq!(auth.issue(&grant(), at(NOW), Duration::ZERO), Err(TokenError::Lifetime));
}

#[tokio::test]
async fn a_token_of_an_assisted_session_names_who_sits_there_too() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    let patient = LogicalId::try_from("p-1").unwrap();
    let subject = Subject::Citizen { patient: patient.clone() };
    let organization = Some(LogicalId::try_from("org-1").unwrap());
    let practitioner = Some(LogicalId::try_from("dr-1").unwrap());
    let staff = access::Assistant { account: "a-2".to_owned(), practitioner, organization };
    let gone = access::Assistant { practitioner: None, organization: None, ..staff.clone() };
    for assisted_by in [Some(staff), Some(gone), None] {
        let grant = Grant { subject: subject.clone(), assisted_by: assisted_by.clone(), ..grant() };
        let token = auth.issue(&grant, at(NOW), LONGEST_LIFETIME).unwrap();
        let Ok(Caller::Authenticated(identity)) = check(&auth, &token) else { panic!() };
        assert_eq!(identity.actor, Actor::Citizen { patient: patient.clone() });
        assert_eq!(identity.assisted_by, assisted_by);
    }
}

/// The parts of a token with members of head and claims replaced, signed by the right key where it can be.
fn forged(auth: &Auth, head: &[(&str, Value)], claims: &[(&str, Value)]) -> String {
    let token = auth.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    let mut parts =
        token.split('.').take(2).map(|part| serde_json::from_slice::<Value>(&decode(part).unwrap()).unwrap());
    let (mut new_head, mut new_claims) = (parts.next().unwrap(), parts.next().unwrap());
    for (value, changes) in [(&mut new_head, head), (&mut new_claims, claims)] {
        for (name, new) in changes {
            if new.is_null() {
                value.as_object_mut().unwrap().remove(*name);
            } else {
                value[name] = new.clone();
            }
        }
    }
    let text = format!("{}.{}", encode(new_head.to_string()), encode(new_claims.to_string()));
    format!("{text}.{}", auth.keys().signing(at(NOW)).unwrap().signature(&text))
}

#[tokio::test]
async fn a_forged_head_opens_nothing() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    assert!(check(&auth, &forged(&auth, &[], &[])).is_ok(), "the forger signs like the server");
    // What a token says about its own key is not followed, and does no harm when the rest is right.
    for (name, value) in
        [("jku", json!("https://evil.example/jwks")), ("x5u", json!("https://evil.example/x"))]
    {
        assert!(check(&auth, &forged(&auth, &[(name, value)], &[])).is_ok());
    }
    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("dpop+jwt")),
        ("typ", Value::Null),
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("alg", json!("RS256")),
        ("kid", Value::Null),
        ("kid", json!("")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' OR '1'='1")),
        ("kid", json!("https://evil.example/key")),
        ("kid", json!(["a"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ] {
        let token = forged(&auth, &[(name, value.clone())], &[]);
        assert!(matches!(check(&auth, &token), Err(Refused::Invalid(_))), "{name} {value}");
    }
}

#[tokio::test]
async fn forged_claims_open_nothing_even_when_they_are_signed() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    for (name, value) in [
        ("iss", json!("https://other.example")),
        ("iss", Value::Null),
        ("iss", json!(["https://book.example"])),
        ("aud", json!("https://other.example/fhir")),
        ("aud", json!("https://book.example")),
        ("aud", json!(["https://book.example/fhir"])),
        ("aud", Value::Null),
        ("exp", json!(NOW)),
        ("exp", json!((NOW + 60).to_string())),
        ("exp", json!(NOW + 601)),
        ("exp", Value::Null),
        ("nbf", json!(NOW + 60)),
        ("nbf", json!(NOW.to_string())),
        ("nbf", Value::Null),
        ("iat", json!(NOW + 60)),
        ("iat", Value::Null),
        ("made", json!(NOW * 1_000_000 + 1_000_000)),
        ("made", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sid", Value::Null),
        ("sid", json!("")),
        ("jti", Value::Null),
        ("client_id", json!("")),
        ("kind", json!("citizen")),
        ("kind", json!("officer")),
        ("kind", json!("king")),
        ("role", json!("king")),
        ("role", Value::Null),
        ("person", json!("p-1")),
        ("facility", Value::Null),
        ("organization", json!("no id!")),
        ("patient", json!("no id!")),
        ("act", json!({"sub": "somebody"})),
        ("purpose", json!("FUN")),
        ("purpose", Value::Null),
        ("scope", json!("patient/*.rs user/*.rs")),
        ("scope", json!("user/*.everything")),
        ("scope", Value::Null),
    ] {
        let token = forged(&auth, &[], &[(name, value.clone())]);
        assert!(matches!(check(&auth, &token), Err(Refused::Invalid(_))), "{name} {value}");
    }
}

/// Key confusion: the public half of the key as a secret, and a key of somebody else under our name.
#[tokio::test]
async fn other_keys_sign_nothing() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    let token = auth.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    let claims: Value = serde_json::from_slice(&decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let jwk = auth.key_set(at(NOW))["keys"][0].clone();
    let point = [
        &[4][..],
        &decode(jwk["x"].as_str().unwrap()).unwrap(),
        &decode(jwk["y"].as_str().unwrap()).unwrap(),
    ]
    .concat();
    for secret in [point.as_slice(), jwk.to_string().as_bytes(), b"", b"secret"] {
        let mut head = Header::new(Algorithm::HS256);
        head.typ = Some("at+jwt".to_owned());
        head.kid = jwk["kid"].as_str().map(str::to_owned);
        let token = jsonwebtoken::encode(&head, &claims, &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(check(&auth, &token), refused(TokenError::Malformed));
    }
    let other_database = TestDatabase::sqlite();
    let other = open(&other_database).await;
    let foreign = other.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    assert_eq!(check(&auth, &foreign), refused(TokenError::UnknownKey));
    let (head, rest) = (token.split('.').next().unwrap(), foreign.split_once('.').unwrap().1);
    assert_eq!(check(&auth, &format!("{head}.{rest}")), refused(TokenError::Signature));
}

#[tokio::test]
async fn what_is_revoked_is_not_believed_and_what_is_made_after_it_is() {
    for revoked in [
        Revoked::Session("s-1".to_owned()),
        Revoked::Subject("his-1".to_owned()),
        Revoked::Client("his-1".to_owned()),
    ] {
        let database = TestDatabase::sqlite();
        let auth = open(&database).await;
        let before = auth.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
        assert!(check(&auth, &before).is_ok());
        let moment = Instant::from_microseconds(NOW * 1_000_000 + 1);
        auth.change(SecurityChange::Revoke(revoked.clone(), moment), Vec::new(), moment).await.unwrap();
        assert_eq!(check(&auth, &before), refused(TokenError::Revoked), "{revoked:?}");
        // In the same second.
        let later = Instant::from_microseconds(NOW * 1_000_000 + 2);
        let after = auth.issue(&grant(), later, LONGEST_LIFETIME).unwrap();
        assert!(check(&auth, &after).is_ok(), "{revoked:?}");
        auth.change(SecurityChange::Revoke(revoked.clone(), later), Vec::new(), later).await.unwrap();
        assert_eq!(check(&auth, &after), refused(TokenError::Revoked), "{revoked:?}: again in this second");
        let other = Grant {
            session: "s-2".to_owned(),
            account: "a-2".to_owned(),
            client: "c-2".to_owned(),
            ..grant()
        };
        assert!(check(&auth, &auth.issue(&other, at(NOW), LONGEST_LIFETIME).unwrap()).is_ok());
        // Another server of the database learns it.
        let there = open(&database).await;
        assert_eq!(check(&there, &before), refused(TokenError::Revoked), "{revoked:?}");
    }
}

#[tokio::test]
async fn a_key_that_another_server_made_is_learnt() {
    let database = TestDatabase::sqlite();
    let (here, there) = (open(&database).await, open(&database).await);
    there.rotate_keys(at(NOW)).await.unwrap();
    let token = there.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    assert_eq!(check(&here, &token), refused(TokenError::UnknownKey));
    assert!(here.check_again(&standing(&token), at(NOW + 1)).await.is_ok());
    assert!(check(&here, &token).is_ok());
}

#[tokio::test]
async fn a_bound_token_needs_its_proof_and_another_must_not_have_one() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    let bound = Grant { key: Some("thumbprint".to_owned()), ..grant() };
    let bound = auth.issue(&bound, at(NOW), LONGEST_LIFETIME).unwrap();
    assert_eq!(check(&auth, &bound), refused(TokenError::Binding));
    let plain = auth.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    for token in [&bound, &plain] {
        let proof = ShownProof {
            text: "a.b.c".to_owned(),
            method: "GET".to_owned(),
            uri: "https://book.example/fhir/Patient".to_owned(),
        };
        let with_proof = Standing { proof: Some(proof), ..standing(token) };
        assert!(auth.check(&with_proof, at(NOW + 1)).is_err());
    }
}

#[tokio::test]
async fn tokens_for_trying_out_are_believed_in_a_sandbox_only() {
    let database = TestDatabase::sqlite();
    let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
    let trial = Auth::open(store.clone(), AuthSettings::trial(), at(NOW)).await.unwrap();
    let token = trial.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    let sandbox = Auth::open(store.clone(), settings(true), at(NOW)).await.unwrap();
    assert!(check(&sandbox, &token).is_ok());
    let real = Auth::open(store, settings(false), at(NOW)).await.unwrap();
    assert_eq!(check(&real, &token), refused(TokenError::WrongServer));
}

#[tokio::test]
async fn as_long_as_it_is_not_known_what_was_revoked_nobody_is_believed() {
    let database = TestDatabase::sqlite();
    let auth = open(&database).await;
    let token = auth.issue(&grant(), at(NOW), LONGEST_LIFETIME).unwrap();
    auth.0.revocations.pretend(false);
    assert_eq!(auth.check(&standing(&token), at(NOW + 1)), Err(Refused::Unavailable));
    // Who asks has it read, and may go on.
    assert!(auth.check_again(&standing(&token), at(NOW + 1)).await.is_ok());
}
