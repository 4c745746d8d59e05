//! The authorization endpoint: a request is checked, kept as a transaction, and the person is asked.

use access::{Purpose, ScopeContext, Scopes};
use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};

use super::launch::Launch;
use super::parameters::{OAuthError, Parameters};
use super::{OTHER_SCOPES, redirect, scopes};
use crate::account::{AccountKind, Session, session_of};
use crate::client::Client;
use crate::secret::random;
use crate::{Auth, AuthError};

/// A person has so long to sign in and to decide.
const TRANSACTION: i64 = 900_000_000;

/// Longest `state`, `nonce`.
const LONGEST: usize = 2_000;

/// What comes of a request for authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// Client or redirect are not right: a page, never a redirect.
    Page(OAuthError),
    /// To sign in, to the consent page, or back to the client with an error.
    Redirect(String),
}

/// A request that was found right, while the person signs in and decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    /// Granted at most: asked, and what the client may.
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    pub(super) challenge: String,
    pub(super) purpose: Option<String>,
    /// The launch that a clinic system made.
    pub(super) launch: Option<Launch>,
    /// Who signed in before this second must sign in again.
    pub(super) signed_in_since: Option<i64>,
}

impl Request {
    /// Whether a session is new enough.
    pub(super) fn accepts(&self, session: &Session) -> bool {
        self.signed_in_since.is_none_or(|since| session.auth_time.seconds() >= since)
    }

    /// The scopes about resources and the others.
    pub(super) fn scopes(&self) -> Result<(Scopes, Vec<String>), OAuthError> {
        Ok(scopes::read(&self.scope)?)
    }

    /// Back to the client with an error.
    pub(super) fn refuse(&self, issuer: &str, error: OAuthError) -> Option<String> {
        let pairs = [("error", error.code), ("error_description", error.description)];
        redirect::to_client(&self.redirect_uri, issuer, self.state.as_deref(), &pairs)
    }
}

impl Auth {
    /// `GET` or `POST /auth/authorize`.
    pub async fn authorize(
        &self,
        pairs: Vec<(String, String)>,
        cookie: Option<&str>,
        now: Instant,
    ) -> Result<Authorization, AuthError> {
        let parameters = Parameters::unchecked(pairs);
        let page = |description| Ok(Authorization::Page(OAuthError::invalid_request(description)));
        // As long as it is not known where the answer may go, it goes nowhere.
        if parameters.is_repeated(Some(&["client_id", "redirect_uri"])) {
            return page("client_id or redirect_uri is repeated");
        }
        let Some(id) = parameters.get("client_id") else { return page("client_id is missing") };
        let Some(client) = self.active_client(id, now).await? else {
            return page("this client is not known");
        };
        let Some(uri) = parameters.get("redirect_uri") else { return page("redirect_uri is missing") };
        if !client.may_use("authorization_code") || !client.redirect_uris.iter().any(|known| known == uri) {
            return page("redirect_uri is not one of this client");
        }
        let refuse = |error: OAuthError| {
            let state = parameters.get("state").filter(|state| state.len() <= LONGEST);
            let state = state.filter(|_| !parameters.is_repeated(Some(&["state"])));
            let pairs = [("error", error.code), ("error_description", error.description)];
            match redirect::to_client(uri, &self.settings().issuer, state, &pairs) {
                Some(to) => Authorization::Redirect(to),
                None => Authorization::Page(error),
            }
        };
        let request = match self.request(&parameters, &client, uri, now).await {
            Ok(request) => request,
            Err(error) => return Ok(refuse(error)),
        };
        let session = match cookie {
            Some(cookie) => session_of(self.store(), cookie, now).await?,
            None => None,
        };
        let session = session.filter(|session| request.accepts(session));
        if parameters.get("prompt") == Some("none") {
            let error = match session {
                None => OAuthError::new(400, "login_required", "nobody is signed in"),
                // What an app may is decided by the person each time.
                Some(_) => OAuthError::new(400, "consent_required", "the person must be asked"),
            };
            return Ok(refuse(error));
        }
        let transaction = random()?;
        let value = serde_json::to_string(&request).map_err(|_| AuthError::Broken)?;
        let record = SecurityRecord::new(SecurityKind::Transaction, &transaction, value);
        let ends = Instant::from_microseconds(now.microseconds().saturating_add(TRANSACTION));
        self.change(SecurityChange::Insert(record.until(ends)), Vec::new(), now).await?;
        Ok(Authorization::Redirect(match session {
            Some(_) => super::consent_path(&transaction),
            None => format!("/auth/sign-in?continue={transaction}"),
        }))
    }

