//! A citizen reads the own book and nothing else, and writes there what a citizen may (docs/access.md, section 4).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::bodies::{bundle, entry, entry_with, observation, patient_at};
use crate::support::program::{Caller, Demo};
use crate::support::{Stored, body, encode, entries, expect_refusal, matches, reference_to, text, value};

const NUMBER_SYSTEM: &str = "http://fhir.hl7.org.vn/core/sid/cccd";

/// A demo, and who sees all that is stored in it.
fn on_each_demo(test: impl Fn(&Demo, &Caller<'_>)) {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        test(&demo, &Caller::unlimited(&stored));
    }
}

/// The Patients of all others.
fn others(demo: &Demo, own: &str) -> Vec<String> {
    let citizens = demo.description["citizens"].as_array().unwrap();
    citizens.iter().map(|citizen| text(&citizen["patient_id"])).filter(|id| id != own).collect()
}

/// Whose book a resource is in: the Patients that it names.
fn patients_in(resource: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if resource["resourceType"] == "Patient" {
        found.insert(text(&resource["id"]));
    }
    collect(resource, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| collect(value, found)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        Value::String(text) => {
            found.extend(text.strip_prefix("Patient/").map(|id| id.split('/').next().unwrap().to_owned()));
        }
        _ => {}
    }
}

#[track_caller]
fn expect_only(what: &str, resources: &[Value], own: &str) {
    for resource in resources {
        let named = patients_in(resource);
        assert!(named.iter().all(|id| id == own), "{what}: shows {named:?} to {own}: {resource}");
    }
}

/// An Observation about a Patient, for who sees everything.
fn observation_about(all: &Caller<'_>, patient: &str) -> Option<String> {
    let page = all.read(&format!("/fhir/Observation?subject=Patient/{patient}&_count=1"));
    matches(&page).first().map(reference_to)
}

/// Two citizens with Observations: their places in the list.
fn two_with_observations(demo: &Demo, all: &Caller<'_>) -> (usize, usize) {
    let mut with = (0..30).filter(|index| observation_about(all, demo.citizen(*index).1).is_some());
    (with.next().expect("somebody has been measured"), with.next().expect("a second has been measured"))
}

#[test]
fn the_own_book_is_there_completely() {
    on_each_demo(|demo, all| {
        let (index, _) = two_with_observations(demo, all);
        let (number, own) = demo.citizen(index);
        let citizen = demo.as_citizen(index);
        assert_eq!(citizen.read(&format!("/fhir/Patient/{own}"))["id"], own);
        let _ = citizen.get(&format!("/fhir/Patient/{own}/_history/1")).expect_status(200);
        let _ = citizen.get(&format!("/fhir/Patient/{own}/_history")).expect_status(200);
        let by_number = format!("/fhir/Patient?identifier={}", encode(&format!("{NUMBER_SYSTEM}|{number}")));
        assert_eq!(matches(&citizen.read(&by_number)).len(), 1);
        for kind in ["Observation", "Encounter", "Condition", "Immunization", "MedicationRequest"] {
            let ids = |caller: &Caller<'_>, path: &str| -> BTreeSet<String> {
                caller.resources(path).iter().map(|resource| text(&resource["id"])).collect()
            };
            let theirs = ids(all, &format!("/fhir/{kind}?patient=Patient/{own}&_count=100"));
            assert_eq!(ids(&citizen, &format!("/fhir/{kind}?_count=100")), theirs, "{kind}");
            assert_eq!(ids(&citizen, &format!("/fhir/Patient/{own}/{kind}?_count=100")), theirs, "{kind}");
            let total = &citizen.read(&format!("/fhir/{kind}?_total=accurate&_count=1"))["total"];
            assert_eq!(total, theirs.len(), "{kind}: a total of the own book");
        }
        let observation = observation_about(all, own).unwrap();
        let _ = citizen.get(&format!("/fhir/{observation}")).expect_status(200);
        let everything = citizen.resources(&format!("/fhir/Patient/{own}/$everything"));
        assert!(everything.iter().any(|resource| reference_to(resource) == observation));
        expect_only("$everything", &everything, own);
    });
}

/// Not there and not allowed must look alike.
#[track_caller]
fn expect_same_as_unknown(citizen: &Caller<'_>, path: &str, id: &str) {
    let (there, unknown) =
        (citizen.get(path), citizen.get(&path.replace(id, "8da8b7f4-0000-4000-8000-0000")));
    expect_refusal(path, &there, 404);
    assert_eq!(there.status, unknown.status, "{path}");
    let plain = |answer: &Response, id: &str| answer.text().replace(id, "ID");
    assert_eq!(plain(&there, id), plain(&unknown, "8da8b7f4-0000-4000-8000-0000"), "{path}");
}

