//! Accounts as they are kept: making, finding, changing, blocking and closing them.

use fhir::Instant;
use record_store::{Deed, Revoked, SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};

use super::kind::StoredKind;
use super::name::check_login;
use super::{AccountKind, AuthError, NameId};
use crate::noted;

/// Whether somebody can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Yes.
    Active,
    /// Not for now.
    Blocked,
    /// Never again.
    Closed,
}

impl AccountStatus {
    /// Its name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Closed => "closed",
        }
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id: the only thing of it that is logged.
    pub id: String,
    /// What it is for.
    pub kind: AccountKind,
    /// Whether somebody can sign in.
    pub status: AccountStatus,
    pub(super) value: Value,
    version: i32,
}

/// The form in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Value {
    kind: StoredKind,
    status: AccountStatus,
    /// The name of staff and officers; the number of a citizen is not kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) login: Option<String>,
    /// A PHC string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<String>,
    /// The secret of an authenticator app, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) totp: Option<String>,
    /// The last time step whose code was used.
    #[serde(default)]
    pub(super) totp_step: u64,
    /// Where one-time codes go, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) contact: Option<String>,
}

impl Account {
    /// The name of staff and officers.
    pub fn login(&self) -> Option<&str> {
        self.value.login.as_deref()
    }

    /// Whether the account has a password.
    pub fn has_password(&self) -> bool {
        self.value.password.is_some()
    }

    /// Whether there is a second factor beside the password.
    pub fn has_second_factor(&self) -> bool {
        self.value.totp.is_some() || self.value.contact.is_some()
    }

    /// Whether somebody can sign in.
    pub fn is_active(&self) -> bool {
        self.status == AccountStatus::Active
    }

    /// The account of an id.
    pub async fn find(store: &Store, id: &str, now: Instant) -> Result<Option<Self>, AuthError> {
        store.security_record(SecurityKind::Account, id, now).await?.map(Self::read).transpose()
    }

    /// The account of a name.
    pub async fn of_name(store: &Store, name: &NameId, now: Instant) -> Result<Option<Self>, AuthError> {
        let record = store.security_record(SecurityKind::AccountName, name.as_str(), now).await?;
        // Who has no account costs the same questions.
        let id = record.map(|record| record.owner).unwrap_or_default();
        Self::find(store, &id, now).await
    }

    /// The account of a citizen's `Patient`.
    pub async fn of_patient(store: &Store, patient: &str, now: Instant) -> Result<Option<Self>, AuthError> {
        let record = store.security_records(SecurityKind::Account, Some(patient), now).await?;
        record.into_iter().next().map(Self::read).transpose()
    }

    /// All accounts of staff and officers.
    pub async fn all_with_login(store: &Store, now: Instant) -> Result<Vec<Self>, AuthError> {
        let records = store.security_records(SecurityKind::Account, Some(""), now).await?;
        let mut accounts = records.into_iter().map(Self::read).collect::<Result<Vec<_>, _>>()?;
        accounts.sort_by(|one, other| one.value.login.cmp(&other.value.login));
        Ok(accounts)
    }

    fn read(record: SecurityRecord) -> Result<Self, AuthError> {
        let value: Value = serde_json::from_str(&record.value)?;
        let kind = value.kind.clone().try_into()?;
        Ok(Self { id: record.id, kind, status: value.status, value, version: record.version })
    }

    /// Makes the account of a citizen, or finds the one that the number leads to already. Of a closed account nothing is
    /// left but that the `Patient` had one: there is never another.
    pub async fn for_citizen(
        store: &Store,
        number: &str,
        patient: fhir::LogicalId,
        now: Instant,
    ) -> Result<Self, AuthError> {
        let name = NameId::typed(store, number);
        if let Some(account) = Self::of_name(store, &name, now).await? {
            return Ok(account);
        }
        if Self::of_patient(store, patient.as_str(), now).await?.is_some() {
            return Err(AuthError::NoAccount);
        }
        match Self::make(store, &name, AccountKind::Citizen { patient }, None, now).await {
            // Somebody else made it at the same time.
            Err(AuthError::NameTaken) => Self::of_name(store, &name, now).await?.ok_or(AuthError::NameTaken),
            other => other,
        }
    }

    /// Makes the account of staff or of an officer.
    pub async fn with_login(
        store: &Store,
        login: &str,
        kind: AccountKind,
        now: Instant,
    ) -> Result<Self, AuthError> {
        let login = check_login(login)?;
        let name = NameId::typed(store, &login);
        Self::make(store, &name, kind, Some(login), now).await
    }

    async fn make(
        store: &Store,
        name: &NameId,
        kind: AccountKind,
        login: Option<String>,
        now: Instant,
    ) -> Result<Self, AuthError> {
        let account = Self::new(kind, login);
        let claim = SecurityChange::Insert(account.name_record(name));
        let record = SecurityChange::Insert(account.record()?);
        if store.change_security(claim, vec![record], now).await? {
            Ok(account)
        } else {
            Err(AuthError::NameTaken)
        }
    }

