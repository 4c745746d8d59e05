//! Entries are on disk before the answer, and get their positions once.

use std::collections::HashSet;

use audit_log::Entry;
use healthbook_record_store::{Halt, SequenceError, Store, StoreError, StoreSettings};

use crate::support::*;
use crate::work::Work;

fn numbered(number: u64) -> Entry<'static> {
    let mut salt = [0; 16];
    salt[..8].copy_from_slice(&number.to_be_bytes());
    Entry {
        salt,
        time: at(0),
        agent: "Practitioner/1".into(),
        patient: "Patient/1".into(),
        ..Entry::default()
    }
}

async fn append_from_many(store: &Store, tasks: u64, each: u64) {
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..each {
                    store.append_to_log(vec![numbered(task * each + number)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[test]
fn sixty_four_who_append_at_once_lose_nothing() {
    each(async |database| {
        let store = open(&database).await;
        append_from_many(&store, 64, 20).await;
        let key = key();
        let done = sequence_all(&store, &key, at(1)).await;
        assert_eq!((done.entries, done.size), (1280, 1280));
        assert_eq!(verify(&store, &key).await.waiting, 0);
        let salts: HashSet<[u8; 16]> = all_entries(&store).await.iter().map(|entry| entry.salt).collect();
        let sent: HashSet<[u8; 16]> = (0..1280).map(|number| numbered(number).salt).collect();
        assert_eq!(salts, sent);
        let report = verify(&store, &key).await;
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.log.entries, report.log.confirmed), (1280, 1280));
        store.close().await;
    });
}

#[test]
fn sixty_four_who_wait_share_a_commit() {
    each(async |database| {
        let store = open(&database).await;
        // Nobody can write: the first of them waits for the database, the others for the next commit.
        let lock = Lock::take(&database).await;
        let appending = (0..64).map(|number| store.append_to_log(vec![numbered(number)]));
        let appending = futures_util::future::join_all(appending);
        // The first poll of all of them is before the lock goes.
        let (kept, ()) = tokio::join!(appending, lock.release());
        assert!(kept.iter().all(Result::is_ok));
        // Each commit is a row.
        let commits = count(&database, waiting_alone(&database)).await;
        assert!(commits <= 2, "{commits} commits");
        assert_eq!(sequence_all(&store, &key(), at(1)).await.size, 64);
        store.close().await;
    });
}

#[test]
fn entries_keep_their_order_and_what_they_say() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let sent: Vec<Entry<'static>> = Work::new(7, 1_000).take(700).collect();
        // Batches that end within blocks, and steps between them.
        for part in sent.chunks(90) {
            store.append_to_log(part.to_vec()).await.unwrap();
            sequence_all(&store, &key, at(0)).await;
        }
        assert_eq!(all_entries(&store).await, sent);
        let report = verify(&store, &key).await;
        assert!(report.is_sound(), "{report:?}");
        store.close().await;
    });
}

#[test]
fn a_checkpoint_comes_when_something_came_and_the_last_is_old() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let step = async |seconds: i64| store.sequence(&key, EVERY, at(seconds)).await.unwrap();
        assert_eq!(step(0).await.checkpoint, None, "there is nothing to sign");
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        let first = step(1).await.checkpoint.unwrap();
        assert_eq!((first.size(), first.time()), (1, at(1)));
        store.append_to_log(vec![numbered(2)]).await.unwrap();
        assert_eq!(step(3).await.checkpoint, None, "the last one is young");
        let second = step(6).await.checkpoint.expect("what came is signed, though nothing came since");
        assert_eq!(second.size(), 2);
        assert_eq!(step(60).await.checkpoint, None, "nothing came");
        // Midnight in Vietnam is 17:00 UTC.
        assert_eq!(step(17 * 3600 + 59).await.checkpoint, None);
        let root = step(17 * 3600 + 61).await.checkpoint.expect("the root of the day");
        assert_eq!(root.size(), 2);
        assert_eq!(step(17 * 3600 + 120).await.checkpoint, None, "a day has one root");
        let note = store.log_root_of_day(jiff::civil::date(2026, 11, 28)).await.unwrap().unwrap();
        assert_eq!(audit_log::Checkpoint::open(&note, key.verifying()).unwrap(), root);
        assert_eq!(store.log_root_of_day(jiff::civil::date(2026, 11, 29)).await.unwrap(), None);
        assert_eq!(store.log_checkpoints(0, 10).await.unwrap().len(), 3);
        // A clock that was set back does not make a checkpoint go back.
        store.append_to_log(vec![numbered(3)]).await.unwrap();
        let _ = step(17 * 3600 + 60).await;
        assert!(step(17 * 3600 + 70).await.checkpoint.is_some());
        let report = verify(&store, &key).await;
        assert!(report.is_sound(), "{report:?}");
        store.close().await;
    });
}

