//! The file beside a SQLite database in which entries wait that came without a write: nothing in it is lost or taken twice,
//! however it and its database fit together.

use std::path::PathBuf;

use audit_log::{Entry, SigningKey};
use healthbook_record_store::{Store, StoreError, StoreSettings};
use test_support::TestDatabase;

use crate::support::*;

fn numbered(number: u8) -> Entry<'static> {
    Entry { salt: [number; 16], time: at(i64::from(number)), patient: "Patient/1".into(), ..Entry::default() }
}

async fn append(store: &Store, numbers: std::ops::Range<u8>) {
    for number in numbers {
        store.append_to_log(vec![numbered(number)]).await.unwrap();
    }
}

/// As a write leaves an entry: in its own transaction.
async fn append_with_write(database: &TestDatabase, number: u8) {
    let leaf = numbered(number).to_leaf_bytes();
    let framed = [&u32::try_from(leaf.len()).unwrap().to_be_bytes()[..], &leaf].concat();
    let framed = literal(database, &framed);
    execute(database, &format!("INSERT INTO log_waiting (count, entries) VALUES (1, {framed})")).await;
}

/// The first byte of the salt of every entry that has a position.
async fn numbers(store: &Store) -> Vec<u8> {
    all_entries(store).await.iter().map(|entry| entry.salt[0]).collect()
}

async fn let_go(store: Store, database: &TestDatabase) {
    store.close().await;
    drop(store);
    quiet(database).await;
}

fn path(database: &TestDatabase, end: &str) -> PathBuf {
    format!("{}{end}", database.url().strip_prefix("sqlite:").unwrap()).into()
}

const FILE: &str = "-log-waiting";

fn data_version(connection: &mut diesel::SqliteConnection) -> i64 {
    let sql = diesel::dsl::sql::<diesel::sql_types::BigInt>("PRAGMA data_version");
    diesel::RunQueryDsl::get_result(sql, connection).unwrap()
}

fn put_back(from: &TestDatabase, to: &TestDatabase, end: &str) {
    std::fs::copy(path(from, end), path(to, end)).unwrap();
}

fn run(test: impl AsyncFnOnce(TestDatabase, SigningKey)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(test(TestDatabase::sqlite(), key()));
}

#[test]
fn a_commit_of_the_log_is_no_change_of_the_database() {
    run(async |database, _| {
        let store = open(&database).await;
        let mut other = sqlite(&database);
        let before = data_version(&mut other);
        append(&store, 0..3).await;
        assert_eq!(data_version(&mut other), before, "readers would read their pages anew");
        assert_eq!(count(&database, "log_waiting_beside").await, 3);
        drop(other);
        store.close().await;
    });
}

#[test]
fn what_was_taken_leaves_with_the_next_step_and_its_numbers_are_not_given_again() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..5).await;
        sequence_all(&store, &key, at(1)).await;
        assert_eq!(
            count(&database, "log_waiting_beside").await,
            5,
            "the step is not known to be on disk before"
        );
        append(&store, 5..7).await;
        sequence_all(&store, &key, at(2)).await;
        assert_eq!(count(&database, "log_waiting_beside").await, 2);
        for number in 7..12 {
            // A step that takes nothing from the file, and removes all that was taken before.
            match number {
                9 | 10 => append_with_write(&database, number).await,
                _ => append(&store, number..number + 1).await,
            }
            sequence_all(&store, &key, at(3)).await;
        }
        assert_eq!(numbers(&store).await, (0..12).collect::<Vec<_>>());
        assert_eq!(verify(&store, &key).await.waiting, 0);
        store.close().await;
    });
}

#[test]
fn a_step_that_is_lost_with_the_machine_is_done_again_of_whatever_was_removed() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..3).await;
        sequence_all(&store, &key, at(1)).await;
        append(&store, 3..6).await;
        let_go(store, &database).await;
        let before = database.copy();
        let store = open(&database).await;
        // Removes the first three, and takes the others.
        sequence_all(&store, &key, at(2)).await;
        append(&store, 6..7).await;
        let_go(store, &database).await;
        // The file is as it was then, the database as it was before the step.
        put_back(&before, &database, "");
        let store = open(&database).await;
        assert_eq!(numbers(&store).await, [0, 1, 2]);
        sequence_all(&store, &key, at(2)).await;
        assert_eq!(numbers(&store).await, [0, 1, 2, 3, 4, 5, 6]);
        assert!(verify(&store, &key).await.is_sound());
        store.close().await;
    });
}

#[test]
fn what_was_taken_and_is_back_in_the_file_is_not_taken_again() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..3).await;
        let_go(store, &database).await;
        let before = database.copy();
        let store = open(&database).await;
        sequence_all(&store, &key, at(1)).await;
        append(&store, 3..5).await;
        sequence_all(&store, &key, at(2)).await;
        let_go(store, &database).await;
        put_back(&before, &database, FILE);
        let store = open(&database).await;
        assert_eq!(verify(&store, &key).await.waiting, 0, "they stand in the log");
        append(&store, 5..6).await;
        assert_eq!(verify(&store, &key).await.waiting, 1);
        sequence_all(&store, &key, at(3)).await;
        assert_eq!(numbers(&store).await, [0, 1, 2, 3, 4, 5]);
        store.close().await;
    });
}

#[test]
fn a_file_that_is_gone_is_made_anew_behind_what_was_taken() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..4).await;
        sequence_all(&store, &key, at(1)).await;
        let_go(store, &database).await;
        std::fs::remove_file(path(&database, FILE)).unwrap();
        let store = open(&database).await;
        append(&store, 4..6).await;
        sequence_all(&store, &key, at(2)).await;
        assert_eq!(numbers(&store).await, [0, 1, 2, 3, 4, 5]);
        store.close().await;
    });
}

#[test]
fn the_file_of_another_database_is_refused_and_stays_as_it_is() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..2).await;
        let_go(store, &database).await;
        let other = TestDatabase::sqlite();
        for is_new in [true, false] {
            if !is_new {
                let_go(open(&other).await, &other).await;
            }
            let own = std::fs::read(path(&other, FILE)).ok();
            put_back(&database, &other, FILE);
            let refused = Store::open(&StoreSettings::new(other.url())).await.err();
            assert!(
                matches!(&refused, Some(StoreError::Unusable(text)) if text.contains(FILE)),
                "{refused:?}"
            );
            quiet(&other).await;
            put_back(&other, &database, FILE);
            match own {
                Some(own) => std::fs::write(path(&other, FILE), own).unwrap(),
                None => std::fs::remove_file(path(&other, FILE)).unwrap(),
            }
        }
        let_go(open(&other).await, &other).await;
        // Its own database finds what waited.
        let store = open(&database).await;
        sequence_all(&store, &key, at(1)).await;
        assert_eq!(numbers(&store).await, [0, 1]);
        store.close().await;
    });
}

#[test]
fn reads_and_writes_come_in_the_order_of_their_time() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..2).await;
        append_with_write(&database, 2).await;
        append(&store, 3..5).await;
        let waiting = store.log_of_person("Patient/1", None, 10).await.unwrap();
        let salts: Vec<u8> = waiting.entries.iter().map(|(_, entry)| entry.salt[0]).collect();
        assert_eq!(salts, [4, 3, 2, 1, 0], "the newest first");
        sequence_all(&store, &key, at(9)).await;
        assert_eq!(numbers(&store).await, [0, 1, 2, 3, 4]);
        store.close().await;
    });
}