#[test]
fn the_books_of_others_are_not_there() {
    on_each_demo(|demo, all| {
        let (index, other_index) = two_with_observations(demo, all);
        let citizen = demo.as_citizen(index);
        let (other_number, other) = demo.citizen(other_index);
        let observation = observation_about(all, other).unwrap();
        let observation_id = observation.split('/').nth(1).unwrap();
        for tail in ["", "/_history/1", "/_history", "/_history/99"] {
            expect_same_as_unknown(&citizen, &format!("/fhir/Patient/{other}{tail}"), other);
            expect_same_as_unknown(&citizen, &format!("/fhir/{observation}{tail}"), observation_id);
        }
        expect_same_as_unknown(&citizen, &format!("/fhir/Patient/{other}/$everything"), other);
        let etag = all.get(&format!("/fhir/Patient/{other}")).header("ETag").unwrap().to_owned();
        let path = format!("/fhir/Patient/{other}");
        let conditional = citizen.send_with("GET", &path, &[("If-None-Match", &etag)], "");
        expect_refusal("a conditional read", &conditional, 404);
        // Searches find nothing, by whatever criterion.
        let number = encode(&format!("{NUMBER_SYSTEM}|{other_number}"));
        for query in [
            format!("Patient?_id={other}"),
            format!("Patient?identifier={number}"),
            format!("Patient?identifier={other_number}"),
            format!("Observation?_id={observation_id}"),
            format!("Observation?subject=Patient/{other}"),
            format!("Observation?patient={other}"),
            format!("Encounter?patient=Patient/{other}"),
            format!("Patient/{other}/Observation"),
        ] {
            let answer = citizen.get(&format!("/fhir/{query}{}_total=accurate", separator(&query)));
            if answer.status == 404 {
                continue;
            }
            let page = body(&answer.expect_status(200));
            assert_eq!(matches(&page), Vec::<Value>::new(), "{query}");
            assert_eq!(page["total"], 0, "{query}: {page}");
            if let Some((kind, form)) = query.split_once('?') {
                let page = body(&citizen.post_search(kind, form).expect_status(200));
                assert_eq!(matches(&page), Vec::<Value>::new(), "{query} by POST");
            }
        }
        // Nor does a question about what is open to all tell who is there.
        for query in
            ["_has:Patient:general-practitioner:identifier=", "_has:Encounter:service-provider:patient="]
        {
            let probe = |value: &str| -> (u16, Vec<String>) {
                let answer = citizen.get(&format!("/fhir/Organization?{query}{value}&_count=100"));
                let found = matches(&body(&answer)).iter().map(reference_to).collect();
                (answer.status, found)
            };
            let (there, unknown) = if query.ends_with("patient=") {
                (probe(other), probe("8da8b7f4-0000-4000-8000-0000"))
            } else {
                (probe(other_number), probe("099000000000"))
            };
            assert_eq!(there, unknown, "{query}");
        }
    });
}

fn separator(query: &str) -> char {
    if query.contains('?') { '&' } else { '?' }
}

