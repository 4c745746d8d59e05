//! Events in disorder, twice and broken, from a registry that is away a tenth of the time, to servers that are killed again
//! and again, two of them on PostgreSQL: nothing is lost, nothing written twice, what is broken is parked
//! (`docs/registry-sync.md`, section 5).
//!
//! `HEALTHBOOK_TEST_EVENTS`, `HEALTHBOOK_TEST_PEOPLE` and `HEALTHBOOK_TEST_KILLS` make it larger.

use std::thread;
use std::time::Instant;

use population_registry::simulator::model_after;
use serde_json::Value;
use test_support::{Backend, TestDatabase, TestServer};

use crate::registry_sync_feed::{
    Feed, LOOK, SEED, count, disorderly, expected, find, nothing_twice, number_of, outcomes, parked, stored,
    told,
};
use crate::support::program::Caller;
use crate::support::start;

/// The servers, and what they have told of events so far.
struct Servers<'a> {
    database: &'a TestDatabase,
    arguments: [&'a str; 2],
    running: Vec<(TestServer, u64)>,
    /// What those told who are gone.
    gone: u64,
}

impl<'a> Servers<'a> {
    fn start(database: &'a TestDatabase, registry: &'a str, many: usize) -> Self {
        let arguments = ["--registry", registry];
        let running = (0..many).map(|_| (start(database, &arguments), 0)).collect();
        Self { database, arguments, running, gone: 0 }
    }

    /// Looks at all; tells which one is at work.
    fn look(&mut self) -> Option<usize> {
        let mut at_work = None;
        for (place, (server, last)) in self.running.iter_mut().enumerate() {
            let now = count(&outcomes(server));
            if now > *last {
                at_work = Some(place);
            }
            *last = now;
        }
        at_work
    }

    fn handled(&self) -> u64 {
        self.gone + self.running.iter().map(|(_, last)| last).sum::<u64>()
    }

    fn kill(&mut self, place: usize) {
        let (server, last) = &mut self.running[place];
        server.kill9();
        self.gone += *last;
        self.running[place] = (start(self.database, &self.arguments), 0);
    }
}

#[test]
fn nothing_is_lost_and_nothing_written_twice_whoever_is_killed() {
    let people = number_of("HEALTHBOOK_TEST_PEOPLE", 250);
    let events = number_of("HEALTHBOOK_TEST_EVENTS", 2_500);
    let kills = number_of("HEALTHBOOK_TEST_KILLS", 3);
    for database in TestDatabase::each() {
        let simulator = disorderly(people, events);
        let feed = Feed::of(&simulator);
        let many = if database.backend() == Backend::Postgres { 2 } else { 1 };
        let begin = Instant::now();
        let mut servers = Servers::start(&database, &simulator.base, many);
        for kill in 1..=kills {
            // In the middle of a page, whoever is at it; the pages are spread over the feed.
            let wanted = feed.deliveries as u64 * (2 * kill - 1) / (2 * kills + 1);
            let place = loop {
                let at_work = servers.look();
                if let Some(place) = at_work.filter(|_| servers.handled() >= wanted) {
                    break place;
                }
                thread::sleep(LOOK);
            };
            servers.kill(place);
        }
        let server = &servers.running[0].0;
        let caller = Caller::unlimited(server);
        let model = |person| model_after(SEED, people, events, person).filter(|(_, version)| *version > 0);
        for person in 0..people {
            let Some((record, version)) = model(person) else { continue };
            assert_eq!(feed.last.get(&person), Some(&version), "the feed tells what the model says");
            // What is there stays there: the next one is looked at only then.
            while stored(&caller, &record) != Some(version) {
                thread::sleep(LOOK);
            }
        }
        let taken = begin.elapsed();
        let mut versions = 0;
        for person in 0..people {
            let Some((record, version)) = model(person) else { continue };
            let found = find(&caller, &record);
            assert_eq!(found.len(), 1, "person {person}");
            assert_eq!(told(&found[0]), expected(&record, version), "person {person}");
            versions += written(&caller, &found[0], person);
        }
        let parked = parked(&database, feed.broken.len());
        let rate = feed.deliveries as f64 / taken.as_secs_f64();
        println!(
            "{:?}: {people} people, {events} events, {} deliveries in {taken:.1?} with {kills} kills of {many} server(s) and \
             outages: {rate:.0} a second; {versions} versions written, 0 lost, 0 twice, {parked} parked",
            database.backend(),
            feed.deliveries,
        );
    }
}

/// How many versions a person has, none of them by a record that was applied twice.
fn written(caller: &Caller<'_>, patient: &Value, person: u64) -> usize {
    let id = patient["id"].as_str().unwrap();
    let history = caller.resources(&format!("/fhir/Patient/{id}/_history?_count=100"));
    nothing_twice(&history, person);
    history.len()
}
