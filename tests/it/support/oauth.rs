//! An app, a clinic's system and what they ask of the authorization server: RFC 6749, 7523, 7591, 7636, SMART 2.2.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use test_support::Response;

use super::browser::{Browser, Landing};
use super::jose::{Key, hashed, now, random_text};
use super::program::{Demo, run, words};
use super::sign_in::{consent, pass};
use super::{body, encode, text, value};

/// `client_assertion_type` of RFC 7523.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The scopes that the app of these tests asks for.
pub const APP_SCOPES: &str = "openid fhirUser launch/patient offline_access patient/*.rs";

/// A registered client.
#[derive(Debug, Clone)]
pub struct App {
    pub id: String,
    pub redirect: String,
}

/// `/auth/register`.
pub fn register(demo: &Demo, metadata: &Value) -> Response {
    let headers = [("Content-Type", "application/json")];
    demo.server().client().request("POST", "/auth/register", &headers, metadata.to_string().as_bytes())
}

/// What a public app says about itself.
pub fn app_metadata(redirect: &str) -> Value {
    json!({
        "client_name": "Sổ của tôi",
        "redirect_uris": [redirect],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": APP_SCOPES,
    })
}

/// A registered public app.
#[track_caller]
pub fn public_app(demo: &Demo) -> App {
    let redirect = format!("http://127.0.0.1:9/{}", random_text());
    let answer = register(demo, &app_metadata(&redirect));
    let registered = body(&answer.expect_status(201));
    App { id: text(&registered["client_id"]), redirect }
}

/// What a clinic's system says about itself.
pub fn system_metadata(keys: &[Value], scope: &str) -> Value {
    json!({
        "client_name": "Phần mềm phòng khám",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": keys},
        "scope": scope,
    })
}

/// A registered clinic's system, bound to the first facility of the demo.
#[track_caller]
pub fn system(demo: &Demo, keys: &[Value], scope: &str) -> String {
    let registered = body(&register(demo, &system_metadata(keys, scope)).expect_status(201));
    let id = text(&registered["client_id"]);
    approve(demo, &id);
    id
}

/// `healthbook client approve`: an administrator binds a registered system to the facility of the first of the demo.
#[track_caller]
pub fn approve(demo: &Demo, client: &str) {
    let facility = text(&demo.description["clients"][0]["facility"]);
    let folder = demo.folder.path();
    let place = ["--database", demo.database.url(), "--data-folder", folder.to_str().unwrap()];
    let system = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";
    let found = demo.as_client().resources(&format!("/fhir/Organization?identifier={system}|{facility}"));
    let organization = text(&found.first().expect("the facility has an Organization")["id"]);
    let bound = ["client", "approve", client, "--facility", &facility, "--organization", &organization];
    let arguments = [&bound[..], &place[..]].concat();
    let output = run(folder, &arguments);
    assert!(output.status.success(), "{}", words(&output));
}

/// The address of the token endpoint.
pub fn token_endpoint(demo: &Demo) -> String {
    format!("{}/auth/token", demo.server().base_url())
}

/// The claims of a right client assertion.
pub fn assertion_claims(demo: &Demo, client: &str) -> Value {
    json!({
        "iss": client, "sub": client, "aud": token_endpoint(demo),
        "jti": random_text(), "iat": now(), "exp": now() + 240,
    })
}

/// Asks for a token with an assertion.
pub fn ask_with_assertion(demo: &Demo, assertion: &str, scope: &str) -> Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
        ("scope", scope),
    ];
    post(demo, "/auth/token", &form, &[])
}

/// Posts a form.
pub fn post(demo: &Demo, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
    let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
    all.extend(headers);
    demo.server().client().request("POST", path, &all, pairs.join("&").as_bytes())
}

/// An authorization request; its parameters in their order, so that one can stand twice.
#[derive(Debug, Clone)]
pub struct Asked {
    pub parameters: Vec<(String, String)>,
    pub verifier: String,
    pub state: String,
}

