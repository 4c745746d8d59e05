//! Whoever keeps a checkpoint can check that the log still begins with what it held, without the server and without being
//! known to it (docs/access-log.md, sections 5, 6 and 9).

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use audit_log::{Checkpoint, Entry, Hash, LogName, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::Instant;
use record_store::{Store, StoreSettings};
use serde_json::{Value, json};
use test_support::{Backend, Response, TemporaryDirectory, TestDatabase};

use crate::support::program::{Demo, run, words};
use crate::support::{expect_refusal, start, text, value};

/// The size that a checkpoint says.
fn size(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

/// The last checkpoint that is larger than a size: one comes every few seconds in which something came.
fn checkpoint_beyond(demo: &Demo, size_before: u64) -> String {
    let citizen = demo.as_citizen(0);
    let found = (0..120).find_map(|_| {
        citizen.read(&format!("/fhir/Patient/{}", demo.citizen(0).1));
        sleep(Duration::from_millis(500));
        let answer = demo.server().client().get("/transparency/checkpoint");
        (answer.status == 200 && size(answer.text()) > size_before).then(|| answer.text().to_owned())
    });
    found.expect("a checkpoint comes within a minute")
}

/// What the program ends with.
const SOUND: Option<i32> = Some(0);
const WRONG: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);
const NOT_SHOWN: Option<i32> = Some(3);

/// What the program ends with for a file, and what it says.
fn verified(folder: &Path, key: &str, known: &[&str], file: &str) -> (Option<i32>, String) {
    verified_all(folder, key, known, &[file])
}

/// The same for several files: `file-0.json` and so on, beside `known-0.txt`.
fn verified_all(folder: &Path, key: &str, known: &[&str], files: &[&str]) -> (Option<i32>, String) {
    let mut arguments = vec!["verify-audit".to_owned(), "--key".to_owned(), key.to_owned()];
    for (number, note) in known.iter().enumerate() {
        let name = format!("known-{number}.txt");
        std::fs::write(folder.join(&name), note).unwrap();
        arguments.extend(["--known".to_owned(), name]);
    }
    for (number, file) in files.iter().enumerate() {
        let name = format!("file-{number}.json");
        std::fs::write(folder.join(&name), file).unwrap();
        arguments.push(name);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = run(folder, &arguments);
    (output.status.code(), words(&output))
}

/// The key with which the server signs: what whoever holds it can make of a log.
fn key_of(demo: &Demo) -> SigningKey {
    let file = std::fs::read_to_string(demo.file().with_file_name("access-log.key")).unwrap();
    let (name, key) = file.trim_end().split_once('\n').unwrap();
    SigningKey::from_pkcs8(name.parse().unwrap(), &STANDARD.decode(key).unwrap()).unwrap()
}

#[test]
fn who_has_kept_a_checkpoint_verifies_that_the_log_goes_on_from_it() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let outsider = demo.server().client();
        let kept = checkpoint_beyond(&demo, 0);
        let first = size(&kept);
        let _ = checkpoint_beyond(&demo, first);
        let folder = demo.folder.path();
        let key = text(&value(outsider.get("/transparency").text())["vkey"]);

        let proof = outsider.get(&format!("/transparency/consistency?first={first}")).expect_status(200);
        let told = value(proof.text());
        assert_eq!(told["format"], "healthbook-access-log-consistency-1");
        let younger = text(&told["checkpoint"]);
        let second = size(&younger);
        assert_eq!((told["first"].as_u64(), told["second"].as_u64()), (Some(first), Some(second)));
        assert!(second > first);
        assert_eq!((text(&told["vkey"]), told["log"].as_str()), (key.clone(), key.split('+').next()));
        let verify = |known: &[&str], file: &str| verified(folder, &key, known, file);
        let (ends, said) = verify(&[&kept], proof.text());
        assert_eq!(ends, SOUND, "{said}");
        assert!(said.contains(&format!("of {second} entries begins with that of {first}")), "{said}");
        // What was asked for by its size is the same.
        let named = outsider.get(&format!("/transparency/consistency?first={first}&second={second}"));
        assert_eq!(value(named.expect_status(200).text()), told);
        // Without what was kept there is nothing that could be shown, and nothing is wrong.
        let (ends, said) = verify(&[], proof.text());
        assert_eq!(ends, NOT_SHOWN, "{said}");
        assert!(said.contains(&format!("NOT SHOWN: there is no checkpoint of {first} entries")), "{said}");
        assert!(!said.contains("WRONG") && !said.contains("sound") && !said.contains("SOUND"), "{said}");

        // A checkpoint that the key did not sign, and one of another history that it did.
        let root = kept.lines().nth(2).unwrap();
        let other = STANDARD.encode([7; 32]);
        let (ends, said) = verify(&[&kept.replacen(root, &other, 1)], proof.text());
        assert_eq!(ends, WRONG, "{said}");
        assert!(said.contains("known-0.txt: WRONG") && said.contains("the signature is wrong"), "{said}");
        assert!(!said.contains("position"), "a note stands at none: {said}");
        let signing = key_of(&demo);
        let log = signing.verifying().name().clone();
        let opened = Checkpoint::open(&kept, signing.verifying()).unwrap();
        let forged = Checkpoint::new(log, first, Hash([7; 32]), opened.time()).sign(&signing).unwrap();
        let (ends, said) = verify(&[&forged], proof.text());
        assert_eq!(ends, WRONG, "{said}");
        assert!(said.contains("does not prove that the log"), "{said}");
        // What mail makes of a note is still that note; what is none says nothing of the log.
        assert_eq!(verify(&[&kept.replace('\n', "\r\n")], proof.text()).0, SOUND);
        let (ends, said) = verify(&["Dear Sir,\n"], proof.text());
        assert_eq!(ends, USAGE, "{said}");
        assert!(said.contains("known-0.txt holds no checkpoint: not a signed note"), "{said}");
        // A proof of something else.
        for (member, other, wanted) in [
            ("first", json!(first - 1), NOT_SHOWN),
            ("second", json!(second + 1), WRONG),
            ("proof", json!([]), WRONG),
        ] {
            let mut forged = told.clone();
            forged[member] = other;
            let (ends, said) = verify(&[&kept], &forged.to_string());
            assert_eq!(ends, wanted, "{member}: {said}");
        }

        // Nothing is proven that is not signed, and nothing the other way round.
        for refused in
            [format!("first={first}&second={}", second + 1_000_000), format!("first={second}&second=1")]
        {
            let answer = outsider.get(&format!("/transparency/consistency?{refused}"));
            expect_refusal(&refused, &answer, 404);
        }
        for refused in ["", "first=", "first=one", "first=-1", "first=1&second=x", "second=1"] {
            let answer = outsider.get(&format!("/transparency/consistency?{refused}"));
            expect_refusal(refused, &answer, 400);
        }
    }
}

