//! History of an instance, a type, the system.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use test_support::TestServer;

use crate::support::bodies::{bundle, entry_with, observation, organization, patient, patient_at};
use crate::support::{Fhir, Stored, encode, entries, expect_refusal, on_each, sorted, text};

fn pause() {
    thread::sleep(Duration::from_millis(30));
}

/// `Type/id/version method` of each entry.
#[track_caller]
fn told(bundle: &Value) -> Vec<String> {
    assert_eq!(bundle["type"], "history", "{bundle}");
    entries(bundle)
        .iter()
        .map(|entry| {
            let version = text(&entry["response"]["etag"]);
            let method = text(&entry["request"]["method"]);
            let full_url = text(&entry["fullUrl"]);
            let mut parts = full_url.rsplit('/');
            let (id, kind) = (parts.next().unwrap(), parts.next().unwrap());
            format!("{kind}/{id}/{} {method}", version.trim_start_matches("W/").trim_matches('"'))
        })
        .collect()
}

/// Created, updated, deleted, brought back.
fn a_life(server: &TestServer) -> Stored {
    let stored = server.create(&patient(1));
    pause();
    let _ = server.put(&patient_at(&stored.id, "Hai")).expect_status(200);
    pause();
    server.http().request("DELETE", &stored.path(), &[], b"");
    pause();
    assert!(server.put(&patient_at(&stored.id, "Bốn")).status < 300);
    pause();
    stored
}

#[test]
fn the_history_of_an_instance_tells_each_version_newest_first() {
    on_each(|server| {
        let stored = a_life(server);
        server.create(&patient(2));
        let history = server.searchset(&format!("{}/_history", stored.path()));
        assert_eq!(history["total"], 4);
        let it = stored.reference();
        assert_eq!(
            told(&history),
            [format!("{it}/4 PUT"), format!("{it}/3 DELETE"), format!("{it}/2 PUT"), format!("{it}/1 POST")]
        );
        let all = entries(&history);
        for (entry, (status, version)) in
            all.iter().zip([("20", "4"), ("204", "3"), ("200", "2"), ("201", "1")])
        {
            assert!(text(&entry["response"]["status"]).starts_with(status), "{entry}");
            assert!(entry["response"]["lastModified"].is_string(), "{entry}");
            assert!(text(&entry["fullUrl"]).starts_with(server.base_url()));
            let url = text(&entry["request"]["url"]);
            if entry["request"]["method"] == "POST" {
                assert_eq!(url, "Patient")
            } else {
                assert_eq!(url, it)
            }
            if version == "3" {
                assert!(entry.get("resource").is_none(), "a deletion has no resource: {entry}");
            } else {
                assert_eq!(entry["resource"]["meta"]["versionId"], version);
                assert_eq!(entry["resource"]["meta"]["lastUpdated"], entry["response"]["lastModified"]);
            }
        }
        let self_link = crate::support::link(&history, "self").expect("a self link");
        assert!(self_link.starts_with(server.base_url()));
        let instants: Vec<String> =
            all.iter().map(|entry| text(&entry["response"]["lastModified"])).collect();
        assert!(instants.windows(2).all(|pair| pair[0] >= pair[1]), "{instants:?}");
        // The history of what is deleted can be read still.
        server.http().request("DELETE", &stored.path(), &[], b"");
        assert_eq!(told(&server.searchset(&format!("{}/_history", stored.path()))).len(), 5);
        expect_refusal("of nothing", &server.http().get("/fhir/Patient/never-was/_history"), 404);
    });
}

#[test]
fn the_histories_of_a_type_and_of_the_system() {
    on_each(|server| {
        let person = a_life(server);
        let group = server.create(&organization("Bệnh viện"));
        pause();
        let value = server.create(&observation(&person.reference()));
        let of_patients = server.searchset("/fhir/Patient/_history");
        assert_eq!(told(&of_patients).len(), 4);
        assert_eq!(of_patients["total"], 4);
        let all = server.searchset("/fhir/_history");
        assert_eq!(all["total"], 6);
        let all = told(&all);
        assert_eq!(all[0], format!("{}/1 POST", value.reference()));
        assert_eq!(all[1], format!("{}/1 POST", group.reference()));
        assert_eq!(all[2..], told(&of_patients)[..]);
        assert_eq!(told(&server.searchset("/fhir/Medication/_history")), [""; 0]);
        assert_eq!(server.http().get("/fhir/Nonsense/_history").status, 404);

        // What a transaction did is told entry by entry.
        let sent = bundle(
            "transaction",
            &[
                entry_with("POST", "Patient", &patient(5)),
                entry_with("PUT", "Patient/p", &patient_at("p", "X")),
            ],
        );
        let _ = server.bundle(sent).expect_status(200);
        let told = told(&server.searchset("/fhir/Patient/_history?_count=2"));
        assert_eq!(
            sorted(told.iter().map(|entry| entry.rsplit(' ').next().unwrap()).collect()),
            ["POST", "PUT"]
        );
    });
}

