//! What went in comes out: every character of every value, in the order it was sent. Only `id`, `meta.versionId` and
//! `meta.lastUpdated` are the server's.

use crate::support::bodies::{bundle, entry_with};
use crate::support::json_text::Exact;
use crate::support::{FHIR_JSON, Fhir, Stored, body, entries, on_each, text};
use test_support::TestServer;

/// The resources of an answer that is a Bundle, as exact text.
#[track_caller]
fn resources(what: &str, bundle: &str) -> Vec<Exact> {
    let Some(Exact::Array(entries)) = Exact::parse(bundle).get("entry").cloned() else {
        panic!("{what}: no entries: {bundle}")
    };
    entries.iter().filter_map(|entry| entry.get("resource").cloned()).collect()
}

#[track_caller]
fn expect_same(what: &str, came: Exact, sent: &str) {
    let sent = Exact::parse(sent).without_what_the_server_sets();
    let came = came.without_what_the_server_sets();
    assert_eq!(came.0, sent.0, "{what}");
    assert_eq!(came.1, sent.1, "{what}: meta");
}

/// Reads a resource in each way there is and compares it with what was sent.
#[track_caller]
fn expect_everywhere(server: &TestServer, what: &str, stored: &Stored, sent: &str) {
    let path = stored.path();
    for path in [path.clone(), format!("{path}/_history/{}", stored.version)] {
        let read = server.http().get(&path).expect_status(200);
        expect_same(&format!("{what}: {path}"), Exact::parse(read.text()), sent);
    }
    for path in [format!("{path}/_history?_count=1"), format!("/fhir/{}?_id={}", stored.kind, stored.id)] {
        let found = server.http().get(&path).expect_status(200);
        let mut found = resources(what, found.text());
        assert_eq!(found.len(), 1, "{what}: {path}");
        expect_same(&format!("{what}: {path}"), found.remove(0), sent);
    }
}

/// Stores by create, by update, and by an entry of a batch and of a transaction.
#[track_caller]
fn expect_lossless(server: &TestServer, what: &str, sent: &str) {
    let kind = text(&crate::support::value(sent)["resourceType"]);
    let prefer = [("Content-Type", FHIR_JSON), ("Prefer", "return=representation")];
    let created = server.http().request("POST", &format!("/fhir/{kind}"), &prefer, sent.as_bytes());
    assert_eq!(created.status, 201, "{what}: {}", created.text());
    expect_same(&format!("{what}: answer to create"), Exact::parse(created.text()), sent);
    let mut stored = Stored::at(created.header("Location").unwrap());
    expect_everywhere(server, what, &stored, sent);

    // An element more, and the id first: the update makes a version.
    let again = sent.replacen('{', &format!(r#"{{"id":"{}","language":"vi","#, stored.id), 1);
    let updated = server.http().request("PUT", &stored.path(), &prefer, again.as_bytes());
    assert_eq!(updated.status, 200, "{what}: {}", updated.text());
    expect_same(&format!("{what}: answer to update"), Exact::parse(updated.text()), &again);
    stored.version = 2;
    expect_everywhere(server, what, &stored, &again);
    let first = server.http().get(&format!("{}/_history/1", stored.path())).expect_status(200);
    expect_same(&format!("{what}: the first version after the update"), Exact::parse(first.text()), sent);

    for way in ["batch", "transaction"] {
        let answer = server.bundle(bundle(way, &[entry_with("POST", &kind, sent)])).expect_status(200);
        let answer = entries(&body(&answer)).remove(0);
        assert_eq!(text(&answer["response"]["status"])[..3], *"201", "{what}: {way}: {answer}");
        let stored = Stored::at(&text(&answer["response"]["location"]));
        expect_everywhere(server, &format!("{what}: {way}"), &stored, sent);
    }
}

fn observation(value: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{value}}}}}"#
    )
}

