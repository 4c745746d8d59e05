//! Senders of the data axis: facilities' systems that sign in with name and password and are handed a token
//! (`docs/data-axis.md`, section 2). Neither is of use anywhere else.

use std::net::IpAddr;

use audit_log::Action;
use fhir::{Instant, LogicalId};
use record_store::{ANONYMOUS, Deed, Origin, Revoked, SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};

use super::hashing::Checked;
use super::password::{self, Weakness};
use super::secret::{Use, id_of, keyed, new_secret};
use super::throttle::{self, Admission, Subject};
use super::{Accounts, AuthError, NameId, after};

/// Seconds that a token lives.
pub const TOKEN_LIFE: i64 = 900;
/// Seconds that the token lives by which another one is got.
pub const REFRESH_LIFE: i64 = 12 * 3_600;
/// For so many seconds a token that is over is told from one that never was.
const REMEMBERED: i64 = 24 * 3_600;

/// A sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSender {
    /// Its location number (GLN).
    pub id: String,
    /// The name by which it signs in.
    pub user: String,
    /// Its public key, as DER.
    pub key: Vec<u8>,
    /// How its signatures are written.
    pub encoding: String,
    /// Code of the facility that it writes for.
    pub facility: String,
    /// The `Organization` of that facility.
    pub organization: LogicalId,
    /// Whether it is served.
    pub is_active: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    user: String,
    password: String,
    key: Vec<u8>,
    encoding: String,
    facility: String,
    organization: String,
    is_active: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptToken {
    refreshes: bool,
    until: i64,
}

/// Tokens of a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderTokens {
    /// Shown with each request.
    pub token: String,
    /// Shown once, for other tokens.
    pub refresh: String,
}

/// What came of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderAnswer {
    /// No.
    Refused,
    /// Not before so many seconds are over.
    Wait(u32),
    /// Yes.
    SignedIn(SenderTokens),
}

/// Who shows a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderKnown {
    /// This sender.
    Is(Box<DataSender>),
    /// A sender whose token is over.
    Expired,
    /// Nobody.
    Nobody,
}

/// Why a sender cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The password is too weak.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// Another sender has this number or this name.
    #[error("there is a sender of this number or of this name")]
    Taken,
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] AuthError),
}

impl DataSender {
    /// Who it is, for the log of accesses.
    pub fn origin(&self) -> Origin {
        Origin {
            agent: format!("Device/{}", self.id),
            agent_name: self.user.clone(),
            role: "system".to_owned(),
            organization: format!("Organization/{}", self.organization),
            client: self.id.clone(),
            ..Origin::default()
        }
    }

    fn read(record: &SecurityRecord) -> Result<(Self, String), AuthError> {
        let kept: Kept = serde_json::from_str(&record.value)?;
        let organization = LogicalId::try_from(kept.organization.as_str()).map_err(|_| AuthError::Corrupt)?;
        let sender = Self {
            id: record.id.clone(),
            user: kept.user,
            key: kept.key,
            encoding: kept.encoding,
            facility: kept.facility,
            organization,
            is_active: kept.is_active,
        };
        Ok((sender, kept.password))
    }

    fn record(&self, password: &str) -> Result<SecurityRecord, AuthError> {
        let kept = Kept {
            user: self.user.clone(),
            password: password.to_owned(),
            key: self.key.clone(),
            encoding: self.encoding.clone(),
            facility: self.facility.clone(),
            organization: self.organization.to_string(),
            is_active: self.is_active,
        };
        Ok(SecurityRecord::new(SecurityKind::AxisSender, &self.id, serde_json::to_string(&kept)?))
    }
}

/// The id under which a name leads to its sender.
fn user_id(store: &Store, user: &str) -> String {
    keyed(store, Use::Name, &["sender", &super::name::normalised(user)])
}

impl Accounts {
    /// Adds a sender.
    pub async fn add_sender(
        &self,
        new: &DataSender,
        password: &str,
        now: Instant,
    ) -> Result<(), SenderError> {
        password::check(password, &[&new.user, &new.id], false)?;
        let hash = self.0.hasher.hash(password).await?;
        let name = user_id(self.store(), &new.user);
        let store = self.store();
        let is_taken = store.security_record(SecurityKind::AxisSender, &new.id, now).await;
        if is_taken.map_err(AuthError::from)?.is_some() {
            return Err(SenderError::Taken);
        }
        let name = SecurityRecord::new(SecurityKind::AxisUser, name, new.id.clone()).of(&new.id);
        let sender = SecurityChange::Put(new.record(&hash)?);
        let done = store.change_security(SecurityChange::Insert(name), vec![sender], now).await;
        if done.map_err(AuthError::from)? { Ok(()) } else { Err(SenderError::Taken) }
    }

    /// All senders, by number.
    pub async fn senders(&self, now: Instant) -> Result<Vec<DataSender>, AuthError> {
        let records = self.store().security_records(SecurityKind::AxisSender, None, now).await?;
        records.iter().map(|record| Ok(DataSender::read(record)?.0)).collect()
    }

    /// Changes a sender; `false` when there is none. All its tokens end.
    pub async fn change_sender(
        &self,
        id: &str,
        change: impl Fn(&mut DataSender),
        now: Instant,
    ) -> Result<bool, AuthError> {
        for _ in 0..super::TRIES {
            let record = self.store().security_record(SecurityKind::AxisSender, id, now).await?;
            let Some(record) = record else { return Ok(false) };
            let (mut sender, password) = DataSender::read(&record)?;
            change(&mut sender);
            let new = SecurityRecord { version: record.version, ..sender.record(&password)? };
            let tokens = vec![
                SecurityChange::RemoveOf(SecurityKind::AxisToken, id.to_owned()),
                SecurityChange::Revoke(Revoked::Client(id.to_owned()), now),
            ];
            if self.store().change_security(SecurityChange::Replace(new), tokens, now).await? {
                return Ok(true);
            }
        }
        Err(AuthError::Busy)
    }

