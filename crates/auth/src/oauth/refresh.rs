//! Refresh tokens: one use each, one family for each grant; reuse ends the family.
//!
//! A token holds a secret of its family, its generation, and a mac of both under a key of the database. So one record is
//! enough for a family, every old token of it is known again for what it is, nobody can make one of another generation,
//! and the successor of a token can be made again for whoever lost the answer.

use access::StaffRole;
use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::token_endpoint::{Granted, REFRESH, TokenRequest, Tokens};
use super::{OAuthError, scopes, subject};
use crate::account::{AccountKind, account_kind};
use crate::secret::{decode, encode, id_of, random_bytes, same};
use crate::{Auth, AuthError, Client};

const DAY: i64 = 86_400_000_000;

/// A family that is not used for so long ends.
const IDLE: i64 = 30 * DAY;

/// A family of a citizen lives so long at most.
const CITIZEN: i64 = 180 * DAY;

/// A family of everybody else lives so long at most.
const STAFF: i64 = DAY / 2;

/// Who has lost the answer may ask again for so long.
const GRACE: i64 = 30_000_000;

/// How often a race with another request of the same family is tried again.
const TRIES: u32 = 3;

/// What the tokens of a family stand for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Family {
    pub(super) client: String,
    pub(super) account: String,
    role: Option<String>,
    pub(super) session: String,
    pub(super) scope: String,
    patient: Option<String>,
    encounter: Option<String>,
    purpose: String,
    auth_time: i64,
    acr: String,
    amr: Vec<String>,
    key: Option<String>,
    /// The token that holds now.
    generation: u32,
    /// When it was made.
    rotated: i64,
    /// The end of the family, whatever happens.
    ends: i64,
}

/// A token that was taken apart and is one of ours.
struct Presented {
    secret: Vec<u8>,
    generation: u32,
}

fn not_valid() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is not valid, was used, or is not of this client")
}

impl Family {
    pub(super) fn new(granted: &Granted, client: &Client, offline: bool, now: Instant) -> Self {
        let longest = match granted.kind {
            AccountKind::Citizen { .. } if offline => CITIZEN,
            AccountKind::Citizen { .. } => IDLE,
            _ => STAFF,
        };
        Self {
            client: client.id.clone(),
            account: granted.account.clone(),
            role: granted.role.clone(),
            session: granted.session.clone(),
            scope: granted.scope.clone(),
            patient: granted.patient.clone(),
            encounter: granted.encounter.clone(),
            purpose: granted.purpose.clone(),
            auth_time: granted.auth_time,
            acr: granted.acr.clone(),
            amr: granted.amr.clone(),
            key: granted.key.clone(),
            generation: 0,
            rotated: now.microseconds(),
            ends: now.microseconds().saturating_add(longest),
        }
    }

    /// The session of a grant that lives on when the browser is closed.
    pub(super) fn session_record(&self, client: &Client, now: Instant) -> Result<SecurityRecord, AuthError> {
        let value = json!({
            "account": self.account,
            "device": client.name,
            "channel": "app",
            "client": self.client,
            "acr": self.acr,
            "amr": self.amr,
            "auth_time": self.auth_time.saturating_mul(1_000_000),
            "place": "",
            "used": now.microseconds(),
        });
        let record = SecurityRecord::new(SecurityKind::Session, &self.session, value.to_string());
        Ok(record.of(&self.account).until(Instant::from_microseconds(self.ends)))
    }

    /// Whether a session is one of a grant and not of a browser.
    pub(super) fn is_own_session(record: &SecurityRecord) -> bool {
        let value: Option<Value> = serde_json::from_str(&record.value).ok();
        value.is_some_and(|value| value.get("channel").and_then(Value::as_str) == Some("app"))
    }

    fn idle_end(&self) -> Instant {
        Instant::from_microseconds(self.rotated.saturating_add(IDLE).min(self.ends))
    }

    fn to_json(&self) -> Result<String, AuthError> {
        serde_json::to_string(self).map_err(|_| AuthError::Broken)
    }
}

impl Auth {
    /// The record of a new family, and its first token.
    pub(super) fn begin_family(&self, family: &Family) -> Result<(SecurityRecord, String), AuthError> {
        let secret = random_bytes()?;
        let record = SecurityRecord::new(SecurityKind::RefreshToken, id_of(secret), family.to_json()?);
        let record = record.of(&family.session).until(family.idle_end());
        Ok((record, self.refresh_token(&secret, family.generation)))
    }

    fn refresh_token(&self, secret: &[u8], generation: u32) -> String {
        let number = generation.to_be_bytes();
        let mac = self.refresh_key().mac(&[b"refresh", secret, &number]);
        encode([secret, &number, &mac].concat())
    }

    fn read_refresh_token(&self, token: &str) -> Option<Presented> {
        let bytes = if token.len() <= 128 { decode(token)? } else { return None };
        let (secret, rest) = bytes.split_at_checked(32)?;
        let (number, _) = rest.split_at_checked(4)?;
        let generation = u32::from_be_bytes(number.try_into().ok()?);
        let genuine = same(&self.refresh_token(secret, generation), token);
        genuine.then(|| Presented { secret: secret.to_vec(), generation })
    }

