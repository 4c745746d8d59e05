//! A log outlives its keys (docs/access-log.md, section 4): it goes on under a new one, what was signed stays verifiable, and
//! whoever kept the old key sees by whose word the new one follows it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread::{self, sleep};
use std::time::Duration;

use test_support::TestDatabase;

use crate::access_log_operator::{command, figure, folder, refused, wait_until};
use crate::support::access_log::signed;
use crate::support::program::{Demo, run, words};
use crate::support::{text, value};

/// A demo of which something is signed.
fn begun(database: TestDatabase) -> Demo {
    let demo = Demo::start(database);
    look(&demo);
    wait_until("a checkpoint", || demo.server().client().get("/transparency/checkpoint").status == 200);
    demo
}

fn look(demo: &Demo) {
    demo.as_client().read("/fhir/Patient?_count=5");
}

fn renew(demo: &Demo, more: &[&str]) -> Output {
    let place = folder(demo);
    let data = ["log", "renew-key", "--data-folder", place.to_str().unwrap()];
    command(demo, &[&data[..], more].concat())
}

#[track_caller]
fn renewed(demo: &Demo, more: &[&str]) -> String {
    let output = renew(demo, more);
    assert!(output.status.success(), "{}", words(&output));
    words(&output)
}

/// What `verify-audit` answers about files: its status and its words.
fn verify(place: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(place, &[&["verify-audit"], arguments].concat());
    (output.status.code().unwrap(), words(&output))
}

struct Files {
    key: PathBuf,
    public: PathBuf,
}

fn files(demo: &Demo) -> Files {
    Files { key: folder(demo).join("access-log.key"), public: folder(demo).join("access-log.vkey") }
}

/// The extract of a citizen as a file.
fn extract(demo: &Demo, name: &str) -> String {
    let answer = demo.as_citizen(0).get("/transparency/extract").expect_status(200);
    let file = folder(demo).join(name);
    fs::write(&file, answer.text()).unwrap();
    file.to_str().unwrap().to_owned()
}

fn kept(from: &Path, name: &str) -> String {
    let to = from.with_file_name(name);
    fs::copy(from, &to).unwrap();
    to.to_str().unwrap().to_owned()
}

#[test]
fn a_log_goes_on_under_a_new_key_and_everything_before_stays_verifiable() {
    for database in TestDatabase::each() {
        let mut demo = begun(database);
        let place = folder(&demo);
        signed(&demo);
        let (first, before) = (kept(&files(&demo).public, "first.vkey"), extract(&demo, "before.json"));
        demo.stop();
        let said = renewed(&demo, &[]);
        assert!(said.contains("access-log.key.old-1: what stood there before"), "{said}");
        demo.serve();
        look(&demo);
        signed(&demo);
        let after = extract(&demo, "after.json");
        // Once more: the third key leads back to the first.
        demo.stop();
        let _ = renewed(&demo, &[]);
        demo.serve();
        look(&demo);
        signed(&demo);
        let file = demo.server().client().get("/transparency/key").expect_status(200).text().to_owned();
        assert_eq!(file, fs::read_to_string(files(&demo).public).unwrap());
        assert_eq!(file.lines().count(), 5);
        let last = extract(&demo, "last.json");
        let key = kept(&files(&demo).public, "third.vkey");
        // What today's key has signed, and what is linked to it.
        let said = verify(&place, &["--key", &key, "--kept-key", &first, &last]);
        assert!(said.0 == 0 && said.1.contains("each key has named the next"), "{said:?}");
        let said = verify(
            &place,
            &["--key", &key, "--known", &before, "--known", &after, "--database", demo.database.url()],
        );
        assert!(said.0 == 0 && said.1.contains("they are of one log"), "{said:?}");
        let mut all = vec!["--key", &key, &before, &after, &last];
        let links = [link(&demo, &before, &after), link(&demo, &after, &last)];
        all.extend(links.iter().map(String::as_str));
        let said = verify(&place, &all);
        assert!(said.0 == 0 && said.1.contains("they are of one log"), "{said:?}");
        // What a key that was given up has signed shows nothing alone: others may have it.
        for documents in [&[&before][..], &[&before, &after]] {
            let documents: Vec<&str> = documents.iter().map(|it| it.as_str()).collect();
            let said = verify(&place, &[&["--key", &key], &documents[..]].concat());
            assert!(said.0 == 3 && said.1.contains("given up since"), "{said:?}");
        }
        // The old key alone says nothing of what came after it, and a key of another log nothing at all.
        let said = verify(&place, &["--key", &first, &after]);
        assert!(said.0 == 1 && said.1.contains("/transparency/key"), "{said:?}");
        let other = Demo::start(TestDatabase::sqlite());
        let other = files(&other).public.to_str().unwrap().to_owned();
        let said = verify(&place, &["--key", &key, "--kept-key", &other, &last]);
        assert!(said.0 == 1 && said.1.contains("WRONG: the key does not come after"), "{said:?}");
        let alone = file.lines().next().unwrap();
        let said = verify(&place, &["--key", alone, "--kept-key", &first, &last]);
        assert!(said.0 == 3 && said.1.contains("one key alone"), "{said:?}");
        // Who changes which keys came before is found out; what mail does to the file changes nothing.
        let changed = place.join("changed.vkey");
        for (text, status) in [
            (file.replacen(" until ", " until 1", 1), 2),
            (file.lines().take(3).collect::<Vec<_>>().join("\n"), 2),
            (format!("\u{feff}{}", file.replace('\n', "\r\n")), 0),
        ] {
            fs::write(&changed, &text).unwrap();
            let said = verify(&place, &["--key", changed.to_str().unwrap(), &last]);
            assert!(
                said.0 == status && (status == 0 || said.1.contains("the keys before it")),
                "{text}: {said:?}"
            );
        }
        // Old entries leave with the whole list only.
        let out = place.join("segments");
        let rotate = |key: &str| {
            let rest =
                ["log", "rotate", "--before", "2021-01-01", "--out", out.to_str().unwrap(), "--key", key];
            words(&command(&demo, &rest))
        };
        assert!(rotate(alone).contains("without those before it"), "{}", rotate(alone));
        assert!(rotate(&first).contains("not that of today"), "{}", rotate(&first));
        assert!(rotate(&key).contains("0 entries have left"), "{}", rotate(&key));
    }
}

