//! The assisted channel: staff of a commune station open a session for a citizen who is present.

use access::{Assistant, StaffRole};
use audit_log::Action;
use fhir::Instant;
use record_store::{Deed, SecurityChange, SecurityKind, SecurityRecord};

use super::session::{self, Proof};
use super::{Account, AccountKind, Accounts, AuthError, NameId, Opened, Session, Visitor, after};
use crate::noted;

/// The citizen is present, and was recognised by staff.
const ASSISTED: Proof = Proof { acr: "2", amr: &["user"] };
/// How long it is kept that somebody was present.
const KEPT: i64 = 10 * 365 * 24 * 3_600;

/// Roles that may open one.
const ASSISTING: [StaffRole; 2] = [StaffRole::Registrar, StaffRole::StationHead];

/// How staff know that the citizen is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The identity document was looked at.
    Document,
}

/// Opens a session of a citizen for the staff who sits beside; `None` when the staff may not, or there is no such
/// account. The citizen sees the session as what it is.
pub async fn assist(
    accounts: &Accounts,
    staff: &Session,
    number: &str,
    presence: Presence,
    visitor: &Visitor,
    now: Instant,
) -> Result<Option<Opened>, AuthError> {
    let role = match &staff.kind {
        AccountKind::Staff { roles, .. } => roles.iter().find(|role| ASSISTING.contains(role)),
        AccountKind::Citizen { .. } | AccountKind::Officer { .. } => None,
    };
    let store = accounts.store();
    let mut by = noted::who_in(staff);
    if let Some(role) = role {
        role.code().clone_into(&mut by.role);
    }
    let assisted = Deed::new(Action::SignIn, "assisted").by(by);
    if role.is_none() || staff.acr != "2" {
        store.note(assisted.refused()).await?;
        return Ok(None);
    }
    let account = Account::of_name(store, &NameId::typed(store, number), now).await?;
    let citizen =
        |account: &Account| account.is_active() && matches!(account.kind, AccountKind::Citizen { .. });
    let assisted = assisted.of(account.as_ref().and_then(|account| noted::book_of(&account.kind)));
    let Some(account) = account.filter(citizen) else {
        store.note(assisted.refused()).await?;
        return Ok(None);
    };
    let helper = Some(assistant(&staff.account, Some(&staff.kind)));
    let opened = session::open(store, &account, ASSISTED, &visitor.arrival, helper, assisted, now).await?;
    let proof = match presence {
        Presence::Document => "document",
    };
    let value = serde_json::json!({
        "session": opened.session.id, "citizen": account.id, "staff": staff.account, "presence": proof,
        "at": now.microseconds(),
    });
    let record = SecurityRecord::new(
        SecurityKind::Approval,
        format!("assisted:{}", opened.session.id),
        value.to_string(),
    );
    let record = record.of(&account.id).until(after(now, KEPT));
    store.change_security(SecurityChange::Put(record), Vec::new(), now).await?;
    tracing::info!(
        account = account.id,
        staff = staff.account,
        presence = proof,
        "an assisted session was opened"
    );
    Ok(Some(opened))
}

/// Who sits there, by what the account of the staff is for; `None` where it is gone.
pub(super) fn assistant(account: &str, kind: Option<&AccountKind>) -> Assistant {
    let (practitioner, organization) = match kind {
        Some(AccountKind::Staff { practitioner, organization, .. }) => {
            (practitioner.clone(), Some(organization.clone()))
        }
        _ => (None, None),
    };
    Assistant { account: account.to_owned(), practitioner, organization }
}
