//! Many patches of one resource at the same moment: no change is lost.

use test_support::{Response, TestDatabase, TestServer};

use crate::patch::{JSON_PATCH, fhirpath_patch, json_patch, parameters, parts};
use crate::patch_bundle::binary;
use crate::support::bodies::{bundle, entry_with, patient, patient_at};
use crate::support::{Fhir, on_each, start};

/// Each of many writers adds what is its own, at the same moment; nothing is lost.
fn race(servers: &[&TestServer]) {
    const WRITERS: usize = 24;
    let stored = servers[0].create(&patient_at("raced", "Đua"));
    let barrier = std::sync::Barrier::new(WRITERS);
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|index| {
                let (barrier, client, path) = (&barrier, servers[index % servers.len()].client(), stored.path());
                scope.spawn(move || {
                    barrier.wait();
                    if index % 2 == 0 {
                        let patch = format!(r#"[{{"op":"add","path":"/name/-","value":{{"text":"{index}"}}}}]"#);
                        json_patch(client, &path, &patch)
                    } else {
                        let more = format!(r#"{{"name":"name","valueString":"name"}},{{"name":"value","valueHumanName":{{"text":"{index}"}}}}"#);
                        fhirpath_patch(client, &path, &parameters(&[&parts("add", "Patient", &more)]))
                    }
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut tags: Vec<u64> = Vec::new();
    for answer in answers {
        let answer = answer.expect_status(200);
        tags.push(answer.header("ETag").unwrap()[3..].trim_end_matches('"').parse().unwrap());
    }
    tags.sort_unstable();
    assert_eq!(tags, (2..=WRITERS as u64 + 1).collect::<Vec<_>>(), "each made a version of its own");
    for server in servers {
        let read = server.read(&stored.path());
        let mut names: Vec<usize> = read["name"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|name| name["text"].as_str()?.parse().ok())
            .collect();
        names.sort_unstable();
        assert_eq!(names, (0..WRITERS).collect::<Vec<_>>());
    }
}

#[test]
fn writers_of_different_elements_lose_nothing() {
    for database in TestDatabase::each() {
        race(&[&start(&database, &[])]);
    }
    let Some(database) = TestDatabase::postgres() else { return };
    race(&[&start(&database, &[]), &start(&database, &[])]);
}

#[test]
fn of_many_who_name_one_version_one_patches() {
    on_each(|server| {
        const WRITERS: usize = 16;
        let path = server.create(&patient(1)).path();
        let barrier = std::sync::Barrier::new(WRITERS);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..WRITERS)
                .map(|index| {
                    let (barrier, client, path) = (&barrier, server.client(), path.as_str());
                    scope.spawn(move || {
                        barrier.wait();
                        let patch =
                            format!(r#"[{{"op":"replace","path":"/name/0/family","value":"Tên {index}"}}]"#);
                        let headers = [("Content-Type", JSON_PATCH), ("If-Match", r#"W/"1""#)];
                        client.request("PATCH", path, &headers, patch.as_bytes()).status
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(200), count(412)), (1, WRITERS - 1), "{statuses:?}");
        assert_eq!(server.read(&path)["meta"]["versionId"], "2");
    });
}

/// Transactions and single patches of one resource at the same moment.
#[test]
fn nothing_is_lost_between_transactions() {
    on_each(|server| {
        const WRITERS: usize = 8;
        let stored = server.put(&patient_at("raced", "Đua")).expect_status(201);
        assert!(stored.header("ETag").is_some());
        let barrier = std::sync::Barrier::new(WRITERS);
        std::thread::scope(|scope| {
            for index in 0..WRITERS {
                let (barrier, client) = (&barrier, server.client());
                scope.spawn(move || {
                    let patch = format!(r#"[{{"op":"add","path":"/name/-","value":{{"text":"{index}"}}}}]"#);
                    barrier.wait();
                    if index % 2 == 0 {
                        let _ = json_patch(client, "/fhir/Patient/raced", &patch).expect_status(200);
                    } else {
                        let sent = [entry_with("PATCH", "Patient/raced", &binary(&patch))];
                        let _ = client.bundle(bundle("transaction", &sent)).expect_status(200);
                    }
                });
            }
        });
        let read = server.read("/fhir/Patient/raced");
        assert_eq!(read["meta"]["versionId"], (WRITERS + 1).to_string());
        assert_eq!(read["name"].as_array().unwrap().len(), WRITERS + 1);
    });
}
