//! `Provenance` of every version: who may see a version may see where it comes from, and nobody else learns of it
//! (docs/provenance.md).

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase};

use crate::support::bodies::{bundle, entry, entry_at, observation, organization, patient, patient_at, urn};
use crate::support::jose::hashed;
use crate::support::program::{Caller, Demo, run, words};
use crate::support::{body, by_mode, expect_refusal, matches, on_each, start, text, value};

const OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";

fn stored(answer: &test_support::Response) -> String {
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
    text(&value(answer.text())["id"])
}

fn target(provenance: &Value) -> String {
    text(&provenance["target"][0]["reference"])
}

fn activity(provenance: &Value) -> String {
    assert_eq!(provenance["activity"]["coding"][0]["system"], OPERATION);
    text(&provenance["activity"]["coding"][0]["code"])
}

/// The name of RFC 6920 of what was sent.
fn name_of(sent: &str) -> String {
    format!("ni:///sha-256;{}", hashed(sent))
}

fn source(provenance: &Value) -> Option<String> {
    let entity = provenance["entity"].get(0)?;
    assert_eq!(entity["role"], "source");
    Some(text(&entity["what"]["identifier"]["value"]))
}

/// The state of signature, which each says.
#[track_caller]
fn signature_state(provenance: &Value) -> String {
    let extensions = provenance["extension"].as_array().expect("it says a state");
    assert_eq!(extensions.len(), 1, "{provenance}");
    assert_eq!(extensions[0]["url"], "urn:healthbook:signature-state");
    text(&extensions[0]["valueCode"])
}

#[test]
fn each_version_has_one_and_it_is_found_by_its_target() {
    on_each(|server| {
        let all = Caller::unlimited(server);
        let person = stored(&all.send("POST", "/fhir/Patient", &patient(1)));
        let of = format!("Patient/{person}");
        let path = format!("/fhir/{of}");
        let mut changed = all.read(&path);
        changed["active"] = json!(true);
        stored(&all.send("PUT", &path, &changed.to_string()));
        let patch = json!([{"op": "replace", "path": "/active", "value": false}]).to_string();
        let kind = [("Content-Type", "application/json-patch+json")];
        let _ = server.client().request("PATCH", &path, &kind, patch.as_bytes()).expect_status(200);
        let _ = all.send("DELETE", &path, "").expect_status(204);
        let found = all.resources(&format!("/fhir/Provenance?target={of}"));
        let told: Vec<(String, String)> = found.iter().map(|it| (target(it), activity(it))).collect();
        let version = |number: u32, code: &str| (format!("{of}/_history/{number}"), code.to_owned());
        let expected =
            [version(4, "DELETE"), version(3, "UPDATE"), version(2, "UPDATE"), version(1, "CREATE")];
        assert_eq!(told, expected);
        for provenance in &found {
            // Without sign-in the agent is whoever may do everything.
            assert_eq!(provenance["agent"][0]["who"]["identifier"]["value"], "unrestricted", "{provenance}");
            assert_eq!(provenance["agent"][0]["type"]["coding"][0]["code"], "author");
            let id = text(&provenance["id"]);
            assert_eq!(&all.read(&format!("/fhir/Provenance/{id}")), provenance);
            // It is a valid Provenance by our own judgement.
            let judged = all.send("POST", "/fhir/Provenance/$validate", &provenance.to_string());
            let issues = body(&judged.expect_status(200))["issue"].clone();
            let errors = issues.as_array().unwrap().iter().filter(|issue| issue["severity"] == "error");
            assert_eq!(errors.count(), 0, "{issues}");
        }
        let one = all.resources(&format!("/fhir/Provenance?target={of}/_history/2"));
        assert_eq!(one.iter().map(target).collect::<Vec<_>>(), [format!("{of}/_history/2")]);
        assert_eq!(all.resources(&format!("/fhir/Provenance?target:Patient={person}")).len(), 4);
        // In a Bundle it is the same.
        let asked = bundle("batch", &[entry("GET", &format!("Provenance?target={of}"))]);
        let answer = body(&all.send("POST", "/fhir", &asked).expect_status(200));
        assert_eq!(matches(&answer["entry"][0]["resource"]).len(), 4);
        let recorded = text(&found[1]["recorded"]);
        let since = all.resources(&format!("/fhir/Provenance?target={of}&recorded=ge2000-01-01"));
        assert_eq!(since.len(), 4);
        let before = all.resources(&format!("/fhir/Provenance?target={of}&recorded=lt{}", &recorded[..4]));
        assert!(before.is_empty());
    });
}

