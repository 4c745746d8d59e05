//! What a parent sees of a child's book, by the age of the child (`docs/access.md` section 4, guardian), and how custody
//! that is disputed closes it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::{act, done, facility};
use crate::sharing_gate::staff;
use crate::support::program::{Caller, Demo, run, words};
use crate::support::{body, expect_refusal, matches, text};

/// A code of mental health, one of HIV, one of neither.
const CODES: [&str; 3] = ["F32.1", "B20", "J06.9"];

/// Born on the first day of the year in which people become so old.
pub fn born(age: u64) -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    format!("{}-01-01", 1970 + days * 400 / 146_097 - age)
}

pub fn guardian(demo: &Demo, act: &str, arguments: &[&str]) {
    let place = ["guardian", act, "--database", demo.database.url()];
    let output = run(demo.folder.path(), &[&place, arguments].concat());
    assert!(output.status.success(), "guardian {act}: {}", words(&output));
}

/// A child that the facility registers; number and `Patient`.
fn child(registrar: &Caller<'_>, age: u64) -> (String, String) {
    let number = format!("0999000000{age:02}");
    let patient = json!({
        "resourceType": "Patient", "birthDate": born(age), "gender": "male", "name": [{"text": "Bé"}],
        "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": number}],
    });
    let stored = registrar.send("POST", "/fhir/Patient", &patient.to_string()).expect_status(201);
    (number, text(&body(&stored)["id"]))
}

/// The codes of the conditions that somebody sees of a child.
fn codes(caller: &Caller<'_>, child: &str) -> Vec<String> {
    let found = matches(&caller.read(&format!("/fhir/Condition?patient={child}&_count=100")));
    let mut codes: Vec<String> = found.iter().map(|it| text(&it["code"]["coding"][0]["code"])).collect();
    codes.sort();
    codes
}

fn record(physician: &Caller<'_>, child: &str) {
    for code in CODES {
        let condition = json!({
            "resourceType": "Condition", "subject": {"reference": format!("Patient/{child}")},
            "clinicalStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active",
            }]},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]},
        });
        let _ = physician.send("POST", "/fhir/Condition", &condition.to_string()).expect_status(201);
    }
}

#[test]
fn a_parent_sees_less_the_older_the_child() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let clinic = facility(&demo);
        let registrar = staff(&demo, clinic, "registrar", "TREAT");
        let physician = staff(&demo, clinic, "physician", "TREAT");
        let (parent, number) = (demo.as_citizen(0), demo.citizen(0).0);
        let expected: [(u64, &[&str]); 3] =
            [(5, &["B20", "F32.1", "J06.9"]), (14, &["B20", "J06.9"]), (17, &["J06.9"])];
        for (age, seen) in expected {
            let (child_number, child) = child(&registrar, age);
            let path = format!("/fhir/Patient/{child}");
            expect_refusal("before", &parent.get(&path), 404);
            guardian(&demo, "add", &["--child", &child_number, "--guardian", number, "--source", "court"]);
            let _ = parent.get(&path).expect_status(200);
            // The parent acts for the child: a code opens the book to the clinic, which records three findings.
            let made = done(&parent, "presence-codes", &json!({"patient": child}), 201);
            done(&physician, "relations", &json!({"kind": "presence", "code": made["digits"]}), 201);
            record(&physician, &child);
            assert_eq!(codes(&parent, &child), seen, "{age} years");
            assert_eq!(codes(&demo.as_citizen(1), &child), Vec::<String>::new(), "nobody else");
            relations(&parent, &child);

            guardian(&demo, "suspend", &["--child", &child_number]);
            expect_refusal("custody is disputed", &parent.get(&path), 404);
            let asked = act(&parent, "presence-codes", &json!({"patient": child}));
            expect_refusal("acts while custody is disputed", &asked, 404);
            guardian(&demo, "resume", &["--child", &child_number]);
            assert_eq!(codes(&parent, &child), seen, "settled");
            guardian(&demo, "remove", &["--child", &child_number, "--guardian", number, "--source", "court"]);
            expect_refusal("no guardian any more", &parent.get(&path), 404);
        }
    }
}

/// The parent sees who may look, but ends no guardianship, and writes no consent of the child's by FHIR.
fn relations(parent: &Caller<'_>, child: &str) {
    let listed = parent.read(&format!("/access/relations?patient={child}"));
    let items = listed["items"].as_array().unwrap();
    let of = |authority: &str| items.iter().find(|item| item["authority"] == authority);
    assert!(of("presence").is_some() && of("registration").is_some(), "{listed}");
    let guardian = text(&of("guardian").expect("the guardianship is listed")["id"]);
    expect_refusal("its end", &act(parent, &format!("relations/{guardian}/end"), &json!({})), 422);
    // The clinic registered the child, which no resource says by name: the presence names it.
    let registered: &Value = of("registration").unwrap();
    assert_eq!(registered["facility"], of("presence").unwrap()["facility"]);
    let source = text(&of("guardian").unwrap()["source"]);
    let written =
        parent.send("PUT", &format!("/fhir/{source}"), &parent.read(&format!("/fhir/{source}")).to_string());
    expect_refusal("a consent of the child's by FHIR", &written, 403);
}