    /// The family of a token that is one of ours, used or not.
    async fn family_of(
        &self,
        token: &str,
        now: Instant,
    ) -> Result<Option<(Presented, SecurityRecord, Family)>, AuthError> {
        let Some(presented) = self.read_refresh_token(token) else { return Ok(None) };
        let id = id_of(&presented.secret);
        let Some(record) = self.store().security_record(SecurityKind::RefreshToken, &id, now).await? else {
            return Ok(None);
        };
        let family: Family = serde_json::from_str(&record.value).map_err(|_| AuthError::Broken)?;
        Ok(Some((presented, record, family)))
    }

    /// Whose token it is, used or not.
    pub(super) async fn client_of_family(
        &self,
        token: &str,
        now: Instant,
    ) -> Result<Option<String>, AuthError> {
        Ok(self.family_of(token, now).await?.map(|(_, _, family)| family.client))
    }

    /// The family of a token that could be used now.
    pub(super) async fn living_family(&self, token: &str, now: Instant) -> Result<Option<Family>, AuthError> {
        let found = self.family_of(token, now).await?;
        let Some((_, _, family)) =
            found.filter(|(presented, _, family)| presented.generation == family.generation)
        else {
            return Ok(None);
        };
        let lives = self.lives(&family.session, now).await?
            && account_kind(self.store(), &family.account, now).await?.is_some();
        Ok(lives.then_some(family))
    }

    /// Ends the family of a token, if it is one of this client.
    pub(super) async fn end_family(
        &self,
        token: &str,
        client: &Client,
        now: Instant,
    ) -> Result<bool, AuthError> {
        match self.family_of(token, now).await? {
            Some((_, _, family)) if family.client == client.id => {
                let deed = self.ended(client, &family.account, "token", now).await?;
                self.end_tokens(&family.session, deed, now).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// `grant_type=refresh_token`
    pub(super) async fn refresh(
        &self,
        request: &TokenRequest,
        client: &Client,
        key: Option<String>,
        now: Instant,
    ) -> Result<Tokens, OAuthError> {
        let token = request.parameters.need("refresh_token", "refresh_token is missing")?;
        for _ in 0..TRIES {
            let found = self.family_of(token, now).await?;
            let Some((presented, mut record, mut family)) = found else { return Err(not_valid()) };
            let is_same = family.client == client.id && family.key == key;
            let is_current = presented.generation == family.generation;
            let is_retry = presented.generation.checked_add(1) == Some(family.generation)
                && now.microseconds() <= family.rotated.saturating_add(GRACE);
            if family.client != client.id || (is_current && !is_same) {
                return Err(not_valid());
            }
            let may_retry = is_retry && is_same;
            if !is_current && !may_retry {
                // A token that was used already: whoever shows it, or who has used it, has stolen it.
                let deed = self.ended(client, &family.account, "token reuse", now).await?;
                let until = super::code::later(now, family.rotated);
                self.end_tokens(&family.session, deed, until).await?;
                return Err(not_valid());
            }
            let granted = self.granted(&family, request, client, now).await?;
            let next = if is_current {
                presented.generation.checked_add(1).ok_or_else(not_valid)?
            } else {
                family.generation
            };
            let refresh = self.refresh_token(&presented.secret, next);
            let (tokens, deed) = self.tokens(&granted, client, Some(refresh), REFRESH, now)?;
            if is_current {
                family.generation = next;
                family.rotated = now.microseconds();
                record.value = family.to_json()?;
                record.expires = Some(family.idle_end());
                let claim = SecurityChange::Replace(record);
                if !self.change_noting(claim, Vec::new(), vec![deed], now).await? {
                    // Another request of the family was quicker: look again.
                    continue;
                }
            } else {
                self.store().note(deed).await.map_err(AuthError::from)?;
            }
            return Ok(tokens);
        }
        Err(not_valid())
    }

    /// What the family grants now: everything is looked at again.
    async fn granted(
        &self,
        family: &Family,
        request: &TokenRequest,
        client: &Client,
        now: Instant,
    ) -> Result<Granted, OAuthError> {
        let kind = account_kind(self.store(), &family.account, now).await?.ok_or_else(not_valid)?;
        let role = family.role.as_deref().and_then(StaffRole::from_code);
        let has_role = subject::subject(&kind, role).is_some();
        if !has_role || !self.lives(&family.session, now).await? || !Self::fits(client, &kind) {
            return Err(not_valid());
        }
        let scope = match request.parameters.get("scope") {
            None => family.scope.clone(),
            Some(asked) => narrower(asked, &family.scope)?,
        };
        Ok(Granted {
            account: family.account.clone(),
            kind,
            role: family.role.clone(),
            session: family.session.clone(),
            scope,
            patient: family.patient.clone(),
            encounter: family.encounter.clone(),
            purpose: family.purpose.clone(),
            nonce: None,
            auth_time: family.auth_time,
            acr: family.acr.clone(),
            amr: family.amr.clone(),
            // Nothing that is refreshed comes of an assisted session: `assisted::cut`.
            assisted_by: None,
            key: family.key.clone(),
        })
    }
}

/// Less than what was granted; more is refused (RFC 6749, section 6).
fn narrower(asked: &str, granted: &str) -> Result<String, OAuthError> {
    let (asked, others) = scopes::read(asked)?;
    let (most, most_others) = scopes::read(granted)?;
    if asked.is_within(&most) && others.iter().all(|name| most_others.contains(name)) {
        Ok(scopes::text(&asked, &others))
    } else {
        Err(OAuthError::invalid_scope("more than was granted"))
    }
}