#[test]
fn a_day_has_a_root_from_the_first_entry_on() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        // An hour before midnight in Vietnam; it is signed days later, and so are the days between.
        let entry = Entry { time: at(-8 * 3600), ..numbered(1) };
        store.append_to_log(vec![entry]).await.unwrap();
        let late = sequence_all(&store, &key, at(3 * 24 * 3600)).await.checkpoint.unwrap();
        let root = async |month: i8, day: i8| {
            let note = store.log_root_of_day(jiff::civil::date(2026, month, day)).await.unwrap();
            note.map(|note| audit_log::Checkpoint::open(&note, key.verifying()).unwrap())
        };
        for day in 27..=30 {
            assert_eq!(root(11, day).await, Some(late.clone()), "{day}");
        }
        assert_eq!(root(12, 1).await, None, "it is not over");
        assert_eq!(root(11, 26).await, None, "there was no log");
        store.append_to_log(vec![numbered(2)]).await.unwrap();
        let next = sequence_all(&store, &key, at(4 * 24 * 3600)).await.checkpoint.unwrap();
        assert_eq!(root(12, 1).await, Some(next));
        // Once the first entries have left the database, there is nothing before the first checkpoint still.
        execute(&database, "DELETE FROM log_block").await;
        assert_eq!(root(11, 26).await, None);
        assert!(root(12, 1).await.is_some());
        store.close().await;
    });
}

#[test]
fn two_stores_that_work_at_once_append_everything_once() {
    each(async |database| {
        let (one, two, key) = (open(&database).await, open(&database).await, key());
        let writing = {
            let (one, two) = (one.clone(), two.clone());
            tokio::spawn(async move {
                tokio::join!(append_from_many(&one, 8, 100), async {
                    for number in 0..200 {
                        two.append_to_log(vec![numbered(10_000 + number)]).await.unwrap();
                    }
                })
            })
        };
        let mut size = 0;
        while size < 1000 {
            let (first, second) =
                tokio::join!(one.sequence(&key, EVERY, at(1)), two.sequence(&key, EVERY, at(1)));
            size = first.unwrap().size.max(second.unwrap().size);
        }
        writing.await.unwrap();
        let salts: Vec<[u8; 16]> = all_entries(&one).await.iter().map(|entry| entry.salt).collect();
        assert_eq!(salts.len(), 1000);
        assert_eq!(salts.iter().collect::<HashSet<_>>().len(), 1000);
        sequence_all(&two, &key, at(10)).await;
        let report = verify(&two, &key).await;
        assert!(report.is_sound(), "{report:?}");
        one.close().await;
        two.close().await;
    });
}

#[test]
fn a_log_of_another_key_and_a_log_that_was_cut_are_not_gone_on_with() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        store.append_to_log(Work::new(1, 10).take(300).collect()).await.unwrap();
        sequence_all(&store, &key, at(1)).await;
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        let other = crate::support::key();
        let refused = store.sequence(&other, EVERY, at(2)).await;
        assert!(matches!(refused, Err(SequenceError::Key(_))), "{refused:?}");
        execute(&database, "DELETE FROM log_block WHERE number = 1").await;
        let refused = store.sequence(&key, EVERY, at(2)).await.unwrap_err();
        assert_eq!(refused.halt(), Halt::Damaged);
        assert!(refused.to_string().contains("log_block ends behind 256 entries"), "{refused}");
        // What waits is not lost.
        assert_eq!(verify(&store, &key).await.waiting, 1);
        store.close().await;
    });
}

#[test]
fn who_cannot_write_the_log_is_told() {
    each(async |database| {
        let store = open(&database).await;
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        take_log_away(&database).await;
        let failed = store.append_to_log(vec![numbered(2)]).await;
        assert!(matches!(failed, Err(StoreError::NotLogged)), "{failed:?}");
        give_log_back(&database).await;
        store.append_to_log(vec![numbered(3)]).await.unwrap();
        assert_eq!(count(&database, waiting_alone(&database)).await, 2);
        store.close().await;
    });
}

#[test]
fn opening_again_goes_on_where_the_log_ends() {
    each(async |database| {
        let key = key();
        let sent: Vec<Entry<'static>> = Work::new(3, 1_000).take(600).collect();
        for (number, part) in sent.chunks(200).enumerate() {
            let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
            store.append_to_log(part.to_vec()).await.unwrap();
            sequence_all(&store, &key, at(10 * number as i64)).await;
            store.close().await;
        }
        let store = open(&database).await;
        assert_eq!(all_entries(&store).await, sent);
        assert!(verify(&store, &key).await.is_sound());
        store.close().await;
    });
}
