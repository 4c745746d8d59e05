//! Who writes, or only tries to, is told by the answer what is there: that leaves an entry, too (docs/access-log.md, section 7).

use serde_json::{Value, json};

use crate::access_log::{about, log_of, measurement, on_each_demo, open_and_closed, refused, resources};
use crate::patch::JSON_PATCH;
use crate::support::access_log::{signed, whole_log};
use crate::support::bodies::{bundle, entry_with};
use crate::support::program::Caller;
use crate::support::{text, value};

fn patch(caller: &Caller<'_>, path: &str, operations: &Value) -> u16 {
    let answer = caller.send_with("PATCH", path, &[("Content-Type", JSON_PATCH)], &operations.to_string());
    answer.status
}

/// A patch that fails in any case, at its first operation or at its second: which one tells the value.
fn guess(value: u32) -> Value {
    json!([{"op": "test", "path": "/valueQuantity/value", "value": value}, {"op": "remove", "path": "/no-such"}])
}

/// A patch as an entry of a Bundle.
fn in_a_bundle(url: &str, operations: &Value) -> String {
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, operations.to_string());
    let binary = json!({"resourceType": "Binary", "contentType": JSON_PATCH, "data": data});
    entry_with("PATCH", url, &binary.to_string())
}

#[test]
fn a_patch_that_does_not_fit_has_asked_what_is_there() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (citizen, physician) = (demo.as_citizen(open), demo.as_staff("physician"));
        let made = citizen.send("POST", "/fhir/Observation", &measurement(demo.citizen(open).1));
        let id = text(&value(made.expect_status(201).text())["id"]);
        let name = format!("Observation/{id}");
        let tries = || {
            refused(&about(&log_of(&citizen), "patch", &name).into_iter().cloned().collect::<Vec<_>>()).len()
        };
        let path = format!("/fhir/{name}");
        for (number, value) in [70, 71].into_iter().enumerate() {
            assert_eq!(patch(&physician, &path, &guess(value)), 422);
            assert_eq!(tries(), number + 1, "whether it was {value} or not");
        }
        assert_eq!(patch(&physician, &format!("/fhir/Observation?_id={id}"), &guess(70)), 422);
        assert_eq!(tries(), 3, "the criteria tell nobody whose it is");
        let batch = bundle("batch", &[in_a_bundle(&name, &guess(70))]);
        assert_eq!(physician.send("POST", "/fhir", &batch).status, 200);
        assert_eq!(tries(), 4);
        // Another entry is to blame: so the test held.
        let fits = json!([{"op": "test", "path": "/valueQuantity/value", "value": 70}]);
        let wrong = entry_with("POST", "Observation", &measurement(demo.citizen(closed).1));
        for url in [name.clone(), format!("Observation?_id={id}")] {
            let before = tries();
            let transaction = bundle("transaction", &[in_a_bundle(&url, &fits), wrong.clone()]);
            let answer = physician.send("POST", "/fhir", &transaction);
            assert!((400..500).contains(&answer.status), "{}", answer.text());
            assert_eq!(tries(), before + 1, "{url}: {}", answer.text());
        }
        // One that changes something is one that was written, and no try.
        let before = tries();
        let change = json!([{"op": "replace", "path": "/status", "value": "amended"}]);
        assert_eq!(patch(&citizen, &path, &change), 200);
        assert_eq!(tries(), before);
    });
}

#[test]
fn what_is_put_as_it_is_was_there() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let made = citizen.send("POST", "/fhir/Observation", &measurement(demo.citizen(0).1));
        let mut sent = value(&measurement(demo.citizen(0).1));
        sent["id"] = value(made.expect_status(201).text())["id"].clone();
        let name = format!("Observation/{}", text(&sent["id"]));
        let reads = || about(&log_of(&citizen), "read", &name).len();
        let path = format!("/fhir/{name}");
        assert_eq!(citizen.send("PUT", &path, &sent.to_string()).header("ETag"), Some("W/\"1\""));
        assert_eq!(reads(), 1);
        let put = entry_with("PUT", &name, &sent.to_string());
        for (number, kind) in ["batch", "transaction"].into_iter().enumerate() {
            let answer = citizen.send("POST", "/fhir", &bundle(kind, std::slice::from_ref(&put)));
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(reads(), number + 2, "{kind}");
        }
        assert!(about(&log_of(&citizen), "update", &name).is_empty());
    });
}

