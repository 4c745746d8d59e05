//! `$validate`, the language of what it says, and profiles that are demanded while servers run.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase};

use crate::packages::{fail, manifest, succeed, write_folder};
use crate::support::program::{Caller, Demo};
use crate::support::{Fhir, body, on_each, start, text};

const JSON: (&str, &str) = ("Content-Type", "application/fhir+json");

/// `code place` of the issues of an outcome, with the severity in front.
fn issues(outcome: &Value) -> Vec<String> {
    let issues = outcome["issue"].as_array().expect("an OperationOutcome has issues");
    let show = |issue: &Value| {
        let place = issue["expression"][0].as_str().unwrap_or("-");
        format!("{} {} {place}", text(&issue["severity"]), text(&issue["details"]["coding"][0]["code"]))
    };
    issues.iter().map(show).collect()
}

fn validated(server: &impl Fhir, path: &str, sent: &Value) -> Vec<String> {
    let answer = server.http().send_fhir("POST", path, sent.to_string()).expect_status(200);
    issues(&body(&answer))
}

fn parameters(resource: Option<&Value>, values: &[(&str, &str)]) -> Value {
    let mut all: Vec<Value> = resource.iter().map(|it| json!({"name": "resource", "resource": it})).collect();
    for (name, value) in values {
        let member = if *name == "profile" { "valueUri" } else { "valueCode" };
        all.push(json!({"name": name, member: value}));
    }
    json!({"resourceType": "Parameters", "parameter": all})
}

#[test]
fn each_mode_says_what_would_come_of_it() {
    on_each(|server| {
        let good = json!({"resourceType": "Patient", "name": [{"text": "A"}]});
        let bad = json!({"resourceType": "Patient", "gender": "man"});
        let stored = server.create(&good.to_string());
        let same = json!({"resourceType": "Patient", "id": stored.id, "name": [{"text": "A"}]});
        let ok = ["information all-ok -"];
        let gender = ["error code-not-in-value-set Patient.gender"];
        let base = "/fhir/Patient/$validate";
        let own = format!("{}/$validate", stored.path());
        assert_eq!(validated(server, base, &good), ok);
        assert_eq!(validated(server, base, &bad), gender);
        assert_eq!(validated(server, &format!("{base}?mode=create"), &bad), gender);
        assert_eq!(validated(server, base, &parameters(Some(&bad), &[("mode", "create")])), gender);
        assert_eq!(validated(server, base, &parameters(Some(&good), &[("mode", "create")])), ok);
        assert_eq!(validated(server, &own, &parameters(Some(&same), &[("mode", "update")])), ok);
        let update = parameters(Some(&good), &[("mode", "update")]);
        assert_eq!(validated(server, &own, &update), ["error id-missing Patient.id"]);
        let other = json!({"resourceType": "Patient", "id": "other"});
        let update = parameters(Some(&other), &[("mode", "update")]);
        assert_eq!(validated(server, &own, &update), ["error id-mismatch Patient.id"]);
        assert_eq!(validated(server, base, &update), ok, "an update creates what is not there");
        assert_eq!(validated(server, &own, &parameters(None, &[("mode", "delete")])), ok);
        assert_eq!(
            validated(server, "/fhir/Patient/nobody/$validate", &parameters(None, &[("mode", "delete")])),
            ["error not-found -"]
        );
        let observation = json!({"resourceType": "Observation"});
        assert!(validated(server, base, &observation)[0].starts_with("error"));
        let unknown = format!("{base}?profile=http://example.org/nothing");
        assert_eq!(validated(server, &unknown, &good), ["error profile-unknown Patient"]);
        let claimed = json!({"resourceType": "Patient", "meta": {"profile": ["http://example.org/nothing"]}});
        assert_eq!(validated(server, base, &claimed), ["warning profile-unknown Patient.meta.profile[0]"]);
        // Claiming what is asked for does not make it known.
        assert_eq!(validated(server, &unknown, &claimed), ["error profile-unknown Patient.meta.profile[0]"]);
        let _ = server.create(&claimed.to_string());
        let profile = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-patient";
        let wanted = parameters(Some(&good), &[("profile", profile)]);
        assert!(validated(server, base, &wanted).contains(&"error too-few Patient".to_owned()));
        for (path, sent, status) in [
            (base, parameters(None, &[("mode", "create")]), 400),
            (base, parameters(Some(&good), &[("mode", "sometimes")]), 400),
            (base, parameters(None, &[("mode", "delete")]), 400),
        ] {
            let _ = server.http().send_fhir("POST", path, sent.to_string()).expect_status(status);
        }
        assert_eq!(server.http().request("POST", &format!("{own}?mode=delete"), &[], b"").status, 200);
        assert_eq!(server.http().get(base).status, 405);
        assert_eq!(server.count("/fhir/Patient"), 2, "nothing was stored by asking");
    });
}

