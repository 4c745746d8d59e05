//! Search parameters of a database's own: SearchParameter resources are in force after `$reindex`, for what was there
//! before and for what came later.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{HttpClient, TestDatabase};

use crate::support::program::{Caller, Demo, run, words};
use crate::support::{
    Fhir, body, entries, expect_outcome, expect_refusal, on_each, sorted, start, text, value,
};

const VN: &str = "http://fhir.hl7.org.vn/core";

/// The national parameters as the repository has them.
const NATIONAL: [&str; 4] = [
    include_str!("../../national/search-parameters/vn-sp-patient-bhyt.json"),
    include_str!("../../national/search-parameters/vn-sp-coverage-bhyt.json"),
    include_str!("../../national/search-parameters/vn-sp-encounter-malydo.json"),
    include_str!("../../national/search-parameters/vn-sp-device-group.json"),
];

pub(crate) fn put_national(server: &impl Fhir) {
    for parameter in NATIONAL {
        let _ = server.put(parameter).expect_status(201);
    }
}

pub(crate) fn own(code: &str, base: &str, kind: &str, expression: &str) -> Value {
    json!({
        "resourceType": "SearchParameter", "id": code, "url": format!("http://example.org/sp/{code}"), "name": "Own",
        "status": "active", "description": "One of our own", "code": code, "base": [base], "type": kind,
        "expression": expression,
    })
}

/// Starts a reindex and waits for its end; gives every answer on the way.
#[track_caller]
pub(crate) fn reindex(client: &HttpClient) -> Vec<Value> {
    let answer = client.request("POST", "/fhir/$reindex", &[], b"");
    assert!([200, 202].contains(&answer.status), "{}: {}", answer.status, answer.text());
    let place = answer.header("Content-Location").expect("it says where it is").to_owned();
    assert!(place.ends_with("/fhir/$reindex"), "{place}");
    let mut seen = vec![body(&answer)];
    if answer.status == 202 {
        seen.extend(wait(client, Duration::from_secs(60)));
    }
    seen
}

/// Waits for the end of a reindex.
#[track_caller]
pub(crate) fn wait(client: &HttpClient, limit: Duration) -> Vec<Value> {
    let end = Instant::now() + limit;
    let mut seen = Vec::new();
    loop {
        let answer = client.get("/fhir/$reindex");
        seen.push(body(&answer));
        match answer.status {
            200 => return seen,
            202 => assert!(Instant::now() < end, "not finished: {}", answer.text()),
            other => panic!("{other}: {}", answer.text()),
        }
        thread::sleep(Duration::from_millis(30));
    }
}

/// The members of a name.
fn members<'a>(parameters: &'a Value, name: &str) -> Vec<&'a Value> {
    let all = parameters["parameter"].as_array().expect("Parameters");
    all.iter().filter(|member| member["name"] == name).collect()
}

pub(crate) fn number(parameters: &Value, name: &str) -> u64 {
    members(parameters, name)[0]["valueUnsignedInt"].as_u64().expect("a number")
}

/// Code and state of the parameters.
fn states(parameters: &Value) -> Vec<(String, String)> {
    let part = |member: &Value, name: &str| {
        let parts = member["part"].as_array().unwrap();
        text(&parts.iter().find(|part| part["name"] == name).unwrap()["valueCode"])
    };
    members(parameters, "parameter")
        .iter()
        .map(|member| (part(member, "code"), part(member, "state")))
        .collect()
}

/// The codes of the issues.
fn issues(parameters: &Value) -> Vec<String> {
    let Some(member) = members(parameters, "issues").first().copied() else { return Vec::new() };
    let issues = member["resource"]["issue"].as_array().expect("an OperationOutcome");
    issues.iter().map(|issue| text(&issue["details"]["coding"][0]["code"])).collect()
}

/// A number of an insurance card: kind, level, 099 and nine digits.
pub(crate) fn card(kind: &str, number: usize) -> String {
    format!("{kind}4099{number:09}")
}

pub(crate) fn patient(id: &str, number: &str) -> String {
    json!({"resourceType": "Patient", "id": id, "identifier": [
        {"system": format!("{VN}/sid/bhyt"), "value": number}, {"system": "http://other", "value": "same"},
    ]})
    .to_string()
}

fn coded(kind: &str, id: &str, extension: &str, code: &str) -> Value {
    json!({"resourceType": kind, "id": id, "extension": [{
        "url": format!("{VN}/StructureDefinition/{extension}"),
        "valueCodeableConcept": {"coding": [{"system": format!("{VN}/CodeSystem/{}-cs", extension.replace("-ext", "")), "code": code}]},
    }]})
}

