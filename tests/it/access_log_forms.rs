//! Whatever leaves an entry, its `AuditEvent` is valid R4 and has what IHE Basic Audit Log Patterns 1.1.3 demands
//! (docs/access-log.md, section 9). The patterns are written down here from their profiles `IHE.BasicAudit.Read`, `Query`,
//! `Create`, `Update`, `Delete` and the same of a `Patient` (<https://profiles.ihe.net/ITI/BALP/>), apart from our code.

use std::collections::{BTreeMap, BTreeSet};

use audit_log::{Action, Entry, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::support::access_log::{signed, whole_log};
use crate::support::browser::{Browser, Landing, forms};
use crate::support::oauth::{post, public_app, tokens};
use crate::support::program::{Caller, Demo, run, words};
use crate::support::sign_in::sign_in;
use crate::support::{body, text, value};

const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const PROVENANCE_AGENT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";

const SOURCE: (&str, &str) = (DICOM, "110153");
const DESTINATION: (&str, &str) = (DICOM, "110152");
/// The value set `DataSources`: author, informant, custodian.
const DATA_SOURCES: &[&str] = &["AUT", "INF", "CST"];
/// The value set `RestObjectRoles`: domain resource, report, job.
const OBJECT_ROLES: [&str; 3] = ["4", "3", "20"];

/// What a profile fixes.
struct Pattern {
    subtype: &'static str,
    action: &'static str,
    client: (&'static str, &'static str),
    server: (&'static str, &'static str),
    /// Types of the agent who asks.
    users: &'static [&'static str],
    /// Whether there is an entity `query`; else one of `data`.
    is_query: bool,
}

const fn read(subtype: &'static str) -> Pattern {
    Pattern { subtype, action: "R", client: DESTINATION, server: SOURCE, users: &["IRCP"], is_query: false }
}

const fn write(subtype: &'static str, action: &'static str) -> Pattern {
    Pattern { subtype, action, client: SOURCE, server: DESTINATION, users: DATA_SOURCES, is_query: false }
}

const PATTERNS: [Pattern; 7] = [
    read("read"),
    read("vread"),
    Pattern { subtype: "search", action: "E", is_query: true, users: &["IRCP"], ..write("", "") },
    write("create", "C"),
    write("update", "U"),
    write("patch", "U"),
    Pattern { client: (DICOM, "110150"), server: (PROVENANCE_AGENT, "custodian"), ..write("delete", "D") },
];

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is(coding: &Value, (system, code): (&str, &str)) -> bool {
    coding["system"] == system && coding["code"] == code
}

/// The agents of a type.
fn agents<'a>(event: &'a Value, of: (&str, &str)) -> Vec<&'a Value> {
    let has = |agent: &&Value| items(&agent["type"]["coding"]).any(|coding| is(coding, of));
    items(&event["agent"]).filter(has).collect()
}

/// The entities of a type.
fn entities<'a>(event: &'a Value, of: (&str, &str)) -> Vec<&'a Value> {
    items(&event["entity"]).filter(|entity| is(&entity["type"], of)).collect()
}

