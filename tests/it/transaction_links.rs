//! References inside a transaction: what they lead to before and after.

use serde_json::Value;
use test_support::TestServer;

use crate::support::bodies::{
    NUMBERS, bundle, encounter, entry_at, entry_if, entry_with, observation, organization, patient,
    patient_at, urn,
};
use crate::support::{Fhir, Stored, body, citizen_number, encode, entries, expect_outcome, on_each, text};

/// Sends a transaction; gives what each entry became.
#[track_caller]
fn transaction(server: &TestServer, parts: &[String]) -> Vec<Stored> {
    let answer = server.bundle(bundle("transaction", parts)).expect_status(200);
    entries(&body(&answer)).iter().map(|entry| Stored::at(&text(&entry["response"]["location"]))).collect()
}

#[track_caller]
fn read(server: &TestServer, stored: &Stored) -> Value {
    server.read(&stored.path())
}

#[test]
fn references_by_uuid_lead_to_what_was_made_in_any_order() {
    on_each(|server| {
        let parts = [
            entry_at(&urn(2), "POST", "Observation", &observation(&urn(1))),
            entry_at(&urn(1), "POST", "Patient", &patient(1)),
            entry_at(&urn(3), "POST", "Encounter", &encounter(&urn(1))),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let stored = transaction(server, &order.map(|index: usize| parts[index].clone()));
            let person = stored.iter().find(|stored| stored.kind == "Patient").unwrap();
            for stored in stored.iter().filter(|stored| stored.kind != "Patient") {
                assert_eq!(read(server, stored)["subject"]["reference"], person.reference());
                let path = format!("/fhir/{}?subject={}", stored.kind, person.reference());
                assert_eq!(server.ids(&path), [stored.id.as_str()], "the index knows the real reference");
            }
        }
    });
}

#[test]
fn circular_references_are_resolved() {
    on_each(|server| {
        let link = |to: u32| {
            format!(
                r#"{{"resourceType":"Patient","link":[{{"other":{{"reference":"{}"}},"type":"seealso"}}]}}"#,
                urn(to)
            )
        };
        let stored = transaction(
            server,
            &[
                entry_at(&urn(1), "POST", "Patient", &link(2)),
                entry_at(&urn(2), "POST", "Patient", &link(3)),
                entry_at(&urn(3), "POST", "Patient", &link(1)),
                entry_at(&urn(4), "POST", "Patient", &link(4)),
            ],
        );
        for (from, to) in [(0, 1), (1, 2), (2, 0), (3, 3)] {
            assert_eq!(read(server, &stored[from])["link"][0]["other"]["reference"], stored[to].reference());
        }
    });
}

#[test]
fn every_place_that_can_hold_a_link_is_rewritten_and_nothing_else() {
    on_each(|server| {
        let (person, oid) = (urn(1), "urn:oid:1.2.3.4.5");
        let sent = format!(
            r##"{{"resourceType":"QuestionnaireResponse","status":"completed",
            "questionnaire":"{person}",
            "subject":{{"reference":"{person}","display":"{person}"}},
            "author":{{"reference":"{oid}"}},
            "extension":[{{"url":"http://example.org/uri","valueUri":"{person}"}},
                         {{"url":"http://example.org/text","valueString":"{person}"}},
                         {{"url":"http://example.org/reference","valueReference":{{"reference":"{person}"}}}}],
            "contained":[{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{person}"}}}}],
            "text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{person}\">{person}</a></div>"}},
            "item":[{{"linkId":"1","answer":[{{"valueReference":{{"reference":"#o"}}}},{{"valueUri":"{person}"}}]}}]}}"##
        );
        let stored = transaction(
            server,
            &[
                entry_at(&urn(2), "POST", "QuestionnaireResponse", &sent),
                entry_at(&person, "POST", "Patient", &patient(1)),
                entry_at(oid, "POST", "Practitioner", r#"{"resourceType":"Practitioner"}"#),
            ],
        );
        let result = read(server, &stored[0]);
        let reference = stored[1].reference();
        assert_eq!(result["subject"]["reference"], reference);
        assert_eq!(result["author"]["reference"], stored[2].reference());
        assert_eq!(result["extension"][2]["valueReference"]["reference"], reference);
        assert_eq!(result["contained"][0]["subject"]["reference"], reference);
        assert_eq!(result["item"][0]["answer"][0]["valueReference"]["reference"], "#o");
        // R4, http.html#trules: "elements of type uri, url, oid, uuid, and <a href="" & <img src="" in the narrative".
        for uri in [&result["extension"][0]["valueUri"], &result["item"][0]["answer"][1]["valueUri"]] {
            assert!(text(uri).ends_with(&reference), "{uri}");
        }
        let div = text(&result["text"]["div"]);
        assert!(div.contains(&format!("{reference}\">{person}</a>")), "the link, not the words: {div}");
        // Not links: canonical, string, display.
        assert_eq!(result["questionnaire"], person.as_str());
        assert_eq!(result["extension"][1]["valueString"], person.as_str());
        assert_eq!(result["subject"]["display"], person.as_str());
    });
}

