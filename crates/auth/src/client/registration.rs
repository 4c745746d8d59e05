//! New clients: from the command line, and by dynamic registration (RFC 7591).

use access::ScopeContext;
use fhir::Instant;
use record_store::SecurityChange;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::key_set::KeySet;
use super::{Client, ClientKind, ClientStatus, Facility};
use crate::oauth::OAuthError;
use crate::secret::{id_of, random};
use crate::{Auth, AuthError};

/// What a client that acts for a person may get when nothing else is said.
const USUAL_SCOPE: &str =
    "openid fhirUser profile offline_access online_access launch launch/patient launch/encounter";

/// Most addresses of one client.
const MOST_URIS: usize = 20;

/// A client that registered itself and that nobody approves is forgotten after so many days.
const PENDING_DAYS: i64 = 30;

/// What a new client is to be.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its id; one is made when there is none.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Where answers go.
    pub redirect_uris: Vec<String>,
    /// The grant types.
    pub grant_types: Vec<String>,
    /// The most that it may get.
    pub scope: Option<String>,
    /// Its public keys.
    pub jwks: Option<Value>,
    /// Where its public keys are.
    pub jwks_uri: Option<String>,
    /// Whether it gets a secret.
    pub with_secret: bool,
    /// The facility it belongs to.
    pub facility: Option<Facility>,
    /// The role that its users usually work in.
    pub role: Option<String>,
    /// Whether it gets tokens that are bound to a key and no others.
    pub dpop_bound: bool,
}

/// The metadata of a registration request. What is not known is ignored (RFC 7591, section 2), and so is what only an
/// administrator says: the facility, the id, the status.
#[derive(Debug, Deserialize)]
pub struct Registration {
    #[serde(default)]
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    response_types: Option<Vec<String>>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    jwks: Option<Value>,
    #[serde(default)]
    jwks_uri: Option<String>,
    #[serde(default)]
    dpop_bound_access_tokens: bool,
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(400, "invalid_client_metadata", description)
}

impl Registration {
    /// Reads a request.
    pub fn read(body: &[u8]) -> Result<Self, OAuthError> {
        crate::jose::strict(body).ok_or_else(|| invalid("the metadata cannot be read"))
    }

    fn into_client(self) -> Result<NewClient, OAuthError> {
        let grant_types = self.grant_types.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        let has_code = grant_types.iter().any(|grant| grant == "authorization_code");
        let responses = self.response_types.unwrap_or_default();
        if responses.iter().any(|response| response != "code") || (!has_code && !responses.is_empty()) {
            return Err(invalid("response_types: code, for authorization_code only"));
        }
        let keyed = self.jwks.is_some() || self.jwks_uri.is_some();
        let with_secret = match self.token_endpoint_auth_method.as_deref() {
            // RFC 7591 says client_secret_basic when nothing is said; who sends keys means them.
            None if keyed => false,
            None | Some("client_secret_basic") if !keyed => true,
            Some("private_key_jwt") if keyed => false,
            Some("none") if !keyed => false,
            _ => {
                return Err(invalid(
                    "token_endpoint_auth_method: none, private_key_jwt or client_secret_basic, with keys where it needs them",
                ));
            }
        };
        Ok(NewClient {
            id: None,
            name: self.client_name.unwrap_or_default(),
            redirect_uris: self.redirect_uris,
            grant_types,
            scope: self.scope,
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            with_secret,
            facility: None,
            role: None,
            dpop_bound: self.dpop_bound_access_tokens,
        })
    }
}

impl Auth {
    /// Adds a client that is served at once. The secret, if it gets one, is told this once.
    pub async fn add_client(
        &self,
        new: NewClient,
        now: Instant,
    ) -> Result<(Client, Option<String>), OAuthError> {
        self.put_client(new, ClientStatus::Active, now).await
    }

    /// Registers a client: in a sandbox it is served at once, elsewhere when an administrator approves it.
    pub async fn register(&self, registration: Registration, now: Instant) -> Result<Value, OAuthError> {
        let status = if self.settings().sandbox { ClientStatus::Active } else { ClientStatus::Pending };
        let (client, secret) = self.put_client(registration.into_client()?, status, now).await?;
        let method = match (&secret, client.kind) {
            (Some(_), _) => "client_secret_basic",
            (None, ClientKind::Confidential) => "private_key_jwt",
            (None, ClientKind::Public) => "none",
        };
        let mut answer = json!({
            "client_id": client.id,
            "client_id_issued_at": now.seconds(),
            "client_name": client.name,
            "redirect_uris": client.redirect_uris,
            "grant_types": client.grant_types,
            "response_types": if client.may_use("authorization_code") { vec!["code"] } else { Vec::new() },
            "token_endpoint_auth_method": method,
            "scope": client.scope,
            "dpop_bound_access_tokens": client.dpop_bound,
            "status": client.status.code(),
        });
        if let Value::Object(members) = &mut answer {
            if let Some(secret) = secret {
                members.insert("client_secret".to_owned(), secret.into());
                members.insert("client_secret_expires_at".to_owned(), 0.into());
            }
            if let Some(jwks) = client.jwks {
                members.insert("jwks".to_owned(), jwks);
            }
            if let Some(uri) = client.jwks_uri {
                members.insert("jwks_uri".to_owned(), uri.into());
            }
        }
        Ok(answer)
    }

