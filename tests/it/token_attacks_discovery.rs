//! What the server says about itself (SMART 2.2, RFC 8414, OpenID Connect Discovery) is complete, agrees with itself,
//! and promises nothing that is unsafe; and whom a browser lets ask (SMART 2.2, CORS).

use serde_json::Value;
use test_support::{Response, TestDatabase};

use crate::support::body;
use crate::support::oauth::{app_metadata, register};
use crate::support::program::{Caller, Demo};

const SMART: &str = "/fhir/.well-known/smart-configuration";
const DOCUMENTS: [&str; 3] =
    [SMART, "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

fn listed(document: &Value, name: &str) -> Vec<String> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("{name}: {document}"));
    list.iter().map(|one| one.as_str().expect("text").to_owned()).collect()
}

#[test]
fn the_documents_agree() {
    let demo = Demo::start(TestDatabase::sqlite());
    let base = demo.server().base_url();
    let documents = DOCUMENTS.map(|path| body(&demo.server().client().get(path).expect_status(200)));
    for (path, document) in DOCUMENTS.iter().zip(&documents) {
        for (name, place) in [
            ("issuer", ""),
            ("jwks_uri", "/auth/jwks"),
            ("authorization_endpoint", "/auth/authorize"),
            ("token_endpoint", "/auth/token"),
            ("introspection_endpoint", "/auth/introspect"),
            ("revocation_endpoint", "/auth/revoke"),
            ("registration_endpoint", "/auth/register"),
        ] {
            assert_eq!(document[name], format!("{base}{place}"), "{path}: {name}");
        }
        assert_eq!(listed(document, "code_challenge_methods_supported"), ["S256"], "{path}: plain SHALL NOT");
        let grants = listed(document, "grant_types_supported");
        for grant in ["authorization_code", "client_credentials", "refresh_token"] {
            assert!(grants.iter().any(|it| it == grant), "{path}: {grant}");
        }
        assert!(!grants.iter().any(|it| it == "implicit" || it == "password"), "{path}: {grants:?}");
        assert_eq!(listed(document, "response_types_supported"), ["code"], "{path}");
        let methods = listed(document, "token_endpoint_auth_methods_supported");
        assert!(methods.iter().any(|it| it == "private_key_jwt"), "{path}: {methods:?}");
        let algorithms = listed(document, "token_endpoint_auth_signing_alg_values_supported");
        assert_eq!(crate::support::sorted(algorithms), ["ES384", "RS384"], "{path}");
    }
    let [smart, openid, oauth] = &documents;
    let capabilities = listed(smart, "capabilities");
    for capability in [
        "launch-ehr",
        "launch-standalone",
        "client-public",
        "client-confidential-asymmetric",
        "sso-openid-connect",
        "context-ehr-patient",
        "context-standalone-patient",
        "permission-offline",
        "permission-patient",
        "permission-v2",
        "authorize-post",
    ] {
        assert!(capabilities.iter().any(|it| it == capability), "{capability}: {capabilities:?}");
    }
    assert!(listed(smart, "scopes_supported").iter().any(|it| it == "openid"));
    // RFC 9207, 3: the promise of `iss` in the answer; RFC 9449, 5.1.
    for document in [openid, oauth] {
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert_eq!(listed(document, "dpop_signing_alg_values_supported"), ["ES256"]);
    }
    assert_eq!(listed(openid, "id_token_signing_alg_values_supported"), ["ES256"]);
    assert!(listed(openid, "subject_types_supported").iter().any(|it| it == "public" || it == "pairwise"));
}

/// SMART 2.2: JSON whatever was asked for, without signing in.
#[test]
fn the_document_is_json_whatever_is_asked() {
    let demo = Demo::start(TestDatabase::sqlite());
    for accept in ["application/fhir+xml", "text/html", "application/fhir+json", "*/*", "nonsense"] {
        let answer =
            demo.server().client().request("GET", SMART, &[("Accept", accept)], b"").expect_status(200);
        let kind = answer.header("Content-Type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{accept}: {kind:?}");
    }
    let statement = body(&demo.server().client().get("/fhir/metadata").expect_status(200));
    let security = &statement["rest"][0]["security"];
    assert!(security.to_string().contains("SMART-on-FHIR"), "{security}");
}

/// The header of a name, in small letters and without spaces.
fn named(answer: &Response, name: &str) -> String {
    answer.header(name).unwrap_or_default().to_lowercase().replace(' ', "")
}

/// SMART 2.2, App Launch, CORS: discovery for every origin, token endpoint and book for the registered ones at least;
/// docs/sign-in.md, 2: for every origin, and never with credentials of the browser.
#[test]
fn a_browser_lets_registered_apps_ask() {
    let demo = Demo::start(TestDatabase::sqlite());
    let http = demo.server().client();
    let origin = "https://app.example";
    assert_eq!(register(&demo, &app_metadata(&format!("{origin}/callback"))).status, 201);
    for path in [SMART, "/fhir/metadata", "/.well-known/openid-configuration", "/auth/jwks"] {
        let answer = http.request("GET", path, &[("Origin", "https://anybody.example")], b"");
        let allowed = named(&answer, "Access-Control-Allow-Origin");
        assert!(allowed == "*" || allowed == "https://anybody.example", "{path}: {allowed:?}");
    }
    for (method, path, header) in [
        ("POST", "/auth/token", "content-type"),
        ("GET", "/fhir/Patient", "authorization"),
        ("GET", "/fhir/Patient", "dpop"),
    ] {
        let preflight = [
            ("Origin", origin),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", header),
        ];
        let answer = http.request("OPTIONS", path, &preflight, b"");
        assert!(matches!(answer.status, 200 | 204), "{path}: {}", answer.status);
        let allowed = named(&answer, "Access-Control-Allow-Origin");
        assert!(allowed == "*" || allowed == origin, "{path}: {allowed:?}");
        let headers = named(&answer, "Access-Control-Allow-Headers");
        assert!(headers.contains(header) || headers == "*", "{path}: {headers:?}");
        assert!(named(&answer, "Access-Control-Allow-Methods").contains(&method.to_lowercase()), "{path}");
    }
    let token = demo.token(&["--citizen", demo.citizen(0).0]);
    let caller = Caller::new(http, &token);
    let _ = caller.get("/fhir/Patient").expect_status(200);
    let authorization = format!("Bearer {token}");
    for origin in [origin, "https://evil.example", "null"] {
        let headers = [("Origin", origin), ("Authorization", authorization.as_str())];
        let answer = http.request("GET", "/fhir/Patient", &headers, b"").expect_status(200);
        let allowed = named(&answer, "Access-Control-Allow-Origin");
        assert_eq!(allowed, "*", "{origin}: an origin that is told back could be one with credentials");
        // Tokens travel by script; cookies must not.
        assert!(answer.header("Access-Control-Allow-Credentials").is_none(), "{origin}");
    }
    // Pages with cookies are nobody else's.
    for path in ["/auth/sessions", "/auth/authorize", "/auth/consent", "/auth/sign-in"] {
        let answer = http.request("GET", path, &[("Origin", origin)], b"");
        assert!(answer.header("Access-Control-Allow-Origin").is_none(), "{path}");
    }
}