    pub(super) fn new(kind: AccountKind, login: Option<String>) -> Self {
        let value = Value {
            kind: StoredKind::from(&kind),
            status: AccountStatus::Active,
            login,
            password: None,
            totp: None,
            totp_step: 0,
            contact: None,
        };
        let id = uuid::Uuid::new_v4().to_string();
        Self { id, kind, status: AccountStatus::Active, value, version: 1 }
    }

    pub(super) fn name_record(&self, name: &NameId) -> SecurityRecord {
        SecurityRecord::new(SecurityKind::AccountName, name.as_str(), "{}".to_owned()).of(&self.id)
    }

    pub(super) fn record(&self) -> Result<SecurityRecord, AuthError> {
        let value = Value { status: self.status, ..self.value.clone() };
        let text = serde_json::to_string(&value)?;
        // A citizen's accounts are found by the `Patient`.
        let owner = match &self.kind {
            AccountKind::Citizen { patient } => patient.as_str(),
            _ => "",
        };
        let mut record = SecurityRecord::new(SecurityKind::Account, &self.id, text).of(owner);
        record.version = self.version;
        Ok(record)
    }

    /// Stores what was changed; `false` when somebody else changed the account since it was read.
    pub(super) async fn store(
        &self,
        store: &Store,
        others: Vec<SecurityChange>,
        now: Instant,
    ) -> Result<bool, AuthError> {
        self.store_noting(store, others, Vec::new(), now).await
    }

    /// The same, and what the log of accesses has of it.
    pub(super) async fn store_noting(
        &self,
        store: &Store,
        others: Vec<SecurityChange>,
        deeds: Vec<Deed>,
        now: Instant,
    ) -> Result<bool, AuthError> {
        let claim = SecurityChange::Replace(self.record()?);
        Ok(store.change_security_noting(claim, others, deeds, now).await?)
    }

    /// That everything by which somebody was signed in has ended, for the log of accesses.
    pub(super) fn revocation(&self, what: &str) -> Deed {
        let meant = noted::who(&self.id, &self.kind).agent;
        noted::revoked(what).of(noted::book_of(&self.kind)).about(meant)
    }
}

/// Changes of everything by which somebody is signed in. Refresh tokens belong to a session.
pub(super) async fn end_everything(
    store: &Store,
    account: &Account,
    now: Instant,
) -> Result<Vec<SecurityChange>, AuthError> {
    let sessions = store.security_records(SecurityKind::Session, Some(&account.id), now).await?;
    let kinds = [
        SecurityKind::Session,
        SecurityKind::Transaction,
        SecurityKind::AuthorizationCode,
        SecurityKind::OneTimeCode,
    ];
    let mut changes: Vec<_> =
        kinds.map(|kind| SecurityChange::RemoveOf(kind, account.id.clone())).into_iter().collect();
    let families =
        sessions.into_iter().map(|record| SecurityChange::RemoveOf(SecurityKind::RefreshToken, record.id));
    changes.extend(families);
    changes.push(SecurityChange::Revoke(Revoked::Subject(account.id.clone()), now));
    Ok(changes)
}

/// Blocks an account, gives it free again, or closes it. Whoever is signed in is not any more. Closing also takes away
/// password and passkeys, and nothing undoes it.
pub async fn set_status(
    store: &Store,
    id: &str,
    status: AccountStatus,
    now: Instant,
) -> Result<(), AuthError> {
    for _ in 0..super::TRIES {
        let mut account = Account::find(store, id, now).await?.ok_or(AuthError::NoAccount)?;
        if account.status == AccountStatus::Closed {
            return if status == AccountStatus::Closed { Ok(()) } else { Err(AuthError::NoAccount) };
        }
        account.status = status;
        let (mut others, mut deeds) = (Vec::new(), Vec::new());
        if status != AccountStatus::Active {
            others = end_everything(store, &account, now).await?;
            deeds.push(account.revocation("account"));
        }
        if status == AccountStatus::Closed {
            (account.value.password, account.value.totp, account.value.contact) = (None, None, None);
            others.push(SecurityChange::RemoveOf(SecurityKind::Credential, account.id.clone()));
            others.push(SecurityChange::RemoveOf(SecurityKind::AccountName, account.id.clone()));
        }
        if account.store_noting(store, others, deeds, now).await? {
            tracing::info!(account = id, status = status.code(), "an account has a new status");
            return Ok(());
        }
    }
    Err(AuthError::Busy)
}

/// Ends the accounts of a citizen, after a formal death for example: sessions, tokens, codes, credentials.
pub async fn close_subject(store: &Store, patient: &fhir::LogicalId, now: Instant) -> Result<(), AuthError> {
    let owner = Some(patient.as_str());
    for record in store.security_records(SecurityKind::Account, owner, now).await? {
        set_status(store, &record.id, AccountStatus::Closed, now).await?;
    }
    Ok(())
}