fn patient(more: &str) -> String {
    format!(r#"{{"resourceType":"Patient",{more}}}"#)
}

/// R4, datatypes.html#decimal: "the precision of the decimal value has significance"; json.html: it must be kept.
#[test]
fn decimals_keep_their_digits() {
    let decimals = [
        "1.50",
        "1E-22",
        "100",
        "1.00e2",
        "1e+2",
        "0.0000001",
        "1E-7",
        "0",
        "0.0",
        "0.00",
        "-0.0",
        "-1.10",
        "0.1",
        "123456789012345678",
        "9007199254740993",
        "18446744073709551617",
        "123456789012345678901234567890",
        "0.123456789012345678901234567890",
        "-123456789012345.678901234567890",
    ];
    on_each(|server| {
        for decimal in decimals {
            let sent = observation(decimal);
            let stored = server.create(&sent);
            expect_everywhere(server, decimal, &stored, &sent);
            let read = server.http().get(&stored.path()).expect_status(200);
            assert!(read.text().contains(&format!(r#""value":{decimal}}}"#)), "{decimal}: {}", read.text());
        }
        // Many in one resource, in each of the places where a decimal may stand.
        let components: Vec<String> = decimals
            .iter()
            .map(|decimal| {
                format!(
                    r#"{{"code":{{"text":"x"}},"valueRange":{{"low":{{"value":-9.90}},"high":{{"value":{decimal}}}}},"extension":[{{"url":"http://e.example","valueDecimal":{decimal}}}]}}"#
                )
            })
            .collect();
        let sampled = r#""valueSampledData":{"origin":{"value":0.00},"period":10.0,"factor":1.0E+0,"dimensions":1,"data":"1.50 E 0.0"}"#;
        let sent = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},{sampled},"component":[{}]}}"#,
            components.join(",")
        );
        expect_lossless(server, "decimals", &sent);
    });
}