#[test]
fn no_answer_shows_anything_of_others() {
    on_each_demo(|demo, all| {
        let (index, other_index) = two_with_observations(demo, all);
        let (_, own) = demo.citizen(index);
        let (_, other) = demo.citizen(other_index);
        assert_eq!(others(demo, own).len(), 29);
        let citizen = demo.as_citizen(index);
        for query in [
            "Patient?_count=100",
            "Patient?_sort=-_lastUpdated&_count=1",
            "Patient?_revinclude=Observation:subject&_revinclude=Encounter:subject&_count=100",
            "Observation?_include=Observation:subject&_include=Observation:encounter&_count=50",
            "Encounter?_include=Encounter:service-provider&_include=Encounter:patient&_count=100",
            "Organization?_revinclude=Patient:general-practitioner&_count=100",
            "Organization?_revinclude=Patient:organization&_revinclude=Encounter:service-provider&_count=100",
            "Practitioner?_revinclude=Encounter:participant&_count=100",
            "Practitioner?_revinclude=Encounter:practitioner&_revinclude=Observation:performer&_count=100",
            "RelatedPerson?_include=RelatedPerson:patient&_count=100",
            "Group?_include=Group:member&_count=100",
            "Location?_revinclude=Encounter:location&_count=100",
            "?_type=Patient,Observation,Encounter&_count=100",
            "Patient/_history?_count=100",
            "Observation/_history?_count=100",
            "Encounter/_history?_count=100",
            "_history?_count=100",
            "_history?_count=100&_since=2020-01-01T00:00:00Z",
        ] {
            let path = format!("/fhir/{}", query.strip_prefix('/').unwrap_or(query)).replace("/?", "?");
            let answer = citizen.get(&path);
            if answer.status != 200 {
                // What is not offered is refused to all alike.
                expect_refusal(&path, &answer, answer.status);
                assert!(matches!(answer.status, 400 | 403 | 404 | 405), "{path}: {}", answer.status);
                continue;
            }
            for page in citizen.pages(&path) {
                let resources: Vec<_> =
                    entries(&page).iter().map(|entry| entry["resource"].clone()).collect();
                expect_only(&path, &resources, own);
                let shown = page.to_string();
                for id in others(demo, own) {
                    assert!(!shown.contains(&id), "{path}: {id} is in the page");
                }
            }
        }
        // Totals count what is shown.
        let total = |path: &str| citizen.read(path)["total"].clone();
        assert_eq!(total("/fhir/Patient?_total=accurate"), 1);
        assert_eq!(total("/fhir/Patient?_summary=count"), 1);
        let history = citizen.read("/fhir/Patient/_history");
        assert!(history["total"].is_null() || history["total"] == 1, "{}", history["total"]);
        // Reads within a Bundle are reads.
        let asked =
            [entry("GET", &format!("Patient/{other}")), entry("GET", "Patient"), entry("GET", "_history")];
        let answer = body(&citizen.send("POST", "/fhir", &bundle("batch", &asked)).expect_status(200));
        let answers = entries(&answer);
        assert!(text(&answers[0]["response"]["status"]).starts_with("404"), "{}", answers[0]);
        for entry in &answers[1..] {
            let resources: Vec<_> =
                entries(&entry["resource"]).iter().map(|entry| entry["resource"].clone()).collect();
            expect_only("in a batch", &resources, own);
        }
    });
}

#[test]
fn a_page_link_is_no_key() {
    on_each_demo(|demo, all| {
        let (index, _) = two_with_observations(demo, all);
        let (_, own) = demo.citizen(index);
        let page = demo.as_client().read("/fhir/Observation?_count=5");
        let next = crate::support::path_of(&crate::support::link(&page, "next").expect("there is more"));
        let answer = demo.as_citizen(index).get(&next);
        if answer.status == 200 {
            let resources: Vec<_> = matches(&body(&answer));
            expect_only("another's page", &resources, own);
        } else {
            expect_refusal("another's page", &answer, answer.status);
        }
    });
}