    async fn request(
        &self,
        parameters: &Parameters,
        client: &Client,
        uri: &str,
        now: Instant,
    ) -> Result<Request, OAuthError> {
        if parameters.is_repeated(None) {
            return Err(OAuthError::invalid_request("a parameter is repeated"));
        }
        if parameters.get("request").is_some() {
            return Err(OAuthError::new(400, "request_not_supported", "request objects are not taken"));
        }
        if parameters.get("request_uri").is_some() {
            return Err(OAuthError::new(400, "request_uri_not_supported", "request objects are not taken"));
        }
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(OAuthError::new(400, "unsupported_response_type", "response_type: code")),
            None => return Err(OAuthError::invalid_request("response_type: code")),
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(OAuthError::invalid_request("response_mode: query"));
        }
        let challenge = parameters.need("code_challenge", "code_challenge is missing")?;
        // An absent method means `plain`, which is none.
        if parameters.get("code_challenge_method") != Some("S256") || !is_challenge(challenge) {
            return Err(OAuthError::invalid_request("code_challenge_method: S256, with 43 characters"));
        }
        for name in ["state", "nonce"] {
            if parameters.get(name).is_some_and(|text| text.len() > LONGEST) {
                return Err(OAuthError::invalid_request("state or nonce is too long"));
            }
        }
        let (resources, others) = self.granted_scopes(parameters.get("scope").unwrap_or_default(), client)?;
        self.check_audience(parameters.get("aud"), &resources)?;
        let prompt = parameters.get("prompt").unwrap_or_default();
        let prompts: Vec<&str> = prompt.split(' ').filter(|word| !word.is_empty()).collect();
        if prompts.contains(&"none") && prompts.len() > 1 {
            return Err(OAuthError::invalid_request("prompt: none stands alone"));
        }
        let max_age = parameters.get("max_age").map(str::parse::<u32>).transpose();
        let max_age = max_age.map_err(|_| OAuthError::invalid_request("max_age: seconds"))?;
        let again = prompts.iter().any(|prompt| ["login", "select_account"].contains(prompt));
        let signed_in_since = match max_age {
            _ if again => Some(now.seconds()),
            Some(seconds) => Some(now.seconds().saturating_sub(i64::from(seconds))),
            None => None,
        };
        let purpose = parameters.get("purpose");
        if purpose.is_some_and(|purpose| Purpose::from_code(purpose).is_none()) {
            return Err(OAuthError::invalid_request("purpose is not known"));
        }
        let launch = self.launch_of(parameters.get("launch"), &others, client, now).await?;
        Ok(Request {
            client: client.id.clone(),
            redirect_uri: uri.to_owned(),
            state: parameters.get("state").map(str::to_owned),
            scope: scopes::text(&resources, &others),
            nonce: parameters.get("nonce").map(str::to_owned),
            challenge: challenge.to_owned(),
            purpose: purpose.map(str::to_owned),
            launch,
            signed_in_since,
        })
    }

    /// Asked, cut by what the client may get.
    pub(super) fn granted_scopes(
        &self,
        asked: &str,
        client: &Client,
    ) -> Result<(Scopes, Vec<String>), OAuthError> {
        let (asked, others) = scopes::read(asked)?;
        let (most, most_others) = Scopes::parse(&client.scope)?;
        if asked.resources.iter().any(|scope| scope.context == ScopeContext::System) {
            return Err(OAuthError::invalid_scope("system/ is for backend services"));
        }
        let resources = asked.narrow(&most);
        let refresh = client.may_use("refresh_token");
        let others: Vec<String> = others
            .into_iter()
            .filter(|name| OTHER_SCOPES.contains(&name.as_str()) && most_others.contains(name))
            .filter(|name| refresh || !["offline_access", "online_access"].contains(&name.as_str()))
            .collect();
        if resources.resources.is_empty() && !others.iter().any(|name| name == "openid") {
            return Err(OAuthError::invalid_scope("none of these scopes can be granted to this client"));
        }
        Ok((resources, others))
    }

    /// SMART: the client says which server it will send the token to, so that no other one gets it.
    fn check_audience(&self, audience: Option<&str>, resources: &Scopes) -> Result<(), OAuthError> {
        let base = &self.settings().fhir_base;
        match audience {
            Some(audience) if audience.strip_suffix('/').unwrap_or(audience) == base => Ok(()),
            None if resources.resources.is_empty() => Ok(()),
            _ => Err(OAuthError::invalid_request("aud: the base address of FHIR of this server")),
        }
    }

    /// The client and the account fit together: the app of a facility is for its own staff.
    pub(super) fn fits(client: &Client, kind: &AccountKind) -> bool {
        match (client.facility(), kind) {
            (None, _) => true,
            (Some(facility), AccountKind::Staff { code, .. }) => facility.code == *code,
            (Some(_), _) => false,
        }
    }
}

/// A SHA-256 in base64 for addresses.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && crate::secret::decode(text).is_some_and(|hash| hash.len() == 32)
}
