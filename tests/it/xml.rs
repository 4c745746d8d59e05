//! XML: every interaction says in `application/fhir+xml` what it says in JSON (R4 `xml.html`, `http.html#mime-type`).

use serde_json::Value;
use test_support::Response;

use crate::support::r4::Types;
use crate::support::{FHIR_JSON, Fhir, Stored, body, check_all, link, matches, on_each, path_of, value};

const XML: &str = "application/fhir+xml";
const SENT: [(&str, &str); 2] = [("Content-Type", "application/fhir+xml; charset=utf-8"), ("Accept", XML)];

fn patient(id: &str, family: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Patient xmlns="http://hl7.org/fhir">{id}
  <!-- nobody keeps this -->
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">Bà <b>{family}</b>&#160;&amp; con</div></text>
  <extension url="http://example.org/weight"><valueDecimal value="1.50"/></extension>
  <identifier><system value="http://example.org/cccd"/><value value="099123456789"/></identifier>
  <name><family value="{family}"/><given value="Thị"/><given><extension url="http://example.org/e"><valueCode value="unknown"/></extension></given></name>
  <telecom><system value="phone"/><value value="0990 &quot;1&quot;&#xA;2"/></telecom>
  <birthDate value="1985-03"/>
  <multipleBirthInteger value="2"/>
</Patient>"#
    )
}

/// An answer in XML: its status and type are checked, its text given.
#[track_caller]
fn xml(answer: &Response, status: u16) -> &str {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/fhir+xml; charset=utf-8"),
        "{}",
        answer.text()
    );
    let text = answer.text();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><"), "{text}");
    assert!(text.contains(" xmlns=\"http://hl7.org/fhir\""), "{text}");
    text
}