/// What is against the pattern in an event.
fn against(pattern: &Pattern, event: &Value, entry: &Entry<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    demand(is(&event["type"], (EVENT_TYPE, "rest")), "type");
    let subtypes = items(&event["subtype"]).filter(|it| is(it, (INTERACTION, pattern.subtype))).count();
    demand(subtypes == 1, "subtype");
    demand(pattern.subtype != "delete" || items(&event["subtype"]).count() == 1, "subtype 1..1");
    demand(event["action"] == pattern.action, "action");
    demand(event["outcome"] == "0", "outcome");
    demand(event["recorded"].is_string(), "recorded");
    demand(items(&event["agent"]).count() >= 2, "agent 2..*");
    for (name, of) in [("client", pattern.client), ("server", pattern.server)] {
        let agents = agents(event, of);
        demand(agents.len() == 1, &format!("agent[{name}] 1..1"));
        demand(agents.iter().all(|it| it["who"].is_object()), &format!("agent[{name}].who"));
        demand(agents.iter().all(|it| it["network"].is_object()), &format!("agent[{name}].network"));
        demand(agents.iter().all(|it| it.get("media").is_none()), &format!("agent[{name}].media 0..0"));
    }
    let users: Vec<&Value> =
        pattern.users.iter().flat_map(|code| agents(event, (PARTICIPATION, code))).collect();
    // There is always somebody who asks.
    demand(users.len() == 1, "agent[user]");
    for user in users {
        demand(user["who"].is_object(), "agent[user].who");
        demand(user["requestor"] == true, "agent[user].requestor");
        demand(user.get("media").is_none() && user.get("network").is_none(), "agent[user].network 0..0");
    }
    demand(event["source"]["observer"].is_object(), "source.observer");

    let numbers = entities(event, (BALP_ENTITY, "XrequestId"));
    let number = numbers.first().map(|it| &it["what"]["identifier"]["value"]);
    demand(numbers.len() == 1 && number == Some(&json!(entry.request.to_string())), "entity[transaction]");
    let people = entities(event, (ENTITY_TYPE, "1"));
    demand(people.len() == usize::from(!entry.patient.is_empty()), "entity[patient] 1..1");
    for person in people {
        demand(is(&person["role"], (OBJECT_ROLE, "1")), "entity[patient].role");
        let is_patient =
            person["what"]["reference"] == *entry.patient && entry.patient.starts_with("Patient/");
        demand(is_patient, "entity[patient].what");
    }
    let objects = entities(event, (ENTITY_TYPE, "2"));
    demand(objects.len() == 1, "entity[data], entity[query] 1..1");
    for object in objects {
        let absent = |names: &[&str]| names.iter().all(|name| object.get(name).is_none());
        if pattern.is_query {
            demand(is(&object["role"], (OBJECT_ROLE, "24")), "entity[query].role");
            demand(absent(&["what", "lifecycle", "detail"]), "entity[query].what 0..0");
            let query = object["query"].as_str().and_then(|query| STANDARD.decode(query).ok());
            demand(query.is_some_and(|query| query == entry.query.as_bytes()), "entity[query].query");
        } else {
            let role = &object["role"];
            demand(
                role["system"] == OBJECT_ROLE && OBJECT_ROLES.iter().any(|it| role["code"] == *it),
                "entity[data].role",
            );
            let what = match (&*entry.resource, &*entry.version) {
                ("", _) => object["what"]["reference"].clone(),
                (resource, "") => json!(resource),
                (resource, version) => json!(format!("{resource}/_history/{version}")),
            };
            let is_what = object["what"]["reference"] == what || object["what"]["identifier"].is_object();
            demand(object["what"].is_object() && is_what, "entity[data].what");
        }
    }
    found
}

/// What R4 and DICOM say of what is no interaction.
fn against_r4(event: &Value, entry: &Entry<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    let requestors: Vec<&Value> = items(&event["agent"]).filter(|it| it["requestor"] == true).collect();
    demand(requestors.len() == 1 && requestors[0]["who"].is_object(), "one asks");
    let outcome = match entry.outcome {
        Outcome::Success => "0",
        Outcome::Refused => "4",
        Outcome::Failed => "8",
    };
    demand(event["outcome"] == outcome, "outcome");
    // Invariant sev-1.
    let both = |entity: &Value| entity.get("name").is_some() && entity.get("query").is_some();
    demand(!items(&event["entity"]).any(both), "either a name or a query");
    let has = |code: &str| items(&event["subtype"]).any(|it| is(it, (DICOM, code)));
    match entry.action {
        Action::SignIn => demand(is(&event["type"], (DICOM, "110114")) && has("110122"), "Login"),
        Action::SignOut => demand(is(&event["type"], (DICOM, "110114")) && has("110123"), "Logout"),
        Action::Token => demand(is(&event["type"], (DICOM, "110114")), "User Authentication"),
        // Nothing of it came by REST.
        Action::Administration | Action::Background => {
            demand(is(&event["type"], (DICOM, "110100")), "Application Activity");
        }
        _ => {}
    }
    found
}

