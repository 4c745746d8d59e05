//! Registration (RFC 7591) in the hands of somebody who means no good: addresses that take codes elsewhere, keys that
//! are none, documents without end. And outside of a sandbox nobody registers without an administrator.

use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase};

use crate::support::browser::Landing;
use crate::support::jose::{Key, base64url, with};
use crate::support::oauth::{
    App, Asked, app_metadata, ask_with_assertion, assertion_claims, expect_error, register, system_metadata,
};
use crate::support::program::Demo;
use crate::support::sign_in::sign_in;
use crate::support::sink::Sink;
use crate::support::{body, text};

const GOOD: &str = "https://app.example/callback";

#[test]
fn addresses_that_lead_astray_are_refused() {
    let demo = Demo::start(TestDatabase::sqlite());
    let wrong = [
        "https://*.example/callback",
        "https://app.example/*",
        "https://app.example/callback#fragment",
        "https://app.example/callback#",
        "http://app.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://localhost.evil.example/callback",
        "http://10.0.0.1/callback",
        "http://0.0.0.0/callback",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "about:blank",
        "blob:https://app.example/x",
        "ftp://app.example/callback",
        "app:/callback",
        "https:",
        "https:///callback",
        "//app.example/callback",
        "/callback",
        "callback",
        "https://user:secret@app.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example\\@evil.example/callback",
        "https://app.example/call back",
        " https://app.example/callback",
        "https://app.example/callback\r\nLocation: https://evil.example",
        "https://app.example/\u{0}",
        "",
    ];
    let mut faults = Vec::new();
    for address in wrong {
        for addresses in [json!([address]), json!([GOOD, address])] {
            let answer = register(&demo, &with(&app_metadata(GOOD), &json!({"redirect_uris": addresses})));
            let error = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default()["error"].clone();
            let expected = ["invalid_redirect_uri", "invalid_client_metadata"];
            if answer.status != 400 || !expected.iter().any(|it| error == *it) {
                faults.push(format!("{address:?}: {} {error}", answer.status));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let right =
        [GOOD, "http://127.0.0.1:4567/callback", "http://[::1]:4567/callback", "example.app.book:/callback"];
    for address in right {
        assert_eq!(register(&demo, &app_metadata(address)).status, 201, "{address}");
    }
}

/// What may be answered with a client that has something else, and what it must not have.
const REPLACEABLE: [(&str, &str); 6] = [
    ("password grant", "password"),
    ("implicit grant", "implicit"),
    ("token at once", "\"token\""),
    ("system scopes of an app", "system/"),
    ("scopes of nothing", "Nothing"),
    ("scope as a list", "[\"openid\"]"),
];

#[test]
fn metadata_that_makes_no_client_is_refused() {
    let demo = Demo::start(TestDatabase::sqlite());
    let sink = Sink::open();
    let app = app_metadata(GOOD);
    let key = Key::p384();
    let clinic = system_metadata(&[key.published("1")], "system/*.rs");
    let keys = |value: Value| with(&clinic, &json!({"jwks": {"keys": [value]}}));
    let small = json!({"kty": "RSA", "e": "AQAB", "n": base64url([0xc1; 64]), "kid": "1", "alg": "RS384"});
    let private = with(&key.published("1"), &json!({"d": base64url([1; 48])}));
    let symmetric = json!({"kty": "oct", "k": base64url([1; 32]), "kid": "1", "alg": "HS384"});
    let off_curve = with(&key.published("1"), &json!({"y": base64url([1; 48])}));
    let by_address = |url: &str| with(&clinic, &json!({"jwks": null, "jwks_uri": url}));
    let cases = vec![
        ("password grant", with(&app, &json!({"grant_types": ["password"]}))),
        ("implicit grant", with(&app, &json!({"grant_types": ["implicit"]}))),
        ("token at once", with(&app, &json!({"response_types": ["token"]}))),
        ("a public system", with(&clinic, &json!({"token_endpoint_auth_method": "none"}))),
        ("a secret in the body", with(&app, &json!({"token_endpoint_auth_method": "client_secret_post"}))),
        ("a shared secret signs", with(&clinic, &json!({"token_endpoint_auth_method": "client_secret_jwt"}))),
        ("an unknown method", with(&app, &json!({"token_endpoint_auth_method": "trust_me"}))),
        ("no address", with(&app, &json!({"redirect_uris": null}))),
        ("no addresses", with(&app, &json!({"redirect_uris": []}))),
        ("addresses as text", with(&app, &json!({"redirect_uris": GOOD}))),
        ("addresses as numbers", with(&app, &json!({"redirect_uris": [1]}))),
        ("a thousand addresses", with(&app, &json!({"redirect_uris": vec![GOOD; 1000]}))),
        ("a long address", with(&app, &json!({"redirect_uris": [format!("{GOOD}/{}", "a".repeat(10_000))]}))),
        ("a long name", with(&app, &json!({"client_name": "n".repeat(10_000)}))),
        ("a name that is a list", with(&app, &json!({"client_name": ["x"]}))),
        ("system scopes of an app", with(&app, &json!({"scope": "system/*.rs"}))),
        ("scopes of nothing", with(&app, &json!({"scope": "patient/Nothing.zz"}))),
        ("scope as a list", with(&app, &json!({"scope": ["openid"]}))),
        ("no keys", with(&clinic, &json!({"jwks": null}))),
        ("no key in the set", with(&clinic, &json!({"jwks": {"keys": []}}))),
        ("keys as text", with(&clinic, &json!({"jwks": "x"}))),
        ("keys twice", with(&clinic, &json!({"jwks_uri": "https://clinic.example/keys"}))),
        ("a small key", keys(small)),
        ("a private key", keys(private)),
        ("a symmetric key", keys(symmetric)),
        ("a point off the curve", keys(off_curve)),
        ("a key without name", keys(with(&key.published("1"), &json!({"kid": null})))),
        ("keys by http", by_address("http://clinic.example/keys")),
        ("keys of the machine", by_address("https://169.254.169.254/keys")),
        ("keys in a file", by_address("file:///etc/passwd")),
        ("keys at somebody's", by_address("https://user@clinic.example/keys")),
    ];
    let mut faults = Vec::new();
    for (what, metadata) in cases {
        let answer = register(&demo, &metadata);
        // RFC 7591, 2: a server may put a value of its own in the place of one, and tells it.
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        let replaced = REPLACEABLE.iter().find(|(name, _)| *name == what);
        if answer.status == 201 && replaced.is_some_and(|(_, value)| !told.contains(value)) {
            continue;
        }
        let error = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default()["error"].clone();
        let expected = ["invalid_client_metadata", "invalid_redirect_uri"];
        // RFC 7591, 3.2.2 has no code for it; RFC 6749, 5.2 has.
        let about_scope = what.contains("scope") && error == "invalid_scope";
        if answer.status != 400 || !(about_scope || expected.iter().any(|it| error == *it)) {
            faults.push(format!("{what}: {} {error}", answer.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // A demo on one machine may ask programs beside it, but not because somebody registers.
    assert_eq!(register(&demo, &by_address(&sink.url())).status, 201);
    sink.expect_no_visit();
}

#[test]
fn documents_that_are_none_are_refused() {
    let demo = Demo::start(TestDatabase::sqlite());
    let http = demo.server().client();
    let kind = [("Content-Type", "application/json")];
    let good = app_metadata(GOOD).to_string();
    let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let twice = good.replacen('{', r#"{"redirect_uris":["https://evil.example/x"],"#, 1);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("no JSON", b"client_name=x".to_vec()),
        ("a list", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("cut", good.as_bytes()[..good.len() - 2].to_vec()),
        ("two documents", [good.as_bytes(), good.as_bytes()].concat()),
        ("deep", deep.into_bytes()),
        ("not UTF-8", vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']),
        ("addresses twice", twice.into_bytes()),
    ];
    for (what, document) in cases {
        let answer = http.request("POST", "/auth/register", &kind, &document);
        let errors = ["invalid_client_metadata", "invalid_redirect_uri", "invalid_request"];
        expect_error(what, &answer, &[400, 413], &errors);
    }
    let huge = with(&app_metadata(GOOD), &json!({"client_name": "n".repeat(5_000_000)}));
    assert!(matches!(register(&demo, &huge).status, 400 | 413));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = http.request("POST", "/auth/register", &form, b"redirect_uris=https%3A%2F%2Fapp.example");
    assert!(matches!(answer.status, 400 | 415), "{}", answer.status);
    assert!(matches!(http.get("/auth/register").status, 404 | 405));
    assert_eq!(register(&demo, &app_metadata(GOOD)).status, 201, "the control");
}

/// The server names the client, and nothing of a registration makes a page do what it should not.
#[test]
fn a_registration_chooses_neither_id_nor_markup() {
    let demo = Demo::start(TestDatabase::sqlite());
    let redirect = "http://127.0.0.1:9/callback";
    let name = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>";
    let metadata = with(
        &app_metadata(redirect),
        &json!({"client_name": name, "client_id": "facility-01001", "client_secret": "x", "status": "active",
            "facility": "01001", "kind": "confidential", "logo_uri": "javascript:alert(1)", "client_uri": "javascript:alert(1)"}),
    );
    let answer = register(&demo, &metadata).expect_status(201);
    assert!(answer.header("Cache-Control").is_some_and(|it| it.contains("no-store")), "RFC 7591, 3.2.1");
    let told = body(&answer);
    assert_ne!(told["client_id"], "facility-01001");
    assert!(told.get("client_secret").is_none(), "a public app has no secret: {told}");
    let app = App { id: text(&told["client_id"]), redirect: redirect.to_owned() };
    let mut browser = sign_in(&demo, 0);
    let Landing::Page(page) = browser.go("GET", &Asked::by(&demo, &app).path(), None) else {
        panic!("nobody was asked")
    };
    let text = page.text();
    assert!(!text.contains("<script>alert"), "markup of the app");
    assert!(!text.contains("<img src=x"), "markup of the app");
    assert!(!text.contains("href=\"javascript:"), "a link that runs");
}

/// docs/sign-in.md, 1: outside of a sandbox a registration waits for an administrator.
#[test]
fn a_database_of_people_registers_nobody_by_itself() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let arguments = ["--data-folder", folder.path().to_str().unwrap()];
        let server = test_support::TestServer::with(&database).arguments(arguments).start();
        let kind = [("Content-Type", "application/json")];
        let metadata = app_metadata(GOOD).to_string();
        let answer = server.client().request("POST", "/auth/register", &kind, metadata.as_bytes());
        assert!(matches!(answer.status, 201 | 202), "{}", answer.status);
        let id = text(&body(&answer)["client_id"]);
        let path = format!(
            "/auth/authorize?response_type=code&client_id={id}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&state=s\
             &scope=openid&aud={}%2Ffhir&code_challenge={}&code_challenge_method=S256",
            server.base_url().replace(':', "%3A").replace('/', "%2F"),
            "a".repeat(43)
        );
        let answer = server.client().get(&path);
        assert_eq!(answer.status, 400, "a pending client is served");
        assert!(answer.header("Location").is_none());
        let sink = Sink::open();
        for url in [sink.url(), sink.url().replacen("http:", "https:", 1)] {
            let near = json!({"jwks": null, "jwks_uri": url});
            let metadata = with(&system_metadata(&[], "system/*.rs"), &near).to_string();
            let answer = server.client().request("POST", "/auth/register", &kind, metadata.as_bytes());
            expect_error("keys beside the server", &answer, &[400], &["invalid_client_metadata"]);
        }
        sink.expect_no_visit();
    }
    // And in a sandbox a system is one of a facility only when somebody says so.
    let demo = Demo::start(TestDatabase::sqlite());
    let key = Key::p384();
    let metadata =
        with(&system_metadata(&[key.published("1")], "system/*.rs"), &json!({"facility": "01001"}));
    let answer = register(&demo, &metadata).expect_status(201);
    let client = text(&body(&answer)["client_id"]);
    let answer =
        ask_with_assertion(&demo, &key.assertion("1", &assertion_claims(&demo, &client)), "system/*.rs");
    if answer.status == 200 {
        let token = text(&body(&answer)["access_token"]);
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", authorization.as_str())];
        let found = demo.server().client().request("GET", "/fhir/Patient?_total=accurate", &headers, b"");
        assert!(found.status == 403 || body(&found)["total"] == 0, "a system of nobody sees people");
    }
}