    async fn put_client(
        &self,
        new: NewClient,
        status: ClientStatus,
        now: Instant,
    ) -> Result<(Client, Option<String>), OAuthError> {
        self.check_client(&new)?;
        let secret = if new.with_secret { Some(random()?) } else { None };
        let keyed = new.jwks.is_some() || new.jwks_uri.is_some();
        let kind = if keyed || new.with_secret { ClientKind::Confidential } else { ClientKind::Public };
        let id = new.id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let name = if new.name.is_empty() { id.clone() } else { new.name };
        let usual = || usual_scope(&new.grant_types);
        let mut client = Client {
            name,
            kind,
            redirect_uris: new.redirect_uris,
            scope: new.scope.unwrap_or_else(usual),
            grant_types: new.grant_types,
            jwks: new.jwks,
            jwks_uri: new.jwks_uri,
            secret: secret.as_ref().map(id_of),
            facility: None,
            organization: None,
            role: new.role,
            dpop_bound: new.dpop_bound,
            status,
            id,
        };
        client.set_facility(new.facility.as_ref());
        let mut record = client.record()?;
        if status == ClientStatus::Pending {
            let end = now.microseconds().saturating_add(PENDING_DAYS.saturating_mul(86_400_000_000));
            record = record.until(Instant::from_microseconds(end));
        }
        if self.change(SecurityChange::Insert(record), Vec::new(), now).await? {
            Ok((client, secret))
        } else {
            Err(invalid("a client of this id exists"))
        }
    }

    /// The secret of a client of invented people: another one in every database, the same at every start.
    pub fn demo_secret(&self, id: &str) -> String {
        crate::secret::encode(self.demo_key().mac(&[b"demo client", id.as_bytes()]))
    }

    /// Adds the system of an invented facility, unless it is there.
    pub async fn add_demo_system(
        &self,
        id: &str,
        name: &str,
        facility: Facility,
        now: Instant,
    ) -> Result<(), AuthError> {
        let grant_types = vec!["client_credentials".to_owned()];
        let mut client = Client {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: ClientKind::Confidential,
            redirect_uris: Vec::new(),
            scope: usual_scope(&grant_types),
            grant_types,
            jwks: None,
            jwks_uri: None,
            secret: Some(id_of(self.demo_secret(id))),
            facility: None,
            organization: None,
            role: None,
            dpop_bound: false,
            status: ClientStatus::Active,
        };
        client.set_facility(Some(&facility));
        self.change(SecurityChange::Insert(client.record()?), Vec::new(), now).await.map(drop)
    }