#[test]
fn versioned_references_and_references_by_address() {
    on_each(|server| {
        let base = server.base_url();
        let elsewhere = "https://elsewhere.example/fhir/Patient/p";
        let with = |reference: &str| observation(reference);
        let stored = transaction(
            server,
            &[
                entry_at(
                    &format!("{base}/fhir/Patient/chosen"),
                    "PUT",
                    "Patient/chosen",
                    &patient_at("chosen", "Tạ"),
                ),
                entry_with("POST", "Observation", &with("Patient/chosen")),
                entry_with("POST", "Observation", &with(&format!("{base}/fhir/Patient/chosen"))),
                entry_at(elsewhere, "POST", "Patient", &patient(1)),
                entry_with("POST", "Observation", &with(elsewhere)),
                entry_with("POST", "Observation", &with("https://elsewhere.example/fhir/Patient/other")),
                entry_with("POST", "Observation", &with("Patient/chosen/_history/1")),
            ],
        );
        let subject = |index: usize| text(&read(server, &stored[index])["subject"]["reference"]);
        assert_eq!(subject(1), "Patient/chosen");
        assert!(subject(2).ends_with("Patient/chosen"));
        assert_eq!(subject(4), stored[3].reference(), "the fullUrl of an entry that gets an id here");
        assert_eq!(
            subject(5),
            "https://elsewhere.example/fhir/Patient/other",
            "not in the Bundle: untouched"
        );
        assert!(subject(6).starts_with("Patient/chosen"));
        assert_eq!(server.count("/fhir/Observation?subject=Patient/chosen"), 3);
    });
}

#[test]
fn conditional_references_find_one_or_fail_the_whole() {
    on_each(|server| {
        let known = server.create(&patient(1));
        let by_number = |index| format!("Patient?identifier={NUMBERS}|{}", citizen_number(index));
        let stored = transaction(server, &[entry_with("POST", "Observation", &observation(&by_number(1)))]);
        assert_eq!(read(server, &stored[0])["subject"]["reference"], known.reference());
        assert_eq!(server.count(&format!("/fhir/Observation?subject={}", known.reference())), 1);

        let fails = |what: &str, parts: &[String], allowed: &[u16]| {
            let answer = server.bundle(bundle("transaction", parts));
            assert!(allowed.contains(&answer.status), "{what}: {}: {}", answer.status, answer.text());
            let outcome = body(&answer);
            expect_outcome(what, &outcome);
            assert!(outcome.to_string().contains("Bundle.entry[1]"), "{what}: {outcome}");
        };
        let with = |reference: &str| {
            [
                entry_with("POST", "Organization", &organization("Trạm y tế")),
                entry_with("POST", "Observation", &observation(reference)),
            ]
        };
        fails("nobody", &with(&by_number(2)), &[400, 404, 412, 422]);
        fails("an unknown parameter", &with(&format!("{}&no-such=1", by_number(1))), &[400, 412, 422]);
        fails("a uuid that is not in the Bundle", &with(&urn(77)), &[400, 412, 422]);
        server.create(&patient(1));
        fails("two", &with(&by_number(1)), &[400, 412, 422]);
        assert_eq!(server.count("/fhir/Organization"), 0);
        assert_eq!(server.count("/fhir/Observation"), 1);
    });
}

#[test]
fn a_condition_that_finds_someone_turns_references_to_them() {
    on_each(|server| {
        let known = server.create(&patient(1));
        let condition = format!(r#""ifNoneExist":"identifier={NUMBERS}|{}""#, citizen_number(1));
        let person = entry_if("POST", "Patient", &condition, &patient(1));
        let person = person.replacen('{', &format!(r#"{{"fullUrl":"{}","#, urn(1)), 1);
        let stored = transaction(server, &[entry_with("POST", "Observation", &observation(&urn(1))), person]);
        assert_eq!(read(server, &stored[0])["subject"]["reference"], known.reference());

        // A conditional update that creates, and one that finds.
        for index in [1, 2] {
            let number = encode(&format!("{NUMBERS}|{}", citizen_number(index)));
            let update = entry_at(&urn(1), "PUT", &format!("Patient?identifier={number}"), &patient(index));
            let stored =
                transaction(server, &[entry_with("POST", "Observation", &observation(&urn(1))), update]);
            assert_eq!(read(server, &stored[0])["subject"]["reference"], stored[1].reference());
        }
        assert_eq!(server.count("/fhir/Patient"), 2);
    });
}
