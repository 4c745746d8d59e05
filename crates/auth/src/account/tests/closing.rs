//! Blocking and closing: whoever is signed in is not any more, and a closed account never comes back.

use record_store::{Revoked, SecurityChange, SecurityKind, SecurityRecord};

use super::*;

#[test]
fn a_citizen_who_is_closed_has_nothing_left() {
    run(|world| async move {
        let account = world.citizen().await;
        set_contact(world.store(), &account.id, "+84900000000", start()).await.unwrap();
        let Answer::Second(step) = world.sign_in(NUMBER, PASSWORD, later(1)).await else { panic!() };
        let code = world.letters.last_code();
        let visitor = Visitor::default();
        let signed_in = world.accounts.second_factor(&step.secret, &code, &visitor, later(2));
        let Answer::SignedIn(opened, _) = signed_in.await.unwrap() else { panic!() };
        for (kind, owner) in [
            (SecurityKind::RefreshToken, &opened.session.id),
            (SecurityKind::AuthorizationCode, &account.id),
            (SecurityKind::Credential, &account.id),
        ] {
            let record = SecurityRecord::new(kind, "one", "{}".to_owned()).of(owner);
            world.store().change_security(SecurityChange::Put(record), Vec::new(), later(2)).await.unwrap();
        }
        let activation = activation_code(world.store(), &account.id, later(3)).await.unwrap();

        let patient = LogicalId::try_from("patient-1").unwrap();
        close_subject(world.store(), &patient, later(4)).await.unwrap();

        let now = later(5);
        assert!(session_of(world.store(), &opened.cookie, now).await.unwrap().is_none());
        assert!(session_by_id(world.store(), &opened.session.id, now).await.unwrap().is_none());
        assert!(account_kind(world.store(), &account.id, now).await.unwrap().is_none());
        assert!(matches!(world.sign_in(NUMBER, PASSWORD, now).await, Answer::Refused));
        let wish = Activation { name: NUMBER, code: &activation, password: PASSWORD, visitor: &visitor };
        let done = world.accounts.activate(wish, now).await.unwrap();
        assert!(matches!(done, Activated::Not(Answer::Refused)), "{done:?}");
        for kind in [
            SecurityKind::Session,
            SecurityKind::RefreshToken,
            SecurityKind::AuthorizationCode,
            SecurityKind::Credential,
            SecurityKind::OneTimeCode,
            SecurityKind::Transaction,
            SecurityKind::AccountName,
        ] {
            for owner in [&account.id, &opened.session.id] {
                let left = world.store().security_records(kind, Some(owner), now).await.unwrap();
                assert!(left.is_empty(), "{kind:?}");
            }
        }
        let revoked = world.store().revocations_since(start()).await.unwrap();
        assert!(revoked.contains(&(Revoked::Subject(account.id.clone()), later(4))));
        let stored = Account::find(world.store(), &account.id, now).await.unwrap().unwrap();
        assert!(!stored.has_password() && !stored.has_second_factor());
    });
}

#[test]
fn what_is_closed_is_never_opened_again() {
    run(|world| async move {
        let account = world.citizen().await;
        let set = |status| set_status(world.store(), &account.id, status, later(1));
        set(AccountStatus::Closed).await.unwrap();
        set(AccountStatus::Closed).await.unwrap();
        assert!(matches!(set(AccountStatus::Active).await, Err(AuthError::NoAccount)));
        let code = activation_code(world.store(), &account.id, later(2)).await;
        assert!(matches!(code, Err(AuthError::NoAccount)));
        let patient = LogicalId::try_from("patient-1").unwrap();
        let again = Account::for_citizen(world.store(), NUMBER, patient, later(2)).await;
        assert!(matches!(again, Err(AuthError::NoAccount)));
    });
}
