//! A log that stands still says why, and where to look; and it goes on when that is mended.

use std::time::Duration;

use audit_log::{Entry, SigningKey};
use healthbook_record_store::{
    Halt, LogFigures, Sequencer, SequencerSettings, Store, StoreError, StoreSettings,
};
use test_support::TestDatabase;

use crate::support::*;

fn numbered(number: u8) -> Entry<'static> {
    Entry { salt: [number; 16], time: at(i64::from(number)), ..Entry::default() }
}

/// Why the log stands still, and whether that is said with these words.
#[track_caller]
fn expect(refused: &healthbook_record_store::SequenceError, halt: Halt, words: &str) {
    assert_eq!(refused.halt(), halt, "{refused}");
    assert!(refused.to_string().contains(words), "{refused}");
}

#[test]
fn what_is_damaged_is_named() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        for (number, damage, mend, words) in [
            (
                1,
                "UPDATE setting SET name = 'away' WHERE name = 'log-end'",
                "UPDATE setting SET name = 'log-end' WHERE name = 'away'",
                "the setting log-end says 0",
            ),
            (
                2,
                "UPDATE log_block SET number = 7 WHERE number = 0",
                "UPDATE log_block SET number = 0 WHERE number = 7",
                "log_block ends behind",
            ),
            (
                3,
                "UPDATE log_checkpoint SET note = replace(note, 'time 2', 'time 3')",
                "UPDATE log_checkpoint SET note = replace(note, 'time 3', 'time 2')",
                "log_checkpoint: the last one, of size 5: the signature is wrong",
            ),
        ] {
            store.append_to_log(vec![numbered(number)]).await.unwrap();
            sequence_all(&store, &key, at(10 * i64::from(number))).await;
            store.append_to_log(vec![numbered(100 + number)]).await.unwrap();
            execute(&database, damage).await;
            let refused = store.sequence(&key, EVERY, at(90)).await.unwrap_err();
            expect(&refused, Halt::Damaged, words);
            assert!(refused.to_string().contains("verify-audit"), "{refused}");
            execute(&database, mend).await;
            // What waited has its position, and no checkpoint yet.
            assert_eq!(store.sequence(&key, Duration::MAX, at(91)).await.unwrap().entries, 1);
            sequence_all(&store, &key, at(10 * i64::from(number) + 5)).await;
        }
        store.close().await;
    });
}

/// Whoever may write the database could change entries and take what they are compared with away: the key signs nothing then.
#[test]
fn without_its_checkpoints_nothing_is_signed() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        sequence_all(&store, &key, at(10)).await;
        execute(&database, "DELETE FROM log_checkpoint").await;
        store.append_to_log(vec![numbered(2)]).await.unwrap();
        let refused = store.sequence(&key, EVERY, at(20)).await.unwrap_err();
        expect(&refused, Halt::Damaged, "log_checkpoint is empty");
        // Nothing came, and nothing is signed either.
        let refused = store.sequence(&key, EVERY, at(90)).await.unwrap_err();
        expect(&refused, Halt::Damaged, "log_checkpoint is empty");
        assert_eq!(store.log_checkpoint().await.unwrap(), None);
        store.close().await;
    });
}

#[test]
fn a_row_that_cannot_be_read_is_named() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        let garbage = literal(&database, &[0]);
        let sql = format!("INSERT INTO log_waiting (count, entries) VALUES (1, {garbage})");
        execute(&database, &sql).await;
        let refused = store.sequence(&key, EVERY, at(2)).await.unwrap_err();
        expect(&refused, Halt::Damaged, "cannot be read (log_waiting ");
        store.close().await;
    });
}

#[test]
fn a_checkpoint_of_the_future_is_told() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        sequence_all(&store, &key, at(3_600)).await;
        store.append_to_log(vec![numbered(2)]).await.unwrap();
        let done = store.sequence(&key, EVERY, at(60)).await.unwrap();
        assert_eq!(
            (done.entries, done.ahead),
            (1, Some(at(3_600))),
            "positions are given, and nothing is signed"
        );
        assert_eq!(
            store.sequence(&key, EVERY, at(61)).await.unwrap().ahead,
            Some(at(3_600)),
            "with nothing new, too"
        );
        let done = store.sequence(&key, EVERY, at(3_606)).await.unwrap();
        assert_eq!((done.checkpoint.unwrap().size(), done.ahead), (2, None));
        store.close().await;
    });
}