#[test]
fn a_resource_goes_in_and_out_as_xml() {
    on_each(|server| {
        let created = server.http().request("POST", "/fhir/Patient", &SENT, patient("", "Bưởi").as_bytes());
        let text = xml(&created, 201);
        let stored = Stored::at(created.header("Location").unwrap());
        assert!(
            text.contains(&format!("<id value=\"{}\"/><meta><versionId value=\"1\"/>", stored.id)),
            "{text}"
        );

        // JSON sees the same resource.
        let read = server.read(&stored.path());
        assert_eq!(read["name"][0]["given"], value(r#"["Thị",null]"#));
        assert_eq!(read["name"][0]["_given"][0], Value::Null);
        assert_eq!(read["name"][0]["_given"][1]["extension"][0]["valueCode"], "unknown");
        assert_eq!(read["telecom"][0]["value"], "0990 \"1\"\n2");
        assert_eq!(read["multipleBirthInteger"], 2);
        assert_eq!(
            read["text"]["div"],
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">Bà <b>Bưởi</b>&#160;&amp; con</div>"
        );
        assert!(server.http().get(&stored.path()).text().contains("\"valueDecimal\":1.50"));

        let again = server.http().request("GET", &stored.path(), &[("Accept", XML)], b"");
        let read_text = xml(&again, 200);
        assert_eq!(read_text, text);
        assert!(read_text.contains("<valueDecimal value=\"1.50\"/>"), "{read_text}");
        assert!(read_text.contains("<value value=\"0990 &quot;1&quot;&#xA;2\"/>"), "{read_text}");
        assert!(read_text.contains("<given value=\"Thị\"/><given><extension url="), "{read_text}");
        assert_eq!(again.header("ETag"), Some("W/\"1\""));
        let head = server.http().request("HEAD", &stored.path(), &[("Accept", XML)], b"").expect_status(200);
        assert!(head.body.is_empty());
        for name in ["Content-Type", "Content-Length", "ETag", "Last-Modified"] {
            assert_eq!(head.header(name), again.header(name), "{name}");
        }
        let fresh = [("Accept", XML), ("If-None-Match", "W/\"1\"")];
        let same = server.http().request("GET", &stored.path(), &fresh, b"").expect_status(304);
        assert!(same.body.is_empty());

        // What was read can be sent again, and is the same.
        let unchanged = server.http().request("PUT", &stored.path(), &SENT, read_text.as_bytes());
        assert_eq!(unchanged.status, 200, "{}", unchanged.text());
        assert_eq!(unchanged.header("ETag"), Some("W/\"1\""), "the content is the same");
        let id = format!("<id value=\"{}\"/>", stored.id);
        let updated = server.http().request("PUT", &stored.path(), &SENT, patient(&id, "Cam").as_bytes());
        assert!(xml(&updated, 200).contains("<family value=\"Cam\"/>"));
        let version = server.http().get(&format!("{}/_history/1?_format=xml", stored.path()));
        assert!(xml(&version, 200).contains("<family value=\"Bưởi\"/>"));
        let minimal = [SENT[0], SENT[1], ("Prefer", "return=minimal")];
        let answer =
            server.http().request("POST", "/fhir/Patient", &minimal, patient("", "Chanh").as_bytes());
        assert_eq!(answer.status, 201);
        assert!(answer.body.is_empty());

        let history =
            server.http().request("GET", &format!("{}/_history", stored.path()), &[("Accept", XML)], b"");
        let history = xml(&history, 200);
        assert!(history.contains("<type value=\"history\"/><total value=\"2\"/>"), "{history}");
        assert_eq!(history.matches("<resource><Patient>").count(), 2, "{history}");
        assert!(
            history.contains("<request><method value=\"POST\"/><url value=\"Patient\"/></request>"),
            "{history}"
        );

        let deleted = server.http().request("DELETE", &stored.path(), &[("Accept", XML)], b"");
        assert_eq!((deleted.status, deleted.body.len()), (204, 0));
        let gone = server.http().request("GET", &stored.path(), &[("Accept", XML)], b"");
        let gone = xml(&gone, 410);
        assert!(
            gone.contains("<OperationOutcome xmlns=") && gone.contains("<code value=\"deleted\"/>"),
            "{gone}"
        );
    });
}

#[test]
fn content_types_and_wishes_are_understood() {
    on_each(|server| {
        check_all(
            [
                "application/fhir+xml",
                "application/xml",
                "text/xml;charset=UTF-8",
                "APPLICATION/FHIR+XML; fhirVersion=4.0",
            ],
            |kind| {
                let sent = [("Content-Type", kind)];
                let answer =
                    server.http().request("POST", "/fhir/Patient", &sent, patient("", "X").as_bytes());
                assert_eq!(answer.status, 201, "{kind}: {}", answer.text());
                assert!(answer.header("Content-Type").unwrap().starts_with(FHIR_JSON), "JSON unless asked");
            },
        );
        check_all(
            [
                ("/fhir/Patient", "application/fhir+xml", true),
                ("/fhir/Patient", "text/xml", true),
                ("/fhir/Patient", "application/json;q=0.5, application/fhir+xml;q=0.6", true),
                ("/fhir/Patient", "application/json, application/fhir+xml", false),
                ("/fhir/Patient", "*/*", false),
                ("/fhir/Patient?_format=xml", FHIR_JSON, true),
                ("/fhir/Patient?_format=application/fhir%2Bxml", FHIR_JSON, true),
                ("/fhir/Patient?_format=application/fhir+xml", FHIR_JSON, true),
                ("/fhir/Patient?_format=text/xml", FHIR_JSON, true),
                ("/fhir/Patient?_format=json", XML, false),
            ],
            |(path, accept, is_xml)| {
                let answer = server.http().request("GET", path, &[("Accept", accept)], b"");
                if is_xml {
                    xml(&answer, 200);
                } else {
                    assert_eq!(matches(&body(&answer)).len(), 4, "{path} {accept}");
                }
            },
        );
    });
}

#[test]
fn searches_pages_and_batches_speak_xml() {
    on_each(|server| {
        for index in 0..5 {
            server.create(&format!(r#"{{"resourceType":"Patient","name":[{{"family":"Lê {index}"}}]}}"#));
        }
        // The next page is as the first, without any header.
        for start in ["/fhir/Patient?_count=2&_format=xml", "/fhir/_history?_count=2&_format=xml"] {
            let (mut path, mut resources) = (start.to_owned(), 0);
            loop {
                let answer = server.http().get(&path);
                let text = xml(&answer, 200).to_owned();
                resources += text.matches("<resource><Patient>").count();
                let Some(next) = text.split("<relation value=\"next\"/><url value=\"").nth(1) else { break };
                path = path_of(&next.split('"').next().unwrap().replace("&amp;", "&"));
                assert!(path.ends_with("&_format=xml"), "{path}");
            }
            assert_eq!(resources, 5, "{start}");
        }
        let json = server.searchset("/fhir/Patient?_count=2");
        assert!(!link(&json, "next").unwrap().contains("_format"));
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let posted = server.http().request(
            "POST",
            "/fhir/Patient/_search",
            &form,
            b"family=l%C3%AA&_format=xml&_total=accurate",
        );
        assert!(xml(&posted, 200).contains("<total value=\"5\"/>"));
        let nonsense = server.http().request("POST", "/fhir/Patient/_search", &form, b"_format=nonsense");
        assert_eq!(nonsense.status, 406);

        let bundle = r#"<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/>
            <entry><fullUrl value="urn:uuid:c757873d-ec9a-4326-a141-556f43239520"/>
              <resource><Patient><name><family value="Hồ"/></name></Patient></resource>
              <request><method value="POST"/><url value="Patient"/></request></entry>
            <entry><resource><Observation><status value="final"/><code><text value="x"/></code>
                <subject><reference value="urn:uuid:c757873d-ec9a-4326-a141-556f43239520"/></subject>
                <valueQuantity><value value="36.60"/></valueQuantity></Observation></resource>
              <request><method value="POST"/><url value="Observation"/></request></entry></Bundle>"#;
        let answer = server.http().request("POST", "/fhir", &SENT, bundle.as_bytes());
        let text = xml(&answer, 200);
        assert!(text.contains("<type value=\"transaction-response\"/>"), "{text}");
        assert_eq!(text.matches("<status value=\"201 Created\"/>").count(), 2, "{text}");
        let observations = server.http().get("/fhir/Observation?subject.family=h%C3%B4%CC%80&_format=xml");
        assert!(xml(&observations, 200).contains("<value value=\"36.60\"/>"));
        assert_eq!(server.count("/fhir/Observation?subject.family:exact=H%E1%BB%93"), 1);

        let batch = r#"<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/>
            <entry><request><method value="GET"/><url value="Patient?_summary=count"/></request></entry>
            <entry><request><method value="GET"/><url value="Patient/never-was"/></request></entry></Bundle>"#;
        let answer = server.http().request("POST", "/fhir", &SENT, batch.as_bytes());
        let text = xml(&answer, 200);
        assert!(text.contains("<resource><Bundle>") && text.contains("<total value=\"6\"/>"), "{text}");
        assert!(text.contains("<outcome><OperationOutcome><issue>"), "{text}");
    });
}

#[test]
fn what_is_no_resource_of_the_store_speaks_xml_too() {
    on_each(|server| {
        let accept = [("Accept", XML)];
        let statement = server.http().request("GET", "/fhir/metadata", &accept, b"");
        let text = xml(&statement, 200);
        assert!(text.contains("<CapabilityStatement xmlns="), "{text}");
        for format in ["json", "xml", "application/fhir+json", "application/fhir+xml"] {
            assert!(text.contains(&format!("<format value=\"{format}\"/>")), "{format}");
        }
        for (method, path, status) in [
            ("GET", "/fhir/Patient/never-was", 404),
            ("GET", "/fhir/Nonsense", 404),
            ("GET", "/fhir/a/b/c/d/e", 404),
            ("PUT", "/fhir/metadata", 405),
            ("GET", "/fhir/Patient?birthdate=x", 400),
        ] {
            let answer = server.http().request(method, path, &accept, b"");
            let text = xml(&answer, status);
            assert!(
                text.contains(
                    "<OperationOutcome xmlns=\"http://hl7.org/fhir\"><issue><severity value=\"error\"/>"
                ),
                "{text}"
            );
        }
        let parameters = r#"<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="_count"/><valueInteger value="5"/></parameter></Parameters>"#;
        let stored = server.create(r#"{"resourceType":"Patient","active":true}"#);
        let path = format!("{}/$everything", stored.path());
        let answer = server.http().request("POST", &path, &SENT, parameters.as_bytes());
        assert!(xml(&answer, 200).contains("<resource><Patient>"));
    });
}

#[test]
fn every_resource_type_is_the_same_in_both_forms() {
    let types = Types::new();
    on_each(|server| {
        for kind in types.resources() {
            let stored = server.create(&types.minimal(kind));
            let read = server.http().request("GET", &stored.path(), &[("Accept", XML)], b"");
            let text = xml(&read, 200).to_owned();
            let answer = server.http().request("PUT", &stored.path(), &SENT, text.as_bytes());
            assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
            assert_eq!(answer.header("ETag"), Some("W/\"1\""), "{kind}: no change: {text}");
        }
    });
}

#[test]
fn what_xml_cannot_hold_is_not_told_in_xml() {
    on_each(|server| {
        // XML 1.0 does not have this character, JSON does.
        let sent = r#"{"resourceType":"Patient","name":[{"text":"a\ufffeb"}]}"#;
        let headers = [("Content-Type", FHIR_JSON), ("Accept", XML)];
        let created = server.http().request("POST", "/fhir/Patient", &headers, sent.as_bytes());
        assert_eq!(created.status, 201, "{}", created.text());
        assert_eq!(body(&created)["name"][0]["text"], "a\u{FFFE}b", "what was done is told in JSON");
        let path = Stored::at(created.header("Location").unwrap()).path();
        for path in [path.as_str(), "/fhir/Patient"] {
            let answer = server.http().get(&format!("{path}?_format=xml"));
            assert!(xml(&answer, 406).contains("<code value=\"not-in-xml\"/>"), "{}", answer.text());
            assert_eq!(server.http().get(path).status, 200);
        }
    });
}

#[test]
fn a_large_bundle_is_turned_whole() {
    on_each(|server| {
        let entries: String = (0..400)
            .map(|index| {
                format!(
                    "<entry><resource><Patient><id value=\"p{index}\"/><name><text value=\"{}\"/></name></Patient></resource>\
                     <request><method value=\"PUT\"/><url value=\"Patient/p{index}\"/></request></entry>",
                    "á".repeat(800)
                )
            })
            .collect();
        let bundle =
            format!("<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"batch\"/>{entries}</Bundle>");
        assert!(bundle.len() > 512 << 10);
        let answer = server.http().request("POST", "/fhir", &SENT, bundle.as_bytes());
        assert_eq!(xml(&answer, 200).matches("<status value=\"201 Created\"/>").count(), 400);
        let all = server.http().get("/fhir/Patient?_count=400&_format=xml");
        let text = xml(&all, 200);
        assert!(text.len() > 512 << 10, "{}", text.len());
        assert_eq!(text.matches(&format!("<text value=\"{}\"/>", "á".repeat(800))).count(), 400);
    });
}