/// One resource of each type with a national parameter, and one without a value.
fn put_data(server: &impl Fhir, name: &str) {
    let id = |part: &str| format!("{name}-{part}");
    let mut encounter = coded("Encounter", &id("e"), "vn-ext-insurance-visit-type", "1");
    encounter["status"] = json!("finished");
    encounter["class"] = json!({"code": "AMB"});
    encounter["subject"] = json!({"reference": format!("Patient/{}", id("p"))});
    let mut coverage = json!({"resourceType": "Coverage", "id": id("c"), "status": "active"});
    coverage["beneficiary"] = json!({"reference": format!("Patient/{}", id("p"))});
    coverage["payor"] = json!([{"display": "BHXH"}]);
    coverage["identifier"] = json!([{"system": format!("{VN}/sid/bhyt"), "value": "DN4099000000009"}]);
    let empty = json!({"resourceType": "Patient", "id": id("none"), "active": true});
    let device = coded("Device", &id("d"), "vn-ext-device-group", "A");
    for resource in [
        patient(&id("p"), "HN4099000000001"),
        encounter.to_string(),
        coverage.to_string(),
        empty.to_string(),
        device.to_string(),
    ] {
        let _ = server.put(&resource).expect_status(201);
    }
}

#[test]
fn national_parameters_are_in_force_after_a_reindex() {
    on_each(|server| {
        let first = body(&server.http().get("/fhir/$reindex").expect_status(200));
        assert_eq!(members(&first, "status")[0]["valueCode"], "never");
        put_data(server, "old");
        put_national(server);
        for search in ["Patient?vn-bhyt=HN4099000000001", "Device?vn-device-group=A"] {
            let strict = [("Prefer", "handling=strict")];
            let answer = server.http().request("GET", &format!("/fhir/{search}"), &strict, b"");
            expect_refusal(search, &answer, 400);
        }
        assert_eq!(server.count("/fhir/Patient?vn-bhyt=nobody"), 2, "unknown: ignored");

        let seen = reindex(server.http());
        let last = seen.last().unwrap();
        assert_eq!(number(last, "done"), 5, "{last}");
        assert_eq!(number(last, "total"), 5, "{last}");
        assert!(issues(last).is_empty(), "{last}");
        assert!(states(last).iter().all(|(_, state)| state == "ready") && states(last).len() == 4, "{last}");

        put_data(server, "new");
        for (search, part) in [
            ("Patient?vn-bhyt=HN4099000000001", "p"),
            ("Coverage?vn-bhyt-card=DN4099000000009", "c"),
            (&format!("Coverage?vn-bhyt-card={VN}/sid/bhyt|DN4099000000009"), "c"),
            ("Encounter?vn-malydo=1", "e"),
            (&format!("Encounter?vn-malydo={VN}/CodeSystem/vn-insurance-visit-type-cs|1"), "e"),
            ("Device?vn-device-group=A", "d"),
            ("Encounter?subject:Patient.vn-bhyt=HN4099000000001", "e"),
            ("Patient?vn-bhyt:missing=false", "p"),
            ("Patient?vn-bhyt:missing=true", "none"),
            ("Device?vn-device-group:missing=false", "d"),
        ] {
            let found = sorted(server.ids(&format!("/fhir/{search}")));
            assert_eq!(found, [format!("new-{part}"), format!("old-{part}")], "{search}");
        }
        for search in
            ["Patient?vn-bhyt=same", "Patient?vn-bhyt=hn4099000000001", "Encounter?vn-malydo=other|1"]
        {
            assert_eq!(server.count(&format!("/fhir/{search}")), 0, "{search}");
        }
        let statement = server.read("/fhir/metadata");
        let types = statement["rest"][0]["resource"].as_array().unwrap();
        let device = types.iter().find(|resource| resource["type"] == "Device").unwrap();
        let listed = device["searchParam"].as_array().unwrap();
        let own =
            listed.iter().find(|parameter| parameter["name"] == "vn-device-group").expect("it is listed");
        assert_eq!(own["definition"], format!("{VN}/SearchParameter/vn-sp-device-group"));

        // With nothing to do it is over at once.
        let again = server.http().request("POST", "/fhir/$reindex", &[], b"");
        assert_eq!(again.status, 200, "{}", again.text());
        // Updates move the rows along.
        let _ = server.put(&patient("old-p", "HN4099000000002")).expect_status(200);
        assert_eq!(server.ids("/fhir/Patient?vn-bhyt=HN4099000000002"), ["old-p"]);
        assert_eq!(server.ids("/fhir/Patient?vn-bhyt=HN4099000000001"), ["new-p"]);
        let _ = server.http().request("DELETE", "/fhir/Patient/new-p", &[], b"");
        assert_eq!(server.count("/fhir/Patient?vn-bhyt=HN4099000000001"), 0);
    });
}