async fn figures(store: &Store, is_it: impl Fn(&LogFigures) -> bool) -> LogFigures {
    for _ in 0..1_000 {
        if is_it(&store.log_figures()) {
            return store.log_figures();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", store.log_figures())
}

fn spawn(store: &Store, key: SigningKey) -> tokio::task::JoinHandle<()> {
    let settings = SequencerSettings { pause: Duration::from_millis(10), ..SequencerSettings::default() };
    tokio::spawn(Sequencer::new(store.clone(), key.into(), settings).run())
}

#[test]
fn the_figures_tell_of_a_log_that_stands_still_and_goes_on() {
    each(async |database| {
        let (store, other) = (open(&database).await, key());
        let name = other.verifying().name().clone();
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        let text = SigningKey::generate().unwrap();
        let key = || SigningKey::from_pkcs8(name.clone(), &text).unwrap();
        sequence_all(&store, &key(), at(2)).await;
        let worker = spawn(&store, other);
        store.append_to_log(vec![numbered(7), numbered(3)]).await.unwrap();
        store.append_to_log(vec![numbered(9)]).await.unwrap();
        let found = figures(&store, |figures| figures.waiting_entries == 3).await;
        assert_eq!((found.halt, found.oldest_waiting), (Some(Halt::Key), Some(at(7))));
        assert_eq!(found.checkpoint, Some(at(2)));
        worker.abort();
        let worker = spawn(&store, key());
        let found = figures(&store, |figures| figures.halt.is_none()).await;
        assert_eq!((found.waiting_entries, found.oldest_waiting), (0, None));
        // What cannot be put on disk is counted, and that it can be again is found out by itself.
        take_log_away(&database).await;
        assert!(store.append_to_log(vec![numbered(4)]).await.is_err());
        assert_eq!(store.log_figures().withheld_answers, 1);
        assert!(store.log_figures().refuses_entries);
        give_log_back(&database).await;
        figures(&store, |figures| !figures.refuses_entries && figures.halt.is_none()).await;
        worker.abort();
        store.close().await;
    });
}

#[test]
fn a_file_that_was_replaced_under_the_server_takes_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (database, key) = (TestDatabase::sqlite(), key());
        let store = open(&database).await;
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        let file = format!("{}-log-waiting", database.url().strip_prefix("sqlite:").unwrap());
        let away = format!("{file}.away");
        std::fs::rename(&file, &away).unwrap();
        for make in [false, true] {
            if make {
                // As another program would.
                std::fs::copy(&away, &file).unwrap();
            }
            let refused = store.append_to_log(vec![numbered(2)]).await;
            assert!(matches!(refused, Err(StoreError::NotLogged)), "{refused:?}");
            assert!(store.log_figures().refuses_entries);
            let refused = store.sequence(&key, EVERY, at(3)).await.unwrap_err();
            expect(&refused, Halt::WaitingFile, &file);
        }
        std::fs::rename(&away, &file).unwrap();
        store.append_to_log(vec![numbered(2)]).await.unwrap();
        let found = entries(&store, &key).await;
        assert_eq!(found.iter().map(|entry| entry.salt[0]).collect::<Vec<_>>(), [1, 2]);
        store.close().await;
    });
}

#[test]
fn only_who_may_makes_the_file_anew() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (database, key) = (TestDatabase::sqlite(), key());
        let settings =
            |makes_waiting_file| StoreSettings { makes_waiting_file, ..StoreSettings::new(database.url()) };
        // A new database has its file made by anybody.
        let store = Store::open(&settings(false)).await.unwrap();
        store.append_to_log(vec![numbered(1)]).await.unwrap();
        store.close().await;
        drop(store);
        quiet(&database).await;
        let file = format!("{}-log-waiting", database.url().strip_prefix("sqlite:").unwrap());
        let away = format!("{file}.away");
        std::fs::rename(&file, &away).unwrap();
        for empty in [false, true] {
            if empty {
                std::fs::write(&file, "").unwrap();
            }
            let words = if empty { "put back the file that was" } else { "put both back" };
            let refused = Store::open(&settings(false)).await.err();
            assert!(
                matches!(&refused, Some(StoreError::Unusable(text)) if text.contains(words)),
                "{refused:?}"
            );
        }
        std::fs::rename(&away, &file).unwrap();
        let store = Store::open(&settings(false)).await.unwrap();
        assert_eq!(entries(&store, &key).await.len(), 1);
        store.close().await;
    });
}
