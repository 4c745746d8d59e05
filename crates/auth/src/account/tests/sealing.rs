//! What lies in the database: nothing that can be used or read by who has it.

use record_store::SecurityKind;

use super::super::secret::{id_of, seal, unseal};
use super::*;

#[test]
fn sealed_values_belong_to_one_account() {
    run(|world| async move {
        let sealed = seal(world.store(), "one", b"+84900000000").unwrap();
        assert_eq!(unseal(world.store(), "one", &sealed).unwrap(), b"+84900000000");
        assert!(matches!(unseal(world.store(), "other", &sealed), Err(AuthError::Corrupt)));
        assert_ne!(seal(world.store(), "one", b"+84900000000").unwrap(), sealed, "never twice the same");
        for broken in ["", "a", "!", &sealed[1..]] {
            assert!(matches!(unseal(world.store(), "one", broken), Err(AuthError::Corrupt)), "{broken}");
        }
    });
}

#[test]
fn no_number_secret_or_code_lies_in_the_database() {
    run(|world| async move {
        let account = world.citizen().await;
        let opened = world.opened(later(1)).await;
        let code = activation_code(world.store(), &account.id, later(2)).await.unwrap();
        set_contact(world.store(), &account.id, "+84900000000", later(2)).await.unwrap();
        let Answer::Second(step) = world.sign_in(NUMBER, PASSWORD, later(3)).await else { panic!() };
        let sent = world.letters.last_code();
        let secrets = [NUMBER, PASSWORD, &opened.cookie, &code, "+84900000000", &step.secret];
        for kind in [
            SecurityKind::Account,
            SecurityKind::AccountName,
            SecurityKind::Session,
            SecurityKind::OneTimeCode,
            SecurityKind::Transaction,
            SecurityKind::Throttle,
        ] {
            for record in world.store().security_records(kind, None, later(3)).await.unwrap() {
                let text = format!("{record:?}");
                assert!(!secrets.iter().any(|secret| text.contains(*secret)), "{text}");
                assert!(!text.contains(&format!("\"{sent}\"")), "{text}");
            }
        }
        assert_eq!(opened.session.id, id_of(&opened.cookie));
    });
}

#[test]
fn the_token_of_a_form_belongs_to_one_cookie() {
    run(|world| async move {
        let token = form_token(world.store(), "cookie");
        assert!(form_token_holds(world.store(), "cookie", &token));
        assert!(!form_token_holds(world.store(), "other", &token));
        assert!(!form_token_holds(world.store(), "cookie", ""));
        assert!(!form_token_holds(world.store(), "", &form_token(world.store(), "")));
    });
}