impl Asked {
    /// A right one.
    pub fn by(demo: &Demo, app: &App) -> Self {
        let verifier = format!("{}{}", random_text(), random_text());
        let state = random_text();
        let audience = format!("{}/fhir", demo.server().base_url());
        let parameters = [
            ("response_type", "code"),
            ("client_id", &app.id),
            ("redirect_uri", &app.redirect),
            ("scope", APP_SCOPES),
            ("state", &state),
            ("aud", &audience),
            ("code_challenge", &hashed(&verifier)),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { parameters, verifier, state }
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        self.without(name).also(name, value)
    }

    /// Adds a parameter, be it there or not.
    #[must_use]
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn query(&self) -> String {
        let pairs = self.parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    pub fn path(&self) -> String {
        format!("/auth/authorize?{}", self.query())
    }
}

/// Goes to the authorization endpoint and answers every page on the way.
#[track_caller]
pub fn ask(demo: &Demo, browser: &mut Browser, citizen: usize, asked: &Asked) -> Landing {
    let landing = browser.go("GET", &asked.path(), None);
    let name = demo.citizen(citizen).0.to_owned();
    let landing = pass(demo, browser, landing, &name);
    consent(browser, landing, true)
}

/// The parameters of the query of an address.
pub fn parameters(url: &str) -> BTreeMap<String, String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A code, and with it the request that it came from.
#[track_caller]
pub fn code(demo: &Demo, browser: &mut Browser, app: &App) -> (String, Asked) {
    code_for(demo, browser, Asked::by(demo, app), app)
}

/// The same for a request of one's own.
#[track_caller]
pub fn code_for(demo: &Demo, browser: &mut Browser, asked: Asked, app: &App) -> (String, Asked) {
    let target = match ask(demo, browser, 0, &asked) {
        Landing::Elsewhere(target) => target,
        Landing::Page(page) => panic!("no code but a page: {} {}", page.status, page.text()),
    };
    assert!(target.starts_with(&app.redirect), "to the registered address: {target}");
    let told = parameters(&target);
    assert_eq!(told.get("state"), Some(&asked.state), "{target}");
    // RFC 9207: which server answers, against mix-up.
    assert_eq!(told.get("iss").map(String::as_str), Some(demo.server().base_url()), "{target}");
    (told.get("code").unwrap_or_else(|| panic!("no code: {target}")).clone(), asked)
}

/// Redeems a code.
pub fn redeem(demo: &Demo, app: &App, code: &str, verifier: &str) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &app.redirect),
        ("client_id", &app.id),
        ("code_verifier", verifier),
    ];
    post(demo, "/auth/token", &form, &[])
}

/// The tokens of a signed-in citizen for an app.
#[track_caller]
pub fn tokens(demo: &Demo, browser: &mut Browser, app: &App) -> Value {
    let (code, asked) = code(demo, browser, app);
    body(&redeem(demo, app, &code, &asked.verifier).expect_status(200))
}

/// Rotates a refresh token.
pub fn refresh(demo: &Demo, app: &App, token: &str) -> Response {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", &app.id)];
    post(demo, "/auth/token", &form, &[])
}

/// Checks that an answer is the RFC's error, in JSON that no cache keeps; gives the error.
#[track_caller]
pub fn expect_error(what: &str, answer: &Response, statuses: &[u16], errors: &[&str]) -> String {
    let shown = String::from_utf8_lossy(&answer.body[..answer.body.len().min(600)]).into_owned();
    assert!(statuses.contains(&answer.status), "{what}: {} instead of {statuses:?}: {shown}", answer.status);
    let kind = answer.header("Content-Type").unwrap_or_default();
    assert!(kind.starts_with("application/json"), "{what}: Content-Type {kind:?}: {shown}");
    assert!(
        answer.header("Cache-Control").is_some_and(|it| it.contains("no-store")),
        "{what}: may be cached"
    );
    let told = value(answer.text());
    let error = told["error"].as_str().unwrap_or_default().to_owned();
    assert!(errors.contains(&error.as_str()), "{what}: {error:?} instead of {errors:?}: {shown}");
    assert!(told.get("access_token").is_none(), "{what}: a token beside the error");
    error
}

/// The status of reading the citizen's own book with a token.
pub fn status_with(demo: &Demo, scheme: &str, token: &str) -> u16 {
    let authorization = format!("{scheme} {token}");
    let path = format!("/fhir/Patient/{}", demo.citizen(0).1);
    demo.server().client().request("GET", &path, &[("Authorization", &authorization)], b"").status
}

/// A system's token by a right assertion.
#[track_caller]
pub fn system_token(demo: &Demo, client: &str, kid: &str, key: &Key, scope: &str) -> String {
    let assertion = key.assertion(kid, &assertion_claims(demo, client));
    let answer = ask_with_assertion(demo, &assertion, scope).expect_status(200);
    text(&body(&answer)["access_token"])
}
