//! Client assertions of clinic systems (RFC 7523, SMART Backend Services): the right ones work, the others are refused
//! with `invalid_client`, and each serves once.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::jose::{Key, base64url, claims, hmac_token, now, parts, random_text, with};
use crate::support::oauth::{
    ASSERTION_TYPE, ask_with_assertion, assertion_claims, expect_error, post, register, system,
    system_metadata, system_token,
};
use crate::support::program::{Caller, Demo, run, words};
use crate::support::sink::Sink;
use crate::support::{body, text};

const SCOPE: &str = "system/Patient.rs system/Organization.rs";

/// RFC 6749, 5.2 and RFC 7521, 4.2.
const REFUSED: [&str; 1] = ["invalid_client"];

struct Clinic {
    demo: Demo,
    client: String,
    key: Key,
}

impl Clinic {
    fn start() -> Self {
        let demo = Demo::start(TestDatabase::sqlite());
        let key = Key::p384();
        let client = system(&demo, &[key.published("1")], SCOPE);
        Self { demo, client, key }
    }

    fn claims(&self) -> Value {
        assertion_claims(&self.demo, &self.client)
    }

    fn ask(&self, assertion: &str) -> Response {
        ask_with_assertion(&self.demo, assertion, SCOPE)
    }

    #[track_caller]
    fn expect_good(&self) {
        let _ = self.ask(&self.key.assertion("1", &self.claims())).expect_status(200);
    }
}

/// SMART Backend Services: both algorithms that a server has to support; 300 seconds; no refresh token.
#[test]
fn both_algorithms_of_smart_work() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        for key in [Key::p384(), Key::rsa()] {
            let client = system(&demo, &[key.published("k")], SCOPE);
            let assertion = key.assertion("k", &assertion_claims(&demo, &client));
            let answer = ask_with_assertion(&demo, &assertion, SCOPE).expect_status(200);
            assert!(answer.header("Cache-Control").is_some_and(|it| it.contains("no-store")));
            let told = body(&answer);
            assert!(told["expires_in"].as_u64().is_some_and(|it| (1..=300).contains(&it)), "{told}");
            assert_eq!(text(&told["token_type"]).to_lowercase(), "bearer");
            assert!(told.get("refresh_token").is_none(), "{told}");
            assert!(told["scope"].as_str().is_some_and(|scope| scope.contains("system/Patient.r")), "{told}");
            let caller = Caller::new(demo.server().client(), text(&told["access_token"]));
            let _ = caller.get("/fhir/Patient?_count=1").expect_status(200);
        }
    }
}