fn measurement(patient: &str, rate: u32) -> Value {
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!({"resourceType": "Observation", "status": "final", "subject": {"reference": format!("Patient/{patient}")},
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": "2026-11-01T08:00:00+07:00",
        "valueQuantity": {"value": rate, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}})
}

/// Every kind of access to the book of a citizen.
fn use_it(demo: &Demo) {
    let (citizen, client, own) = (demo.as_citizen(0), demo.as_client(), demo.citizen(0).1);
    let made = citizen.send("POST", "/fhir/Observation", &measurement(own, 70).to_string());
    assert_eq!(made.status, 201, "{}", made.text());
    let place = format!("/fhir/Observation/{}", text(&value(made.text())["id"]));
    let mut changed = citizen.read(&place);
    changed["valueQuantity"]["value"] = json!(71);
    let _ = citizen.send("PUT", &place, &changed.to_string()).expect_status(200);
    let token = format!("Bearer {}", demo.token(&["--citizen", demo.citizen(0).0]));
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json-patch+json")];
    let patch = json!([{"op": "replace", "path": "/valueQuantity/value", "value": 72}]).to_string();
    let _ = demo.server().client().request("PATCH", &place, &headers, patch.as_bytes()).expect_status(200);
    for path in ["/_history/1", "/_history", ""] {
        citizen.read(&format!("{place}{path}"));
    }
    for path in [
        format!("Patient/{own}"),
        format!("Patient/{own}/_history"),
        format!("Observation?patient={own}&_include=Observation:subject"),
        format!("Observation?patient={own}&code=nothing"),
        format!("Patient/{own}/$everything"),
        "AuditEvent?_count=5".to_owned(),
    ] {
        citizen.read(&format!("/fhir/{path}"));
    }
    let facility = &citizen.resources("/fhir/Organization?_count=1")[0];
    citizen.read(&format!("/fhir/Organization/{}", text(&facility["id"])));
    let _ = citizen.send("DELETE", &place, "").expect_status(204);
    let nobody = Caller::unlimited(demo.server());
    assert_eq!(nobody.get(&format!("/fhir/Patient/{own}")).status, 401);
    let closed =
        (0..30).find(|place| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status != 200);
    assert!(closed.is_some(), "not everybody is its patient");
    let guess = json!({"citizen_number": demo.citizen(1).0, "birth_date": "1899-01-01", "ends": "2026-12-20T00:00:00+07:00"});
    assert_eq!(citizen.send("POST", "/access/delegations", &guess.to_string()).status, 404);
}

/// Signing in and out, tokens, printing, and what the operator does.
fn use_beside(demo: &Demo) {
    let mut wrong = Browser::new(demo.server());
    let Landing::Page(page) = wrong.go("GET", "/auth/sign-in", None) else { panic!("no page") };
    let form = forms(page.text()).into_iter().find(|form| form.purposes.contains_key("current-password"));
    let form =
        form.unwrap().fill("username", demo.citizen(0).0).fill("current-password", "not the right one");
    wrong.submit(&form, "/auth/sign-in");
    let app = public_app(demo);
    let mut browser = sign_in(demo, 0);
    let made = tokens(demo, &mut browser, &app);
    let token = text(&made["refresh_token"]);
    let form = [("token", token.as_str()), ("client_id", &app.id)];
    assert_eq!(post(demo, "/auth/revoke", &form, &[]).status, 200);
    let _ = browser.request("GET", "/auth/access-log.pdf", None).expect_status(200);
    let Landing::Page(page) = browser.go("GET", "/auth/sessions", None) else { panic!("no page") };
    let out = forms(page.text()).into_iter().find(|form| form.action.contains("/auth/sessions/end"));
    browser.submit(&out.unwrap(), "/auth/sessions");
    let folder = demo.folder.path();
    for arguments in [&["account", "block", "--citizen", demo.citizen(1).0][..], &["reindex"]] {
        let place = ["--database", demo.database.url(), "--data-folder", folder.to_str().unwrap()];
        let output = run(folder, &[arguments, &place[..]].concat());
        assert!(output.status.success(), "{}", words(&output));
    }
}

