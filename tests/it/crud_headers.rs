//! The headers of single-resource interactions: `Prefer`, `If-Match`, `If-None-Match`, `If-Modified-Since`.

use test_support::Response;

use crate::support::bodies::{patient, patient_at};
use crate::support::{FHIR_JSON, Fhir, body, expect_refusal, on_each};

#[test]
fn prefer_decides_what_a_write_answers_with() {
    on_each(|server| {
        let send = |method: &str, path: &str, sent: &str, prefer: &str| -> Response {
            let headers = [("Content-Type", FHIR_JSON), ("Prefer", prefer)];
            server.http().request(method, path, &headers, sent.as_bytes())
        };
        let check = |answer: &Response, preference: &str| {
            for name in ["ETag", "Last-Modified"] {
                assert!(answer.header(name).is_some(), "{preference}: {name}");
            }
            match preference {
                "return=minimal" => assert!(answer.body.is_empty(), "minimal has no body: {}", answer.text()),
                "return=OperationOutcome" => assert_eq!(body(answer)["resourceType"], "OperationOutcome"),
                _ => assert_eq!(body(answer)["resourceType"], "Patient"),
            }
        };
        for preference in ["return=minimal", "return=representation", "return=OperationOutcome"] {
            let id = preference.replace('=', "-");
            let path = format!("/fhir/Patient/{id}");
            let answer = send("POST", "/fhir/Patient", &patient(1), preference).expect_status(201);
            assert!(answer.header("Location").is_some());
            check(&answer, preference);
            let answer = send("PUT", &path, &patient_at(&id, "Ngô"), preference).expect_status(201);
            assert!(answer.header("Location").is_some());
            check(&answer, preference);
            check(&send("PUT", &path, &patient_at(&id, "Bùi"), preference).expect_status(200), preference);
            assert_eq!(server.read(&path)["name"][0]["family"], "Bùi");
        }
        // RFC 7240: unknown preferences are ignored, several may stand in one header, with parameters.
        let answer =
            send("POST", "/fhir/Patient", &patient(1), "x=y; z=1, return=minimal").expect_status(201);
        check(&answer, "return=minimal");
        let answer = send("POST", "/fhir/Patient", &patient(1), "return=nothing-known").expect_status(201);
        check(&answer, "return=representation");
    });
}

#[test]
fn if_match_lets_only_the_current_version_be_replaced() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let path = stored.path();
        let put = |tag: &str, family: &str| {
            let headers = [("Content-Type", FHIR_JSON), ("If-Match", tag)];
            server.http().request("PUT", &path, &headers, patient_at(&stored.id, family).as_bytes())
        };
        assert_eq!(put(r#"W/"1""#, "Đặng").expect_status(200).header("ETag"), Some(r#"W/"2""#));
        for stale in [r#"W/"1""#, r#"W/"3""#, r#"W/"no-such""#] {
            let issue = expect_refusal(stale, &put(stale, "Vũ"), 412);
            assert_eq!(issue["code"], "conflict", "{issue}");
        }
        for malformed in ["1", "W/1", "W/\"2", "\"", "W/", "2\""] {
            expect_refusal(&format!("If-Match: {malformed}"), &put(malformed, "Vũ"), 400);
        }
        let read = server.read(&path);
        assert_eq!((&read["meta"]["versionId"], &read["name"][0]["family"]), (&"2".into(), &"Đặng".into()));

        // What is not there has no version that could match.
        let headers = [("Content-Type", FHIR_JSON), ("If-Match", r#"W/"1""#)];
        let answer =
            server.http().request("PUT", "/fhir/Patient/new", &headers, patient_at("new", "Vũ").as_bytes());
        assert!(matches!(answer.status, 404 | 412), "If-Match on nothing: {}", answer.status);
        assert_eq!(server.http().get("/fhir/Patient/new").status, 404);

        let delete = |tag: &str| server.http().request("DELETE", &path, &[("If-Match", tag)], b"");
        expect_refusal("stale delete", &delete(r#"W/"1""#), 412);
        assert_eq!(server.http().get(&path).status, 200);
        assert!(matches!(delete(r#"W/"2""#).status, 200 | 204));
        assert_eq!(server.http().get(&path).status, 410);
    });
}

#[test]
fn a_conditional_read_sends_nothing_twice() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let path = stored.path();
        let first = server.http().get(&path).expect_status(200);
        let modified = first.header("Last-Modified").unwrap();
        let get = |name: &str, value: &str| server.http().request("GET", &path, &[(name, value)], b"");
        for (name, value) in [
            ("If-None-Match", r#"W/"1""#),
            ("If-None-Match", r#""1""#),
            ("If-None-Match", r#"W/"7", W/"1""#),
            ("If-None-Match", "*"),
            ("If-Modified-Since", modified),
            ("If-Modified-Since", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ] {
            let answer = get(name, value).expect_status(304);
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("ETag"), Some(r#"W/"1""#), "RFC 9110, 15.4.5");
        }
        for (name, value) in [
            ("If-None-Match", r#"W/"2""#),
            ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),
            // RFC 9110, 13.1.3: a date that is none is ignored.
            ("If-Modified-Since", "yesterday"),
        ] {
            assert_eq!(get(name, value).expect_status(200).body, first.body, "{name}: {value}");
        }
        // RFC 9110, 13.1.3: If-None-Match decides where both are given.
        let both = [("If-None-Match", r#"W/"2""#), ("If-Modified-Since", modified)];
        let _ = server.http().request("GET", &path, &both, b"").expect_status(200);

        let _ = server.put(&patient_at(&stored.id, "Dương")).expect_status(200);
        let answer = get("If-None-Match", r#"W/"1""#).expect_status(200);
        assert_eq!(body(&answer)["meta"]["versionId"], "2");
        let _ =
            server.http().request("HEAD", &path, &[("If-None-Match", r#"W/"2""#)], b"").expect_status(304);
    });
}
