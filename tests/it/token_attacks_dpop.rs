//! Sender-constrained tokens (RFC 9449): a proof that is not exactly right opens nothing, and a bound token alone is
//! worth nothing to who has stolen it.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::jose::{
    Key, base64url, claims, hashed, header, hmac_token, now, parts, random_text, with,
};
use crate::support::oauth::{
    ASSERTION_TYPE, approve, assertion_claims, expect_error, post, register, system, system_metadata,
    token_endpoint,
};
use crate::support::program::Demo;
use crate::support::{body, text};

const SCOPE: &str = "system/Patient.rs system/Organization.rs";

/// A clinic's system that proves possession of a key.
struct Bound {
    demo: Demo,
    client: String,
    own: Key,
    proof: Key,
    path: String,
}

impl Bound {
    fn start(must: bool) -> Self {
        let demo = Demo::start(TestDatabase::sqlite());
        let own = Key::p384();
        let metadata = system_metadata(&[own.published("1")], SCOPE);
        let metadata = with(&metadata, &json!({"dpop_bound_access_tokens": must}));
        let client = text(&body(&register(&demo, &metadata).expect_status(201))["client_id"]);
        approve(&demo, &client);
        Self { demo, client, own, proof: Key::p256(), path: "/fhir/Organization?_count=1".to_owned() }
    }

    /// Asks for a token with these `DPoP` headers.
    fn ask(&self, proofs: &[String]) -> Response {
        let assertion = self.own.assertion("1", &assertion_claims(&self.demo, &self.client));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.as_str()),
            ("scope", SCOPE),
        ];
        let headers: Vec<(&str, &str)> = proofs.iter().map(|proof| ("DPoP", proof.as_str())).collect();
        post(&self.demo, "/auth/token", &form, &headers)
    }

    fn proof_for_token(&self, changes: &Value) -> String {
        self.proof.proof("POST", &token_endpoint(&self.demo), changes)
    }

    fn token(&self) -> String {
        let told = body(&self.ask(&[self.proof_for_token(&json!({}))]).expect_status(200));
        assert_eq!(told["token_type"], "DPoP", "RFC 9449, 5: {told}");
        let token = text(&told["access_token"]);
        assert_eq!(claims(&token)["cnf"]["jkt"], self.proof.thumbprint(), "bound to the key of the proof");
        token
    }

    /// The address as a proof names it: without query (RFC 9449, 4.2).
    fn resource(&self) -> String {
        format!("{}/fhir/Organization", self.demo.server().base_url())
    }

    fn proof_for_read(&self, token: &str, changes: &Value) -> String {
        let changes = with(&json!({"ath": hashed(token)}), changes);
        self.proof.proof("GET", &self.resource(), &changes)
    }

    fn read(&self, scheme: &str, token: &str, proofs: &[String]) -> Response {
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend(proofs.iter().map(|proof| ("DPoP", proof.as_str())));
        self.demo.server().client().request("GET", &self.path, &headers, b"")
    }

    #[track_caller]
    fn expect_good(&self, token: &str) {
        let proof = self.proof_for_read(token, &json!({}));
        let _ = self.read("DPoP", token, &[proof]).expect_status(200);
    }
}

