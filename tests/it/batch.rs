//! Batches: entries that stand each for itself.

use crate::support::bodies::{bundle, entry, entry_if, entry_with, observation, patient, patient_at, urn};
use crate::support::{Fhir, Stored, body, entries, expect_outcome, expect_refusal, on_each, text};

#[test]
fn a_failing_entry_does_not_disturb_the_others() {
    on_each(|server| {
        let old = server.create(&patient(1));
        let gone = server.create(&patient(2));
        let sent = bundle(
            "batch",
            &[
                entry_with("POST", "Patient", &patient(3)),
                entry_with("POST", "Patient", r#"{"resourceType":"Patient","gender":7}"#),
                entry("GET", "Patient/never-was"),
                entry_with("PUT", &old.reference(), &patient_at(&old.id, "Châu")),
                entry_if("PUT", &old.reference(), r#""ifMatch":"W/\"77\"""#, &patient_at(&old.id, "Cũ")),
                entry("DELETE", &gone.reference()),
                entry("GET", "Nonsense/1"),
                entry("GET", &format!("{}/_history/1", old.reference())),
                entry("GET", "Patient?_id=none"),
                entry("PATCH", &old.reference()),
                entry("GET", "metadata"),
            ],
        );
        let response = body(&server.bundle(sent).expect_status(200));
        assert_eq!(response["type"], "batch-response");
        let answers = entries(&response);
        let allowed: [&[&str]; 11] = [
            &["201"],
            &["400", "422"],
            &["404"],
            &["200"],
            &["412"],
            &["200", "204"],
            &["404"],
            &["200"],
            &["200"],
            &["400", "405", "501"],
            // A server may leave out the interactions with the system.
            &["200", "400", "405", "501"],
        ];
        assert_eq!(answers.len(), allowed.len());
        for (index, (answer, allowed)) in answers.iter().zip(allowed).enumerate() {
            let status = text(&answer["response"]["status"]);
            assert!(allowed.contains(&&status[..3]), "entry {index}: {answer}");
            if status.starts_with('4') {
                expect_outcome(&format!("entry {index}"), &answer["response"]["outcome"]);
            }
        }
        assert_eq!(answers[7]["resource"]["name"][0]["family"], "Nguyễn");
        assert_eq!(answers[8]["resource"]["type"], "searchset");
        assert_eq!(server.read(&old.path())["name"][0]["family"], "Châu");
        assert_eq!(server.http().get(&gone.path()).status, 410);
        let made = Stored::at(&text(&answers[0]["response"]["location"]));
        assert_eq!(server.http().get(&made.path()).status, 200);
        assert_eq!(server.count("/fhir/Patient"), 2);
    });
}

/// R4, http.html#brules: entries of a batch must not depend on each other. A reference to a uuid of another entry
/// can therefore lead nowhere; a server may refuse it or leave it, but must not link.
#[test]
fn entries_do_not_see_each_other() {
    on_each(|server| {
        let person = entry_with("POST", "Patient", &patient(1));
        let person = person.replacen('{', &format!(r#"{{"fullUrl":"{}","#, urn(1)), 1);
        let sent = bundle("batch", &[person, entry_with("POST", "Observation", &observation(&urn(1)))]);
        let answers = entries(&body(&server.bundle(sent).expect_status(200)));
        assert!(text(&answers[0]["response"]["status"]).starts_with("201"));
        if text(&answers[1]["response"]["status"]).starts_with("201") {
            let made = Stored::at(&text(&answers[1]["response"]["location"]));
            assert_eq!(server.read(&made.path())["subject"]["reference"], urn(1));
        }
    });
}

#[test]
fn what_is_wrong_with_the_bundle_itself_fails_the_whole() {
    on_each(|server| {
        let whole = [
            ("an entry that is no object", r#"{"resourceType":"Bundle","type":"batch","entry":[7]}"#),
            ("entry is no array", r#"{"resourceType":"Bundle","type":"batch","entry":{"a":1}}"#),
            ("an unknown member", r#"{"resourceType":"Bundle","type":"batch","entries":[]}"#),
        ];
        for (what, sent) in whole {
            expect_refusal(what, &server.bundle(sent), 400);
        }
        let sent = bundle(
            "batch",
            &[entry_with("POST", "Patient", &patient(1)), "{\"fullUrl\":\"urn:x\"}".to_owned()],
        );
        let answer = server.bundle(sent);
        // Without a request an entry of a batch means nothing: refused alone or with the Bundle.
        match answer.status {
            200 => {
                let answers = entries(&body(&answer));
                assert!(text(&answers[0]["response"]["status"]).starts_with("201"));
                assert!(text(&answers[1]["response"]["status"]).starts_with('4'));
            }
            400 | 422 => assert_eq!(server.count("/fhir/Patient"), 0),
            other => panic!("{other}"),
        }
    });
}
