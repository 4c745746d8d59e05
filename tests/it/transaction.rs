//! Transactions: all or nothing, in FHIR's order, whatever the order in the Bundle.

use serde_json::Value;

use crate::support::bodies::{
    NUMBERS, bundle, entry, entry_at, entry_if, entry_with, observation, patient, patient_at, urn,
};
use crate::support::{
    Fhir, Stored, body, citizen_number, encode, entries, expect_outcome, expect_refusal, on_each, text, value,
};

#[track_caller]
fn transaction(server: &test_support::TestServer, parts: &[String]) -> Vec<Value> {
    let answer = server.bundle(bundle("transaction", parts)).expect_status(200);
    let response = body(&answer);
    assert_eq!(response["resourceType"], "Bundle");
    assert_eq!(response["type"], "transaction-response");
    let answers = entries(&response);
    assert_eq!(answers.len(), parts.len(), "an answer for each entry: {response}");
    answers
}

#[track_caller]
fn status(answer: &Value) -> String {
    text(&answer["response"]["status"])[..3].to_owned()
}

#[test]
fn each_entry_is_answered_in_the_order_of_the_request() {
    on_each(|server| {
        let old = server.create(&patient(1));
        let gone = server.create(&patient(2));
        let answers = transaction(
            server,
            &[
                entry("GET", &old.reference()),
                entry_with("PUT", &old.reference(), &patient_at(&old.id, "Mới")),
                entry_with("POST", "Patient", &patient(3)),
                entry("DELETE", &gone.reference()),
                entry("GET", "Patient?_summary=count"),
                entry_with("PUT", "Patient/fresh", &patient_at("fresh", "Tươi")),
            ],
        );
        let statuses: Vec<String> = answers.iter().map(status).collect();
        assert!(statuses[3] == "204" || statuses[3] == "200", "{statuses:?}");
        assert_eq!(
            [&statuses[0], &statuses[1], &statuses[2], &statuses[4], &statuses[5]],
            ["200", "200", "201", "200", "201"]
        );
        // Processed as DELETE, POST, PUT, GET: the reads see what the writes did.
        assert_eq!(answers[0]["resource"]["name"][0]["family"], "Mới");
        assert_eq!(answers[4]["resource"]["total"], 3);
        for (answer, version) in [(&answers[1], 2), (&answers[2], 1), (&answers[5], 1)] {
            let response = &answer["response"];
            let location = text(&response["location"]);
            assert_eq!(Stored::at(&location).version, version);
            assert_eq!(response["etag"], format!("W/\"{version}\""));
            let instant = text(&response["lastModified"]);
            let read = server.read(&Stored::at(&location).path());
            assert_eq!(read["meta"]["lastUpdated"], instant);
        }
        assert_eq!(server.http().get(&gone.path()).status, 410);
        assert_eq!(server.read("/fhir/Patient/fresh")["name"][0]["family"], "Tươi");
        assert!(text(&answers[2]["response"]["location"]).contains("/_history/1"));
    });
}

