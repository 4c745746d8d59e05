//! Accounts of invented people, which all have one password.

use fhir::Instant;
use record_store::SecurityChange;

use super::secret::seal;
use super::{Account, AccountKind, Accounts, AuthError, NameId, demo_password};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// Citizen number, or the name of staff.
    pub name: String,
    /// What it is for.
    pub kind: AccountKind,
}

/// Makes accounts of invented people, and leaves those that are there. All have the password
/// [`demo_password`](super::demo_password); those that need a second factor get a code in the log.
pub async fn make_demo_accounts(
    accounts: &Accounts,
    wanted: Vec<DemoAccount>,
    now: Instant,
) -> Result<(), AuthError> {
    let store = accounts.store();
    // One hash for all: who knows one password knows all of them anyway.
    let hash = accounts.0.hasher.hash(&demo_password(store)).await?;
    let mut changes = Vec::new();
    for wanted in wanted {
        let name = NameId::typed(store, &wanted.name);
        if Account::of_name(store, &name, now).await?.is_some() {
            continue;
        }
        let is_citizen = matches!(wanted.kind, AccountKind::Citizen { .. });
        let mut account = Account::new(wanted.kind, (!is_citizen).then_some(wanted.name));
        account.value.password = Some(hash.clone());
        if !is_citizen {
            account.value.contact = Some(seal(store, &account.id, b"demo")?);
        }
        changes.push(SecurityChange::Put(account.name_record(&name)));
        changes.push(SecurityChange::Put(account.record()?));
    }
    if let Some(first) = changes.pop() {
        store.change_security(first, changes, now).await?;
    }
    Ok(())
}