#[test]
fn pages_lead_to_the_end_without_loss_or_repetition_while_others_write() {
    on_each(|server| {
        let mut expected = Vec::new();
        for index in 0..10 {
            let stored = server.create(&patient(index));
            server.put(&patient_at(&stored.id, "Hai")).expect_status(200).header("ETag").unwrap();
            expected
                .extend([format!("{}/1 POST", stored.reference()), format!("{}/2 PUT", stored.reference())]);
        }
        expected.reverse();
        for path in ["/fhir/_history", "/fhir/Patient/_history"] {
            let mut walked = Vec::new();
            let mut next = Some(format!("{path}?_count=3"));
            while let Some(path) = next {
                let page = server.searchset(&path);
                let entries = told(&page);
                assert!(entries.len() <= 3 && (!entries.is_empty() || walked.len() >= expected.len()));
                walked.extend(entries);
                next = crate::support::link(&page, "next").map(|url| crate::support::path_of(&url));
                // Others go on writing: new resources, new versions of old ones.
                server.create(&organization("Mới"));
                let stored = server.create(&patient(99));
                server.http().request("DELETE", &stored.path(), &[], b"");
                assert!(walked.len() < 200, "no end");
            }
            // What was there at the start, each once, in order; what came later may show at the front only.
            let old: Vec<String> = walked.iter().filter(|entry| expected.contains(entry)).cloned().collect();
            assert_eq!(old, expected, "{path}");
            let distinct: std::collections::BTreeSet<_> = walked.iter().collect();
            assert_eq!(distinct.len(), walked.len(), "nothing twice");
        }
    });
}

#[test]
fn since_and_at() {
    on_each(|server| {
        let stored = a_life(server);
        let path = format!("{}/_history", stored.path());
        let all = entries(&server.searchset(&path));
        let instant = |version: usize| text(&all[4 - version]["response"]["lastModified"]);
        let versions = |query: &str| -> Vec<String> {
            let told = told(&server.searchset(&format!("{path}?{query}")));
            told.iter().map(|entry| entry.rsplit('/').next().unwrap()[..1].to_owned()).collect()
        };
        // "created at or after the given instant"
        assert_eq!(versions(&format!("_since={}", encode(&instant(3)))), ["4", "3"]);
        assert_eq!(versions(&format!("_since={}", encode(&instant(1)))), ["4", "3", "2", "1"]);
        assert!(versions("_since=2100-01-01T00:00:00Z").is_empty());
        assert_eq!(versions("_since=2001-01-01T00:00:00%2B07:00").len(), 4);
        // "current at some point during the time period"
        assert_eq!(versions(&format!("_at={}", encode(&instant(1)))), ["1"]);
        assert_eq!(versions(&format!("_at={}", encode(&instant(2)))), ["2"]);
        assert_eq!(versions(&format!("_at={}", encode(&instant(4)))), ["4"]);
        assert!(versions("_at=2001-01-01").is_empty(), "before it was");
        let year = &instant(1)[..4];
        assert_eq!(versions(&format!("_at={year}")).len(), 4, "all were current in this year");
        for query in ["_since=yesterday", "_at=yesterday", "_count=x", "_since=2001-13-01T00:00:00Z"] {
            expect_refusal(query, &server.http().get(&format!("{path}?{query}")), 400);
        }
        // Of the system too.
        let since = server.searchset(&format!("/fhir/_history?_since={}", encode(&instant(3))));
        assert_eq!(told(&since).len(), 2);
        let at = server.searchset(&format!("/fhir/Patient/_history?_at={}", encode(&instant(2))));
        assert_eq!(told(&at), [format!("{}/2 PUT", stored.reference())]);
    });
}