#[test]
fn deletes_come_before_creates_and_creates_before_updates() {
    on_each(|server| {
        let old = server.create(&patient(1));
        let number = format!("{NUMBERS}|{}", citizen_number(1));
        // Were the POST first, it would find the old one and do nothing.
        let answers = transaction(
            server,
            &[
                entry_if("POST", "Patient", &format!(r#""ifNoneExist":"identifier={number}""#), &patient(1)),
                entry("DELETE", &old.reference()),
            ],
        );
        assert_eq!(status(&answers[0]), "201");
        assert_ne!(Stored::at(&text(&answers[0]["response"]["location"])).id, old.id);
        // Were the PUT first, it would find nobody to replace.
        let number = format!("{NUMBERS}|{}", citizen_number(2));
        let answers = transaction(
            server,
            &[
                entry("GET", &format!("Patient?identifier={}", encode(&number))),
                entry_with("POST", "Patient", &patient(2)),
            ],
        );
        assert_eq!(answers[0]["resource"]["entry"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn one_failing_entry_undoes_everything() {
    on_each(|server| {
        let old = server.create(&patient(1));
        let other = server.create(&patient(2));
        // Two women are left when `other` is deleted first, so that `many` matches both.
        server.create(&patient(7));
        let good = [
            entry_with("POST", "Patient", &patient(3)),
            entry("DELETE", &other.reference()),
            entry_with("PUT", &old.reference(), &patient_at(&old.id, "Nửa chừng")),
        ];
        let stale = entry_if("PUT", &old.reference(), r#""ifMatch":"W/\"9\"""#, &patient_at(&old.id, "Cũ"));
        let many = entry_if("POST", "Patient", r#""ifNoneExist":"gender=female""#, &patient(4));
        let failing: [(&str, Vec<String>, &[u16]); 9] = [
            (
                "a resource that is none",
                vec![entry_with("POST", "Patient", r#"{"resourceType":"Patient","nme":1}"#)],
                &[400, 422],
            ),
            (
                "an unknown type",
                vec![entry_with("POST", "Patientt", r#"{"resourceType":"Patientt"}"#)],
                &[400, 404, 422],
            ),
            ("type and address differ", vec![entry_with("POST", "Observation", &patient(5))], &[400, 422]),
            (
                "an id that does not fit",
                vec![entry_with("PUT", "Patient/x", &patient_at("y", "Z"))],
                &[400, 422],
            ),
            ("no request", vec![format!(r#"{{"resource":{}}}"#, patient(5))], &[400, 422]),
            ("a read of nothing", vec![entry("GET", "Patient/never-was")], &[404, 400]),
            (
                "criteria nobody knows",
                vec![entry_if("POST", "Patient", r#""ifNoneExist":"no-such=1""#, &patient(5))],
                &[400],
            ),
            ("several matches", vec![many], &[412]),
            ("a POST without a resource", vec![entry("POST", "Patient")], &[400, 422]),
        ];
        for (what, bad, allowed) in failing {
            for position in [0, 1, 3] {
                let mut parts = good.to_vec();
                parts.splice(position..position, bad.clone());
                let answer = server.bundle(bundle("transaction", &parts));
                assert!(allowed.contains(&answer.status), "{what}: {}: {}", answer.status, answer.text());
                let outcome = body(&answer);
                expect_outcome(what, &outcome);
                let named = outcome.to_string();
                assert!(
                    named.contains(&format!("Bundle.entry[{position}]")),
                    "{what} names the entry: {named}"
                );
            }
        }
        // A stale version of something that no other entry touches.
        let answer = server.bundle(bundle("transaction", &[good[0].clone(), good[1].clone(), stale]));
        let issue = expect_refusal("stale", &answer, 412);
        assert!(issue.to_string().contains("Bundle.entry[2]"), "{issue}");

        let bundle = server.searchset("/fhir/Patient?_total=accurate");
        assert_eq!(bundle["total"], 3, "nothing stored, nothing deleted");
        assert_eq!(server.read(&old.path())["meta"]["versionId"], "1");
        assert_eq!(server.read("/fhir/_history?_total=accurate&_count=50")["total"], 3);
    });
}

/// Bar 4 of issue 2.
#[test]
fn a_failure_in_the_middle_of_two_thousand_stores_nothing() {
    on_each(|server| {
        let mut parts: Vec<String> =
            (0..2000).map(|index| entry_with("POST", "Patient", &patient(index))).collect();
        parts[999] = entry_with("POST", "Patient", r#"{"resourceType":"Patient","birthDate":"hôm qua"}"#);
        let answer = server.bundle(bundle("transaction", &parts));
        let issue = expect_refusal("wrong in itself", &answer, 400);
        let expression = issue["expression"].to_string();
        assert!(expression.contains("Bundle.entry[999]"), "{issue}");
        assert!(expression.contains("birthDate"), "down to the element: {issue}");

        // A failure that shows only while it is being carried out.
        parts[999] =
            entry_if("PUT", "Patient/nobody", r#""ifMatch":"W/\"4\"""#, &patient_at("nobody", "Không"));
        let answer = server.bundle(bundle("transaction", &parts));
        assert!(matches!(answer.status, 404 | 409 | 412), "{}", answer.status);
        let outcome = body(&answer);
        expect_outcome("wrong in the database", &outcome);
        assert!(outcome["issue"].to_string().contains("Bundle.entry[999]"), "{outcome}");
        assert_eq!(server.read("/fhir/Patient?_summary=count")["total"], 0);
        assert_eq!(entries(&server.read("/fhir/_history")).len(), 0);

        parts[999] = entry_with("POST", "Patient", &patient(999));
        assert_eq!(transaction(server, &parts).len(), 2000);
        assert_eq!(server.read("/fhir/Patient?_summary=count")["total"], 2000);
    });
}

#[test]
fn conditions_inside_a_transaction() {
    on_each(|server| {
        let known = server.create(&patient(1));
        let if_none = |index| {
            let number = citizen_number(index);
            entry_if(
                "POST",
                "Patient",
                &format!(r#""ifNoneExist":"identifier={NUMBERS}|{number}""#),
                &patient(index),
            )
        };
        let by_number = |index| format!("Patient?identifier={NUMBERS}|{}", citizen_number(index));
        let answers = transaction(server, &[if_none(1), if_none(2)]);
        assert_eq!((status(&answers[0]).as_str(), status(&answers[1]).as_str()), ("200", "201"));
        assert!(text(&answers[0]["response"]["location"]).contains(&known.reference()));
        assert_eq!(server.count("/fhir/Patient"), 2);

        let update = entry_with("PUT", &by_number(2), &patient(2).replace("Nguyễn", "Lý"));
        let guarded =
            entry_if("PUT", &known.reference(), r#""ifMatch":"W/\"1\"""#, &patient_at(&known.id, "Mai"));
        let answers = transaction(server, &[update, guarded]);
        assert_eq!((status(&answers[0]).as_str(), status(&answers[1]).as_str()), ("200", "200"));
        assert_eq!(server.read(&known.path())["meta"]["versionId"], "2");

        let number = format!("Patient?identifier={NUMBERS}|{}", citizen_number(2));
        let answers = transaction(server, &[entry("DELETE", &number)]);
        assert!(["200", "204"].contains(&status(&answers[0]).as_str()));
        assert_eq!(server.ids("/fhir/Patient"), std::slice::from_ref(&known.id));

        // ifNoneMatch, ifModifiedSince: conditional reads.
        let read = format!(
            r#"{{"request":{{"method":"GET","url":"{}","ifNoneMatch":"W/\"2\""}}}}"#,
            known.reference()
        );
        assert_eq!(status(&transaction(server, &[read])[0]), "304");
    });
}

/// Of several that match a condition, those that the same transaction deletes count no more, whichever they are.
#[test]
fn what_is_deleted_first_is_not_found_by_a_condition() {
    on_each(|server| {
        for mask in 0..16_u64 {
            let people: Vec<Stored> = (0..4).map(|_| server.create(&patient(mask))).collect();
            let (gone, left): (Vec<_>, Vec<_>) = (0..4).partition(|index| mask >> index & 1 == 1);
            let condition = format!(r#""ifNoneExist":"identifier={NUMBERS}|{}""#, citizen_number(mask));
            let mut parts = vec![entry_if("POST", "Patient", &condition, &patient(mask))];
            parts.extend(gone.iter().map(|index: &usize| entry("DELETE", &people[*index].reference())));
            let answer = server.bundle(bundle("transaction", &parts));
            let what = format!("deleted {gone:?}, left {left:?}: {}", answer.text());
            if left.len() > 1 {
                assert_eq!(answer.status, 412, "{what}");
                continue;
            }
            assert_eq!(answer.status, 200, "{what}");
            let answers = entries(&body(&answer));
            assert_eq!(status(&answers[0]), if left.is_empty() { "201" } else { "200" }, "{what}");
            let found = Stored::at(&text(&answers[0]["response"]["location"])).id;
            let number = encode(&format!("{NUMBERS}|{}", citizen_number(mask)));
            assert_eq!(server.ids(&format!("/fhir/Patient?identifier={number}")), [found.as_str()], "{what}");
            assert!(left.iter().all(|index| people[*index].id == found), "{what}");
        }
    });
}

#[test]
fn the_same_resource_twice_is_refused() {
    on_each(|server| {
        let old = server.create(&patient(1));
        let number = format!("identifier={NUMBERS}|{}", citizen_number(1));
        let put = |family| entry_with("PUT", &old.reference(), &patient_at(&old.id, family));
        let cases = [
            ("two updates", vec![put("A"), put("B")]),
            ("update and delete", vec![put("A"), entry("DELETE", &old.reference())]),
            (
                "by id and by condition",
                vec![put("A"), entry_with("PUT", &format!("Patient?{number}"), &patient(1))],
            ),
            (
                "one fullUrl for two",
                vec![
                    entry_at(&urn(1), "POST", "Patient", &patient(7)),
                    entry_at(&urn(1), "POST", "Patient", &patient(8)),
                ],
            ),
        ];
        for (what, parts) in cases {
            let answer = server.bundle(bundle("transaction", &parts));
            assert!(
                matches!(answer.status, 400 | 409 | 412 | 422),
                "{what}: {}: {}",
                answer.status,
                answer.text()
            );
            expect_outcome(what, &body(&answer));
        }
        assert_eq!(server.read(&old.path())["meta"]["versionId"], "1");
        assert_eq!(server.count("/fhir/Patient"), 1);
        // Two creates under one condition make one resource, or are refused; never two resources.
        let twice = entry_if(
            "POST",
            "Patient",
            &format!(r#""ifNoneExist":"identifier={NUMBERS}|{}""#, citizen_number(9)),
            &patient(9),
        );
        let answer = server.bundle(bundle("transaction", &[twice.clone(), twice]));
        let number = encode(&format!("{NUMBERS}|{}", citizen_number(9)));
        let stored = server.count(&format!("/fhir/Patient?identifier={number}"));
        match answer.status {
            200 => assert_eq!(stored, 1),
            400 | 409 | 412 => assert_eq!(stored, 0),
            other => panic!("{other}: {}", answer.text()),
        }
    });
}

#[test]
fn bundles_of_other_kinds() {
    on_each(|server| {
        for kind in ["transaction", "batch"] {
            for entries in ["", r#","entry":[]"#] {
                let sent = format!(r#"{{"resourceType":"Bundle","type":"{kind}"{entries}}}"#);
                let answer = server.bundle(&sent);
                // An empty array is no FHIR JSON; a server may refuse it.
                if !entries.is_empty() && answer.status == 400 {
                    continue;
                }
                let response = body(&answer.expect_status(200));
                assert_eq!(response["type"], format!("{kind}-response"));
                assert!(response["entry"].as_array().is_none_or(Vec::is_empty));
            }
        }
        for kind in ["searchset", "history", "collection", "document", "message", "batch-response", "no-such"]
        {
            let answer = server.bundle(bundle(kind, &[entry_with("POST", "Patient", &patient(1))]));
            assert!(matches!(answer.status, 400 | 422), "{kind}: {}", answer.status);
            expect_outcome(kind, &body(&answer));
        }
        for sent in [patient(1), r#"{"resourceType":"Bundle"}"#.to_owned()] {
            expect_refusal("no Bundle with a type", &server.bundle(&sent), 400);
        }
        assert_eq!(server.count("/fhir/Patient"), 0);
        // A Bundle is a resource too when it is posted to its type.
        let stored = server.create(&bundle("transaction", &[entry_with("POST", "Patient", &patient(1))]));
        assert_eq!(server.read(&stored.path())["entry"][0]["resource"]["gender"], "female");
        assert_eq!(server.count("/fhir/Patient"), 0);
    });
}

#[test]
fn prefer_holds_for_the_entries() {
    on_each(|server| {
        let parts = [
            entry_with("POST", "Patient", &patient(1)),
            entry_with("POST", "Observation", &observation("Patient/x")),
        ];
        for (preference, has_resource) in [("return=minimal", false), ("return=representation", true)] {
            let headers = [("Content-Type", "application/fhir+json"), ("Prefer", preference)];
            let sent = bundle("transaction", &parts);
            let answer = server.http().request("POST", "/fhir", &headers, sent.as_bytes()).expect_status(200);
            for entry in entries(&value(answer.text())) {
                assert_eq!(entry.get("resource").is_some(), has_resource, "{preference}: {entry}");
            }
        }
    });
}