#[test]
fn a_citizen_writes_nothing_of_the_clinics() {
    on_each_demo(|demo, all| {
        let (index, other_index) = two_with_observations(demo, all);
        let citizen = demo.as_citizen(index);
        let (_, own) = demo.citizen(index);
        let (other_number, other) = demo.citizen(other_index);
        let about_me = observation(&format!("Patient/{own}"));
        let counted = "/fhir/Observation?_total=accurate&_count=1";
        let before = all.read(counted)["total"].clone();
        for (method, path, body) in [
            ("POST", "/fhir/Observation".to_owned(), about_me.clone()),
            ("POST", "/fhir/Patient".to_owned(), patient_at("", "A").replace(r#""id":"","#, "")),
            ("PUT", format!("/fhir/Patient/{own}"), patient_at(own, "Khác")),
            ("PUT", format!("/fhir/Patient/{other}"), patient_at(other, "Khác")),
            ("PUT", "/fhir/Patient/unknown".to_owned(), patient_at("unknown", "Khác")),
            ("PUT", format!("/fhir/Patient?identifier={other_number}"), patient_at(other, "Khác")),
            ("PATCH", format!("/fhir/Patient/{own}"), r#"{"resourceType":"Parameters"}"#.to_owned()),
            ("PATCH", format!("/fhir/Patient/{other}"), r#"{"resourceType":"Parameters"}"#.to_owned()),
            ("PATCH", "/fhir/Patient/unknown".to_owned(), r#"{"resourceType":"Parameters"}"#.to_owned()),
            ("PATCH", format!("/fhir/Patient?identifier={other_number}"), "{}".to_owned()),
            ("DELETE", format!("/fhir/Patient/{own}"), String::new()),
            ("DELETE", format!("/fhir/Patient/{other}"), String::new()),
            ("DELETE", "/fhir/Patient/unknown".to_owned(), String::new()),
            ("DELETE", format!("/fhir/Patient?identifier={other_number}"), String::new()),
        ] {
            let issue = expect_refusal(&format!("{method} {path}"), &citizen.send(method, &path, &body), 403);
            assert_eq!(issue["code"], "forbidden", "{method} {path}");
        }
        // Who is there is not told to who may not create.
        for number in [other_number, "099000000000"] {
            let criteria = format!("identifier={}", encode(&format!("{NUMBER_SYSTEM}|{number}")));
            let headers = [("If-None-Exist", criteria.as_str())];
            let body = r#"{"resourceType":"Patient"}"#;
            let answer = citizen.send_with("POST", "/fhir/Patient", &headers, body);
            expect_refusal("a conditional create", &answer, 403);
        }
        let writes = [
            entry_with("POST", "Observation", &about_me),
            entry("DELETE", &format!("Patient/{own}")),
            entry_with("PUT", &format!("Patient/{own}"), &patient_at(own, "Khác")),
            entry_with("PATCH", &format!("Patient/{own}"), r#"{"resourceType":"Parameters"}"#),
        ];
        for write in &writes {
            let bundle = bundle("transaction", std::slice::from_ref(write));
            expect_refusal("a transaction", &citizen.send("POST", "/fhir", &bundle), 403);
        }
        let answer = citizen.send("POST", "/fhir", &bundle("batch", &writes));
        if answer.status == 200 {
            for entry in entries(&body(&answer)) {
                assert!(text(&entry["response"]["status"]).starts_with("403"), "{entry}");
            }
        } else {
            expect_refusal("a batch", &answer, 403);
        }
        assert_eq!(all.read(counted)["total"], before);
        for id in [own, other] {
            assert_eq!(all.read(&format!("/fhir/Patient/{id}"))["meta"]["versionId"], "1");
        }
    });
}

#[test]
fn a_citizen_writes_measurements_into_the_own_book() {
    on_each_demo(|demo, all| {
        let (index, other_index) = two_with_observations(demo, all);
        let (citizen, stranger) = (demo.as_citizen(index), demo.as_citizen(other_index));
        let measured = |patient: &str| {
            let mut sent = value(&observation(&format!("Patient/{patient}")));
            let system = "http://terminology.hl7.org/CodeSystem/observation-category";
            sent["category"] = json!([{"coding": [{"system": system, "code": "vital-signs"}]}]);
            sent
        };
        let sent = measured(demo.citizen(index).1);
        let answer = citizen.send("POST", "/fhir/Observation", &sent.to_string()).expect_status(201);
        let stored = Stored::at(answer.header("Location").unwrap());
        let mut changed = sent.clone();
        changed["id"] = stored.id.clone().into();
        changed["status"] = "amended".into();
        expect_refusal("a stranger", &stranger.get(&stored.path()), 404);
        // An id that one does not see cannot be chosen, taken or not.
        let answer = stranger.send("PUT", &stored.path(), &changed.to_string());
        assert!([403, 405].contains(&answer.status), "a stranger: {}", answer.status);
        let _ = citizen.send("PUT", &stored.path(), &changed.to_string()).expect_status(200);
        assert_eq!(all.read(&stored.path())["status"], "amended");
        let answer = citizen.send("DELETE", &stored.path(), "");
        assert!([200, 204].contains(&answer.status), "{}", answer.status);
        expect_refusal("deleted", &citizen.get(&stored.path()), 410);
        // 410 would tell that it was there.
        expect_refusal("deleted, for who could not read it", &stranger.get(&stored.path()), 404);

        // Not into another's book, whether there is such a person or not.
        for patient in [demo.citizen(other_index).1, "8da8b7f4-0000-4000-8000-0000"] {
            let sent = measured(patient).to_string();
            expect_refusal(patient, &citizen.send("POST", "/fhir/Observation", &sent), 403);
        }
        // Nor what a clinic wrote.
        let theirs = observation_about(all, demo.citizen(index).1).unwrap();
        let answer = citizen.send("DELETE", &format!("/fhir/{theirs}"), "");
        expect_refusal("what a clinic wrote", &answer, 403);
    });
}