#[test]
fn what_belongs_to_nobody_has_one_too_and_the_log_leads_to_it_later() {
    on_each(|server| {
        let all = Caller::unlimited(server);
        let facility = stored(&all.send("POST", "/fhir/Organization", &organization("A")));
        let asked = format!("/fhir/Provenance?target=Organization/{facility}");
        let agent = || text(&all.resources(&asked)[0]["agent"][0]["who"]["identifier"]["value"]);
        assert_eq!(agent(), "unrestricted");
        // Its entry gets a position, and stands behind those of others.
        for number in 0..300 {
            all.read(&format!("/fhir/Organization/{facility}?_pretty={number}"));
        }
        let size = || {
            let note = server.client().get("/transparency/checkpoint");
            note.text().lines().nth(1).and_then(|line| line.parse::<u64>().ok()).unwrap_or(0)
        };
        assert!((0..300).any(|_| {
            std::thread::sleep(Duration::from_millis(200));
            size() > 300
        }));
        assert_eq!(agent(), "unrestricted");
    });
}

#[test]
fn pages_hold_each_once_the_newest_first() {
    on_each(|server| {
        let all = Caller::unlimited(server);
        let person = stored(&all.send("POST", "/fhir/Patient", &patient(2)));
        let mut expected = vec![format!("Patient/{person}/_history/1")];
        for _ in 0..6 {
            let id =
                stored(&all.send("POST", "/fhir/Observation", &observation(&format!("Patient/{person}"))));
            expected.insert(0, format!("Observation/{id}/_history/1"));
        }
        // One that somebody has sent.
        let sent = json!({"resourceType": "Provenance", "target": [{"reference": format!("Patient/{person}")}],
            "recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"display": "A"}}]});
        let sent = stored(&all.send("POST", "/fhir/Provenance", &sent.to_string()));
        let pages = all.pages(&format!("/fhir/Provenance?patient={person}&_count=3"));
        assert!(pages.iter().all(|page| matches(page).len() <= 3));
        let found: Vec<Value> = pages.iter().flat_map(matches).collect();
        let made: Vec<String> = found.iter().filter(|it| text(&it["id"]) != sent).map(target).collect();
        // The stored one is a version itself, and has one.
        let own = format!("Provenance/{sent}/_history/1");
        let made: Vec<String> = made.into_iter().filter(|it| *it != own).collect();
        assert_eq!(made, expected);
        assert_eq!(found.iter().filter(|it| text(&it["id"]) == sent).count(), 1);
        let ids: BTreeSet<String> = found.iter().map(|it| text(&it["id"])).collect();
        assert_eq!(ids.len(), found.len());
        // The same in the compartment, and of a person who is not there nothing.
        let compartment = all.resources(&format!("/fhir/Patient/{person}/Provenance"));
        assert_eq!(compartment.len(), found.len());
        assert!(all.resources("/fhir/Provenance?patient=nobody").is_empty());
        assert!(all.resources("/fhir/Provenance?target=Observation/nothing").is_empty());
        expect_refusal("bad target", &all.get("/fhir/Provenance?target=nothing"), 400);
    });
}

#[test]
fn a_search_tells_where_its_matches_come_from() {
    on_each(|server| {
        let all = Caller::unlimited(server);
        let person = stored(&all.send("POST", "/fhir/Patient", &patient(3)));
        let ids: BTreeSet<String> = (0..3)
            .map(|_| {
                stored(&all.send("POST", "/fhir/Observation", &observation(&format!("Patient/{person}"))))
            })
            .map(|id| format!("Observation/{id}/_history/1"))
            .collect();
        let path = format!("/fhir/Observation?patient={person}&_count=2&_revinclude=Provenance:target");
        let mut told = BTreeSet::new();
        for page in all.pages(&path) {
            let included = by_mode(&page, "include");
            assert_eq!(included.len(), matches(&page).len());
            told.extend(included.iter().map(target));
        }
        assert_eq!(told, ids);
        let other = all.read(&format!("/fhir/Observation?patient={person}&_revinclude=Provenance:agent"));
        assert!(by_mode(&other, "include").is_empty());
    });
}

#[test]
fn the_original_message_is_named_by_its_hash() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let file = patient_at("imported", "Lê");
        fs::write(folder.path().join("one.json"), &file).unwrap();
        let data = folder.path().join("data");
        let place =
            ["import", "one.json", "--database", database.url(), "--data-folder", data.to_str().unwrap()];
        let output = run(folder.path(), &place);
        assert!(output.status.success(), "{}", words(&output));
        let server = start(&database, &[]);
        let all = Caller::unlimited(&server);
        let of = |reference: &str| all.resources(&format!("/fhir/Provenance?target={reference}"));
        let imported = of("Patient/imported");
        assert_eq!(source(&imported[0]), Some(name_of(&file)));
        assert_eq!(imported[0]["agent"][0]["who"]["identifier"]["value"], "server");

        let sent = bundle(
            "transaction",
            &[
                entry_at(&urn(1), "POST", "Patient", &patient(4)),
                entry_at(&urn(2), "POST", "Observation", &observation(&urn(1))),
            ],
        );
        let answer = body(&all.send("POST", "/fhir", &sent).expect_status(200));
        for place in 0..2 {
            let location = text(&answer["entry"][place]["response"]["location"]);
            let reference = location.split("/fhir/").last().unwrap().split("/_history").next().unwrap();
            assert_eq!(source(&of(reference)[0]), Some(name_of(&sent)), "{reference}");
        }
        // What came alone has no message.
        let alone = stored(&all.send("POST", "/fhir/Patient", &patient(5)));
        assert_eq!(source(&of(&format!("Patient/{alone}"))[0]), None);
    }
}