    fn check_client(&self, new: &NewClient) -> Result<(), OAuthError> {
        let known = ["authorization_code", "refresh_token", "client_credentials"];
        let uses = |grant: &str| new.grant_types.iter().any(|used| used == grant);
        if new.grant_types.is_empty() || new.grant_types.len() > known.len() {
            return Err(invalid("grant_types: at least one"));
        }
        if new.grant_types.iter().any(|grant| !known.contains(&grant.as_str())) {
            return Err(invalid("grant_types: authorization_code, refresh_token, client_credentials"));
        }
        if uses("refresh_token") && !uses("authorization_code") {
            return Err(invalid("grant_types: refresh_token goes with authorization_code"));
        }
        let plain_id = |id: &String| {
            (1..=100).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        if new.id.as_ref().is_some_and(|id| !plain_id(id)) {
            return Err(invalid("the id has 1 to 100 letters, digits, - . _ ~"));
        }
        if new.name.chars().count() > 200 || new.name.chars().any(char::is_control) {
            return Err(invalid("client_name: at most 200 characters"));
        }
        if uses("authorization_code") == new.redirect_uris.is_empty() || new.redirect_uris.len() > MOST_URIS {
            return Err(OAuthError::new(
                400,
                "invalid_redirect_uri",
                "redirect_uris: for authorization_code only, at most 20",
            ));
        }
        if !new.redirect_uris.iter().all(|uri| is_redirect(uri)) {
            return Err(OAuthError::new(
                400,
                "invalid_redirect_uri",
                "https, http on a loopback address, or a scheme of the app with a dot; without fragment and wildcard",
            ));
        }
        let keyed = new.jwks.is_some() || new.jwks_uri.is_some();
        if new.jwks.is_some() && new.jwks_uri.is_some() {
            return Err(invalid("jwks or jwks_uri, not both"));
        }
        if uses("client_credentials") && !keyed && !new.with_secret {
            return Err(invalid("client_credentials needs a key or a secret"));
        }
        if new.jwks.as_ref().is_some_and(|jwks| !KeySet::read(jwks).is_some_and(|set| set.is_usable())) {
            return Err(invalid("jwks: public keys with kid for ES384 or RS384, RSA of 2048 bits at least"));
        }
        if new.jwks_uri.as_ref().is_some_and(|uri| !self.remote_keys().may_ask(uri)) {
            return Err(invalid("jwks_uri: https, a public name, the usual port"));
        }
        if let Some(text) = &new.scope {
            // A client may have both kinds; a token has one.
            let (scopes, others) = access::Scopes::parse(text)?;
            if scopes.resources.is_empty() && others.is_empty() {
                return Err(invalid("scope: at least one"));
            }
            let is_system = scopes.resources.iter().any(|scope| scope.context == ScopeContext::System);
            if is_system && !uses("client_credentials") {
                return Err(invalid("scope: system/ goes with client_credentials"));
            }
        }
        Ok(())
    }
}

/// Everything that the grant types can reach.
fn usual_scope(grant_types: &[String]) -> String {
    let uses = |grant: &str| grant_types.iter().any(|used| used == grant);
    let mut parts = Vec::new();
    if uses("authorization_code") {
        parts.extend([USUAL_SCOPE, "patient/*.cruds user/*.cruds"]);
    }
    if uses("client_credentials") {
        parts.push("system/*.cruds");
    }
    parts.join(" ")
}

/// Whether answers may go to an address.
fn is_redirect(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    // The parser finds a host also in what has none: in `https:///callback` and `https:callback`.
    let says_host = || {
        let rest = text.get(url.scheme().len()..).and_then(|rest| rest.strip_prefix("://"));
        rest.is_some_and(|rest| !rest.starts_with(['/', '?']))
    };
    let plain = url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && text.len() <= 2_000
        && !text.contains(['*', '#', '\\'])
        && !text.chars().any(|character| character.is_control() || character.is_whitespace());
    let may = match url.scheme() {
        "https" => says_host() && url.host().is_some(),
        "http" => {
            says_host()
                && match url.host() {
                    Some(url::Host::Domain(name)) => name == "localhost",
                    Some(url::Host::Ipv4(address)) => address.is_loopback(),
                    Some(url::Host::Ipv6(address)) => address.is_loopback(),
                    None => false,
                }
        }
        scheme => scheme.contains('.'),
    };
    plain && may
}

impl From<access::ScopeError> for OAuthError {
    fn from(_: access::ScopeError) -> Self {
        Self::new(400, "invalid_scope", "a scope cannot be read, or scopes of different contexts are mixed")
    }
}

impl From<crate::account::AuthError> for OAuthError {
    fn from(error: crate::account::AuthError) -> Self {
        AuthError::from(error).into()
    }
}

impl From<AuthError> for OAuthError {
    fn from(error: AuthError) -> Self {
        // Nothing leaves that is not in the log of accesses.
        if matches!(&error, AuthError::Store(error) if error.is_passing()) {
            tracing::warn!(error = %error, "signing in has to wait");
            return Self::new(503, "temporarily_unavailable", "try again in a moment");
        }
        tracing::error!(error = %error, "signing in failed");
        Self::new(500, "server_error", "the server failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_to_few_kinds_of_addresses() {
        for uri in [
            "https://app.example/callback",
            "https://app.example/a?b=c",
            "http://127.0.0.1:5000/",
            "http://[::1]:1/",
            "http://localhost:3000/x",
            "vn.example.app:/callback",
        ] {
            assert!(is_redirect(uri), "{uri}");
        }
        for uri in [
            "http://app.example/",
            "https://app.example/#a",
            "https://*.example/",
            "https://user@app.example/",
            "javascript:alert(1)",
            "data:text/html,a",
            "app:/callback",
            "/callback",
            "",
            "https://app.example/a b",
            "http://127.0.0.1.example/",
            "https://app.example\\@other.example/",
            "file:///etc/passwd",
            "https:///callback",
            "https:app.example/callback",
            "http:///localhost/callback",
        ] {
            assert!(!is_redirect(uri), "{uri}");
        }
    }
}
