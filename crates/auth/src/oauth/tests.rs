//! The flows from end to end, without HTTP and without a browser.

mod backend;
mod code_flow;
mod refreshing;
mod sessions;

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store, StoreSettings};
use serde_json::{Value, json};
use test_support::TestDatabase;
use url::Url;

use super::*;
use crate::account::session_id;
use crate::client::NewClient;
use crate::secret::{encode, sha256};
use crate::{Auth, AuthSettings};

const NOW: i64 = 1_780_000_000;
const COOKIE: &str = "cookie-of-a-citizen";
const STAFF: &str = "cookie-of-a-nurse";
const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0";
const CALLBACK: &str = "https://app.example/callback?kept=1";
const SCOPE: &str = "openid fhirUser offline_access launch/patient patient/*.rs";

fn at(seconds: i64) -> Instant {
    Instant::from_microseconds((NOW + seconds) * 1_000_000)
}

struct World {
    auth: Auth,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::sqlite();
        let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
        let settings = AuthSettings {
            issuer: "https://book.example".to_owned(),
            fhir_base: "https://book.example/fhir".to_owned(),
            sandbox: false,
            local_peers: false,
        };
        let auth = Auth::open(store, settings, at(0)).await.unwrap();
        let world = Self { auth, _database: database };
        world.account("a-1", "active").await;
        world.put_session(COOKIE, "a-1").await;
        let staff = json!({"status": "active", "kind": {"staff": {"practitioner": "dr-1", "code": "01001",
            "organization": "org-1", "roles": ["nurse", "registrar"]}}});
        world.put(SecurityRecord::new(SecurityKind::Account, "a-2", staff.to_string())).await;
        world.put_session(STAFF, "a-2").await;
        world.client("app", None).await;
        world
    }

    async fn put(&self, record: SecurityRecord) {
        let put = SecurityChange::Put(record);
        assert!(self.auth.store().change_security(put, Vec::new(), at(0)).await.unwrap());
    }

    /// A citizen's account of a status.
    async fn account(&self, id: &str, status: &str) {
        let value = json!({"status": status, "kind": {"citizen": {"patient": "p-1"}}});
        self.put(SecurityRecord::new(SecurityKind::Account, id, value.to_string()).of("p-1")).await;
    }

    async fn put_session(&self, cookie: &str, account: &str) {
        let value = json!({"account": account, "device": "Firefox", "place": "", "used": at(0).microseconds(), "acr": "2", "amr": ["pwd", "otp"],
            "auth_time": at(0).microseconds()});
        let record = SecurityRecord::new(SecurityKind::Session, session_id(cookie), value.to_string());
        self.put(record.of(account).until(at(100 * 86_400))).await;
    }

    async fn client(&self, id: &str, change: Option<fn(&mut NewClient)>) {
        let mut new = NewClient {
            id: Some(id.to_owned()),
            name: "An app".to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
            scope: None,
            jwks: None,
            jwks_uri: None,
            with_secret: false,
            facility: None,
            role: None,
            dpop_bound: false,
        };
        if let Some(change) = change {
            change(&mut new);
        }
        self.auth.add_client(new, at(0)).await.unwrap();
    }

    /// The parameters of a request that is right, with changes.
    fn pairs(changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let challenge = encode(sha256(VERIFIER));
        let mut pairs: Vec<(String, String)> = [
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", CALLBACK),
            ("scope", SCOPE),
            ("state", "a state&more"),
            ("aud", "https://book.example/fhir"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.push(((*name).to_owned(), (*value).to_owned()));
        }
        pairs
    }

    /// A code, as far as the person allows it.
    async fn code(&self, changes: &[(&str, &str)]) -> String {
        let to = self.auth.authorize(Self::pairs(changes), Some(COOKIE), at(0)).await.unwrap();
        let Authorization::Redirect(to) = to else { panic!("{to:?}") };
        let transaction = to.strip_prefix("/auth/consent?continue=").unwrap();
        let to = self.allow(transaction, COOKIE, ConsentForm::default()).await;
        parameter(&to, "code").unwrap()
    }

    /// Allows a transaction and tells where the browser goes.
    async fn allow(&self, transaction: &str, cookie: &str, form: ConsentForm) -> String {
        let step = self.auth.consent(transaction, Some(cookie), at(1)).await.unwrap();
        let ConsentStep::Ask(question) = step else { panic!("{step:?}") };
        let form = ConsentForm { form_token: question.form_token, decision: "allow".to_owned(), ..form };
        let step = self.auth.decide(transaction, Some(cookie), &form, at(2)).await.unwrap();
        let ConsentStep::Redirect(to) = step else { panic!("{step:?}") };
        to
    }

    async fn token(&self, pairs: &[(&str, &str)], seconds: i64) -> Result<Value, OAuthError> {
        self.auth.token(&request(pairs), at(seconds)).await
    }

    async fn redeem(&self, code: &str, seconds: i64) -> Result<Value, OAuthError> {
        self.token(&redemption(code), seconds).await
    }

    fn believes(&self, token: &Value, seconds: i64) -> bool {
        self.auth.recognises(token.as_str().unwrap(), at(seconds)).is_ok()
    }
}

fn redemption(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn request(pairs: &[(&str, &str)]) -> TokenRequest {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TokenRequest { parameters: Parameters::new(pairs).unwrap(), basic: None, proof: None }
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
