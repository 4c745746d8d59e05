//! The people of `$check-up-due` (docs/check-up.md, section 8): those of the home and those who were treated, never who is under the
//! location shield; pages between which books are closed; what the log of accesses has of who is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::check_up_due::{part, station, walk};
use crate::sharing::done;
use crate::sharing_gate::staff;
use crate::support::access_log::{signed, whole_log};
use crate::support::program::{Caller, Demo};
use crate::support::{link, path_of, text};

fn ids(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|it| text(&it["resource"]["id"])).collect()
}

fn is_there(patient: &Value) -> bool {
    patient["active"] != false && patient["deceasedDateTime"].is_null() && patient["deceasedBoolean"] != true
}

#[test]
fn who_was_treated_and_who_lives_there_are_two_lists_and_the_shield_is_on_none() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let nurse = staff(&demo, &code, "nurse", "TREAT");
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        // Somebody who was there and lives elsewhere, and somebody who lives there and never was.
        let organization = json!({"reference": format!("Organization/{id}")});
        let mut settler =
            json!({"resourceType": "Patient", "id": "settler", "active": true, "birthDate": "1980-02-03"});
        settler["managingOrganization"] = organization.clone();
        let visitor =
            json!({"resourceType": "Patient", "id": "visitor", "active": true, "birthDate": "1980-02-03"});
        let visit = json!({"resourceType": "Encounter", "id": "visit", "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": "Patient/visitor"}, "serviceProvider": organization,
            "period": {"start": "2026-01-01"}});
        for resource in [settler, visitor, visit] {
            let path = format!("/fhir/{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
            let _ = all.send("PUT", &path, &resource.to_string()).expect_status(201);
        }
        let visits =
            nurse.resources(&format!("/fhir/Encounter?service-provider=Organization/{id}&_count=200"));
        let seen: BTreeMap<String, Value> = nurse
            .resources("/fhir/Patient?_count=200")
            .into_iter()
            .map(|it| (format!("Patient/{}", text(&it["id"])), it))
            .collect();
        let treated: BTreeSet<String> = visits
            .iter()
            .filter_map(|visit| seen.get(visit["subject"]["reference"].as_str()?))
            .filter(|patient| is_there(patient))
            .map(|patient| text(&patient["id"]))
            .collect();
        let home: BTreeSet<String> = seen
            .values()
            .filter(|it| it["managingOrganization"]["reference"] == format!("Organization/{id}"))
            .filter(|patient| is_there(patient))
            .map(|patient| text(&patient["id"]))
            .collect();
        let apart = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
            one.difference(other).cloned().collect()
        };
        assert_eq!(
            (apart(&treated, &home), apart(&home, &treated)),
            (vec!["visitor".into()], vec!["settler".into()])
        );
        let path = format!("/fhir/Organization/{id}/$check-up-due");
        let listed = |people: &str| -> BTreeSet<String> {
            let (all, _) = walk(&nurse, &format!("{path}?people={people}&_count=7"));
            let all = ids(&all);
            let once: BTreeSet<String> = all.iter().cloned().collect();
            assert_eq!(once.len(), all.len(), "{people}: each comes once");
            once
        };
        assert_eq!((listed("treated"), listed("home")), (treated.clone(), home.clone()));
        // Where somebody lives, and where they were, is told by no list.
        for (shielded, people) in
            [("visitor", "treated"), ("settler", "home"), (treated.first().unwrap(), "home")]
        {
            let before = listed(people);
            let path = format!("/fhir/Patient/{shielded}");
            let mut person = all.read(&path);
            person["meta"]["security"] =
                json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
            let _ = all.send("PUT", &path, &person.to_string()).expect_status(200);
            assert_eq!(nurse.get(&path).status, 200, "the book is open as ever");
            let after: BTreeSet<String> = before.into_iter().filter(|it| it != shielded).collect();
            assert_eq!(listed(people), after, "{people}");
        }
    }
}

/// Whoever closes the book between two pages passes nobody else over, and brings nobody back.
#[test]
fn who_goes_between_two_pages_moves_nobody_else() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let nurse = staff(&demo, &code, "nurse", "TREAT");
        let path = format!("/fhir/Organization/{id}/$check-up-due");
        let expected = ids(&walk(&nurse, &format!("{path}?_count=100")).0);
        assert!(expected.len() >= 5, "people: {}", expected.len());
        let first = nurse.read(&format!("{path}?_count=2"));
        let shown: Vec<Value> = first["entry"].as_array().unwrap().clone();
        assert_eq!(ids(&shown), expected[..2]);
        let place = (0..30).find(|place| demo.citizen(*place).1 == expected[0]).expect("a citizen");
        done(&demo.as_citizen(place), "blocks", &json!({"facility": code}), 201);
        let (rest, _) = walk(&nurse, &path_of(&link(&first, "next").expect("more")));
        assert_eq!(ids(&rest), expected[2..]);
    }
}

#[test]
fn the_check_up_beside_a_person_stands_in_the_log() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let nurse = staff(&demo, &code, "nurse", "TREAT");
        let shown: BTreeMap<String, bool> =
            walk(&nurse, &format!("/fhir/Organization/{id}/$check-up-due?_count=100"))
                .0
                .iter()
                .map(|it| (format!("Patient/{}", text(&it["resource"]["id"])), !part(it, "last").is_null()))
                .collect();
        assert!(shown.values().any(|has| *has) && shown.values().any(|has| !has), "both");
        signed(&demo);
        let place = format!("Organization/{id}/$check-up-due?_count=100");
        let logged: BTreeMap<String, bool> = whole_log(&demo)
            .iter()
            .filter(|entry| entry.query.to_string() == place && entry.action.number() == 6)
            .map(|entry| (entry.patient.to_string(), entry.shown >= 2))
            .collect();
        assert_eq!(logged, shown, "the person, and what was found of them, each counted");
    }
}
