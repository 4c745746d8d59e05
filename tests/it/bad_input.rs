//! Bodies that are no FHIR: each is refused in words, nothing is stored, the connection goes on.

use serde_json::Value;
use test_support::TestServer;

use crate::support::bodies::{bundle, entry_with};
use crate::support::{FHIR_JSON, Fhir, body, check_all, expect_refusal, on_each, value};

/// Values that no log may hold.
pub const NUMBER: &str = "099888777666";
pub const SECRET: &str = "Bí-mật-7k3";

/// A Patient with the secrets in it and something more.
pub fn with(more: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","identifier":[{{"value":"{NUMBER}"}}],"name":[{{"family":"{SECRET}"}}]{}{more}}}"#,
        if more.is_empty() { "" } else { "," }
    )
}

/// Sends on a connection of its own, checks the refusal, and that the connection carries the next request or was
/// closed as announced.
#[track_caller]
fn refused(server: &TestServer, what: &str, sent: &[u8], allowed: &[u16]) -> Value {
    let mut connection = server.client().open().unwrap();
    let count = "GET /fhir/Patient?_summary=count HTTP/1.1\r\nHost: localhost\r\n\r\n";
    connection.send(count.as_bytes()).unwrap();
    let before = body(&connection.read_response().unwrap().expect_status(200));
    let length = sent.len();
    let head = format!(
        "POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FHIR_JSON}\r\nContent-Length: {length}\r\n\r\n"
    );
    connection.send(&[head.as_bytes(), sent].concat()).unwrap();
    let answer = connection.read_response().unwrap_or_else(|error| panic!("{what}: no answer: {error}"));
    assert!(
        allowed.contains(&answer.status),
        "{what}: {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    let issue = expect_refusal(what, &answer, answer.status);
    let shown = answer.text();
    assert!(!shown.contains(NUMBER) && !shown.contains(SECRET), "{what}: says personal data again: {shown}");
    if answer.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
        assert!(connection.read_to_end().is_ok_and(|rest| rest.is_empty()), "{what}: not closed");
    } else {
        connection.send(count.as_bytes()).unwrap();
        let next =
            connection.read_response().unwrap_or_else(|error| panic!("{what}: connection lost: {error}"));
        assert_eq!(body(&next.expect_status(200))["total"], before["total"], "{what}: something was stored");
    }
    issue
}

pub fn no_secret_is_logged(server: &TestServer) {
    let encoded = crate::support::encode(SECRET);
    for line in server.log() {
        for secret in [NUMBER, SECRET, "Bí-mật", "B\\u00ed", encoded.as_str(), "panicked"] {
            assert!(!line.contains(secret), "the log holds {secret}: {line}");
        }
    }
}

