//! The authorization endpoint under attack (OAuth 2.1, RFC 9700, SMART 2.2): a code goes to the exact registered
//! address or nowhere, with PKCE S256 or not at all.

use test_support::{Response, TestDatabase};

use crate::support::browser::{Browser, Landing, forms};
use crate::support::encode;
use crate::support::oauth::{App, Asked, ask, code, parameters, public_app};
use crate::support::program::Demo;
use crate::support::sign_in::{asks_consent, consent, pass, sign_in};

/// A page and no redirect (RFC 6749, 4.1.2.1): the client or its address is not known to be right.
#[track_caller]
fn expect_page(what: &str, answer: &Response) {
    assert_eq!(answer.status, 400, "{what}: {:?}", answer.header("Location"));
    assert!(answer.header("Location").is_none(), "{what}: an open redirect");
    let kind = answer.header("Content-Type").unwrap_or_default();
    assert!(kind.starts_with("text/html"), "{what}: {kind:?}");
    let policy = answer.header("Content-Security-Policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy:?}");
    let page = String::from_utf8_lossy(&answer.body).into_owned();
    for marker in ["<script>alert", "\"><img", "evil.example/?"] {
        assert!(!page.contains(marker), "{what}: {marker} as it was sent");
    }
}

/// The error goes to the app: right address, `state`, `iss` (RFC 9207), and no code.
#[track_caller]
fn expect_told(demo: &Demo, app: &App, asked: &Asked, what: &str, target: &str, errors: &[&str]) {
    assert!(target.starts_with(&format!("{}?", app.redirect)), "{what}: goes to {target}");
    assert!(!target.contains('#'), "{what}: in the fragment: {target}");
    let told = parameters(target);
    assert!(!told.contains_key("code"), "{what}: a code: {target}");
    assert!(!target.contains("access_token"), "{what}: a token: {target}");
    let error = told.get("error").map(String::as_str).unwrap_or_default();
    assert!(errors.contains(&error), "{what}: {error:?} instead of {errors:?}: {target}");
    assert_eq!(told.get("iss").map(String::as_str), Some(demo.server().base_url()), "{what}: {target}");
    let sent = asked.parameters.iter().filter(|(name, _)| name == "state").count();
    if sent == 1 {
        assert_eq!(told.get("state"), Some(&asked.state), "{what}: {target}");
    }
}

struct Stage {
    demo: Demo,
    app: App,
}

impl Stage {
    fn start() -> Self {
        let demo = Demo::start(TestDatabase::sqlite());
        let app = public_app(&demo);
        Self { demo, app }
    }

    fn asked(&self) -> Asked {
        Asked::by(&self.demo, &self.app)
    }

    /// The very first answer of the endpoint, as a page or as a redirect.
    fn first(&self, browser: &mut Browser, asked: &Asked) -> Response {
        browser.request("GET", &asked.path(), None)
    }

    #[track_caller]
    fn expect_good(&self, browser: &mut Browser) {
        let _ = code(&self.demo, browser, &self.app);
    }
}