#[test]
fn who_tries_to_delete_what_is_hidden_leaves_a_trace_and_learns_nothing() {
    on_each_demo(|demo| {
        let (_, closed) = open_and_closed(demo);
        let (victim, physician) = (demo.as_citizen(closed), demo.as_staff("physician"));
        let made = victim.send("POST", "/fhir/Observation", &measurement(demo.citizen(closed).1));
        let id = text(&value(made.expect_status(201).text())["id"]);
        let name = format!("Observation/{id}");
        let tries = || {
            let log = log_of(&victim);
            refused(&log).iter().filter(|event| resources(event).contains(&name)).count()
        };
        let hidden = physician.send("DELETE", &format!("/fhir/{name}"), "");
        assert_eq!(tries(), 1);
        let missing = physician.send("DELETE", "/fhir/Observation/never-there", "");
        assert_eq!((hidden.status, hidden.header("ETag")), (missing.status, missing.header("ETag")));
        for kind in ["batch", "transaction"] {
            let before = tries();
            let delete = json!({"request": {"method": "DELETE", "url": name}});
            let answer = physician.send("POST", "/fhir", &bundle(kind, &[delete.to_string()]));
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(tries(), before + 1, "{kind}");
        }
        assert_eq!(victim.get(&format!("/fhir/{name}")).status, 200, "it is there still");
    });
}

#[test]
fn that_somebody_has_died_is_told_to_nobody_to_whom_the_book_is_closed() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (citizen, physician) = (demo.as_citizen(open), demo.as_staff("physician"));
        let stored = demo.stored();
        let everything = Caller::unlimited(&stored);
        for place in [open, closed] {
            let path = format!("/fhir/Patient/{}", demo.citizen(place).1);
            let mut person = everything.read(&path);
            person["deceasedDateTime"] = json!("2026-06-05T10:00:00+07:00");
            let _ = everything.send("PUT", &path, &person.to_string()).expect_status(200);
        }
        let of = |place: usize, time: &str| {
            let mut sent = value(&measurement(demo.citizen(place).1));
            sent["effectiveDateTime"] = json!(time);
            physician.send("POST", "/fhir/Observation", &sent.to_string()).status
        };
        // By the answers the day could be found, in a few steps.
        assert_eq!([of(closed, "2026-06-04"), of(closed, "2026-06-06")], [403, 403]);
        let tries = || {
            let (log, patient) = (log_of(&citizen), format!("Patient/{}", demo.citizen(open).1));
            refused(&log).iter().filter(|it| resources(it).contains(&patient)).count()
        };
        let before = tries();
        assert_eq!([of(open, "2026-06-04"), of(open, "2026-06-06")], [201, 422]);
        assert_eq!(tries(), before + 1, "who is told leaves a trace");
    });
}

#[test]
fn a_write_by_criteria_that_is_refused_stands_in_the_book_of_what_they_found() {
    on_each_demo(|demo| {
        let (open, _) = open_and_closed(demo);
        let (citizen, physician) = (demo.as_citizen(open), demo.as_staff("physician"));
        let sent = measurement(demo.citizen(open).1);
        let made = citizen.send("POST", "/fhir/Observation", &sent);
        let id = text(&value(made.expect_status(201).text())["id"]);
        let name = format!("Observation/{id}");
        let tries = |code: &str| {
            let log = log_of(&citizen);
            refused(&log)
                .iter()
                .filter(|event| event["subtype"][0]["code"] == code && resources(event).contains(&name))
                .count()
        };
        // Seen by who asks, and not theirs to change.
        let path = format!("/fhir/Observation?_id={id}");
        assert_eq!(physician.send("DELETE", &path, "").status, 403);
        assert_eq!([tries("delete"), tries("update")], [1, 0]);
        assert_eq!(physician.send("PUT", &path, &sent).status, 403);
        assert_eq!([tries("delete"), tries("update")], [1, 1]);
        assert_eq!(citizen.get(&format!("/fhir/{name}")).header("ETag"), Some("W/\"1\""));
    });
}

