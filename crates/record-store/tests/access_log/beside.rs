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

#[test]
fn a_lost_file_that_is_found_again_is_not_taken_for_the_one_that_was_made_since() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..2).await;
        let_go(store, &database).await;
        let lost = database.copy();
        std::fs::remove_file(path(&database, FILE)).unwrap();
        let store = open(&database).await;
        append(&store, 2..9).await;
        sequence_all(&store, &key, at(1)).await;
        let_go(store, &database).await;
        put_back(&lost, &database, FILE);
        let refused = Store::open(&StoreSettings::new(database.url())).await.err();
        assert!(matches!(refused, Some(StoreError::Unusable(_))), "what waits in it would be passed over");
    });
}

#[test]
fn after_a_standstill_what_waits_in_both_places_still_comes_in_its_order() {
    run(async |database, key| {
        let store = open(&database).await;
        // More than one step takes of one place, and in the other what is younger and older than it.
        append_with_write(&database, 0).await;
        let many = 1_300;
        for _ in 0..many {
            store.append_to_log(vec![numbered(1)]).await.unwrap();
        }
        append_with_write(&database, 2).await;
        append(&store, 3..5).await;
        let first = store.sequence(&key, EVERY, at(9)).await.unwrap();
        assert!(first.more && first.entries < many, "{first:?}");
        sequence_all(&store, &key, at(9)).await;
        let expected: Vec<u8> =
            [0].into_iter().chain(std::iter::repeat_n(1, many as usize)).chain([2, 3, 4]).collect();
        assert_eq!(numbers(&store).await, expected);
        store.close().await;
    });
}

#[test]
fn a_database_from_before_there_was_the_file_goes_on() {
    run(async |database, key| {
        let store = open(&database).await;
        for number in 0..2 {
            append_with_write(&database, number).await;
        }
        sequence_all(&store, &key, at(1)).await;
        append_with_write(&database, 2).await;
        let_go(store, &database).await;
        execute(&database, "DELETE FROM setting WHERE name = 'log-waiting-file'").await;
        quiet(&database).await;
        std::fs::remove_file(path(&database, FILE)).unwrap();
        // Several start at once.
        let opening: Vec<_> = (0..6)
            .map(|_| {
                let url = database.url().to_owned();
                tokio::spawn(async move { Store::open(&StoreSettings::new(url)).await.unwrap() })
            })
            .collect();
        for (number, store) in opening.into_iter().enumerate() {
            let store = store.await.unwrap();
            let number = 3 + u8::try_from(number).unwrap();
            append(&store, number..number + 1).await;
            store.close().await;
        }
        let store = open(&database).await;
        sequence_all(&store, &key, at(20)).await;
        assert_eq!(numbers(&store).await, (0..9).collect::<Vec<_>>());
        store.close().await;
    });
}

#[test]
fn a_copy_of_a_running_store_holds_what_was_acknowledged_before() {
    run(async |database, key| {
        let store = open(&database).await;
        let copy = TestDatabase::sqlite();
        let working = async {
            for number in 0..60 {
                append(&store, number..number + 1).await;
                if number % 3 == 0 {
                    sequence_all(&store, &key, at(1)).await;
                }
            }
        };
        let copying = async {
            let mut acknowledged = 0;
            while acknowledged < 20 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                let in_log = store.log_size().await.unwrap();
                acknowledged = u8::try_from(in_log).unwrap();
            }
            for end in [FILE, ""] {
                let (from, to) = (path(&database, end), path(&copy, end));
                tokio::task::spawn_blocking(move || {
                    let mut connection =
                        <diesel::SqliteConnection as diesel::Connection>::establish(from.to_str().unwrap())
                            .unwrap();
                    let sql = format!("PRAGMA busy_timeout = 10000; VACUUM INTO '{}'", to.display());
                    diesel::connection::SimpleConnection::batch_execute(&mut connection, &sql).unwrap();
                })
                .await
                .unwrap();
            }
            acknowledged
        };
        let ((), acknowledged) = tokio::join!(working, copying);
        store.close().await;
        let restored = open(&copy).await;
        append(&restored, 100..101).await;
        sequence_all(&restored, &key, at(30)).await;
        let numbers = numbers(&restored).await;
        let count = u8::try_from(numbers.len()).unwrap() - 1;
        assert!(count >= acknowledged, "{count} of {acknowledged}");
        assert_eq!(numbers, (0..count).chain([100]).collect::<Vec<_>>());
        restored.close().await;
    });
}

#[cfg(unix)]
#[test]
fn the_file_stands_where_the_database_is_and_is_for_whom_the_database_is() {
    use std::os::unix::fs::PermissionsExt as _;
    run(async |database, key| {
        let_go(open(&database).await, &database).await;
        std::fs::remove_file(path(&database, FILE)).unwrap();
        std::fs::set_permissions(path(&database, ""), std::fs::Permissions::from_mode(0o600)).unwrap();
        let elsewhere = TestDatabase::sqlite();
        std::os::unix::fs::symlink(path(&database, ""), path(&elsewhere, "")).unwrap();
        // One over a link, one over the path.
        let (one, two) = (open(&elsewhere).await, open(&database).await);
        append(&one, 0..1).await;
        append(&two, 1..2).await;
        append(&one, 2..3).await;
        sequence_all(&two, &key, at(1)).await;
        assert_eq!(numbers(&one).await, [0, 1, 2]);
        assert!(!path(&elsewhere, FILE).exists());
        let mode = std::fs::metadata(path(&database, FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        one.close().await;
        two.close().await;
    });
}

#[test]
fn what_is_closed_is_whole_in_its_two_files() {
    run(async |database, key| {
        let store = open(&database).await;
        append(&store, 0..3).await;
        sequence_all(&store, &key, at(1)).await;
        append(&store, 3..5).await;
        store.close().await;
        assert!(!path(&database, "-wal").exists() && !path(&database, "-log-waiting-wal").exists());
        let refused = store.append_to_log(vec![numbered(9)]).await;
        assert!(matches!(refused, Err(StoreError::NotLogged)), "{refused:?}");
        let copy = TestDatabase::sqlite();
        for end in ["", FILE] {
            std::fs::copy(path(&database, end), path(&copy, end)).unwrap();
        }
        let store = open(&copy).await;
        sequence_all(&store, &key, at(2)).await;
        assert_eq!(numbers(&store).await, [0, 1, 2, 3, 4]);
        store.close().await;
    });
}
