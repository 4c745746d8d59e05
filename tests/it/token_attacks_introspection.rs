//! Introspection (RFC 7662), revocation (RFC 7009) and userinfo: who asks must be somebody, what is not alive tells
//! nothing, and what was revoked is dead at the next request.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::jose::{Key, base64url, header, parts, random_text, with};
use crate::support::oauth::{
    ASSERTION_TYPE, App, assertion_claims, expect_error, post, public_app, refresh, status_with, system,
    system_token, tokens,
};
use crate::support::program::{Demo, run, words};
use crate::support::sign_in::sign_in;
use crate::support::{body, text};

const SCOPE: &str = "system/Organization.rs";

struct Scene {
    demo: Demo,
    key: Key,
    client: String,
}

impl Scene {
    fn start(database: TestDatabase) -> Self {
        let demo = Demo::start(database);
        let key = Key::p384();
        let client = system(&demo, &[key.published("1")], SCOPE);
        Self { demo, key, client }
    }

    fn ask(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let assertion = self.key.assertion("1", &assertion_claims(&self.demo, &self.client));
        let mut all =
            vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        all.extend(form);
        post(&self.demo, path, &all, &[])
    }

    fn introspect(&self, token: &str) -> Value {
        body(&self.ask("/auth/introspect", &[("token", token)]).expect_status(200))
    }

    fn token(&self) -> String {
        system_token(&self.demo, &self.client, "1", &self.key, SCOPE)
    }
}

/// By the app that the token was given to.
fn revoke(demo: &Demo, app: &App, token: &str, hint: &str) -> Response {
    let form = [("token", token), ("token_type_hint", hint), ("client_id", app.id.as_str())];
    post(demo, "/auth/revoke", &form, &[])
}

#[test]
fn a_living_token_is_told_to_its_client() {
    for database in TestDatabase::each() {
        let scene = Scene::start(database);
        let told = scene.introspect(&scene.token());
        assert_eq!(told["active"], true, "{told}");
        assert_eq!(told["client_id"], scene.client);
        for name in ["scope", "exp", "iss", "sub"] {
            assert_ne!(told[name], Value::Null, "{name}: {told}");
        }
    }
}

/// RFC 7662, 2.2: `{"active": false}` and not a word more.
#[test]
fn what_does_not_live_tells_nothing() {
    let scene = Scene::start(TestDatabase::sqlite());
    let good = scene.token();
    let [head, claims, signature] = parts(&good);
    let none = base64url(with(&header(&good), &json!({"alg": "none"})).to_string());
    let stranger = Key::p256().token(&header(&good), &crate::support::jose::claims(&good));
    let app = public_app(&scene.demo);
    let mut browser = sign_in(&scene.demo, 0);
    let told = tokens(&scene.demo, &mut browser, &app);
    let other_demo = Demo::start(TestDatabase::sqlite());
    let elsewhere = other_demo.token(&["--citizen", other_demo.citizen(0).0]);
    let other_claims = parts(&text(&told["access_token"]))[1].clone();
    let cases = [
        ("garbage", "x.y.z".to_owned()),
        ("random", random_text()),
        ("SQL", "' OR 1=1 --".to_owned()),
        ("unsigned", format!("{none}.{claims}.")),
        ("cut", format!("{head}.{claims}.{}", &signature[..80])),
        ("claims of another", format!("{head}.{other_claims}.{signature}")),
        ("signed by a stranger", stranger),
        ("of another server", elsewhere),
        ("an id token", text(&told["id_token"])),
        ("the refresh token of another client", text(&told["refresh_token"])),
        ("an assertion", scene.key.assertion("1", &assertion_claims(&scene.demo, &scene.client))),
        ("long", "A".repeat(100_000)),
    ];
    for (what, token) in cases {
        let answer = scene.ask("/auth/introspect", &[("token", &token)]);
        if token.len() > 16_384 && answer.status == 413 {
            continue;
        }
        assert_eq!(body(&answer.expect_status(200)), json!({"active": false}), "{what}");
    }
    let answer = scene.ask("/auth/introspect", &[]);
    expect_error("no token", &answer, &[400], &["invalid_request"]);
    let answer = scene.ask("/auth/introspect", &[("token", &good), ("token", &good)]);
    expect_error("two tokens", &answer, &[400], &["invalid_request"]);
}