#[test]
fn a_provenance_in_the_header_is_stored_with_the_resource() {
    on_each(|server| {
        let all = Caller::unlimited(server);
        let header = json!({"resourceType": "Provenance", "recorded": "2026-01-01T00:00:00Z",
            "agent": [{"who": {"display": "Lab 7"}}]});
        let header = header.to_string();
        let with = [("X-Provenance", header.as_str())];
        let id = stored(&all.send_with("POST", "/fhir/Patient", &with, &patient(6)));
        let of = format!("Patient/{id}");
        let sent = |of: &str| -> Vec<Value> {
            let found = all.resources(&format!("/fhir/Provenance?target={of}"));
            found.into_iter().filter(|it| it["agent"][0]["who"]["display"] == "Lab 7").collect()
        };
        assert_eq!(sent(&of).iter().map(target).collect::<Vec<_>>(), [format!("{of}/_history/1")]);
        let mut changed = all.read(&format!("/fhir/{of}"));
        changed["active"] = json!(true);
        let with = [("X-Provenance", header.as_str()), ("If-Match", "W/\"1\"")];
        stored(&all.send_with("PUT", &format!("/fhir/{of}"), &with, &changed.to_string()));
        let targets: BTreeSet<String> = sent(&of).iter().map(target).collect();
        assert_eq!(targets, [1, 2].map(|version| format!("{of}/_history/{version}")).into());
        assert_eq!(sent(&format!("{of}/_history/2")).len(), 1);

        // Neither is stored where one is refused.
        let count = || all.read("/fhir/Patient?_summary=count")["total"].as_u64().unwrap();
        let before = count();
        for bad in ["{", "{\"resourceType\":\"Provenance\"}", "{\"resourceType\":\"Patient\"}"] {
            let answer = all.send_with("POST", "/fhir/Patient", &[("X-Provenance", bad)], &patient(7));
            assert!([400, 422].contains(&answer.status), "{bad}: {}", answer.text());
        }
        let with = [("X-Provenance", header.as_str()), ("If-None-Exist", "identifier=1")];
        expect_refusal("conditional", &all.send_with("POST", "/fhir/Patient", &with, &patient(7)), 400);
        assert_eq!(count(), before);
    });
}