#[test]
fn only_the_exact_address_of_a_known_client_is_visited() {
    let stage = Stage::start();
    let mut browser = sign_in(&stage.demo, 0);
    stage.expect_good(&mut browser);
    let registered = stage.app.redirect.clone();
    let path = registered.trim_start_matches("http://127.0.0.1:9").to_owned();
    let addresses = [
        format!("{registered}/"),
        format!("{registered}/more"),
        format!("{registered}more"),
        format!("{registered}?a=b"),
        format!("{registered}?"),
        format!("{registered}#fragment"),
        format!("{registered}#"),
        format!("{registered} "),
        format!(" {registered}"),
        format!("{registered}%20"),
        format!("{registered}\n"),
        format!("{registered}\r\nLocation: https://evil.example"),
        format!("{registered}\u{0}"),
        format!("{registered}/../other"),
        registered.to_uppercase(),
        registered.replacen("http:", "HTTP:", 1),
        registered.replacen("http:", "https:", 1),
        registered.replacen(":9/", ":10/", 1),
        registered.replacen(":9/", "/", 1),
        registered.replacen(":9/", ":09/", 1),
        registered.replacen("127.0.0.1", "localhost", 1),
        registered.replacen("127.0.0.1", "[::1]", 1),
        registered.replacen("127.0.0.1", "127.1", 1),
        registered.replacen("127.0.0.1", "2130706433", 1),
        registered.replacen("127.0.0.1", "127.0.0.1.evil.example", 1),
        registered.replacen("127.0.0.1:9", "127.0.0.1:9@evil.example", 1),
        registered.replacen("http://", "http://user@", 1),
        registered.replacen("http://", "http:\\\\", 1),
        format!("https://evil.example{path}"),
        format!("//evil.example{path}"),
        format!("https://evil.example/?{registered}"),
        format!("https://evil.example/#{registered}"),
        path.clone(),
        registered[..registered.len() - 1].to_owned(),
        "javascript:alert(1)".to_owned(),
        "data:text/html,<script>alert(1)</script>".to_owned(),
        "https://evil.example/\"><img src=x>".to_owned(),
        "*".to_owned(),
        String::new(),
    ];
    for address in &addresses {
        let answer = stage.first(&mut browser, &stage.asked().set("redirect_uri", address));
        expect_page(&format!("redirect_uri {address:?}"), &answer);
    }
    let twice = stage.asked().also("redirect_uri", "https://evil.example");
    expect_page("redirect_uri twice", &stage.first(&mut browser, &twice));
    let same = stage.asked().also("redirect_uri", &registered);
    expect_page("the same redirect_uri twice", &stage.first(&mut browser, &same));
    let other = public_app(&stage.demo);
    let of_another = stage.asked().set("redirect_uri", &other.redirect);
    expect_page("the address of another client", &stage.first(&mut browser, &of_another));
    for id in ["", "nobody", "<script>alert(1)</script>", "' OR 1=1 --", "../1", "\u{0}"] {
        expect_page("client id", &stage.first(&mut browser, &stage.asked().set("client_id", id)));
    }
    expect_page("no client id", &stage.first(&mut browser, &stage.asked().without("client_id")));
    expect_page("two client ids", &stage.first(&mut browser, &stage.asked().also("client_id", &other.id)));
    expect_page("nothing", &browser.request("GET", "/auth/authorize", None));
    stage.expect_good(&mut browser);
}

