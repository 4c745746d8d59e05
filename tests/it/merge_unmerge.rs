//! Two books that become one and two again (docs/merging.md): several facilities write and read in between, and then each
//! entry is where it came from, with its versions, and exactly those who read are told.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{HttpClient, Response, TestDatabase, TestServer};

use crate::sharing_gate::staff;
use crate::support::program::{Caller, Demo, program, words};
use crate::support::{FHIR_JSON, body, entries, expect_refusal, matches, start, text};

fn made(caller: &Caller<'_>, resource: &Value) -> String {
    let path = format!("/fhir/{}", text(&resource["resourceType"]));
    let headers = [("Prefer", "return=representation")];
    let answer = caller.send_with("POST", &path, &headers, &resource.to_string());
    text(&body(&answer.expect_status(201))["id"])
}

fn person(name: &str) -> Value {
    json!({"resourceType": "Patient", "active": true, "name": [{"text": name}]})
}

fn visit(of: &str, organization: &str) -> Value {
    json!({"resourceType": "Encounter", "status": "in-progress", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": format!("Patient/{of}")}, "serviceProvider": {"reference": format!("Organization/{organization}")},
        "period": {"start": "2026-01-01"}})
}

fn finding(of: &str, visit: Option<&str>, value: u32) -> Value {
    let mut finding = json!({"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]},
        "subject": {"reference": format!("Patient/{of}")}, "effectiveDateTime": "2026-01-01",
        "valueQuantity": {"value": value, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"}});
    if let Some(visit) = visit {
        finding["encounter"] = json!({"reference": format!("Encounter/{visit}")});
    }
    finding
}

fn operation(caller: &Caller<'_>, survivor: &str, name: &str, other: &str) -> Response {
    let parameters = json!({"resourceType": "Parameters", "parameter": [
        {"name": "other", "valueReference": {"reference": format!("Patient/{other}")}}]});
    caller.send("POST", &format!("/fhir/Patient/{survivor}/{name}"), &parameters.to_string())
}

/// Ids of what a search finds.
fn found(caller: &Caller<'_>, query: &str) -> BTreeSet<String> {
    caller.resources(&format!("/fhir/{query}")).iter().map(|it| text(&it["id"])).collect()
}

fn ids<const N: usize>(ids: [&String; N]) -> BTreeSet<String> {
    ids.into_iter().cloned().collect()
}

/// Every version of a resource, as it is sent.
fn versions(caller: &Caller<'_>, kind: &str, id: &str) -> Vec<String> {
    let newest = caller.read(&format!("/fhir/{kind}/{id}"));
    let newest: u32 = text(&newest["meta"]["versionId"]).parse().unwrap();
    (1..=newest)
        .map(|version| {
            caller.get(&format!("/fhir/{kind}/{id}/_history/{version}")).expect_status(200).text().to_owned()
        })
        .collect()
}

/// Code and `Organization` of facilities of the demo.
fn facilities(demo: &Demo) -> Vec<(String, String)> {
    let all = demo.description["facilities"].as_array().unwrap();
    all.iter().map(|it| (text(&it["code"]), text(&it["organization_id"]))).collect()
}

#[test]
fn each_entry_comes_back_and_exactly_those_who_read_are_told() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let facilities = facilities(&demo);
        let physician = |index: usize| staff(&demo, &facilities[index].0, "physician", "TREAT");
        let [of_a, of_b, before, after] = [0, 1, 2, 3].map(physician);
        let (a, b) = (made(&all, &person("A")), made(&all, &person("B")));
        let in_a = made(&all, &visit(&a, &facilities[0].1));
        let in_b = made(&all, &visit(&b, &facilities[1].1));
        let early = made(&all, &visit(&a, &facilities[2].1));
        made(&all, &visit(&a, &facilities[3].1));
        let old_a = made(&of_a, &finding(&a, Some(&in_a), 160));
        let old_b = made(&of_b, &finding(&b, Some(&in_b), 170));
        let path_b = format!("/fhir/Observation/{old_b}");
        let own_b = of_b.read(&format!("/fhir/Patient/{b}"));
        assert_eq!(found(&before, &format!("Observation?patient={a}")), ids([&old_a]));
        let (kept_a, kept_b) = (versions(&all, "Observation", &old_a), versions(&all, "Observation", &old_b));

        let survivor = body(&operation(&all, &a, "$link", &b).expect_status(200));
        assert_eq!(survivor["id"], a);
        let replaces = json!([{"other": {"reference": format!("Patient/{b}")}, "type": "replaces"}]);
        assert_eq!(survivor["link"], replaces);

        // Whoever is in the survivor's book reads both; whoever is in the other's reads that alone.
        for name in [&a, &b] {
            assert_eq!(found(&of_a, &format!("Observation?patient={name}")), ids([&old_a, &old_b]));
            assert_eq!(found(&of_b, &format!("Observation?patient={name}")), ids([&old_b]));
        }
        assert_eq!(found(&of_a, &format!("Patient/{a}/Observation")), ids([&old_a, &old_b]));
        let book: BTreeSet<String> = entries(&of_a.read(&format!("/fhir/Patient/{a}/$everything")))
            .iter()
            .map(|it| text(&it["resource"]["id"]))
            .collect();
        assert!(book.is_superset(&ids([&a, &b, &old_a, &old_b, &in_a, &in_b])), "{book:?}");
        let standing = of_a.get(&format!("/fhir/Patient/{b}")).expect_status(200);
        assert_eq!((standing.header("ETag"), standing.header("Last-Modified")), (None, None));
        assert!(standing.header("Content-Location").unwrap().ends_with(&format!("/Patient/{a}/_history/2")));
        assert_eq!(body(&standing)["id"], a);
        let tagged = [("If-None-Match", "W/\"2\""), ("If-None-Match", "W/\"1\"")];
        for tag in tagged {
            let answer = of_a.send_with("GET", &format!("/fhir/Patient/{b}"), &[tag], "");
            assert_eq!(answer.status, 200, "a tag of another resource: {tag:?}");
        }
        let own = of_b.read(&format!("/fhir/Patient/{b}"));
        assert_eq!((&own["id"], &own["active"]), (&json!(b), &json!(false)), "who does not see the survivor");
        expect_refusal(
            "link by FHIR",
            &of_a.send("PUT", &format!("/fhir/Patient/{b}"), &own_b.to_string()),
            403,
        );
        expect_refusal("nobody's", &operation(&of_a, &a, "$unlink", &b), 403);

        // Interleaved writes of both.
        let mut changed = of_b.read(&path_b);
        changed["valueQuantity"]["value"] = json!(171);
        let _ = of_b.send("PUT", &path_b, &changed.to_string()).expect_status(200);
        let of_visit = made(&of_a, &finding(&a, Some(&in_a), 161));
        let new_b = made(&of_b, &finding(&b, Some(&in_b), 172));
        let unclear = made(&of_a, &finding(&a, None, 162));
        let mut moved = all.read(&format!("/fhir/Observation/{old_b}"));
        moved["subject"]["reference"] = json!(format!("Patient/{a}"));
        moved.as_object_mut().unwrap().remove("encounter");
        let _ = all.send("PUT", &path_b, &moved.to_string()).expect_status(200);
        let in_between = versions(&all, "Observation", &old_b);
        assert_eq!(in_between.len(), 3);

        let _ = operation(&all, &a, "$unlink", &b).expect_status(200);
        for (index, reader) in [&of_a, &all].into_iter().enumerate() {
            assert_eq!(
                found(reader, &format!("Observation?patient={a}")),
                ids([&old_a, &of_visit, &unclear]),
                "{index}"
            );
        }
        assert_eq!(found(&all, &format!("Observation?patient={b}")), ids([&old_b, &new_b]));
        assert_eq!(found(&of_a, &format!("Observation?patient={b}")), BTreeSet::new());
        expect_refusal("apart", &of_a.get(&format!("/fhir/Patient/{b}")), 404);
        assert_eq!(versions(&all, "Observation", &old_a), kept_a, "nothing has touched it");
        let back = versions(&all, "Observation", &old_b);
        assert_eq!((&back[..1], &back[..3]), (&kept_b[..], &in_between[..]), "each version as it was");
        assert_eq!(body_of(&back[3])["subject"]["reference"], format!("Patient/{b}"));
        let (person_a, person_b) =
            (all.read(&format!("/fhir/Patient/{a}")), all.read(&format!("/fhir/Patient/{b}")));
        assert_eq!((person_a.get("link"), person_b.get("link")), (None, None));
        assert_eq!((&person_b["active"], &person_b["id"]), (&json!(true), &json!(b)));

        // Who reads afterwards has read nothing mixed.
        assert!(found(&after, &format!("Observation?patient={a}")).contains(&old_a));
        let tasks = all.resources("/fhir/Task?code=recall");
        let told: BTreeSet<(String, String)> = tasks
            .iter()
            .map(|task| (text(&task["owner"]["reference"]), text(&task["for"]["reference"])))
            .collect();
        let [first, second] = [0, 1].map(|index: usize| format!("Organization/{}", facilities[index].1));
        let [book_a, book_b] = [&a, &b].map(|id| format!("Patient/{id}"));
        let expected = [(&first, &book_a), (&first, &book_b), (&second, &book_b)];
        assert_eq!(told, expected.map(|(who, whose)| (who.clone(), whose.clone())).into());
        assert_eq!(tasks.len(), told.len());
        for task in tasks.iter().filter(|task| task["for"]["reference"] == json!(book_a)) {
            assert!(!task.to_string().contains(&b), "the book of one does not tell of the other: {task}");
        }
        let officer = staff(&demo, &facilities[1].0, "facility-officer", "HOPERAT");
        let mine = matches(&officer.read("/fhir/Task?code=recall"));
        assert!(mine.iter().any(|task| task["owner"]["reference"] == json!(second)), "{mine:?}");
        let stranger = staff(&demo, &facilities[4].0, "facility-officer", "HOPERAT");
        assert_eq!(matches(&stranger.read("/fhir/Task?code=recall")).len(), 0);

        let listed = program(demo.folder.path())
            .args(["registry", "work-list", "--database", demo.database.url()])
            .output()
            .unwrap();
        assert!(words(&listed).contains("origin (parting)  1\n1 to decide"), "{}", words(&listed));
        let _ = early;
    }
}

fn body_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Whether two are one: 2, 1 or 0 of the two links.
fn links(caller: &Caller<'_>, a: &str, b: &str) -> usize {
    [a, b]
        .iter()
        .filter(|id| {
            caller.read(&format!("/fhir/Patient/{id}/_history"))["entry"][0]["resource"].get("link").is_some()
        })
        .count()
}

#[test]
fn a_server_that_is_killed_has_merged_both_or_none_and_goes_on_with_what_it_began() {
    for database in TestDatabase::each() {
        let mut server = start(&database, &[]);
        let pairs: Vec<(String, String, String)> = {
            let all = Caller::unlimited(&server);
            let pair = |_| {
                let (a, b) = (made(&all, &person("A")), made(&all, &person("B")));
                let entry = made(&all, &finding(&b, None, 170));
                (a, b, entry)
            };
            (0..12).map(pair).collect()
        };
        for (name, millis) in [("$link", 60), ("$link", 150), ("$unlink", 60), ("$unlink", 150)] {
            under_way(&mut server, &pairs, name, Duration::from_millis(millis));
            drop(server);
            server = start(&database, &[]);
            let all = Caller::unlimited(&server);
            for (a, b, entry) in &pairs {
                // What was begun may be gone on with at this very moment.
                let until = Instant::now() + Duration::from_secs(20);
                let is_whole = || {
                    let is_found = found(&all, &format!("Observation?patient={a}")).contains(entry);
                    matches!((links(&all, a, b), is_found), (0, false) | (2, true))
                };
                while !is_whole() {
                    assert!(
                        Instant::now() < until,
                        "{name}: both or none, and the books are as the people say"
                    );
                }
            }
        }
        // What was begun is ended, and what was not can be.
        let all = Caller::unlimited(&server);
        for (a, b, entry) in &pairs {
            let until = Instant::now() + Duration::from_secs(60);
            while links(&all, a, b) != 0 {
                assert!(Instant::now() < until, "it does not end");
                let _ = operation(&all, a, "$unlink", b);
            }
            assert!(found(&all, &format!("Observation?patient={b}")).contains(entry));
        }
    }
}

/// Asks for all at once and kills the server meanwhile.
fn under_way(server: &mut TestServer, pairs: &[(String, String, String)], name: &str, after: Duration) {
    let client = HttpClient::new(server.base_url());
    thread::scope(|scope| {
        for (a, b, _) in pairs {
            let client = &client;
            scope.spawn(move || {
                let parameters = json!({"resourceType": "Parameters", "parameter": [
                    {"name": "other", "valueReference": {"reference": format!("Patient/{b}")}}]});
                // The server may be gone.
                let path = format!("/fhir/Patient/{a}/{name}");
                let _ = client.try_request(
                    "POST",
                    &path,
                    &[("Content-Type", FHIR_JSON)],
                    parameters.to_string().as_bytes(),
                );
            });
        }
        thread::sleep(after);
        server.kill9();
    });
}

#[test]
fn of_merges_that_race_none_closes_a_circle_and_everybody_has_one_survivor() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let all = Caller::unlimited(&server);
        let people: Vec<String> = (0..4).map(|_| made(&all, &person("P"))).collect();
        let entries: BTreeSet<String> =
            people.iter().map(|person| made(&all, &finding(person, None, 150))).collect();
        let statuses: Vec<u16> = thread::scope(|scope| {
            let mut asking = Vec::new();
            for (index, survivor) in people.iter().enumerate() {
                for other in people.iter().enumerate().filter(|(it, _)| *it != index).map(|(_, it)| it) {
                    let server = &server;
                    asking.push(scope.spawn(move || {
                        operation(&Caller::unlimited(server), survivor, "$link", other).status
                    }));
                }
            }
            asking.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(statuses.iter().all(|status| matches!(status, 200 | 409 | 422)), "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 3, "{statuses:?}");
        let standing: BTreeSet<String> =
            people.iter().map(|person| text(&all.read(&format!("/fhir/Patient/{person}"))["id"])).collect();
        assert_eq!(standing.len(), 1, "one stands for all");
        for person in &people {
            assert_eq!(found(&all, &format!("Observation?patient={person}")), entries);
        }
    }
}