    /// Signs a sender in. Whether there is one of the name shows in nothing, as for people.
    pub async fn sign_in_sender(
        &self,
        user: &str,
        password: &str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<SenderAnswer, AuthError> {
        let store = self.store();
        let name = NameId::typed(store, &format!("sender {user}"));
        let mut subjects = Vec::new();
        let address = address.map(|address| Subject::address(store, address));
        for subject in address.into_iter().chain([Subject::Name(name)]) {
            if let Admission::Wait(seconds) = throttle::admit(store, &subject, now).await? {
                return Ok(SenderAnswer::Wait(seconds));
            }
            subjects.push(subject);
        }
        let led = store.security_record(SecurityKind::AxisUser, &user_id(store, user), now).await?;
        let led = led.map(|record| record.value).unwrap_or_default();
        let found = store.security_record(SecurityKind::AxisSender, &led, now).await?;
        let found = found.as_ref().map(DataSender::read).transpose()?.filter(|(sender, _)| sender.is_active);
        let checked = self.0.hasher.check(password, found.as_ref().map(|(_, hash)| hash.as_str())).await;
        let checked = match checked {
            Ok(checked) => checked,
            Err(error) => {
                for subject in &subjects {
                    throttle::give_back(store, subject, now).await?;
                }
                return Err(error);
            }
        };
        let Some((sender, _)) = found.filter(|_| checked != Checked::Wrong) else {
            let nobody = Origin { agent: ANONYMOUS.to_owned(), ..Origin::default() };
            store.note(Deed::new(Action::SignIn, "data axis").by(nobody).refused()).await?;
            return Ok(SenderAnswer::Refused);
        };
        for subject in &subjects {
            throttle::was_right(store, subject, now).await?;
        }
        let deed = Deed::new(Action::SignIn, "data axis").by(sender.origin());
        Ok(SenderAnswer::SignedIn(self.hand_out(&sender, None, deed, now).await?.ok_or(AuthError::Busy)?))
    }

    /// Other tokens for the one that refreshes, which is used up.
    pub async fn refresh_sender(&self, refresh: &str, now: Instant) -> Result<SenderAnswer, AuthError> {
        match self.known(refresh, true, now).await? {
            SenderKnown::Is(sender) => {
                let deed = Deed::new(Action::Token, "data axis").by(sender.origin());
                let tokens = self.hand_out(&sender, Some(refresh), deed, now).await?;
                Ok(tokens.map_or(SenderAnswer::Refused, SenderAnswer::SignedIn))
            }
            SenderKnown::Expired | SenderKnown::Nobody => Ok(SenderAnswer::Refused),
        }
    }

    /// Who shows a token.
    pub async fn sender_of_token(&self, token: &str, now: Instant) -> Result<SenderKnown, AuthError> {
        self.known(token, false, now).await
    }

    /// A sender that is served.
    pub async fn active_sender(&self, id: &str, now: Instant) -> Result<Option<DataSender>, AuthError> {
        active_sender(self.store(), id, now).await
    }

    async fn known(&self, token: &str, refreshes: bool, now: Instant) -> Result<SenderKnown, AuthError> {
        let record = self.store().security_record(SecurityKind::AxisToken, &id_of(token), now).await?;
        let Some(record) = record else { return Ok(SenderKnown::Nobody) };
        let kept: KeptToken = serde_json::from_str(&record.value)?;
        if kept.refreshes != refreshes {
            return Ok(SenderKnown::Nobody);
        }
        if kept.until <= now.microseconds() {
            return Ok(SenderKnown::Expired);
        }
        // Asked each time: who is not served any more is not from this moment on.
        let sender = active_sender(self.store(), &record.owner, now).await?;
        Ok(sender.map_or(SenderKnown::Nobody, |sender| SenderKnown::Is(Box::new(sender))))
    }

    /// Makes tokens, once for `used`.
    async fn hand_out(
        &self,
        sender: &DataSender,
        used: Option<&str>,
        deed: Deed,
        now: Instant,
    ) -> Result<Option<SenderTokens>, AuthError> {
        let tokens = SenderTokens { token: new_secret()?, refresh: new_secret()? };
        let record = |secret: &str, refreshes: bool, life: i64| {
            let kept = KeptToken { refreshes, until: after(now, life).microseconds() };
            let value = serde_json::to_string(&kept)?;
            let record = SecurityRecord::new(SecurityKind::AxisToken, id_of(secret), value);
            Ok::<_, AuthError>(SecurityChange::Insert(
                record.of(&sender.id).until(after(now, life + REMEMBERED)),
            ))
        };
        let token = record(&tokens.token, false, TOKEN_LIFE)?;
        let refresh = record(&tokens.refresh, true, REFRESH_LIFE)?;
        let (claim, others) = match used {
            Some(used) => {
                (SecurityChange::Remove(SecurityKind::AxisToken, id_of(used)), vec![token, refresh])
            }
            None => (token, vec![refresh]),
        };
        let done = self.store().change_security_noting(claim, others, vec![deed], now).await?;
        Ok(done.then_some(tokens))
    }
}

/// A sender that is served.
pub async fn active_sender(store: &Store, id: &str, now: Instant) -> Result<Option<DataSender>, AuthError> {
    let record = store.security_record(SecurityKind::AxisSender, id, now).await?;
    let sender = record.as_ref().map(DataSender::read).transpose()?;
    Ok(sender.map(|(sender, _)| sender).filter(|sender| sender.is_active))
}
