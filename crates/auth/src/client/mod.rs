//! Clients: apps, systems of facilities.

mod assertion;
mod authentication;
mod key_set;
mod registration;
mod remote;

use fhir::{Instant, LogicalId};
use record_store::{Deed, Revoked, SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use authentication::Presents;
pub use registration::{NewClient, Registration};
pub(crate) use remote::RemoteKeys;

use crate::noted;
use crate::{Auth, AuthError};

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// It cannot: an app on a phone or in a browser.
    Public,
    /// It can.
    Confidential,
}

/// Whether a client is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientStatus {
    /// It is.
    Active,
    /// An administrator has not approved it yet.
    Pending,
    /// Not any more.
    Blocked,
}

impl ClientStatus {
    /// The name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Blocked => "blocked",
        }
    }
}

/// The facility that a client belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    /// Its code.
    pub code: String,
    /// Its `Organization`.
    pub organization: LogicalId,
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// Where answers go: exactly these.
    pub redirect_uris: Vec<String>,
    /// `authorization_code`, `refresh_token`, `client_credentials`
    pub grant_types: Vec<String>,
    /// The most that it may get.
    pub scope: String,
    /// Its public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// SHA-256 of its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Code of its facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facility: Option<String>,
    /// The `Organization` of its facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    /// The role that its users usually work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it gets tokens that are bound to a key and no others.
    pub dpop_bound: bool,
    /// Whether it is served.
    pub status: ClientStatus,
}

/// What an administrator says when a client is approved.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// The facility it belongs to.
    pub facility: Option<Facility>,
    /// The most that it may get, when it is to be something else than it asked for.
    pub scope: Option<String>,
}

impl Client {
    /// The facility it belongs to.
    pub fn facility(&self) -> Option<Facility> {
        let organization = LogicalId::try_from(self.organization.as_deref()?).ok()?;
        Some(Facility { code: self.facility.clone()?, organization })
    }

    /// Whether it may use a grant type.
    pub(crate) fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|known| known == grant_type)
    }

    fn set_facility(&mut self, facility: Option<&Facility>) {
        self.facility = facility.map(|facility| facility.code.clone());
        self.organization = facility.map(|facility| facility.organization.to_string());
    }

    fn record(&self) -> Result<SecurityRecord, AuthError> {
        let value = serde_json::to_string(self).map_err(|_| AuthError::Broken)?;
        let owner = self.facility.clone().unwrap_or_default();
        Ok(SecurityRecord::new(SecurityKind::Client, &self.id, value).of(owner))
    }

    fn read(record: &SecurityRecord) -> Result<Self, AuthError> {
        serde_json::from_str(&record.value).map_err(|_| AuthError::Broken)
    }
}

impl Auth {
    /// A client, whatever its status.
    pub async fn client(&self, id: &str, now: Instant) -> Result<Option<Client>, AuthError> {
        let record = self.store().security_record(SecurityKind::Client, id, now).await?;
        record.map(|record| Client::read(&record)).transpose()
    }

    /// A client that is served.
    pub(crate) async fn active_client(&self, id: &str, now: Instant) -> Result<Option<Client>, AuthError> {
        Ok(self.client(id, now).await?.filter(|client| client.status == ClientStatus::Active))
    }

    /// All clients.
    pub async fn clients(&self, now: Instant) -> Result<Vec<Client>, AuthError> {
        let records = self.store().security_records(SecurityKind::Client, None, now).await?;
        records.iter().map(Client::read).collect()
    }

    /// Approves a client, or serves again one that was blocked. `false` when there is none.
    pub async fn approve_client(
        &self,
        id: &str,
        approval: Approval,
        now: Instant,
    ) -> Result<bool, AuthError> {
        let Some(mut client) = self.client(id, now).await? else { return Ok(false) };
        client.status = ClientStatus::Active;
        if approval.facility.is_some() {
            client.set_facility(approval.facility.as_ref());
        }
        client.scope = approval.scope.unwrap_or(client.scope);
        self.change(SecurityChange::Put(client.record()?), Vec::new(), now).await
    }

    /// Blocks a client: its tokens are not believed any more. `false` when there is none.
    pub async fn block_client(&self, id: &str, now: Instant) -> Result<bool, AuthError> {
        let Some(mut client) = self.client(id, now).await? else { return Ok(false) };
        client.status = ClientStatus::Blocked;
        let revoke = SecurityChange::Revoke(Revoked::Client(id.to_owned()), now);
        let claim = SecurityChange::Put(client.record()?);
        self.change_noting(claim, vec![revoke], vec![revocation(id)], now).await
    }

    /// Removes a client and whatever it holds. `false` when there is none.
    pub async fn remove_client(&self, id: &str, now: Instant) -> Result<bool, AuthError> {
        let revoke = SecurityChange::Revoke(Revoked::Client(id.to_owned()), now);
        let claim = SecurityChange::Remove(SecurityKind::Client, id.to_owned());
        self.change_noting(claim, vec![revoke], vec![revocation(id)], now).await
    }
}

/// That the tokens of a client have ended, for the log of accesses.
fn revocation(id: &str) -> Deed {
    noted::revoked("client").about(format!("Device/{id}"))
}