#[test]
fn every_kind_of_parameter_can_be_own() {
    on_each(|server| {
        let observation = json!({
            "resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
            "subject": {"reference": "Patient/p"}, "issued": "2026-03-01T10:00:00Z",
            "note": [{"text": "Ghi chú", "time": "2026-02-03"}],
            "component": [{"code": {"text": "c"}, "valueQuantity": {"value": 7.5, "unit": "kg",
                "system": "http://unitsofmeasure.org", "code": "kg"}}],
            "referenceRange": [{"low": {"value": 3}}], "implicitRules": "http://rules/a",
        });
        let _ = server.put(&observation.to_string()).expect_status(201);
        for (code, kind, expression) in [
            ("own-string", "string", "Observation.note.text"),
            ("own-date", "date", "Observation.issued"),
            ("own-quantity", "quantity", "(Observation.component.value as Quantity)"),
            ("own-number", "number", "Observation.referenceRange.low.value"),
            ("own-reference", "reference", "Observation.subject"),
            ("own-uri", "uri", "Observation.implicitRules"),
        ] {
            let _ = server.put(&own(code, "Observation", kind, expression).to_string()).expect_status(201);
        }
        let last = reindex(server.http()).pop().unwrap();
        assert!(issues(&last).is_empty(), "{last}");
        for search in [
            "own-string=ghi+chu",
            "own-date=2026-03",
            "own-quantity=7500%7Chttp://unitsofmeasure.org%7Cg",
            "own-number=3",
            "own-reference=Patient/p",
            "own-uri=http://rules/a",
            "own-string:missing=false&own-date:missing=false&own-quantity:missing=false&own-number:missing=false",
        ] {
            assert_eq!(server.ids(&format!("/fhir/Observation?{search}")), ["o"], "{search}");
        }
        assert_eq!(server.ids("/fhir/Observation?_sort=-own-date"), ["o"]);
        assert_eq!(server.count("/fhir/Observation?own-number=4"), 0);
    });
}

#[test]
fn what_cannot_be_used_is_told_and_disturbs_nobody() {
    on_each(|server| {
        let good = own("good", "Patient", "token", "Patient.language");
        let mut twice = own("twice", "Patient", "token", "Patient.language");
        twice["code"] = json!("good");
        let mut draft = own("draft", "Patient", "token", "Patient.language");
        draft["status"] = json!("draft");
        let mut of_r4 = own("of-r4", "Patient", "token", "Patient.gender");
        of_r4["url"] = json!("http://hl7.org/fhir/SearchParameter/individual-gender");
        for parameter in [
            good,
            twice,
            draft,
            of_r4,
            own("bad-expression", "Patient", "token", "Patient.((language"),
            own("other-base", "Patient", "token", "Observation.code"),
            own("special", "Patient", "special", "Patient.language"),
            own("gender", "Patient", "token", "Patient.gender"),
            own("everywhere", "Resource", "token", "Resource.language"),
        ] {
            let _ = server.put(&parameter.to_string()).expect_status(201);
        }
        let last = reindex(server.http()).pop().unwrap();
        assert_eq!(states(&last), [("good".to_owned(), "ready".to_owned())]);
        assert_eq!(
            sorted(issues(&last)),
            [
                "own-parameter-expression",
                "own-parameter-expression",
                "own-parameter-incomplete",
                "own-parameter-taken",
                "own-parameter-twice",
                "own-parameter-type",
            ]
        );
        let outcome = &members(&last, "issues")[0]["resource"];
        assert!(outcome.to_string().contains("http://example.org/sp/bad-expression"), "{outcome}");
        let mut outcome = outcome.clone();
        for issue in outcome["issue"].as_array_mut().unwrap() {
            assert_eq!(issue["severity"], "warning");
            issue["severity"] = json!("error");
        }
        expect_outcome("issues", &outcome);
        assert_eq!(server.count("/fhir/Patient?gender=male"), 0, "R4's own is untouched");
    });
}