/// Proofs that are wrong for any endpoint: header and signature.
fn wrong_proofs(key: &Key, method: &str, url: &str, more: &Value) -> Vec<(String, Vec<String>)> {
    let claims = json!({"jti": random_text(), "htm": method, "htu": url, "iat": now()});
    let claims = with(&claims, more);
    let fresh = || with(&claims, &json!({"jti": random_text()}));
    let head = key.proof_header();
    let headers = [
        ("typ JWT", json!({"typ": "JWT"})),
        ("typ missing", json!({"typ": null})),
        ("no key", json!({"jwk": null})),
        ("key is text", json!({"jwk": key.public().to_string()})),
        ("a private part", json!({"jwk": with(&key.public(), &json!({"d": "AAAA"}))})),
        ("a symmetric key", json!({"jwk": {"kty": "oct", "k": "AAAA"}})),
        ("a point off the curve", json!({"jwk": with(&key.public(), &json!({"y": base64url([1; 32])}))})),
        ("another algorithm named", json!({"alg": "ES384"})),
        ("alg missing", json!({"alg": null})),
        ("crit", json!({"crit": ["x"], "x": 1})),
    ];
    let mut wrong: Vec<(String, Vec<String>)> = headers
        .iter()
        .map(|(what, changes)| ((*what).to_owned(), vec![key.token(&with(&head, changes), &fresh())]))
        .collect();
    let mut add = |what: &str, proofs: Vec<String>| wrong.push((what.to_owned(), proofs));
    let good = key.token(&head, &fresh());
    let [first, second, signature] = parts(&good);
    let unsigned = base64url(with(&head, &json!({"alg": "none"})).to_string());
    add("unsigned", vec![format!("{unsigned}.{second}.")]);
    add("no signature", vec![format!("{first}.{second}.")]);
    let [_, _, other] = parts(&key.token(&head, &fresh()));
    add("another's signature", vec![format!("{first}.{second}.{other}")]);
    let secret = key.public().to_string();
    add(
        "HMAC under the public key",
        vec![hmac_token("HS256", &head, &fresh().to_string(), secret.as_bytes())],
    );
    add("a stranger signed", vec![Key::p256().token(&head, &fresh())]);
    add("two proofs", vec![key.token(&head, &fresh()), key.token(&head, &fresh())]);
    add("empty", vec![String::new()]);
    add("garbage", vec!["x.y.z".to_owned()]);
    add("a list", vec![format!("{good}, {good}")]);
    add("claims are no JSON", vec![key.token_of_text(&head.to_string(), "htm=GET")]);
    add("claims twice", vec![format!("{good}.{signature}")]);
    add("long", vec!["A".repeat(10_000)]);
    for (what, changes) in [
        ("method in small letters", json!({"htm": method.to_lowercase()})),
        ("another method", json!({"htm": "DELETE"})),
        ("no method", json!({"htm": null})),
        ("another host", json!({"htu": "https://other.example/fhir/Organization"})),
        ("another path", json!({"htu": format!("{url}/1")})),
        ("a path only", json!({"htu": "/fhir/Organization"})),
        ("a longer host", json!({"htu": url.replacen("127.0.0.1", "127.0.0.1.other.example", 1)})),
        ("somebody at the host", json!({"htu": url.replacen("http://", "http://x@", 1)})),
        ("https", json!({"htu": url.replacen("http://", "https://", 1)})),
        ("no address", json!({"htu": null})),
        ("stale", json!({"iat": now() - 600})),
        ("of the future", json!({"iat": now() + 600})),
        ("without time", json!({"iat": null})),
        ("time as text", json!({"iat": now().to_string()})),
        ("without id", json!({"jti": null})),
        ("id is a number", json!({"jti": 1})),
        ("empty id", json!({"jti": ""})),
    ] {
        add(what, vec![key.token(&head, &with(&fresh(), &changes))]);
    }
    wrong
}

#[test]
fn the_token_endpoint_wants_an_exact_proof() {
    let bound = Bound::start(true);
    let _ = bound.token();
    let url = token_endpoint(&bound.demo);
    let errors = ["invalid_dpop_proof", "invalid_request"];
    for (what, proofs) in wrong_proofs(&bound.proof, "POST", &url, &json!({})) {
        expect_error(&what, &bound.ask(&proofs), &[400, 413, 431], &errors);
    }
    expect_error("no proof though the client is bound", &bound.ask(&[]), &[400], &errors);
    let proof = bound.proof_for_token(&json!({}));
    let _ = bound.ask(std::slice::from_ref(&proof)).expect_status(200);
    expect_error("the same proof again", &bound.ask(&[proof]), &[400], &errors);
    let _ = bound.token();
}