#[test]
fn the_state_of_signature_is_told_and_nothing_is_called_verified() {
    on_each(|server| {
        let all = Caller::unlimited(server);
        let person = stored(&all.send("POST", "/fhir/Patient", &patient(8)));
        let signature = json!({"when": "2026-01-01T00:00:00Z", "who": {"reference": format!("Patient/{person}")},
            "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.1"}]});
        let signed_about = |target: &str, signature: Option<&Value>| {
            let mut about = json!({"resourceType": "Provenance", "target": [{"reference": target}],
                "recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"display": "A"}}]});
            if let Some(signature) = signature {
                about["signature"] = json!([signature]);
            }
            stored(&all.send("POST", "/fhir/Provenance", &about.to_string()))
        };
        // Of each version that was made, the newest first; what others have sent is not made.
        let states = |of: &str| -> Vec<String> {
            let found = all.resources(&format!("/fhir/Provenance?target={of}"));
            let made = found.iter().filter(|it| text(&it["id"]).starts_with("write-"));
            made.map(|made| {
                let id = text(&made["id"]);
                assert_eq!(&all.read(&format!("/fhir/Provenance/{id}")), made, "a read says the same");
                signature_state(made)
            })
            .collect()
        };
        let change = |of: &str, name: &str, value: Value| {
            let path = format!("/fhir/{of}");
            let mut changed = all.read(&path);
            match value {
                Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
                value => changed[name] = value,
            }
            stored(&all.send("PUT", &path, &changed.to_string()));
        };
        let sent = observation(&format!("Patient/{person}"));
        let of = format!("Observation/{}", stored(&all.send("POST", "/fhir/Observation", &sent)));
        assert_eq!(states(&of), ["none"]);
        // Whoever says something without a signature has signed nothing.
        signed_about(&format!("{of}/_history/1"), None);
        assert_eq!(states(&of), ["none"]);
        let signer = signed_about(&format!("{of}/_history/1"), Some(&signature));
        assert_eq!(states(&of), ["present-unverified"]);
        change(&of, "note", json!([{"text": "later"}]));
        assert_eq!(states(&of), ["none", "present-unverified"], "it is of that version only");
        let path = format!("/fhir/Observation?_id={}&_revinclude=Provenance:target", &of[12..]);
        let told = by_mode(&all.read(&path), "include");
        let told = told.iter().filter(|it| text(&it["id"]).starts_with("write-"));
        assert_eq!(told.map(signature_state).collect::<Vec<_>>(), ["none"]);
        // Where no version is named, it is what was there.
        let other = signed_about(&of, Some(&signature));
        assert_eq!(states(&of), ["present-unverified", "present-unverified"]);
        change(&of, "note", json!([{"text": "again"}]));
        assert_eq!(states(&of), ["none", "present-unverified", "present-unverified"]);
        for id in [signer, other] {
            let _ = all.send("DELETE", &format!("/fhir/Provenance/{id}"), "").expect_status(204);
        }
        assert_eq!(states(&of), ["none", "none", "none"]);

        // A signature that the version carries itself.
        let sent = json!({"resourceType": "Bundle", "type": "collection", "signature": signature,
            "entry": [{"fullUrl": urn(1), "resource": {"resourceType": "Basic", "code": {"text": "x"}}}]});
        let bundle = stored(&all.send("POST", "/fhir/Bundle", &sent.to_string()));
        let of = format!("Bundle/{bundle}");
        assert_eq!(states(&of), ["present-unverified"]);
        change(&of, "signature", Value::Null);
        assert_eq!(states(&of), ["none", "present-unverified"]);
        let _ = all.send("DELETE", &format!("/fhir/{of}"), "").expect_status(204);
        assert_eq!(states(&of), ["none", "none", "present-unverified"]);
    });
}

fn measurement(person: &str) -> Value {
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!({"resourceType": "Observation", "status": "final", "subject": {"reference": format!("Patient/{person}")},
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": "2026-11-01T08:00:00+07:00",
        "valueQuantity": {"value": 70, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}})
}