#[test]
fn a_parameter_that_is_gone_leaves_no_rows_behind() {
    on_each(|server| {
        let parameter = own("tongue", "Patient", "token", "Patient.language");
        let _ = server.put(&parameter.to_string()).expect_status(201);
        let speaking =
            |language: &str| json!({"resourceType": "Patient", "id": "p", "language": language}).to_string();
        let _ = server.put(&speaking("vi")).expect_status(201);
        reindex(server.http());
        assert_eq!(server.ids("/fhir/Patient?tongue=vi"), ["p"]);
        let mut retired = parameter.clone();
        retired["status"] = json!("retired");
        let _ = server.put(&retired.to_string()).expect_status(200);
        assert_eq!(server.ids("/fhir/Patient?tongue=vi"), ["p"], "until the next reindex");
        let last = reindex(server.http()).pop().unwrap();
        assert!(states(&last).is_empty(), "{last}");
        assert_eq!(server.count("/fhir/Patient?tongue=nothing"), 1, "unknown: ignored");
        assert!(!server.read("/fhir/metadata").to_string().contains("tongue"));
        // Nobody keeps its rows now; when it comes back they must not lie.
        let _ = server.put(&speaking("fr")).expect_status(200);
        let _ = server.put(&parameter.to_string()).expect_status(200);
        reindex(server.http());
        assert_eq!(server.ids("/fhir/Patient?tongue=fr"), ["p"]);
        assert_eq!(server.count("/fhir/Patient?tongue=vi"), 0);
        // Another expression under the same name.
        let mut changed = parameter;
        changed["expression"] = json!("Patient.communication.language");
        let _ = server.put(&changed.to_string()).expect_status(200);
        reindex(server.http());
        assert_eq!(server.count("/fhir/Patient?tongue=fr"), 0);
        assert_eq!(server.count("/fhir/Patient?tongue:missing=true"), 1);
    });
}

#[test]
fn the_command_does_the_same_beside_a_server_and_without_one() {
    for database in TestDatabase::each() {
        let folder = test_support::TemporaryDirectory::new();
        let arguments = ["reindex", "--database", database.url()];
        {
            let server = start(&database, &[]);
            put_data(&server, "old");
            put_national(&server);
            let output = run(folder.path(), &arguments);
            assert!(output.status.success(), "{}", words(&output));
            assert!(words(&output).contains("5 resources indexed"), "{}", words(&output));
            put_data(&server, "new");
            let end = Instant::now() + Duration::from_secs(10);
            while server.count("/fhir/Device?vn-device-group=A&_count=1000") != 2 {
                assert!(Instant::now() < end, "the server does not follow");
                thread::sleep(Duration::from_millis(100));
            }
            assert_eq!(server.count("/fhir/Patient?vn-bhyt=HN4099000000001"), 2);
            let bad = own("gender", "Patient", "token", "Patient.gender");
            let _ = server.put(&bad.to_string()).expect_status(201);
        }
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{}", words(&output));
        assert!(words(&output).contains("own-parameter-taken"), "{}", words(&output));
        assert!(words(&output).contains("vn-malydo of Encounter"), "{}", words(&output));
        let missing = run(folder.path(), &["reindex", "--database", "sqlite:nowhere.db"]);
        assert_eq!(missing.status.code(), Some(1), "{}", words(&missing));
    }
}

#[test]
fn only_who_may_write_everything_may_reindex() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let anonymous = demo.server().http().request("POST", "/fhir/$reindex", &[], b"");
        expect_refusal("nobody", &anonymous, 401);
        let citizen = demo.as_citizen(0);
        expect_refusal("a citizen", &citizen.send("POST", "/fhir/$reindex", ""), 403);
        expect_refusal("a citizen looks", &citizen.get("/fhir/$reindex"), 403);
        expect_refusal("a facility", &demo.as_client().send("POST", "/fhir/$reindex", ""), 403);
        let stored = demo.stored();
        let client = Caller::unlimited(&stored);
        assert_eq!(client.send("POST", "/fhir/$reindex", "").status, 200);
        let wrong = demo.server().http().request("DELETE", "/fhir/$reindex", &[], b"");
        assert_eq!(wrong.status, 401);
        assert_eq!(client.send("DELETE", "/fhir/$reindex", "").status, 405);
        for parameter in NATIONAL {
            let id = text(&value(parameter)["id"]);
            let answer = client.send("PUT", &format!("/fhir/SearchParameter/{id}"), parameter);
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
        assert_eq!(client.send("POST", "/fhir/$reindex", "").status, 202);
        let end = Instant::now() + Duration::from_secs(60);
        while client.get("/fhir/$reindex").status != 200 {
            assert!(Instant::now() < end, "not finished");
            thread::sleep(Duration::from_millis(50));
        }
        // A citizen finds by it in the own book only.
        let covers = client.read("/fhir/Coverage?vn-bhyt-card:missing=false&_count=1000");
        let own = citizen.read("/fhir/Coverage?vn-bhyt-card:missing=false&_count=1000");
        assert!(
            entries(&covers).len() > entries(&own).len(),
            "{} {}",
            entries(&covers).len(),
            entries(&own).len()
        );
    }
}
