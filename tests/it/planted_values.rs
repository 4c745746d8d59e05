//! No personal or clinical value in what the server prints, in its figures, or in what others are told: planted values go
//! through everything that takes any, at the finest level of the log, and are looked for afterwards.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use test_support::{HttpClient, Response, TestDatabase, TestServer};

use crate::support::access_log::{signed, whole_log};
use crate::support::bodies::{bundle, entry_with};
use crate::support::browser::{Browser, forms};
use crate::support::program::{Demo, run, words};
use crate::support::{FHIR_JSON, Stored, encode, start, value};

/// Everything that must never be seen again, in the words of nobody else.
const PLANTED: [(&str, &str); 16] = [
    ("family name", "Nguyễnqzx"),
    ("given name", "Thịqzx Sươngqzx"),
    ("citizen number", "099777000111"),
    ("second citizen number", "099777000222"),
    ("address", "17 ngõ Qzxphố"),
    ("phone", "0900777111222"),
    ("insurance card", "GD4790777111222"),
    ("diagnosis", "Qzxviêm gan"),
    ("code of a diagnosis", "QZX99.7"),
    ("narrative", "qzxkể lại bệnh sử"),
    ("value", "777.123411"),
    ("free text", "qzxghi chú riêng"),
    ("file name", "qzxphiếu-khám.pdf"),
    ("password", "Qzx-mật-khẩu-dài-777"),
    ("token", "eyJhbGciOiJFUzI1NiJ9.qzxqzx.qzxqzx777"),
    ("code", "qzxcode777111"),
];

fn planted(what: &str) -> &'static str {
    PLANTED.iter().find(|(name, _)| *name == what).unwrap().1
}

/// The planted values in a text: as they are, as a URL has them, as JSON in ASCII has them.
fn found(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let is_in = |value: &str| {
        let ascii: String = value
            .encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect();
        let escaped: String = value.chars().flat_map(char::escape_default).collect();
        [value.to_owned(), encode(value), ascii, escaped].iter().any(|it| lower.contains(&it.to_lowercase()))
    };
    PLANTED.iter().filter(|(_, value)| is_in(value)).map(|(what, _)| *what).collect()
}

/// A person with everything that is planted.
fn person() -> Value {
    json!({"resourceType": "Patient",
        "text": {"status": "additional",
            "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>", planted("narrative"))},
        "identifier": [
            {"system": "urn:example:citizen-number", "value": planted("citizen number")},
            {"system": "urn:example:insurance", "value": planted("insurance card")}],
        "name": [{"family": planted("family name"), "given": [planted("given name")]}],
        "telecom": [{"system": "phone", "value": planted("phone")}],
        "address": [{"line": [planted("address")]}], "gender": "female", "birthDate": "1985-03-07"})
}

fn findings(patient: &str) -> [Value; 3] {
    let subject = json!({"reference": patient});
    let number: Value = serde_json::from_str(planted("value")).unwrap();
    [
        json!({"resourceType": "Condition", "subject": subject, "code": {"text": planted("diagnosis"),
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": planted("code of a diagnosis")}]},
            "note": [{"text": planted("free text")}]}),
        json!({"resourceType": "Observation", "status": "final", "subject": subject,
            "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]},
            "valueQuantity": {"value": number}, "note": [{"text": planted("free text")}]}),
        json!({"resourceType": "DocumentReference", "status": "current", "subject": subject,
            "content": [{"attachment": {"title": planted("file name"), "contentType": "application/pdf"}}]}),
    ]
}

/// Sends requests and keeps what was refused.
struct Sender<'a> {
    http: &'a HttpClient,
    token: Option<String>,
    refusals: Vec<String>,
    good: usize,
}