#[test]
fn a_request_that_is_not_ours_goes_back_with_its_error() {
    let stage = Stage::start();
    let mut browser = sign_in(&stage.demo, 0);
    let base = stage.demo.server().base_url().to_owned();
    let asked = || stage.asked();
    let verifier = "v".repeat(43);
    let invalid: &[&str] = &["invalid_request"];
    let unsupported: &[&str] = &["unsupported_response_type"];
    let cases: Vec<(&str, Asked, &[&str])> = vec![
        ("implicit", asked().set("response_type", "token"), unsupported),
        ("id token at once", asked().set("response_type", "id_token"), unsupported),
        ("hybrid", asked().set("response_type", "code id_token"), unsupported),
        ("hybrid with token", asked().set("response_type", "code token"), unsupported),
        ("none", asked().set("response_type", "none"), unsupported),
        ("Code", asked().set("response_type", "Code"), unsupported),
        ("no response type", asked().without("response_type"), invalid),
        ("in the fragment", asked().also("response_mode", "fragment"), invalid),
        ("by a form", asked().also("response_mode", "form_post"), invalid),
        ("web message", asked().also("response_mode", "web_message"), invalid),
        ("no challenge", asked().without("code_challenge"), invalid),
        ("no PKCE", asked().without("code_challenge").without("code_challenge_method"), invalid),
        ("empty challenge", asked().set("code_challenge", ""), invalid),
        ("short challenge", asked().set("code_challenge", "abc"), invalid),
        ("long challenge", asked().set("code_challenge", &"a".repeat(129)), invalid),
        ("odd challenge", asked().set("code_challenge", &"é".repeat(43)), invalid),
        ("plain", asked().set("code_challenge_method", "plain").set("code_challenge", &verifier), invalid),
        (
            "plain by omission",
            asked().without("code_challenge_method").set("code_challenge", &verifier),
            invalid,
        ),
        ("s256", asked().set("code_challenge_method", "s256"), invalid),
        ("two challenges", asked().also("code_challenge", &verifier), invalid),
        ("two methods", asked().also("code_challenge_method", "plain"), invalid),
        ("two states", asked().also("state", "another"), invalid),
        ("two scopes", asked().also("scope", "openid"), invalid),
        ("two response types", asked().also("response_type", "token"), invalid),
        ("two audiences", asked().also("aud", "https://other.example/fhir"), invalid),
        ("no audience", asked().without("aud"), invalid),
        (
            "another audience",
            asked().set("aud", "https://other.example/fhir"),
            &["invalid_request", "invalid_target"],
        ),
        (
            "an audience that begins like ours",
            asked().set("aud", &format!("{base}/fhir.other")),
            &["invalid_request", "invalid_target"],
        ),
        (
            "a request object",
            asked().also("request", "eyJhbGciOiJub25lIn0.e30."),
            &["request_not_supported", "invalid_request"],
        ),
        (
            "a request by address",
            asked().also("request_uri", "http://127.0.0.1:9/r"),
            &["request_uri_not_supported", "invalid_request"],
        ),
        ("system scopes", asked().set("scope", "openid system/*.rs"), &["invalid_scope"]),
        ("contexts mixed", asked().set("scope", "patient/*.rs system/*.rs"), &["invalid_scope"]),
        ("odd scope", asked().set("scope", "patient/Patient.sr"), &["invalid_scope"]),
        ("scope of nothing", asked().set("scope", ""), &["invalid_scope", "invalid_request"]),
        ("prompt none and more", asked().also("prompt", "none login"), invalid),
        ("max_age of text", asked().also("max_age", "soon"), invalid),
        ("a launch of nobody", asked().set("scope", "launch patient/*.rs").also("launch", "nobody"), invalid),
    ];
    for (what, asked, errors) in cases {
        match ask(&stage.demo, &mut browser, 0, &asked) {
            Landing::Elsewhere(target) => expect_told(&stage.demo, &stage.app, &asked, what, &target, errors),
            Landing::Page(page) => panic!("{what}: a page ({}) instead of an error at the app", page.status),
        }
    }
    stage.expect_good(&mut browser);
}

/// RFC 6749, 3.1: GET and POST are the same; others are none.
#[test]
fn post_is_as_good_as_get() {
    let stage = Stage::start();
    let mut browser = sign_in(&stage.demo, 0);
    let asked = stage.asked();
    let landing = browser.go("POST", "/auth/authorize", Some(&asked.query()));
    let landing = pass(&stage.demo, &mut browser, landing, stage.demo.citizen(0).0);
    let Landing::Elsewhere(target) = consent(&mut browser, landing, true) else { panic!("no answer") };
    assert!(parameters(&target).contains_key("code"), "{target}");
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = browser.request(method, &asked.path(), None);
        assert!(matches!(answer.status, 404 | 405), "{method}: {}", answer.status);
    }
}

/// OpenID Connect Core 1.0, 3.1.2.1 and 3.1.2.6.
#[test]
fn prompt_none_shows_no_page() {
    let stage = Stage::start();
    let asked = stage.asked().also("prompt", "none");
    let mut nobody = Browser::new(stage.demo.server());
    let Landing::Elsewhere(target) = nobody.go("GET", &asked.path(), None) else { panic!("a page") };
    expect_told(&stage.demo, &stage.app, &asked, "nobody", &target, &["login_required"]);
    let mut browser = sign_in(&stage.demo, 0);
    let asked = stage.asked().also("prompt", "none");
    let Landing::Elsewhere(target) = browser.go("GET", &asked.path(), None) else { panic!("a page") };
    let errors = ["consent_required", "interaction_required"];
    expect_told(&stage.demo, &stage.app, &asked, "not yet asked", &target, &errors);
}

#[test]
fn who_denies_is_obeyed() {
    let stage = Stage::start();
    let mut browser = sign_in(&stage.demo, 0);
    let asked = stage.asked();
    let landing = browser.go("GET", &asked.path(), None);
    let landing = pass(&stage.demo, &mut browser, landing, stage.demo.citizen(0).0);
    let Landing::Page(page) = &landing else { panic!("nobody was asked") };
    assert!(asks_consent(page.text()), "the person is asked");
    let Landing::Elsewhere(target) = consent(&mut browser, landing, false) else { panic!("a page") };
    expect_told(&stage.demo, &stage.app, &asked, "denied", &target, &["access_denied"]);
}

