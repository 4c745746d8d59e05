//! `healthbook registry backfill`: everybody is taken over once, whoever is killed on the way, beside a server that follows
//! the feed (`docs/registry-sync.md`, section 7).
//!
//! `HEALTHBOOK_BACKFILL_PEOPLE` makes it larger.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use population_registry::simulator::model_after;
use population_registry::{BirthDate, Status};
use serde_json::Value;
use test_support::{Backend, TemporaryDirectory, TestDatabase};

use crate::registry_simulator::Simulator;
use crate::registry_sync::SYSTEM;
use crate::registry_sync_feed::{SEED, expected, find, nothing_twice, number_of, stored, told};
use crate::support::program::{Caller, program, run, words};
use crate::support::{matches, start};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Until what must come has come.
const PATIENCE: Duration = Duration::from_secs(60);

struct Backfill<'a> {
    database: &'a TestDatabase,
    registry: &'a str,
    folder: TemporaryDirectory,
}

impl Backfill<'_> {
    fn spawn(&self, more: &[&str]) -> Child {
        let mut command = program(self.folder.path());
        command.args([
            "registry",
            "backfill",
            "--registry",
            self.registry,
            "--database",
            self.database.url(),
        ]);
        command.args(more);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// What is told of all processes together.
    fn line(&self) -> String {
        let asked = ["registry", "backfill", "--progress", "--database", self.database.url()];
        let output = run(self.folder.path(), &asked);
        // What it logs tells the time.
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// People who were looked at; none before it has begun.
    fn people(&self) -> u64 {
        self.line().split(" of ").next().and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }
}

#[test]
fn everybody_is_taken_over_once_whoever_is_killed_and_what_happens_meanwhile_wins() {
    let people = number_of("HEALTHBOOK_BACKFILL_PEOPLE", 400);
    let events = people * 2;
    // Of two events for each person one has happened, the other happens on the way.
    let rate = (people as f64 / 15.0).max(1.0);
    for database in TestDatabase::each() {
        let simulator = Simulator::start(&[
            "--people",
            &people.to_string(),
            "--events",
            &events.to_string(),
            "--events-per-second",
            &rate.to_string(),
            "--error-rate",
            "0.02",
        ]);
        let server = start(&database, &["--registry", &simulator.base]);
        let backfill =
            Backfill { database: &database, registry: &simulator.base, folder: TemporaryDirectory::new() };
        let many = if database.backend() == Backend::Postgres { 2 } else { 1 };
        let begin = Instant::now();
        for round in 1..=3 {
            let mut running: Vec<Child> = (0..many).map(|_| backfill.spawn(&[])).collect();
            while backfill.people() < people * round / 5 {
                thread::sleep(LOOK);
            }
            for child in &mut running {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
        let mut running: Vec<Child> = (0..many).map(|_| backfill.spawn(&[])).collect();
        for child in &mut running {
            assert!(child.wait().unwrap().success(), "{}", backfill.line());
        }
        let taken = begin.elapsed();
        let line = backfill.line();
        assert!(
            // Who is not born yet is counted among the people of the registry, and not taken over.
            line.contains("64 of 64 taken over") && line.contains(" 0 parked"),
            "{line}"
        );
        let caller = Caller::unlimited(&server);
        let mut pair = None;
        for person in 0..people {
            let (record, version) =
                model_after(SEED, people, events, person).expect("all are born in the end");
            while stored(&caller, &record) != Some(version) {
                thread::sleep(LOOK);
            }
            let found = find(&caller, &record);
            assert_eq!(found.len(), 1, "person {person}");
            assert_eq!(told(&found[0]), expected(&record, version), "person {person}");
            let id = found[0]["id"].as_str().unwrap();
            let history = caller.resources(&format!("/fhir/Patient/{id}/_history?_count=100"));
            nothing_twice(&history, person);
            let Some(representative) = &record.relationships.representative else { continue };
            let is_minor = matches!(record.birth_date, BirthDate::Day(day) if day.year() >= 2012);
            let number = representative.number.as_ref().map(|number| number.as_str());
            if is_minor && record.status == Status::Alive && number.is_some_and(|it| is_there(&caller, it)) {
                // What follows of a record is done after it is written.
                wait_for_guardian(&caller, id, person);
                pair = number.map(|number| (record.number.clone(), number.to_owned(), id.to_owned(), person));
            }
        }
        // A second time nothing is left.
        let begun = Instant::now();
        assert!(backfill.spawn(&[]).wait().unwrap().success());
        assert_eq!(backfill.line(), line);
        let again = begun.elapsed();
        // Begun again, all that follows is done for those, too, who stand in the book.
        let (child, guardian, id, person) = pair.expect("a minor has a guardian");
        let arguments = ["guardian", "remove", "--child", child.as_str(), "--guardian", guardian.as_str()];
        let more = ["--source", "court", "--database", database.url()];
        let removed = run(backfill.folder.path(), &[&arguments[..], &more].concat());
        assert!(removed.status.success(), "{}", words(&removed));
        assert!(guardians(&caller, &id).is_empty());
        assert!(backfill.spawn(&["--again"]).wait().unwrap().success());
        wait_for_guardian(&caller, &id, person);
        println!(
            "{:?}: {people} people by {many} process(es), killed 3 times, in {taken:.1?}; a second time in {:.1?}; {}",
            database.backend(),
            again,
            line.trim()
        );
    }
}

fn guardians(caller: &Caller<'_>, child: &str) -> Vec<Value> {
    matches(&caller.read(&format!("/fhir/Consent?patient={child}&status=active")))
}

fn wait_for_guardian(caller: &Caller<'_>, child: &str, person: u64) {
    let end = Instant::now() + PATIENCE;
    while guardians(caller, child).is_empty() {
        assert!(Instant::now() < end, "the representative of {person} is no guardian");
        thread::sleep(LOOK);
    }
}

/// Whether somebody living has this number in the book: the death of a guardian ends the guardianship.
fn is_there(caller: &Caller<'_>, number: &str) -> bool {
    let found = matches(&caller.read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{number}")));
    found.first().is_some_and(|it| {
        it["active"] == true && it["deceasedDateTime"].is_null() && it["deceasedBoolean"].is_null()
    })
}

#[test]
fn without_a_registry_or_a_beginning_it_says_so() {
    let database = TestDatabase::sqlite();
    drop(start(&database, &[]));
    let folder = TemporaryDirectory::new();
    let asked = |more: &[&str]| {
        let arguments = [&["registry", "backfill", "--database", database.url()], more].concat();
        run(folder.path(), &arguments)
    };
    let without = asked(&[]);
    assert!(!without.status.success() && words(&without).contains("--registry"), "{}", words(&without));
    let progress = asked(&["--progress"]);
    assert!(progress.status.success() && words(&progress).contains("nothing is taken over yet"));
}