impl<'a> Sender<'a> {
    fn new(http: &'a HttpClient, token: Option<String>) -> Self {
        Self { http, token, refusals: Vec::new(), good: 0 }
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut all: Vec<(&str, &str)> =
            authorization.iter().map(|it| ("Authorization", it.as_str())).collect();
        all.extend(headers);
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            all.push(("Content-Type", FHIR_JSON));
        }
        let answer = self.http.request(method, path, &all, body.as_bytes());
        if answer.status >= 400 {
            self.refusals.push(format!("{method} {path}: {}", String::from_utf8_lossy(&answer.body)));
        } else {
            self.good += 1;
        }
        answer
    }

    /// Everything of FHIR that takes a value.
    fn everything(&mut self) {
        let person = person().to_string();
        let made = self.send("POST", "/fhir/Patient", &[], &person);
        let patient = match made.header("Location") {
            Some(location) => Stored::at(location).reference(),
            None => "Patient/qzx".to_owned(),
        };
        for one in findings(&patient) {
            let kind = one["resourceType"].as_str().unwrap();
            self.write(kind, &one);
        }
        self.search(&patient);
        self.go_wrong(&patient, &person);
    }

    fn write(&mut self, kind: &str, one: &Value) {
        let (path, text) = (format!("/fhir/{kind}"), one.to_string());
        let made = self.send("POST", &path, &[], &text);
        let invalid = text.replacen("\"subject\"", "\"subjekt\"", 1);
        let broken = &text[..text.len() - 9];
        for sent in [invalid.as_str(), broken] {
            let _ = self.send("POST", &path, &[], sent);
        }
        let _ = self.send("POST", &format!("{path}/$validate"), &[], &invalid);
        let _ = self.send("POST", &format!("{path}/$validate"), &[], &text);
        let xml = [("Content-Type", "application/fhir+xml")];
        let _ = self.send("POST", &path, &xml, &format!("<{kind}><text>{}</", planted("narrative")));
        let _ = self.send(
            "POST",
            "/fhir",
            &[],
            &bundle("transaction", &[entry_with("POST", kind, &text), entry_with("POST", kind, &invalid)]),
        );
        let _ = self.send(
            "POST",
            "/fhir",
            &[],
            &bundle(
                "batch",
                &[entry_with("PUT", &format!("{kind}?identifier={}", planted("citizen number")), &text)],
            ),
        );
        let Some(location) = made.header("Location") else { return };
        let stored = Stored::at(location);
        let patch = [("Content-Type", "application/json-patch+json")];
        let note =
            json!([{"op": "add", "path": "/note/-", "value": {"text": planted("free text")}}]).to_string();
        let test = json!([{"op": "test", "path": "/language", "value": planted("diagnosis")}]).to_string();
        let nowhere = json!([{"op": "remove", "path": format!("/{}", planted("diagnosis"))}]).to_string();
        for sent in [&note, &test, &nowhere] {
            let _ = self.send("PATCH", &stored.path(), &patch, sent);
        }
        let mut stale = one.clone();
        stale["id"] = stored.id.clone().into();
        let _ = self.send("PUT", &stored.path(), &[("If-Match", "W/\"77\"")], &stale.to_string());
    }

    fn search(&mut self, patient: &str) {
        for (_, value) in PLANTED {
            let value = encode(value);
            for query in [
                format!("Patient?name={value}"),
                format!("Patient?identifier=urn%3Ax%7C{value}"),
                format!("Patient?birthdate={value}"),
                format!("Patient?address:exact={value}&_sort={value}"),
                format!("Patient?{value}=1"),
                format!("Condition?code:text={value}&_include={value}"),
                format!("Observation?value-quantity={value}"),
                format!("Observation?subject:Patient.name={value}&_format={value}"),
                format!("Patient?_filter=name%20eq%20%22{value}%22"),
                format!("Patient?_page={value}"),
                format!("{patient}/_history?_since={value}"),
            ] {
                let _ = self.send("GET", &format!("/fhir/{query}"), &[("Prefer", "handling=strict")], "");
            }
            let form = [("Content-Type", "application/x-www-form-urlencoded")];
            for sent in [
                format!("name={value}"),
                format!("{value}={value}"),
                format!("_count={value}"),
                "%zz".to_owned(),
            ] {
                let _ = self.send("POST", "/fhir/Patient/_search", &form, &sent);
            }
        }
    }

    /// Wrong URLs, headers and bodies.
    fn go_wrong(&mut self, patient: &str, person: &str) {
        for (_, value) in PLANTED {
            let value = encode(value);
            for (method, path) in [
                ("GET", format!("/fhir/Patient/{value}")),
                ("GET", format!("/fhir/{value}/{value}")),
                ("GET", format!("/fhir/{value}")),
                ("GET", format!("/{value}")),
                ("DELETE", format!("/fhir/Patient?identifier={value}")),
                ("GET", format!("/fhir/{patient}/_history/{value}")),
                ("GET", format!("/fhir/{patient}/{value}")),
                ("GET", format!("/fhir/{patient}/${value}")),
                ("GET", format!("/access/relations/{value}")),
                ("GET", format!("/transparency/roots/{value}")),
                ("GET", format!("/auth/authorize?client_id={value}&redirect_uri={value}&login_hint={value}")),
            ] {
                let _ = self.send(method, &path, &[], "");
            }
            for name in [
                "If-None-Exist",
                "If-Match",
                "If-None-Match",
                "If-Modified-Since",
                "Prefer",
                "Accept",
                "Cookie",
                "Content-Type",
                "Origin",
                "X-Request-Id",
            ] {
                let _ = self.send("POST", "/fhir/Patient", &[(name, &value)], person);
            }
            let _ = self.send(&value.replace('%', ""), "/fhir/Patient", &[], "");
        }
        for (path, sent) in [
            (
                "emergency",
                json!({"citizen_number": planted("citizen number"), "reason": planted("diagnosis"), "text": planted("free text")}),
            ),
            (
                "delegations",
                json!({"citizen_number": planted("citizen number"), "birth_date": "1985-03-07", "ends": planted("free text")}),
            ),
            ("relations", json!({"kind": "presence", "code": planted("code")})),
            (
                "relations",
                json!({"kind": "prescription", "code": planted("code"), "birth_date": planted("phone")}),
            ),
            ("blocks", json!({"facility": planted("code"), "labels": [planted("diagnosis")]})),
            ("effects", json!({"resourceType": "Consent", "note": planted("free text")})),
        ] {
            let _ = self.send("POST", &format!("/access/{path}"), &[], &sent.to_string());
        }
    }
}