#[test]
fn an_assertion_that_is_not_exactly_right_is_refused() {
    let clinic = Clinic::start();
    let (key, other, sink) = (&clinic.key, Key::p384(), Sink::open());
    let base = clinic.demo.server().base_url();
    let claim_sets = [
        ("iss of another", json!({"iss": "another"})),
        ("iss missing", json!({"iss": null})),
        ("iss is a list", json!({"iss": [clinic.client]})),
        ("sub of another", json!({"sub": "another"})),
        ("sub missing", json!({"sub": null})),
        ("both of another", json!({"iss": "another", "sub": "another"})),
        ("aud of another server", json!({"aud": "https://other.example/auth/token"})),
        ("aud begins like ours", json!({"aud": format!("{base}/auth/token.other.example")})),
        ("aud is the book", json!({"aud": format!("{base}/fhir")})),
        ("aud missing", json!({"aud": null})),
        ("aud is empty", json!({"aud": []})),
        ("exp missing", json!({"exp": null})),
        ("exp is over", json!({"exp": now() - 120, "iat": now() - 300})),
        ("exp in ten minutes", json!({"exp": now() + 600})),
        ("exp in a year", json!({"exp": now() + 31_536_000})),
        ("exp as text", json!({"exp": (now() + 200).to_string()})),
        ("exp is negative", json!({"exp": -1})),
        ("nbf is to come", json!({"nbf": now() + 200})),
        ("jti missing", json!({"jti": null})),
        ("jti is empty", json!({"jti": ""})),
        ("jti is a number", json!({"jti": 7})),
        ("jti is huge", json!({"jti": "j".repeat(20_000)})),
    ];
    let mut forms: Vec<(String, String)> = Vec::new();
    for (what, changes) in claim_sets {
        forms.push((what.to_owned(), key.assertion("1", &with(&clinic.claims(), &changes))));
    }
    let head = json!({"alg": "ES384", "typ": "JWT", "kid": "1"});
    let jwk = json!({"jwk": other.public()});
    let strangers = [
        ("a stranger's key", json!({})),
        ("a stranger's key in the header", jwk),
        ("a stranger's jku", json!({"jku": sink.url()})),
        ("a stranger's x5u", json!({"x5u": sink.url()})),
        ("a kid of nobody", json!({"kid": "2"})),
        ("a path as kid", json!({"kid": "../1"})),
        ("no kid", json!({"kid": null})),
    ];
    for (what, changes) in strangers {
        forms.push((what.to_owned(), other.token(&with(&head, &changes), &clinic.claims())));
    }
    let own = [
        ("our key, kid of nobody", json!({"kid": "2"})),
        ("our key, no kid", json!({"kid": null})),
        ("our key, jku of a stranger", json!({"jku": sink.url(), "kid": "2"})),
        ("our key, crit", json!({"crit": ["x"], "x": 1})),
        ("our key, ES256 named", json!({"alg": "ES256"})),
        ("our key, RS384 named", json!({"alg": "RS384"})),
    ];
    for (what, changes) in own {
        forms.push((what.to_owned(), key.token(&with(&head, &changes), &clinic.claims())));
    }
    let good = key.assertion("1", &clinic.claims());
    let [first, second, _] = parts(&good);
    let [_, _, of_another] = parts(&key.assertion("1", &clinic.claims()));
    let unsigned = base64url(r#"{"alg":"none","typ":"JWT","kid":"1"}"#);
    forms.push(("unsigned".to_owned(), format!("{unsigned}.{second}.")));
    forms.push(("without signature".to_owned(), format!("{first}.{second}.")));
    forms.push(("another's signature".to_owned(), format!("{first}.{second}.{of_another}")));
    for secret in [clinic.client.clone(), key.public().to_string(), key.published("1").to_string()] {
        let token = hmac_token("HS384", &head, &clinic.claims().to_string(), secret.as_bytes());
        forms.push(("HMAC".to_owned(), token));
    }
    let twice = clinic.claims().to_string().replacen('{', r#"{"sub":"another","#, 1);
    forms.push(("sub twice".to_owned(), key.token_of_text(&head.to_string(), &twice)));
    forms.push(("garbage".to_owned(), "x.y.z".to_owned()));
    forms.push(("huge".to_owned(), format!("{first}.{}.AAAA", "A".repeat(100_000))));
    assert!(forms.len() >= 20);
    let mut wrong = Vec::new();
    for (what, assertion) in forms {
        let answer = clinic.ask(&assertion);
        let error = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default()["error"].clone();
        let is_large = assertion.len() > 16_384 && matches!(answer.status, 400 | 401 | 413);
        let is_right = matches!(answer.status, 400 | 401) && error == REFUSED[0];
        if !is_right && !is_large {
            wrong.push(format!("{what}: {} {error}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    sink.expect_no_visit();
    clinic.expect_good();
}

/// SMART: RS384 and ES384; what else a key could do is not taken.
#[test]
fn other_algorithms_of_a_registered_key_are_refused() {
    let demo = Demo::start(TestDatabase::sqlite());
    let key = Key::rsa();
    let client = system(&demo, &[key.published("r")], SCOPE);
    let _ = system_token(&demo, &client, "r", &key, SCOPE);
    for algorithm in ["RS256", "PS384"] {
        let head = json!({"alg": algorithm, "typ": "JWT", "kid": "r"});
        let answer = ask_with_assertion(&demo, &key.token(&head, &assertion_claims(&demo, &client)), SCOPE);
        expect_error(algorithm, &answer, &[400, 401], &REFUSED);
    }
}

/// What is wrong, the form, the errors that fit.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a [&'a str]);

#[test]
fn the_request_around_the_assertion_is_checked() {
    let clinic = Clinic::start();
    let good = || clinic.key.assertion("1", &clinic.claims());
    let (one, two) = (good(), good());
    let grant = ("grant_type", "client_credentials");
    let kind = ("client_assertion_type", ASSERTION_TYPE);
    let assertion = ("client_assertion", one.as_str());
    let scope = ("scope", SCOPE);
    let either = ["invalid_client", "invalid_request"];
    let bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let cases: Vec<Case> = vec![
        ("no grant type", vec![kind, assertion, scope], &["invalid_request"]),
        ("grant type twice", vec![grant, grant, kind, assertion, scope], &["invalid_request"]),
        (
            "another grant",
            vec![("grant_type", "password"), kind, assertion],
            &["unsupported_grant_type", "unauthorized_client"],
        ),
        (
            "the assertion as grant",
            vec![("grant_type", bearer), ("assertion", &one)],
            &["unsupported_grant_type", "invalid_client", "unauthorized_client"],
        ),
        ("no kind of assertion", vec![grant, assertion, scope], &either),
        (
            "another kind of assertion",
            vec![grant, ("client_assertion_type", saml), assertion, scope],
            &either,
        ),
        ("no assertion", vec![grant, kind, scope], &either),
        ("two assertions", vec![grant, kind, assertion, ("client_assertion", &two), scope], &either),
        ("another client id", vec![grant, kind, assertion, scope, ("client_id", "another")], &either),
        (
            "a secret beside",
            vec![grant, kind, assertion, scope, ("client_secret", "x"), ("client_id", &clinic.client)],
            &either,
        ),
        (
            "only the id",
            vec![grant, scope, ("client_id", &clinic.client)],
            &["invalid_client", "unauthorized_client"],
        ),
    ];
    for (what, form, errors) in cases {
        expect_error(what, &post(&clinic.demo, "/auth/token", &form, &[]), &[400, 401], errors);
    }
    let basic = [("Authorization", "Basic YTpi")];
    let form = [grant, kind, ("client_assertion", &two), scope];
    let answer = post(&clinic.demo, "/auth/token", &form, &basic);
    expect_error("two ways to authenticate", &answer, &[400, 401], &either);
    // RFC 6749, 3.2: POST, and parameters in the body.
    let third = good();
    let query = format!(
        "/auth/token?grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={third}&scope=system/Patient.rs"
    );
    let http = clinic.demo.server().client();
    assert!(matches!(http.get(&query).status, 404 | 405));
    let empty = [("Content-Type", "application/x-www-form-urlencoded")];
    expect_error("in the address", &http.request("POST", &query, &empty, b""), &[400, 401], &either);
    let as_json = json!({"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": third});
    let kind = [("Content-Type", "application/json")];
    let answer = http.request("POST", "/auth/token", &kind, as_json.to_string().as_bytes());
    assert!(matches!(answer.status, 400 | 415), "JSON: {}", answer.status);
    clinic.expect_good();
}

#[test]
fn an_assertion_serves_once() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let key = Key::p384();
        let client = system(&demo, &[key.published("1")], SCOPE);
        let claims = assertion_claims(&demo, &client);
        let assertion = key.assertion("1", &claims);
        let _ = ask_with_assertion(&demo, &assertion, SCOPE).expect_status(200);
        expect_error("replayed", &ask_with_assertion(&demo, &assertion, SCOPE), &[400, 401], &REFUSED);
        // Signed anew, it is the same id still.
        let again = key.assertion("1", &claims);
        expect_error("the id again", &ask_with_assertion(&demo, &again, SCOPE), &[400, 401], &REFUSED);
        // The id belongs to its client: somebody else may use the same.
        let other_key = Key::p384();
        let other = system(&demo, &[other_key.published("1")], SCOPE);
        let same = with(&assertion_claims(&demo, &other), &json!({"jti": claims["jti"]}));
        let _ = ask_with_assertion(&demo, &other_key.assertion("1", &same), SCOPE).expect_status(200);

        for round in 0..5 {
            let assertion = key.assertion("1", &assertion_claims(&demo, &client));
            let statuses: Vec<u16> = std::thread::scope(|scope| {
                let ask = || ask_with_assertion(&demo, &assertion, SCOPE).status;
                let all: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let won = statuses.iter().filter(|status| **status == 200).count();
            assert_eq!(won, 1, "round {round}: {statuses:?}");
            assert!(statuses.iter().all(|status| matches!(status, 200 | 400 | 401)), "{statuses:?}");
        }
    }
}

#[test]
fn a_system_gets_no_more_than_it_may() {
    let clinic = Clinic::start();
    let ask =
        |scope: &str| ask_with_assertion(&clinic.demo, &clinic.key.assertion("1", &clinic.claims()), scope);
    let granted = |answer: &Response| {
        let told = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        let token = told["access_token"].as_str().map(claims);
        (answer.status, token.map(|it| it["scope"].as_str().unwrap_or_default().to_owned()))
    };
    for wide in ["system/*.cruds", "system/Patient.cruds", "system/Observation.rs", "system/*.read"] {
        let (status, scope) = granted(&ask(&format!("{wide} system/Patient.rs")));
        let allowed = ["system/Patient.rs", "system/Patient.r", "system/Patient.s", "system/Organization.rs"];
        match scope {
            None => assert_eq!(status, 400, "{wide}"),
            Some(scope) => {
                let all = scope.split_whitespace();
                let beyond: Vec<&str> = all.filter(|one| !allowed.contains(one)).collect();
                assert!(beyond.is_empty(), "{wide}: {beyond:?}");
            }
        }
    }
    for mixed in [
        "system/Patient.rs patient/Patient.rs",
        "system/Patient.rs user/Patient.rs",
        "patient/Patient.rs",
        "user/*.rs",
        "launch/patient patient/*.rs",
    ] {
        expect_error(mixed, &ask(mixed), &[400], &["invalid_scope"]);
    }
    expect_error("none that it may", &ask("system/Condition.rs"), &[400], &["invalid_scope"]);
    for odd in [
        "system/Patient.sr",
        "system/Patient.",
        "system/.rs",
        "system/Nothing.rs",
        "system/Patient.rs\" x",
        "é",
    ] {
        expect_error(odd, &ask(odd), &[400], &["invalid_scope", "invalid_request"]);
    }
    let told = body(&ask("system/Patient.rs offline_access"));
    assert!(told.get("refresh_token").is_none(), "no refresh token for a system: {told}");
}

/// What is asked of a client that is not, not yet, or no longer one.
#[test]
fn who_is_no_client_gets_nothing() {
    let clinic = Clinic::start();
    let unknown = with(&clinic.claims(), &json!({"iss": "nobody", "sub": "nobody", "jti": random_text()}));
    let answer = clinic.ask(&clinic.key.assertion("1", &unknown));
    expect_error("unknown", &answer, &[400, 401], &REFUSED);

    let token = system_token(&clinic.demo, &clinic.client, "1", &clinic.key, SCOPE);
    let caller = Caller::new(clinic.demo.server().client(), &token);
    let _ = caller.get("/fhir/Organization?_count=1").expect_status(200);
    let folder = clinic.demo.folder.path();
    let place = ["--database", clinic.demo.database.url(), "--data-folder", folder.to_str().unwrap()];
    let output = run(folder, &[&["client", "block", &clinic.client], &place[..]].concat());
    assert!(output.status.success(), "{}", words(&output));
    // docs/sign-in.md, 3: another process revoked; this server has seen it within a second.
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(caller.get("/fhir/Organization?_count=1").status, 401, "the token of a blocked client");
    let answer = clinic.ask(&clinic.key.assertion("1", &clinic.claims()));
    expect_error("blocked", &answer, &[400, 401], &REFUSED);
}

/// SMART: exactly one key for a kid.
#[test]
fn two_keys_of_one_name_are_none() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (one, two) = (Key::p384(), Key::p384());
    let answer = register(&demo, &system_metadata(&[one.published("1"), two.published("1")], SCOPE));
    if answer.status == 201 {
        let client = text(&body(&answer)["client_id"]);
        crate::support::oauth::approve(&demo, &client);
        for key in [one, two] {
            let assertion = key.assertion("1", &assertion_claims(&demo, &client));
            expect_error("two", &ask_with_assertion(&demo, &assertion, SCOPE), &[400, 401], &REFUSED);
        }
    } else {
        expect_error("two", &answer, &[400], &["invalid_client_metadata"]);
    }
    // Two names are two keys: that is how a key is exchanged.
    let (old, new) = (Key::p384(), Key::rsa());
    let client = system(&demo, &[old.published("old"), new.published("new")], SCOPE);
    let _ = system_token(&demo, &client, "old", &old, SCOPE);
    let _ = system_token(&demo, &client, "new", &new, SCOPE);
    let crossed =
        new.token(&json!({"alg": "RS384", "typ": "JWT", "kid": "old"}), &assertion_claims(&demo, &client));
    expect_error("crossed", &ask_with_assertion(&demo, &crossed, SCOPE), &[400, 401], &REFUSED);
}
