//! What neither shows nor writes a resource, and what is refused, leaves entries too: signing in and out, tokens,
//! revocations, commands; who reads them (docs/access-log.md, sections 7 and 9).

use audit_log::Action;
use serde_json::{Value, json};

use crate::access_log::{log_of, on_each_demo};
use crate::support::access_log::{signed, whole_log};
use crate::support::browser::{Browser, Landing, forms};
use crate::support::jose::Key;
use crate::support::oauth::{post, public_app, refresh, system, system_token, tokens};
use crate::support::program::{Caller, Demo, program, run, words};
use crate::support::sign_in::sign_in;
use crate::support::{body, entries, text, value};

/// Entries of an action, with the way or command that they name.
fn ways(log: &[Value], code: &str) -> Vec<(String, String)> {
    let of = log.iter().filter(|event| event["subtype"][0]["code"] == code);
    of.map(|event| {
        let entities = event["entity"].as_array().unwrap();
        let name = entities.iter().find_map(|it| it["name"].as_str().filter(|name| *name != "basis"));
        (text(&event["outcome"]), name.unwrap_or_default().to_owned())
    })
    .collect()
}

fn requestor(event: &Value) -> &Value {
    event["agent"].as_array().unwrap().iter().find(|agent| agent["requestor"] == true).unwrap()
}

fn command(demo: &Demo, arguments: &[&str]) {
    let folder = demo.folder.path();
    let place = ["--database", demo.database.url(), "--data-folder", folder.to_str().unwrap()];
    let output = run(folder, &[arguments, &place[..]].concat());
    assert!(output.status.success(), "{}", words(&output));
}

/// Somebody tries a password that is not the right one.
fn try_password(demo: &Demo, name: &str) {
    let mut browser = Browser::new(demo.server());
    let Landing::Page(page) = browser.go("GET", "/auth/sign-in", None) else { panic!("no page") };
    let form = forms(page.text()).into_iter().find(|form| form.purposes.contains_key("current-password"));
    let form = form.unwrap().fill("username", name).fill("current-password", "not the right one");
    let Landing::Page(answer) = browser.submit(&form, "/auth/sign-in") else { panic!("let in") };
    assert_eq!(answer.status, 401);
}

#[test]
fn a_citizen_sees_sign_ins_and_tokens_of_the_own_account() {
    on_each_demo(|demo| {
        try_password(demo, demo.citizen(0).0);
        // Nobody's name: nobody reads of it, and nothing is different.
        try_password(demo, "099999999999");
        let app = public_app(demo);
        let mut browser = sign_in(demo, 0);
        let answer = tokens(demo, &mut browser, &app);
        let first = text(&answer["refresh_token"]);
        assert_eq!(refresh(demo, &app, &first).status, 200);
        let log = log_of(&demo.as_citizen(0));
        let pair = |outcome: &str, way: &str| (outcome.to_owned(), way.to_owned());
        // The newest first.
        assert_eq!(ways(&log, "sign-in"), [pair("0", "password"), pair("4", "password")]);
        let made = ways(&log, "token");
        // That with which the log is read was printed by the operator.
        assert_eq!(made, [pair("0", "token"), pair("0", "refresh_token"), pair("0", "authorization_code")]);
        let refused = log.iter().find(|event| event["outcome"] == "4").unwrap();
        assert_eq!(requestor(refused)["who"]["identifier"]["value"], "anonymous");
        let own = format!("Patient/{}", demo.citizen(0).1);
        let refreshed = log.iter().filter(|event| event["subtype"][0]["code"] == "token").nth(1).unwrap();
        assert_eq!(requestor(refreshed)["who"]["reference"], own.as_str());
        assert!(!text(&requestor(refreshed)["name"]).is_empty());
        let clients = refreshed["agent"].as_array().unwrap();
        assert!(clients.iter().any(|agent| agent["who"]["identifier"]["value"] == app.id.as_str()));
        let printed = log.iter().find(|event| event["subtype"][0]["code"] == "token").unwrap();
        assert_eq!(requestor(printed)["who"]["identifier"]["value"], "operator");
        // Nobody else has any of it but the own token.
        assert_eq!(ways(&log_of(&demo.as_citizen(1)), "sign-in"), []);
    });
}

#[test]
fn what_is_revoked_and_signed_out_is_there() {
    on_each_demo(|demo| {
        let app = public_app(demo);
        let mut browser = sign_in(demo, 0);
        let made = tokens(demo, &mut browser, &app);
        let token = text(&made["refresh_token"]);
        let form = [("token", token.as_str()), ("client_id", &app.id)];
        assert_eq!(post(demo, "/auth/revoke", &form, &[]).status, 200);
        let Landing::Page(page) = browser.go("GET", "/auth/sessions", None) else { panic!("no page") };
        let out = forms(page.text()).into_iter().find(|form| form.action.contains("/auth/sessions/end"));
        browser.submit(&out.unwrap(), "/auth/sessions");
        command(demo, &["account", "block", "--citizen", demo.citizen(0).0]);
        command(demo, &["account", "block", "--not", "--citizen", demo.citizen(0).0]);
        let log = log_of(&demo.as_citizen(0));
        let pair = |way: &str| ("0".to_owned(), way.to_owned());
        assert_eq!(ways(&log, "revocation"), [pair("account"), pair("token")]);
        assert_eq!(ways(&log, "sign-out"), [pair("")]);
        assert_eq!(ways(&log, "administration"), [pair("account unblock"), pair("account block")]);
        let blocked = log.iter().find(|event| event["subtype"][0]["code"] == "administration").unwrap();
        assert_eq!(requestor(blocked)["who"]["identifier"]["value"], "operator");
    });
}