#[test]
fn text_that_is_no_json_is_refused() {
    let whole = with("");
    let cut = |at: usize| whole.as_bytes()[..at].to_vec();
    let deep =
        |levels: usize| with(&format!(r#""x":{}{}"#, "[".repeat(levels), "]".repeat(levels))).into_bytes();
    let deep_objects = |levels: usize| {
        let open = r#"{"url":"http://e.example","extension":["#.repeat(levels);
        let innermost = r#"{"url":"http://e.example","valueBoolean":true}"#;
        with(&format!(r#""extension":[{open}{innermost}{}]"#, "]}".repeat(levels))).into_bytes()
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("space only", b" \n ".to_vec()),
        ("cut in the middle", cut(whole.len() / 2)),
        ("cut before the last brace", cut(whole.len() - 1)),
        ("something behind it", [whole.as_bytes(), b"x"].concat()),
        ("two documents", [whole.as_bytes(), whole.as_bytes()].concat()),
        ("no JSON at all", format!("<Patient value=\"{SECRET}\"/>").into_bytes()),
        ("single quotes", whole.replace('"', "'").into_bytes()),
        ("a comma too many", whole.replace("}]}", "}],}").into_bytes()),
        ("a comment", with("/* x */\"active\":true").into_bytes()),
        ("a bare word", with("\"active\":True").into_bytes()),
        ("NaN", with("\"multipleBirthInteger\":NaN").into_bytes()),
        ("a leading zero", with("\"multipleBirthInteger\":01").into_bytes()),
        ("a plus sign", with("\"multipleBirthInteger\":+1").into_bytes()),
        ("a point without digits", with("\"multipleBirthInteger\":1.").into_bytes()),
        ("hexadecimal", with("\"multipleBirthInteger\":0x1").into_bytes()),
        ("a colon too few", with("\"active\" true").into_bytes()),
        ("an unquoted name", with("active:true").into_bytes()),
        ("the same name twice", with(r#""active":true,"active":false"#).into_bytes()),
        ("the same name twice, once escaped", with(r#""active":true,"\u0061ctive":true"#).into_bytes()),
        ("the same name twice inside", with(r#""contact":[{"gender":"male","gender":"male"}]"#).into_bytes()),
        ("invalid UTF-8", [with("").as_bytes()[..50].to_vec(), vec![0xFF, 0xFE], b"\"}".to_vec()].concat()),
        ("an overlong form", replace(&with(r#""language":"@""#), b"@", b"\xC0\xAF")),
        ("a surrogate in UTF-8", replace(&with(r#""language":"@""#), b"@", b"\xED\xA0\x80")),
        ("a cut character", replace(&with(r#""language":"@""#), b"@", b"\xE1\xBB")),
        ("a lone high surrogate", with(r#""language":"\ud83d""#).into_bytes()),
        ("a lone low surrogate", with(r#""language":"\ude00""#).into_bytes()),
        ("two high surrogates", with(r#""language":"\ud83d\ud83d""#).into_bytes()),
        ("a bad escape", with(r#""language":"\x41""#).into_bytes()),
        ("a short escape", with(r#""language":"\u12""#).into_bytes()),
        ("a raw line end in a string", with("\"language\":\"a\nb\"").into_bytes()),
        ("a raw NUL", with("\"language\":\"a\0b\"").into_bytes()),
        ("UTF-16", whole.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("an array", format!("[{whole}]").into_bytes()),
        ("a string", format!("\"{SECRET}\"").into_bytes()),
        ("a number", NUMBER.as_bytes().to_vec()),
        ("null", b"null".to_vec()),
        ("101 levels", deep_objects(60)),
        ("many levels", deep(50_000)),
        ("many levels without end", format!("{{\"a\":{}", "[".repeat(200_000)).into_bytes()),
    ];
    on_each(|server| {
        check_all(&cases, |(what, sent)| {
            refused(server, what, sent, &[400]);
        });
        no_secret_is_logged(server);
    });
}

/// Replaces the first occurrence.
fn replace(text: &str, mark: &[u8], with: &[u8]) -> Vec<u8> {
    let at = text.as_bytes().windows(mark.len()).position(|window| window == mark).unwrap();
    [&text.as_bytes()[..at], with, &text.as_bytes()[at + mark.len()..]].concat()
}

/// R4, json.html and datatypes.html. The second column is what `expression` must hold; empty where nothing can be
/// pointed at.
#[test]
fn json_that_is_no_fhir_is_refused_with_the_place() {
    let patient = |more: &str| with(more);
    let cases: Vec<(&str, &str, String)> = vec![
        ("no resourceType", "", r#"{"active":true}"#.to_owned()),
        ("resourceType is a number", "", r#"{"resourceType":7}"#.to_owned()),
        ("resourceType is null", "", r#"{"resourceType":null}"#.to_owned()),
        ("an unknown resourceType", "", r#"{"resourceType":"Patiant"}"#.to_owned()),
        ("an abstract type", "", r#"{"resourceType":"DomainResource"}"#.to_owned()),
        ("a data type", "", r#"{"resourceType":"HumanName"}"#.to_owned()),
        ("another type", "", r#"{"resourceType":"Basic","code":{"text":"x"}}"#.to_owned()),
        ("an unknown element", "Patient", patient(r#""colour":"red""#)),
        ("an unknown element inside", "Patient.contact", patient(r#""contact":[{"colour":"red"}]"#)),
        ("wrong case", "Patient", patient(r#""birthdate":"2001-01-01""#)),
        ("an element of R5", "Patient", patient(r#""maritalStatuses":{}"#)),
        ("a string for a boolean", "Patient.active", patient(r#""active":"true""#)),
        ("a number for a string", "Patient.birthDate", patient(r#""birthDate":2001"#)),
        ("a string for a number", "Patient.multipleBirth", patient(r#""multipleBirthInteger":"2""#)),
        ("an object for a list", "Patient.contact", patient(r#""contact":{"gender":"male"}"#)),
        ("a list for one", "Patient.gender", patient(r#""gender":["male"]"#)),
        ("a string for an object", "Patient.maritalStatus", patient(r#""maritalStatus":"M""#)),
        ("null", "Patient.gender", patient(r#""gender":null"#)),
        ("an empty string", "Patient.gender", patient(r#""gender":"""#)),
        ("an empty list", "Patient.contact", patient(r#""contact":[]"#)),
        ("an empty object", "Patient.maritalStatus", patient(r#""maritalStatus":{}"#)),
        ("two values of a choice", "Patient", patient(r#""deceasedBoolean":true,"deceasedDateTime":"2020""#)),
        ("a choice of another type", "Patient", patient(r#""deceasedString":"yes""#)),
        ("a date that does not exist", "Patient.birthDate", patient(r#""birthDate":"2023-02-29""#)),
        ("month 13", "Patient.birthDate", patient(r#""birthDate":"2023-13-01""#)),
        ("a date in another form", "Patient.birthDate", patient(r#""birthDate":"01/02/2023""#)),
        ("a time in a date", "Patient.birthDate", patient(r#""birthDate":"2023-01-01T00:00:00Z""#)),
        ("hour 25", "Patient.deceased", patient(r#""deceasedDateTime":"2023-01-01T25:00:00Z""#)),
        (
            "an integer of 32 bits and more",
            "Patient.multipleBirth",
            patient(r#""multipleBirthInteger":2147483648"#),
        ),
        ("a fraction for an integer", "Patient.multipleBirth", patient(r#""multipleBirthInteger":1.5"#)),
        ("an exponent too far", "Patient.multipleBirth", patient(r#""multipleBirthInteger":1e999999999"#)),
        ("a code with spaces around", "Patient.gender", patient(r#""gender":" male ""#)),
        ("a uri with spaces", "Patient.implicitRules", patient(r#""implicitRules":"http://a b""#)),
        ("base64 that is none", "Patient.photo[0].data", patient(r#""photo":[{"data":"@@@@"}]"#)),
        ("a negative number", "Patient.photo[0].size", patient(r#""photo":[{"size":-1}]"#)),
        ("zero for a positive one", "Patient.telecom[0].rank", patient(r#""telecom":[{"rank":0}]"#)),
        ("a NUL in a string", "Patient.contact", patient(r#""contact":[{"name":{"text":"a\u0000b"}}]"#)),
        ("a control character", "Patient.contact", patient(r#""contact":[{"name":{"text":"a\u0007b"}}]"#)),
        ("a required element is missing", "Patient.link[0]", patient(r#""link":[{"type":"seealso"}]"#)),
        (
            "an extension without url",
            "Patient.extension[0]",
            patient(r#""extension":[{"valueBoolean":true}]"#),
        ),
        (
            "extension: value and parts",
            "Patient.extension[0]",
            patient(
                r#""extension":[{"url":"http://a.example","valueBoolean":true,"extension":[{"url":"b","valueCode":"c"}]}]"#,
            ),
        ),
        ("the shadow of a primitive is a string", "Patient", patient(r#""_birthDate":"x""#)),
        ("the shadow of what is no primitive", "Patient", patient(r#""_maritalStatus":{"id":"a"}"#)),
        (
            "an unknown type inside",
            "Patient.contained[0]",
            patient(r#""contained":[{"resourceType":"Nonsense","id":"a"}]"#),
        ),
        (
            "a wrong element inside",
            "Patient.contained[0]",
            patient(r#""contained":[{"resourceType":"Organization","id":"a","nme":"x"}]"#),
        ),
        (
            "contained in contained",
            "Patient.contained[0]",
            patient(
                r#""contained":[{"resourceType":"Organization","id":"a","contained":[{"resourceType":"Basic","id":"b","code":{"text":"x"}}]}]"#,
            ),
        ),
        ("a narrative without div", "Patient.text", patient(r#""text":{"status":"generated"}"#)),
        ("meta is a list", "Patient.meta", patient(r#""meta":[]"#)),
    ];
    let cases: Vec<_> = cases.into_iter().chain(narratives()).collect();
    on_each(|server| {
        check_all(&cases, |(what, place, sent)| {
            let issue = refused(server, what, sent.as_bytes(), &[400, 422]);
            let expression = issue["expression"][0].as_str().unwrap_or_default();
            assert!(
                expression.starts_with(place),
                "{what}: expression {expression:?} must lead to {place}: {issue}"
            );
        });
        no_secret_is_logged(server);
    });
}

/// R4, narrative.html.
fn narratives() -> Vec<(&'static str, &'static str, String)> {
    let div = |what: &'static str, content: &str| {
        let div = Value::from(format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{content}</div>"));
        (what, "Patient.text.div", with(&format!(r#""text":{{"status":"generated","div":{div}}}"#)))
    };
    let whole = |what: &'static str, text: &str| {
        let text = Value::from(text);
        (what, "Patient.text.div", with(&format!(r#""text":{{"status":"generated","div":{text}}}"#)))
    };
    vec![
        div("a script in the narrative", "<script>alert(1)</script>x"),
        div("a script in capitals", "<SCRIPT>alert(1)</SCRIPT>x"),
        div("a narrative that is not well-formed", "<p>x"),
        div("crossing tags", "<b><i>x</b></i>"),
        div("an event attribute", "<p onmouseover='alert(1)'>x</p>"),
        div("a script as link", "<a href='javascript:alert(1)'>x</a>"),
        div("a script as hidden link", "<a href='java&#10;script&#58;alert(1)'>x</a>"),
        div("a page as image", "<img src='data:text/html;base64,AAAA'/>"),
        div("a form", "<form action='http://e.example'>x</form>"),
        div("an iframe", "<iframe src='http://e.example'/>x"),
        div("an object", "<object data='http://e.example'>x</object>"),
        div("an external style sheet", "<link rel='stylesheet' href='http://e.example/a.css'/>x"),
        div("a base", "<base href='http://e.example'/>x"),
        div("a style that runs", "<p style='background:url(javascript:alert(1))'>x</p>"),
        div("an entity of HTML", "a&nbsp;b"),
        div("CDATA", "<![CDATA[><script>alert(1)</script>]]>"),
        div("a comment that ends early", "<!--><script>alert(1)</script>-->x"),
        div("SVG", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>x"),
        div("no content", " <p> </p> "),
        whole("a narrative without namespace", "<div>x</div>"),
        whole("a narrative that is no div", "<p xmlns='http://www.w3.org/1999/xhtml'>x</p>"),
        whole("a narrative that is plain text", "x"),
        whole(
            "entities in a narrative",
            "<!DOCTYPE div [<!ENTITY a 'b'>]><div xmlns='http://www.w3.org/1999/xhtml'>&a;</div>",
        ),
        (
            "a script inside a contained resource",
            "Patient.contained[0].text.div",
            with(
                r##""generalPractitioner":[{"reference":"#o"}],"contained":[{"resourceType":"Organization","id":"o","name":"x","text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'><script>x</script></div>"}}]"##,
            ),
        ),
    ]
}

#[test]
fn what_is_unusual_but_right_is_taken() {
    let nested = |levels: usize| {
        let open = r#"{"url":"http://e.example","extension":["#.repeat(levels);
        with(&format!(
            r#""extension":[{open}{{"url":"http://e.example","valueBoolean":true}}{}]"#,
            "]}".repeat(levels)
        ))
    };
    on_each(|server| {
        let good = [
            ("resourceType at the end", r#"{"active":true,"resourceType":"Patient"}"#.to_owned()),
            ("spaces and lines", with("").replace(',', " ,\r\n\t ")),
            ("a pair of surrogates", with(r#""language":"vi","contact":[{"name":{"text":"\ud83d\ude00"}}]"#)),
            ("escaped names", with(r#""\u0061ctive":true"#)),
            ("up to 100 levels", nested(40)),
            (
                "a shadow without a value",
                with(r#""_birthDate":{"extension":[{"url":"http://a.example","valueCode":"unknown"}]}"#),
            ),
            ("a year", with(r#""birthDate":"1950""#)),
            ("a leap day", with(r#""birthDate":"2024-02-29""#)),
            (
                "unknown codes and references",
                with(r#""generalPractitioner":[{"reference":"Practitioner/never-was"}]"#),
            ),
        ];
        check_all(good, |(what, sent)| {
            let answer = server.http().send_fhir("POST", "/fhir/Patient", &sent);
            assert_eq!(answer.status, 201, "{what}: {}", answer.text());
        });
        // RFC 8259, 8.1: a byte order mark may be ignored or be an error; it must not be stored.
        let answer = server.http().send_fhir("POST", "/fhir/Patient", format!("\u{feff}{}", with("")));
        match answer.status {
            201 => assert!(!answer.text().starts_with('\u{feff}')),
            _ => {
                expect_refusal("a byte order mark", &answer, 400);
            }
        }
        // A decimal has no bound in FHIR; a server may have one. It must not fall over.
        for number in ["1e400", "-1E-999999999", &"9".repeat(5000)] {
            let sent = format!(
                r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{number}}}}}"#
            );
            let answer = server.http().send_fhir("POST", "/fhir/Observation", &sent);
            match answer.status {
                201 => assert!(answer.text().contains(number), "kept as it was"),
                _ => {
                    expect_refusal("a huge decimal", &answer, 400);
                }
            }
        }
    });
}

#[test]
fn a_bundle_names_the_place_inside_the_entry() {
    on_each(|server| {
        let bad = with(r#""active":"yes""#);
        for (kind, status) in [("transaction", 400), ("batch", 200)] {
            let parts = [
                entry_with("POST", "Patient", r#"{"resourceType":"Patient","active":false}"#),
                entry_with("POST", "Patient", &bad),
            ];
            let answer = server.bundle(bundle(kind, &parts)).expect_status(status);
            let shown = value(answer.text()).to_string();
            assert!(shown.contains("Patient.active") || shown.contains("resource.active"), "{shown}");
            assert!(!shown.contains(NUMBER) && !shown.contains(SECRET), "{shown}");
        }
        assert_eq!(server.count("/fhir/Patient"), 1);
        no_secret_is_logged(server);
    });
}

/// R4, extensibility.html#modifierExtension: who does not understand a modifier does not know what the element says.
#[test]
fn modifiers_that_nobody_defines_are_refused() {
    let modifier = r#""modifierExtension":[{"url":"http://e.example/m","valueBoolean":false}]"#;
    let cases = [
        (with(modifier), "Patient.modifierExtension[0]"),
        (
            with(&format!(r#""contact":[{{"name":{{"text":"Tám"}},{modifier}}}]"#)),
            "Patient.contact[0].modifierExtension[0]",
        ),
    ];
    on_each(|server| {
        for (sent, place) in &cases {
            let issue = refused(server, place, sent.as_bytes(), &[422]);
            assert_eq!(issue["details"]["coding"][0]["code"], "modifier-unknown", "{place}");
            assert_eq!(issue["expression"][0], *place);
        }
        no_secret_is_logged(server);
    });
}
