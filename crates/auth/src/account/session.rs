//! Sessions: one device on which somebody is signed in.
//!
//! The record lives as long as the longest token that may come of it, so that the person sees and can end it. The
//! cookie of the browser is believed for a shorter time: an hour without use, a day at most.

use access::Assistant;
use audit_log::Action;
use fhir::Instant;
use record_store::{Deed, Revoked, SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};

use super::secret::{id_of, new_secret};
use super::{Account, AccountKind, AuthError, after, assisted};
use crate::noted;

/// The cookie is not believed after so long without use.
const COOKIE_IDLE: i64 = 3_600;
/// Nor after so long in all.
const COOKIE_LIFE: i64 = 24 * 3_600;
/// A use is noted once in so many seconds.
const BETWEEN_NOTES: i64 = 60;
/// Life of a citizen's session: that of the longest refresh token.
const CITIZEN_LIFE: i64 = 180 * 24 * 3_600;
/// Life of a session of staff and officers.
const STAFF_LIFE: i64 = 12 * 3_600;
/// Life of a session that staff open for a citizen who is present.
const ASSISTED_LIFE: i64 = 15 * 60;

/// A device on which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, `sid` of tokens.
    pub id: String,
    /// The account.
    pub account: String,
    /// What the account is for.
    pub kind: AccountKind,
    /// When somebody signed in.
    pub auth_time: Instant,
    /// How well: `1` by a password alone, `2` by two factors, a passkey, or the provider.
    pub acr: String,
    /// By what (RFC 8176).
    pub amr: Vec<String>,
    /// Which device, as far as a browser tells: `Firefox, Linux`.
    pub device: String,
    /// From where, without the last part of the address.
    pub place: String,
    /// When it was used last, to a minute.
    pub used: Instant,
    /// The staff who opened it for a citizen who is present, and sit there.
    pub assisted_by: Option<Assistant>,
    /// Whether the account had other sessions, and none on such a device.
    pub new_device: bool,
}

/// Where and how somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// The device.
    pub device: String,
    /// The address without its last part.
    pub place: String,
}

/// The form in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Value {
    account: String,
    device: String,
    place: String,
    acr: String,
    amr: Vec<String>,
    auth_time: i64,
    used: i64,
    /// The account of the staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assisted_by: Option<String>,
    #[serde(default)]
    new_device: bool,
}

/// How somebody was recognised.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    pub(super) acr: &'static str,
    pub(super) amr: &'static [&'static str],
}

/// A session that was just opened, with the cookie that stands for it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The secret for the browser.
    pub cookie: String,
    /// The session.
    pub session: Session,
}

/// Opens a session; `deed` is what the log of accesses has of it.
pub(super) async fn open(
    store: &Store,
    account: &Account,
    proof: Proof,
    arrival: &Arrival,
    assisted_by: Option<Assistant>,
    deed: Deed,
    now: Instant,
) -> Result<Opened, AuthError> {
    let others = store.security_records(SecurityKind::Session, Some(&account.id), now).await?;
    let known = |record: &SecurityRecord| {
        serde_json::from_str::<Value>(&record.value).is_ok_and(|value| value.device == arrival.device)
    };
    let value = Value {
        account: account.id.clone(),
        device: arrival.device.clone(),
        place: arrival.place.clone(),
        acr: proof.acr.to_owned(),
        amr: proof.amr.iter().map(|method| (*method).to_owned()).collect(),
        auth_time: now.microseconds(),
        used: now.microseconds(),
        new_device: !others.is_empty() && !others.iter().any(known),
        assisted_by: assisted_by.as_ref().map(|assistant| assistant.account.clone()),
    };
    let life = match (&value.assisted_by, &account.kind) {
        (Some(_), _) => ASSISTED_LIFE,
        (None, AccountKind::Citizen { .. }) => CITIZEN_LIFE,
        (None, _) => STAFF_LIFE,
    };
    let cookie = new_secret()?;
    let record = SecurityRecord::new(SecurityKind::Session, id_of(&cookie), serde_json::to_string(&value)?)
        .of(&account.id)
        .until(after(now, life));
    let id = record.id.clone();
    let claim = SecurityChange::Insert(record);
    if !store.change_security_noting(claim, Vec::new(), vec![deed], now).await? {
        return Err(AuthError::Secret);
    }
    tracing::info!(account = account.id, session = id, new_device = value.new_device, "signed in");
    Ok(Opened { cookie, session: session(id, value, account.kind.clone(), assisted_by) })
}

