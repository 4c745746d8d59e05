//! The policy of a database: its text and its mark, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use access::{Caller, Interaction, Policy};
use healthbook_record_store::{Store, StoreSettings, WriteError};
use test_support::TestDatabase;

#[test]
fn a_policy_comes_back_as_it_was_and_every_change_has_its_mark() {
    for database in TestDatabase::each() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
            let other = Store::open(&StoreSettings::new(database.url())).await.unwrap();
            let decide = |interaction| {
                let caller = Caller::Background { job: "test" };
                Policy::built_in().decide(&caller, interaction, None, fhir::Instant::now()).unwrap()
            };
            let first = store.policy_mark().await.unwrap();
            assert_eq!(store.policy_text().await.unwrap(), None);
            let reader = decide(Interaction::Read);
            assert!(matches!(store.set_policy(&reader, Some("x")).await, Err(WriteError::Forbidden)));
            assert_eq!(store.policy_mark().await.unwrap(), first);
            let operator = decide(Interaction::Update);
            store.set_policy(&operator, Some("version = \"a\" # ế")).await.unwrap();
            let second = other.policy_mark().await.unwrap();
            assert_ne!(second, first);
            assert_eq!(other.policy_text().await.unwrap().as_deref(), Some("version = \"a\" # ế"));
            store.set_policy(&operator, None).await.unwrap();
            assert_ne!(other.policy_mark().await.unwrap(), second);
            assert_eq!(other.policy_text().await.unwrap(), None);
            store.close().await;
            other.close().await;
        });
    }
}
