//! Activation codes: one use, a week, the latest only; passwords that are not good enough leave them as they are.

use super::*;
use crate::account::password::Weakness;

impl World {
    async fn activate(&self, name: &str, code: &str, password: &str, now: Instant) -> Activated {
        let visitor = Visitor::default();
        self.accounts.activate(Activation { name, code, password, visitor: &visitor }, now).await.unwrap()
    }

    async fn new_citizen(&self) -> Account {
        let patient = LogicalId::try_from("patient-1").unwrap();
        Account::for_citizen(self.store(), NUMBER, patient, start()).await.unwrap()
    }
}

#[test]
fn a_code_sets_one_password_however_it_is_typed() {
    run(|world| async move {
        let account = world.new_citizen().await;
        let code = activation_code(world.store(), &account.id, start()).await.unwrap();
        assert_eq!((code.len(), code.matches('-').count()), (14, 2));
        let typed = code.to_lowercase().replace('-', " ");
        let done = world.activate(NUMBER, &typed, PASSWORD, later(1)).await;
        assert!(matches!(done, Activated::Done(Answer::SignedIn(..))), "{done:?}");
        let again = world.activate(NUMBER, &code, "another long sentence", later(2)).await;
        assert!(matches!(again, Activated::Not(Answer::Refused)), "{again:?}");
        assert!(matches!(world.sign_in(NUMBER, PASSWORD, later(3)).await, Answer::SignedIn(..)));
    });
}

#[test]
fn the_latest_code_of_the_right_account_counts_for_a_week() {
    run(|world| async move {
        let account = world.new_citizen().await;
        let old = activation_code(world.store(), &account.id, start()).await.unwrap();
        let new = activation_code(world.store(), &account.id, later(1)).await.unwrap();
        let refused = |done| matches!(done, Activated::Not(Answer::Refused));
        assert!(refused(world.activate(NUMBER, &old, PASSWORD, later(2)).await));
        assert!(refused(world.activate("099000000000", &new, PASSWORD, later(2)).await));
        assert!(refused(world.activate(NUMBER, &new, PASSWORD, later(2 + 7 * 24 * 3_600)).await));
        assert!(matches!(world.activate(NUMBER, &new, PASSWORD, later(10)).await, Activated::Done(_)));
    });
}

#[test]
fn of_codes_that_are_made_at_once_one_holds() {
    run(|world| async move {
        let account = world.new_citizen().await;
        let making: Vec<_> = (0..8)
            .map(|_| {
                let (store, id) = (world.store().clone(), account.id.clone());
                tokio::spawn(async move { activation_code(&store, &id, start()).await })
            })
            .collect();
        for made in making {
            let _ = made.await.unwrap();
        }
        let kind = record_store::SecurityKind::OneTimeCode;
        let living = world.store().security_records(kind, Some(&account.id), start()).await.unwrap();
        assert_eq!(living.len(), 1);
    });
}

#[test]
fn a_weak_password_is_told_and_the_code_still_holds() {
    run(|world| async move {
        let account = world.new_citizen().await;
        let code = activation_code(world.store(), &account.id, start()).await.unwrap();
        for (password, weakness) in [
            ("short", Weakness::TooShort(15)),
            ("123456789012345", Weakness::Common),
            ("my number is 099123456789", Weakness::HoldsName),
        ] {
            let done = world.activate(NUMBER, &code, password, later(1)).await;
            assert!(matches!(done, Activated::Weak(found) if found == weakness), "{password}: {done:?}");
        }
        assert!(matches!(world.activate(NUMBER, &code, PASSWORD, later(2)).await, Activated::Done(_)));
    });
}

#[test]
fn a_new_password_ends_what_was_before() {
    run(|world| async move {
        let account = world.citizen().await;
        let opened = world.opened(later(1)).await;
        let code = activation_code(world.store(), &account.id, later(2)).await.unwrap();
        let done = world.activate(NUMBER, &code, "another long sentence", later(3)).await;
        assert!(matches!(done, Activated::Done(_)));
        assert!(session_of(world.store(), &opened.cookie, later(4)).await.unwrap().is_none());
        let revoked = world.store().revocations_since(later(2)).await.unwrap();
        assert!(revoked.contains(&(record_store::Revoked::Subject(account.id), later(3))), "{revoked:?}");
        assert!(matches!(world.sign_in(NUMBER, PASSWORD, later(5)).await, Answer::Refused));
    });
}

#[test]
fn of_two_who_use_a_code_at_once_one_succeeds() {
    run(|world| async move {
        let account = world.new_citizen().await;
        let code = activation_code(world.store(), &account.id, start()).await.unwrap();
        let both = ["the first long sentence", "the other long sentence"].map(|password| {
            let (accounts, code) = (world.accounts.clone(), code.clone());
            tokio::spawn(async move {
                let visitor = Visitor::default();
                let wish = Activation { name: NUMBER, code: &code, password, visitor: &visitor };
                matches!(accounts.activate(wish, later(1)).await.unwrap(), Activated::Done(_))
            })
        });
        let mut done = 0;
        for one in both {
            done += usize::from(one.await.unwrap());
        }
        assert_eq!(done, 1);
    });
}