#[test]
fn a_bound_token_needs_its_key_at_every_request() {
    let bound = Bound::start(true);
    let token = bound.token();
    bound.expect_good(&token);
    let ath = json!({"ath": hashed(&token)});
    let mut cases = wrong_proofs(&bound.proof, "GET", &bound.resource(), &ath);
    let other = Key::p256();
    let mut add = |what: &str, proofs: Vec<String>| cases.push((what.to_owned(), proofs));
    add("no proof", Vec::new());
    add("another key", vec![other.proof("GET", &bound.resource(), &ath)]);
    add("ath missing", vec![bound.proof_for_read(&token, &json!({"ath": null}))]);
    add("ath of another token", vec![bound.proof_for_read(&token, &json!({"ath": hashed("x")}))]);
    add("ath in hexadecimal", vec![bound.proof_for_read(&token, &json!({"ath": "00".repeat(32)}))]);
    add("the proof of the token endpoint", vec![bound.proof_for_token(&ath)]);
    let mut wrong = Vec::new();
    for (what, proofs) in cases {
        let answer = bound.read("DPoP", &token, &proofs);
        let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
        let names = challenge.contains("invalid_dpop_proof") || challenge.contains("invalid_token");
        // RFC 9449, 7.1; without any proof the plain challenge is right, too.
        let is_right = answer.status == 401 && challenge.contains("DPoP") && (names || proofs.is_empty());
        let is_large =
            proofs.iter().any(|proof| proof.len() > 8192) && matches!(answer.status, 400 | 413 | 431);
        if !is_right && !is_large {
            wrong.push(format!("{what}: {} {challenge:?}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    bound.expect_good(&token);
}

/// RFC 9449, 7.2: a bound token is no bearer token, not even with a right proof beside it.
#[test]
fn a_bound_token_is_not_a_bearer_token() {
    let bound = Bound::start(true);
    let token = bound.token();
    assert_eq!(header(&token)["typ"], "at+jwt");
    let proof = bound.proof_for_read(&token, &json!({}));
    for proofs in [Vec::new(), vec![proof]] {
        let answer = bound.read("Bearer", &token, &proofs);
        assert_eq!(answer.status, 401);
        assert!(answer.header("WWW-Authenticate").is_some(), "RFC 9110, 11.6.1");
    }
    bound.expect_good(&token);
}

#[test]
fn a_proof_serves_once() {
    let bound = Bound::start(true);
    let token = bound.token();
    let proof = bound.proof_for_read(&token, &json!({}));
    let _ = bound.read("DPoP", &token, std::slice::from_ref(&proof)).expect_status(200);
    assert_eq!(bound.read("DPoP", &token, std::slice::from_ref(&proof)).status, 401, "replayed");
    // The same id under another signature is the same proof.
    let again = bound.proof_for_read(&token, &json!({"jti": claims(&proof)["jti"]}));
    assert_eq!(bound.read("DPoP", &token, &[again]).status, 401, "the id again");
    let proof = bound.proof_for_read(&token, &json!({}));
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| bound.read("DPoP", &token, std::slice::from_ref(&proof)).status))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 15, "{answers:?}");
}

/// A client that is not registered as bound may still bind its tokens, and gets bearer tokens otherwise.
#[test]
fn binding_is_offered_to_everybody() {
    let bound = Bound::start(false);
    bound.expect_good(&bound.token());
    let told = body(&bound.ask(&[]).expect_status(200));
    assert_eq!(text(&told["token_type"]).to_lowercase(), "bearer");
    let token = text(&told["access_token"]);
    assert_eq!(claims(&token)["cnf"], Value::Null);
    let _ = bound.read("Bearer", &token, &[]).expect_status(200);
    // An unbound token under the scheme of bound ones (RFC 9449, 7.1: the server MUST check the binding).
    let proof = bound.proof_for_read(&token, &json!({}));
    assert_eq!(bound.read("DPoP", &token, &[proof]).status, 401);
    // Other systems are not disturbed by what one of them does.
    let key = Key::p384();
    let _ = system(&bound.demo, &[key.published("1")], SCOPE);
}
