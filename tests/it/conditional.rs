//! Conditional create, update and delete: what a client may not know the id of.

use test_support::{Response, TestServer};

use crate::support::bodies::{NUMBERS, patient, patient_named};
use crate::support::{FHIR_JSON, Fhir, Stored, body, citizen_number, encode, expect_refusal, on_each};

fn by_number(index: u64) -> String {
    format!("identifier={}", encode(&format!("{NUMBERS}|{}", citizen_number(index))))
}

fn create_if_none(server: &TestServer, criteria: &str, sent: &str) -> Response {
    let headers = [("Content-Type", FHIR_JSON), ("If-None-Exist", criteria)];
    server.http().request("POST", "/fhir/Patient", &headers, sent.as_bytes())
}

#[test]
fn a_conditional_create_makes_one_and_finds_it_again() {
    on_each(|server| {
        let criteria = by_number(1);
        let first = create_if_none(server, &criteria, &patient(1)).expect_status(201);
        let stored = Stored::at(first.header("Location").unwrap());
        let unencoded = format!("identifier={NUMBERS}|{}", citizen_number(1));
        for criteria in [criteria.clone(), unencoded, format!("?{criteria}"), format!("Patient?{criteria}")] {
            let again = create_if_none(server, &criteria, &patient_named(1, "Khác", "Hẳn"));
            if criteria.contains('?') && again.status == 400 {
                // R4 gives the criteria alone ("what would be in the URL after the ?"); more may be refused.
                continue;
            }
            let again = again.expect_status(200);
            assert_eq!(Stored::at(again.header("Location").unwrap()).id, stored.id, "{criteria}");
            assert_eq!(again.header("ETag"), Some(r#"W/"1""#));
        }
        assert_eq!(server.read(&stored.path())["name"][0]["family"], "Nguyễn", "left as it was");
        assert_eq!(server.count(&format!("/fhir/Patient?{criteria}")), 1);

        // A deleted one does not count.
        server.http().request("DELETE", &stored.path(), &[], b"");
        let anew = create_if_none(server, &criteria, &patient(1)).expect_status(201);
        assert_ne!(Stored::at(anew.header("Location").unwrap()).id, stored.id);
    });
}

#[test]
fn a_conditional_create_with_several_matches_is_refused() {
    on_each(|server| {
        for _ in 0..2 {
            server.create(&patient(1));
        }
        let issue = expect_refusal("two", &create_if_none(server, &by_number(1), &patient(1)), 412);
        assert_eq!(issue["code"], "multiple-matches", "{issue}");
        assert_eq!(server.count("/fhir/Patient"), 2);
    });
}

/// R4, http.html#ccreate: a server must not widen a condition it does not understand, or it would find, replace or
/// delete what was not meant.
#[test]
fn criteria_that_are_not_understood_are_refused_and_never_ignored() {
    on_each(|server| {
        server.create(&patient(1));
        let known = by_number(1);
        let criteria = [
            "no-such-parameter=1".to_owned(),
            format!("{known}&no-such-parameter=1"),
            format!("{known}&identifier:no-such-modifier=1"),
            "birthdate=not-a-date".to_owned(),
            "birthdate=xx2020-01-01".to_owned(),
            "identifier=".to_owned(),
            "identifier".to_owned(),
            "=1".to_owned(),
            "&".to_owned(),
            "_count=1".to_owned(),
            "_sort=birthdate".to_owned(),
        ];
        for criteria in &criteria {
            expect_refusal(
                &format!("create if {criteria}"),
                &create_if_none(server, criteria, &patient(2)),
                400,
            );
            let path = format!("/fhir/Patient?{criteria}");
            expect_refusal(&format!("PUT {path}"), &server.http().send_fhir("PUT", &path, patient(2)), 400);
            let delete = server.http().request("DELETE", &path, &[], b"");
            expect_refusal(&format!("DELETE {path}"), &delete, 400);
        }
        // Without any criteria everything would match.
        for path in ["/fhir/Patient", "/fhir/Patient?"] {
            let answer = server.http().send_fhir("PUT", path, patient(2));
            assert!(matches!(answer.status, 400 | 405), "PUT {path}: {}", answer.status);
            let answer = server.http().request("DELETE", path, &[], b"");
            assert!(matches!(answer.status, 400 | 405 | 412), "DELETE {path}: {}", answer.status);
        }
        let answer = create_if_none(server, "", &patient(2));
        assert_eq!(answer.status, 400, "empty If-None-Exist: {}", answer.text());
        let bundle = server.searchset("/fhir/Patient?_total=accurate");
        assert_eq!(bundle["total"], 1);
        assert_eq!(bundle["entry"][0]["resource"]["meta"]["versionId"], "1");
    });
}

#[test]
fn a_conditional_update_follows_the_number_of_matches() {
    on_each(|server| {
        let path = format!("/fhir/Patient?{}", by_number(1));
        let put = |sent: &str| server.http().send_fhir("PUT", &path, sent);
        let with_id = |id: &str, family: &str| {
            patient_named(1, family, "A").replacen('{', &format!(r#"{{"id":"{id}","#), 1)
        };
        // None, no id: created with an id of the server's.
        let created = put(&patient(1)).expect_status(201);
        let stored = Stored::at(created.header("Location").unwrap());
        // One: replaced, whether the id is left out or is the right one.
        assert_eq!(put(&patient_named(1, "Trịnh", "A")).expect_status(200).header("ETag"), Some(r#"W/"2""#));
        assert_eq!(put(&with_id(&stored.id, "Đinh")).expect_status(200).header("ETag"), Some(r#"W/"3""#));
        assert_eq!(server.read(&stored.path())["name"][0]["family"], "Đinh");
        // One, but another id is asked for: 400 by R4.
        expect_refusal("another id", &put(&with_id("another", "Sai")), 400);
        assert_eq!(server.http().get("/fhir/Patient/another").status, 404);
        // Several.
        server.create(&patient(1));
        let issue = expect_refusal("several", &put(&patient_named(1, "Sai", "A")), 412);
        assert_eq!(issue["code"], "multiple-matches", "{issue}");
        assert_eq!(server.count("/fhir/Patient?family=Sai"), 0);

        // None, with an id that nobody has: update as create.
        let path = format!("/fhir/Patient?{}", by_number(2));
        let sent = patient(2).replacen('{', r#"{"id":"chosen","#, 1);
        let answer = server.http().send_fhir("PUT", &path, &sent).expect_status(201);
        assert!(answer.header("Location").unwrap().ends_with("/Patient/chosen/_history/1"));
        // None, with an id that somebody else has: R4 leaves 409 (conflict) to the server; R4 4.0.1 says "update as
        // create", which must not silently replace another person's data.
        let path = format!("/fhir/Patient?{}", by_number(3));
        let sent = patient(3).replacen('{', r#"{"id":"chosen","#, 1);
        let answer = server.http().send_fhir("PUT", &path, &sent);
        assert!(matches!(answer.status, 400 | 409 | 412), "{}: {}", answer.status, answer.text());
        assert_eq!(server.read("/fhir/Patient/chosen")["identifier"][0]["value"], citizen_number(2));
    });
}

#[test]
fn a_conditional_update_keeps_to_if_match() {
    on_each(|server| {
        let path = format!("/fhir/Patient?{}", by_number(1));
        server.create(&patient(1));
        let put = |tag: &str| {
            let headers = [("Content-Type", FHIR_JSON), ("If-Match", tag)];
            server.http().request("PUT", &path, &headers, patient_named(1, "Cao", "B").as_bytes())
        };
        expect_refusal("stale", &put(r#"W/"2""#), 412);
        assert_eq!(body(&put(r#"W/"1""#).expect_status(200))["meta"]["versionId"], "2");
    });
}

/// Documented in the CapabilityStatement: `conditionalDelete` is `single`.
#[test]
fn a_conditional_delete_deletes_one_and_never_several() {
    on_each(|server| {
        let metadata = server.read("/fhir/metadata");
        let resources = metadata["rest"][0]["resource"].as_array().unwrap();
        let patients = resources.iter().find(|resource| resource["type"] == "Patient").unwrap();
        assert_eq!(patients["conditionalDelete"], "single");

        let path = format!("/fhir/Patient?{}", by_number(1));
        let delete = |path: &str| server.http().request("DELETE", path, &[], b"");
        let none = delete(&path);
        assert!(matches!(none.status, 200 | 204 | 404), "none: {}", none.status);
        let stored = server.create(&patient(1));
        let other = server.create(&patient(2));
        assert!(matches!(delete(&path).status, 200 | 204));
        assert_eq!(server.http().get(&stored.path()).status, 410);
        assert_eq!(server.http().get(&other.path()).status, 200);

        let twice = [server.create(&patient(3)), server.create(&patient(3))];
        let issue = expect_refusal("several", &delete(&format!("/fhir/Patient?{}", by_number(3))), 412);
        assert_eq!(issue["code"], "multiple-matches", "{issue}");
        for stored in twice {
            assert_eq!(server.http().get(&stored.path()).status, 200);
        }
    });
}