#[test]
fn messages_come_in_the_language_that_is_asked_for() {
    on_each(|server| {
        let bad = r#"{"resourceType":"Patient","gender":"man"}"#;
        let said = |languages: &[(&str, &str)]| {
            let headers = [&[JSON], languages].concat();
            let answer = server.http().request("POST", "/fhir/Patient", &headers, bad.as_bytes());
            let issue = body(&answer.expect_status(422))["issue"][0].clone();
            assert_eq!(issue["expression"][0], "Patient.gender");
            assert_eq!(issue["details"]["coding"][0]["code"], "code-not-in-value-set");
            assert!(text(&issue["diagnostics"]).starts_with("the code is not"), "{issue}");
            text(&issue["details"]["text"])
        };
        for (language, beginning) in [
            ("vi", "mã không"),
            ("vi-VN,en;q=0.8", "mã không"),
            ("en", "the code"),
            ("fr,en;q=0.3", "the code"),
        ] {
            let found = said(&[("Accept-Language", language)]);
            assert!(found.starts_with(beginning), "{language}: {found}");
        }
        assert!(said(&[]).starts_with("mã không"));
        let xml = [JSON, ("Accept", "application/fhir+xml"), ("Accept-Language", "en")];
        let answer = server.http().request("POST", "/fhir/Patient", &xml, bad.as_bytes()).expect_status(422);
        assert!(answer.text().contains(r#"<text value="the code is not"#), "{}", answer.text());
        let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": "Patient/nobody"}}]});
        let english = [JSON, ("Accept-Language", "en")];
        let answer = server.http().request("POST", "/fhir", &english, batch.to_string().as_bytes());
        let outcome = &body(&answer.expect_status(200))["entry"][0]["response"]["outcome"];
        assert_eq!(outcome["issue"][0]["details"]["text"], "the resource does not exist");
    });
}

/// A profile of Patients that must say whether they are in use.
fn profile() -> Value {
    json!({"resourceType": "StructureDefinition", "id": "active", "url": "http://example.org/one/active",
        "name": "Active", "status": "active", "kind": "resource", "abstract": false, "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "derivation": "constraint",
        "differential": {"element": [
            {"id": "Patient", "path": "Patient"}, {"id": "Patient.active", "path": "Patient.active", "min": 1}]}})
}

/// Waits until a server answers so.
#[track_caller]
fn wait_for(server: &impl Fhir, sent: &Value, status: u16) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = server.http().send_fhir("POST", "/fhir/Patient", sent.to_string());
        if answer.status == status {
            return;
        }
        assert!(Instant::now() < end, "still {}: {}", answer.status, answer.text());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_demanded_holds_from_the_next_seconds_on() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        write_folder(folder, "one", &manifest("one", "1.0.0"), &[profile()]);
        let server = start(&database, &[]);
        let silent = json!({"resourceType": "Patient", "name": [{"text": "A"}]});
        let claiming =
            json!({"resourceType": "Patient", "meta": {"profile": ["http://example.org/one/active"]}});
        wait_for(&server, &claiming, 201);
        succeed(&database, folder, "add one");
        succeed(&database, folder, "use example.one#1.0.0");
        // Who claims it must have it; others need not.
        wait_for(&server, &claiming, 422);
        wait_for(&server, &silent, 201);
        succeed(&database, folder, "demand --type Patient --profile http://example.org/one/active");
        wait_for(&server, &silent, 422);
        let answer = server.http().send_fhir("POST", "/fhir/Patient", silent.to_string());
        assert_eq!(issues(&body(&answer)), ["error too-few Patient"]);
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": silent, "request": {"method": "POST", "url": "Patient"}}]});
        let answer = server.bundle(bundle.to_string()).expect_status(422);
        assert_eq!(issues(&body(&answer)), ["error too-few Bundle.entry[0].resource"]);
        // Another facility's demand is nobody's business here.
        succeed(&database, folder, "demand --not --type Patient --profile http://example.org/one/active");
        succeed(
            &database,
            folder,
            "demand --type Patient --profile http://example.org/one/active --facility 01001",
        );
        wait_for(&server, &silent, 201);
        fail(&database, folder, "stop example.one#1.0.0", &["demanded"]);
        let wrong = "demand --type Encounter --profile http://example.org/one/active";
        fail(&database, folder, wrong, &["Encounter"]);
        fail(&database, folder, "demand --type Patient --profile http://example.org/none", &["none"]);
        succeed(
            &database,
            folder,
            "demand --not --type Patient --profile http://example.org/one/active --facility 01001",
        );
        succeed(&database, folder, "stop example.one#1.0.0");
        wait_for(&server, &claiming, 201);
    }
}

#[test]
fn a_facility_meets_what_is_demanded_of_it() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        write_folder(folder, "one", &manifest("one", "1.0.0"), &[profile()]);
        let clients = demo.description["clients"].as_array().unwrap();
        let client = |index: usize| (text(&clients[index]["id"]), text(&clients[index]["facility"]));
        let (own, code) = client(0);
        let (other, _) = (1..clients.len()).map(client).find(|(_, facility)| *facility != code).unwrap();
        let status = |client: &str| {
            let caller = Caller::new(demo.server().client(), demo.token(&["--client", client]));
            caller.send("POST", "/fhir/Patient", r#"{"resourceType":"Patient","name":[{"text":"A"}]}"#).status
        };
        assert_eq!((status(&own), status(&other)), (201, 201));
        succeed(&demo.database, folder, "add one");
        succeed(&demo.database, folder, "use example.one#1.0.0");
        let demand =
            format!("demand --type Patient --profile http://example.org/one/active --facility {code}");
        succeed(&demo.database, folder, &demand);
        let end = Instant::now() + Duration::from_secs(60);
        while status(&own) != 422 {
            assert!(Instant::now() < end, "the facility's demand does not hold");
            thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(status(&other), 201, "others are not meant");
    }
}