#[test]
fn who_may_see_the_version_sees_it_and_nobody_else() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (citizen, other, client) = (demo.as_citizen(0), demo.as_citizen(1), demo.as_client());
        let person = demo.citizen(0).1;
        let made = stored(&citizen.send("POST", "/fhir/Observation", &measurement(person).to_string()));
        let of = format!("Observation/{made}");
        let own = citizen.resources(&format!("/fhir/Provenance?target={of}"));
        assert_eq!(own.len(), 1, "{own:?}");
        assert_eq!(own[0]["agent"][0]["who"]["reference"], format!("Patient/{person}"));
        assert_eq!(own[0]["agent"][0]["role"][0]["coding"][0]["code"], "citizen");
        assert_eq!(own[0]["reason"][0]["coding"][0]["code"], "PATRQT");
        assert_eq!(signature_state(&own[0]), "none");
        let id = text(&own[0]["id"]);
        let path = format!("/fhir/Provenance/{id}");
        assert_eq!(citizen.read(&path), own[0]);
        assert_eq!(
            citizen.resources(&format!("/fhir/Provenance?agent=Patient/{person}&target={of}")).len(),
            1
        );
        assert!(citizen.resources(&format!("/fhir/Provenance?agent=Patient/x&target={of}")).is_empty());

        // Hidden and missing are the same.
        let missing =
            format!("/fhir/Provenance/{}", id.replace(&made, "00000000-0000-4000-8000-000000000000"));
        let (hidden, missing) = (other.get(&path), other.get(&missing));
        assert_eq!((hidden.status, hidden.text()), (404, missing.text()));
        for asked in [format!("target={of}"), format!("patient={person}"), format!("target={of}/_history/1")]
        {
            assert!(other.resources(&format!("/fhir/Provenance?{asked}")).is_empty(), "{asked}");
        }
        // A facility sees it exactly where it sees the version.
        let sees = client.get(&format!("/fhir/{of}")).status == 200;
        let told = client.resources(&format!("/fhir/Provenance?target={of}"));
        assert_eq!(told.len(), usize::from(sees));
        assert_eq!(client.get(&path).status == 200, sees);
        assert_eq!(demo.server().client().get(&path).status, 401);

        // Reading it is an entry in the book.
        let log = citizen.resources("/fhir/AuditEvent?_count=1000");
        let read = log.iter().filter(|event| event["subtype"][0]["code"] == "read");
        let is_named = |event: &Value| event.to_string().contains(&format!("Provenance/{id}"));
        assert!(read.clone().any(is_named), "the own read");
        let refused = log.iter().find(|event| event["outcome"] == "4").expect("who was refused is told");
        assert!(refused.to_string().contains(&of), "{refused}");
    }
}

#[test]
fn a_facility_is_told_but_not_under_the_shield() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored_server = demo.stored();
        let (all, client) = (Caller::unlimited(&stored_server), demo.as_client());
        let facility = &demo.description["clients"][0]["facility"];
        let facilities = demo.description["facilities"].as_array().unwrap();
        let found = facilities.iter().find(|found| found["code"] == *facility).unwrap();
        let own = format!("Organization/{}", text(&found["organization_id"]));
        let client_id = text(&demo.description["clients"][0]["id"]);
        let person = json!({"resourceType": "Patient", "active": true, "name": [{"family": "Hoa", "text": "Hoa"}],
            "gender": "female", "birthDate": "1990-01-01", "managingOrganization": {"reference": own}});
        let person = stored(&all.send("POST", "/fhir/Patient", &person.to_string()));
        let visit = json!({"resourceType": "Encounter", "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": format!("Patient/{person}")}, "serviceProvider": {"reference": own},
            "period": {"start": "2026-01-01"}});
        let visit = stored(&client.send("POST", "/fhir/Encounter", &visit.to_string()));
        let asked = format!("/fhir/Provenance?target=Encounter/{visit}");
        let open = client.resources(&asked);
        assert_eq!(open[0]["agent"][0]["onBehalfOf"]["reference"], own, "{open:?}");
        // Facilities read nothing that others have sent, and are not told by this either whether there is any.
        assert_eq!(signature_state(&open[0]), "unknown");
        assert!(open[0].to_string().contains(&client_id));
        assert_eq!(client.resources(&format!("{asked}&agent={own}")).len(), 1);

        let path = format!("/fhir/Patient/{person}");
        let mut shielded = all.read(&path);
        let code =
            json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
        shielded["meta"].as_object_mut().unwrap().insert("security".to_owned(), code);
        let _ = all.send("PUT", &path, &shielded.to_string()).expect_status(200);
        let masked = client.resources(&asked);
        assert_eq!(masked.len(), 1);
        let words = masked[0].to_string();
        assert!(!words.contains(&own) && !words.contains(&client_id), "{words}");
        assert_eq!(masked[0]["meta"]["security"][0]["code"], "REDACTED");
        let id = text(&masked[0]["id"]);
        assert_eq!(client.read(&format!("/fhir/Provenance/{id}")), masked[0]);
        assert!(client.resources(&format!("{asked}&agent={own}")).is_empty());
        let found = client.read(&format!("/fhir/Encounter?_id={visit}&_revinclude=Provenance:target"));
        assert!(!found.to_string().contains(&own), "{found}");
        // Who sees everything is told.
        assert_eq!(all.resources(&asked)[0]["agent"][0]["onBehalfOf"]["reference"], own);
    }
}