#[test]
fn who_asks_must_be_somebody() {
    let scene = Scene::start(TestDatabase::sqlite());
    let good = scene.token();
    for path in ["/auth/introspect", "/auth/revoke"] {
        let answer = post(&scene.demo, path, &[("token", &good)], &[]);
        expect_error(path, &answer, &[400, 401], &["invalid_client", "invalid_request"]);
        let answer = post(&scene.demo, path, &[("token", &good), ("client_id", &scene.client)], &[]);
        expect_error(path, &answer, &[400, 401], &["invalid_client"]);
        let replayed = scene.key.assertion("1", &assertion_claims(&scene.demo, &scene.client));
        let form = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", replayed.as_str()),
            ("token", "x"),
        ];
        let _ = post(&scene.demo, path, &form, &[]).expect_status(200);
        expect_error(path, &post(&scene.demo, path, &form, &[]), &[400, 401], &["invalid_client"]);
        let bearer = [("Authorization", "Bearer x.y.z")];
        let answer = post(&scene.demo, path, &[("token", &good)], &bearer);
        expect_error(path, &answer, &[400, 401], &["invalid_client", "invalid_token", "invalid_request"]);
        assert!(matches!(
            scene.demo.server().client().get(&format!("{path}?token={good}")).status,
            404 | 405
        ));
    }
    assert_eq!(scene.introspect(&good)["active"], true, "nothing was revoked");
}

#[test]
fn a_revoked_token_is_dead_at_the_next_request() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        // An access token alone.
        let told = tokens(&demo, &mut browser, &app);
        let access = text(&told["access_token"]);
        assert_eq!(status_with(&demo, "Bearer", &access), 200);
        let _ = revoke(&demo, &app, &access, "access_token").expect_status(200);
        assert_eq!(status_with(&demo, "Bearer", &access), 401);
        // A refresh token takes the whole grant along (RFC 7009, 2.1).
        let told = tokens(&demo, &mut browser, &app);
        let [access, renewal] = ["access_token", "refresh_token"].map(|name| text(&told[name]));
        let _ = revoke(&demo, &app, &renewal, "refresh_token").expect_status(200);
        expect_error("refresh", &refresh(&demo, &app, &renewal), &[400], &["invalid_grant"]);
        assert_eq!(status_with(&demo, "Bearer", &access), 401, "the access token of the grant");
        // Twice is no error; a wrong hint does not help the token; an unknown one is ignored.
        let _ = revoke(&demo, &app, &renewal, "refresh_token").expect_status(200);
        let told = tokens(&demo, &mut browser, &app);
        let renewal = text(&told["refresh_token"]);
        let _ = revoke(&demo, &app, &renewal, "access_token").expect_status(200);
        expect_error("refresh", &refresh(&demo, &app, &renewal), &[400], &["invalid_grant"]);
        for nothing in ["x.y.z", "' OR 1=1 --", &random_text()] {
            let _ = revoke(&demo, &app, nothing, "refresh_token").expect_status(200);
        }
    }
}

/// RFC 7009, 2.1: only what was issued to the client.
#[test]
fn nobody_revokes_for_others() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (app, other) = (public_app(&demo), public_app(&demo));
    let mut browser = sign_in(&demo, 0);
    let told = tokens(&demo, &mut browser, &app);
    let [access, renewal] = ["access_token", "refresh_token"].map(|name| text(&told[name]));
    for token in [&access, &renewal] {
        let answer = revoke(&demo, &other, token, "");
        assert!(matches!(answer.status, 200 | 400 | 401), "{}", answer.status);
    }
    assert_eq!(status_with(&demo, "Bearer", &access), 200, "a stranger revoked");
    let _ = refresh(&demo, &app, &renewal).expect_status(200);
}

