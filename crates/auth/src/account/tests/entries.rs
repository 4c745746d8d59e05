//! What signing in leaves in the log of accesses (`docs/access-log.md`, section 7).

use audit_log::{Action, Entry, Outcome};
use record_store::Journal;
use uuid::Uuid;

use super::*;
use crate::noted;

/// Ways of the entries of an action, the newest first.
fn ways(entries: &[(Option<u64>, Entry<'_>)], action: Action) -> Vec<(Outcome, String, String)> {
    let of = entries.iter().filter(|(_, entry)| entry.action == action);
    of.map(|(_, entry)| (entry.outcome, entry.query.to_string(), entry.agent.to_string())).collect()
}

async fn book(world: &World) -> Vec<(Option<u64>, Entry<'static>)> {
    world.store().log_of_person("Patient/patient-1", None, 100).await.unwrap().entries
}

fn one(outcome: Outcome, way: &str, agent: &str) -> (Outcome, String, String) {
    (outcome, way.to_owned(), agent.to_owned())
}

#[test]
fn a_sign_in_that_is_refused_is_in_the_book_that_was_meant_and_costs_the_same() {
    run(|world| async move {
        world.citizen().await;
        world.staff().await;
        for name in [NUMBER, "minh.le", "099000000000"] {
            let journal = Journal::new(Uuid::nil());
            let answer = journal.scope(world.sign_in(name, "wrong", later(1))).await;
            assert!(matches!(answer, Answer::Refused));
            assert!(!journal.is_empty(), "{name}");
            // Whether there is such an account does not show in what is asked of the store.
            assert_eq!(journal.unnamed(), Vec::<String>::new(), "{name}");
            world.store().keep(&journal).await.unwrap();
        }
        let refused = one(Outcome::Refused, "password", "anonymous");
        let mut own = ways(&book(&world).await, Action::SignIn);
        own.retain(|(outcome, ..)| *outcome == Outcome::Refused);
        assert_eq!(own, std::slice::from_ref(&refused));
        let page = world.store().log_of_organization("Organization/organization-1", None, 100).await.unwrap();
        assert_eq!(ways(&page.entries, Action::SignIn), [refused]);
    });
}

#[test]
fn signing_in_and_out_and_what_ends_with_it_are_in_the_own_book() {
    run(|world| async move {
        world.citizen().await;
        let (first, second) = (world.opened(later(1)).await, world.opened(later(2)).await);
        let (first, second) = (first.session, second.session);
        assert!(end_session(world.store(), &first, &second.id, later(3)).await.unwrap());
        assert!(end_session(world.store(), &first, &first.id, later(4)).await.unwrap());
        let entries = book(&world).await;
        let done = |way: &str| one(Outcome::Success, way, "Patient/patient-1");
        // The third one, the oldest, came with the password.
        assert_eq!(ways(&entries, Action::SignIn), [done("password"), done("password"), done("password")]);
        assert_eq!(ways(&entries, Action::SignOut), [done("")]);
        assert_eq!(ways(&entries, Action::Revocation), [done("session"), done("password")]);
    });
}

#[test]
fn a_session_that_staff_open_is_theirs_in_the_book_of_the_citizen() {
    run(|world| async move {
        world.citizen().await;
        let account = world.staff().await;
        let staff = world.opened(later(1)).await.session;
        let staff = Session { account: account.id.clone(), kind: account.kind, acr: "2".to_owned(), ..staff };
        let visitor = Visitor::default();
        let presence = Presence::Document;
        let opened = assist(&world.accounts, &staff, NUMBER, presence, &visitor, later(2)).await.unwrap();
        let agent = format!("Account/{}", account.id);
        let newest = ways(&book(&world).await, Action::SignIn).remove(0);
        assert_eq!(newest, one(Outcome::Success, "assisted", &agent));
        // The role that lets them open it, and whose the session is in which they go on.
        let entries = book(&world).await;
        let (_, opening) = entries.iter().find(|(_, entry)| &*entry.query == "assisted").unwrap();
        assert_eq!((&*opening.role, &*opening.organization), ("station-head", "Organization/organization-1"));
        let own = opened.unwrap().session;
        assert!(end_session(world.store(), &own, &own.id, later(3)).await.unwrap());
        let entries = book(&world).await;
        let (_, closing) = entries.iter().find(|(_, entry)| entry.action == Action::SignOut).unwrap();
        assert_eq!((&*closing.agent, &*closing.role), (agent.as_str(), "assisted"));
        assert_eq!(&*closing.organization, "Organization/organization-1");
    });
}

#[test]
fn staff_sign_in_with_all_their_roles() {
    run(|world| async move {
        let kind = AccountKind::Staff {
            practitioner: None,
            code: "01001".to_owned(),
            organization: LogicalId::try_from("organization-1").unwrap(),
            roles: vec![StaffRole::Nurse, StaffRole::Registrar],
        };
        world.store().note(noted::signed_in("a", &kind, "code")).await.unwrap();
        let page = world.store().log_of_organization("Organization/organization-1", None, 9).await.unwrap();
        let roles: Vec<&str> = page.entries.iter().map(|(_, entry)| &*entry.role).collect();
        assert_eq!(roles, ["nurse registrar"]);
    });
}
