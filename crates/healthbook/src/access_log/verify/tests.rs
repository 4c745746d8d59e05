//! What is said of checkpoints from several files: sound, wrong, or not shown.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use audit_log::extract::Extract;
use audit_log::{Checkpoint, Entry, Hash, LogName, SigningKey};
use fhir::Instant;
use record_store::{Store, StoreSettings};
use test_support::{TemporaryDirectory, TestDatabase};

use crate::access_log::tests::{BEGINNING, command, made_with};
use crate::failure::Failure;

/// What the program ends with.
#[derive(Debug, PartialEq)]
enum Ends {
    Sound,
    Wrong,
    NotShown,
    Usage,
}

use Ends::{NotShown, Sound, Usage, Wrong};

/// A log with its key, and files about it.
struct Log {
    database: TestDatabase,
    key: SigningKey,
    vkey: String,
    folder: TemporaryDirectory,
}

impl Log {
    async fn new() -> Self {
        let name = LogName::new("test.example").unwrap();
        let key = SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap();
        let database = TestDatabase::sqlite();
        made_with(&database, &key, "Practitioner/1").await;
        let vkey = key.verifying().to_string();
        Self { database, key, vkey, folder: TemporaryDirectory::new() }
    }

    async fn store(&self) -> Store {
        Store::open(&StoreSettings::new(self.database.url())).await.unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    /// A file with another checkpoint than the log has, signed by its key.
    fn write_fork(&self, name: &str, size: u64, like: &Checkpoint) {
        let other = Checkpoint::new(like.log().clone(), size, Hash([7; 32]), like.time());
        let note = other.sign(&self.key).unwrap();
        self.write(name, &Extract::new(self.key.verifying(), note, Vec::new()).to_json().unwrap());
    }

    /// What is said of files, the database (`db`), and what stands behind `known:`.
    async fn ends(&self, what: &str) -> Ends {
        let mut words = vec!["verify-audit".to_owned(), "--key".to_owned(), self.vkey.clone()];
        for part in what.split(' ') {
            let file = |name: &str| self.path(name).to_str().unwrap().to_owned();
            match part.split_once(':') {
                Some((_, name)) => words.extend(["--known".to_owned(), file(name)]),
                None if part == "db" => {
                    words.extend(["--database".to_owned(), self.database.url().to_owned()]);
                }
                None => words.push(file(part)),
            }
        }
        match command(&words.iter().map(String::as_str).collect::<Vec<_>>()).await {
            Ok(()) => Sound,
            Err(Failure::Reported) => Wrong,
            Err(Failure::NotShown) => NotShown,
            Err(Failure::Usage(_)) => Usage,
            Err(other) => panic!("{what}: {other:?}"),
        }
    }

    async fn expect(&self, wanted: &[(&str, Ends)]) {
        for (what, ends) in wanted {
            assert_eq!(self.ends(what).await, *ends, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_of_all_files_are_compared() {
    let log = Log::new().await;
    let store = log.store().await;
    let older = store.log_checkpoints(0, 1).await.unwrap().remove(0);
    let verifying = log.key.verifying();
    let extract = store.log_extract(verifying, "Patient/3", &[]).await.unwrap().unwrap();
    let both =
        store.log_extract(verifying, "Patient/3", std::slice::from_ref(&older)).await.unwrap().unwrap();
    let proof = store.log_consistency_proof(verifying, 90, None).await.unwrap().unwrap();
    store.close().await;
    let last = Checkpoint::open(&extract.checkpoint, verifying).unwrap();
    log.write("older.txt", &older);
    log.write("mailed.txt", &older.replace('\n', "\r\n"));
    log.write("changed.txt", &older.replacen("\n90\n", "\n91\n", 1));
    log.write("letter.txt", "Dear Sir,\nhere is the checkpoint.\n");
    log.write("extract.json", &extract.to_json().unwrap());
    log.write("both.json", &both.to_json().unwrap());
    log.write("proof.json", &serde_json::to_string(&proof).unwrap());
    log.write_fork("fork.json", last.size(), &last);
    log.write_fork("later.json", last.size() + 100, &last);
    log.write_fork("early.json", 90, &last);
    log.expect(&[
        ("extract.json", Sound),
        ("both.json", Sound),
        ("extract.json both.json", Sound),
        // Two logs of one size, wherever they stand.
        ("extract.json fork.json", Wrong),
        ("extract.json known:fork.json", Wrong),
        ("both.json early.json", Wrong),
        ("proof.json fork.json known:older.txt", Wrong),
        // Other sizes, with and without what links them.
        ("extract.json later.json", NotShown),
        ("extract.json known:older.txt", NotShown),
        ("both.json known:older.txt", Sound),
        ("extract.json proof.json known:older.txt", Sound),
        ("extract.json proof.json", NotShown),
        ("proof.json", NotShown),
        ("proof.json known:later.json", NotShown),
        ("proof.json known:early.json", Wrong),
        // What can be handed over to compare with.
        ("proof.json known:both.json", NotShown),
        ("proof.json both.json", Sound),
        ("proof.json known:mailed.txt", Sound),
        ("proof.json mailed.txt", Sound),
        ("proof.json known:changed.txt", Wrong),
        ("proof.json known:letter.txt", Usage),
        ("letter.txt", Wrong),
        // The whole log holds them, or does not.
        ("db known:older.txt known:extract.json", Sound),
        ("db extract.json older.txt proof.json", Sound),
        ("db fork.json", Wrong),
        ("db later.json", Wrong),
        ("db known:early.json", Wrong),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_rotation_hold_what_lies_in_them() {
    let log = Log::new().await;
    let store = log.store().await;
    let verifying = log.key.verifying();
    log.write("older.txt", &store.log_checkpoints(0, 1).await.unwrap().remove(0));
    let last = store.log_checkpoint().await.unwrap().unwrap();
    log.write("last.txt", &last);
    let proof = store.log_consistency_proof(verifying, 768, None).await.unwrap().unwrap();
    log.write("proof.json", &serde_json::to_string(&proof).unwrap());
    store.close().await;
    let rotate = |url: &str, out: &str| {
        let out = log.path(out).to_str().unwrap().to_owned();
        ["log", "rotate", "--key", &log.vkey, "--database", url, "--out", &out, "--before", "2020-01-01"]
            .map(str::to_owned)
    };
    // The same log up to the last checkpoint in the files, and another one behind it.
    let other = TestDatabase::sqlite();
    made_with(&other, &log.key, "Practitioner/2").await;
    for (url, out) in [(log.database.url(), "files"), (other.url(), "other")] {
        command(&rotate(url, out).each_ref().map(String::as_str)).await.unwrap();
    }
    log.write_fork("early.json", 90, &Checkpoint::open(&last, verifying).unwrap());
    log.expect(&[
        ("files", Sound),
        ("other", Sound),
        ("files known:older.txt", Sound),
        ("files early.json", Wrong),
        // Behind their end the files say nothing; the server proves it from there on.
        ("files known:last.txt", NotShown),
        ("files known:last.txt known:older.txt proof.json", Sound),
        ("other known:last.txt proof.json", Wrong),
        ("db", Sound),
        ("db known:last.txt", Sound),
        ("db known:older.txt", NotShown),
        ("db files known:older.txt known:last.txt", Sound),
        ("db files early.json", Wrong),
        ("db other", Wrong),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_checkpoint_holds_nobody_has_signed() {
    let mut log = Log::new().await;
    // 300 entries of some minutes, and one checkpoint of all of them: the first file has none.
    log.database = TestDatabase::sqlite();
    let store = log.store().await;
    let at = |number: i64| Instant::from_microseconds(BEGINNING + number * 1_000_000);
    let entry = |number: i64| Entry {
        salt: u128::from(number.unsigned_abs()).to_be_bytes(),
        time: at(number),
        agent: "Practitioner/1".into(),
        patient: "Patient/1".into(),
        ..Entry::default()
    };
    store.append_to_log((0..300).map(entry).collect()).await.unwrap();
    store.sequence(&log.key, Duration::ZERO, at(300)).await.unwrap();
    let extract = store.log_extract(log.key.verifying(), "Patient/1", &[]).await.unwrap().unwrap();
    log.write("extract.json", &extract.to_json().unwrap());
    store.close().await;
    let out = log.path("files").to_str().unwrap().to_owned();
    let url = log.database.url().to_owned();
    let rotate =
        ["log", "rotate", "--key", &log.vkey, "--database", &url, "--out", &out, "--before", "2020-01-01"];
    command(&rotate).await.unwrap();
    log.expect(&[
        ("files", NotShown),
        ("db files", Sound),
        ("files extract.json", NotShown),
        ("extract.json", Sound),
    ])
    .await;
}
