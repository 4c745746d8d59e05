//! What signing in leaves in the log of accesses: who, in which way, in whose book (`docs/access-log.md`, section 7).

use audit_log::Action;
use fhir::{LogicalId, ResourceType};
use record_store::{ANONYMOUS, Deed, Journal, Origin};

use crate::account::{AccountKind, Session};
use crate::token::Claims;
use crate::{Client, Grant, Subject};

/// Who an account is, in the words of the log: as in the entries of what is done with its tokens.
pub(crate) fn who(account: &str, kind: &AccountKind) -> Origin {
    match kind {
        AccountKind::Citizen { patient } => {
            Origin { agent: format!("Patient/{patient}"), role: "citizen".to_owned(), ..Origin::default() }
        }
        AccountKind::Staff { practitioner, organization, roles, .. } => Origin {
            agent: staff(account, practitioner.as_ref()),
            // In which of them somebody works is chosen by the token, or by the page.
            role: roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(" "),
            organization: format!("Organization/{organization}"),
            ..Origin::default()
        },
        AccountKind::Officer { role } => {
            Origin { agent: format!("Account/{account}"), role: role.code().to_owned(), ..Origin::default() }
        }
    }
}

/// Who sits before a session: the staff, where they opened it for a citizen.
pub(crate) fn who_in(session: &Session) -> Origin {
    match &session.assisted_by {
        Some(assistant) => Origin::from(assistant),
        None => who(&session.account, &session.kind),
    }
}

fn staff(account: &str, practitioner: Option<&LogicalId>) -> String {
    practitioner
        .map_or_else(|| format!("Account/{account}"), |practitioner| format!("Practitioner/{practitioner}"))
}

/// The book of a citizen's account.
pub(crate) fn book_of(kind: &AccountKind) -> Option<LogicalId> {
    match kind {
        AccountKind::Citizen { patient } => Some(patient.clone()),
        AccountKind::Staff { .. } | AccountKind::Officer { .. } => None,
    }
}

/// Somebody signed in in some way.
pub(crate) fn signed_in(account: &str, kind: &AccountKind, way: &str) -> Deed {
    Deed::new(Action::SignIn, way).by(who(account, kind)).of(book_of(kind))
}

/// Somebody unknown tried to, perhaps as an account that there is: then it stands in that book, or before that facility.
/// No name is looked up for it, so that it takes the same time.
pub(crate) fn not_signed_in(account: Option<(&str, &AccountKind)>, way: &str) -> Deed {
    let mut by = Origin { agent: ANONYMOUS.to_owned(), ..Origin::default() };
    let deed = Deed::new(Action::SignIn, way).refused();
    let Some((id, kind)) = account else { return deed.by(by) };
    let meant = who(id, kind);
    by.organization = meant.organization;
    deed.by(by).of(book_of(kind)).about(meant.agent)
}

/// Tokens were made of a grant.
pub(crate) fn token(grant: &Grant, client_name: &str, way: &str) -> Deed {
    let client = grant.client.clone();
    let (by, book) = match &grant.subject {
        Subject::Citizen { patient } => {
            let citizen = || who("", &AccountKind::Citizen { patient: patient.clone() });
            (grant.assisted_by.as_ref().map_or_else(citizen, Origin::from), Some(patient.clone()))
        }
        Subject::Officer { role } => (who(&grant.account, &AccountKind::Officer { role: *role }), None),
        Subject::Facility { organization, role, .. } => {
            let is_system = grant.account == grant.client;
            let agent = if is_system {
                format!("Device/{client}")
            } else {
                staff(&grant.account, grant.practitioner.as_ref())
            };
            let organization = format!("Organization/{organization}");
            let agent_name = if is_system { client_name.to_owned() } else { String::new() };
            (
                Origin { agent, agent_name, role: role.code().to_owned(), organization, ..Origin::default() },
                None,
            )
        }
    };
    let by = Origin { client, ..by };
    Deed::new(Action::Token, way).by(by).of(book).with_purpose(grant.purpose.code())
}

/// A token of invented people was handed out by somebody: whose it is stands there as what it is about.
pub(crate) fn handed_out(grant: &Grant, way: &str, by: Origin) -> Deed {
    let deed = token(grant, "", way);
    let Origin { agent: meant, client, organization, .. } = deed.by.clone();
    deed.about(meant).by(Origin { client, organization, ..by })
}

/// A citizen was refused the tokens for the book of somebody else.
pub(crate) fn not_entrusted(client: String, session: &Session, patient: &str) {
    if let (Some(journal), Ok(patient)) = (Journal::current(), LogicalId::try_from(patient)) {
        journal.asked_by(Origin { client, ..who_in(session) });
        journal.refused(Action::Token, Some((ResourceType::PATIENT, patient)), "authorization_code");
    }
}

/// A client, as the one that does something.
pub(crate) fn client(client: &Client) -> Origin {
    let facility = client.facility();
    Origin {
        agent: format!("Device/{}", client.id),
        agent_name: client.name.clone(),
        organization: facility.map(|it| format!("Organization/{}", it.organization)).unwrap_or_default(),
        client: client.id.clone(),
        ..Origin::default()
    }
}

/// What was to be believed is not any more: `what` it was.
pub(crate) fn revoked(what: &str) -> Deed {
    Deed::new(Action::Revocation, what)
}

/// The book of the citizen whom an access token names.
pub(crate) fn book_of_claims(claims: &Claims) -> Option<LogicalId> {
    claims.person().and_then(|person| LogicalId::try_from(person).ok())
}