#[test]
fn an_extract_proves_that_it_goes_on_from_an_older_one() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let kept = checkpoint_beyond(&demo, 0);
        let first = size(&kept);
        let between = checkpoint_beyond(&demo, first);
        let _ = checkpoint_beyond(&demo, size(&between));
        let (citizen, folder) = (demo.as_citizen(0), demo.folder.path());
        let key = text(&value(demo.server().client().get("/transparency").text())["vkey"]);
        let ask = |query: &str| -> Response { citizen.get(&format!("/transparency/extract{query}")) };

        // Nothing in it is about the older one: it says so, and where the proof is, which closes the gap.
        let plain = ask("").expect_status(200);
        let (ends, said) = verified(folder, &key, &[&kept], plain.text());
        assert_eq!(ends, NOT_SHOWN, "{said}");
        assert!(said.contains("NOT COMPARED") && !said.contains("WRONG"), "{said}");
        let path = said.split_whitespace().find(|word| word.starts_with("/transparency/")).unwrap();
        let link = demo.server().client().get(path).expect_status(200);
        let (ends, said) = verified_all(folder, &key, &[&kept], &[plain.text(), link.text()]);
        assert_eq!(ends, SOUND, "{said}");
        let both = ask(&format!("?older={first}&older={}", size(&between))).expect_status(200);
        let (ends, said) = verified(folder, &key, &[&kept, &between], both.text());
        assert!(ends == SOUND && said.contains("2 older checkpoints proven"), "{said}");
        // An older extract is handed over as it is.
        let (ends, said) = verified(folder, &key, &[plain.text()], both.text());
        assert_ne!(ends, WRONG, "{said}");
        let entries = |answer: &Response| value(answer.text())["entries"].as_array().unwrap().len();
        assert!(entries(&both) >= entries(&plain));

        // What no checkpoint was made at, and more than are answered for.
        for refused in [format!("?older={}", u64::MAX), "?older=0".to_owned(), "?older=x".to_owned()] {
            expect_refusal(&refused, &ask(&refused), 400);
        }
        let many = format!("?{}", vec![format!("older={first}"); 17].join("&"));
        expect_refusal("17 of them", &ask(&many), 400);
        let most = ask(&format!("?{}", vec![format!("older={first}"); 16].join("&"))).expect_status(200);
        let older: Vec<Value> = value(most.text())["older"].as_array().unwrap().clone();
        assert_eq!(older.len(), 16);
    }
}