fn session(id: String, value: Value, kind: AccountKind, assisted_by: Option<Assistant>) -> Session {
    Session {
        id,
        account: value.account,
        kind,
        auth_time: Instant::from_microseconds(value.auth_time),
        acr: value.acr,
        amr: value.amr,
        device: value.device,
        place: value.place,
        used: Instant::from_microseconds(value.used),
        assisted_by,
        new_device: value.new_device,
    }
}

/// The session of a cookie, if its account is active and the cookie is still believed.
pub async fn session_of(store: &Store, cookie: &str, now: Instant) -> Result<Option<Session>, AuthError> {
    if cookie.is_empty() || cookie.len() > 128 {
        return Ok(None);
    }
    let Some(mut record) = store.security_record(SecurityKind::Session, &id_of(cookie), now).await? else {
        return Ok(None);
    };
    let mut value: Value = serde_json::from_str(&record.value)?;
    let since = |moment: i64| now.seconds().saturating_sub(Instant::from_microseconds(moment).seconds());
    if since(value.used) >= COOKIE_IDLE || since(value.auth_time) >= COOKIE_LIFE {
        return Ok(None);
    }
    let Some(kind) = account_kind(store, &value.account, now).await? else { return Ok(None) };
    if since(value.used) >= BETWEEN_NOTES {
        value.used = now.microseconds();
        record.value = serde_json::to_string(&value)?;
        // Somebody else noted a use at the same time, or ended the session: the next request sees which.
        store.change_security(SecurityChange::Replace(record.clone()), Vec::new(), now).await?;
    }
    let assistant = who_assists(store, &value, now).await?;
    Ok(Some(session(record.id, value, kind, assistant)))
}

/// Who opened a session for a citizen.
async fn who_assists(store: &Store, value: &Value, now: Instant) -> Result<Option<Assistant>, AuthError> {
    let Some(id) = &value.assisted_by else { return Ok(None) };
    // Whoever sat there did, blocked meanwhile or not.
    let staff = Account::find(store, id, now).await?;
    Ok(Some(assisted::assistant(id, staff.as_ref().map(|staff| &staff.kind))))
}

/// What an account is for; `None` when it is not there, blocked, or closed.
pub async fn account_kind(
    store: &Store,
    account: &str,
    now: Instant,
) -> Result<Option<AccountKind>, AuthError> {
    let account = Account::find(store, account, now).await?;
    Ok(account.filter(Account::is_active).map(|account| account.kind))
}

/// The session of an id, which lives as long as tokens may come of it: refreshing a token asks this.
pub async fn session_by_id(store: &Store, id: &str, now: Instant) -> Result<Option<Session>, AuthError> {
    let Some(record) = store.security_record(SecurityKind::Session, id, now).await? else { return Ok(None) };
    let value: Value = serde_json::from_str(&record.value)?;
    let Some(kind) = account_kind(store, &value.account, now).await? else { return Ok(None) };
    let assistant = who_assists(store, &value, now).await?;
    Ok(Some(session(record.id, value, kind, assistant)))
}

/// The sessions of an account, that of the latest use first.
pub async fn sessions(store: &Store, account: &str, now: Instant) -> Result<Vec<Session>, AuthError> {
    let Some(kind) = account_kind(store, account, now).await? else { return Ok(Vec::new()) };
    let records = store.security_records(SecurityKind::Session, Some(account), now).await?;
    let mut sessions = Vec::with_capacity(records.len());
    for record in records {
        let value: Value = serde_json::from_str(&record.value)?;
        let assistant = who_assists(store, &value, now).await?;
        sessions.push(session(record.id, value, kind.clone(), assistant));
    }
    sessions.sort_by_key(|session| std::cmp::Reverse(session.used));
    Ok(sessions)
}

/// Ends a session and all tokens that came of it, by word of a session of the same account; `false` when the account has
/// no such session. Ending the own one is signing out.
pub async fn end_session(store: &Store, own: &Session, id: &str, now: Instant) -> Result<bool, AuthError> {
    let record = store.security_record(SecurityKind::Session, id, now).await?;
    if record.is_none_or(|record| record.owner != own.account) {
        return Ok(false);
    }
    let claim = SecurityChange::Remove(SecurityKind::Session, id.to_owned());
    let revoke = SecurityChange::Revoke(Revoked::Session(id.to_owned()), now);
    let family = SecurityChange::RemoveOf(SecurityKind::RefreshToken, id.to_owned());
    let deed = if id == own.id { Deed::new(Action::SignOut, "") } else { noted::revoked("session") };
    let deed = deed.by(noted::who_in(own)).of(noted::book_of(&own.kind));
    Ok(store.change_security_noting(claim, vec![revoke, family], vec![deed], now).await?)
}
