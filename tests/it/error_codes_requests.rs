//! Codes of the catalogue that a request provokes by its bytes, its entries or by who sends it.

use std::net::Shutdown;

use test_support::{TestDatabase, TestServer};

use crate::support::bodies::{bundle, entry, patient};
use crate::support::codes::{expect_code, issue_of};
use crate::support::program::Demo;
use crate::support::{FHIR_JSON, Fhir, body, entries, on_each, on_each_with, value};

/// Head of a `POST` of a Patient.
fn head(headers: &str) -> String {
    format!("POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FHIR_JSON}\r\n{headers}\r\n")
}

#[test]
fn bodies_that_do_not_arrive() {
    on_each_with(&["--body-limit", "64KiB", "--body-deadline", "1s"], |server| {
        let open = || server.client().open().unwrap();
        let mut broken = open();
        // RFC 9112, 7.1: a chunk begins with its size.
        let sent = format!("{}5\r\n{{\"res\r\nnone\r\n", head("Transfer-Encoding: chunked\r\n"));
        broken.send(sent.as_bytes()).unwrap();
        expect_code("no chunk", &broken.read_response().unwrap(), 400, "body-broken");

        let large = vec![b' '; 65_537];
        let answer = server.client().send_fhir("POST", "/fhir/Patient", large);
        expect_code("a byte too much", &answer, 413, "body-too-large");

        let mut slow = open();
        slow.send(format!("{}{{", head("Content-Length: 100\r\n")).as_bytes()).unwrap();
        expect_code("waiting", &slow.read_response().unwrap(), 408, "body-too-slow");
    });
}

/// All bodies together may take 160 MiB; beyond it is said that the server is busy, and it passes.
#[test]
fn memory_for_bodies_is_bounded() {
    on_each_with(&["--body-limit", "100MiB", "--body-deadline", "10m"], |server| {
        let length = 100 << 20;
        let start = head(&format!("Content-Length: {length}\r\n"));
        // All but the last byte: the server waits for it.
        let most = vec![b' '; length - 1];
        let mut holding = server.client().open().unwrap();
        holding.send(start.as_bytes()).unwrap();
        holding.send(&most).unwrap();
        let mut refused = server.client().open().unwrap();
        refused.send(start.as_bytes()).unwrap();
        // The answer may come before all is sent.
        let _ = refused.send(&most);
        let busy = refused.read_response().unwrap();
        expect_code("no room", &busy, 503, "busy");
        assert!(busy.header("Retry-After").is_some(), "docs/contract.md, section 5");
        holding.socket().shutdown(Shutdown::Both).unwrap();
        let sent = patient(1);
        let post = || server.client().send_fhir("POST", "/fhir/Patient", &sent);
        assert!((0..10_000).any(|_| post().status == 201), "it does not pass");
    });
}

#[test]
fn bundles_that_are_too_much() {
    on_each_with(&["--answer-limit", "20KiB"], |server| {
        let empty = vec![entry("GET", "Patient/none"); 10_001];
        let answer = server.bundle(bundle("batch", &empty));
        expect_code("entries", &answer, 413, "bundle-too-large");

        let sent = bundle("batch", &[entry("GET", "metadata"), entry("HEAD", "Patient/none")]);
        let answers = entries(&body(&server.bundle(sent).expect_status(200)));
        for (entry, status, code) in
            [(&answers[0], "413", "bundle-answers-too-large"), (&answers[1], "400", "bundle-interaction")]
        {
            let response = &entry["response"];
            assert!(response["status"].as_str().unwrap().starts_with(status), "{response}");
            issue_of("an entry", &response["outcome"], code);
        }
    });
}

/// XML 1.0 has no U+FFFF (production 2, Char); JSON does.
#[test]
fn what_xml_cannot_hold_is_read_as_json() {
    on_each(|server| {
        let stored = server.create("{\"resourceType\":\"Patient\",\"name\":[{\"text\":\"\\uffff\"}]}");
        let answer =
            server.client().request("GET", &stored.path(), &[("Accept", "application/fhir+xml")], b"");
        assert_eq!(answer.status, 406, "{}", answer.text());
        for text in [
            r#"<code value="not-in-xml"/>"#,
            "this content cannot be written as XML",
            "không viết được nội dung này thành XML",
        ] {
            assert!(answer.text().contains(text), "{}", answer.text());
        }
        let _ = server.client().get(&stored.path()).expect_status(200);
    });
}

#[test]
fn who_asks_without_a_token_or_with_none_that_holds() {
    for database in TestDatabase::each() {
        let server = TestServer::start(&database, &[]);
        let answer = server.client().get("/fhir/Patient");
        expect_code("nobody", &answer, 401, "login-required");
        for token in ["x", "eyJhbGciOiJub25lIn0.e30.", &"a".repeat(3_000)] {
            let value = format!("Bearer {token}");
            let answer = server.client().request("GET", "/fhir/Patient", &[("Authorization", &value)], b"");
            expect_code(token, &answer, 401, "token-invalid");
        }
    }
}

/// docs/access.md: ids are the server's.
#[test]
fn ids_are_chosen_by_the_server() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let clinic = demo.as_client();
        let mut person = value(&patient(1));
        person["id"] = "mine".into();
        let answer = clinic.send("PUT", "/fhir/Patient/mine", &person.to_string());
        expect_code("an id of the own", &answer, 405, "client-id-refused");
    }
}
