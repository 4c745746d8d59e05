//! What neither shows nor writes a resource (section 7): with a journal before the answer leaves, without one in the
//! transaction of the change; commands of the operator.

use audit_log::{Action, Outcome};
use fhir::LogicalId;
use healthbook_record_store::{
    Deed, Journal, Origin, SecurityChange, SecurityKind, SecurityRecord, Store, StoreError,
};
use uuid::Uuid;

use crate::support::{all_entries, at, each, give_log_back, key, open, sequence_all, take_log_away};

fn record(id: &str) -> SecurityRecord {
    SecurityRecord::new(SecurityKind::Launch, id, "{}".to_owned())
}

fn token() -> Deed {
    let patient = LogicalId::try_from("p").unwrap();
    let by = Origin { agent: "Patient/p".to_owned(), ..Origin::default() };
    Deed::new(Action::Token, "refresh_token").by(by).of(Some(patient))
}

async fn insert(store: &Store, id: &str) -> Result<bool, StoreError> {
    let claim = SecurityChange::Insert(record(id));
    store.change_security_noting(claim, Vec::new(), vec![token()], at(1)).await
}

/// Ways, agents and outcomes of all entries, in their order.
async fn noted(store: &Store) -> Vec<(String, String, Outcome)> {
    sequence_all(store, &key(), at(9)).await;
    let entries = all_entries(store).await;
    entries.iter().map(|entry| (entry.query.to_string(), entry.agent.to_string(), entry.outcome)).collect()
}

fn entry(query: &str, agent: &str, outcome: Outcome) -> (String, String, Outcome) {
    (query.to_owned(), agent.to_owned(), outcome)
}

#[test]
fn a_change_and_its_entry_are_there_or_neither_is() {
    each(async |database| {
        let store = open(&database).await;
        assert!(insert(&store, "one").await.unwrap());
        assert!(!insert(&store, "one").await.unwrap(), "the premise does not hold");
        take_log_away(&database).await;
        assert!(insert(&store, "two").await.is_err());
        give_log_back(&database).await;
        let two = store.security_record(SecurityKind::Launch, "two", at(2)).await.unwrap();
        assert_eq!(two, None, "what is not in the log did not happen");
        assert_eq!(noted(&store).await, [entry("refresh_token", "Patient/p", Outcome::Success)]);
        store.close().await;
    });
}

#[test]
fn in_a_request_it_is_kept_before_the_answer_leaves_and_with_names() {
    each(async |database| {
        let store = open(&database).await;
        let journal = Journal::new(Uuid::from_u128(7));
        journal
            .scope(async {
                assert!(insert(&store, "one").await.unwrap());
                assert!(!insert(&store, "one").await.unwrap());
                store.note(Deed::new(Action::SignIn, "password").refused()).await.unwrap();
            })
            .await;
        assert_eq!(journal.unnamed(), ["Patient/p", "server"]);
        journal.name("Patient/p", "Mai");
        store.keep(&journal).await.unwrap();
        assert!(journal.is_empty());
        store.keep(&journal).await.unwrap();
        sequence_all(&store, &key(), at(9)).await;
        let entries = all_entries(&store).await;
        assert_eq!(entries.len(), 2);
        assert_eq!((&*entries[0].agent_name, &*entries[0].patient), ("Mai", "Patient/p"));
        assert!(entries.iter().all(|entry| entry.request == Uuid::from_u128(7)));
        assert_eq!(entries[1].outcome, Outcome::Refused);
        store.close().await;
    });
}

#[test]
fn a_command_is_there_once_whatever_comes_of_it() {
    each(async |database| {
        let store = open(&database).await;
        let command = |name: &'static str| move || Deed::new(Action::Administration, name);
        let change =
            |id: &'static str| store.change_security(SecurityChange::Insert(record(id)), Vec::new(), at(1));
        let done = store.logged(command("changes"), async {
            assert!(change("one").await?);
            change("two").await
        });
        assert!(done.await.unwrap());
        // The first change does not happen: the entry goes with the second one.
        let done = store.logged(command("tries"), async {
            assert!(!change("one").await?);
            change("three").await
        });
        assert!(done.await.unwrap());
        let failed: Result<(), StoreError> =
            store.logged(command("fails"), async { Err(StoreError::Busy) }).await;
        assert!(failed.is_err());
        store.logged(command("reads"), async { Ok::<(), StoreError>(()) }).await.unwrap();
        take_log_away(&database).await;
        assert!(store.logged(command("hides"), change("four")).await.is_err());
        give_log_back(&database).await;
        assert_eq!(store.security_record(SecurityKind::Launch, "four", at(2)).await.unwrap(), None);
        let expected =
            [("changes", Outcome::Success), ("tries", Outcome::Success), ("fails", Outcome::Failed)];
        let expected = expected.into_iter().chain([("reads", Outcome::Success)]);
        let expected: Vec<_> = expected.map(|(name, outcome)| entry(name, "operator", outcome)).collect();
        assert_eq!(noted(&store).await, expected);
        store.close().await;
    });
}