/// The consent of a person is given by that person's browser only: the form's own token and session.
#[test]
fn a_forged_consent_is_none() {
    let stage = Stage::start();
    let mut browser = sign_in(&stage.demo, 0);
    let landing = browser.go("GET", &stage.asked().path(), None);
    let Landing::Page(page) = &landing else { panic!("nobody was asked") };
    let form = forms(page.text()).into_iter().next().expect("a form").press(&["allow", "cho phép", "đồng ý"]);
    let hidden: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
    // In the browser of another person, and in one of nobody.
    let mut other = sign_in(&stage.demo, 1);
    let mut nobody = Browser::new(stage.demo.server());
    for stranger in [&mut other, &mut nobody] {
        if let Landing::Elsewhere(target) = stranger.submit(&form, "/auth/consent") {
            assert!(!target.contains("code="), "a stranger consented");
        }
    }
    // Without the token of the form.
    let mut refused = 0;
    for name in hidden {
        let bare = form.clone().set(&name, "x");
        match browser.submit(&bare, "/auth/consent") {
            Landing::Elsewhere(target) => assert!(!target.contains("code=") || !is_secret(&name), "{name}"),
            Landing::Page(answer) => refused += usize::from(answer.status >= 400),
        }
    }
    assert!(refused > 0, "no part of the form matters");
}

/// The field that binds a form to the session.
fn is_secret(name: &str) -> bool {
    ["form", "form_token", "csrf"].contains(&name)
}

/// RFC 9700, 4.11: where to go on after signing in is an id of ours, never an address.
#[test]
fn signing_in_leads_nowhere_else() {
    let stage = Stage::start();
    for target in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/auth/sign-in@evil.example",
        "\r\nLocation: https://evil.example",
        "../../evil",
        "%2f%2fevil.example",
    ] {
        for page in ["/auth/sign-in", "/auth/consent"] {
            let mut browser = sign_in(&stage.demo, 0);
            let path = format!("{page}?continue={}", encode(target));
            if let Landing::Elsewhere(found) = browser.go("GET", &path, None) {
                panic!("{page} {target:?} leads to {found}");
            }
        }
        let mut fresh = Browser::new(stage.demo.server());
        let path = format!("/auth/sign-in?continue={}", encode(target));
        let landing = fresh.go("GET", &path, None);
        let landing = pass(&stage.demo, &mut fresh, landing, stage.demo.citizen(0).0);
        assert!(matches!(landing, Landing::Page(_)), "{target:?}: after signing in");
    }
}

/// docs/sign-in.md, 6; RFC 6265bis, 5.7: no script reads the cookie, no other site sends it along with a form, and one
/// that was planted before is not the one of the session (fixation).
#[test]
fn the_cookie_is_the_servers_own() {
    let stage = Stage::start();
    let names: Vec<String> = sign_in(&stage.demo, 0).cookies().keys().cloned().collect();
    let mut browser = Browser::new(stage.demo.server());
    let planted = "p".repeat(43);
    for name in &names {
        browser.plant(name, &planted);
    }
    let mut landing = browser.go("GET", "/auth/sign-in", None);
    for _ in 0..2 {
        landing = pass(&stage.demo, &mut browser, landing, stage.demo.citizen(0).0);
    }
    assert!(matches!(landing, Landing::Page(answer) if answer.status == 200));
    assert!(!browser.cookies().is_empty());
    for (name, value) in browser.cookies() {
        assert_ne!(*value, planted, "{name}: what was planted is the session now");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let http = stage.demo.server().client();
    for answer in
        [http.get("/auth/sign-in"), http.request("POST", "/auth/sign-in/password", &form, b"name=x")]
    {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let cookie = cookie.to_lowercase();
            for attribute in ["httponly", "path=/"] {
                assert!(cookie.contains(attribute), "{attribute}");
            }
            assert!(cookie.contains("samesite=lax") || cookie.contains("samesite=strict"));
            assert!(!cookie.contains("domain="), "a cookie for other hosts");
        }
    }
}
