//! A log outlives its keys (docs/access-log.md, section 4): it goes on under a new one, what was signed stays verifiable, and
//! whoever kept the old key sees by whose word the new one follows it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use test_support::TestDatabase;

use crate::access_log_operator::{command, figure, folder, wait_until};
use crate::support::access_log::signed;
use crate::support::program::{Demo, run, words};

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
        assert!(said.contains("access-log.key.old-1: the old key"), "{said}");
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
        assert_eq!(file.lines().count(), 3);
        let last = extract(&demo, "last.json");
        let key = kept(&files(&demo).public, "third.vkey");
        for document in [&before, &after, &last] {
            let said = verify(&place, &["--key", &key, "--kept-key", &first, document]);
            assert_eq!(said.0, 0, "{}", said.1);
            assert!(said.1.contains("each has named the next"), "{}", said.1);
        }
        let said = verify(
            &place,
            &["--key", &key, "--known", &before, "--known", &after, "--database", demo.database.url()],
        );
        assert_eq!(said.0, 0, "{}", said.1);
        assert!(said.1.contains("they are of one log"), "{}", said.1);
        // The old key alone says nothing of what came after it, and a key of another log nothing at all.
        let said = verify(&place, &["--key", &first, &after]);
        assert_eq!(said.0, 1, "{}", said.1);
        let other = Demo::start(TestDatabase::sqlite());
        let other = files(&other).public.to_str().unwrap().to_owned();
        let said = verify(&place, &["--key", &key, "--kept-key", &other, &last]);
        assert!(said.0 == 1 && said.1.contains("WRONG: the key does not come after"), "{said:?}");
        // Who changes which key came before is found out.
        let lines: Vec<&str> = file.lines().collect();
        let forged = place.join("forged.vkey");
        fs::write(&forged, [lines[0], lines[2]].join("\n")).unwrap();
        let said = verify(&place, &["--key", forged.to_str().unwrap(), &before]);
        assert_eq!(said.0, 2, "{}", said.1);
    }
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
        assert!(said.contains("--lost access-log.vkey"), "{said}");
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
        let said = verify(&place, &["--key", public.to_str().unwrap(), "--kept-key", &first, &after]);
        assert!(said.0 == 3 && said.1.contains("NOT SHOWN: a key was lost"), "{said:?}");
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
        assert_eq!(demo.server().client().get("/transparency/key").status, 404);
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
        // Before the new key has signed: it is no key of this log, and another one is made.
        let old = fs::read_to_string(&key).unwrap();
        let unused = format!("{}\n", old.lines().take(2).collect::<Vec<_>>().join("\n"));
        let other = Demo::start(TestDatabase::sqlite());
        let of_other = fs::read_to_string(files(&other).key).unwrap();
        fs::write(&next, unused.replace(old.lines().nth(1).unwrap(), of_other.lines().nth(1).unwrap()))
            .unwrap();
        let _ = renewed(&demo, &[]);
        assert!(!next.exists());
        // After it has signed, and before it stands in its place.
        let (made, published) = (fs::read_to_string(&key).unwrap(), fs::read_to_string(&public).unwrap());
        fs::rename(&key, &next).unwrap();
        fs::write(&key, &old).unwrap();
        let _ = renewed(&demo, &[]);
        assert_eq!(fs::read_to_string(&key).unwrap(), made, "it is that one, and no further one");
        assert_eq!(fs::read_to_string(&public).unwrap(), published);
        assert!(!next.exists());
        demo.serve();
        look(&demo);
        signed(&demo);
    }
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
