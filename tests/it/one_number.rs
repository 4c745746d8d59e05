//! A citizen number belongs to one person, whoever registers people at the same moment (`docs/access.md` section 1).

use std::thread;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::facility;
use crate::sharing_gate::staff;
use crate::support::bodies::{bundle, entry_with};
use crate::support::program::{Caller, Demo};
use crate::support::{entries, expect_refusal, matches};

const SYSTEM: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
/// The name of the same system in the other guide.
const OTHER: &str = "http://fhir.ehealth.gov.vn/core/sid/national_id";

fn person(system: &str, number: &str) -> String {
    json!({
        "resourceType": "Patient", "birthDate": "1990-05-04", "gender": "female", "name": [{"text": "Hoa"}],
        "identifier": [{"system": system, "value": number}],
    })
    .to_string()
}

fn registrar(demo: &Demo) -> Caller<'_> {
    staff(demo, facility(demo), "registrar", "TREAT")
}

/// How many people have a number, whoever may see them.
fn stored(demo: &Demo, number: &str) -> usize {
    let server = demo.stored();
    matches(&Caller::unlimited(&server).read(&format!("/fhir/Patient?identifier={SYSTEM}%7C{number}"))).len()
}

fn transaction(people: &[String]) -> String {
    bundle(
        "transaction",
        &people.iter().map(|person| entry_with("POST", "Patient", person)).collect::<Vec<_>>(),
    )
}

#[test]
fn of_twenty_who_register_one_number_one_does() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let registrar = registrar(&demo);
        let person = person(SYSTEM, "099900000001");
        let statuses: Vec<u16> = thread::scope(|scope| {
            let writing: Vec<_> = (0..20)
                .map(|place| {
                    let (registrar, person) = (&registrar, &person);
                    scope.spawn(move || match place % 2 {
                        0 => registrar.send("POST", "/fhir/Patient", person).status,
                        _ => {
                            registrar.send("POST", "/fhir", &transaction(std::slice::from_ref(person))).status
                        }
                    })
                })
                .collect();
            writing.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| [200, 201].contains(status)).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 201, 409].contains(status)), "{statuses:?}");
        assert_eq!(stored(&demo, "099900000001"), 1);
    }
}

#[test]
fn a_transaction_registers_nobody_twice() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let registrar = registrar(&demo);
        let two = |system: &str| [person(SYSTEM, "099900000002"), person(system, "099900000002")];
        for system in [SYSTEM, OTHER] {
            let answer = registrar.send("POST", "/fhir", &transaction(&two(system)));
            let issue: Value = expect_refusal(system, &answer, 409);
            assert_eq!(issue["expression"], json!(["Bundle.entry[1].resource.identifier"]), "{issue}");
            assert_eq!(stored(&demo, "099900000002"), 0, "nothing is stored");
        }
        let others = [person(SYSTEM, "099900000002"), person(SYSTEM, "099900000003")];
        let _ = registrar.send("POST", "/fhir", &transaction(&others)).expect_status(200);
        let answer = registrar.send("POST", "/fhir", &transaction(&[person(OTHER, "099900000003")]));
        expect_refusal("one of before", &answer, 409);
        // In a batch each entry stands for itself.
        let batch = transaction(&[person(SYSTEM, "099900000004"), person(OTHER, "099900000004")])
            .replace("transaction", "batch");
        let answer = crate::support::body(&registrar.send("POST", "/fhir", &batch).expect_status(200));
        let mut statuses: Vec<String> =
            entries(&answer).iter().map(|entry| crate::support::text(&entry["response"]["status"])).collect();
        statuses.sort();
        assert_eq!(statuses, ["201 Created", "409 Conflict"]);
        assert_eq!(stored(&demo, "099900000004"), 1);
    }
}
