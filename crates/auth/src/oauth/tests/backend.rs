//! Backend services: assertions that hold, and all the ways in which one does not.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, EncodingKey};

use super::*;
use crate::client::{Facility, Registration};

struct Holder {
    private: Vec<u8>,
    jwk: Value,
}

impl Holder {
    fn new(kid: &str) -> Self {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new());
        let private = made.unwrap().as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &private).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let (x, y) = (encode(&point[1..49]), encode(&point[49..]));
        Self {
            private,
            jwk: json!({"kty": "EC", "crv": "P-384", "x": x, "y": y, "kid": kid, "alg": "ES384"}),
        }
    }

    fn sign(&self, head: &[(&str, Value)], claims: &[(&str, Value)]) -> String {
        let mut all = json!({"iss": "his", "sub": "his", "aud": "https://book.example/auth/token", "exp": NOW + 60,
            "jti": uuid::Uuid::new_v4().to_string()});
        let mut whole = json!({"typ": "JWT", "alg": "ES384", "kid": "k-1"});
        for (value, changes) in [(&mut all, claims), (&mut whole, head)] {
            for (name, new) in changes {
                value[name] = new.clone();
            }
        }
        let text = format!("{}.{}", encode(whole.to_string()), encode(all.to_string()));
        let key = EncodingKey::from_ec_der(&self.private);
        let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::ES384).unwrap();
        format!("{text}.{signature}")
    }
}

fn facility() -> Facility {
    Facility { code: "01001".to_owned(), organization: fhir::LogicalId::try_from("org-1").unwrap() }
}

async fn world(holder: &Holder) -> World {
    let world = World::new().await;
    let new = NewClient {
        id: Some("his".to_owned()),
        name: "A system".to_owned(),
        redirect_uris: Vec::new(),
        grant_types: vec!["client_credentials".to_owned()],
        scope: Some("system/Observation.cruds system/Patient.rs".to_owned()),
        jwks: Some(json!({"keys": [holder.jwk]})),
        jwks_uri: None,
        with_secret: false,
        facility: Some(facility()),
        role: None,
        dpop_bound: false,
    };
    world.auth.add_client(new, at(0)).await.unwrap();
    world
}

