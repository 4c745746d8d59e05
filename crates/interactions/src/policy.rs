//! The policy in force. It is replaced while everybody works; a decision is made by one or the other.

use std::convert::Infallible;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use access::{Policy, PolicyError};
use record_store::{PolicyMark, StoreError};

use crate::Service;

/// How often a server asks whether the policy has changed: a new one holds within a second everywhere.
const POLL: Duration = Duration::from_millis(500);

/// Why a policy cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFailure {
    /// Its text is none.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The policy in force, shared by everybody who uses one service.
#[derive(Default)]
pub(crate) struct CurrentPolicy(RwLock<(Policy, Option<PolicyMark>)>);

impl CurrentPolicy {
    pub(crate) fn get(&self) -> Policy {
        // Nothing that could panic happens under the lock, so what it holds is whole.
        self.0.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn mark(&self) -> Option<PolicyMark> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn replace(&self, policy: Policy, mark: PolicyMark) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (policy, Some(mark));
    }
}

/// Puts the policy in force that the database has in use, unless it is. When that fails everything stays as it is.
pub async fn follow_policy(service: &Service) -> Result<bool, PolicyFailure> {
    // Asked before the text is read: what changes meanwhile has a mark that is not known yet.
    let mark = service.store().policy_mark().await?;
    put_in_force(service, mark).await
}

async fn put_in_force(service: &Service, mark: PolicyMark) -> Result<bool, PolicyFailure> {
    let before = service.current_policy().mark();
    if before.as_ref() == Some(&mark) {
        return Ok(false);
    }
    let policy = match service.store().policy_text().await? {
        None => Policy::built_in(),
        Some(text) => Policy::from_text(&text)?,
    };
    if before.is_some() {
        tracing::info!(version = policy.version(), "policy in force");
    }
    service.current_policy().replace(policy, mark);
    Ok(true)
}

/// Puts in force what any process has taken into use, as long as the server runs. A policy that cannot be used leaves
/// the former one in force.
pub async fn work_at_policy(service: Service) -> Infallible {
    let mut failed: Option<PolicyMark> = None;
    loop {
        tokio::time::sleep(POLL).await;
        let mark = match service.store().policy_mark().await {
            Ok(mark) => mark,
            Err(error) => {
                tracing::warn!(error = %error, "cannot ask for the policy in use; asking again");
                continue;
            }
        };
        // What failed fails again until somebody changes it.
        if failed.as_ref() == Some(&mark) {
            continue;
        }
        failed = None;
        match put_in_force(&service, mark.clone()).await {
            Ok(_) => {}
            Err(PolicyFailure::Policy(error)) => {
                failed = Some(mark);
                tracing::error!(error = %error, "A POLICY CANNOT BE USED: the one that was in force stays");
            }
            Err(error) => tracing::warn!(error = %error, "cannot load the policy in use; trying again"),
        }
    }
}
