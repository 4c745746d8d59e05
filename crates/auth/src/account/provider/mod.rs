//! The external provider: the national identity app signs a citizen in, by OpenID Connect (code flow, PKCE).

mod breaker;
mod id_token;
mod join;
mod metadata;
pub mod simulator;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use url::Url;

use breaker::Breaker;
pub use id_token::{Claims, IdTokenError};
pub use join::Joined;
use metadata::Known;

use super::secret::{id_of, new_secret, same};
use super::{Accounts, AuthError, Outbound, OutboundAnswer, OutboundRequest, Visitor, after};

/// Nobody waits longer for the provider.
const LIMIT: Duration = Duration::from_secs(2);
/// Time to sign in there.
const LIFE: i64 = 600;

/// How the provider is called, and what is expected of it.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its issuer: discovery is below it.
    pub issuer: String,
    /// How this server is known there.
    pub client_id: String,
    /// Its secret there, if it has one.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    pub redirect_uri: String,
    /// The `acr` of level 2.
    pub level: String,
    /// The claim that holds the citizen number.
    pub number_claim: String,
}

/// Why the provider did not sign somebody in. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It is not asked for some time, or gave no answer in time.
    #[error("the provider is down")]
    Down,
    /// What it says of itself cannot be used.
    #[error("the provider's metadata cannot be used")]
    Metadata,
    /// The answer does not belong to a sign-in of this browser.
    #[error("the answer belongs to no sign-in of this browser")]
    NotAsked,
    /// It refused, or the person did.
    #[error("the provider refused")]
    Refused,
    /// The answer came from another issuer (RFC 9207).
    #[error("the answer names another issuer")]
    OtherIssuer,
    /// The ID token does not hold.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// Below.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

/// The provider.
pub struct Provider {
    settings: ProviderSettings,
    outbound: Arc<dyn Outbound>,
    breaker: Breaker,
    known: Mutex<Option<Arc<Known>>>,
}

/// A sign-in that began.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where the browser goes.
    pub url: String,
    /// The secret for the browser.
    pub secret: String,
}

/// What the provider's redirect carries.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// `state`
    pub state: String,
    /// `code`
    pub code: Option<String>,
    /// `iss` (RFC 9207)
    pub iss: Option<String>,
}

/// Somebody whom the provider has recognised.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// What the ID token says.
    pub claims: Claims,
    /// The authorization that waits.
    pub continue_with: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    provider_state: String,
    nonce: String,
    verifier: String,
    continue_with: Option<String>,
}

impl Provider {
    /// A provider that is asked through a port.
    pub fn new(settings: ProviderSettings, outbound: Arc<dyn Outbound>) -> Self {
        Self { settings, outbound, breaker: Breaker::default(), known: Mutex::new(None) }
    }