/// Passwords, codes and tokens that are wrong, by nobody known.
fn knock(server: &TestServer) -> Vec<String> {
    let mut sender = Sender::new(server.client(), None);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let [number, password, token, code] =
        ["citizen number", "password", "token", "code"].map(planted).map(encode);
    for sent in [
        format!(
            "grant_type=authorization_code&code={code}&client_id={code}&code_verifier={code}&redirect_uri=http%3A%2F%2Fx%2F{code}"
        ),
        format!("grant_type=refresh_token&refresh_token={token}&client_id={number}"),
        format!("grant_type=client_credentials&client_id={number}&client_secret={password}"),
        format!(
            "grant_type=client_credentials&client_assertion={token}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        ),
    ] {
        for path in ["token", "revoke", "introspect"] {
            let _ = sender.send("POST", &format!("/auth/{path}"), &form, &format!("{sent}&token={token}"));
        }
    }
    let app = json!({"client_name": planted("family name"), "redirect_uris": [planted("address")], "scope": planted("code")});
    let _ = sender.send("POST", "/auth/register", &[("Content-Type", "application/json")], &app.to_string());
    let bearer = format!("Bearer {}", planted("token"));
    for authorization in
        [bearer.as_str(), &format!("DPoP {}", planted("token")), &format!("Basic {password}")]
    {
        let _ = sender.send(
            "GET",
            "/fhir/Patient",
            &[("Authorization", authorization), ("DPoP", planted("token"))],
            "",
        );
    }
    let mut browser = Browser::new(server);
    for (name, password) in [
        (planted("citizen number"), planted("password")),
        (planted("family name"), planted("password")),
        (planted("phone"), "demo-wrong"),
    ] {
        let page = browser.request("GET", "/auth/sign-in", None);
        let form = forms(page.text()).into_iter().find(|form| form.purposes.contains_key("current-password"));
        let form = form.expect("a page that asks for a password");
        let _ =
            browser.submit(&form.fill("username", name).fill("current-password", password), "/auth/sign-in");
    }
    sender.refusals
}

/// What others are refused while all of that is stored.
fn refusals_of_others(server: &TestServer, token: Option<String>) -> Vec<String> {
    let mut others = Sender::new(server.client(), token);
    for path in [
        "/fhir/Patient/nobody",
        "/fhir/Patient?birthdate=x",
        "/fhir/Nothing",
        "/access/relations/x",
        "/metrics/x",
    ] {
        let _ = others.send("GET", path, &[], "");
    }
    let again = json!({"resourceType": "Patient", "id": "other", "identifier": [{"value": "x"}], "link": 1});
    let _ = others.send("PUT", "/fhir/Patient/other", &[], &again.to_string());
    let many = "/fhir/Patient?gender=female";
    let _ =
        others.send("PUT", many, &[], &json!({"resourceType": "Patient", "gender": "female"}).to_string());
    let _ = others.send("DELETE", many, &[], "");
    others.refusals
}

/// Nothing of it in any of these texts.
#[track_caller]
fn expect_nothing(what: &str, texts: &[String]) {
    let hits: Vec<String> = texts
        .iter()
        .filter_map(|text| {
            let found = found(text);
            (!found.is_empty())
                .then(|| format!("{found:?} in {}", &text.chars().take(400).collect::<String>()))
        })
        .collect();
    assert!(hits.is_empty(), "{what}: {} hits:\n{}", hits.len(), hits[..hits.len().min(12)].join("\n"));
}

#[track_caller]
fn expect_silence(server: &TestServer, least: usize) {
    let log = server.log();
    assert!(log.len() >= least, "only {} lines", log.len());
    expect_nothing("the log", &log);
    expect_nothing("the figures", &[server.client().get("/metrics").text().to_owned()]);
}

#[test]
fn what_is_stored_searched_and_refused_is_told_to_nobody_else() {
    for database in TestDatabase::each() {
        let server = start(&database, &["--log", "trace"]);
        let mut sender = Sender::new(server.client(), None);
        sender.everything();
        assert!(sender.good > 100, "only {} were carried out", sender.good);
        let found = server.client().get(&format!("/fhir/Patient?name={}", encode(planted("family name"))));
        assert!(found.text().contains(planted("family name")), "it is stored");
        expect_nothing("others", &refusals_of_others(&server, None));
        expect_silence(&server, 500);
    }
}

#[test]
fn what_those_who_are_signed_in_and_strangers_send_is_told_to_nobody_else() {
    for database in TestDatabase::each() {
        let demo = Demo::start_with(database, &["--log", "trace"]);
        let client = demo.description["clients"][0]["id"].as_str().unwrap();
        let (citizen, other) =
            (demo.token(&["--citizen", demo.citizen(0).0]), demo.token(&["--citizen", demo.citizen(1).0]));
        let system = demo.token(&["--client", client]);
        let registrar = demo.token(&[
            "--client",
            client,
            "--facility",
            demo.description["clients"][0]["facility"].as_str().unwrap(),
            "--role",
            "registrar",
        ]);
        for token in [&citizen, &system, &registrar] {
            Sender::new(demo.server().client(), Some(token.clone())).everything();
        }
        let refused = knock(demo.server());
        expect_nothing("nobody", &refused);
        expect_nothing("others", &refusals_of_others(demo.server(), Some(other)));
        expect_silence(demo.server(), 500);
        let log = demo.server().log();
        for token in [citizen, system, registrar] {
            assert!(log.iter().all(|line| !line.contains(&token)), "a token that was sent");
        }
        // The log of accesses says what was asked for without saying what was looked for.
        signed(&demo);
        let asked: BTreeSet<String> = whole_log(&demo).iter().map(|entry| entry.query.to_string()).collect();
        assert!(asked.len() > 10, "{asked:?}");
        expect_nothing("the log of accesses", &asked.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn an_import_tells_nothing_of_what_it_reads() {
    for database in TestDatabase::each() {
        let folder = test_support::TemporaryDirectory::new();
        let whole = bundle(
            "transaction",
            &[entry_with("PUT", "Patient/qzx1", &{
                let mut person = person();
                person["id"] = "qzx1".into();
                person.to_string()
            })],
        );
        let [condition, ..] = findings("Patient/qzx1");
        let invalid = bundle(
            "transaction",
            &[entry_with(
                "POST",
                "Condition",
                &condition.to_string().replacen("\"subject\"", "\"subjekt\"", 1),
            )],
        );
        let texts = [
            whole.clone(),
            invalid,
            whole[..whole.len() - 30].to_owned(),
            format!("{}\n{{\"{}", value(&person().to_string()), planted("narrative")),
        ];
        for (number, text) in texts.iter().enumerate() {
            let file =
                folder.path().join(format!("{number}.{}", if number == 3 { "ndjson" } else { "json" }));
            fs::write(&file, text).unwrap();
            let data = folder.path().join("data");
            let arguments = [
                "import",
                file.to_str().unwrap(),
                "--database",
                database.url(),
                "--data-folder",
                data.to_str().unwrap(),
                "--log",
                "trace",
            ];
            let said = words(&run(folder.path(), &arguments));
            assert!(!said.is_empty());
            expect_nothing(&format!("import {number}"), &said.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}

#[test]
fn planted_values_are_found_however_they_are_written() {
    let family = planted("family name");
    for text in
        [family.to_owned(), encode(family), "nguy\\u1ec5nqzx".to_owned(), "Nguy\\u{1ec5}nqzx".to_owned()]
    {
        assert_eq!(found(&format!("x {text} y")), ["family name"], "{text}");
    }
    assert!(found("Nguyễn").is_empty());
}