/// Entries of the last checkpoint.
fn size_of(demo: &Demo) -> u64 {
    let note = demo.server().client().get("/transparency/checkpoint").expect_status(200);
    note.text().lines().nth(1).unwrap().parse().unwrap()
}

/// The answer that links the checkpoints of two extracts, as a file.
fn link(demo: &Demo, older: &str, younger: &str) -> String {
    let size = |file: &str| -> u64 {
        let extract = value(&fs::read_to_string(file).unwrap());
        text(&extract["checkpoint"]).lines().nth(1).unwrap().parse().unwrap()
    };
    let (first, second) = (size(older), size(younger));
    let path = format!("/transparency/consistency?first={first}&second={second}");
    let file = folder(demo).join(format!("{first}-{second}.json"));
    fs::write(&file, demo.server().client().get(&path).expect_status(200).text()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_lost_key_is_followed_by_a_new_one_and_whoever_kept_it_is_told() {
    for database in TestDatabase::each() {
        let mut demo = begun(database);
        let (place, Files { key, public }) = (folder(&demo), files(&demo));
        signed(&demo);
        let (first, before) = (kept(&public, "first.vkey"), extract(&demo, "before.json"));
        demo.stop();
        let said = words(&renew(&demo, &["--lost", &first]));
        assert!(said.contains("leave out --lost"), "it is not lost: {said}");
        fs::remove_file(&key).unwrap();
        let said = words(&renew(&demo, &[]));
        assert!(said.contains("--lost access-log.vkey") && said.contains("--data-folder"), "{said}");
        let other = Demo::start(TestDatabase::sqlite());
        let others = files(&other).public;
        let said = words(&renew(&demo, &["--lost", others.to_str().unwrap()]));
        assert!(said.contains("not the key that has signed this log last"), "{said}");
        assert!(!key.exists() && !place.join("access-log.key.next").exists(), "nothing is made");
        let _ = renewed(&demo, &["--lost", &first]);
        demo.serve();
        look(&demo);
        signed(&demo);
        let after = extract(&demo, "after.json");
        let said = verify(&place, &["--key", public.to_str().unwrap(), &before, &after]);
        assert_eq!(said.0, 3, "two checkpoints without what links them: {}", said.1);
        let said = verify(&place, &["--key", public.to_str().unwrap(), &after]);
        assert!(said.0 == 0 && said.1.contains("a key of this log was lost"), "{said:?}");
        let said = verify(&place, &["--key", public.to_str().unwrap(), "--kept-key", &first, &after]);
        assert!(said.0 == 3 && said.1.contains("NOT SHOWN: that the key comes after"), "{said:?}");
        // A further one that was lost: what is named must know those before it, too.
        demo.stop();
        fs::remove_file(&key).unwrap();
        let alone = fs::read_to_string(&public).unwrap().lines().next().unwrap().to_owned();
        let said = words(&renew(&demo, &["--lost", &alone]));
        assert!(said.contains("without those before it"), "{said}");
        let _ = renewed(&demo, &["--lost", public.to_str().unwrap()]);
        demo.serve();
        look(&demo);
        signed(&demo);
    }
}

#[test]
fn a_server_with_the_key_that_was_given_up_appends_nothing_and_loses_nothing() {
    for database in TestDatabase::each() {
        let mut demo = begun(database);
        let stands = "healthbook_access_log_standing_still{reason=\"key\"}";
        let _ = renewed(&demo, &[]);
        look(&demo);
        wait_until("the figure", || figure(&demo, stands) == 1.0);
        look(&demo);
        wait_until("what waits", || figure(&demo, "healthbook_access_log_waiting_entries") > 0.0);
        // It proves nothing by a key that is none of this log any more.
        for path in ["key", "consistency?first=1", "extract", "proof/0"] {
            let answer = demo.as_citizen(0).get(&format!("/transparency/{path}"));
            assert_eq!(answer.status, 503, "{path}: {}", answer.text());
        }
        demo.stop();
        demo.serve();
        wait_until("it goes on", || {
            figure(&demo, stands) == 0.0 && figure(&demo, "healthbook_access_log_waiting_entries") == 0.0
        });
        signed(&demo);
    }
}

#[test]
fn what_was_broken_off_is_ended_by_the_next_run() {
    for database in TestDatabase::each() {
        let mut demo = begun(database);
        let Files { key, public } = files(&demo);
        let next = key.with_file_name("access-log.key.next");
        demo.stop();
        // Before the new key has signed: it is that one that follows, and no further one.
        let old = fs::read_to_string(&key).unwrap();
        let aside = Demo::start(TestDatabase::sqlite());
        let private = fs::read_to_string(files(&aside).key).unwrap();
        let private = private.lines().nth(1).unwrap();
        fs::write(&next, format!("{}\n{private}\n", old.lines().next().unwrap())).unwrap();
        let _ = renewed(&demo, &[]);
        assert!(!next.exists());
        assert_eq!(fs::read_to_string(&key).unwrap().lines().nth(1), Some(private));
        // After it has signed, and before it stands in its place.
        let (made, published) = (fs::read_to_string(&key).unwrap(), fs::read_to_string(&public).unwrap());
        fs::rename(&key, &next).unwrap();
        fs::write(&key, &old).unwrap();
        let _ = renewed(&demo, &[]);
        assert_eq!(fs::read_to_string(&key).unwrap(), made, "it is that one, and no further one");
        assert_eq!(fs::read_to_string(&public).unwrap(), published);
        assert!(!next.exists());
        // Between the two: the server says what to do.
        fs::rename(&key, &next).unwrap();
        let said = words(&refused(&demo));
        assert!(said.contains("run healthbook log renew-key again"), "{said}");
        let _ = renewed(&demo, &[]);
        assert_eq!(fs::read_to_string(&key).unwrap(), made);
        demo.serve();
        look(&demo);
        signed(&demo);
    }
}

#[test]
fn of_several_that_renew_at_once_each_that_does_it_follows_the_one_before() {
    for database in TestDatabase::each() {
        let mut demo = begun(database);
        demo.stop();
        let outputs: Vec<Output> = thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| renew(&demo, &[]))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let done = outputs.iter().filter(|it| it.status.success()).count();
        assert!(done >= 1, "{outputs:?}");
        for output in outputs.iter().filter(|it| !it.status.success()) {
            let said = words(output);
            assert!(said.contains("by another command") || said.contains("locked"), "{said}");
        }
        let list = fs::read_to_string(files(&demo).public).unwrap();
        assert_eq!(list.lines().filter(|line| line.contains(" until ")).count(), done);
        demo.serve();
        look(&demo);
        signed(&demo);
    }
}

/// Root makes the new key for the account of the server.
#[test]
fn the_new_key_belongs_to_whom_the_old_one_belonged() {
    let mut demo = begun(TestDatabase::sqlite());
    let Files { key, .. } = files(&demo);
    demo.stop();
    let is_root = chown(&key, Some(65_534), Some(65_534)).is_ok();
    let owner = fs::metadata(&key).unwrap().uid();
    assert_eq!(owner == 65_534, is_root);
    let _ = renewed(&demo, &[]);
    let made = fs::metadata(&key).unwrap();
    assert_eq!((made.uid(), made.mode() & 0o777), (owner, 0o600));
}

/// Whoever has the key can make another database with it, and takes away what it has not signed.
#[test]
fn a_log_that_only_a_key_has_signed_that_was_given_up_is_not_shown() {
    let mut demo = begun(TestDatabase::sqlite());
    signed(&demo);
    let (place, Files { key, public }) = (folder(&demo), files(&demo));
    let other = TestDatabase::sqlite();
    let folder_of = PathBuf::from(other.url().strip_prefix("sqlite:").unwrap());
    fs::copy(&key, folder_of.with_file_name("access-log.key")).unwrap();
    let mut forged = Demo::start(other);
    look(&forged);
    signed(&forged);
    // Verifying it and stopping leave an entry or two.
    let size = size_of(&forged) + 20;
    forged.stop();
    // What is signed of it is before the end of the first key, as what a forger signs is.
    look(&demo);
    while size_of(&demo) <= size {
        look(&demo);
        sleep(Duration::from_millis(100));
    }
    demo.stop();
    let _ = renewed(&demo, &[]);
    let list = kept(&public, "list.vkey");
    let said = verify(&place, &["--key", &list, "--database", forged.database.url()]);
    assert!(said.0 == 3 && said.1.contains("NOT SHOWN: signed by no key"), "{said:?}");
    let out = place.join("segments");
    let out = out.to_str().unwrap();
    let first = folder_of.with_file_name("access-log.vkey");
    let rest = [
        "log",
        "rotate",
        "--before",
        "2100-01-01",
        "--force-demo",
        "--out",
        out,
        "--key",
        first.to_str().unwrap(),
    ];
    let said = command(&forged, &rest);
    assert!(said.status.success(), "{}", words(&said));
    let said = verify(&place, &["--key", &list, out]);
    assert!(said.0 == 3 && said.1.contains("NOT SHOWN: signed by no key"), "{said:?}");
}

/// The backup is older than the renewal: the log goes on from it under one key more.
#[test]
fn a_log_that_is_set_back_goes_on_under_a_further_key() {
    let mut demo = begun(TestDatabase::sqlite());
    signed(&demo);
    demo.stop();
    let database = PathBuf::from(demo.database.url().strip_prefix("sqlite:").unwrap());
    let all = |from: &Path, to: &Path| {
        for end in ["", "-log-waiting"] {
            let name = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
            for end in ["-wal", "-shm"] {
                let _ = fs::remove_file(format!("{}{end}", name(to).display()));
            }
            fs::copy(name(from), name(to)).unwrap();
        }
    };
    let backup = database.with_file_name("backup");
    all(&database, &backup);
    demo.serve();
    look(&demo);
    signed(&demo);
    let (between, place) = (extract(&demo, "between.json"), folder(&demo));
    demo.stop();
    let _ = renewed(&demo, &[]);
    all(&backup, &database);
    let _ = renewed(&demo, &[]);
    demo.serve();
    look(&demo);
    signed(&demo);
    let key = files(&demo).public;
    let said = verify(&place, &["--key", key.to_str().unwrap(), &between]);
    assert!(said.0 == 1 && said.1.contains("the log was set back"), "{said:?}");
}

#[test]
fn of_a_log_that_nobody_has_signed_there_is_no_key_to_renew() {
    let folder = test_support::TemporaryDirectory::new();
    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    assert!(run(folder.path(), &["migrate", "--database", &url]).status.success());
    let output = run(folder.path(), &["log", "renew-key", "--database", &url]);
    assert!(words(&output).contains("nothing of this log is signed yet"), "{}", words(&output));
    assert_eq!(output.status.code(), Some(1));
}
