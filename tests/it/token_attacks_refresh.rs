//! Refresh tokens: one use, one successor, and a family that dies together (RFC 9700, 4.14; docs/sign-in.md, 3).

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;
use test_support::{Response, TestDatabase};

use crate::support::jose::{Key, claims};
use crate::support::oauth::{
    code, expect_error, post, public_app, refresh, status_with, token_endpoint, tokens,
};
use crate::support::program::Demo;
use crate::support::sign_in::sign_in;
use crate::support::{body, text};

const REFUSED: [&str; 1] = ["invalid_grant"];

/// Access and refresh token of an answer.
#[track_caller]
fn pair(answer: &Response) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let told = body(answer);
    (text(&told["access_token"]), text(&told["refresh_token"]))
}

#[test]
fn each_use_gives_a_successor() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let mut token = text(&tokens(&demo, &mut browser, &app)["refresh_token"]);
        let mut seen = BTreeSet::from([token.clone()]);
        for _ in 0..5 {
            let (access, next) = pair(&refresh(&demo, &app, &token));
            assert_eq!(status_with(&demo, "Bearer", &access), 200);
            assert!(seen.insert(next.clone()), "a token comes twice");
            token = next;
        }
    }
}

/// A lost answer does not sign a person out: the same token again gives the same successor.
#[test]
fn a_lost_answer_is_given_again() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let first = text(&tokens(&demo, &mut browser, &app)["refresh_token"]);
        let (_, second) = pair(&refresh(&demo, &app, &first));
        for _ in 0..3 {
            let (access, again) = pair(&refresh(&demo, &app, &first));
            assert_eq!(again, second, "the same successor");
            assert_eq!(status_with(&demo, "Bearer", &access), 200);
        }
        let _ = pair(&refresh(&demo, &app, &second));
    }
}

#[test]
fn reuse_ends_the_family() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let told = tokens(&demo, &mut browser, &app);
        let other_grant = tokens(&demo, &mut browser, &app);
        let first = text(&told["refresh_token"]);
        let (access_two, second) = pair(&refresh(&demo, &app, &first));
        let (access_three, third) = pair(&refresh(&demo, &app, &second));
        // The successor has been used: the first one comes from somebody who has stolen it, or lost it to a thief.
        expect_error("reuse", &refresh(&demo, &app, &first), &[400], &REFUSED);
        for token in [&first, &second, &third] {
            expect_error("after it", &refresh(&demo, &app, token), &[400], &REFUSED);
        }
        for access in [&text(&told["access_token"]), &access_two, &access_three] {
            assert_eq!(status_with(&demo, "Bearer", access), 401, "an access token lives on");
        }
        assert_eq!(status_with(&demo, "Bearer", &text(&other_grant["access_token"])), 200, "another family");
        let _ = pair(&refresh(&demo, &app, &text(&other_grant["refresh_token"])));
    }
}

/// CVE-2026-1035 of another server: all who came at once won. Here all of them get the one successor or nothing.
#[test]
fn a_race_has_one_successor() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let app = public_app(&demo);
        let mut browser = sign_in(&demo, 0);
        let mut token = text(&tokens(&demo, &mut browser, &app)["refresh_token"]);
        for round in 0..20 {
            let answers: Vec<Response> = thread::scope(|scope| {
                let all: Vec<_> = (0..16).map(|_| scope.spawn(|| refresh(&demo, &app, &token))).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
            assert!(!won.is_empty(), "round {round}: nobody won");
            let successors: BTreeSet<String> = won.iter().map(|answer| pair(answer).1).collect();
            assert_eq!(successors.len(), 1, "round {round}: {} successors", successors.len());
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                expect_error("lost", answer, &[400], &REFUSED);
            }
            token = successors.into_iter().next().unwrap();
        }
    }
}

