//! Requests with a key: `docs/contract.md`, section 5.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use access::{Access, Author, Caller, Purpose, Reach, TestAccess};
use fhir::{Fault, Instant, ResourceType};
use healthbook_interactions::{Problem, Service, ServiceSettings, Stored, create, keyed, write_once};
use record_store::{Journal, Once, Store, StoreSettings};
use test_support::TestDatabase;
use tokio::sync::oneshot;
use uuid::Uuid;

fn run<F: Future<Output = ()>>(test: impl Fn(Service, Access) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        let url = database.url().to_owned();
        runtime.block_on(async {
            let store = Store::open(&StoreSettings::new(&url)).await.unwrap();
            // What is answered again is shown, and noted as of a request.
            let service = Service::new(store, ServiceSettings::default());
            Journal::new(Uuid::new_v4()).scope(test(service, everything())).await;
        });
    }
}

fn everything() -> Access {
    let access = TestAccess {
        visible: Reach::Everything,
        writable: Some(Reach::Everything),
        own: None,
        grantee: None,
        author: Author::Server,
        within: None,
        filters: Vec::new(),
        purpose: Some(Purpose::Treatment),
        sees_shielded: true,
        at: Instant::now(),
    };
    access.into()
}

async fn made(service: &Service, access: &Access) -> Result<Stored, Problem> {
    let kind: ResourceType = "Organization".parse().unwrap();
    create(service, access, kind, br#"{"resourceType":"Organization","name":"A"}"#).await
}

fn key(service: &Service) -> Once {
    keyed(service, &Caller::Unrestricted, "k", &[b"POST", b"a"]).unwrap()
}

#[test]
fn an_answer_is_kept_for_a_day() {
    run(|service, access| async move {
        let once = key(&service);
        let send = || write_once(&service, &access, once.clone(), made(&service, &access));
        let (first, now) = (send().await.unwrap(), Instant::now());
        let again = send().await.unwrap();
        assert_eq!((&again.id, again.version, again.effect), (&first.id, first.version, first.effect));
        assert_eq!(again.last_updated, first.last_updated);
        assert_eq!(again.to_json().unwrap(), first.to_json().unwrap());
        let after = |hours: i64| Instant::from_microseconds(now.microseconds() + hours * 3_600_000_000);
        let store = service.store();
        assert!(store.kept_answer(&once.key, after(23)).await.unwrap().is_some());
        assert_eq!(store.kept_answer(&once.key, after(25)).await.unwrap(), None);
        store.remove_old_answers(after(23)).await.unwrap();
        assert!(store.kept_answer(&once.key, now).await.unwrap().is_some());
        store.remove_old_answers(after(25)).await.unwrap();
        assert_eq!(store.kept_answer(&once.key, now).await.unwrap(), None);
        assert_ne!(send().await.unwrap().id, first.id, "the key is free");
    });
}

#[test]
fn one_that_still_runs_is_told() {
    run(|service, access| async move {
        let once = key(&service);
        let (go, wait) = oneshot::channel::<()>();
        let slow = async {
            wait.await.unwrap();
            made(&service, &access).await
        };
        let first = write_once(&service, &access, once.clone(), slow);
        let second = async {
            let refused = write_once(&service, &access, once.clone(), made(&service, &access)).await;
            go.send(()).unwrap();
            refused.unwrap_err()
        };
        let (first, refused) = tokio::join!(first, second);
        assert_eq!((refused.status, &refused.issues[0].fault), (409, &Fault::RequestRunning));
        let again = write_once(&service, &access, once.clone(), made(&service, &access)).await.unwrap();
        assert_eq!(again.id, first.unwrap().id);
    });
}

#[test]
fn what_makes_it_another_request_counts_part_by_part() {
    run(|service, _| async move {
        let of = |parts: &[&[u8]]| keyed(&service, &Caller::Unrestricted, "k", parts).unwrap();
        assert_eq!(of(&[b"a", b"b"]), of(&[b"a", b"b"]));
        assert_ne!(of(&[b"ab", b""]).request, of(&[b"a", b"b"]).request);
        assert_eq!(of(&[b"a"]).key, of(&[b"b"]).key);
        let quoted = keyed(&service, &Caller::Unrestricted, "\"k\"", &[b"a"]).unwrap();
        assert_eq!(quoted, of(&[b"a"]));
    });
}