/// What makes the form of an event: of each of them one is looked at.
fn shape(entry: &Entry<'_>) -> (u8, u8, Vec<bool>, String) {
    let texts = [
        &entry.patient,
        &entry.resource,
        &entry.version,
        &entry.query,
        &entry.client,
        &entry.agent_name,
        &entry.organization,
        &entry.basis,
        &entry.authority,
    ];
    let is_there =
        texts.iter().map(|text| text.is_empty()).chain([entry.resource == entry.patient]).collect();
    let kind = entry.agent.split('/').next().unwrap_or_default().to_owned();
    (entry.action.number(), entry.outcome.number(), is_there, kind)
}

#[test]
fn whatever_leaves_an_entry_is_told_in_the_form_of_ihe() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        use_it(&demo);
        use_beside(&demo);
        signed(&demo);
        let _ = demo.as_citizen(0).get("/transparency/extract").expect_status(200);
        let auditor = Caller::new(demo.server().client(), demo.token(&["--officer", "auditor"]));
        // The auditor reads the log, too.
        auditor.read("/fhir/AuditEvent/log-0");
        signed(&demo);
        let log = whole_log(&demo);
        let done: BTreeSet<u8> = log.iter().map(|entry| entry.action.number()).collect();
        let wanted: BTreeSet<u8> =
            [1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 32, 33, 34, 35, 48, 64, 80].into();
        assert!(done.is_superset(&wanted), "not made: {:?}", wanted.difference(&done).collect::<Vec<_>>());

        let shapes: BTreeMap<_, usize> =
            log.iter().enumerate().map(|(position, entry)| (shape(entry), position)).collect();
        let judge = demo.stored();
        let (mut wrong, mut compared) = (Vec::new(), BTreeSet::new());
        for position in shapes.into_values() {
            let (event, entry) = (auditor.read(&format!("/fhir/AuditEvent/log-{position}")), &log[position]);
            let mut found = against_r4(&event, entry);
            let code = event["subtype"][0]["code"].as_str().unwrap();
            let pattern = PATTERNS.iter().find(|it| it.subtype == code);
            if let Some(pattern) = pattern.filter(|_| entry.outcome == Outcome::Success) {
                found.extend(against(pattern, &event, entry));
                let mut bare = event.clone();
                bare["agent"].as_array_mut().unwrap().pop();
                bare["entity"] = json!([]);
                assert!(against(pattern, &bare, entry).len() > found.len(), "what is missing is found");
                compared.insert((pattern.subtype, entry.patient.is_empty()));
            }
            let judged = judge.client().send_fhir("POST", "/fhir/AuditEvent/$validate", event.to_string());
            let issues = body(&judged.expect_status(200))["issue"].clone();
            let errors = items(&issues).filter(|issue| issue["severity"] == "error");
            found.extend(
                errors.map(|issue| format!("{} at {}", issue["details"]["text"], issue["expression"])),
            );
            if !found.is_empty() {
                wrong.push(format!("{}\n{event}", found.join("; ")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        for pattern in PATTERNS {
            assert!(compared.contains(&(pattern.subtype, false)), "{} of a person", pattern.subtype);
        }
        assert!(compared.contains(&("read", true)) && compared.contains(&("search", true)), "and of nobody");
    }
}
