//! Authorization codes: one use within a minute, by the client that holds the verifier.

use fhir::Instant;
use record_store::{Deed, Revoked, SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};

use super::refresh::Family;
use super::token_endpoint::{CODE, Granted, TokenRequest, Tokens};
use super::{OAuthError, assisted, scopes};
use crate::account::{Account, account_kind, session_by_id};
use crate::noted;
use crate::secret::{encode, id_of, random, same, sha256};
use crate::{Auth, AuthError, Client};

/// A code holds so long, in microseconds.
const LIFETIME: i64 = 60_000_000;

/// It is remembered so long: until the access tokens that came of it are dead.
const REMEMBERED: i64 = 900_000_000;

/// What a code stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) account: String,
    pub(super) role: Option<String>,
    pub(super) session: String,
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    pub(super) patient: Option<String>,
    pub(super) encounter: Option<String>,
    pub(super) purpose: String,
    pub(super) auth_time: i64,
    pub(super) acr: String,
    pub(super) amr: Vec<String>,
    pub(super) made: i64,
    /// The session of the tokens that came of it.
    pub(super) used_by: Option<String>,
    /// When they were made: of requests at the same moment the one that ends them may have begun before.
    #[serde(default)]
    pub(super) used_at: i64,
}

impl Code {
    /// The record of a new code.
    pub(super) fn record(&self, secret: &str, now: Instant) -> Result<SecurityRecord, AuthError> {
        let value = serde_json::to_string(self).map_err(|_| AuthError::Broken)?;
        let ends = Instant::from_microseconds(now.microseconds().saturating_add(REMEMBERED));
        let record = SecurityRecord::new(SecurityKind::AuthorizationCode, id_of(secret), value);
        Ok(record.of(&self.account).until(ends))
    }
}

/// The later of two moments.
pub(super) fn later(now: Instant, microseconds: i64) -> Instant {
    Instant::from_microseconds(now.microseconds().max(microseconds))
}

fn not_valid() -> OAuthError {
    OAuthError::invalid_grant("the code is not valid, was used, or is not of this client")
}

