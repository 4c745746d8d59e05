//! Many at once: one wins, the others learn it.

use std::sync::Barrier;
use std::thread;

use test_support::{HttpClient, Response, TestDatabase, TestServer};

use crate::support::bodies::{NUMBERS, patient, patient_at};
use crate::support::{FHIR_JSON, Fhir, Stored, citizen_number, encode, start};

const PARALLEL: usize = 64;

/// How often each race is run.
fn rounds() -> u64 {
    std::env::var("HEALTHBOOK_ROUNDS")
        .map_or(20, |rounds| rounds.parse().expect("HEALTHBOOK_ROUNDS is a number"))
}

/// All at the same moment, each on a connection of its own, spread over the servers.
fn all_at_once(
    clients: &[&HttpClient],
    send: impl Fn(usize, &HttpClient) -> Response + Sync,
) -> Vec<Response> {
    let barrier = Barrier::new(PARALLEL);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..PARALLEL)
            .map(|index| {
                let (barrier, send, client) = (&barrier, &send, clients[index % clients.len()]);
                scope.spawn(move || {
                    barrier.wait();
                    send(index, client)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("the request was answered")).collect()
    })
}

fn count(answers: &[Response], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[track_caller]
fn expect_one(answers: &[Response], winner: u16, loser: u16) {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!((count(answers, winner), count(answers, loser)), (1, PARALLEL - 1), "{statuses:?}");
}

/// Bar 2 of issue 2.
fn race_of_creates(servers: &[&TestServer]) {
    let clients: Vec<&HttpClient> = servers.iter().map(|server| server.client()).collect();
    for round in 0..rounds() {
        let criteria = format!("identifier={}", encode(&format!("{NUMBERS}|{}", citizen_number(round))));
        let answers = all_at_once(&clients, |_, client| {
            let headers = [("Content-Type", FHIR_JSON), ("If-None-Exist", criteria.as_str())];
            client.request("POST", "/fhir/Patient", &headers, patient(round).as_bytes())
        });
        expect_one(&answers, 201, 200);
        let made = Stored::at(
            answers.iter().find(|answer| answer.status == 201).unwrap().header("Location").unwrap(),
        );
        for answer in &answers {
            assert_eq!(
                Stored::at(answer.header("Location").unwrap()).id,
                made.id,
                "all are told of the same person"
            );
        }
        for server in servers {
            assert_eq!(server.ids(&format!("/fhir/Patient?{criteria}")), [made.id.as_str()]);
        }
    }
}

/// Bar 3 of issue 2.
fn race_of_updates(servers: &[&TestServer]) {
    let clients: Vec<&HttpClient> = servers.iter().map(|server| server.client()).collect();
    let stored = servers[0].create(&patient_at("same", "Giống nhau"));
    let path = stored.path();
    for round in 0..rounds() {
        let tag = format!("W/\"{}\"", round + 1);
        let answers = all_at_once(&clients, |index, client| {
            // In every second round all send what is stored already: that too is a new version.
            let family =
                if round % 2 == 0 { format!("Tên {round} {index}") } else { "Giống nhau".to_owned() };
            let headers = [("Content-Type", FHIR_JSON), ("If-Match", tag.as_str())];
            client.request("PUT", &path, &headers, patient_at(&stored.id, &family).as_bytes())
        });
        expect_one(&answers, 200, 412);
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
        assert_eq!(winner.header("ETag"), Some(format!("W/\"{}\"", round + 2).as_str()));
        for server in servers {
            let read = server.http().get(&path).expect_status(200);
            assert_eq!(read.header("ETag"), winner.header("ETag"));
        }
    }
}

/// Without conditions all are carried out, one after the other.
fn race_of_blind_updates(servers: &[&TestServer]) {
    let clients: Vec<&HttpClient> = servers.iter().map(|server| server.client()).collect();
    let answers = all_at_once(&clients, |index, client| {
        client.send_fhir("PUT", "/fhir/Patient/blind", patient_at("blind", &format!("Tên {index}")))
    });
    expect_one(&answers, 201, 200);
    let mut tags: Vec<u64> = answers
        .iter()
        .map(|answer| answer.header("ETag").unwrap()[3..].trim_end_matches('"').parse().unwrap())
        .collect();
    tags.sort_unstable();
    assert_eq!(tags, (1..=PARALLEL as u64).collect::<Vec<_>>(), "versions without gap or repetition");
}

fn all_races(servers: &[&TestServer]) {
    race_of_creates(servers);
    race_of_updates(servers);
    race_of_blind_updates(servers);
}

#[test]
fn one_server_on_each_backend() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        all_races(&[&server]);
    }
}

#[test]
fn two_servers_on_one_postgresql() {
    let Some(database) = TestDatabase::postgres() else { return };
    let first = start(&database, &[]);
    let second = start(&database, &[]);
    all_races(&[&first, &second]);
}