#[test]
fn members_keep_their_order() {
    let cases = [
        ("the type at the end", r#"{"birthDate":"1985-03-07","active":true,"resourceType":"Patient"}"#),
        (
            "the type in the middle, members backwards",
            r#"{"name":[{"use":"official","given":["Tám"],"family":"Võ"}],"resourceType":"Patient","identifier":[{"value":"0990","system":"urn:example:n"}],"contact":[{"name":{"text":"b","family":"a"},"gender":"other"}],"active":false}"#,
        ),
        (
            "shadows before their primitives and far from them",
            r#"{"_birthDate":{"id":"b"},"resourceType":"Patient","gender":"female","_gender":{"id":"g"},"birthDate":"1985"}"#,
        ),
        (
            "extensions between",
            r#"{"resourceType":"Patient","name":[{"given":["a"],"extension":[{"valueCode":"x","url":"http://e.example"}],"family":"b","id":"n"}],"text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>","status":"generated"},"extension":[{"url":"http://e.example","valueCode":"y"}],"language":"vi"}"#,
        ),
    ];
    on_each(|server| {
        for (what, sent) in cases {
            let stored = server.create(sent);
            expect_everywhere(server, what, &stored, sent);
        }
        let spaced =
            " {\r\n\t\"active\" : true ,\n \"resourceType\":\"Patient\" , \"gender\" :\"male\"\n}\n ";
        let stored = server.create(spaced);
        expect_everywhere(server, "space between", &stored, spaced);
        let (what, sent) = cases[1];
        for way in ["batch", "transaction"] {
            let answer =
                server.bundle(bundle(way, &[entry_with("POST", "Patient", sent)])).expect_status(200);
            let location = text(&entries(&body(&answer))[0]["response"]["location"]);
            expect_everywhere(server, what, &Stored::at(&location), sent);
        }
    });
}

/// R4, datatypes.html#string: characters below 32 but for tab, line feed, carriage return have no place; all others
/// have, and nothing is normalized.
#[test]
fn text_keeps_its_characters() {
    let composed = "Nguyễn Thị Ngọc Ánh, Đường Hoàng Diệu, Phường Ô Chợ Dừa";
    let decomposed = "Nguye\u{302}\u{303}n Thi\u{323} Ngo\u{323}c A\u{301}nh, Đu\u{31b}\u{1a1}\u{300}ng";
    assert_ne!(composed[..7], decomposed[..7]);
    let name = |text: &str| {
        patient(&format!(r#""name":[{{"text":"{text}","family":"{text}","given":["{text}"]}}]"#))
    };
    let cases = [
        ("composed Vietnamese", name(composed)),
        ("decomposed Vietnamese", name(decomposed)),
        (
            "both of them",
            patient(&format!(r#""name":[{{"family":"{composed}"}},{{"family":"{decomposed}"}}]"#)),
        ),
        ("escaped Vietnamese", name(r"Nguy\u1ec5n Nguye\u0302\u0303n")),
        ("escapes", name(r#"a \"quoted\" \\ back \/ slash \t tab \n line \r\n end \u0041 \u00e9"#)),
        ("a pair of surrogates", name(r"\ud83d\ude00 \uD834\uDD1E 😀 𠮟")),
        ("HTML and SQL", name(r"<b>&amp;&lt; '; DROP TABLE x; -- %s {} $1 ${x} \u003cscript>")),
        ("space at both ends", name("  a  b  ")),
        (
            "rare characters",
            name("a\u{7f}\u{a0}\u{ad}\u{200b}\u{200d}\u{2028}\u{2029}\u{feff}\u{fffd}\u{e000}"),
        ),
        ("right to left, and a private one of the last plane", name("\u{202e}אב\u{202c}\u{10fffd}")),
        (
            "a code of words",
            patient(
                r#""maritalStatus":{"coding":[{"code":"Đã kết hôn","system":"http://e.example/a?b=c#d"}]}"#,
            ),
        ),
        (
            "a narrative",
            patient(
                r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\" lang='vi'>\n  <p class='a'>Ph\u1edf &amp; b\u00fan&#160;<br/> &lt; 5</p><!-- note -->\n</div>"}"#,
            ),
        ),
    ];
    on_each(|server| {
        for (what, sent) in &cases {
            let stored = server.create(sent);
            expect_everywhere(server, what, &stored, sent);
        }
        for index in [1, 4, 5] {
            let (what, sent) = &cases[index];
            expect_lossless(server, what, sent);
        }
    });
}

#[test]
fn dates_and_other_primitives_keep_their_form() {
    let extensions: Vec<String> = [
        r#""valueDateTime":"2026""#,
        r#""valueDateTime":"2026-05""#,
        r#""valueDateTime":"2026-05-04""#,
        r#""valueDateTime":"2026-05-04T08:30:00Z""#,
        r#""valueDateTime":"2026-05-04T08:30:00+00:00""#,
        r#""valueDateTime":"2026-05-04T08:30:00-00:00""#,
        r#""valueDateTime":"2026-05-04T08:30:00.000+07:00""#,
        r#""valueDateTime":"2026-05-04T08:30:00.123456789+14:00""#,
        r#""valueInstant":"2026-05-04T08:30:00.10Z""#,
        r#""valueDate":"0001-01-01""#,
        r#""valueTime":"08:30:00.500""#,
        r#""valueUri":"URN:UUID:C757873D-EC9A-4326-A141-556F43239520""#,
        r#""valueUuid":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520""#,
        r#""valueOid":"urn:oid:1.2.3.4.5""#,
        r#""valueUrl":"HTTP://E.example:80/a/../b/%c3%a9?x=%20""#,
        r#""valueCanonical":"http://e.example/a|1.0#b""#,
        r#""valueBase64Binary":"AA+/""#,
        r#""valueInteger":-2147483648"#,
        r#""valueUnsignedInt":0"#,
        r#""valueBoolean":false"#,
        r#""valueId":"A-1.b""#,
        r##""valueMarkdown":"# a\n\n* b  \n* c""##,
    ]
    .iter()
    .map(|value| format!(r#"{{"url":"http://e.example",{value}}}"#))
    .collect();
    let sent = patient(&format!(r#""extension":[{}],"birthDate":"1985-03""#, extensions.join(",")));
    on_each(|server| expect_lossless(server, "primitives", &sent));
}

/// R4, json.html#primitive.
#[test]
fn extensions_of_primitives_stay_with_them() {
    let extension = r#"{"extension":[{"url":"http://e.example","valueDecimal":1.50}]}"#;
    let cases = [
        ("beside a value", format!(r#""birthDate":"1985-03-07","_birthDate":{extension}"#)),
        ("instead of a value", format!(r#""_birthDate":{extension}"#)),
        ("an id alone", r#""gender":"male","_gender":{"id":"g.1"}"#.to_owned()),
        ("id and extension", r#""_active":{"id":"a","extension":[{"url":"http://e.example","valueCode":"unknown"}]}"#.to_owned()),
        (
            "in lists, with gaps",
            format!(r#""name":[{{"given":["Thị",null,"Tám"],"_given":[null,{extension},{{"id":"c"}}],"_family":{extension}}}]"#),
        ),
        ("a list of shadows only", format!(r#""name":[{{"_given":[{extension},{{"id":"x"}}]}}]"#)),
        (
            "an extension in an extension",
            r#""birthDate":"1985","_birthDate":{"extension":[{"url":"http://e.example","extension":[{"url":"b","_valueString":{"extension":[{"url":"http://e.example/c","valueBoolean":true}]}},{"url":"a","valueDecimal":0.10}]}]}"#.to_owned(),
        ),
        (
            "in a backbone element",
            r#""extension":[{"url":"http://e.example/m","valueBoolean":false}],"contact":[{"extension":[{"url":"http://e.example/m","valueCode":"n"}],"name":{"text":"Tám"},"gender":"male"}]"#.to_owned(),
        ),
        ("a choice", format!(r#""deceasedBoolean":false,"_deceasedBoolean":{extension},"_multipleBirthInteger":{{"id":"m"}},"multipleBirthInteger":2"#)),
    ];
    on_each(|server| {
        for (what, more) in &cases {
            let sent = patient(more);
            let answer = server.http().send_fhir("POST", "/fhir/Patient", &sent);
            assert_eq!(answer.status, 201, "{what}: {}", answer.text());
            expect_everywhere(server, what, &Stored::at(answer.header("Location").unwrap()), &sent);
        }
        expect_lossless(server, cases[4].0, &patient(&cases[4].1));
    });
}

/// The ids and the `meta` of resources within a resource are not the server's.
#[test]
fn resources_within_a_resource_are_left_alone() {
    let contained = r##"{"resourceType":"MedicationRequest","contained":[{"id":"m","code":{"text":"Thuốc"},"resourceType":"Medication","meta":{"profile":["http://e.example/p"]}},{"resourceType":"Practitioner","id":"p.2","name":[{"_family":{"id":"f"}}]}],"status":"active","intent":"order","medicationReference":{"reference":"#m"},"subject":{"reference":"Patient/099"},"requester":{"reference":"#p.2","display":"BS. Tám"},"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":0.50}}]}]}"##;
    let inner = r#"{"meta":{"versionId":"7","lastUpdated":"2001-01-01T00:00:00.5Z","tag":[{"code":"t"}]},"resourceType":"Patient","id":"own","active":true}"#;
    let collection = format!(
        r#"{{"resourceType":"Bundle","type":"collection","timestamp":"2026-05-04T08:30:00.50+07:00","entry":[{{"resource":{inner},"fullUrl":"http://e.example/Patient/own"}},{{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{}}}]}}"#,
        observation("1.50")
    );
    let parameters = format!(
        r#"{{"parameter":[{{"resource":{inner},"name":"a"}},{{"name":"b","part":[{{"name":"c","valueDecimal":1E-22}}]}}],"resourceType":"Parameters"}}"#
    );
    on_each(|server| {
        expect_lossless(server, "contained", contained);
        for (what, sent) in [("a collection", &collection), ("parameters", &parameters)] {
            let kind = text(&crate::support::value(sent)["resourceType"]);
            let answer = server.http().send_fhir("POST", &format!("/fhir/{kind}"), sent);
            assert_eq!(answer.status, 201, "{what}: {}", answer.text());
            expect_everywhere(server, what, &Stored::at(answer.header("Location").unwrap()), sent);
        }
    });
}

/// R4, resource.html#Meta: profiles, tags, labels and source are the author's.
#[test]
fn the_authors_part_of_meta_is_kept() {
    let own = r#""security":[{"display":"Kín","code":"R","system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality"}],"source":"urn:example:his#1","tag":[{"code":"b"},{"code":"a","system":"http://e.example/tags","userSelected":false}],"profile":["http://e.example/p|2","http://e.example/a"],"extension":[{"url":"http://e.example","valueDecimal":2.0}]"#;
    let cases = [
        ("first", format!(r#""meta":{{{own}}},"active":true"#)),
        ("last", format!(r#""active":true,"meta":{{{own}}}"#)),
        (
            "around what the server sets",
            format!(
                r#""active":true,"meta":{{"lastUpdated":"2001-01-01T00:00:00Z",{own},"versionId":"77"}}"#
            ),
        ),
        ("nothing of its own", r#""meta":{"versionId":"77"},"active":true"#.to_owned()),
        ("profile only", r#""meta":{"profile":["http://e.example/p"]}"#.to_owned()),
        (
            "tags with shadows",
            r#""meta":{"profile":["http://e.example/p"],"_profile":[{"id":"x"}]},"active":true"#.to_owned(),
        ),
    ];
    on_each(|server| {
        for (what, more) in &cases {
            let sent = patient(more);
            let stored = server.create(&sent);
            expect_everywhere(server, what, &stored, &sent);
            let meta = server.read(&stored.path())["meta"].clone();
            assert_eq!(meta["versionId"], "1", "{what}");
            assert!(!text(&meta["lastUpdated"]).starts_with("2001"), "{what}: {meta}");
        }
        for index in [0, 2] {
            expect_lossless(server, cases[index].0, &patient(&cases[index].1));
        }
    });
}