#[test]
fn what_is_refused_inside_of_a_bundle_is_there_too() {
    on_each_demo(|demo| {
        let client = demo.as_client();
        let closed = (0..30)
            .find(|place| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status != 200)
            .expect("not everybody is its patient");
        let patient = format!("Patient/{}", demo.citizen(closed).1);
        let refused = || {
            let log = log_of(&demo.as_citizen(closed));
            log.iter().filter(|event| event["outcome"] == "4").cloned().collect::<Vec<_>>()
        };
        let before = refused().len();
        for (number, kind) in ["batch", "transaction"].into_iter().enumerate() {
            let bundle = json!({"resourceType": "Bundle", "type": kind,
                "entry": [{"request": {"method": "GET", "url": patient}}]});
            client.send("POST", "/fhir", &bundle.to_string());
            let after = refused();
            assert_eq!(after.len(), before + number + 1, "{kind}");
            assert_eq!(after[0]["subtype"][0]["code"], "read");
            // The client that asked, as it was registered.
            assert!(!text(&requestor(&after[0])["name"]).is_empty(), "{}", after[0]);
        }
    });
}

#[test]
fn a_patch_is_one_alone_and_in_a_bundle() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let category = "http://terminology.hl7.org/CodeSystem/observation-category";
        let made = json!({"resourceType": "Observation", "status": "final",
            "subject": {"reference": format!("Patient/{}", demo.citizen(0).1)},
            "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "effectiveDateTime": "2026-11-01T08:00:00+07:00",
            "valueQuantity": {"value": 70, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}});
        let made = citizen.send("POST", "/fhir/Observation", &made.to_string());
        assert_eq!(made.status, 201, "{}", made.text());
        let place = format!("Observation/{}", text(&value(made.text())["id"]));
        let patch = |value: u32| json!([{"op": "replace", "path": "/valueQuantity/value", "value": value}]);
        let json_patch = [("Content-Type", "application/json-patch+json")];
        let token = demo.token(&["--citizen", demo.citizen(0).0]);
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", authorization.as_str()), json_patch[0]];
        let path = format!("/fhir/{place}");
        let alone =
            demo.server().client().request("PATCH", &path, &headers, patch(71).to_string().as_bytes());
        assert_eq!(alone.status, 200, "{}", alone.text());
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(patch(72).to_string());
        let entry = json!({"request": {"method": "PATCH", "url": place},
            "resource": {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}});
        for (kind, version) in [("transaction", 3), ("batch", 3)] {
            let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": [entry]});
            let answer = citizen.send("POST", "/fhir", &bundle.to_string());
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(citizen.read(&path)["meta"]["versionId"], version.to_string());
        }
        let log = log_of(&citizen);
        let of = |code: &str| {
            let is = |event: &&Value| {
                event["subtype"][0]["code"] == code && event["entity"].to_string().contains(&place)
            };
            log.iter().filter(is).count()
        };
        // The third one changes nothing.
        assert_eq!((of("patch"), of("update"), of("create")), (2, 0, 1));
    });
}

#[test]
fn nobody_writes_the_log() {
    on_each_demo(|demo| {
        let event = json!({"resourceType": "AuditEvent", "id": "mine",
            "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110112"},
            "recorded": "2026-11-01T08:00:00+07:00", "agent": [{"requestor": true}],
            "source": {"observer": {"display": "me"}}});
        let text = event.to_string();
        let administrator = Caller::new(demo.server().client(), demo.token(&["--officer", "administrator"]));
        for caller in [demo.as_citizen(0), demo.as_client(), administrator] {
            for (method, path) in [
                ("POST", "/fhir/AuditEvent"),
                ("PUT", "/fhir/AuditEvent/mine"),
                ("PUT", "/fhir/AuditEvent?date=2026"),
                ("DELETE", "/fhir/AuditEvent/log-0"),
                ("DELETE", "/fhir/AuditEvent?date=2026"),
            ] {
                let answer = caller.send(method, path, &text);
                assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
                assert_eq!(answer.header("Allow"), Some("GET, HEAD"), "{method} {path}");
            }
            let entry = json!({"resource": event, "request": {"method": "POST", "url": "AuditEvent"}});
            let bundle = |kind: &str| json!({"resourceType": "Bundle", "type": kind, "entry": [entry]});
            let answer = body(&caller.send("POST", "/fhir", &bundle("batch").to_string()).expect_status(200));
            let status = entries(&answer)[0]["response"]["status"].as_str().unwrap().to_owned();
            assert!(status.starts_with("405"), "{status}");
            assert_eq!(caller.send("POST", "/fhir", &bundle("transaction").to_string()).status, 405);
        }
        let statement = body(&demo.server().client().get("/fhir/metadata"));
        let types = statement["rest"][0]["resource"].as_array().unwrap();
        let of_log = types.iter().find(|it| it["type"] == "AuditEvent").unwrap();
        let writes = ["create", "update", "patch", "delete"];
        let all = of_log["interaction"].as_array().unwrap();
        assert!(all.iter().all(|it| !writes.contains(&it["code"].as_str().unwrap())), "{of_log}");
    });
}

