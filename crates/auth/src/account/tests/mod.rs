//! Signing in end to end, on both databases, with the time in hand.

mod activation;
mod closing;
mod codes;
mod entries;
mod guessing;
mod sealing;
mod sessions;

use std::future::Future;
use std::sync::{Arc, Mutex};

use access::{OfficerRole, StaffRole};
use fhir::{Instant, LogicalId};
use record_store::{Store, StoreSettings};
use test_support::TestDatabase;

use super::*;

const NUMBER: &str = "099123456789";
const PASSWORD: &str = "một câu dài và dễ nhớ";

/// A morning in Vietnam: the next day is far.
fn start() -> Instant {
    Instant::try_from("2026-11-28T08:00:00+07:00").unwrap()
}

fn later(seconds: i64) -> Instant {
    after(start(), seconds)
}

/// Keeps what is sent.
#[derive(Clone, Default)]
struct Letters(Arc<Mutex<Vec<Message>>>);

impl Sender for Letters {
    fn send(&self, message: Message) -> Sending<'_> {
        self.0.lock().unwrap().push(message);
        Box::pin(async { Ok(()) })
    }
}

impl Letters {
    fn last_code(&self) -> String {
        self.0.lock().unwrap().last().unwrap().text.chars().take(6).collect()
    }
}

struct World {
    accounts: Accounts,
    letters: Letters,
}

impl World {
    async fn open(url: &str) -> Self {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        let letters = Letters::default();
        let work = Work { memory: 64, passes: 1 };
        let accounts = Accounts::new(store, work, 2, Box::new(letters.clone())).unwrap();
        Self { accounts, letters }
    }

    fn store(&self) -> &Store {
        self.accounts.store()
    }

    /// A citizen with a password.
    async fn citizen(&self) -> Account {
        let patient = LogicalId::try_from("patient-1").unwrap();
        let account = Account::for_citizen(self.store(), NUMBER, patient, start()).await.unwrap();
        self.set_password(&account.id, NUMBER).await;
        Account::find(self.store(), &account.id, start()).await.unwrap().unwrap()
    }

    async fn staff(&self) -> Account {
        let kind = AccountKind::Staff {
            practitioner: None,
            code: "01001".to_owned(),
            organization: LogicalId::try_from("organization-1").unwrap(),
            roles: vec![StaffRole::StationHead],
        };
        Account::with_login(self.store(), "minh.le", kind, start()).await.unwrap()
    }

    async fn set_password(&self, account: &str, name: &str) {
        let code = activation_code(self.store(), account, start()).await.unwrap();
        let visitor = Visitor::default();
        let wish = Activation { name, code: &code, password: PASSWORD, visitor: &visitor };
        let done = self.accounts.activate(wish, start()).await.unwrap();
        assert!(matches!(done, Activated::Done(_)), "{done:?}");
    }

    async fn sign_in(&self, name: &str, password: &str, now: Instant) -> Answer {
        self.sign_in_from(name, password, &Visitor::default(), now).await
    }

    async fn sign_in_from(&self, name: &str, password: &str, visitor: &Visitor, now: Instant) -> Answer {
        self.accounts.sign_in(Attempt { name, password, visitor }, now).await.unwrap()
    }

    async fn opened(&self, now: Instant) -> Box<Opened> {
        match self.sign_in(NUMBER, PASSWORD, now).await {
            Answer::SignedIn(opened, _) => opened,
            other => panic!("{other:?}"),
        }
    }
}

fn run<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async { test(World::open(database.url()).await).await });
    }
}

#[test]
fn a_citizen_signs_in_and_the_session_says_how() {
    run(|world| async move {
        let account = world.citizen().await;
        let visitor = Visitor {
            arrival: Arrival { device: "Firefox, Linux".to_owned(), place: "192.0.2.x".to_owned() },
            continue_with: Some("waiting-1".to_owned()),
            ..Visitor::default()
        };
        // As people type: gaps around it.
        let answer = world.sign_in_from(&format!(" {NUMBER} "), PASSWORD, &visitor, later(1)).await;
        let Answer::SignedIn(opened, Some(waiting)) = answer else { panic!("{answer:?}") };
        assert_eq!(waiting, "waiting-1");
        let session = session_of(world.store(), &opened.cookie, later(2)).await.unwrap().unwrap();
        assert_eq!(session.account, account.id);
        assert_eq!((session.acr.as_str(), session.amr), ("1", vec!["pwd".to_owned()]));
        assert_eq!((session.device.as_str(), session.auth_time), ("Firefox, Linux", later(1)));
        assert!(matches!(session.kind, AccountKind::Citizen { patient } if patient.as_str() == "patient-1"));
        assert!(session_of(world.store(), "another", later(2)).await.unwrap().is_none());
    });
}

#[test]
fn names_of_staff_are_no_numbers_and_belong_to_one() {
    run(|world| async move {
        let officer = || AccountKind::Officer { role: OfficerRole::Administrator };
        let make = |name: &'static str| Account::with_login(world.store(), name, officer(), start());
        for bad in ["", "ab", NUMBER, "lan tran", "lan/tran", "<b>", "lạn.trần"] {
            let made = Account::with_login(world.store(), bad, officer(), start()).await;
            assert!(matches!(made, Err(AuthError::BadName)), "{bad}");
        }
        assert_eq!(make("Lan.Tran").await.unwrap().login(), Some("lan.tran"));
        assert!(matches!(make("lan.tran").await, Err(AuthError::NameTaken)));
        assert_eq!(Account::all_with_login(world.store(), start()).await.unwrap().len(), 1);
    });
}

#[test]
fn a_hash_of_less_work_is_made_again_at_the_next_sign_in() {
    run(|world| async move {
        let account = world.citizen().await;
        let stronger = Work { memory: 64, passes: 2 };
        let accounts = Accounts::new(world.store().clone(), stronger, 1, Box::new(NoSender)).unwrap();
        let visitor = Visitor::default();
        let attempt = || Attempt { name: NUMBER, password: PASSWORD, visitor: &visitor };
        assert!(matches!(accounts.sign_in(attempt(), later(1)).await.unwrap(), Answer::SignedIn(..)));
        let stored = Account::find(world.store(), &account.id, later(1)).await.unwrap().unwrap();
        assert!(stored.value.password.unwrap().contains("t=2"));
        assert!(matches!(accounts.sign_in(attempt(), later(2)).await.unwrap(), Answer::SignedIn(..)));
    });
}
