//! The seam to signing in: who is signed in on this device, and what an account is now.

use access::{OfficerRole, StaffRole};
use fhir::{Instant, LogicalId};
use record_store::{SecurityKind, Store};
use serde::Deserialize;

use crate::AuthError;
use crate::secret::id_of;

/// Somebody who is signed in on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Id of the session.
    pub id: String,
    /// Id of the account.
    pub account: String,
    /// What the account is.
    pub kind: AccountKind,
    /// When the person signed in.
    pub auth_time: Instant,
    /// How surely it is known who it is.
    pub acr: String,
    /// By which means.
    pub amr: Vec<String>,
    /// The device, as it is shown to the person.
    pub device: String,
}

/// What an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountKind {
    /// A citizen.
    Citizen {
        /// The citizen's `Patient`.
        patient: LogicalId,
    },
    /// Staff of a facility.
    Staff {
        /// The `Practitioner`.
        practitioner: Option<LogicalId>,
        /// Code of the facility.
        code: String,
        /// Its `Organization`.
        organization: LogicalId,
        /// The roles that this person may work in.
        roles: Vec<StaffRole>,
    },
    /// Somebody with a public office.
    Officer {
        /// Which.
        role: OfficerRole,
    },
}

/// What the record of a session holds, as far as it is asked here.
#[derive(Deserialize)]
struct StoredSession {
    account: String,
    #[serde(default)]
    device: String,
    #[serde(default)]
    acr: String,
    #[serde(default)]
    amr: Vec<String>,
    #[serde(default)]
    auth_time: i64,
}

/// What the record of an account holds, as far as it is asked here.
#[derive(Deserialize)]
struct StoredAccount {
    status: String,
    kind: String,
    #[serde(default)]
    patient: Option<String>,
    #[serde(default)]
    practitioner: Option<String>,
    #[serde(default)]
    facility: Option<String>,
    #[serde(default)]
    organization: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// The session of a cookie, when it lives and its account is active.
pub async fn session_of(store: &Store, cookie: &str, now: Instant) -> Result<Option<Session>, AuthError> {
    let id = id_of(cookie);
    let Some(record) = store.security_record(SecurityKind::Session, &id, now).await? else { return Ok(None) };
    let stored: StoredSession = serde_json::from_str(&record.value).map_err(|_| AuthError::Broken)?;
    let Some(kind) = account_kind(store, &stored.account, now).await? else { return Ok(None) };
    Ok(Some(Session {
        id,
        account: stored.account,
        kind,
        auth_time: Instant::from_microseconds(stored.auth_time),
        acr: stored.acr,
        amr: stored.amr,
        device: stored.device,
    }))
}

/// What an account is now; `None` when it is blocked or closed.
pub async fn account_kind(
    store: &Store,
    account: &str,
    now: Instant,
) -> Result<Option<AccountKind>, AuthError> {
    let Some(record) = store.security_record(SecurityKind::Account, account, now).await? else {
        return Ok(None);
    };
    let stored: StoredAccount = serde_json::from_str(&record.value).map_err(|_| AuthError::Broken)?;
    if stored.status != "active" {
        return Ok(None);
    }
    let id = |text: Option<String>| text.and_then(|text| LogicalId::try_from(text.as_str()).ok());
    let kind = match stored.kind.as_str() {
        "citizen" => id(stored.patient).map(|patient| AccountKind::Citizen { patient }),
        "staff" => {
            id(stored.organization).zip(stored.facility).map(|(organization, code)| AccountKind::Staff {
                practitioner: id(stored.practitioner),
                code,
                organization,
                roles: stored.roles.iter().filter_map(|role| StaffRole::from_code(role)).collect(),
            })
        }
        "officer" => {
            let role = stored.roles.first().and_then(|role| OfficerRole::from_code(role));
            role.map(|role| AccountKind::Officer { role })
        }
        _ => None,
    };
    kind.ok_or(AuthError::Broken).map(Some)
}