async fn ask(world: &World, assertion: &str, more: &[(&str, &str)]) -> Result<Value, OAuthError> {
    let mut pairs = vec![
        ("grant_type", "client_credentials"),
        ("scope", "system/Patient.rs"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    world.token(&pairs, 1).await
}

#[tokio::test]
async fn a_system_shows_its_key_and_gets_what_it_may_have() {
    let holder = Holder::new("k-1");
    let world = world(&holder).await;
    let tokens = ask(&world, &holder.sign(&[], &[]), &[("scope", "system/*.cruds openid offline_access")])
        .await
        .unwrap();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert_eq!(tokens["scope"], "system/Observation.cruds system/Patient.rs");
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    assert!(world.believes(&tokens["access_token"], 2));
    for (scope, error) in [
        ("user/*.rs", "invalid_scope"),
        ("system/Condition.rs", "invalid_scope"),
        ("openid", "invalid_scope"),
        ("", "invalid_request"),
    ] {
        let answer = ask(&world, &holder.sign(&[], &[]), &[("scope", scope)]).await;
        assert_eq!(answer.unwrap_err().code, error, "{scope}");
    }
    world.auth.block_client("his", at(3)).await.unwrap();
    assert!(!world.believes(&tokens["access_token"], 3));
    assert_eq!(ask(&world, &holder.sign(&[], &[]), &[]).await.unwrap_err().code, "invalid_client");
}

#[tokio::test]
async fn an_assertion_works_once_also_for_many_at_once() {
    let holder = Holder::new("k-1");
    let world = world(&holder).await;
    let assertion = holder.sign(&[], &[]);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let auth = world.auth.clone();
        let request = request(&[
            ("grant_type", "client_credentials"),
            ("scope", "system/Patient.rs"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ]);
        running.spawn(async move { auth.token(&request, at(1)).await.is_ok() });
    }
    assert_eq!(running.join_all().await.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(ask(&world, &assertion, &[]).await.unwrap_err().code, "invalid_client");
}

#[tokio::test]
async fn an_assertion_that_is_not_right_is_refused() {
    let holder = Holder::new("k-1");
    let world = world(&holder).await;
    for (name, value) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("aud", json!("https://other.example/auth/token")),
        ("aud", json!("https://book.example")),
        ("aud", json!(["https://book.example/auth/token", "https://other.example"])),
        ("aud", Value::Null),
        ("exp", json!(NOW)),
        ("exp", json!(NOW + 400)),
        ("exp", json!((NOW + 60).to_string())),
        ("exp", Value::Null),
        ("nbf", json!(NOW + 60)),
        ("iat", json!(NOW + 60)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("jti", json!("a".repeat(300))),
    ] {
        let answer = ask(&world, &holder.sign(&[], &[(name, value.clone())]), &[]).await;
        assert_eq!(answer.unwrap_err().code, "invalid_client", "{name} {value}");
    }
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("HS384")),
        ("alg", json!("RS384")),
        ("alg", json!("ES256")),
        ("kid", json!("other")),
        ("kid", Value::Null),
        ("typ", json!("at+jwt")),
        ("crit", json!(["exp"])),
    ] {
        let answer = ask(&world, &holder.sign(&[(name, value.clone())], &[]), &[]).await;
        assert_eq!(answer.unwrap_err().code, "invalid_client", "{name} {value}");
    }
    // The key that an assertion brings along is not the client's.
    let stranger = Holder::new("k-1");
    for head in [&[][..], &[("jwk", stranger.jwk.clone())], &[("jku", json!("https://evil.example/jwks"))]] {
        assert_eq!(ask(&world, &stranger.sign(head, &[]), &[]).await.unwrap_err().code, "invalid_client");
    }
    for more in [
        &[("client_assertion_type", "other")][..],
        &[("client_id", "app")],
        &[("client_assertion", "a.b.c")],
        &[("client_assertion", "")],
    ] {
        assert_eq!(
            ask(&world, &holder.sign(&[], &[]), more).await.unwrap_err().code,
            "invalid_client",
            "{more:?}"
        );
    }
    let answer = ask(&world, &holder.sign(&[], &[]), &[("grant_type", "password")]).await;
    assert_eq!(answer.unwrap_err().code, "unsupported_grant_type");
    let answer = ask(&world, &holder.sign(&[], &[]), &[("grant_type", "refresh_token")]).await;
    assert_eq!(answer.unwrap_err().code, "unauthorized_client");
}

#[tokio::test]
async fn two_keys_of_one_id_are_none() {
    let (one, other) = (Holder::new("k-1"), Holder::new("k-1"));
    let world = World::new().await;
    let new = NewClient {
        id: Some("his".to_owned()),
        name: String::new(),
        redirect_uris: Vec::new(),
        grant_types: vec!["client_credentials".to_owned()],
        scope: None,
        jwks: Some(json!({"keys": [one.jwk, other.jwk]})),
        jwks_uri: None,
        with_secret: false,
        facility: Some(facility()),
        role: None,
        dpop_bound: false,
    };
    world.auth.add_client(new, at(0)).await.unwrap();
    assert_eq!(ask(&world, &one.sign(&[], &[]), &[]).await.unwrap_err().code, "invalid_client");
}

#[tokio::test]
async fn who_registers_outside_of_a_sandbox_waits_for_an_administrator() {
    let world = World::new().await;
    let body = json!({"client_name": "New", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"], "facility": "01001", "organization": "org-1"});
    let registration = Registration::read(body.to_string().as_bytes()).unwrap();
    let answer = world.auth.register(registration, at(0)).await.unwrap();
    let id = answer["client_id"].as_str().unwrap();
    assert!(answer.get("client_secret").is_none());
    assert_eq!(
        world.auth.client(id, at(1)).await.unwrap().unwrap().facility(),
        None,
        "nobody gives himself a facility"
    );
    let asked = World::pairs(&[("client_id", id), ("scope", "openid")]);
    let answer = world.auth.authorize(asked.clone(), Some(COOKIE), at(1)).await.unwrap();
    assert!(matches!(answer, Authorization::Page(_)));
    assert!(world.auth.approve_client(id, crate::Approval::default(), at(2)).await.unwrap());
    let answer = world.auth.authorize(asked, Some(COOKIE), at(3)).await.unwrap();
    assert!(matches!(answer, Authorization::Redirect(_)));
    for bad in [
        json!({"redirect_uris": ["javascript:alert(1)"], "token_endpoint_auth_method": "none"}),
        json!({"redirect_uris": [CALLBACK], "grant_types": ["implicit"], "token_endpoint_auth_method": "none"}),
        json!({"redirect_uris": [CALLBACK], "response_types": ["token"], "token_endpoint_auth_method": "none"}),
        json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"}),
        json!({"grant_types": ["client_credentials"], "jwks_uri": "https://169.254.169.254/jwks"}),
        json!({"grant_types": ["client_credentials"], "jwks": {"keys": []}}),
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}),
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none"}),
    ] {
        let registration = Registration::read(bad.to_string().as_bytes()).unwrap();
        assert!(world.auth.register(registration, at(0)).await.is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_secret_is_told_once_and_kept_as_a_hash() {
    let world = World::new().await;
    let new = NewClient {
        id: Some("lab".to_owned()),
        name: String::new(),
        redirect_uris: Vec::new(),
        grant_types: vec!["client_credentials".to_owned()],
        scope: None,
        jwks: None,
        jwks_uri: None,
        with_secret: true,
        facility: Some(facility()),
        role: None,
        dpop_bound: true,
    };
    let (_, secret) = world.auth.add_client(new, at(0)).await.unwrap();
    let secret = secret.unwrap();
    let record =
        world.auth.store().security_record(SecurityKind::Client, "lab", at(0)).await.unwrap().unwrap();
    assert!(!record.value.contains(&secret));
    let ask = |secret: &str| TokenRequest {
        basic: Some(Basic { id: "lab".to_owned(), secret: secret.to_owned() }),
        ..request(&[("grant_type", "client_credentials"), ("scope", "system/*.rs")])
    };
    assert_eq!(world.auth.token(&ask("wrong"), at(1)).await.unwrap_err().code, "invalid_client");
    // It is known, and bound to a key that it has not shown.
    assert_eq!(world.auth.token(&ask(&secret), at(1)).await.unwrap_err().code, "invalid_dpop_proof");
}
