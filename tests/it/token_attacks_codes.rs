//! Authorization codes: for one client, one address, one verifier, once (OAuth 2.1, 4.1.3; RFC 7636).

use std::thread;

use serde_json::Value;
use test_support::{Response, TestDatabase};

use crate::support::jose::{claims, random_text};
use crate::support::oauth::{
    App, Asked, code, code_for, expect_error, post, public_app, redeem, refresh, status_with, tokens,
};
use crate::support::program::Demo;
use crate::support::sign_in::sign_in;
use crate::support::{body, text};

const REFUSED: [&str; 1] = ["invalid_grant"];

#[test]
fn a_code_is_bound_to_what_asked_for_it() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (app, other) = (public_app(&demo), public_app(&demo));
    let mut browser = sign_in(&demo, 0);
    let mut fresh = || code(&demo, &mut browser, &app);
    let either = ["invalid_grant", "invalid_request", "invalid_client"];

    let (code, asked) = fresh();
    let answer = redeem(&demo, &other, &code, &asked.verifier);
    expect_error("another client", &answer, &[400, 401], &either);
    let mixed = App { id: other.id.clone(), redirect: app.redirect.clone() };
    let (code, asked) = fresh();
    let answer = redeem(&demo, &mixed, &code, &asked.verifier);
    expect_error("another client with our address", &answer, &[400, 401], &either);
    for address in [&other.redirect, &format!("{}/", app.redirect), "https://evil.example"] {
        let (code, asked) = fresh();
        let mixed = App { id: app.id.clone(), redirect: address.to_owned() };
        expect_error(address, &redeem(&demo, &mixed, &code, &asked.verifier), &[400], &either);
    }
    for wrong in [random_text(), String::new(), "x".repeat(43), "x".repeat(129), "é".repeat(43)] {
        let (code, _) = fresh();
        expect_error("wrong verifier", &redeem(&demo, &app, &code, &wrong), &[400], &either);
    }
    // The downgrade: a challenge was sent, a verifier is not.
    let (code, asked) = fresh();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &app.redirect),
        ("client_id", &app.id),
    ];
    expect_error("no verifier", &post(&demo, "/auth/token", &form, &[]), &[400], &either);
    // The challenge itself is not the verifier.
    let challenge = asked.parameters.iter().find(|(name, _)| name == "code_challenge").unwrap().1.clone();
    let (code, _) = fresh();
    expect_error("plain", &redeem(&demo, &app, &code, &challenge), &[400], &either);
    // Two apps of one person, two verifiers exchanged.
    let (first, asked_first) = fresh();
    let (second, asked_second) = fresh();
    expect_error("exchanged", &redeem(&demo, &app, &first, &asked_second.verifier), &[400], &REFUSED);
    expect_error("exchanged", &redeem(&demo, &app, &second, &asked_first.verifier), &[400], &REFUSED);
    let (code, asked) = fresh();
    let _ = redeem(&demo, &app, &code, &asked.verifier).expect_status(200);
}

#[test]
fn what_is_no_code_is_refused() {
    let demo = Demo::start(TestDatabase::sqlite());
    let app = public_app(&demo);
    let mut browser = sign_in(&demo, 0);
    let (good, asked) = code(&demo, &mut browser, &app);
    let changed = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
    let long = "c".repeat(100_000);
    for wrong in [
        &changed,
        "",
        "x",
        "' OR 1=1 --",
        "\u{0}",
        &good[1..],
        &format!("{good} "),
        &good.to_lowercase(),
        &long,
    ] {
        let answer = redeem(&demo, &app, wrong, &asked.verifier);
        expect_error("no code", &answer, &[400, 413], &["invalid_grant", "invalid_request"]);
    }
    let form = |grant: &'static str| {
        vec![
            ("grant_type", grant),
            ("code", good.as_str()),
            ("redirect_uri", app.redirect.as_str()),
            ("client_id", app.id.as_str()),
            ("code_verifier", asked.verifier.as_str()),
        ]
    };
    let mut two = form("authorization_code");
    two.push(("code", &changed));
    expect_error("two codes", &post(&demo, "/auth/token", &two, &[]), &[400], &["invalid_request"]);
    let grants = [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "Authorization_Code",
        "",
    ];
    for grant in grants {
        let answer = post(&demo, "/auth/token", &form(grant), &[]);
        expect_error(
            grant,
            &answer,
            &[400],
            &["unsupported_grant_type", "unauthorized_client", "invalid_request"],
        );
    }
    // A public app is no system.
    let form_of_system =
        [("grant_type", "client_credentials"), ("client_id", app.id.as_str()), ("scope", "system/*.rs")];
    let answer = post(&demo, "/auth/token", &form_of_system, &[]);
    expect_error(
        "a system",
        &answer,
        &[400, 401],
        &["unauthorized_client", "invalid_client", "invalid_grant"],
    );
}