#[test]
fn a_system_is_named_with_client_and_facility_and_its_officer_reads_it() {
    on_each_demo(|demo| {
        let key = Key::p384();
        let scope = "system/Patient.rs";
        let client = system(demo, &[key.published("one")], scope);
        let _ = system_token(demo, &client, "one", &key, scope);
        let first = text(&demo.description["clients"][0]["id"]);
        let officer = demo.token(&["--client", &first, "--role", "facility-officer", "--purpose", "HOPERAT"]);
        let officer = Caller::new(demo.server().client(), officer);
        let log = log_of(&officer);
        let is_token = |event: &&Value| {
            event["subtype"][0]["code"] == "token"
                && event["entity"].to_string().contains("client_credentials")
        };
        let made: Vec<&Value> = log.iter().filter(is_token).collect();
        assert_eq!(made.len(), 1, "{log:?}");
        assert_eq!(requestor(made[0])["who"]["identifier"]["value"], format!("Device/{client}").as_str());
        assert_eq!(requestor(made[0])["name"], "Phần mềm phòng khám");
        // Those of one member of staff: of the own facility only, whoever is named.
        let some = officer.resources("/fhir/AuditEvent?agent=Practitioner/nobody-here&_count=1000");
        assert!(some.is_empty(), "{some:?}");
        let practitioners: Vec<String> = log
            .iter()
            .filter_map(|event| requestor(event)["who"]["reference"].as_str().map(str::to_owned))
            .filter(|who| who.starts_with("Practitioner/"))
            .collect();
        for who in practitioners.iter().take(1) {
            let some = officer.resources(&format!("/fhir/AuditEvent?agent={who}&_count=1000"));
            assert!(
                !some.is_empty() && some.iter().all(|it| requestor(it)["who"]["reference"] == who.as_str())
            );
        }
    });
}

#[test]
fn an_entry_is_proven_to_be_in_the_log() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        citizen.read(&format!("/fhir/Patient/{}", demo.citizen(0).1));
        let wait = || std::thread::sleep(std::time::Duration::from_millis(500));
        let position = (0..120)
            .find_map(|_| {
                wait();
                let events = log_of(&demo.as_citizen(0));
                events.iter().find_map(|it| text(&it["id"]).strip_prefix("log-").map(str::to_owned))
            })
            .expect("entries get positions");
        let path = format!("/transparency/proof/{position}");
        let proof = (0..120)
            .map(|_| {
                wait();
                demo.as_citizen(0).get(&path)
            })
            .find(|answer| answer.status != 503)
            .expect("a checkpoint comes");
        assert_eq!(proof.status, 200, "{}", proof.text());
        let told = value(proof.text());
        assert_eq!(told["index"].to_string(), position);
        assert!(!proof.text().contains("Patient/"), "nothing of what is in the entry");
        let key = text(&value(demo.server().client().get("/transparency").text())["vkey"]);
        let file = demo.folder.path().join("proof.json");
        let verify = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let arguments = ["verify-audit", "--key", &key, file.to_str().unwrap()];
            program(demo.folder.path()).args(arguments).output().unwrap()
        };
        let output = verify(proof.text());
        assert!(output.status.success(), "{}", words(&output));
        let mut forged = told.clone();
        forged["index"] = json!(told["index"].as_u64().unwrap() + 1);
        assert!(!verify(&forged.to_string()).status.success());
        // Who may not read the entry gets no proof of it.
        assert_eq!(demo.as_citizen(1).get(&path).status, 404);
        assert_eq!(demo.as_client().get(&path).status, 403);
        assert_eq!(demo.server().client().get(&path).status, 401);
    });
}

#[test]
fn commands_that_list_people_and_clients_leave_an_entry() {
    on_each_demo(|demo| {
        let lists = [
            "staff list",
            "client list",
            "sender list",
            "sender parked",
            "registry parked",
            "registry work-list",
        ];
        for list in lists {
            command(demo, &list.split(' ').collect::<Vec<_>>());
        }
        signed(demo);
        let log = whole_log(demo);
        for list in lists {
            let entries: Vec<_> = log.iter().filter(|entry| *entry.query == *list).collect();
            assert_eq!(entries.len(), 1, "{list}");
            assert_eq!((entries[0].action, &*entries[0].agent), (Action::Administration, "operator"));
        }
    });
}