#[test]
fn two_extracts_that_contradict_each_other_are_evidence() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (folder, signing) = (demo.folder.path(), key_of(&demo));
    let key = signing.verifying().to_string();
    // Until some of the reads have their positions, and are signed.
    let mut before = 0;
    let (given, told) = loop {
        before = size(&checkpoint_beyond(&demo, before));
        let given = demo.as_citizen(0).get("/transparency/extract").expect_status(200);
        let told = value(given.text());
        if told["entries"].as_array().unwrap().len() > 1 {
            break (given, told);
        }
    };
    let opened = Checkpoint::open(&text(&told["checkpoint"]), signing.verifying()).unwrap();
    // What the same key can tell somebody else.
    let fork = |size: u64| {
        let other = Checkpoint::new(opened.log().clone(), size, Hash([7; 32]), opened.time());
        let mut forked = told.clone();
        forked["checkpoint"] = json!(other.sign(&signing).unwrap());
        forked["entries"] = json!([]);
        forked.to_string()
    };
    let same = fork(opened.size());
    assert_eq!(verified(folder, &key, &[], &same).0, SOUND, "by itself");
    let (ends, said) = verified_all(folder, &key, &[], &[given.text(), &same]);
    assert_eq!(ends, WRONG, "{said}");
    let line = said.lines().find(|line| line.contains("two different logs")).expect(&said);
    assert!(line.contains("file-0.json") && line.contains("file-1.json"), "{line}");
    let (ends, said) = verified(folder, &key, &[given.text()], &same);
    assert!(ends == WRONG && said.contains("two different logs"), "{said}");
    // Of another size nobody can tell without the proof, which the server cannot make.
    let (ends, said) = verified_all(folder, &key, &[], &[given.text(), &fork(opened.size() + 100)]);
    assert_eq!(ends, NOT_SHOWN, "{said}");
    let path = format!("/transparency/consistency?first={}&second={}", opened.size(), opened.size() + 100);
    assert!(said.contains("NOT COMPARED") && said.contains(&path), "{said}");
    // What is wrong with a file as such is at no position; an entry in another place is that.
    let mut renamed = told.clone();
    renamed["log"] = json!("healthbook/another");
    let (ends, said) = verified(folder, &key, &[], &renamed.to_string());
    assert!(ends == WRONG && !said.contains("position"), "{said}");
    let mut swapped = told;
    swapped["entries"].as_array_mut().unwrap().swap(0, 1);
    let (ends, said) = verified(folder, &key, &[], &swapped.to_string());
    assert!(ends == WRONG && said.contains("stands behind a later one") && !said.contains("block"), "{said}");
}

/// 2019-03-01 at noon in Vietnam.
const NOON: i64 = 1_551_416_400;

/// A log of a day that is long over: one checkpoint at noon, one a minute after midnight, and one three days later.
async fn old_log(database: &TestDatabase, key: &SigningKey) -> [Checkpoint; 3] {
    let at = |seconds: i64| Instant::from_microseconds((NOON + seconds) * 1_000_000);
    let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
    let mut made = Vec::new();
    for (seconds, entries) in [(0, 3), (12 * 3600 + 60, 0), (90 * 3600, 1)] {
        let entry = Entry { time: at(seconds), agent: "server".into(), ..Entry::default() };
        if entries > 0 {
            store.append_to_log(vec![entry; entries]).await.unwrap();
        }
        let done = store.sequence(key, Duration::ZERO, at(seconds)).await.unwrap();
        made.push(done.checkpoint.expect("it is signed"));
    }
    store.close().await;
    made.try_into().unwrap()
}

#[test]
fn the_root_of_a_day_that_is_over_is_published() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        let data = TemporaryDirectory::new();
        let folder = match database.backend() {
            Backend::Sqlite => Path::new(database.url().strip_prefix("sqlite:").unwrap()).parent().unwrap(),
            Backend::Postgres => data.path(),
        };
        let (name, bytes) = (LogName::new("test.example").unwrap(), SigningKey::generate().unwrap());
        let written = format!("{}\n{}\n", name.as_str(), STANDARD.encode(&bytes));
        std::fs::write(folder.join("access-log.key"), written).unwrap();
        let key = SigningKey::from_pkcs8(name, &bytes).unwrap();
        let [_, midnight, late] = runtime.block_on(old_log(&database, &key));

        let server = start(&database, &["--data-folder", data.path().to_str().unwrap()]);
        let root = |day: &str| server.client().get(&format!("/transparency/roots/{day}"));
        let published = root("2019-03-01").expect_status(200);
        assert!(published.header("Content-Type").unwrap().starts_with("text/plain"));
        assert_eq!(Checkpoint::open(published.text(), key.verifying()), Ok(midnight));
        // The first checkpoint after a day is its root, however late it came.
        for day in ["2019-03-02", "2019-03-03", "2019-03-04"] {
            let root = root(day).expect_status(200);
            assert_eq!(Checkpoint::open(root.text(), key.verifying()).as_ref(), Ok(&late), "{day}");
        }
        // A day that ended before the log had an entry has none, nor one that is not over, nor what is no day.
        for day in ["2019-02-28", "1990-01-01", "2999-01-01", "2019-02-30", "yesterday"] {
            expect_refusal(day, &root(day), 404);
        }
        // What is published is what the log holds.
        std::fs::write(data.path().join("root.txt"), published.text()).unwrap();
        let vkey = key.verifying().to_string();
        let place = ["--database", database.url(), "--known", "root.txt"];
        let output = run(data.path(), &[&["verify-audit", "--key", &vkey], &place[..]].concat());
        assert!(output.status.success(), "{}", words(&output));
    }
}