/// OAuth 2.1, 4.1.3: the second use is refused and ends what came of the first.
#[test]
fn the_second_use_ends_the_first() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let (code, asked) = code(&demo, &mut browser, &app);
        let told = body(&redeem(&demo, &app, &code, &asked.verifier).expect_status(200));
        let [access, renewal] = ["access_token", "refresh_token"].map(|name| text(&told[name]));
        assert_eq!(status_with(&demo, "Bearer", &access), 200);
        let untouched = tokens(&demo, &mut browser, &app);
        expect_error("again", &redeem(&demo, &app, &code, &asked.verifier), &[400], &REFUSED);
        assert_eq!(status_with(&demo, "Bearer", &access), 401, "the access token lives on");
        expect_error("its refresh", &refresh(&demo, &app, &renewal), &[400], &REFUSED);
        assert_eq!(status_with(&demo, "Bearer", &text(&untouched["access_token"])), 200, "another grant");
    }
}

/// RFC 9700, 4.5: sixteen at once, at most one of them gets tokens, whatever the order.
#[test]
fn a_race_for_a_code_has_one_winner() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        for round in 0..10 {
            let (code, asked) = code(&demo, &mut browser, &app);
            let answers: Vec<Response> = thread::scope(|scope| {
                let ask = || redeem(&demo, &app, &code, &asked.verifier);
                let all: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
            assert_eq!(won.len(), 1, "round {round}: one winner");
            for answer in lost {
                expect_error("lost", answer, &[400], &REFUSED);
            }
            // The fifteen others were second uses: the winner's tokens end.
            let access = text(&body(won[0])["access_token"]);
            assert_eq!(status_with(&demo, "Bearer", &access), 401, "round {round}");
        }
    }
}

#[test]
fn what_came_of_a_code_is_what_was_asked() {
    let demo = Demo::start(TestDatabase::sqlite());
    let app = public_app(&demo);
    let mut browser = sign_in(&demo, 0);
    let nonce = random_text();
    let asked = Asked::by(&demo, &app).also("nonce", &nonce);
    let (code, asked) = code_for(&demo, &mut browser, asked, &app);
    let answer = redeem(&demo, &app, &code, &asked.verifier).expect_status(200);
    assert!(answer.header("Cache-Control").is_some_and(|it| it.contains("no-store")), "RFC 6749, 5.1");
    let told = body(&answer);
    assert_eq!(told["patient"], demo.citizen(0).1, "SMART: the launch context");
    assert_eq!(text(&told["token_type"]).to_lowercase(), "bearer");
    assert!(told["expires_in"].as_u64().is_some_and(|it| (1..=600).contains(&it)), "{}", told["expires_in"]);
    let id = claims(&text(&told["id_token"]));
    assert_eq!(id["nonce"], nonce);
    assert_eq!(id["aud"], app.id);
    assert_eq!(id["iss"], demo.server().base_url());
    assert!(
        id["fhirUser"].as_str().is_some_and(|it| it.ends_with(&format!("Patient/{}", demo.citizen(0).1))),
        "{id}"
    );
    for name in ["auth_time", "acr", "amr", "at_hash", "exp", "iat"] {
        assert_ne!(id[name], Value::Null, "{name}: {id}");
    }
    let access = claims(&text(&told["access_token"]));
    assert!(!access["scope"].as_str().unwrap().contains("system/"), "{access}");
    // Not asked for, not given.
    let asked = Asked::by(&demo, &app).set("scope", "launch/patient patient/Patient.r");
    let (code, asked) = code_for(&demo, &mut browser, asked, &app);
    let told = body(&redeem(&demo, &app, &code, &asked.verifier).expect_status(200));
    assert!(told.get("refresh_token").is_none() && told.get("id_token").is_none(), "{told}");
    let token = text(&told["access_token"]);
    assert_eq!(status_with(&demo, "Bearer", &token), 200);
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str())];
    let answer = demo.server().client().request("GET", "/fhir/Observation", &headers, b"");
    assert_eq!(answer.status, 403, "a type that the scope does not name");
    let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
    assert!(challenge.contains("insufficient_scope"), "RFC 6750, 3.1: {challenge:?}");
}