    /// Begins a sign-in.
    pub async fn start(
        &self,
        accounts: &Accounts,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Started, ProviderError> {
        let known = self.known(now).await?;
        let (secret, state) = (new_secret()?, new_secret()?);
        let (nonce, verifier) = (new_secret()?, new_secret()?);
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()).as_ref());
        let mut url = Url::parse(&known.authorization_endpoint).map_err(|_| ProviderError::Metadata)?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", "openid profile"),
            ("acr_values", &self.settings.level),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let pending = Pending {
            provider_state: id_of(&state),
            nonce,
            verifier,
            continue_with: visitor.continue_with.clone(),
        };
        let value = serde_json::to_string(&pending).map_err(AuthError::from)?;
        let record = SecurityRecord::new(SecurityKind::Transaction, id_of(&secret), value);
        let claim = SecurityChange::Insert(record.until(after(now, LIFE)));
        accounts.store().change_security(claim, Vec::new(), now).await.map_err(AuthError::from)?;
        Ok(Started { url: url.into(), secret })
    }

    /// Who came back from the provider. The answer is looked at once only.
    pub async fn finish(
        &self,
        accounts: &Accounts,
        secret: &str,
        callback: &Callback,
        now: Instant,
    ) -> Result<Recognised, ProviderError> {
        let (store, id) = (accounts.store(), id_of(secret));
        let record = store.security_record(SecurityKind::Transaction, &id, now).await;
        let record = record.map_err(AuthError::from)?.ok_or(ProviderError::NotAsked)?;
        let pending: Pending = serde_json::from_str(&record.value).map_err(|_| ProviderError::NotAsked)?;
        if !same(&pending.provider_state, &id_of(&callback.state)) {
            return Err(ProviderError::NotAsked);
        }
        let claim = SecurityChange::Remove(SecurityKind::Transaction, id);
        if !store.change_security(claim, Vec::new(), now).await.map_err(AuthError::from)? {
            return Err(ProviderError::NotAsked);
        }
        let known = self.known(now).await?;
        match &callback.iss {
            Some(iss) if *iss == self.settings.issuer => {}
            None if !known.names_itself => {}
            _ => return Err(ProviderError::OtherIssuer),
        }
        let code = callback.code.clone().ok_or(ProviderError::Refused)?;
        let token = self.redeem(&known, code, pending.verifier, now).await?;
        let claims = match id_token::verify(&token, &known.keys, &self.settings, &pending.nonce, now) {
            // The provider may have changed its keys since they were fetched.
            Err(IdTokenError::UnknownKey) if known.is_old(now) => {
                let known = self.fetch(now).await?;
                id_token::verify(&token, &known.keys, &self.settings, &pending.nonce, now)?
            }
            other => other?,
        };
        Ok(Recognised { claims, continue_with: pending.continue_with })
    }

    async fn redeem(
        &self,
        known: &Known,
        code: String,
        verifier: String,
        now: Instant,
    ) -> Result<String, ProviderError> {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", self.settings.redirect_uri.clone()),
            ("client_id", self.settings.client_id.clone()),
            ("code_verifier", verifier),
        ];
        if let Some(secret) = &self.settings.client_secret {
            form.push(("client_secret", secret.clone()));
        }
        let request = OutboundRequest { url: known.token_endpoint.clone(), form: Some(form) };
        let answer = self.ask(request, now).await?;
        if answer.status != 200 {
            return Err(ProviderError::Refused);
        }
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        let tokens: Tokens = serde_json::from_slice(&answer.body).map_err(|_| ProviderError::Refused)?;
        Ok(tokens.id_token)
    }

    async fn known(&self, now: Instant) -> Result<Arc<Known>, ProviderError> {
        let known = self.known.lock().ok().and_then(|known| known.clone());
        match known.filter(|known| known.is_fresh(now)) {
            Some(known) => Ok(known),
            None => self.fetch(now).await,
        }
    }

    async fn fetch(&self, now: Instant) -> Result<Arc<Known>, ProviderError> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let answer = self.ask(OutboundRequest { url, form: None }, now).await?;
        let said = metadata::read(&answer, &self.settings.issuer).ok_or(ProviderError::Metadata)?;
        let keys = self.ask(OutboundRequest { url: said.jwks_uri.clone(), form: None }, now).await?;
        let known = Arc::new(Known::new(said, &keys, now).ok_or(ProviderError::Metadata)?);
        if let Ok(mut place) = self.known.lock() {
            *place = Some(Arc::clone(&known));
        }
        Ok(known)
    }

    async fn ask(&self, request: OutboundRequest, now: Instant) -> Result<OutboundAnswer, ProviderError> {
        if self.breaker.is_open(now) {
            return Err(ProviderError::Down);
        }
        match tokio::time::timeout(LIMIT, self.outbound.request(request)).await {
            Ok(Ok(answer)) if answer.status < 500 => {
                self.breaker.worked();
                Ok(answer)
            }
            _ => {
                self.breaker.failed(now);
                Err(ProviderError::Down)
            }
        }
    }
}