#[test]
fn ending_a_session_ends_its_tokens() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let mut elsewhere = sign_in(&demo, 0);
        let told = tokens(&demo, &mut browser, &app);
        let kept = tokens(&demo, &mut elsewhere, &app);
        let [access, renewal] = ["access_token", "refresh_token"].map(|name| text(&told[name]));
        let cookies: Vec<String> =
            browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let base = demo.server().base_url().to_owned();
        let cookies = cookies.join("; ");
        let headers = [
            ("Cookie", cookies.as_str()),
            ("Accept", "application/json"),
            ("Origin", &base),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let http = demo.server().client();
        let sessions = body(&http.request("GET", "/auth/sessions", &headers, b"").expect_status(200));
        let list = sessions.as_array().or_else(|| sessions["sessions"].as_array()).expect("a list").clone();
        // With offline_access the app lives on without the browser: it is a line of its own.
        let session = crate::support::jose::claims(&access)["sid"].clone();
        let line = list.iter().find(|one| one["id"] == session).expect("the session of the app");
        assert_eq!(line["own"], false, "{line}");
        let path = format!("/auth/sessions/{}", text(&session));
        let answer = http.request("DELETE", &path, &headers, b"");
        assert!(matches!(answer.status, 200 | 204), "{}", answer.status);
        assert_eq!(status_with(&demo, "Bearer", &access), 401, "the access token lives on");
        expect_error("refresh", &refresh(&demo, &app, &renewal), &[400], &["invalid_grant"]);
        assert_eq!(status_with(&demo, "Bearer", &text(&kept["access_token"])), 200, "another device");
    }
}

/// T11: a blocked person has no way left: access, refresh, code.
#[test]
fn a_blocked_account_is_out_at_once() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let told = tokens(&demo, &mut browser, &app);
        let (code, asked) = crate::support::oauth::code(&demo, &mut browser, &app);
        let folder = demo.folder.path();
        let place = ["--database", demo.database.url(), "--data-folder", folder.to_str().unwrap()];
        let who = ["account", "block", "--citizen", demo.citizen(0).0];
        let output = run(folder, &[&who[..], &place[..]].concat());
        assert!(output.status.success(), "{}", words(&output));
        // Another process did it; this one has seen it within a second.
        std::thread::sleep(std::time::Duration::from_secs(1));
        assert_eq!(status_with(&demo, "Bearer", &text(&told["access_token"])), 401);
        let answer = refresh(&demo, &app, &text(&told["refresh_token"]));
        expect_error("refresh", &answer, &[400], &["invalid_grant"]);
        let answer = crate::support::oauth::redeem(&demo, &app, &code, &asked.verifier);
        expect_error("code", &answer, &[400], &["invalid_grant"]);
    }
}

/// OpenID Connect Core 1.0, 5.3.
#[test]
fn userinfo_tells_who_and_no_more() {
    let demo = Demo::start(TestDatabase::sqlite());
    let app = public_app(&demo);
    let mut browser = sign_in(&demo, 0);
    let told = tokens(&demo, &mut browser, &app);
    let ask = |token: &str| {
        let authorization = format!("Bearer {token}");
        demo.server().client().request("GET", "/auth/userinfo", &[("Authorization", &authorization)], b"")
    };
    let who = body(&ask(&text(&told["access_token"])).expect_status(200));
    assert_eq!(who["sub"], crate::support::jose::claims(&text(&told["id_token"]))["sub"]);
    assert!(!who.to_string().contains(demo.citizen(0).0), "the citizen number is told");
    for wrong in ["x.y.z", "", &text(&told["id_token"]), &text(&told["refresh_token"])] {
        let answer = ask(wrong);
        assert_eq!(answer.status, 401);
        assert!(answer.header("WWW-Authenticate").is_some_and(|it| it.starts_with("Bearer")));
    }
    let form = format!("/auth/userinfo?access_token={}", text(&told["access_token"]));
    assert_eq!(demo.server().client().get(&form).status, 401, "in the address");
}