/// A race between the first token and its successor must end with one living line or none, never with two.
#[test]
fn two_lines_never_live() {
    let demo = Demo::start(TestDatabase::sqlite());
    let app = public_app(&demo);
    for _ in 0..5 {
        let mut browser = sign_in(&demo, 0);
        let first = text(&tokens(&demo, &mut browser, &app)["refresh_token"]);
        let (_, second) = pair(&refresh(&demo, &app, &first));
        let answers: Vec<Response> = thread::scope(|scope| {
            let all: Vec<_> = (0..16)
                .map(|index| {
                    let token = if index % 2 == 0 { &first } else { &second };
                    scope.spawn(|| refresh(&demo, &app, token))
                })
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let won = answers.iter().filter(|answer| answer.status == 200);
        let ends: BTreeSet<String> =
            won.map(|answer| pair(answer).1).filter(|token| *token != second).collect();
        assert!(ends.len() <= 1, "two lines: {}", ends.len());
        let living = ends.iter().filter(|token| refresh(&demo, &app, token).status == 200).count();
        assert!(living <= 1, "two lines live");
    }
}

#[test]
fn a_refresh_token_is_its_clients_own() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (app, other) = (public_app(&demo), public_app(&demo));
    let mut browser = sign_in(&demo, 0);
    let told = tokens(&demo, &mut browser, &app);
    let token = text(&told["refresh_token"]);
    expect_error(
        "a stranger",
        &refresh(&demo, &other, &token),
        &[400, 401],
        &["invalid_grant", "invalid_client"],
    );
    for wrong in ["", "x", "' OR 1=1 --", &token[1..], &token.to_lowercase(), &"r".repeat(100_000)] {
        let answer = refresh(&demo, &app, wrong);
        expect_error("no token", &answer, &[400, 413], &["invalid_grant", "invalid_request"]);
    }
    for name in ["access_token", "id_token"] {
        expect_error(
            name,
            &refresh(&demo, &app, &text(&told[name])),
            &[400],
            &["invalid_grant", "invalid_request"],
        );
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    // RFC 6749, 6: a public app need not name itself; the token is bound to the app that it was issued to.
    let (access, next) = pair(&post(&demo, "/auth/token", &form, &[]));
    assert_eq!(claims(&access)["client_id"], app.id, "whose token it is");
    expect_error("a stranger", &refresh(&demo, &other, &next), &[400], &REFUSED);
    let _ = pair(&refresh(&demo, &app, &next));
}

/// RFC 6749, 6: the scope may shrink, and never grow.
#[test]
fn refreshing_widens_nothing() {
    let demo = Demo::start(TestDatabase::sqlite());
    let app = public_app(&demo);
    let mut browser = sign_in(&demo, 0);
    let granted = |scope: &str, token: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", &app.id),
            ("scope", scope),
        ];
        post(&demo, "/auth/token", &form, &[])
    };
    let token = text(&tokens(&demo, &mut browser, &app)["refresh_token"]);
    for wide in ["patient/*.cruds", "system/*.rs", "user/*.rs", "openid system/Patient.r"] {
        let answer = granted(wide, &token);
        if answer.status == 200 {
            let scope = text(&claims(&pair(&answer).0)["scope"]);
            panic!("{wide} was granted as {scope}");
        }
        expect_error(wide, &answer, &[400], &["invalid_scope"]);
    }
    let token = text(&tokens(&demo, &mut browser, &app)["refresh_token"]);
    let (access, next) = pair(&granted("patient/Patient.r", &token));
    let scope = text(&claims(&access)["scope"]);
    assert!(!scope.contains("patient/*"), "{scope}");
    // What was granted at first may be asked for again.
    let (access, _) = pair(&refresh(&demo, &app, &next));
    assert!(text(&claims(&access)["scope"]).contains("patient/*"), "RFC 6749, 6: as originally granted");
}

/// RFC 9449, 5: the refresh token of a public app is bound to the key of the proof; docs/sign-in.md, 3: the same token
/// again gives the same successor to that key only, and whoever comes with another one ends the family.
#[test]
fn a_bound_refresh_token_needs_its_key() {
    let demo = Demo::start(TestDatabase::sqlite());
    let app = public_app(&demo);
    let mut browser = sign_in(&demo, 0);
    let (own, other) = (Key::p256(), Key::p256());
    let ask = |form: &[(&str, &str)], key: Option<&Key>| {
        let proof = key.map(|key| key.proof("POST", &token_endpoint(&demo), &json!({})));
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("DPoP", proof.as_str())).collect();
        post(&demo, "/auth/token", form, &headers)
    };
    let renew = |token: &str, key: Option<&Key>| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", &app.id)];
        ask(&form, key)
    };
    let errors = ["invalid_grant", "invalid_dpop_proof", "invalid_request"];
    for thief in [None, Some(&other)] {
        let (code, asked) = code(&demo, &mut browser, &app);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", app.redirect.as_str()),
            ("client_id", app.id.as_str()),
            ("code_verifier", asked.verifier.as_str()),
        ];
        let told = body(&ask(&form, Some(&own)).expect_status(200));
        assert_eq!(told["token_type"], "DPoP", "{told}");
        assert_eq!(
            status_with(&demo, "Bearer", &text(&told["access_token"])),
            401,
            "bound tokens need proofs"
        );
        let first = text(&told["refresh_token"]);
        let (_, second) = pair(&renew(&first, Some(&own)));
        assert_eq!(pair(&renew(&first, Some(&own))).1, second, "the lost answer again");
        expect_error("a thief", &renew(&first, thief), &[400, 401], &errors);
        if thief.is_some() {
            expect_error("the family has ended", &renew(&second, Some(&own)), &[400], &REFUSED);
        }
    }
}