#[test]
fn who_may_not_write_into_a_book_stands_in_it() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (victim, physician) = (demo.as_citizen(closed), demo.as_staff("physician"));
        let patient = format!("Patient/{}", demo.citizen(closed).1);
        let sent = measurement(demo.citizen(closed).1);
        let tries = |code: &str| {
            let log = log_of(&victim);
            let is = |event: &&&Value| {
                event["subtype"][0]["code"] == code
                    && resources(event).contains(&patient)
                    && event.to_string().contains("\"Observation\"")
            };
            refused(&log).iter().filter(is).count()
        };
        assert_eq!(physician.send("POST", "/fhir/Observation", &sent).status, 403);
        assert_eq!(tries("create"), 1);
        let bundles =
            ["batch", "transaction"].map(|kind| bundle(kind, &[entry_with("POST", "Observation", &sent)]));
        for (number, bundle) in bundles.iter().enumerate() {
            let answer = physician.send("POST", "/fhir", bundle);
            assert!(answer.text().contains("403") || answer.status == 403, "{}", answer.text());
            assert_eq!(tries("create"), number + 2);
        }
        // What stands in one book is not taken to another one.
        let made = physician.send("POST", "/fhir/Observation", &measurement(demo.citizen(open).1));
        let id = text(&value(made.expect_status(201).text())["id"]);
        let mut moved = value(&sent);
        moved["id"] = json!(id);
        assert_eq!(physician.send("PUT", &format!("/fhir/Observation/{id}"), &moved.to_string()).status, 403);
        assert_eq!(tries("update"), 1);
        // The first book has the attempt, too; nobody's book has none.
        let name = format!("Observation/{id}");
        let log = log_of(&demo.as_citizen(open));
        assert_eq!(refused(&log).iter().filter(|event| resources(event).contains(&name)).count(), 1);
        signed(demo);
        let log = whole_log(demo);
        let of_nobody = |entry: &&audit_log::Entry<'_>| {
            entry.outcome == audit_log::Outcome::Refused && entry.patient.is_empty()
        };
        assert_eq!(log.iter().filter(of_nobody).count(), 0);
        // Of somebody who is not there, nobody's.
        let sent = measurement("00000000-0000-4000-8000-000000000000");
        assert_eq!(physician.send("POST", "/fhir/Observation", &sent).status, 403);
        signed(demo);
        assert_eq!(whole_log(demo).iter().filter(of_nobody).count(), 1);
    });
}

#[test]
fn each_version_of_what_was_moved_is_shown_out_of_its_own_book() {
    on_each_demo(|demo| {
        let (physician, one) = (demo.as_staff("physician"), open_and_closed(demo).0);
        let writes = |place: &usize| {
            let sent = measurement(demo.citizen(*place).1);
            *place != one && physician.send("POST", "/fhir/Observation", &sent).status == 201
        };
        let other = (0..30).find(writes).expect("the facility has several patients");
        let made = physician.send("POST", "/fhir/Observation", &measurement(demo.citizen(one).1));
        let id = text(&value(made.expect_status(201).text())["id"]);
        let mut moved = value(&measurement(demo.citizen(other).1));
        moved["id"] = json!(id);
        let path = format!("/fhir/Observation/{id}");
        let _ = physician.send("PUT", &path, &moved.to_string()).expect_status(200);
        let name = format!("Observation/{id}");
        let shown = |place: usize| about(&log_of(&demo.as_citizen(place)), "history", &name).len();
        for (number, history) in
            ["/fhir/_history?_count=2", "/fhir/Observation/_history?_count=2", &format!("{path}/_history")]
                .iter()
                .enumerate()
        {
            let bundle = value(physician.get(history).expect_status(200).text());
            let versions: Vec<&Value> =
                bundle["entry"].as_array().unwrap().iter().map(|it| &it["resource"]).collect();
            assert!(versions.len() == 2 && versions.iter().all(|it| it["id"] == *id), "{history}: {bundle}");
            assert_eq!([shown(one), shown(other)], [number + 1, number + 1], "{history}");
        }
        // One version alone, and whence it comes.
        let shown = |place: usize| {
            let log = log_of(&demo.as_citizen(place));
            ["vread", "read", "search"].map(|action| about(&log, action, &name).len())
        };
        for (version, expected) in [("1", [[1, 1, 1], [0; 3]]), ("2", [[1; 3], [1; 3]])] {
            let _ = physician.get(&format!("{path}/_history/{version}")).expect_status(200);
            let target = format!("/fhir/Provenance?target={name}/_history/{version}");
            let found = value(physician.get(&target).expect_status(200).text());
            let whence = text(&found["entry"][0]["resource"]["id"]);
            let _ = physician.get(&format!("/fhir/Provenance/{whence}")).expect_status(200);
            assert_eq!([shown(one), shown(other)], expected, "version {version}");
        }
    });
}