impl Auth {
    /// `grant_type=authorization_code`
    pub(super) async fn redeem_code(
        &self,
        request: &TokenRequest,
        client: &Client,
        key: Option<String>,
        now: Instant,
    ) -> Result<Tokens, OAuthError> {
        let parameters = &request.parameters;
        let secret = parameters.need("code", "code is missing")?;
        let verifier = parameters.need("code_verifier", "code_verifier is missing")?;
        let Some((mut record, mut code)) = self.stored_code(secret, now).await? else {
            return Err(not_valid());
        };
        if code.client != client.id {
            return Err(not_valid());
        }
        if let Some(session) = &code.used_by {
            let reuse = self.ended(client, &code.account, "code reuse", now).await?;
            self.end_tokens(session, reuse, later(now, code.used_at)).await?;
            return Err(not_valid());
        }
        let is_late = code.made.saturating_add(LIFETIME) < now.microseconds();
        let elsewhere = parameters.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri);
        let is_verifier = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        if is_late || elsewhere || !is_verifier || !same(&encode(sha256(verifier)), &code.challenge) {
            return Err(not_valid());
        }
        // Who was blocked or signed out meanwhile gets nothing.
        let kind = account_kind(self.store(), &code.account, now).await?.ok_or_else(not_valid)?;
        if !Self::fits(client, &kind) {
            return Err(not_valid());
        }
        // What was granted is looked at again: from an assisted session nothing more than reading comes.
        let browser = session_by_id(self.store(), &code.session, now).await?.ok_or_else(not_valid)?;
        if browser.assisted_by.is_some() {
            let (resources, others) = scopes::read(&code.scope)?;
            let (resources, others) = assisted::cut(&resources, &others);
            code.scope = scopes::text(&resources, &others);
        }
        let scopes: Vec<&str> = code.scope.split(' ').collect();
        let offline = scopes.contains(&"offline_access");
        let mut others = Vec::new();
        let session = if offline { id_of(random()?) } else { code.session.clone() };
        let granted = Granted {
            account: code.account.clone(),
            kind,
            role: code.role.clone(),
            session: session.clone(),
            scope: code.scope.clone(),
            patient: code.patient.clone(),
            encounter: code.encounter.clone(),
            purpose: code.purpose.clone(),
            nonce: code.nonce.clone(),
            auth_time: code.auth_time,
            acr: code.acr.clone(),
            amr: code.amr.clone(),
            assisted_by: browser.assisted_by,
            key,
        };
        let mut refresh = None;
        if offline || scopes.contains(&"online_access") {
            let family = Family::new(&granted, client, offline, now);
            if offline {
                // A grant that lives on is a device of its own: the person sees it and can end it.
                others.push(SecurityChange::Insert(family.session_record(client, now)?));
            }
            let (record, token) = self.begin_family(&family)?;
            others.push(SecurityChange::Insert(record));
            refresh = Some(token);
        }
        let (tokens, deed) = self.tokens(&granted, client, refresh, CODE, now)?;
        (code.used_by, code.used_at) = (Some(session), now.microseconds());
        record.value = serde_json::to_string(&code).map_err(|_| AuthError::Broken)?;
        if self.change_noting(SecurityChange::Replace(record), others, vec![deed], now).await? {
            return Ok(tokens);
        }
        // Somebody else was quicker with the same code: one of the two has stolen it.
        if let Some((_, code)) = self.stored_code(secret, now).await?
            && let Some(session) = &code.used_by
        {
            let reuse = self.ended(client, &code.account, "code reuse", now).await?;
            self.end_tokens(session, reuse, later(now, code.used_at)).await?;
        }
        Err(not_valid())
    }

    async fn stored_code(
        &self,
        secret: &str,
        now: Instant,
    ) -> Result<Option<(SecurityRecord, Code)>, AuthError> {
        let id = id_of(secret);
        let Some(record) = self.store().security_record(SecurityKind::AuthorizationCode, &id, now).await?
        else {
            return Ok(None);
        };
        let code = serde_json::from_str(&record.value).map_err(|_| AuthError::Broken)?;
        Ok(Some((record, code)))
    }

    /// Whether a session lives.
    pub(super) async fn lives(&self, session: &str, now: Instant) -> Result<bool, AuthError> {
        Ok(self.store().security_record(SecurityKind::Session, session, now).await?.is_some())
    }

    /// Ends what came of a grant: its refresh tokens, and the access tokens of its session that were made until now.
    pub(super) async fn end_tokens(&self, session: &str, deed: Deed, now: Instant) -> Result<(), AuthError> {
        let claim = SecurityChange::Revoke(Revoked::Session(session.to_owned()), now);
        let mut others = vec![SecurityChange::RemoveOf(SecurityKind::RefreshToken, session.to_owned())];
        let record = self.store().security_record(SecurityKind::Session, session, now).await?;
        if record.is_some_and(|record| Family::is_own_session(&record)) {
            others.push(SecurityChange::Remove(SecurityKind::Session, session.to_owned()));
        }
        self.change_noting(claim, others, vec![deed], now).await.map(drop)
    }

    /// That tokens of an account have ended, by a client: for the log of accesses.
    pub(super) async fn ended(
        &self,
        client: &Client,
        account: &str,
        what: &str,
        now: Instant,
    ) -> Result<Deed, AuthError> {
        let account = Account::find(self.store(), account, now).await?;
        let deed = noted::revoked(what).by(noted::client(client));
        Ok(match account {
            Some(account) => {
                let meant = noted::who(&account.id, &account.kind).agent;
                deed.of(noted::book_of(&account.kind)).about(meant)
            }
            None => deed,
        })
    }
}
