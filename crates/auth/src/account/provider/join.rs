//! From whom the provider names to the account here: by issuer and subject, the first time by the citizen number.

use fhir::{Instant, LogicalId};
use record_store::SecurityChange;

use super::super::session::{self, Proof};
use super::super::{Account, AccountKind, Accounts, AuthError, NameId, Opened, Visitor};
use super::Claims;
use crate::noted;

/// Level 2 of the provider.
const BY_PROVIDER: Proof = Proof { acr: "2", amr: &["mfa"] };

/// What is known here of whom the provider names.
#[derive(Debug, Clone)]
pub enum Joined {
    /// Signed in.
    SignedIn(Box<Opened>),
    /// There is no account yet: the `Patient` of the citizen number has to be found.
    Unknown,
    /// The account is blocked or closed.
    Refused,
}

impl Accounts {
    /// Signs in whom the provider has recognised. `patient` is the `Patient` of the citizen number, looked for after
    /// [`Joined::Unknown`].
    pub async fn sign_in_by_provider(
        &self,
        claims: &Claims,
        patient: Option<LogicalId>,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Joined, AuthError> {
        let store = self.store();
        let there = NameId::at_provider(store, &claims.issuer, &claims.subject);
        let account = match Account::of_name(store, &there, now).await? {
            Some(account) => account,
            None => {
                let here = NameId::typed(store, &claims.number);
                let account = match (Account::of_name(store, &here, now).await?, patient) {
                    (Some(account), _) => account,
                    (None, Some(patient)) => {
                        // Of a closed account nothing is left but the record that its `Patient` has one.
                        if Account::of_patient(store, patient.as_str(), now).await?.is_some() {
                            self.refuse(None, "provider").await?;
                            return Ok(Joined::Refused);
                        }
                        Account::for_citizen(store, &claims.number, patient, now).await?
                    }
                    (None, None) => return Ok(Joined::Unknown),
                };
                let claim = SecurityChange::Insert(account.name_record(&there));
                // Another sign-in of the same person may have been faster: then it is there.
                store.change_security(claim, Vec::new(), now).await?;
                account
            }
        };
        if !account.is_active() || !matches!(account.kind, AccountKind::Citizen { .. }) {
            self.refuse(Some(&account), "provider").await?;
            return Ok(Joined::Refused);
        }
        let deed = noted::signed_in(&account.id, &account.kind, "provider");
        let opened = session::open(store, &account, BY_PROVIDER, &visitor.arrival, None, deed, now).await?;
        Ok(Joined::SignedIn(Box::new(opened)))
    }

    /// Notes that whom the provider has recognised is nobody here.
    pub async fn refuse_unknown(&self) -> Result<(), AuthError> {
        self.refuse(None, "provider").await
    }
}
