//! What signing in keeps, in both databases: what may happen once happens once, and what has ended does not exist.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use std::future::Future;

use fhir::Instant;
use healthbook_record_store::{Revoked, SecurityChange, SecurityKind, SecurityRecord, Store, StoreSettings};
use test_support::TestDatabase;

const KIND: SecurityKind = SecurityKind::AuthorizationCode;

fn run<F: Future<Output = ()>>(test: impl Fn(String) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(test(database.url().to_owned()));
    }
}

async fn open(url: &str) -> Store {
    Store::open(&StoreSettings::new(url)).await.unwrap()
}

fn at(seconds: i64) -> Instant {
    Instant::from_microseconds(seconds * 1_000_000)
}

fn code(id: &str) -> SecurityRecord {
    SecurityRecord::new(KIND, id, format!("{{\"of\":\"{id}\"}}")).of("client").until(at(60))
}

#[test]
fn an_id_is_taken_until_its_time_is_over() {
    run(|url| async move {
        let store = open(&url).await;
        let insert = || SecurityChange::Insert(code("a"));
        assert!(store.change_security(insert(), Vec::new(), at(1)).await.unwrap());
        assert!(!store.change_security(insert(), Vec::new(), at(59)).await.unwrap());
        let stored = store.security_record(KIND, "a", at(59)).await.unwrap().unwrap();
        assert_eq!((stored.owner.as_str(), stored.version, stored.expires), ("client", 1, Some(at(60))));
        assert_eq!(store.security_record(KIND, "a", at(60)).await.unwrap(), None);
        assert!(store.change_security(insert(), Vec::new(), at(60)).await.unwrap());
        assert_eq!(store.security_record(SecurityKind::Client, "a", at(1)).await.unwrap(), None);
    });
}

#[test]
fn who_removes_what_has_ended_is_told_while_there_is_more() {
    run(|url| async move {
        let store = open(&url).await;
        let records = (0..1_500).map(|number| SecurityRecord::new(KIND, format!("r{number}"), String::new()));
        let mut changes: Vec<_> = records.map(|it| SecurityChange::Put(it.until(at(60)))).collect();
        let last = changes.pop().unwrap();
        assert!(store.change_security(last, changes, at(1)).await.unwrap());
        assert!(!store.remove_ended_security(at(59), at(0)).await.unwrap(), "none has ended yet");
        assert!(store.remove_ended_security(at(100), at(0)).await.unwrap());
        assert!(!store.remove_ended_security(at(100), at(0)).await.unwrap());
        assert_eq!(store.security_records(KIND, None, at(1)).await.unwrap(), []);
    });
}

/// Callers may send U+0000, which a text of PostgreSQL cannot hold: nothing has such an id, and that is no fault.
#[test]
fn nothing_has_an_id_with_a_null_character() {
    run(|url| async move {
        let store = open(&url).await;
        assert_eq!(store.security_record(KIND, "a\0", at(1)).await.unwrap(), None);
        let remove = SecurityChange::Remove(KIND, "a\0".to_owned());
        assert!(!store.change_security(remove, Vec::new(), at(1)).await.unwrap());
        assert!(store.axis_message("a\0").await.unwrap().is_none());
    });
}

#[test]
fn of_many_who_take_the_same_thing_one_succeeds() {
    run(|url| async move {
        let stores = [open(&url).await, open(&url).await];
        for round in 0..20 {
            let id = format!("code-{round}");
            let insert = SecurityChange::Insert(code(&id));
            assert!(stores[0].change_security(insert, Vec::new(), at(1)).await.unwrap());
            let takers: Vec<_> = (0..8)
                .map(|taker| {
                    let (store, id) = (stores[taker % 2].clone(), id.clone());
                    let gain =
                        SecurityRecord::new(SecurityKind::RefreshToken, format!("{id}-{taker}"), "{}".into());
                    tokio::spawn(async move {
                        let claim = SecurityChange::Remove(KIND, id.clone());
                        store
                            .change_security(claim, vec![SecurityChange::Put(gain.of(id))], at(2))
                            .await
                            .unwrap()
                    })
                })
                .collect();
            let mut winners = 0;
            for taker in takers {
                winners += usize::from(taker.await.unwrap());
            }
            assert_eq!(winners, 1);
            let gains =
                stores[1].security_records(SecurityKind::RefreshToken, Some(&id), at(3)).await.unwrap();
            assert_eq!(gains.len(), 1, "what depends on the claim happens with it or not at all");
        }
    });
}

#[test]
fn a_replacement_needs_the_version_it_has_seen() {
    run(|url| async move {
        let store = open(&url).await;
        assert!(store.change_security(SecurityChange::Put(code("a")), Vec::new(), at(1)).await.unwrap());
        let seen = store.security_record(KIND, "a", at(2)).await.unwrap().unwrap();
        let next = SecurityRecord { value: "2".to_owned(), ..seen.clone() };
        assert!(
            store.change_security(SecurityChange::Replace(next.clone()), Vec::new(), at(2)).await.unwrap()
        );
        assert!(!store.change_security(SecurityChange::Replace(next), Vec::new(), at(2)).await.unwrap());
        let stored = store.security_record(KIND, "a", at(2)).await.unwrap().unwrap();
        assert_eq!((stored.version, stored.value.as_str()), (2, "2"));
        let late = SecurityRecord { version: 2, ..seen };
        assert!(!store.change_security(SecurityChange::Replace(late), Vec::new(), at(61)).await.unwrap());
    });
}

#[test]
fn revocations_are_told_and_what_has_ended_is_removed() {
    run(|url| async move {
        let store = open(&url).await;
        let session = Revoked::Session("s".to_owned());
        let others = vec![SecurityChange::Revoke(session.clone(), at(10))];
        assert!(store.change_security(SecurityChange::Insert(code("a")), others, at(10)).await.unwrap());
        assert_eq!(store.revocations_since(at(9)).await.unwrap(), [(session.clone(), at(10))]);
        assert_eq!(store.revocations_since(at(10)).await.unwrap(), []);
        let again = SecurityChange::Revoke(session.clone(), at(20));
        assert!(store.change_security(again, Vec::new(), at(20)).await.unwrap());
        assert_eq!(store.revocations_since(at(10)).await.unwrap(), [(session, at(20))]);
        assert!(!store.remove_ended_security(at(100), at(50)).await.unwrap(), "nothing else has ended");
        assert_eq!(store.revocations_since(at(0)).await.unwrap(), []);
        assert_eq!(store.security_records(KIND, None, at(0)).await.unwrap(), []);
    });
}
